/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>

#include "tests/unit/unit.h"

static void set_fills_code_and_text(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(err_set(&err, ERR_INPUT, "line %d", 3), -1);
	assert_int_equal(err.code, ERR_INPUT);
	assert_string_equal(err.msg, "line 3");
}

static void sys_adds_the_kernels_answer_and_keeps_errno(void **state)
{
	struct err err;

	(void)state;
	errno = EACCES;
	assert_int_equal(err_sys(&err, "mount \"%s\"", "/proc"), -1);
	assert_int_equal(err.code, EACCES);
	assert_string_equal(err.msg, "mount \"/proc\": Permission denied");
	assert_int_equal(errno, EACCES);
}

static void wrap_puts_context_in_front(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, ERR_STATE, "no such thing");
	assert_int_equal(err_wrap(&err, "start %s", "ct1"), -1);
	assert_string_equal(err.msg, "start ct1: no such thing");
	assert_int_equal(err.code, ERR_STATE);
}

static void hint_goes_behind_in_brackets(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, EPERM, "denied");
	assert_int_equal(err_hint(&err, "try %s", "sudo"), -1);
	assert_string_equal(err.msg, "denied (try sudo)");
	assert_int_equal(err.code, EPERM);
}

static void every_function_takes_no_error_at_all(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, 1, "x"), -1);
	assert_int_equal(err_sys(NULL, "x"), -1);
	assert_int_equal(err_wrap(NULL, "x"), -1);
	assert_int_equal(err_hint(NULL, "x"), -1);
}

/* Texts around the size of the buffer, for each function: never beyond it, always ended. */
static void long_texts_are_cut(void **state)
{
	char text[2 * ERR_MSG_SIZE];
	struct {
		struct err err;
		char guard[8];
	} box;

	(void)state;
	for (int len = 0; len < (int)sizeof(text); len++) {
		memset(text, 'x', sizeof(text));
		memset(box.guard, '#', sizeof(box.guard));

		err_set(&box.err, 1, "%.*s", len, text);
		err_hint(&box.err, "%.*s", len, text);
		assert_true(strlen(box.err.msg) < ERR_MSG_SIZE);
		errno = ENOENT;
		err_sys(&box.err, "%.*s", len, text);
		assert_true(strlen(box.err.msg) < ERR_MSG_SIZE);
		err_wrap(&box.err, "%.*s", len, text);
		assert_true(strlen(box.err.msg) < ERR_MSG_SIZE);
		assert_memory_equal(box.guard, "########", sizeof(box.guard));
	}
}

static void a_long_text_keeps_the_kernels_answer(void **state)
{
	struct err err;
	char text[ERR_MSG_SIZE];

	(void)state;
	memset(text, 'x', sizeof(text));
	errno = ENOENT;
	err_sys(&err, "%.*s", ERR_MSG_SIZE, text);
	assert_int_equal(strlen(err.msg), ERR_MSG_SIZE - 1);
	assert_string_equal(strchr(err.msg, ':'), ": No such file or directory");
	err_set(&err, 1, "why");
	err_wrap(&err, "%.*s", ERR_MSG_SIZE, text);
	assert_string_equal(strchr(err.msg, ':'), ": why");
}

static void names_can_not_break_the_line(void **state)
{
	struct err err;

	(void)state;
	errno = ENOENT;
	err_sys(&err, "open \"%s\"", "a\nb\x1b[2Jc\x7f\xc3\xa9");
	assert_string_equal(err.msg, "open \"a?b?[2Jc?\xc3\xa9\": No such file or directory");
	err_wrap(&err, "x\ty");
	err_hint(&err, "z\r");
	assert_memory_equal(err.msg, "x?y: open", 9);
	assert_string_equal(strchr(err.msg, '('), "(z?)");
}

static void a_wrapped_message_keeps_its_beginning(void **state)
{
	struct err err;
	char text[ERR_MSG_SIZE];

	(void)state;
	memset(text, 'x', sizeof(text));
	err_set(&err, 1, "%.*s", ERR_MSG_SIZE, text);
	err_wrap(&err, "start");
	assert_memory_equal(err.msg, "start: xxx", 10);
	assert_int_equal(strlen(err.msg), ERR_MSG_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_fills_code_and_text),
		cmocka_unit_test(sys_adds_the_kernels_answer_and_keeps_errno),
		cmocka_unit_test(wrap_puts_context_in_front),
		cmocka_unit_test(hint_goes_behind_in_brackets),
		cmocka_unit_test(every_function_takes_no_error_at_all),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(a_long_text_keeps_the_kernels_answer),
		cmocka_unit_test(names_can_not_break_the_line),
		cmocka_unit_test(a_wrapped_message_keeps_its_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
