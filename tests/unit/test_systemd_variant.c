/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of properties in GVariant's text format. */
#include "config.h"

#include "tests/unit/unit.h"

#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/kernel/systemd_props.h"

/* "SIGNATURE VALUE,VALUE": numbers as they are sent. */
static char *shown(const char *text)
{
	struct systemd_props props = { NULL, 0 };
	struct systemd_prop *prop = systemd_props_put(&props, "X", "");
	struct strbuf sb = { 0 };
	struct err err;

	assert_non_null(prop);
	err.msg[0] = '\0';
	if (systemd_variant_parse(text, prop, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	strbuf_addf(&sb, "%s ", prop->signature);
	for (size_t i = 0; i < prop->n; i++) {
		const struct systemd_item *item = &prop->item[i];

		strbuf_add(&sb, i ? "," : "");
		if (item->text)
			strbuf_add(&sb, item->text);
		else if (strchr(prop->signature, 'd'))
			strbuf_addf(&sb, "%g", item->real);
		else
			strbuf_addf(&sb, "%lld", (long long)item->number);
	}
	systemd_props_done(&props);
	return strbuf_steal(&sb);
}

#define assert_shown(text, want)                 \
	do {                                     \
		char *got_ = shown(text);        \
		assert_string_equal(got_, want); \
		free(got_);                      \
	} while (0)

static void assert_refused(const char *text, const char *message)
{
	struct systemd_props props = { NULL, 0 };
	struct systemd_prop *prop = systemd_props_put(&props, "X", "");
	struct err err;

	assert_fails(systemd_variant_parse(text, prop, &err), &err, ERR_INPUT, message);
	systemd_props_done(&props);
}

static void numbers_have_the_type_that_is_told(void **unused)
{
	(void)unused;
	assert_shown("uint64 123456789", "t 123456789");
	assert_shown("uint64 18446744073709551615", "t -1");
	assert_shown("byte 255", "y 255");
	assert_shown("int16 -32768", "n -32768");
	assert_shown("uint16 65535", "q 65535");
	assert_shown("int32 -5", "i -5");
	assert_shown(" uint32  7 ", "u 7");
	assert_shown("int64 -9223372036854775808", "x -9223372036854775808");
	assert_shown("double 1.5", "d 1.5");
	assert_shown("@t 4", "t 4");
}

static void without_a_type_it_is_found(void **unused)
{
	(void)unused;
	assert_shown("456", "i 456");
	assert_shown("-1.25", "d -1.25");
	assert_shown("true", "b 1");
	assert_shown("false", "b 0");
	assert_shown("'inactive-or-failed'", "s inactive-or-failed");
	assert_shown("\"a b\"", "s a b");
	assert_shown("'it\\'s \\\\ \"so\"'", "s it's \\ \"so\"");
}

static void texts_may_be_of_three_types(void **unused)
{
	(void)unused;
	assert_shown("string 'x'", "s x");
	assert_shown("objectpath '/a'", "o /a");
	assert_shown("signature 'as'", "g as");
}

static void lists_are_of_one_type(void **unused)
{
	(void)unused;
	assert_shown("['a', 'b.service']", "as a,b.service");
	assert_shown("@ay [1,2 , 255]", "ay 1,2,255");
	assert_shown("[uint32 1, 2]", "au 1,2");
	assert_shown("[1, 2]", "ai 1,2");
	assert_shown("[true,false]", "ab 1,0");
}

static void an_empty_list_needs_its_type(void **unused)
{
	(void)unused;
	assert_shown("@as []", "as ");
	assert_refused("[]", "the type of an empty list is not told (as in @as [])");
}

static void what_is_out_of_range_is_refused(void **unused)
{
	(void)unused;
	assert_refused("byte 256", "byte: 256 is out of range (0 to 255)");
	assert_refused("2147483648",
		       "int32: 2147483648 is out of range (-2147483648 to 2147483647)");
	assert_refused("uint64 -1", "uint64: \"-1\" is not a whole number of 0 or more");
	assert_refused("uint64 18446744073709551616",
		       "uint64: 18446744073709551616 is out of range (0 to 18446744073709551615)");
	assert_refused("double 1e999", "\"1e999\" is no number");
}

static void what_is_no_value_is_refused(void **unused)
{
	(void)unused;
	assert_refused("", "only basic types and lists of one are known here");
	assert_refused("5s", "int32: \"5s\" is not a whole number");
	assert_refused("'abc", "the quote does not end");
	assert_refused("'a\\n'", "only \\\\, \\' and \\\" may be escaped");
	assert_refused("uint64 'a'", "a text stands where a uint64 should");
	assert_refused("boolean 1", "no boolean where one should stand");
	assert_refused("['a' 'b']", "\",\" or \"]\" is missing");
	assert_refused("['a', 5]", "no string where one should stand");
	assert_refused("[uint32 1, int32 2]", "a value in it is of another type");
	assert_refused("5 6", "there is more behind the value: \"6\"");
	assert_refused("{'a': 1}", "only basic types and lists of one are known here");
	assert_refused("@t [1]", "only basic types and lists of one are known here");
	assert_refused("@a{sv} []", "only basic types and lists of one can be given by a type");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_the_type_that_is_told),
		cmocka_unit_test(without_a_type_it_is_found),
		cmocka_unit_test(texts_may_be_of_three_types),
		cmocka_unit_test(lists_are_of_one_type),
		cmocka_unit_test(an_empty_list_needs_its_type),
		cmocka_unit_test(what_is_out_of_range_is_refused),
		cmocka_unit_test(what_is_no_value_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
