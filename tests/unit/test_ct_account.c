/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runtime/ct/account.h"
#include "runtime/ct/identity.h"

#define PASSWD \
	"root:x:0:0:root:/root:/bin/sh\nroot2:x:1:1::/:\nbad\nuser:x:1000:1000::/home/user:/bin/sh"

static void is_changed(const char *text, const char *name, unsigned int field, const char *value,
		       const char *expected)
{
	auto_strbuf struct strbuf out = { 0 };

	account_change(text, name, field, value, &out);
	assert_string_equal(out.text, expected);
}

static void a_field_of_one_line_changes(void **state)
{
	(void)state;
	is_changed("a:x:1\nb:x:2\n", "b", ACCOUNT_PASSWORD, "y", "a:x:1\nb:y:2\n");
	is_changed("a::1\nb:x:2", "a", ACCOUNT_PASSWORD, "long", "a:long:1\nb:x:2");
	is_changed("a:x:1", "a", 2, "", "a:x:");
	is_changed("ab:x\na:x\na:x\n", "a", 1, "y", "ab:x\na:y\na:x\n");
	is_changed("a:x\n", "none", 1, "y", "a:x\n");
	is_changed("a:x\nb:x:3\n", "a", 2, "y", "a:x\nb:x:3\n"); /* not into the next line */
}

static void fields_are_found(void **state)
{
	size_t len;
	const char *home = account_find(PASSWD, "user", ACCOUNT_HOME, &len);

	(void)state;
	assert_non_null(home);
	assert_int_equal(len, 10);
	assert_memory_equal(home, "/home/user", len);
	assert_null(account_find(PASSWD, "bad", ACCOUNT_PASSWORD, &len));
	assert_null(account_find(PASSWD, "roo", ACCOUNT_PASSWORD, &len));
	assert_null(account_find("", "root", ACCOUNT_PASSWORD, &len));
}

static void lines_are_added(void **state)
{
	auto_strbuf struct strbuf out = { 0 }, first = { 0 };

	(void)state;
	account_add("a:x", "b:y", &out);
	assert_string_equal(out.text, "a:x\nb:y\n");
	account_add("", "b:y", &first);
	assert_string_equal(first.text, "b:y\n");
}

static void a_free_id_is_in_neither(void **state)
{
	(void)state;
	assert_int_equal(account_free_id(PASSWD, "g:x:1001:\nh:x:99999999999:\ni:x:x:\n", 1000),
			 1002);
	assert_int_equal(account_free_id("", "", 1000), 1000);
}

/* A CT's root writes these files: one look through them has to do, however long they are. */
static void free_id_among_many(void **state)
{
	auto_strbuf struct strbuf text = { 0 };

	(void)state;
	for (unsigned int id = 1000; id < 66000; id++)
		strbuf_addf(&text, "a:x:%u:\n", id);
	assert_false(text.failed);
	for (int i = 0; i < 100; i++)
		assert_int_equal(account_free_id(text.text, text.text, 1000), 66000);
	strbuf_addf(&text, "a:x:%u:\n", 66000);
	for (unsigned int id = 66000; id < 66600; id++)
		strbuf_addf(&text, "a:x:%u:\n", id);
	assert_int_equal(account_free_id(text.text, "", 1000), 66536);
}

static void names_are_checked(void **state)
{
	static const char *const bad[] = { "",
					   "-a",
					   ".a",
					   "1a",
					   "a:b",
					   "a b",
					   "a\n",
					   "a/b",
					   "ä",
					   "a$",
					   "abcdefghijklmnopqrstuvwxyz0123456" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(account_check_name(bad[i]));
	assert_true(account_check_name("_apt"));
	assert_true(account_check_name("www-data.2"));
}

static void cron_jobs_get_other_minutes(void **state)
{
	auto_strbuf struct strbuf out = { 0 };

	(void)state;
	identity_spread_cron(
		"# run-parts\nSHELL=/bin/sh\n17 * * * * run-parts x\n*/5 * * * * run-parts\n"
		"5 * * * * other\n6 1 * * * run-parts",
		0, &out);
	assert_string_equal(
		out.text,
		"# run-parts\nSHELL=/bin/sh\n54 * * * * run-parts x\n*/5 * * * * run-parts\n"
		"5 * * * * other\n53 1 * * * run-parts");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_of_one_line_changes),
		cmocka_unit_test(fields_are_found),
		cmocka_unit_test(lines_are_added),
		cmocka_unit_test(a_free_id_is_in_neither),
		cmocka_unit_test(free_id_among_many),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(cron_jobs_get_other_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
