/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A CT's disk quota: what its keys say, and what the kernel is told. */
#include "config.h"

#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/ct/ctid.h"
#include "runtime/ct/ctquota.h"
#include "tests/unit/unit.h"

static void parse(struct ctquota *quota, const char *key, const char *value)
{
	struct err err;

	assert_ok(ctquota_parse_key(quota, key, value, key, &err), &err);
}

static void space_counts_kib_and_inodes_items(void **state)
{
	struct ctquota quota = { .grace_given = false };
	struct quota_limits limits;

	(void)state;
	parse(&quota, "DISKSPACE", "2G:2.2G");
	parse(&quota, "DISKINODES", "100:120");
	limits = ctquota_limits(&quota);
	assert_int_equal(limits.soft_kib, 2097152);
	assert_int_equal(limits.hard_kib, 2306867);
	assert_int_equal(limits.soft_inodes, 100);
	assert_int_equal(limits.hard_inodes, 120);
	parse(&quota, "DISKSPACE", "1048576");
	limits = ctquota_limits(&quota);
	assert_int_equal(limits.soft_kib, 1048576);
	assert_int_equal(limits.hard_kib, 1048576);
}

static void no_grace_makes_soft_limits_hard(void **state)
{
	struct ctquota quota = { .grace_given = false };
	struct quota_limits limits;

	(void)state;
	parse(&quota, "DISKSPACE", "10:20");
	parse(&quota, "DISKINODES", "10:unlimited");
	parse(&quota, "QUOTATIME", "0");
	limits = ctquota_limits(&quota);
	assert_int_equal(limits.hard_kib, 10);
	assert_int_equal(limits.hard_inodes, 10);
	parse(&quota, "QUOTATIME", "600");
	limits = ctquota_limits(&quota);
	assert_int_equal(limits.hard_kib, 20);
	assert_int_equal(limits.hard_inodes, 0);
}

/* The kernel's 0 is no limit, OpenVZ's is nothing at all. */
static void zero_and_unlimited_are_opposites(void **state)
{
	struct ctquota quota = { .grace_given = false };

	(void)state;
	assert_false(ctquota_limits_anything(&quota));
	parse(&quota, "DISKSPACE", "unlimited");
	parse(&quota, "DISKINODES", "9223372036854775807:9223372036854775807");
	assert_false(ctquota_limits_anything(&quota));
	parse(&quota, "DISKSPACE", "0");
	assert_true(ctquota_limits_anything(&quota));
	assert_int_equal(ctquota_limits(&quota).hard_kib, 1);
	parse(&quota, "DISK_QUOTA", "no");
	assert_false(ctquota_limits_anything(&quota));
	parse(&quota, "DISK_QUOTA", "yes");
	assert_true(ctquota_limits_anything(&quota));
}

static void bad_values_are_refused(void **state)
{
	static const char *const bad[][2] = {
		{ "DISKSPACE", "" },           { "DISKSPACE", "x" },      { "DISKSPACE", "1:2:3" },
		{ "DISKSPACE", "-1" },         { "DISKSPACE", "1Z" },     { "DISKINODES", "1K" },
		{ "DISKINODES", ":5" },        { "QUOTATIME", "1.5" },    { "QUOTATIME", "-1" },
		{ "QUOTATIME", "4294967296" }, { "QUOTAUGIDLIMIT", "x" }, { "DISK_QUOTA", "on" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct ctquota quota = { .grace_given = false };
		struct err err = { 0 };

		if (ctquota_parse_key(&quota, bad[i][0], bad[i][1], "KEY", &err) == 0)
			fail_msg("%s=\"%s\" is taken", bad[i][0], bad[i][1]);
		assert_int_equal(err.code, ERR_INPUT);
		assert_int_equal(strncmp(err.msg, "KEY: ", 5), 0);
	}
}

static void each_ct_has_a_project_and_none_is_a_special_one(void **state)
{
	(void)state;
	assert_int_equal(ctquota_project(101), 0x80000065U);
	assert_true(ctquota_project(CTID_MAX) > ctquota_project(101));
	assert_true(ctquota_project(CTID_MAX) < UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(space_counts_kib_and_inodes_items),
		cmocka_unit_test(no_grace_makes_soft_limits_hard),
		cmocka_unit_test(zero_and_unlimited_are_opposites),
		cmocka_unit_test(bad_values_are_refused),
		cmocka_unit_test(each_ct_has_a_project_and_none_is_a_special_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
