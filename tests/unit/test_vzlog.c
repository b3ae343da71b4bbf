/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/str.h"
#include "runtime/cli/vzlog.h"
#include "tests/unit/unit.h"

/* What is logged of the arguments, which stand in `args` with a NUL behind each. */
#define ASSERT_LOGGED(args, whole, expected)                               \
	do {                                                               \
		auto_strbuf struct strbuf sb = { 0 };                      \
                                                                           \
		vzlog_add_args(&sb, args, sizeof(args) - 1, "101", whole); \
		assert_string_equal(sb.text, expected);                    \
	} while (0)

static void a_program_is_told_by_its_name(void **state)
{
	(void)state;
	ASSERT_LOGGED("/usr/sbin/vzctl\0start\000101\0", true, "vzctl start 101");
}

static void odd_arguments_stand_in_quotes(void **state)
{
	(void)state;
	ASSERT_LOGGED("vzctl\0set\000101\0--description\0a b\0--searchdomain\0\0", true,
		      "vzctl set 101 --description \"a b\" --searchdomain \"\"");
	ASSERT_LOGGED("vzctl\0set\000101\0--description\0a\" --x \"\\\0", true,
		      "vzctl set 101 --description \"a\\\" --x \\\"\\\\\"");
}

static void no_password_is_in_it(void **state)
{
	(void)state;
	ASSERT_LOGGED("vzctl\0set\000101\0--userpasswd\0root:secret\0--save\0", true,
		      "vzctl set 101 --userpasswd \"root:***\" --save");
	ASSERT_LOGGED("vzctl\0set\000101\0--userpasswd=root:se:cret\0", true,
		      "vzctl set 101 --userpasswd=\"root:***\"");
	ASSERT_LOGGED("vzctl\0set\000101\0-userpasswd\0secret\0", true,
		      "vzctl set 101 -userpasswd \"***\"");
	ASSERT_LOGGED("vzctl\0set\000101\0--userpasswd\0--userpasswd\0secret\0", true,
		      "vzctl set 101 --userpasswd \"***\" \"***\"");
}

static void a_password_that_is_missing_is_none(void **state)
{
	(void)state;
	ASSERT_LOGGED("vzctl\0set\000101\0--userpasswd\0", true, "vzctl set 101 --userpasswd");
	ASSERT_LOGGED("vzctl\0set\000101\0--userpasswds\0x\0", true,
		      "vzctl set 101 --userpasswds x");
}

static void what_runs_inside_is_left_out(void **state)
{
	(void)state;
	ASSERT_LOGGED("vzctl\0exec\000101\0echo\0root:secret\0", false, "vzctl exec 101 ...");
	ASSERT_LOGGED("vzctl\0--config\0/x\0exec\000101\0a\0", false,
		      "vzctl --config /x exec 101 ...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_is_told_by_its_name),
		cmocka_unit_test(odd_arguments_stand_in_quotes),
		cmocka_unit_test(no_password_is_in_it),
		cmocka_unit_test(a_password_that_is_missing_is_none),
		cmocka_unit_test(what_runs_inside_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
