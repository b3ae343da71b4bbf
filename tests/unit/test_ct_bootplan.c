/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/unit.h"

#include "runtime/base/mem.h"
#include "runtime/base/pool.h"
#include "runtime/ct/bootplan.h"

static void who_comes_up(void **state)
{
	static const struct {
		const char *onboot, *disabled;
		bool ran, wanted;
	} rows[] = {
		{ "yes", NULL, false, true },  { "yes", NULL, true, true },
		{ "no", NULL, true, false },   { "no", NULL, false, false },
		{ NULL, NULL, true, true },    { NULL, NULL, false, false },
		{ "auto", NULL, true, true },  { "auto", NULL, false, false },
		{ "yes", "yes", true, false }, { "yes", "no", false, true },
		{ "", NULL, true, true },      { "YES", NULL, false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(bootplan_wants(rows[i].onboot, rows[i].disabled, rows[i].ran),
				 rows[i].wanted);
}

static void orders_are_numbers(void **state)
{
	(void)state;
	assert_int_equal(bootplan_order("0"), 0);
	assert_int_equal(bootplan_order("10"), 10);
	assert_int_equal(bootplan_order(NULL), -1);
	assert_int_equal(bootplan_order(""), -1);
	assert_int_equal(bootplan_order("-5"), -1);
	assert_int_equal(bootplan_order("ten"), -1);
	assert_int_equal(bootplan_order("99999999999999999999"), -1);
}

static void higher_is_earlier_and_none_last(void **state)
{
	struct bootplan_ct list[] = {
		{ .ctid = 101, .order = -1 }, { .ctid = 104, .order = 5 },
		{ .ctid = 103, .order = 5 },  { .ctid = 105, .order = 0 },
		{ .ctid = 102, .order = 70 },
	};
	static const uint32_t up[] = { 102, 103, 104, 105, 101 };

	(void)state;
	bootplan_sort(list, 5, false);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(list[i].ctid, up[i]);
	bootplan_sort(list, 5, true);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(list[i].ctid, up[4 - i]);
	bootplan_sort(NULL, 0, true);
}

static void so_many_at_once(void **state)
{
	static const char *const bad[] = { "-1", "many", "8x", "401", "99999999999999999999" };
	unsigned int n;
	struct err err;

	(void)state;
	assert_int_equal(bootplan_parallel(NULL, 2, &n, &err), 0);
	assert_int_equal(n, 8);
	assert_int_equal(bootplan_parallel("0", 3, &n, &err), 0);
	assert_int_equal(n, 12);
	assert_int_equal(bootplan_parallel("", 0, &n, &err), 0);
	assert_int_equal(n, 4);
	assert_int_equal(bootplan_parallel("1", 64, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_int_equal(bootplan_parallel(NULL, 1000, &n, &err), 0);
	assert_int_equal(n, POOL_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(bootplan_parallel(bad[i], 2, &n, &err), -1);
		assert_non_null(strstr(err.msg, "VE_PARALLEL"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_comes_up),
		cmocka_unit_test(orders_are_numbers),
		cmocka_unit_test(higher_is_earlier_and_none_last),
		cmocka_unit_test(so_many_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
