/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <sys/wait.h>

#include "runtime/base/fd.h"
#include "runtime/base/json.h"
#include "runtime/base/log.h"
#include "tests/unit/scratch.h"

/* The log is the process's: each test opens another file, which stays open. */
static char *logged(const struct scratch *scratch)
{
	char *text = NULL;
	struct err err;

	assert_ok(fd_load_at(scratch->fd, "log", 1 << 20, &text, NULL, &err), &err);
	return text;
}

static void open_log(const struct scratch *scratch, bool json, enum log_level level)
{
	auto_free char *path = str_dupf("%s/log", scratch->path);
	struct err err;

	assert_ok(log_open(path, json, level, &err), &err);
	assert_true(log_to_file());
}

static void levels_have_names(void **state)
{
	enum log_level level = LOG_LEVEL_DEBUG;
	struct err err;

	(void)state;
	assert_ok(log_level_parse("error", &level, &err), &err);
	assert_int_equal(level, LOG_LEVEL_ERROR);
	assert_ok(log_level_parse("warn", &level, &err), &err);
	assert_int_equal(level, LOG_LEVEL_WARNING);
	assert_ok(log_level_parse("warning", &level, &err), &err);
	assert_ok(log_level_parse("info", &level, &err), &err);
	assert_ok(log_level_parse("debug", &level, &err), &err);
	assert_int_equal(level, LOG_LEVEL_DEBUG);
	assert_fails(log_level_parse("loud", &level, &err), &err, ERR_USAGE,
		     "--log-level: \"loud\" is none of error, warning, info, debug");
}

/* Engines read msg, level and time of the last object (go-runc). */
static void a_json_line_is_one_object(void **state)
{
	auto_free char *text = NULL;
	auto_json struct json_doc *doc = NULL;
	const struct json *root;
	struct err err;

	open_log(*state, true, LOG_LEVEL_WARNING);
	log_error("mount \"%s\"\nfailed", "/x");
	text = logged(*state);
	assert_int_equal(strcspn(text, "\n"), strlen(text) - 1);
	assert_ok(json_parse(text, strlen(text), "log", &doc, &err), &err);
	root = json_root(doc);
	assert_string_equal(json_get(root, "msg")->text, "mount \"/x\"\nfailed");
	assert_string_equal(json_get(root, "level")->text, "error");
	assert_int_equal(strlen(json_get(root, "time")->text),
			 strlen("2026-01-01T00:00:00.000000Z"));
}

static void a_text_line_has_time_level_and_message(void **state)
{
	auto_free char *text = NULL;

	open_log(*state, false, LOG_LEVEL_WARNING);
	log_warning("two\nlines");
	text = logged(*state);
	assert_memory_equal(text, "time=\"20", 8);
	assert_true(str_ends(text, "Z\" level=warning msg=\"two\\nlines\"\n"));
}

static void lines_below_the_level_are_left_out(void **state)
{
	auto_free char *text = NULL;

	open_log(*state, true, LOG_LEVEL_WARNING);
	log_info("no");
	log_debug("no");
	log_warning("yes");
	text = logged(*state);
	assert_non_null(strstr(text, "yes"));
	assert_null(strstr(text, "no\""));
}

static void writing_keeps_errno_and_cuts_long_lines(void **state)
{
	auto_free char *text = NULL;
	char message[5000];

	open_log(*state, true, LOG_LEVEL_WARNING);
	memset(message, 'x', sizeof(message));
	errno = EXDEV;
	log_error("%.*s", (int)sizeof(message), message);
	assert_int_equal(errno, EXDEV);
	text = logged(*state);
	assert_true(strlen(text) < 1200);
	assert_true(str_ends(text, "}\n"));
}

static void a_log_is_appended_to(void **state)
{
	auto_free char *text = NULL;

	open_log(*state, true, LOG_LEVEL_WARNING);
	log_error("first");
	open_log(*state, true, LOG_LEVEL_WARNING);
	log_error("second");
	text = logged(*state);
	assert_true(strstr(text, "first") < strstr(text, "second"));
	assert_non_null(strstr(text, "first"));
}

/* In a child: a log that is open can't be closed. */
static void without_a_log_a_line_goes_to_stderr(void **state)
{
	char text[200] = "";
	int fds[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		log_warning("no \"%s\"", "a\nb\x1b");
		log_error("bad");
		_exit(0);
	}
	close(fds[1]);
	assert_true(fd_read_all(fds[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "vzrun: warning: no \"a?b?\"\nvzrun: bad\n");
	close(fds[0]);
	waitpid(pid, NULL, 0);
}

static void a_log_that_can_not_be_opened_is_named(void **state)
{
	struct err err;

	(void)state;
	assert_fails(log_open("/nowhere/log", true, LOG_LEVEL_ERROR, &err), &err, ENOENT,
		     "open log \"/nowhere/log\": No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels_have_names),
		cmocka_unit_test(without_a_log_a_line_goes_to_stderr),
		scratch_test(a_json_line_is_one_object),
		scratch_test(a_text_line_has_time_level_and_message),
		scratch_test(lines_below_the_level_are_left_out),
		scratch_test(writing_keeps_errno_and_cuts_long_lines),
		scratch_test(a_log_is_appended_to),
		cmocka_unit_test(a_log_that_can_not_be_opened_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
