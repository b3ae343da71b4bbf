/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FEATURES="NAME:on …" of a CT's conf. */
#include "config.h"

#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/ct/feature.h"
#include "tests/unit/unit.h"

static bool is_on(const char *value)
{
	struct err err;
	bool on = false;

	assert_ok(feature_is_on(value, "sysinfo", &on, &err), &err);
	return on;
}

static void is_off_unless_it_is_on(void **state)
{
	(void)state;
	assert_false(is_on(NULL));
	assert_false(is_on(""));
	assert_false(is_on("nfs:on sysinfo:off"));
	assert_false(is_on("sysinfo2:on mysysinfo:on"));
	assert_true(is_on("sysinfo:on"));
	assert_true(is_on(" nfs:on  sysinfo:on ppp:off"));
	assert_true(is_on("nfs:on,sysinfo:on"));
}

static void of_one_name_the_last_word_counts(void **state)
{
	(void)state;
	assert_false(is_on("sysinfo:on sysinfo:off"));
	assert_true(is_on("sysinfo:off sysinfo:on"));
}

static void what_is_no_feature_is_refused(void **state)
{
	static const char *const bad[] = { "sysinfo",     "sysinfo:",   ":on",
					   "sysinfo:yes", "sysinfo:ON", "sysinfo:on:on" };
	struct err err;
	bool on;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(feature_is_on(bad[i], "sysinfo", &on, &err), -1);
		assert_int_equal(err.code, ERR_INPUT);
		assert_non_null(strstr(err.msg, bad[i]));
	}
}

static void two_listeners_are_refused(void **state)
{
	struct err err;
	bool on;

	(void)state;
	assert_int_equal(feature_is_on("sysinfo:on nesting:on", "sysinfo", &on, &err), -1);
	assert_non_null(strstr(err.msg, "nesting"));
	assert_false(is_on("sysinfo:off nesting:on"));
}

static void set(const char *value, const char *given, const char *expected)
{
	auto_free char *text = NULL;
	struct err err;

	assert_ok(feature_set(value, given, &text, &err), &err);
	assert_string_equal(text, expected);
}

static void setting_keeps_the_others(void **state)
{
	(void)state;
	set(NULL, "sysinfo:on", "sysinfo:on");
	set("nfs:on  ppp:off", "sysinfo:on", "nfs:on ppp:off sysinfo:on");
	set("sysinfo:on nfs:on", "sysinfo:off", "nfs:on sysinfo:off");
	set("", "sysinfo:on,sysinfo:off", "sysinfo:off");
	set("sysinfo:off", "sysinfo:on", "sysinfo:on");
}

static void setting_refuses(void **state)
{
	static const char *const bad[][2] = {
		{ NULL, "nothing:on" },      { NULL, "sysinfo" },
		{ NULL, "sysinfo:maybe" },   { "nesting:on", "sysinfo:on" },
		{ "rubbish", "sysinfo:on" },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *text = NULL;

		assert_int_equal(feature_set(bad[i][0], bad[i][1], &text, &err), -1);
		assert_int_equal(err.code, ERR_INPUT);
		assert_null(text);
	}
}

/* As panels write it, and as OpenVZ's conf has it. */
static void openvz_names_are_taken(void **state)
{
	static const char *const none[] = { "nfs:on", "nfsd:on", "sit:on",    "ipip:on",
					    "ipgre",  "time",    "bridge:on", "sysfs:on" };
	static const char *const some[] = { "tun:on", "fuse:on", "ppp:on", "nesting:off",
					    "sysinfo" };

	(void)state;
	set("nfs:on ppp:on", "tun:on,fuse:on,nesting:on",
	    "nfs:on ppp:on tun:on fuse:on nesting:on");
	set(NULL, "sysfs:on,nfs:on,nfsd:on,sit:on,ipip:on,ipgre:on,bridge:on,time:on",
	    "sysfs:on nfs:on nfsd:on sit:on ipip:on ipgre:on bridge:on time:on");
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_non_null(feature_note(none[i]));
	for (size_t i = 0; i < ARRAY_SIZE(some); i++)
		assert_null(feature_note(some[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_off_unless_it_is_on),
		cmocka_unit_test(of_one_name_the_last_word_counts),
		cmocka_unit_test(what_is_no_feature_is_refused),
		cmocka_unit_test(two_listeners_are_refused),
		cmocka_unit_test(setting_keeps_the_others),
		cmocka_unit_test(setting_refuses),
		cmocka_unit_test(openvz_names_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
