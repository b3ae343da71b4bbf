/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/devices_bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/bpf.h"
#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/mem.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/ns.h"

/* ---- rules to instructions ---- */

#define ACCESS_ALL (BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD)

const struct spec_device_rule devices_bpf_defaults[DEVICES_BPF_DEFAULTS] = {
	{ true, 'a', -1, -1, false, false, true }, /* mknod of anything */
	{ true, 'c', 1, 3, true, true, true },     /* null */
	{ true, 'c', 1, 5, true, true, true },     /* zero */
	{ true, 'c', 1, 7, true, true, true },     /* full */
	{ true, 'c', 1, 8, true, true, true },     /* random */
	{ true, 'c', 1, 9, true, true, true },     /* urandom */
	{ true, 'c', 5, 0, true, true, true },     /* tty */
	{ true, 'c', 5, 1, true, true, true },     /* console */
	{ true, 'c', 5, 2, true, true, true },     /* ptmx */
	{ true, 'c', 136, -1, true, true, true },  /* pts */
	{ true, 'c', 10, 200, true, true, true },  /* net/tun */
};

/* The program has no branches: the kernel's verifier follows both ways of each, so a chain of
 * comparisons costs it a quarter of a millisecond at every start of a container, this a fifth.
 *
 * Which device it is stands in one number, the key. Rules are tried from the last to the first:
 * one that allows notes its kinds of access as allowed, one that denies those of its kinds that
 * are not. What is asked for must in the end be allowed and not be denied. */
enum {
	R_RESULT, /* a constant, until the end */
	R_MATCH,  /* the context (struct bpf_cgroup_dev_ctx) at first */
	R_KEY,
	R_ASKED,
	R_ALLOWED,
	R_DENIED,
};

/* The kernel's numbers have 12 and 20 bits. 63 bits in all: compile_match needs a sign. */
#define KEY_TYPE_SHIFT 32
#define KEY_MAJOR_SHIFT 34
#define KEY_MAJOR_MAX ((1 << 29) - 1)
#define KEY_MINOR_MASK UINT64_C(0xffffffff)
#define KEY_TYPE_MASK (UINT64_C(3) << KEY_TYPE_SHIFT)
#define KEY_MAJOR_MASK ((uint64_t)KEY_MAJOR_MAX << KEY_MAJOR_SHIFT)

/* What compile_start and compile_end come to, and the most of compile_rule. */
#define START_INSNS 12
#define RULE_INSNS 12
#define END_INSNS 7

static struct bpf_insn insn(int code, int dst, int src, int off, int64_t imm)
{
	return (struct bpf_insn){ .code = (uint8_t)code,
				  .dst_reg = (uint8_t)(dst & 0xf),
				  .src_reg = (uint8_t)(src & 0xf),
				  .off = (int16_t)off,
				  .imm = (int32_t)(uint32_t)imm };
}

/* dst = dst OP constant; the constant is sign-extended to 64 bits. */
static struct bpf_insn with(int op, int dst, int64_t imm)
{
	return insn(BPF_ALU64 | op | BPF_K, dst, 0, 0, imm);
}

/* dst = dst OP src */
static struct bpf_insn with_reg(int op, int dst, int src)
{
	return insn(BPF_ALU64 | op | BPF_X, dst, src, 0, 0);
}

static struct bpf_insn load_field(int dst, size_t field)
{
	return insn(BPF_LDX | BPF_MEM | BPF_W, dst, R_MATCH, (int)field, 0);
}

/* A constant of 64 bits takes two places. */
static size_t load_constant(struct bpf_insn *out, int dst, uint64_t value)
{
	out[0] = insn(BPF_LD | BPF_DW | BPF_IMM, dst, 0, 0, (int64_t)value);
	out[1] = insn(0, 0, 0, 0, (int64_t)(value >> 32));
	return 2;
}

/* key = major, type, minor; asked = access, the upper half of access_type. */
static size_t compile_start(struct bpf_insn *out)
{
	const struct bpf_insn start[START_INSNS] = {
		load_field(R_KEY, offsetof(struct bpf_cgroup_dev_ctx, major)),
		with(BPF_LSH, R_KEY, KEY_MAJOR_SHIFT - KEY_TYPE_SHIFT),
		load_field(R_ASKED, offsetof(struct bpf_cgroup_dev_ctx, access_type)),
		with_reg(BPF_MOV, R_DENIED, R_ASKED),
		with(BPF_AND, R_DENIED, 3),
		with_reg(BPF_OR, R_KEY, R_DENIED),
		with(BPF_LSH, R_KEY, KEY_TYPE_SHIFT),
		with(BPF_RSH, R_ASKED, 16),
		load_field(R_DENIED, offsetof(struct bpf_cgroup_dev_ctx, minor)),
		with_reg(BPF_OR, R_KEY, R_DENIED),
		with(BPF_MOV, R_ALLOWED, 0),
		with(BPF_MOV, R_DENIED, 0),
	};

	memcpy(out, start, sizeof(start));
	return START_INSNS;
}

static uint32_t access_bits(const struct spec_device_rule *rule)
{
	return (rule->read ? BPF_DEVCG_ACC_READ : 0U) | (rule->write ? BPF_DEVCG_ACC_WRITE : 0U) |
	       (rule->mknod ? BPF_DEVCG_ACC_MKNOD : 0U);
}

/* "a": of either type, and with any number, whatever numbers stand beside it (as in v1). */
static bool names_all(const struct spec_device_rule *rule)
{
	return rule->type == 'a';
}

/* match = key fits the rule ? 1 : 0. What is left of the key without the rule's part is 0 or
 * positive, and only 0 less 1 has a sign. (A shift that fills all bits with the sign would not
 * do: some verifiers follow both of its results, which doubles their work with each rule.) */
static size_t compile_match(const struct spec_device_rule *rule, struct bpf_insn *out)
{
	uint64_t type = rule->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
	uint64_t mask = KEY_TYPE_MASK, key = type << KEY_TYPE_SHIFT;
	size_t n;

	if (rule->major >= 0) {
		mask |= KEY_MAJOR_MASK;
		key |= (uint64_t)rule->major << KEY_MAJOR_SHIFT;
	}
	if (rule->minor >= 0) {
		mask |= KEY_MINOR_MASK;
		key |= (uint64_t)rule->minor;
	}
	n = load_constant(out, R_MATCH, key);
	if (rule->major >= 0 && rule->minor >= 0) {
		out[n++] = with_reg(BPF_XOR, R_MATCH, R_KEY);
	} else {
		n += load_constant(out + n, R_RESULT, mask);
		out[n++] = with_reg(BPF_AND, R_RESULT, R_KEY);
		out[n++] = with_reg(BPF_XOR, R_MATCH, R_RESULT);
	}
	out[n++] = with(BPF_SUB, R_MATCH, 1);
	out[n++] = with(BPF_RSH, R_MATCH, 63);
	return n;
}

static size_t compile_rule(const struct spec_device_rule *rule, struct bpf_insn *out)
{
	uint32_t access = access_bits(rule);
	size_t n = 0;

	if (names_all(rule))
		out[n++] = with(BPF_MOV, R_MATCH, 1);
	else if (rule->major > KEY_MAJOR_MAX || rule->minor > UINT32_MAX)
		return 0; /* no device has such a number */
	else
		n = compile_match(rule, out);
	out[n++] = with(BPF_MUL, R_MATCH, access);
	if (!rule->allow) { /* less those that are allowed */
		out[n++] = with_reg(BPF_OR, R_MATCH, R_ALLOWED);
		out[n++] = with_reg(BPF_XOR, R_MATCH, R_ALLOWED);
	}
	out[n++] = with_reg(BPF_OR, rule->allow ? R_ALLOWED : R_DENIED, R_MATCH);
	return n;
}

/* result = (asked & (denied | ~allowed)) == 0 */
static size_t compile_end(struct bpf_insn *out)
{
	const struct bpf_insn end[END_INSNS] = {
		with_reg(BPF_MOV, R_RESULT, R_ALLOWED),
		with(BPF_XOR, R_RESULT, -1),
		with_reg(BPF_OR, R_RESULT, R_DENIED),
		with_reg(BPF_AND, R_RESULT, R_ASKED),
		with(BPF_SUB, R_RESULT, 1),
		with(BPF_RSH, R_RESULT, 63),
		insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};

	memcpy(out, end, sizeof(end));
	return END_INSNS;
}

int devices_bpf_compile(const struct spec_device_rule *rules, size_t n, struct devices_bpf *ret,
			struct err *err)
{
	size_t all = n + DEVICES_BPF_DEFAULTS, used;
	struct bpf_insn *out = calloc(START_INSNS + all * RULE_INSNS + END_INSNS, sizeof(*out));
	bool denies = false, complete = false;

	if (!out)
		return err_sys(err, "compile the device rules");
	used = compile_start(out);
	for (size_t i = all; i-- > 0 && !complete;) {
		const struct spec_device_rule *rule =
			i >= n ? &devices_bpf_defaults[i - n] : &rules[i];

		used += compile_rule(rule, out + used);
		denies |= !rule->allow;
		/* Rules before one that decides everything are never reached. */
		complete = names_all(rule) && access_bits(rule) == ACCESS_ALL;
	}
	used += compile_end(out + used);
	*ret = (struct devices_bpf){ out, used, complete && !denies };
	return 0;
}

void devices_bpf_done(struct devices_bpf *program)
{
	free(program->insn);
	*program = (struct devices_bpf){ 0 };
}

/* ---- programs to the kernel ---- */

static uint64_t address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static int load(const struct devices_bpf *program)
{
	const struct bpf_program request = { .type = BPF_PROG_TYPE_CGROUP_DEVICE,
					     .name = "vzrun_devices",
					     .insn = program->insn,
					     .n = program->n };

	return bpf_load(&request);
}

/* The programs that the cgroup itself has. */
static int query(int cgroup, uint32_t ids[CGROUP_DEVICES_MAX], size_t *ret_n)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)cgroup;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = address(ids);
	attr.query.prog_cnt = CGROUP_DEVICES_MAX;
	if (bpf_call(BPF_PROG_QUERY, &attr) < 0)
		return -1;
	*ret_n = attr.query.prog_cnt;
	return 0;
}

static int open_program(uint32_t id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return bpf_call(BPF_PROG_GET_FD_BY_ID, &attr);
}

/* ALLOW_MULTI: cgroups below may add programs of their own, which can only restrict further
 * (bpf(2), and the comment at BPF_F_ALLOW_MULTI in linux/bpf.h). */
static int attach(int cgroup, int program, int replaced)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI | (replaced >= 0 ? BPF_F_REPLACE : 0);
	attr.replace_bpf_fd = replaced >= 0 ? (uint32_t)replaced : 0;
	return bpf_call(BPF_PROG_ATTACH, &attr);
}

static int detach(int cgroup, int program)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	return bpf_call(BPF_PROG_DETACH, &attr);
}

static int detach_all(int cgroup, const uint32_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		auto_fd int old = open_program(ids[i]);

		if (old < 0 && errno == ENOENT)
			continue;
		if (old < 0 || (detach(cgroup, old) < 0 && errno != ENOENT))
			return -1;
	}
	return 0;
}

/* The kernel has accepted the program then, and has room for it; nothing has changed. */
static int prepare(int cgroup, const struct devices_bpf *program, struct cgroup_devices *ret)
{
	ret->allows_all = program->allows_all;
	if (query(cgroup, ret->old_ids, &ret->old_n) < 0)
		return -1;
	if (program->allows_all)
		return 0;
	ret->program = load(program);
	if (ret->program < 0)
		return -1;
	if (ret->old_n < ARRAY_SIZE(ret->old_ids))
		return 0;
	errno = E2BIG;
	return -1;
}

/* There is no moment without a program: a single old one is replaced in place, several are
 * removed only after the new one holds. */
static int install(int cgroup, const struct cgroup_devices *devices)
{
	auto_fd int old = -1;

	if (devices->allows_all)
		return detach_all(cgroup, devices->old_ids, devices->old_n);
	if (devices->old_n == 1)
		old = open_program(devices->old_ids[0]);
	if (attach(cgroup, devices->program, old) < 0)
		return -1;
	return old >= 0 ? 0 : detach_all(cgroup, devices->old_ids, devices->old_n);
}

/* No user namespace but the first may load programs, nor open a device that its creator could not:
 * what the outer one allows is the limit there. */
static int refused(struct cgroup_devices *devices, struct err *err)
{
	if (errno != EPERM || ns_user_is_initial())
		return err_sys(err, "apply the device rules to the cgroup");
	log_debug("device rules are not applied in a user namespace: %s", strerror(errno));
	devices->skipped = true;
	return 0;
}

int cgroup_prepare_devices(int fd, const struct spec_device_rule *rules, size_t n,
			   struct cgroup_devices *ret, struct err *err)
{
	auto_devices_bpf struct devices_bpf program = { 0 };

	if (devices_bpf_compile(rules, n, &program, err) < 0)
		return -1;
	return prepare(fd, &program, ret) < 0 ? refused(ret, err) : 0;
}

int cgroup_install_devices(int fd, struct cgroup_devices *devices, struct err *err)
{
	if (devices->skipped)
		return 0;
	return install(fd, devices) < 0 ? refused(devices, err) : 0;
}

void cgroup_devices_done(struct cgroup_devices *devices)
{
	fd_closep(&devices->program);
}

int cgroup_apply_devices(int fd, const struct spec_device_rule *rules, size_t n, struct err *err)
{
	auto_cgroup_devices struct cgroup_devices devices = CGROUP_DEVICES_INIT;

	if (cgroup_prepare_devices(fd, rules, n, &devices, err) < 0)
		return -1;
	return cgroup_install_devices(fd, &devices, err);
}
