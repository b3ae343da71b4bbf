/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/unit.h"

#include "runtime/cli/hostps.h"

static const pid_t pids[] = { 7, 70 };

static void assert_filtered(const char *text, const char *want)
{
	auto_strbuf struct strbuf sb = { 0 };
	struct err err = { 0 };

	assert_ok(hostps_filter(text, pids, 2, &sb, &err), &err);
	assert_string_equal(sb.text, want);
}

static void only_lines_of_these(void **state)
{
	(void)state;
	assert_filtered("USER  PID CMD\nroot    7 a 8\nroot    8 b 7\nroot   70 c\nroot  700 d\n",
			"USER  PID CMD\nroot    7 a 8\nroot   70 c\n");
	assert_filtered("PPID  PID\n   7    8\n   8    7\n", "PPID  PID\n   8    7\n");
	assert_filtered("  PID\n", "  PID\n");
	assert_filtered("  PID", "  PID\n");
	assert_filtered("X PID\n\nx\n\nx 7", "X PID\nx 7\n");
}

static void control_characters_are_replaced(void **state)
{
	(void)state;
	assert_filtered("PID CMD\n7 a\033[2J\rb\n", "PID CMD\n7 a?[2J?b\n");
}

static void a_column_is_needed(void **state)
{
	auto_strbuf struct strbuf sb = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_fails(hostps_filter("PPID SPID CMD\n1 2 3\n", pids, 2, &sb, &err), &err, ERR_INPUT,
		     "ps: there is no column PID in what it printed");
	assert_fails(hostps_filter("", pids, 2, &sb, &err), &err, ERR_INPUT,
		     "ps: there is no column PID in what it printed");
	assert_int_equal(sb.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_lines_of_these),
		cmocka_unit_test(control_characters_are_replaced),
		cmocka_unit_test(a_column_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
