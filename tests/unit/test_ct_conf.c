/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/ct/conf.h"

static struct conf *parse(const char *text)
{
	struct conf *conf = NULL;
	struct err err = { 0 };

	if (conf_parse(text, strlen(text), "f.conf", &conf, &err) < 0)
		fail_msg("%s", err.msg);
	return conf;
}

static void assert_value(const char *text, const char *key, const char *expected)
{
	auto_conf struct conf *conf = parse(text);

	if (!expected)
		assert_null(conf_get(conf, key));
	else
		assert_string_equal(conf_get(conf, key), expected);
}

static void assert_error(const char *text, const char *expected)
{
	auto_conf struct conf *conf = NULL;
	struct err err = { 0 };

	assert_int_equal(conf_parse(text, strlen(text), "f.conf", &conf, &err), -1);
	assert_int_equal(err.code, ERR_INPUT);
	assert_string_equal(err.msg, expected);
}

static void assert_text(const struct conf *conf, const char *expected)
{
	auto_strbuf struct strbuf sb = { 0 };

	conf_emit(conf, &sb);
	assert_string_equal(sb.text ? sb.text : "", expected);
}

static void set(struct conf *conf, const char *key, const char *value)
{
	struct err err = { 0 };

	if (conf_set(conf, key, value, &err) < 0)
		fail_msg("%s", err.msg);
}

static void values_are_read_as_a_shell_does(void **state)
{
	(void)state;
	assert_value("A=\"b c\"\n", "A", "b c");
	assert_value("A='b $c'", "A", "b $c");
	assert_value("A=b\n", "A", "b");
	assert_value("A=\n", "A", "");
	assert_value("A=\"\"\n", "A", "");
	assert_value("  export  A=b # c\n", "A", "b");
	assert_value("A=a\"b\"'c'\\d\n", "A", "abcd");
	assert_value("A=\"a\\\"b\\\\c\\$d\\`e\\f\"\n", "A", "a\"b\\c$d`e\\f");
	assert_value("A=\"a\nb\"\nC=d\n", "C", "d");
	assert_value("A=\"a\\\nb\"\n", "A", "ab");
	assert_value("# A=b\n\n", "A", NULL);
	assert_value("AB=c\n", "A", NULL);
}

static void veid_is_not_expanded(void **state)
{
	(void)state;
	assert_value("VE_ROOT=\"/vz/root/$VEID\"\n", "VE_ROOT", "/vz/root/$VEID");
}

static void first_of_two_lines_counts(void **state)
{
	(void)state;
	log_open(NULL, false, LOG_LEVEL_ERROR, NULL);
	assert_value("A=1\nB=2\nA=3\n", "A", "1");
}

static void errors_name_file_and_line(void **state)
{
	(void)state;
	assert_error("A=1\nhello\n", "f.conf:2: is neither KEY=\"value\" nor a comment");
	assert_error("A = 1\n", "f.conf:1: is neither KEY=\"value\" nor a comment");
	assert_error("1A=1\n", "f.conf:1: is neither KEY=\"value\" nor a comment");
	assert_error("A=1 2\n", "f.conf:1: more than one word behind the \"=\"");
	assert_error("#\n#\nA=\"1\nB=2\n", "f.conf:3: the quote is not closed");
	assert_error("A=\"x\ny\"\nB='1\n", "f.conf:3: the quote is not closed");
	assert_error("A=$(reboot)\n",
		     "f.conf:1: a value with such characters must stand in quotes");
	assert_error("A=1;reboot\n", "f.conf:1: a value with such characters must stand in quotes");
	assert_error("A=1\\\n", "f.conf:1: a line that ends in a backslash");
	assert_error("A=\"1\"\r\n", "f.conf:1: has a carriage return (a DOS text file?)");
	assert_error("export\n", "f.conf:1: is neither KEY=\"value\" nor a comment");
}

static void zero_byte_is_refused(void **state)
{
	auto_conf struct conf *conf = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(conf_parse("A=1\0\n", 5, "f.conf", &conf, &err), -1);
	assert_string_equal(err.msg, "\"f.conf\" is no text: it has a zero byte");
}

static void what_is_not_set_is_written_as_it_was(void **state)
{
	const char *text =
		"# head\n\n  export A='x'   # why\nUNKNOWN=\"1\" \nM=\"a\nb\"\n#UUID: 7\n";
	auto_conf struct conf *conf = parse(text);

	(void)state;
	assert_text(conf, text);
	set(conf, "A", "x");
	assert_text(conf, text);
}

static void setting_keeps_place_and_comment(void **state)
{
	auto_conf struct conf *conf = parse("A=1\n export B='2' # why\nC=\"3\"\n");

	(void)state;
	set(conf, "B", "two");
	set(conf, "B", "2 2");
	set(conf, "D", "4");
	assert_text(conf, "A=1\n export B=\"2 2\" # why\nC=\"3\"\nD=\"4\"\n");
	assert_string_equal(conf_get(conf, "B"), "2 2");
	assert_string_equal(conf_get(conf, "D"), "4");
}

static void setting_removes_later_duplicates(void **state)
{
	auto_conf struct conf *conf = NULL;

	(void)state;
	log_open(NULL, false, LOG_LEVEL_ERROR, NULL);
	conf = parse("A=1\nB=2\nA=3\nA=4\n");
	set(conf, "A", "1");
	assert_text(conf, "A=1\nB=2\n");
}

static void unset_removes_the_line(void **state)
{
	auto_conf struct conf *conf = parse("A=1\nB=2\nC=3\nD=4\nE=5\n");

	(void)state;
	conf_unset(conf, "B");
	conf_unset(conf, "E");
	conf_unset(conf, "none");
	assert_null(conf_get(conf, "B"));
	set(conf, "F", "6");
	set(conf, "G", "7");
	assert_text(conf, "A=1\nC=3\nD=4\nF=\"6\"\nG=\"7\"\n");
}

/* What a shell that sources the text takes for $A. */
static void shell_value(const char *text, char *out, size_t size)
{
	char path[] = "/tmp/vztest-conf.XXXXXX", command[128];
	auto_fd int fd = mkstemp(path);
	FILE *sh;
	size_t n;

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	snprintf(command, sizeof(command), "VEID=101; . %s; printf %%s \"$A\"", path);
	sh = popen(command, "r");
	assert_non_null(sh);
	n = fread(out, 1, size - 1, sh);
	out[n] = '\0';
	assert_int_equal(pclose(sh), 0);
	unlink(path);
}

/* These files are sourced by root's scripts: a value must stay a value there. */
static void written_values_survive_a_shell(void **state)
{
	static const char *const values[] = {
		"plain", "",      "a b",  "$(reboot)", "`reboot`", "\"; reboot; \"", "back\\slash",
		"'",     "$HOME", "a\tb", "#",         "$VEIDX",   "\xc3\xa4",       "\\$VEIDX",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		auto_conf struct conf *conf = conf_new();
		auto_strbuf struct strbuf sb = { 0 };
		char out[256];

		assert_non_null(conf);
		set(conf, "A", values[i]);
		conf_emit(conf, &sb);
		assert_value(sb.text, "A", values[i]);
		shell_value(sb.text, out, sizeof(out));
		assert_string_equal(out, values[i]);
	}
}

static void written_veid_is_expanded_by_a_shell(void **state)
{
	auto_conf struct conf *conf = conf_new();
	auto_strbuf struct strbuf sb = { 0 };
	char out[256];

	(void)state;
	assert_non_null(conf);
	set(conf, "A", "/vz/$VEID/fs");
	conf_emit(conf, &sb);
	assert_string_equal(sb.text, "A=\"/vz/$VEID/fs\"\n");
	shell_value(sb.text, out, sizeof(out));
	assert_string_equal(out, "/vz/101/fs");
}

static void line_breaks_and_odd_keys_are_refused(void **state)
{
	auto_conf struct conf *conf = conf_new();
	struct err err = { 0 };

	(void)state;
	assert_non_null(conf);
	assert_int_equal(conf_set(conf, "A", "1\nB=2", &err), -1);
	assert_string_equal(err.msg, "the value for A has a line break");
	assert_int_equal(conf_set(conf, "A=1;B", "1", &err), -1);
	assert_int_equal(conf_set(conf, "", "1", &err), -1);
	assert_text(conf, "");
}

static void saving_replaces_the_file_and_keeps_its_mode(void **state)
{
	char dir[] = "/tmp/vztest-conf.XXXXXX", path[64];
	auto_conf struct conf *conf = parse("A=1\n"), *again = NULL;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/101.conf", dir);
	assert_int_equal(conf_save(conf, path, NULL), 0);
	assert_int_equal(chmod(path, 0600), 0);
	set(conf, "A", "2");
	assert_int_equal(conf_save(conf, path, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(conf_load(path, &again, NULL), 0);
	assert_string_equal(conf_get(again, "A"), "2");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0); /* nothing beside it */
}

/* More than fit into a file that conf_load takes. Were each looked for among all others, this would
 * take minutes. */
static void many_keys_take_little_work(void **state)
{
	enum { KEYS = 200000 };
	auto_strbuf struct strbuf text = { 0 }, written = { 0 }, expected = { 0 };
	auto_conf struct conf *conf = NULL;
	char key[16], value[16];

	(void)state;
	for (int i = 0; i < KEYS; i++) {
		strbuf_addf(&text, "K%d=\"%d\"\n", i, i);
		strbuf_addf(&expected, "K%d=\"%d\"\n", i, i + 1);
	}
	conf = parse(text.text);
	for (int i = 0; i < KEYS; i++) {
		snprintf(key, sizeof(key), "K%d", i);
		snprintf(value, sizeof(value), "%d", i);
		assert_string_equal(conf_get(conf, key), value);
		snprintf(value, sizeof(value), "%d", i + 1);
		set(conf, key, value);
	}
	conf_emit(conf, &written);
	assert_string_equal(written.text, expected.text);
}

static void keys_are_found_after_others_went(void **state)
{
	auto_conf struct conf *conf = parse("A=1\nB=2\n#\nA=3\nC=4\nB=5\n");

	(void)state;
	conf_unset(conf, "A");
	assert_null(conf_get(conf, "A"));
	set(conf, "D", "6");
	set(conf, "B", "7");
	set(conf, "A", "8");
	assert_string_equal(conf_get(conf, "C"), "4");
	assert_int_equal(conf_line_of(conf, "D"), 4);
	assert_text(conf, "B=\"7\"\n#\nC=4\nD=\"6\"\nA=\"8\"\n");
	conf_unset(conf, "none");
}

static void missing_file_is_told_apart(void **state)
{
	auto_conf struct conf *conf = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(conf_load("/nonexistent/vz.conf", &conf, &err), -1);
	assert_int_equal(err.code, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_read_as_a_shell_does),
		cmocka_unit_test(veid_is_not_expanded),
		cmocka_unit_test(first_of_two_lines_counts),
		cmocka_unit_test(errors_name_file_and_line),
		cmocka_unit_test(zero_byte_is_refused),
		cmocka_unit_test(what_is_not_set_is_written_as_it_was),
		cmocka_unit_test(setting_keeps_place_and_comment),
		cmocka_unit_test(setting_removes_later_duplicates),
		cmocka_unit_test(unset_removes_the_line),
		cmocka_unit_test(written_values_survive_a_shell),
		cmocka_unit_test(written_veid_is_expanded_by_a_shell),
		cmocka_unit_test(line_breaks_and_odd_keys_are_refused),
		cmocka_unit_test(saving_replaces_the_file_and_keeps_its_mode),
		cmocka_unit_test(many_keys_take_little_work),
		cmocka_unit_test(keys_are_found_after_others_went),
		cmocka_unit_test(missing_file_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
