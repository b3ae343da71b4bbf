/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/seccomp_compile.h"

#include <ctype.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"

/* libseccomp up to 2.5.4 gets a tree without rules wrong, and a short list needs none (it makes
 * leaves of four). */
#define TREE_FROM_NAMES 32

/* x32 shares x86-64's AUDIT_ARCH value and sets this bit in the number (syscall ABI, __X32_…). */
#define X32_BIT 0x40000000U

/* An engine lists three or so; the library knows about 20. */
#define MAX_ARCHS 32

/* The instructions before a part of the program, see below. */
enum head {
	HEAD_LOAD_ARCH,
	HEAD_ARCH,
	HEAD_LOAD_NUMBER,
	HEAD_ABI,
	HEAD_LEAVE,
	HEAD_NUMBER,
	HEAD_ENOSYS,
	HEAD_LEN
};

/* A part begins below BPF_MAXINSNS, then what is too long is seen to be. */
#define PROGRAM_ROOM (BPF_MAXINSNS + HEAD_LEN + 1)

struct compiler {
	const struct spec_seccomp *sec;
	struct err *err;
	uint32_t default_action;
	uint32_t arch[MAX_ARCHS];
	size_t archs;
	struct sock_filter *program; /* PROGRAM_ROOM of them */
	size_t len;
};

/* The library's own answer is a negative errno value. */
static int fail(const struct compiler *c, int rc, const char *doing, const char *what)
{
	errno = -rc;
	return err_sys(c->err, "linux.seccomp: %s \"%.64s\"", doing, what);
}

static void release(scmp_filter_ctx *ctx)
{
	if (*ctx)
		seccomp_release(*ctx);
}

static uint32_t action_of(enum spec_seccomp_action action, const struct spec_u64 *errno_ret)
{
	uint32_t number = errno_ret->given ? (uint32_t)errno_ret->value : EPERM;

	switch (action) {
	case SECCOMP_DO_KILL_PROCESS:
		return SCMP_ACT_KILL_PROCESS;
	case SECCOMP_DO_TRAP:
		return SCMP_ACT_TRAP;
	case SECCOMP_DO_ERRNO:
		return SCMP_ACT_ERRNO(number);
	case SECCOMP_DO_TRACE:
		return SCMP_ACT_TRACE(number);
	case SECCOMP_DO_ALLOW:
		return SCMP_ACT_ALLOW;
	case SECCOMP_DO_LOG:
		return SCMP_ACT_LOG;
	case SECCOMP_DO_NOTIFY:
		return SCMP_ACT_NOTIFY;
	case SECCOMP_DO_NONE:
	case SECCOMP_DO_KILL_THREAD:
		break;
	}
	return SCMP_ACT_KILL_THREAD;
}

/* ---- rules ---- */

static struct scmp_arg_cmp condition(const struct spec_seccomp_arg *arg)
{
	return (struct scmp_arg_cmp){
		.arg = arg->index,
		.op = (enum scmp_compare)arg->op,
		.datum_a = arg->value,
		.datum_b = arg->value_two,
	};
}

static bool argument_twice(const struct spec_seccomp_rule *rule)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < rule->args_n; i++) {
		unsigned int bit = 1U << (rule->args[i].index & 31);

		if (seen & bit)
			return true;
		seen |= bit;
	}
	return false;
}

/* Conditions of one rule hold together; libseccomp takes only one of each argument, so where an
 * argument comes twice each condition is a rule of its own, any of which matches (as runc). */
static int add_conditional(scmp_filter_ctx ctx, uint32_t action, int nr,
			   const struct spec_seccomp_rule *rule)
{
	struct scmp_arg_cmp all[6];
	int rc = 0;

	if (!argument_twice(rule)) {
		for (size_t i = 0; i < rule->args_n; i++)
			all[i] = condition(&rule->args[i]);
		return seccomp_rule_add_array(ctx, action, nr, (unsigned int)rule->args_n, all);
	}
	for (size_t i = 0; i < rule->args_n && rc == 0; i++) {
		all[0] = condition(&rule->args[i]);
		rc = seccomp_rule_add_array(ctx, action, nr, 1, all);
	}
	return rc;
}

static int add_rule(const struct compiler *c, scmp_filter_ctx ctx,
		    const struct spec_seccomp_rule *rule)
{
	uint32_t action = action_of(rule->action, &rule->errno_ret);

	if (action == c->default_action) /* libseccomp refuses what changes nothing */
		return 0;
	for (char *const *name = rule->names; *name; name++) {
		int nr = seccomp_syscall_resolve_name(*name), rc;

		if (nr == __NR_SCMP_ERROR) {
			log_debug("unknown system call \"%s\" in the seccomp profile, ignoring",
				  *name);
			continue;
		}
		rc = add_conditional(ctx, action, nr, rule);
		if (rc < 0)
			return fail(c, rc, "add the rule of", *name);
	}
	return 0;
}

static size_t count_names(const struct spec_seccomp *sec)
{
	size_t n = 0;

	for (size_t i = 0; i < sec->rules_n; i++)
		n += strv_len(sec->rules[i].names);
	return n;
}

/* A filter of one architecture only. */
static scmp_filter_ctx make_filter(const struct compiler *c, uint32_t arch)
{
	scmp_filter_ctx ctx = seccomp_init(c->default_action);
	int rc = ctx ? 0 : -EINVAL;

	if (rc == 0 && arch != seccomp_arch_native()) {
		rc = seccomp_arch_add(ctx, arch);
		if (rc == 0)
			rc = seccomp_arch_remove(ctx, seccomp_arch_native());
	}
	if (rc == 0 && count_names(c->sec) > TREE_FROM_NAMES)
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (rc < 0)
		fail(c, rc, "make", "the filter");
	for (size_t i = 0; rc == 0 && i < c->sec->rules_n; i++)
		rc = add_rule(c, ctx, &c->sec->rules[i]);
	if (rc == 0)
		return ctx;
	release(&ctx);
	return NULL;
}

/* libseccomp writes programs only to an fd (2.6 can do better). */
static int export_filter(struct compiler *c, scmp_filter_ctx ctx)
{
	size_t room = (PROGRAM_ROOM - c->len) * sizeof(*c->program);
	auto_fd int fd = memfd_create("seccomp", MFD_CLOEXEC);
	ssize_t bytes;
	int rc;

	if (fd < 0)
		return err_sys(c->err, "compile the seccomp filter");
	rc = seccomp_export_bpf(ctx, fd);
	if (rc < 0)
		return fail(c, rc, "compile", "the filter");
	bytes = pread(fd, c->program + c->len, room, 0);
	if (bytes < 0)
		return err_sys(c->err, "read the compiled seccomp filter");
	c->len += (size_t)bytes / sizeof(*c->program);
	return 0;
}

/* ---- ENOSYS for what is newer than the profile ---- */

static bool denies(enum spec_seccomp_action action)
{
	return action != SECCOMP_DO_ALLOW && action != SECCOMP_DO_LOG &&
	       action != SECCOMP_DO_TRACE && action != SECCOMP_DO_NOTIFY;
}

/* The highest number that the profile has a name for in this architecture; what lies above it
 * fails with ENOSYS. */
static uint32_t highest_number(const struct compiler *c, uint32_t arch)
{
	int highest = 0;

	if (!denies(c->sec->default_action) || c->default_action == SCMP_ACT_ERRNO(ENOSYS))
		return UINT32_MAX;
	for (size_t i = 0; i < c->sec->rules_n; i++)
		for (char *const *name = c->sec->rules[i].names; *name; name++) {
			int nr = seccomp_syscall_resolve_name_arch(arch, *name);

			/* Negative numbers are the library's own, for calls that are not there. */
			if (nr > highest)
				highest = nr;
		}
	return highest > 0 ? (uint32_t)highest : UINT32_MAX;
}

/* ---- the program: a part for each architecture ----
 *
 * The library could make one filter of all of them, but its time grows with the square of what
 * it joins: three apart take two thirds of the time. A part begins with a head, which goes on to
 * the next part where the call is not of its architecture.
 */
#define STMT(...) ((struct sock_filter)BPF_STMT(__VA_ARGS__))
#define JUMP(...) ((struct sock_filter)BPF_JUMP(__VA_ARGS__))
/* Jumps count from the next instruction. */
#define TO(from, to) ((to) - (from)-1)

static bool has_arch(const struct compiler *c, uint32_t arch)
{
	for (size_t i = 0; i < c->archs; i++)
		if (c->arch[i] == arch)
			return true;
	return false;
}

/* x86-64 and x32 calls come with the same architecture: the bit tells. Where x32 is not listed,
 * its calls are left to the library's part of x86-64, which takes them for a bad architecture. */
static struct sock_filter abi_test(const struct compiler *c, uint32_t arch)
{
	int other = has_arch(c, SCMP_ARCH_X32) ? HEAD_LEAVE : HEAD_LEN;

	if (arch == SCMP_ARCH_X86_64)
		return JUMP(BPF_JMP | BPF_JSET | BPF_K, X32_BIT, TO(HEAD_ABI, other),
			    TO(HEAD_ABI, HEAD_NUMBER));
	if (arch == SCMP_ARCH_X32)
		return JUMP(BPF_JMP | BPF_JSET | BPF_K, X32_BIT, TO(HEAD_ABI, HEAD_NUMBER),
			    TO(HEAD_ABI, HEAD_LEAVE));
	return JUMP(BPF_JMP | BPF_JA, TO(HEAD_ABI, HEAD_NUMBER), 0, 0);
}

static void fill_head(const struct compiler *c, struct sock_filter *head, uint32_t arch,
		      size_t part_len)
{
	uint32_t audit_arch = arch == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : arch;

	head[HEAD_LOAD_ARCH] = STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	head[HEAD_ARCH] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, audit_arch,
			       TO(HEAD_ARCH, HEAD_LOAD_NUMBER), TO(HEAD_ARCH, HEAD_LEAVE));
	head[HEAD_LOAD_NUMBER] = STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	head[HEAD_ABI] = abi_test(c, arch);
	head[HEAD_LEAVE] = JUMP(BPF_JMP | BPF_JA, (uint32_t)TO(HEAD_LEAVE, part_len), 0, 0);
	head[HEAD_NUMBER] = JUMP(BPF_JMP | BPF_JGT | BPF_K, highest_number(c, arch),
				 TO(HEAD_NUMBER, HEAD_ENOSYS), TO(HEAD_NUMBER, HEAD_LEN));
	head[HEAD_ENOSYS] = STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
}

static int add_part(struct compiler *c, uint32_t arch)
{
	__attribute__((cleanup(release))) scmp_filter_ctx ctx = make_filter(c, arch);
	size_t start = c->len;

	if (!ctx)
		return -1;
	c->len += HEAD_LEN;
	if (export_filter(c, ctx) < 0)
		return -1;
	if (c->len >= BPF_MAXINSNS)
		return err_set(
			c->err, E2BIG,
			"linux.seccomp: the filter is longer than the kernel's %d instructions",
			BPF_MAXINSNS);
	fill_head(c, c->program + start, arch, c->len - start);
	return 0;
}

/* The native architecture is always in the filter, listed or not. */
static int find_archs(struct compiler *c)
{
	static const char prefix[] = "SCMP_ARCH_";

	c->arch[c->archs++] = seccomp_arch_native();
	for (char *const *name = c->sec->architectures; name && *name; name++) {
		const char *word = *name + (str_starts(*name, prefix) ? sizeof(prefix) - 1 : 0);
		char lower[32] = "";
		uint32_t arch;

		for (size_t i = 0; i < sizeof(lower) - 1 && word[i]; i++)
			lower[i] = (char)tolower((unsigned char)word[i]);
		arch = seccomp_arch_resolve_name(lower);
		if (arch == 0 || c->archs == MAX_ARCHS)
			return fail(c, -EINVAL, "use architecture", *name);
		if (!has_arch(c, arch))
			c->arch[c->archs++] = arch;
	}
	return 0;
}

static int compile(struct compiler *c)
{
	if (find_archs(c) < 0)
		return -1;
	for (size_t i = 0; i < c->archs; i++)
		if (add_part(c, c->arch[i]) < 0)
			return -1;
	/* No part's architecture: what the library does by default (SCMP_FLTATR_ACT_BADARCH). */
	c->program[c->len++] = STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_THREAD);
	return 0;
}

int seccomp_compile(const struct spec_seccomp *sec, struct sock_filter **ret,
		    unsigned short *ret_len, struct err *err)
{
	auto_free struct sock_filter *program = calloc(PROGRAM_ROOM, sizeof(*program));
	struct compiler c = { .sec = sec, .err = err, .program = program };

	if (!program)
		return err_sys(err, "compile the seccomp filter");
	c.default_action = action_of(sec->default_action, &sec->default_errno_ret);
	if (compile(&c) < 0)
		return -1;
	*ret = steal_ptr(&program);
	*ret_len = (unsigned short)c.len;
	return 0;
}
