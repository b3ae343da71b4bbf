/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/json.h"
#include "tests/unit/unit.h"

static struct json_doc *parse(const char *text)
{
	struct json_doc *doc = NULL;
	struct err err;

	assert_ok(json_parse(text, strlen(text), "t", &doc, &err), &err);
	return doc;
}

#define assert_refused(text, want)                                                                 \
	do {                                                                                       \
		struct json_doc *refused = NULL;                                                   \
		struct err why;                                                                    \
		assert_fails(json_parse(text, strlen(text), "t", &refused, &why), &why, ERR_INPUT, \
			     want);                                                                \
		assert_null(refused);                                                              \
	} while (0)

/* ---- values ---- */

static void every_type_is_read(void **state)
{
	auto_json struct json_doc *doc = parse(
		"{\"z\":null,\"t\":true,\"f\":false,\"n\":-1.5e3,\"s\":\"x\",\"a\":[1,2],\"o\":{}}");
	const struct json *root = json_root(doc);

	(void)state;
	assert_int_equal(root->type, JSON_OBJECT);
	assert_int_equal(root->count, 7);
	assert_int_equal(json_get(root, "z")->type, JSON_NULL);
	assert_true(json_get(root, "t")->boolean);
	assert_false(json_get(root, "f")->boolean);
	assert_string_equal(json_get(root, "n")->text, "-1.5e3");
	assert_string_equal(json_get(root, "s")->text, "x");
	assert_int_equal(json_get(root, "a")->count, 2);
	assert_int_equal(json_get(root, "o")->count, 0);
	assert_null(json_get(root, "none"));
	assert_null(json_get(NULL, "none"));
	assert_null(json_get(json_get(root, "a"), "none"));
}

static void order_is_kept(void **state)
{
	auto_json struct json_doc *doc = parse("[\"a\",[],{},\"b\"]");
	char seen[8] = "";

	(void)state;
	json_for_each(child, json_root(doc)) {
		assert_ptr_equal(child->parent, json_root(doc));
		strcat(seen, child->type == JSON_STRING ? child->text :
			     child->type == JSON_ARRAY  ? "A" :
							  "O");
	}
	assert_string_equal(seen, "aAOb");
}

static void scalars_and_nothing_have_no_children(void **state)
{
	auto_json struct json_doc *doc = parse("\"text\"");

	(void)state;
	json_for_each(child, json_root(doc))
		fail_msg("%s", child->text);
	json_for_each(child, (const struct json *)NULL)
		fail_msg("%s", child->text);
}

static void escapes_are_decoded(void **state)
{
	auto_json struct json_doc *doc = parse("\"a\\n\\u00e9\\ud83d\\ude00\\\"\\/\"");

	(void)state;
	assert_string_equal(json_root(doc)->text, "a\n\xc3\xa9\xf0\x9f\x98\x80\"/");
	assert_int_equal(json_root(doc)->count, 10);
}

static void a_document_outlives_its_text(void **state)
{
	char text[] = "{\"key\":\"value\"}";
	auto_json struct json_doc *doc = parse(text);

	(void)state;
	memset(text, '#', sizeof(text));
	assert_string_equal(json_get(json_root(doc), "key")->text, "value");
}

static void large_documents_span_chunks(void **state)
{
	auto_strbuf struct strbuf sb = { 0 };
	auto_json struct json_doc *doc = NULL;
	int i = 0;

	(void)state;
	strbuf_add_char(&sb, '[');
	for (i = 0; i < 50000; i++)
		strbuf_addf(&sb, "%s%d", i ? "," : "", i);
	strbuf_add_char(&sb, ']');
	doc = parse(sb.text);
	assert_int_equal(json_root(doc)->count, 50000);
	i = 0;
	json_for_each(child, json_root(doc))
		assert_int_equal(atoi(child->text), i++);
	assert_int_equal(i, 50000);
}

static void a_string_of_a_megabyte_is_read(void **state)
{
	enum { BYTES = 1 << 20 };
	auto_free char *text = malloc(BYTES + 3);
	auto_json struct json_doc *doc = NULL;

	(void)state;
	memset(text, 'x', BYTES + 2);
	text[0] = text[BYTES + 1] = '"';
	text[BYTES + 2] = '\0';
	doc = parse(text);
	assert_int_equal(json_root(doc)->count, BYTES);
	assert_int_equal(strlen(json_root(doc)->text), BYTES);
}

static void memory_from_the_document_is_zero_and_aligned(void **state)
{
	auto_json struct json_doc *doc = parse("[\"odd\"]");

	(void)state;
	for (size_t size = 1; size < 40000; size = size * 3 + 1) {
		char *p = json_alloc(doc, size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 8, 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
	}
	assert_null(json_alloc(doc, SIZE_MAX));
	assert_null(json_alloc(doc, SIZE_MAX / 2));
}

/* ---- what is refused ---- */

static void broken_text_is_refused_with_its_line(void **state)
{
	(void)state;
	assert_refused("", "t: it ends in the middle (line 1)");
	assert_refused("  \n ", "t: it ends in the middle (line 2)");
	assert_refused("{\"a\":\n", "t: it ends in the middle (line 2)");
	assert_refused("{\"a\":[1,\n2", "t: a: it ends in the middle (line 2)");
	assert_refused("{\"a\":{\n\"b\" 1}}", "t: a: not valid JSON (line 2)");
	assert_refused("not json", "t: not valid JSON (line 1)");
	assert_refused("[1,]", "t: not valid JSON (line 1)");
	assert_refused("[1] x", "t: not valid JSON (line 1)");
	assert_refused("[1][2]", "t: not valid JSON (line 1)");
	assert_refused("['a']", "t: not valid JSON (line 1)");
	assert_refused("[\"\xff\"]", "t: not valid JSON (line 1)");
	assert_refused("[\"a\nb\"]", "t: not valid JSON (line 1)");
	assert_refused("[01]", "t: not valid JSON (line 1)");
	assert_refused("// c\n1", "t: not valid JSON (line 1)");
}

static void a_nul_in_a_string_is_refused(void **state)
{
	(void)state;
	assert_refused("{\"a\":[0,\"x\\u0000y\"]}",
		       "t: a[1]: the string holds a NUL character (line 1)");
	assert_refused("{\"a\\u0000\":1}", "t: a member's name holds a NUL character (line 1)");
}

static void a_member_given_twice_is_refused(void **state)
{
	(void)state;
	assert_refused("{\"a\":{\"b\":1,\n\"c\":2,\"b\":3}}",
		       "t: a: a member appears twice (line 2)");
	assert_refused("{\"b\":1,\"b\":1}", "t: a member appears twice (line 1)");
}

static void a_member_given_twice_among_many_is_refused(void **state)
{
	(void)state;
	for (int twin = 0; twin < 100; twin += 33) {
		auto_strbuf struct strbuf sb = { 0 };

		strbuf_add(&sb, "{\"o\":{");
		for (int i = 0; i < 100; i++)
			strbuf_addf(&sb, "\"k%d\":0,", i);
		strbuf_addf(&sb, "\"k%d\":0}}", twin);
		assert_refused(sb.text, "t: o: a member appears twice (line 1)");
	}
}

static void nesting_has_a_limit(void **state)
{
	auto_strbuf struct strbuf deep = { 0 }, fits = { 0 };
	auto_json struct json_doc *doc = NULL;
	struct err err;

	(void)state;
	for (int i = 0; i < 100; i++)
		strbuf_add(&deep, "{\"a\":");
	assert_int_equal(json_parse(deep.text, deep.len, "t", &doc, &err), -1);
	assert_true(str_starts(err.msg, "t: a.a.a.a"));
	assert_true(str_ends(err.msg, ": nested too deeply (line 1)"));
	assert_null(strchr(err.msg, '\n'));
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		strbuf_add_char(&fits, '[');
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		strbuf_add_char(&fits, ']');
	doc = parse(fits.text);
	assert_non_null(doc);
}

/* ---- places and errors ---- */

static void places_are_named(void **state)
{
	auto_json struct json_doc *doc = parse("{\"l\":{\"d\":[0,{\"t\":[[7]]}]}}");
	const struct json *list = json_get(json_get(json_root(doc), "l"), "d");
	const struct json *t = json_get(list->first->next, "t");
	char buf[64];

	(void)state;
	assert_string_equal(json_where(json_root(doc), buf, sizeof(buf)), "");
	assert_string_equal(json_where(t, buf, sizeof(buf)), "l.d[1].t");
	assert_string_equal(json_where(t->first->first, buf, sizeof(buf)), "l.d[1].t[0][0]");
}

static void places_stay_on_one_short_line(void **state)
{
	auto_strbuf struct strbuf sb = { 0 };
	auto_json struct json_doc *doc = NULL;
	const struct json *node;
	char buf[40], wide[1024];

	(void)state;
	strbuf_add(&sb, "{\"a\\nb\\\"\":{\"");
	for (int i = 0; i < 1000; i++)
		strbuf_add_char(&sb, 'k');
	strbuf_add(&sb, "\":1}}");
	doc = parse(sb.text);
	node = json_root(doc)->first->first;
	json_where(node, wide, sizeof(wide));
	assert_true(str_starts(wide, "a\\x0ab\\\".kkkk"));
	assert_true(str_ends(wide, "k..."));
	assert_true(strlen(wide) < 110);
	json_where(node, buf, sizeof(buf));
	assert_int_equal(strlen(buf), sizeof(buf) - 1);
}

static void errors_name_document_and_place(void **state)
{
	auto_json struct json_doc *doc = parse("{\"a\":[1]}");
	struct err err;

	(void)state;
	assert_fails(json_err(&err, "c.json", json_root(doc)->first->first, "must be %d", 2), &err,
		     ERR_INPUT, "c.json: a[0]: must be 2");
	assert_fails(json_err(&err, "c.json", json_root(doc), "is odd"), &err, ERR_INPUT,
		     "c.json: is odd");
}

/* ---- numbers ---- */

static void integers_are_read_in_range(void **state)
{
	auto_json struct json_doc *doc =
		parse("[5,-5,1.5,1e2,\"5\",18446744073709551615,18446744073709551616,-0]");
	const struct json *n[8];
	int64_t v = 77;
	uint64_t u = 77;
	int i = 0;

	(void)state;
	json_for_each(child, json_root(doc))
		n[i++] = child;
	assert_int_equal(json_int(n[0], 0, 5, &v), 0);
	assert_int_equal(v, 5);
	assert_int_equal(json_int(n[1], -5, 5, &v), 0);
	assert_int_equal(v, -5);
	assert_int_equal(json_int(n[0], 0, 4, &v), -1);
	assert_int_equal(json_int(n[0], 6, 9, &v), -1);
	assert_int_equal(json_uint(n[1], 9, &u), -1);
	assert_int_equal(json_uint(n[0], 4, &u), -1);
	for (i = 2; i <= 4; i++) {
		assert_int_equal(json_int(n[i], INT64_MIN, INT64_MAX, &v), -1);
		assert_int_equal(json_uint(n[i], UINT64_MAX, &u), -1);
	}
	assert_int_equal(json_uint(n[5], UINT64_MAX, &u), 0);
	assert_true(u == UINT64_MAX);
	assert_int_equal(json_uint(n[6], UINT64_MAX, &u), -1);
	assert_int_equal(json_int(n[5], 0, INT64_MAX, &v), -1);
	assert_int_equal(v, -5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_is_read),
		cmocka_unit_test(order_is_kept),
		cmocka_unit_test(scalars_and_nothing_have_no_children),
		cmocka_unit_test(escapes_are_decoded),
		cmocka_unit_test(a_document_outlives_its_text),
		cmocka_unit_test(large_documents_span_chunks),
		cmocka_unit_test(a_string_of_a_megabyte_is_read),
		cmocka_unit_test(memory_from_the_document_is_zero_and_aligned),
		cmocka_unit_test(broken_text_is_refused_with_its_line),
		cmocka_unit_test(a_nul_in_a_string_is_refused),
		cmocka_unit_test(a_member_given_twice_is_refused),
		cmocka_unit_test(a_member_given_twice_among_many_is_refused),
		cmocka_unit_test(nesting_has_a_limit),
		cmocka_unit_test(places_are_named),
		cmocka_unit_test(places_stay_on_one_short_line),
		cmocka_unit_test(errors_name_document_and_place),
		cmocka_unit_test(integers_are_read_in_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
