/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BINDMOUNT, and the volumes of nesting:on. */
#include "config.h"

#include <linux/mount.h>
#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/ct/bind.h"
#include "tests/unit/unit.h"

static void a_conf_is_read(void **state)
{
	auto_bind_list struct bind_list list = { 0 };
	struct err err;

	(void)state;
	assert_ok(bind_read("/srv/a:/mnt//x/../a,ro,nosuid /data", NULL, &list, &err), &err);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.list[0].source, "/srv/a");
	assert_string_equal(list.list[0].target, "/mnt/a");
	assert_int_equal(list.list[0].attr, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID);
	assert_null(list.list[1].source);
	assert_string_equal(list.list[1].target, "/data");
	assert_int_equal(list.list[1].attr, 0);
}

static void nesting_has_volumes(void **state)
{
	auto_bind_list struct bind_list list = { 0 };
	struct err err;

	(void)state;
	assert_ok(bind_read("/srv/docker:/var/lib/docker", "nesting:on", &list, &err), &err);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.list[0].source, "/srv/docker"); /* the administrator's own */
	assert_string_equal(list.list[1].target, "/var/lib/containers");
	assert_null(list.list[1].source);
	bind_done(&list);
	assert_ok(bind_read(NULL, "nesting:off", &list, &err), &err);
	assert_int_equal(list.n, 0);
}

static void bad_words_are_refused(void **state)
{
	static const char *const bad[] = {
		"",          "data",         "srv:/data",
		"/srv:data", "/srv:",        "/:/",
		"/srv:/",    "/srv:/x/..",   "/a:/proc",
		"/a:/sys/x", "/a:/proc/1",   "/a:/dev",
		"/a:/b,rw",  "/a:/b,ro,x=1", "/a:/b c",
		"/a\n:/b",   "/a\":/b",      "/a:/dev/.vzrun/nodes/c1:3",
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *text = NULL;

		assert_int_equal(bind_add(NULL, bad[i], "--bindmount_add", &text, &err), -1);
		assert_int_equal(err.code, ERR_INPUT);
		assert_non_null(strstr(err.msg, "--bindmount_add"));
		assert_null(text);
	}
}

static void adding_replaces_that_of_its_target(void **state)
{
	static const char *const cases[][3] = {
		{ NULL, "/a:/b", "/a:/b" },
		{ "/a:/b,ro", "/c:/b", "/c:/b" },
		{ "/a:/b/ /x", "/c:/b,noexec", "/x /c:/b,noexec" },
		{ "/a:/b", "/a:/bb", "/a:/b /a:/bb" },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *text = NULL;

		assert_ok(bind_add(cases[i][0], cases[i][1], "--bindmount_add", &text, &err), &err);
		assert_string_equal(text, cases[i][2]);
	}
}

static void deleting_is_by_target(void **state)
{
	static const char *const cases[][3] = {
		{ "/a:/b,ro /x", "/b", "/x" },
		{ "/a:/b,ro /x", "/b/", "/x" },
		{ "/a:/b,ro /x", "all", "" },
		{ NULL, "all", "" },
	};
	char *text = NULL;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *left = NULL;

		assert_ok(bind_del(cases[i][0], cases[i][1], "--bindmount_del", &left, &err), &err);
		assert_string_equal(left, cases[i][2]);
	}
	assert_int_equal(bind_del("/a:/b", "/a", "--bindmount_del", &text, &err), -1);
	assert_int_equal(err.code, ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_conf_is_read),
		cmocka_unit_test(nesting_has_volumes),
		cmocka_unit_test(bad_words_are_refused),
		cmocka_unit_test(adding_replaces_that_of_its_target),
		cmocka_unit_test(deleting_is_by_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
