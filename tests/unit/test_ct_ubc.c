/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/unit.h"

#include "runtime/ct/ubc.h"

static void expect(const char *text, enum ubc_unit unit, uint64_t barrier, uint64_t limit)
{
	struct ubc_limits got = { 0 };

	if (!ubc_parse(text, unit, &got))
		fail_msg("%s is refused", text);
	if (got.barrier != barrier || got.limit != limit)
		fail_msg("%s: %llu:%llu", text, (unsigned long long)got.barrier,
			 (unsigned long long)got.limit);
}

static void values_have_the_units_of_their_key(void **state)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	(void)state;
	expect("400", UBC_ITEMS, 400, 400);
	expect("400:500", UBC_ITEMS, 400, 500);
	expect("65536", UBC_PAGES, 65536, 65536);
	expect("0:512M", UBC_PAGES, 0, (512 << 20) / page);
	expect("0:7p", UBC_PAGES, 0, 7);
	expect("2P:3k", UBC_BYTES, 2 * page, 3072);
	expect("11055923:11377049", UBC_BYTES, 11055923, 11377049);
	expect("2G:2.2G", UBC_KIB, 2 << 20, 2306867);
	expect("1048576:1153434", UBC_KIB, 1048576, 1153434);
	expect("1T", UBC_BYTES, UINT64_C(1) << 40, UINT64_C(1) << 40);
	expect("12b", UBC_BYTES, 12, 12);
}

static void the_unlimited_is_the_largest(void **state)
{
	(void)state;
	expect("unlimited", UBC_ITEMS, UBC_UNLIMITED, UBC_UNLIMITED);
	expect("0:unlimited", UBC_PAGES, 0, UBC_UNLIMITED);
	expect("9223372036854775807", UBC_BYTES, UBC_UNLIMITED, UBC_UNLIMITED);
	expect("9223372036854775806", UBC_BYTES, UBC_UNLIMITED - 1, UBC_UNLIMITED - 1);
	expect("99999999999999999999999", UBC_BYTES, UBC_UNLIMITED, UBC_UNLIMITED);
	expect("9000000000T", UBC_BYTES, UBC_UNLIMITED, UBC_UNLIMITED);
}

static void what_is_no_value_is_refused(void **state)
{
	static const char *const bad[] = { "",    "-1",  "x",   "1x",  "1:",  ":1", "1:2:3",
					   " 1",  "1 ",  "0x1", "1e3", "1KB", ".5", "unlimitedx",
					   "inf", "nan", "+1",  "1;2", NULL };
	struct ubc_limits got = { 1, 2 };

	(void)state;
	for (const char *const *text = bad; *text; text++)
		if (ubc_parse(*text, UBC_BYTES, &got))
			fail_msg("%s is taken", *text);
	assert_false(ubc_parse("1K", UBC_ITEMS, &got));
	assert_true(got.barrier == 1 && got.limit == 2);
}

static void every_parameter_is_in_the_table(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < UBC_N; i++)
		assert_true(ubc_params[i].key[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_the_units_of_their_key),
		cmocka_unit_test(the_unlimited_is_the_largest),
		cmocka_unit_test(what_is_no_value_is_refused),
		cmocka_unit_test(every_parameter_is_in_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
