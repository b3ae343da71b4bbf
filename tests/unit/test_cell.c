/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/unit.h"

#include "runtime/base/mem.h"
#include "runtime/cli/cell.h"

static const char *const pair[] = { "held", "limit" };

static struct cell text_cell(enum cell_kind kind, const char *text)
{
	return (struct cell){ .kind = kind, .text = text };
}

static struct cell group_cell(uint64_t held, uint64_t limit, unsigned int known, uint8_t shown)
{
	return (struct cell){ .kind = CELL_GROUP,
			      .group = { .names = pair,
					 .value = { held, limit },
					 .n = 2,
					 .known = (uint8_t)known,
					 .shown = shown } };
}

static void shows(struct cell cell, unsigned int flags, bool first, const char *want)
{
	auto_strbuf struct strbuf sb = { 0 };

	cell_add_text(&sb, &cell, flags, first);
	assert_string_equal(sb.text, want);
}

static void is_json(struct cell cell, unsigned int flags, bool openvz, const char *want)
{
	const struct cell_style style = { flags, openvz };
	auto_strbuf struct strbuf sb = { 0 };

	cell_add_json(&sb, &cell, &style);
	assert_string_equal(sb.text, want);
}

static void each_kind_has_its_text(void **state)
{
	(void)state;
	shows((struct cell){ .kind = CELL_NONE }, 0, false, "-");
	shows(text_cell(CELL_TEXT, "a \"b\"\n\x01\xff\xc3\xa9"), 0, false, "a \"b\"???\xc3\xa9");
	shows(text_cell(CELL_WORDS, " 10.0.0.1\t10.0.0.2 "), 0, false, "10.0.0.1 10.0.0.2");
	shows(text_cell(CELL_WORDS, " 10.0.0.1\t10.0.0.2 "), 0, true, "10.0.0.1");
	shows(text_cell(CELL_WORDS, " "), 0, false, "-");
	shows((struct cell){ .kind = CELL_NUMBER, .number = 0 }, 0, false, "0");
	shows((struct cell){ .kind = CELL_NUMBER, .number = UINT64_MAX }, 0, false,
	      "18446744073709551615");
	shows((struct cell){ .kind = CELL_REAL, .real = { 1.5 } }, 0, false, "1.5");
	shows((struct cell){ .kind = CELL_LOADS, .real = { 0, 0.009, 12.345 } }, 0, false,
	      "0.00/0.01/12.35");
	shows((struct cell){ .kind = CELL_BOOL, .yes = true }, 0, false, "yes");
	shows(group_cell(7, 9, 3, 1), 0, false, "9");
	shows(group_cell(7, 9, 2, 0), 0, false, "-");
}

static void uptime_has_days_of_any_number(void **state)
{
	(void)state;
	shows((struct cell){ .kind = CELL_SECONDS, .real = { 0.9 } }, 0, false, "000d00h:00m:00s");
	shows((struct cell){ .kind = CELL_SECONDS, .real = { 93784 } }, 0, false,
	      "001d02h:03m:04s");
	shows((struct cell){ .kind = CELL_SECONDS, .real = { 86400.0 * 1234 } }, 0, false,
	      "1234d00h:00m:00s");
	shows((struct cell){ .kind = CELL_SECONDS, .real = { -5 } }, 0, false, "000d00h:00m:00s");
}

static void of_switches_the_last_word_counts(void **state)
{
	const char *text = "NFS:on tun:off x :on y:maybe nfs:off";

	(void)state;
	shows(text_cell(CELL_SWITCHES, text), 0, false, "tun:off,nfs:off");
	shows(text_cell(CELL_SWITCHES, "NET_ADMIN:on "), CELL_LOWER, false, "net_admin:on");
	shows(text_cell(CELL_SWITCHES, "x"), 0, false, "-");
	is_json(text_cell(CELL_SWITCHES, text), 0, true,
		"{\n      \"tun\": false,\n      \"nfs\": false\n    }");
	is_json(text_cell(CELL_SWITCHES, ""), 0, true, "null");
}

static void json_is_escaped(void **state)
{
	(void)state;
	is_json(text_cell(CELL_TEXT, "\"\\\n\x01\xff"), 0, true,
		"\"\\\"\\\\\\n\\u0001\xef\xbf\xbd\"");
	is_json(text_cell(CELL_WORDS, "a \"b\""), 0, true, "[\"a\", \"\\\"b\\\"\"]");
	is_json(text_cell(CELL_WORDS, ""), 0, true, "[]");
}

static void the_dialects_differ_in_what_is_not_there(void **state)
{
	const struct cell none = { .kind = CELL_NONE };

	(void)state;
	is_json(none, 0, true, "null");
	is_json(none, CELL_ZERO, true, "0");
	is_json(none, CELL_ZERO, false, "null");
	is_json(none, CELL_ZERO_TIME, true, "0.000");
	is_json(none, CELL_ZERO_TIME, false, "null");
	is_json(none, CELL_EMPTY_LIST, false, "[]");
	is_json(group_cell(5, CELL_UNLIMITED, 2, 0), 0, true,
		"{\n      \"held\": 0,\n      \"limit\": 9223372036854775807\n    }");
	is_json(group_cell(5, CELL_UNLIMITED, 2, 0), 0, false,
		"{\n      \"held\": null,\n      \"limit\": null\n    }");
	is_json(group_cell(5, 6, 3, 1), CELL_ONE, false, "6");
	is_json((struct cell){ .kind = CELL_SECONDS, .real = { 1.25 } }, 0, false, "1.250");
	is_json((struct cell){ .kind = CELL_LOADS, .real = { 0, 1, 2 } }, 0, true,
		"[0.00, 1.00, 2.00]");
}

static void pads(const char *text, int width, bool cut, const char *want)
{
	auto_strbuf struct strbuf sb = { 0 };

	cell_add_padded(&sb, text, width, cut);
	strbuf_add(&sb, "|");
	assert_string_equal(sb.text, want);
}

static void columns_count_characters(void **state)
{
	(void)state;
	pads("ab", 5, false, "   ab|");
	pads("ab", -5, false, "ab   |");
	pads("abcdefg", -5, false, "abcdefg|");
	pads("abcdefg", -5, true, "abcde|");
	pads("abcdefg", 5, true, "abcde|");
	pads("\xc3\xa9\xc3\xa9", -3, true, "\xc3\xa9\xc3\xa9 |");
	pads("\xc3\xa9\xc3\xa9\xc3\xa9", -2, true, "\xc3\xa9\xc3\xa9|");
	pads("x", -70, false,
	     "x                                                                     |");
}

static void orders(struct cell a, struct cell b)
{
	assert_true(cell_compare(&a, &b) < 0);
	assert_true(cell_compare(&b, &a) > 0);
	assert_int_equal(cell_compare(&a, &a), 0);
}

static void what_is_not_there_comes_first(void **state)
{
	const struct cell none = { .kind = CELL_NONE };

	(void)state;
	orders(none, text_cell(CELL_TEXT, ""));
	orders(group_cell(9, 9, 2, 0), group_cell(0, 9, 3, 0));
	orders((struct cell){ .kind = CELL_NUMBER, .number = 9 }, text_cell(CELL_TEXT, "a"));
	orders((struct cell){ .kind = CELL_NUMBER, .number = 9 },
	       (struct cell){ .kind = CELL_NUMBER, .number = 10 });
	orders(text_cell(CELL_WORDS, "10"), text_cell(CELL_WORDS, "9"));
	orders((struct cell){ .kind = CELL_LOADS, .real = { 1, 1, 1 } },
	       (struct cell){ .kind = CELL_LOADS, .real = { 1, 1, 2 } });
	/* the longest first, as OpenVZ has it */
	orders((struct cell){ .kind = CELL_SECONDS, .real = { 9 } },
	       (struct cell){ .kind = CELL_SECONDS, .real = { 1 } });
	orders((struct cell){ .kind = CELL_BOOL }, (struct cell){ .kind = CELL_BOOL, .yes = true });
	orders((struct cell){ .kind = CELL_REAL, .real = { 1 } },
	       (struct cell){ .kind = CELL_REAL, .real = { 1.5 } });
}

static void patterns_are_the_shell_s(void **state)
{
	const struct cell none = { .kind = CELL_NONE };
	const struct cell words = text_cell(CELL_WORDS, "10.0.0.1 10.0.0.2");
	const struct cell text = text_cell(CELL_TEXT, "web\n1");
	const struct cell number = { .kind = CELL_NUMBER, .number = 101 };

	(void)state;
	assert_true(cell_matches(&none, 0, "-"));
	assert_false(cell_matches(&none, 0, "*"));
	assert_true(cell_matches(&words, 0, "10.0.0.2"));
	assert_true(cell_matches(&words, 0, "10.0.0.1 10.0.0.2"));
	assert_false(cell_matches(&words, 0, "10.0.0.3"));
	assert_true(cell_matches(&text, 0, "web\n?"));
	assert_false(cell_matches(&text, 0, "web"));
	assert_true(cell_matches(&number, 0, "1[01]*"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_its_text),
		cmocka_unit_test(uptime_has_days_of_any_number),
		cmocka_unit_test(of_switches_the_last_word_counts),
		cmocka_unit_test(json_is_escaped),
		cmocka_unit_test(the_dialects_differ_in_what_is_not_there),
		cmocka_unit_test(columns_count_characters),
		cmocka_unit_test(what_is_not_there_comes_first),
		cmocka_unit_test(patterns_are_the_shell_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
