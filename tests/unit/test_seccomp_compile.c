/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a compiled filter answers, found by running it in an interpreter of classic BPF. */
#include "config.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/kernel/seccomp_compile.h"

#define X32 0x40000000
#define EPERM_ANSWER (SECCOMP_RET_ERRNO | EPERM)
#define ENOSYS_ANSWER (SECCOMP_RET_ERRNO | ENOSYS)

struct program {
	struct sock_filter *filter;
	unsigned short len;
};

/* ---- the interpreter (linux/Documentation/networking/filter.rst) ---- */

static uint32_t load(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t word;

	assert_in_range(offset, 0, sizeof(*data) - sizeof(word));
	memcpy(&word, (const char *)data + offset, sizeof(word));
	return word;
}

static bool test(const struct sock_filter *at, uint32_t a)
{
	switch (BPF_OP(at->code)) {
	case BPF_JEQ:
		return a == at->k;
	case BPF_JGT:
		return a > at->k;
	case BPF_JGE:
		return a >= at->k;
	case BPF_JSET:
		return a & at->k;
	}
	fail_msg("unknown jump %#x", at->code);
	return false;
}

static uint32_t run(const struct program *p, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < p->len; pc++) {
		const struct sock_filter *at = &p->filter[pc];

		if (at->code == (BPF_LD | BPF_W | BPF_ABS))
			a = load(data, at->k);
		else if (at->code == (BPF_ALU | BPF_AND | BPF_K))
			a &= at->k;
		else if (at->code == (BPF_JMP | BPF_JA))
			pc += at->k;
		else if (BPF_CLASS(at->code) == BPF_JMP)
			pc += test(at, a) ? at->jt : at->jf;
		else if (at->code == (BPF_RET | BPF_K))
			return at->k;
		else
			fail_msg("unknown instruction %#x", at->code);
	}
	fail_msg("ran out of the program");
	return 0;
}

static uint32_t answer_args(const struct program *p, uint32_t arch, int nr, uint64_t arg0,
			    uint64_t arg1)
{
	const struct seccomp_data data = { .nr = nr, .arch = arch, .args = { arg0, arg1 } };

	return run(p, &data);
}

static uint32_t answer(const struct program *p, int nr)
{
	return answer_args(p, AUDIT_ARCH_X86_64, nr, 0, 0);
}

/* ---- profiles ---- */

static struct spec *parse(const char *seccomp)
{
	auto_free char *text = str_dupf("{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"r\"},"
					"\"linux\":{\"seccomp\":%s}}",
					seccomp);
	struct spec *spec;
	struct err err;

	assert_ok(spec_parse(text, strlen(text), "config.json", &spec, &err), &err);
	return spec;
}

static struct program compile(const char *seccomp)
{
	auto_spec struct spec *spec = parse(seccomp);
	struct program p;
	struct err err;

	assert_ok(seccomp_compile(&spec->lin.seccomp, &p.filter, &p.len, &err), &err);
	return p;
}

#define RULE(names, action) "{\"names\":[" names "],\"action\":\"" action "\"}"
#define PROFILE(default_action, more, ...) \
	"{\"defaultAction\":\"" default_action "\"" more ",\"syscalls\":[" __VA_ARGS__ "]}"

static void actions_are_the_kernels(void **state)
{
	static const struct {
		const char *name;
		uint32_t answer;
	} actions[] = {
		{ "SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD },
		{ "SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD },
		{ "SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS },
		{ "SCMP_ACT_TRAP", SECCOMP_RET_TRAP },
		{ "SCMP_ACT_ERRNO", EPERM_ANSWER },
		{ "SCMP_ACT_TRACE", SECCOMP_RET_TRACE | EPERM },
		{ "SCMP_ACT_LOG", SECCOMP_RET_LOG },
		{ "SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		auto_free char *text =
			str_dupf("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/l\","
				 "\"syscalls\":[{\"names\":[\"getpid\"],\"action\":\"%s\"}]}",
				 actions[i].name);
		struct program p = compile(text);

		assert_int_equal(answer(&p, 39), actions[i].answer);
		assert_int_equal(answer(&p, 40), SECCOMP_RET_ALLOW);
		free(p.filter);
	}
}

static void default_denies_what_is_not_named(void **state)
{
	struct program p = compile(
		PROFILE("SCMP_ACT_ERRNO", "", RULE("\"read\",\"getpid\"", "SCMP_ACT_ALLOW")));

	(void)state;
	assert_int_equal(answer(&p, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&p, 39), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&p, 1), EPERM_ANSWER);
	free(p.filter);
}

static void errno_values_are_given_back(void **state)
{
	struct program p = compile(
		PROFILE("SCMP_ACT_ERRNO", ",\"defaultErrnoRet\":13",
			"{\"names\":[\"getpid\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":95},"
			"{\"names\":[\"read\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":7}"));

	(void)state;
	assert_int_equal(answer(&p, 39), SECCOMP_RET_ERRNO | 95);
	assert_int_equal(answer(&p, 0), SECCOMP_RET_TRACE | 7);
	assert_int_equal(answer(&p, 1), SECCOMP_RET_ERRNO | EACCES);
	free(p.filter);
}

static void newer_than_the_profile_is_enosys(void **state)
{
	struct program p =
		compile(PROFILE("SCMP_ACT_KILL_PROCESS", "", RULE("\"getpid\"", "SCMP_ACT_ALLOW")));

	(void)state;
	assert_int_equal(answer(&p, 38), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(answer(&p, 39), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&p, 40), ENOSYS_ANSWER);
	assert_int_equal(answer(&p, 9999), ENOSYS_ANSWER);
	free(p.filter);
}

static void newer_than_a_list_of_denials_stays_allowed(void **state)
{
	struct program p =
		compile(PROFILE("SCMP_ACT_ALLOW", "", RULE("\"getpid\"", "SCMP_ACT_ERRNO")));

	(void)state;
	assert_int_equal(answer(&p, 40), SECCOMP_RET_ALLOW);
	free(p.filter);
	p = compile(PROFILE("SCMP_ACT_LOG", "", RULE("\"getpid\"", "SCMP_ACT_ALLOW")));
	assert_int_equal(answer(&p, 40), SECCOMP_RET_LOG);
	free(p.filter);
}

static void unknown_names_are_ignored(void **state)
{
	struct program p = compile(PROFILE("SCMP_ACT_ERRNO", "",
					   RULE("\"no_such_call\",\"getpid\"", "SCMP_ACT_ALLOW")));

	(void)state;
	assert_int_equal(answer(&p, 39), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&p, 0), EPERM_ANSWER);
	free(p.filter);
}

static void rule_that_is_the_default_is_ignored(void **state)
{
	struct program p = compile(PROFILE(
		"SCMP_ACT_ERRNO", "",
		RULE("\"getpid\"", "SCMP_ACT_ERRNO") "," RULE("\"read\"", "SCMP_ACT_ALLOW")));

	(void)state;
	assert_int_equal(answer(&p, 39), EPERM_ANSWER);
	assert_int_equal(answer(&p, 0), SECCOMP_RET_ALLOW);
	free(p.filter);
}

static void no_rules_leave_the_default(void **state)
{
	struct program p = compile("{\"defaultAction\":\"SCMP_ACT_ALLOW\"}");

	(void)state;
	assert_int_equal(answer(&p, 39), SECCOMP_RET_ALLOW);
	free(p.filter);
	p = compile("{\"defaultAction\":\"SCMP_ACT_ERRNO\"}");
	assert_int_equal(answer(&p, 39), EPERM_ANSWER);
	free(p.filter);
}

/* ---- arguments ---- */

#define ARG_RULE(name, args) \
	"{\"names\":[\"" name "\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[" args "]}"
#define ARG(index, op, value) \
	"{\"index\":" #index ",\"op\":\"SCMP_CMP_" op "\",\"value\":" #value "}"

static void operators_compare(void **state)
{
	static const struct {
		const char *op;
		bool less, equal, greater;
	} ops[] = {
		{ "NE", true, false, true }, { "LT", true, false, false },
		{ "LE", true, true, false }, { "EQ", false, true, false },
		{ "GE", false, true, true }, { "GT", false, false, true },
	};
	const uint64_t big = 0x500000007;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		auto_free char *text = str_dupf(
			"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"close\"],"
			"\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":21474836487,"
			"\"op\":\"SCMP_CMP_%s\"}]}]}",
			ops[i].op);
		struct program p = compile(text);
		const uint32_t answers[] = { EPERM_ANSWER, SECCOMP_RET_ALLOW };

		assert_int_equal(answer_args(&p, AUDIT_ARCH_X86_64, 3, big - 1, 0),
				 answers[ops[i].less]);
		assert_int_equal(answer_args(&p, AUDIT_ARCH_X86_64, 3, big, 0),
				 answers[ops[i].equal]);
		assert_int_equal(
			answer_args(&p, AUDIT_ARCH_X86_64, 3, big + ((uint64_t)1 << 32), 0),
			answers[ops[i].greater]);
		free(p.filter);
	}
}

static void masked_equal_looks_at_the_mask_only(void **state)
{
	/* The rule of every engine's profile: clone without CLONE_NEWUSER. */
	struct program p = compile(PROFILE(
		"SCMP_ACT_ERRNO", "",
		"{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"
		"\"value\":268435456,\"valueTwo\":0,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}"));

	(void)state;
	assert_int_equal(answer_args(&p, AUDIT_ARCH_X86_64, 56, 17, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer_args(&p, AUDIT_ARCH_X86_64, 56, CLONE_NEWUSER | 17, 0),
			 EPERM_ANSWER);
	free(p.filter);
}

static void conditions_on_two_arguments_hold_together(void **state)
{
	struct program p = compile(PROFILE("SCMP_ACT_ERRNO", "",
					   ARG_RULE("close", ARG(0, "EQ", 1) "," ARG(1, "EQ", 2))));

	(void)state;
	assert_int_equal(answer_args(&p, AUDIT_ARCH_X86_64, 3, 1, 2), SECCOMP_RET_ALLOW);
	assert_int_equal(answer_args(&p, AUDIT_ARCH_X86_64, 3, 1, 3), EPERM_ANSWER);
	assert_int_equal(answer_args(&p, AUDIT_ARCH_X86_64, 3, 2, 2), EPERM_ANSWER);
	free(p.filter);
}

static void conditions_on_one_argument_hold_apart(void **state)
{
	struct program p = compile(PROFILE("SCMP_ACT_ERRNO", "",
					   ARG_RULE("close", ARG(0, "EQ", 1) "," ARG(0, "EQ", 2))));

	(void)state;
	assert_int_equal(answer_args(&p, AUDIT_ARCH_X86_64, 3, 1, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer_args(&p, AUDIT_ARCH_X86_64, 3, 2, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer_args(&p, AUDIT_ARCH_X86_64, 3, 3, 0), EPERM_ANSWER);
	free(p.filter);
}

/* ---- architectures ---- */

#define THREE_ARCHS ",\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]"

static void each_architecture_has_its_numbers(void **state)
{
	struct program p = compile(PROFILE("SCMP_ACT_ERRNO", THREE_ARCHS,
					   RULE("\"getpid\",\"gettid\"", "SCMP_ACT_ALLOW")));

	(void)state;
	assert_int_equal(answer_args(&p, AUDIT_ARCH_X86_64, 39, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer_args(&p, AUDIT_ARCH_I386, 20, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer_args(&p, AUDIT_ARCH_X86_64, X32 | 39, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer_args(&p, AUDIT_ARCH_X86_64, 20, 0, 0), EPERM_ANSWER);
	assert_int_equal(answer_args(&p, AUDIT_ARCH_I386, 39, 0, 0), EPERM_ANSWER);
	assert_int_equal(answer_args(&p, AUDIT_ARCH_X86_64, X32 | 20, 0, 0), EPERM_ANSWER);
	/* gettid is 186, 224 and 186 */
	assert_int_equal(answer_args(&p, AUDIT_ARCH_X86_64, 187, 0, 0), ENOSYS_ANSWER);
	assert_int_equal(answer_args(&p, AUDIT_ARCH_I386, 187, 0, 0), EPERM_ANSWER);
	assert_int_equal(answer_args(&p, AUDIT_ARCH_I386, 225, 0, 0), ENOSYS_ANSWER);
	assert_int_equal(answer_args(&p, AUDIT_ARCH_X86_64, X32 | 187, 0, 0), ENOSYS_ANSWER);
	free(p.filter);
}

static void x86_socket_calls_are_found_behind_socketcall(void **state)
{
	struct program p = compile(
		PROFILE("SCMP_ACT_ERRNO", THREE_ARCHS, RULE("\"socket\"", "SCMP_ACT_ALLOW")));

	(void)state;
	assert_int_equal(answer_args(&p, AUDIT_ARCH_I386, 359, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer_args(&p, AUDIT_ARCH_I386, 102, 1, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer_args(&p, AUDIT_ARCH_I386, 102, 2, 0), EPERM_ANSWER);
	free(p.filter);
}

static void unlisted_architecture_is_killed(void **state)
{
	struct program p =
		compile(PROFILE("SCMP_ACT_ERRNO", "", RULE("\"getpid\"", "SCMP_ACT_ALLOW")));

	(void)state;
	assert_int_equal(answer_args(&p, AUDIT_ARCH_I386, 20, 0, 0), SECCOMP_RET_KILL_THREAD);
	assert_int_equal(answer_args(&p, AUDIT_ARCH_AARCH64, 172, 0, 0), SECCOMP_RET_KILL_THREAD);
	assert_int_equal(answer_args(&p, AUDIT_ARCH_X86_64, X32 | 39, 0, 0),
			 SECCOMP_RET_KILL_THREAD);
	/* What a tracer makes of a call that it skips. */
	assert_int_equal(answer(&p, -1), EPERM_ANSWER);
	free(p.filter);
}

/* ---- a large profile, against libseccomp's own program of all architectures ---- */

/* Every second name or so, as an engine's profile has: most allowed, some with a condition. */
static char *large_profile(void)
{
	struct strbuf sb = { 0 };

	strbuf_add(&sb, "{\"defaultAction\":\"SCMP_ACT_ERRNO\"" THREE_ARCHS ",\"syscalls\":[");
	for (int nr = 0; nr < 440; nr++) {
		char *name =
			nr % 5 == 3 ? NULL : seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, nr);

		if (name && nr % 11 == 0)
			strbuf_addf(&sb,
				    "%s{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":"
				    "[{\"index\":%d,\"value\":%d,\"op\":\"SCMP_CMP_GE\"}]}",
				    nr ? "," : "", name, nr % 2, nr);
		else if (name)
			strbuf_addf(&sb, "%s{\"names\":[\"%s\"],\"action\":\"%s\"}", nr ? "," : "",
				    name, nr % 13 ? "SCMP_ACT_ALLOW" : "SCMP_ACT_LOG");
		free(name);
	}
	strbuf_add(&sb, "]}");
	return strbuf_steal(&sb);
}

static struct program reference(const struct spec_seccomp *sec)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	struct program p = { .filter = calloc(BPF_MAXINSNS, sizeof(*p.filter)) };
	int fd = memfd_create("reference", MFD_CLOEXEC);
	ssize_t len;

	assert_return_code(seccomp_arch_add(ctx, SCMP_ARCH_X86), 0);
	assert_return_code(seccomp_arch_add(ctx, SCMP_ARCH_X32), 0);
	for (size_t i = 0; i < sec->rules_n; i++) {
		const struct spec_seccomp_rule *rule = &sec->rules[i];
		struct scmp_arg_cmp arg = { 0 };

		if (rule->args_n > 0)
			arg = (struct scmp_arg_cmp){ rule->args[0].index, SCMP_CMP_GE,
						     rule->args[0].value, 0 };
		assert_return_code(
			seccomp_rule_add_array(
				ctx, rule->action == SECCOMP_DO_LOG ? SCMP_ACT_LOG : SCMP_ACT_ALLOW,
				seccomp_syscall_resolve_name(rule->names[0]),
				(unsigned int)rule->args_n, &arg),
			0);
	}
	assert_return_code(seccomp_export_bpf(ctx, fd), 0);
	len = pread(fd, p.filter, BPF_MAXINSNS * sizeof(*p.filter), 0);
	assert_true(len > 0);
	p.len = (unsigned short)((size_t)len / sizeof(*p.filter));
	close(fd);
	seccomp_release(ctx);
	return p;
}

static void assert_same_answers(const struct program *p, const struct program *ref, uint32_t arch,
				int first, int highest)
{
	for (int nr = 0; nr <= 500; nr++)
		for (uint64_t arg = 0; arg < 500; arg += 99) {
			uint32_t want = answer_args(ref, arch, first + nr, arg, 500 - arg);

			/* Nothing that is allowed lies beyond the highest name. */
			if (nr > highest) {
				assert_int_equal(want, EPERM_ANSWER);
				want = ENOSYS_ANSWER;
			}
			assert_int_equal(answer_args(p, arch, first + nr, arg, 500 - arg), want);
		}
}

static int highest_named(const struct spec_seccomp *sec, uint32_t arch)
{
	int highest = 0;

	for (size_t i = 0; i < sec->rules_n; i++) {
		int nr = seccomp_syscall_resolve_name_arch(arch, sec->rules[i].names[0]);

		if (nr >= 0 && (nr & ~X32) > highest)
			highest = nr & ~X32;
	}
	return highest;
}

static void large_profile_means_what_the_library_means(void **state)
{
	auto_free char *text = large_profile();
	auto_spec struct spec *spec = parse(text);
	const struct spec_seccomp *sec = &spec->lin.seccomp;
	struct program p = compile(text), ref = reference(sec);

	(void)state;
	assert_same_answers(&p, &ref, AUDIT_ARCH_X86_64, 0, highest_named(sec, SCMP_ARCH_X86_64));
	assert_same_answers(&p, &ref, AUDIT_ARCH_I386, 0, highest_named(sec, SCMP_ARCH_X86));
	assert_same_answers(&p, &ref, AUDIT_ARCH_X86_64, X32, highest_named(sec, SCMP_ARCH_X32));
	free(p.filter);
	free(ref.filter);
}

static void too_long_a_program_is_refused(void **state)
{
	struct strbuf sb = { 0 };
	auto_free char *text = NULL;
	struct sock_filter *filter;
	unsigned short len;
	struct err err;

	(void)state;
	strbuf_add(&sb, "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[");
	for (int i = 0; i < 700; i++)
		strbuf_addf(&sb,
			    "%s{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
			    "{\"index\":1,\"op\":\"SCMP_CMP_EQ\",\"value\":%" PRIu64 "},"
			    "{\"index\":2,\"op\":\"SCMP_CMP_EQ\",\"value\":%d}]}",
			    i ? "," : "", (uint64_t)i << 32 | 1, i);
	strbuf_add(&sb, "]}");
	text = strbuf_steal(&sb);
	auto_spec struct spec *spec = parse(text);

	assert_fails(seccomp_compile(&spec->lin.seccomp, &filter, &len, &err), &err, E2BIG,
		     "linux.seccomp: the filter is longer than the kernel's 4096 instructions");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(actions_are_the_kernels),
		cmocka_unit_test(default_denies_what_is_not_named),
		cmocka_unit_test(errno_values_are_given_back),
		cmocka_unit_test(newer_than_the_profile_is_enosys),
		cmocka_unit_test(newer_than_a_list_of_denials_stays_allowed),
		cmocka_unit_test(unknown_names_are_ignored),
		cmocka_unit_test(rule_that_is_the_default_is_ignored),
		cmocka_unit_test(no_rules_leave_the_default),
		cmocka_unit_test(operators_compare),
		cmocka_unit_test(masked_equal_looks_at_the_mask_only),
		cmocka_unit_test(conditions_on_two_arguments_hold_together),
		cmocka_unit_test(conditions_on_one_argument_hold_apart),
		cmocka_unit_test(each_architecture_has_its_numbers),
		cmocka_unit_test(x86_socket_calls_are_found_behind_socketcall),
		cmocka_unit_test(unlisted_architecture_is_killed),
		cmocka_unit_test(large_profile_means_what_the_library_means),
		cmocka_unit_test(too_long_a_program_is_refused),
	};

	return cmocka_run_group_tests_name("seccomp_compile", tests, NULL, NULL);
}
