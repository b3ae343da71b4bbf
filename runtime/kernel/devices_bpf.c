/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/devices_bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/mem.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/cgroup_file.h"

/* ---- rules to instructions ---- */

#define ACCESS_ALL (BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD)

const struct spec_device_rule devices_bpf_defaults[DEVICES_BPF_DEFAULTS] = {
	{ true, 'c', -1, -1, false, false, true }, /* mknod of anything */
	{ true, 'b', -1, -1, false, false, true }, /* likewise */
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

/* Who holds what while the program runs; r1 is the context (struct bpf_cgroup_dev_ctx) at first
 * and spare afterwards. */
enum { R_RESULT, R_SPARE, R_TYPE, R_ACCESS, R_MAJOR, R_MINOR };

/* The longest rule: see compile_rule. */
#define RULE_INSNS 8

#define INSN(code_, dst, src, off_, imm_)     \
	((struct bpf_insn){ .code = (code_),  \
			    .dst_reg = (dst), \
			    .src_reg = (src), \
			    .off = (off_),    \
			    .imm = (int32_t)(imm_) })
#define LOAD(dst, field) \
	INSN(BPF_LDX | BPF_MEM | BPF_W, dst, R_SPARE, offsetof(struct bpf_cgroup_dev_ctx, field), 0)
#define MOVE(dst, src) INSN(BPF_ALU | BPF_MOV | BPF_X, dst, src, 0, 0)
#define SET(dst, imm) INSN(BPF_ALU | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define AND(dst, imm) INSN(BPF_ALU | BPF_AND | BPF_K, dst, 0, 0, imm)
#define SHIFT_RIGHT(dst, imm) INSN(BPF_ALU | BPF_RSH | BPF_K, dst, 0, 0, imm)
/* Jumps out of the rule; where to is filled in when its length is known. */
#define UNLESS_EQUAL(dst, imm) INSN(BPF_JMP32 | BPF_JNE | BPF_K, dst, 0, -1, imm)
#define IF_EQUAL(dst, imm) INSN(BPF_JMP32 | BPF_JEQ | BPF_K, dst, 0, -1, imm)
#define EXIT() INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

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

/* Rules are tried from the last to the first. One that allows takes its kinds of access off
 * the list of what is asked for, until the list is empty; one that denies ends it if any of its
 * kinds is still on the list. */
static size_t compile_rule(const struct spec_device_rule *rule, struct bpf_insn *out)
{
	uint32_t access = access_bits(rule);
	size_t n = 0;

	if (!names_all(rule)) {
		out[n++] = UNLESS_EQUAL(R_TYPE, rule->type == 'b' ? BPF_DEVCG_DEV_BLOCK :
								    BPF_DEVCG_DEV_CHAR);
		if (rule->major >= 0)
			out[n++] = UNLESS_EQUAL(R_MAJOR, rule->major);
		if (rule->minor >= 0)
			out[n++] = UNLESS_EQUAL(R_MINOR, rule->minor);
	}
	if (rule->allow && access != ACCESS_ALL) {
		out[n++] = AND(R_ACCESS, ~access);
		out[n++] = UNLESS_EQUAL(R_ACCESS, 0);
	} else if (access != ACCESS_ALL) {
		out[n++] = MOVE(R_SPARE, R_ACCESS);
		out[n++] = AND(R_SPARE, access);
		out[n++] = IF_EQUAL(R_SPARE, 0);
	}
	out[n++] = SET(R_RESULT, rule->allow);
	out[n++] = EXIT();
	for (size_t i = 0; i < n; i++)
		if (out[i].off < 0)
			out[i].off = (int16_t)(n - i - 1);
	return n;
}

static size_t compile_start(struct bpf_insn *out)
{
	const struct bpf_insn start[] = {
		LOAD(R_TYPE, access_type), /* (access << 16) | type */
		MOVE(R_ACCESS, R_TYPE),    AND(R_TYPE, 0xffff),  SHIFT_RIGHT(R_ACCESS, 16),
		LOAD(R_MAJOR, major),      LOAD(R_MINOR, minor),
	};

	memcpy(out, start, sizeof(start));
	return ARRAY_SIZE(start);
}

static int check_numbers(const struct spec_device_rule *rule, struct err *err)
{
	if (rule->major > UINT32_MAX || rule->minor > UINT32_MAX)
		return err_set(err, ERR_INPUT,
			       "device rule for %lld:%lld: no device has this number",
			       (long long)rule->major, (long long)rule->minor);
	return 0;
}

int devices_bpf_compile(const struct spec_device_rule *rules, size_t n, struct devices_bpf *ret,
			struct err *err)
{
	size_t all = n + DEVICES_BPF_DEFAULTS, used;
	auto_free struct bpf_insn *insn = calloc(6 + all * RULE_INSNS + 2, sizeof(*insn));
	bool denies = false;

	if (!insn)
		return err_sys(err, "compile the device rules");
	used = compile_start(insn);
	for (size_t i = all; i-- > 0;) {
		const struct spec_device_rule *rule =
			i >= n ? &devices_bpf_defaults[i - n] : &rules[i];

		if (check_numbers(rule, err) < 0)
			return -1;
		used += compile_rule(rule, insn + used);
		denies |= !rule->allow;
		if (names_all(rule) &&
		    access_bits(rule) == ACCESS_ALL) { /* hides those before it */
			*ret = (struct devices_bpf){ steal_ptr(&insn), used, !denies };
			return 0;
		}
	}
	insn[used++] = SET(R_RESULT, 0);
	insn[used++] = EXIT();
	*ret = (struct devices_bpf){ steal_ptr(&insn), used, false };
	return 0;
}

void devices_bpf_done(struct devices_bpf *program)
{
	free(program->insn);
	*program = (struct devices_bpf){ 0 };
}

/* ---- programs to the kernel ---- */

/* The kernel attaches no more than this to one cgroup (BPF_CGROUP_MAX_PROGS). */
#define MAX_ATTACHED 64

static int bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static uint64_t address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static int load(const struct devices_bpf *program)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = address(program->insn);
	attr.insn_cnt = (uint32_t)program->n;
	attr.license = address("GPL");
	strcpy(attr.prog_name, "vzrun_devices");
	return bpf(BPF_PROG_LOAD, &attr);
}

/* The programs that the cgroup itself has. */
static int query(int cgroup, uint32_t ids[MAX_ATTACHED], size_t *ret_n)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)cgroup;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = address(ids);
	attr.query.prog_cnt = MAX_ATTACHED;
	if (bpf(BPF_PROG_QUERY, &attr) < 0)
		return -1;
	*ret_n = attr.query.prog_cnt;
	return 0;
}

static int open_program(uint32_t id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return bpf(BPF_PROG_GET_FD_BY_ID, &attr);
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
	return bpf(BPF_PROG_ATTACH, &attr);
}

static int detach(int cgroup, int program)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	return bpf(BPF_PROG_DETACH, &attr);
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

/* There is no moment without a program: a single old one is replaced in place, several are
 * removed only after the new one holds. */
static int install(int cgroup, const struct devices_bpf *program)
{
	uint32_t old_ids[MAX_ATTACHED];
	auto_fd int fd = -1, old = -1;
	size_t n = 0;

	if (query(cgroup, old_ids, &n) < 0)
		return -1;
	if (program->allows_all)
		return detach_all(cgroup, old_ids, n);
	fd = load(program);
	if (fd < 0)
		return -1;
	if (n == 1)
		old = open_program(old_ids[0]);
	if (attach(cgroup, fd, old) < 0)
		return -1;
	return old >= 0 ? 0 : detach_all(cgroup, old_ids, n);
}

/* user_namespaces(7): the initial one maps all ids to themselves. */
static bool in_user_namespace(void)
{
	char text[256];
	unsigned int inside, outside, count;

	return cgroup_file_read(AT_FDCWD, "/proc/self/uid_map", text, sizeof(text)) > 0 &&
	       !(sscanf(text, "%u %u %u", &inside, &outside, &count) == 3 && inside == 0 &&
		 outside == 0 && count == UINT32_MAX);
}

/* RLIMIT_MEMLOCK is left alone: since 5.11 programs are charged to the memory cgroup. */
int cgroup_apply_devices(int fd, const struct spec_device_rule *rules, size_t n, struct err *err)
{
	auto_devices_bpf struct devices_bpf program = { 0 };

	if (devices_bpf_compile(rules, n, &program, err) < 0)
		return -1;
	if (install(fd, &program) == 0)
		return 0;
	/* No user namespace but the first may load programs, nor open a device that its creator
	 * could not: what the outer one allows is the limit there. */
	if (errno == EPERM && in_user_namespace()) {
		log_debug("device rules are not applied in a user namespace: %s", strerror(errno));
		return 0;
	}
	return err_sys(err, "apply the device rules to the cgroup");
}
