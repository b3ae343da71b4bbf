/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/json.h"
#include "tests/unit/unit.h"

static void assert_quoted(const char *text, const char *want)
{
	auto_strbuf struct strbuf sb = { 0 };

	json_quote(&sb, text);
	assert_string_equal(sb.text, want);
}

static void quotes_and_escapes(void **state)
{
	(void)state;
	assert_quoted("", "\"\"");
	assert_quoted("plain /text", "\"plain /text\"");
	assert_quoted("a\"b\\c", "\"a\\\"b\\\\c\"");
	assert_quoted("\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
	assert_quoted("\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"");
}

static void utf8_passes_and_other_bytes_are_replaced(void **state)
{
#define BAD "\xef\xbf\xbd"
	(void)state;
	assert_quoted("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		      "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
	assert_quoted("a\xffz", "\"a" BAD "z\"");
	assert_quoted("\xc3", "\"" BAD "\"");         /* cut short */
	assert_quoted("\xc0\xaf", "\"" BAD BAD "\""); /* overlong */
	assert_quoted("\xe0\x80\x80", "\"" BAD BAD BAD "\"");
	assert_quoted("\xed\xa0\x80", "\"" BAD BAD BAD "\""); /* a surrogate */
	assert_quoted("\xf0\x80\x80\x80", "\"" BAD BAD BAD BAD "\"");
	assert_quoted("\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\"");
	assert_quoted("\x80", "\"" BAD "\"");
#undef BAD
}

static void write_sample(struct json_writer *w)
{
	json_begin(w, NULL, '{');
	json_put_str(w, "s", "x");
	json_put_int(w, "i", -3);
	json_put_uint(w, "u", UINT64_MAX);
	json_put_bool(w, "t", true);
	json_put_bool(w, "f", false);
	json_put_null(w, "n");
	json_put_raw(w, "r", "[0]");
	json_begin(w, "a", '[');
	json_put_int(w, NULL, 1);
	json_put_int(w, NULL, 2);
	json_end(w, ']');
	json_begin(w, "e", '[');
	json_end(w, ']');
	json_end(w, '}');
}

static void compact_text_has_commas_and_no_spaces(void **state)
{
	auto_strbuf struct strbuf sb = { 0 };
	struct json_writer w = { .sb = &sb };

	(void)state;
	write_sample(&w);
	assert_string_equal(sb.text, "{\"s\":\"x\",\"i\":-3,\"u\":18446744073709551615,\"t\":true,"
				     "\"f\":false,\"n\":null,\"r\":[0],\"a\":[1,2],\"e\":[]}");
}

static void pretty_text_is_indented(void **state)
{
	auto_strbuf struct strbuf sb = { 0 };
	struct json_writer w = { .sb = &sb, .pretty = true };

	(void)state;
	write_sample(&w);
	assert_string_equal(sb.text, "{\n  \"s\": \"x\",\n  \"i\": -3,\n"
				     "  \"u\": 18446744073709551615,\n  \"t\": true,\n"
				     "  \"f\": false,\n  \"n\": null,\n  \"r\": [0],\n"
				     "  \"a\": [\n    1,\n    2\n  ],\n  \"e\": []\n}");
}

static void a_parsed_document_is_written_as_it_was(void **state)
{
	static const char text[] = "{\"a\":[1,-2.5e9,\"q\\\"\\u0001\",null,true,false,{},[]],"
				   "\"b\":{\"c\":{\"d\":0}}}";
	auto_json struct json_doc *doc = NULL;
	auto_strbuf struct strbuf sb = { 0 };
	struct json_writer w = { .sb = &sb };
	struct err err;

	(void)state;
	assert_ok(json_parse(text, strlen(text), "t", &doc, &err), &err);
	json_put_node(&w, NULL, json_root(doc));
	assert_string_equal(sb.text, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_and_escapes),
		cmocka_unit_test(utf8_passes_and_other_bytes_are_replaced),
		cmocka_unit_test(compact_text_has_commas_and_no_spaces),
		cmocka_unit_test(pretty_text_is_indented),
		cmocka_unit_test(a_parsed_document_is_written_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
