/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CAPABILITY="NAME:on …" of a CT's conf. */
#include "config.h"

#include <linux/capability.h>
#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/ct/capability.h"
#include "tests/unit/unit.h"

#define BIT(cap) (1ULL << (cap))

static uint64_t of(const char *value)
{
	uint64_t set = 0;
	struct err err;

	assert_ok(capability_read(value, &set, &err), &err);
	return set;
}

/* What acts on the whole host is of no use in a user namespace, and programs do better without. */
static void default_is_a_system_containers(void **state)
{
	uint64_t expected = (2ULL << CAP_LAST_CAP) - 1;

	(void)state;
	expected &= ~(BIT(CAP_SYS_MODULE) | BIT(CAP_SYS_RAWIO) | BIT(CAP_SYS_TIME) |
		      BIT(CAP_MAC_ADMIN) | BIT(CAP_MAC_OVERRIDE));
	assert_int_equal(of(NULL), expected);
	assert_int_equal(of(""), expected);
}

static void words_change_the_default(void **state)
{
	uint64_t usual = of(NULL);

	(void)state;
	assert_int_equal(of("NET_ADMIN:off"), usual & ~BIT(CAP_NET_ADMIN));
	assert_int_equal(of("net_admin:off SYS_TIME:on "),
			 (usual & ~BIT(CAP_NET_ADMIN)) | BIT(CAP_SYS_TIME));
	assert_int_equal(of("CAP_NET_RAW:off,NET_RAW:on"), usual);
	assert_int_equal(of("SETVEID:on VE_ADMIN:off"), usual);
}

static void bad_words_are_refused(void **state)
{
	static const char *const bad[] = { "net_admin",       "net_admin:yes", ":on",
					   "net_admin:on:on", "nothing:on",    "cap_:on" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *text = NULL;
		uint64_t set;

		assert_int_equal(capability_read(bad[i], &set, &err), -1);
		assert_int_equal(capability_set(NULL, bad[i], "--capability", &text, &err), -1);
		assert_int_equal(err.code, ERR_INPUT);
		assert_non_null(strstr(err.msg, "--capability"));
		assert_null(text);
	}
}

static void setting_keeps_the_others(void **state)
{
	static const char *const cases[][3] = {
		{ NULL, "net_admin:on", "NET_ADMIN:on" },
		{ "NET_ADMIN:on SYS_TIME:on ", "sys_time:off", "NET_ADMIN:on SYS_TIME:off" },
		{ "", "ve_admin:on,setveid:off", "VE_ADMIN:on SETVEID:off" },
		{ NULL, "kill:on,cap_kill:off", "KILL:off" },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *text = NULL;

		assert_ok(capability_set(cases[i][0], cases[i][1], "--capability", &text, &err),
			  &err);
		assert_string_equal(text, cases[i][2]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_is_a_system_containers),
		cmocka_unit_test(words_change_the_default),
		cmocka_unit_test(bad_words_are_refused),
		cmocka_unit_test(setting_keeps_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
