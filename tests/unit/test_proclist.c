/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/cli/proclist.h"

static void stat_is_read_behind_the_last_parenthesis(void **state)
{
	struct proclist_stat st;

	(void)state;
	assert_int_equal(proclist_parse_stat("42 (a) R 1 (b) S 7 8 9 34816 -1 4194560 1 2 3 4 100 "
					     "50 5 6 20 0 1 0 999 1 1",
					     &st),
			 0);
	assert_string_equal(st.name, "a) R 1 (b");
	assert_int_equal(st.ppid, 7);
	assert_int_equal(st.tty, 34816);
	assert_int_equal(st.used, 150);
	assert_int_equal(st.start, 999);
}

static void cut_stat_is_refused(void **state)
{
	struct proclist_stat st;

	(void)state;
	assert_int_equal(proclist_parse_stat("", &st), -1);
	assert_int_equal(proclist_parse_stat("42 (a", &st), -1);
	assert_int_equal(proclist_parse_stat("42 (a) S 7 8", &st), -1);
	assert_int_equal(proclist_parse_stat(") (", &st), -1);
}

static void terminals_have_names(void **state)
{
	char buf[16];

	(void)state;
	proclist_tty(34816, buf);
	assert_string_equal(buf, "pts/0");
	proclist_tty((137 << 8) | 1, buf);
	assert_string_equal(buf, "pts/257");
	proclist_tty(4 << 8 | 2, buf);
	assert_string_equal(buf, "tty2");
	proclist_tty(4 << 8 | 64, buf);
	assert_string_equal(buf, "ttyS0");
	proclist_tty(0, buf);
	assert_string_equal(buf, "?");
}

static void start_is_told_the_shorter_the_nearer(void **state)
{
	const time_t now = 1795435200; /* 2026-11-23 12:00 UTC */
	char buf[16];

	(void)state;
	proclist_stime(now - 3600, now, buf);
	assert_string_equal(buf, "11:00");
	proclist_stime(now - 3 * 86400, now, buf);
	assert_string_equal(buf, "Nov20");
	proclist_stime(now - 400 * 86400, now, buf);
	assert_string_equal(buf, "2025");
}

static void own_process_is_listed(void **state)
{
	auto_strbuf struct strbuf sb = { 0 };
	const pid_t pids[] = { getpid(), 0x7fffffff };
	char *line;

	(void)state;
	proclist_emit(pids, 2, &sb);
	assert_true(
		str_starts(sb.text, "UID          PID    PPID  C STIME TTY          TIME CMD\n"));
	line = strchr(sb.text, '\n') + 1;
	assert_non_null(strstr(line, "test_proclist"));
	/* The process that is not there has no line. */
	assert_ptr_equal(strchr(line, '\n'), sb.text + sb.len - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stat_is_read_behind_the_last_parenthesis),
		cmocka_unit_test(cut_stat_is_refused),
		cmocka_unit_test(terminals_have_names),
		cmocka_unit_test(start_is_told_the_shorter_the_nearer),
		cmocka_unit_test(own_process_is_listed),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
