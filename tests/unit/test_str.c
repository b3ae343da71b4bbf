/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>

#include "runtime/base/str.h"
#include "tests/unit/unit.h"

/* ---- strbuf ---- */

static void a_buffer_collects_text(void **state)
{
	auto_strbuf struct strbuf sb = { 0 };

	(void)state;
	strbuf_add(&sb, "ab");
	strbuf_add_char(&sb, 'c');
	strbuf_add_mem(&sb, "de-", 2);
	strbuf_addf(&sb, "%d%s", 12, "!");
	assert_string_equal(sb.text, "abcde12!");
	assert_int_equal(sb.len, 8);
	assert_false(sb.failed);
}

static void a_buffer_holds_more_than_its_first_room(void **state)
{
	auto_strbuf struct strbuf sb = { 0 };

	(void)state;
	for (int i = 0; i < 10000; i++)
		strbuf_addf(&sb, "%04d", i);
	assert_int_equal(sb.len, 40000);
	assert_int_equal(strlen(sb.text), 40000);
	assert_memory_equal(sb.text + 4 * 9999, "9999", 4);
}

static void stealing_empties_the_buffer(void **state)
{
	struct strbuf sb = { 0 };
	auto_free char *text = NULL, *empty = NULL;

	(void)state;
	strbuf_add(&sb, "x");
	text = strbuf_steal(&sb);
	assert_string_equal(text, "x");
	assert_null(sb.text);
	assert_int_equal(sb.len, 0);
	empty = strbuf_steal(&sb);
	assert_string_equal(empty, "");
}

static void a_buffer_that_failed_says_so_when_stolen(void **state)
{
	struct strbuf sb = { .failed = true };

	(void)state;
	strbuf_add(&sb, "dropped");
	assert_int_equal(sb.len, 0);
	errno = 0;
	assert_null(strbuf_steal(&sb));
	assert_int_equal(errno, ENOMEM);
}

static void more_than_memory_is_a_failure_not_an_overflow(void **state)
{
	struct strbuf sb = { 0 };

	(void)state;
	strbuf_add(&sb, "x");
	strbuf_add_mem(&sb, "y", SIZE_MAX - 1);
	assert_true(sb.failed);
	strbuf_done(&sb);
}

/* ---- single texts ---- */

static void beginnings_and_endings(void **state)
{
	(void)state;
	assert_true(str_starts("abc", "ab"));
	assert_true(str_starts("abc", ""));
	assert_false(str_starts("ab", "abc"));
	assert_true(str_ends("abc", "bc"));
	assert_true(str_ends("abc", ""));
	assert_false(str_ends("bc", "abc"));
	assert_false(str_ends("abd", "bc"));
}

static void formatted_copies(void **state)
{
	auto_free char *text = str_dupf("%s-%d", "a", 7);

	(void)state;
	assert_string_equal(text, "a-7");
}

static void shown_text_is_one_short_line(void **state)
{
	char buf[STR_SHOW_SIZE], text[500];

	(void)state;
	assert_string_equal(str_show(buf, "plain"), "\"plain\"");
	assert_string_equal(str_show(buf, ""), "\"\"");
	assert_string_equal(str_show(buf, "a\nb\x1b[31m\x7f"), "\"a\\x0ab\\x1b[31m\\x7f\"");
	assert_string_equal(str_show(buf, "a\"b\\c"), "\"a\\\"b\\\\c\"");
	for (size_t len = 0; len < sizeof(text); len++) {
		memset(text, len % 2 ? '\n' : 'y', sizeof(text));
		text[len] = '\0';
		str_show(buf, text);
		assert_true(strlen(buf) < STR_SHOW_SIZE);
		assert_true(str_ends(buf, "\""));
	}
	memset(text, 'y', sizeof(text));
	text[86] = '\0';
	assert_int_equal(strlen(str_show(buf, text)), 88);
	text[86] = 'y';
	text[87] = '\0';
	assert_true(str_ends(str_show(buf, text), "yyy...\""));
}

static void shown_text_is_not_cut_inside_a_character(void **state)
{
	char buf[STR_SHOW_SIZE], text[200];

	(void)state;
	for (size_t shift = 0; shift < 4; shift++) {
		size_t len = shift;

		memset(text, 'x', shift);
		while (len + 5 < sizeof(text)) {
			memcpy(text + len, "\xf0\x9f\x98\x80", 4);
			len += 4;
		}
		text[len] = '\0';
		str_show(buf, text);
		/* Quote, x's, whole characters of 4 bytes, "..." and quote. */
		assert_int_equal((strlen(buf) - 5 - shift) % 4, 0);
	}
}

/* ---- lists ---- */

static void lists_grow_and_count(void **state)
{
	auto_strv char **v = NULL;

	(void)state;
	assert_int_equal(strv_len(v), 0);
	assert_int_equal(strv_add(&v, "a"), 0);
	assert_int_equal(strv_add(&v, ""), 0);
	assert_int_equal(strv_len(v), 2);
	assert_string_equal(v[0], "a");
	assert_string_equal(v[1], "");
	assert_null(v[2]);
}

static void splitting_drops_empty_parts(void **state)
{
	auto_strv char **v = strv_split(",a,;b;;c,", ",;");
	auto_strv char **none = strv_split(",,", ",");

	(void)state;
	assert_int_equal(strv_len(v), 3);
	assert_string_equal(v[0], "a");
	assert_string_equal(v[1], "b");
	assert_string_equal(v[2], "c");
	assert_non_null(none);
	assert_int_equal(strv_len(none), 0);
}

/* ---- numbers ---- */

static void numbers_are_read_whole(void **state)
{
	int64_t v = 0;
	struct err err;

	(void)state;
	assert_ok(num_parse("-42", "n", -100, 100, &v, &err), &err);
	assert_int_equal(v, -42);
	assert_ok(num_parse("9223372036854775807", "n", INT64_MIN, INT64_MAX, &v, &err), &err);
	assert_true(v == INT64_MAX);
	assert_ok(num_parse("-9223372036854775808", "n", INT64_MIN, INT64_MAX, &v, &err), &err);
	assert_true(v == INT64_MIN);
}

static void what_is_no_number_is_refused(void **state)
{
	static const char *const bad[] = { "",    " 1",  "1 ", "+1",  "0x10", "1.0", "1e3",
					   "--1", "- 1", "1k", "one", "\t2",  "2\n" };
	int64_t v = 77;
	uint64_t u = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(num_parse(bad[i], "n", INT64_MIN, INT64_MAX, &v, NULL), -1);
		assert_int_equal(num_parse_u(bad[i], "n", UINT64_MAX, &u, NULL), -1);
	}
	assert_int_equal(num_parse_u("-1", "n", UINT64_MAX, &u, NULL), -1);
	assert_int_equal(v, 77);
	assert_int_equal(u, 77);
}

static void number_errors_name_the_place(void **state)
{
	int64_t v;
	uint64_t u;
	struct err err;

	(void)state;
	assert_fails(num_parse("x", "--pid", 0, 9, &v, &err), &err, ERR_INPUT,
		     "--pid: \"x\" is not a whole number");
	assert_fails(num_parse("10", "--pid", 0, 9, &v, &err), &err, ERR_INPUT,
		     "--pid: 10 is out of range (0 to 9)");
	assert_fails(num_parse("99999999999999999999", "--pid", 0, 9, &v, &err), &err, ERR_INPUT,
		     "--pid: 99999999999999999999 is out of range (0 to 9)");
	assert_fails(num_parse_u("8", "n", 7, &u, &err), &err, ERR_INPUT,
		     "n: 8 is out of range (0 to 7)");
	assert_fails(num_parse_u("-8", "n", 7, &u, &err), &err, ERR_INPUT,
		     "n: \"-8\" is not a whole number of 0 or more");
	assert_fails(num_parse_u("18446744073709551616", "n", UINT64_MAX, &u, &err), &err,
		     ERR_INPUT,
		     "n: 18446744073709551616 is out of range (0 to 18446744073709551615)");
}

static void sizes_have_suffixes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "0", 0 },           { "1", 1 },           { "1k", 1024 },
		{ "1K", 1024 },       { "2M", 2 << 20 },    { "3g", 3ULL << 30 },
		{ "4T", 4ULL << 40 }, { "5P", 5ULL << 50 }, { "7b", 7 },
		{ "1KB", 1024 },      { "1KiB", 1024 },     { "18446744073709551615", UINT64_MAX },
	};
	uint64_t bytes = 1;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_ok(num_parse_size(good[i].text, "n", &bytes, &err), &err);
		assert_true(bytes == good[i].bytes);
	}
}

static void size_rejects_overflow(void **state)
{
	static const char *const bad[] = { "18446744073709551616", "16384P", "18014398509481984K",
					   "99999999999999999999P" };
	uint64_t bytes = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(num_parse_size(bad[i], "n", &bytes, NULL), -1);
	assert_int_equal(bytes, 77);
}

static void size_rejects_other_text(void **state)
{
	static const char *const bad[] = { "",    "k",   "-1",  "1x",  "1 K", "1.5G",
					   "1Ki", "1iB", "1KK", "+1K", "1BB" };
	uint64_t bytes = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(num_parse_size(bad[i], "n", &bytes, NULL), -1);
	assert_int_equal(bytes, 77);
}

static void what_a_terminal_obeys_is_not_shown(void **state)
{
	static const char *const rows[][2] = {
		{ "plain ~", "plain ~" },
		{ "\x1b[31m\n\r\t\x7f", "?[31m????" },
		{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7",
		  "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7" },
		{ "\x9b"
		  "31m",
		  "?31m" }, /* CSI as a byte */
		{ "\xc2\x9b"
		  "31m",
		  "??31m" },          /* and as a character */
		{ "\xc1\x81", "??" }, /* not the shortest form */
		{ "\xe0\x82\x9b", "???" },
		{ "\xed\xa0\x80", "???" },      /* a surrogate */
		{ "\xf4\x90\x80\x80", "????" }, /* beyond Unicode */
		{ "cut\xe2\x82", "cut??" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_strbuf struct strbuf sb = { 0 };

		str_add_clean(&sb, rows[i][0], strlen(rows[i][0]));
		assert_string_equal(sb.text, rows[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_terminal_obeys_is_not_shown),
		cmocka_unit_test(a_buffer_collects_text),
		cmocka_unit_test(a_buffer_holds_more_than_its_first_room),
		cmocka_unit_test(stealing_empties_the_buffer),
		cmocka_unit_test(a_buffer_that_failed_says_so_when_stolen),
		cmocka_unit_test(more_than_memory_is_a_failure_not_an_overflow),
		cmocka_unit_test(beginnings_and_endings),
		cmocka_unit_test(formatted_copies),
		cmocka_unit_test(shown_text_is_one_short_line),
		cmocka_unit_test(shown_text_is_not_cut_inside_a_character),
		cmocka_unit_test(lists_grow_and_count),
		cmocka_unit_test(splitting_drops_empty_parts),
		cmocka_unit_test(numbers_are_read_whole),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(number_errors_name_the_place),
		cmocka_unit_test(sizes_have_suffixes),
		cmocka_unit_test(size_rejects_overflow),
		cmocka_unit_test(size_rejects_other_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
