/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/base/fd.h"
#include "runtime/base/helper.h"
#include "runtime/base/mem.h"

/* As which this test starts itself again: a helper lies beside its caller. */
#define SELF "test_helper"

/* What the test, started as a helper, is to do: one letter in the file behind its first fd. */
static int be_helper(void)
{
	struct err err;
	char what = 0;

	if (read(HELPER_FIRST_FD, &what, 1) != 1)
		return 3;
	if (what == 'k')
		abort();
	if (what == 's')
		return 4;
	if (what == 'e') {
		err_set(&err, ERR_INPUT, "it is \"%s\"", "wrong");
		helper_report(&err);
		return 1;
	}
	/* Only what was given is open: the second is what the first was not. */
	if (write(HELPER_FIRST_FD + 1, getenv("HOME") ? "env" : "ok", 3) != 3)
		return 5;
	return fcntl(HELPER_FIRST_FD + 2, F_GETFD) < 0 ? 0 : 6;
}

static int run(char what, int *ret_out, struct err *err)
{
	auto_file FILE *in = tmpfile(), *out = tmpfile();
	int fds[] = { fileno(in), fileno(out) };
	int rc;

	assert_int_equal(write(fds[0], &what, 1), 1);
	assert_int_equal(lseek(fds[0], 0, SEEK_SET), 0);
	rc = helper_run(SELF, 0, fds, 2, err);
	*ret_out = fcntl(fds[1], F_DUPFD_CLOEXEC, 3);
	return rc;
}

static void helper_gets_its_fds_and_nothing_else(void **state)
{
	char text[8] = "";
	struct err err = { 0 };
	auto_fd int out = -1;

	(void)state;
	if (run('o', &out, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(pread(out, text, sizeof(text), 0), 3);
	assert_string_equal(text, "ok");
}

static void error_of_the_helper_is_the_callers(void **state)
{
	struct err err = { 0 };
	auto_fd int out = -1;

	(void)state;
	assert_int_equal(run('e', &out, &err), -1);
	assert_int_equal(err.code, ERR_INPUT);
	assert_string_equal(err.msg, "it is \"wrong\"");
}

static void helper_that_is_killed_is_an_error(void **state)
{
	struct err err = { 0 };
	auto_fd int out = -1;

	(void)state;
	assert_int_equal(run('k', &out, &err), -1);
	assert_string_equal(err.msg, SELF " was killed by signal 6 (Aborted)");
}

static void helper_that_fails_without_a_word_is_an_error(void **state)
{
	struct err err = { 0 };
	auto_fd int out = -1;

	(void)state;
	assert_int_equal(run('s', &out, &err), -1);
	assert_string_equal(err.msg, SELF " ended with status 4 and no word");
}

static void helper_that_is_not_there_is_said_so(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(helper_run("vz-no-such-helper", 0, NULL, 0, &err), -1);
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	assert_string_equal(err.msg, "run \"" LIBEXECDIR "/vzrun/vz-no-such-helper\": "
				     "No such file or directory (is vzrun installed completely?)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(helper_gets_its_fds_and_nothing_else),
		cmocka_unit_test(error_of_the_helper_is_the_callers),
		cmocka_unit_test(helper_that_is_killed_is_an_error),
		cmocka_unit_test(helper_that_fails_without_a_word_is_an_error),
		cmocka_unit_test(helper_that_is_not_there_is_said_so),
	};

	/* A helper gets no environment. */
	if (!environ || !*environ)
		return be_helper();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
