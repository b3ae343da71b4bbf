/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/unit.h"

#include "runtime/cli/human.h"

#define KIB UINT64_C(1024)
#define MIB (KIB * KIB)

static void bytes_are_rounded_down(void **state)
{
	char buf[HUMAN_SIZE];

	(void)state;
	assert_string_equal(human_bytes(0, buf), "0");
	assert_string_equal(human_bytes(1023, buf), "1023 bytes");
	assert_string_equal(human_bytes(512 * MIB, buf), "512 MiB");
	assert_string_equal(human_bytes(512 * MIB - 1, buf), "511.9 MiB");
	assert_string_equal(human_bytes(1536 * MIB, buf), "1.5 GiB");
	assert_string_equal(human_bytes(UINT64_MAX, buf), "15.9 EiB");
}

static void short_ones_fit_a_column(void **state)
{
	char buf[HUMAN_SIZE];

	(void)state;
	assert_string_equal(human_short(0, buf), "0");
	assert_string_equal(human_short(1023, buf), "1023");
	assert_string_equal(human_short(1536, buf), "1.5K");
	assert_string_equal(human_short(1023 * KIB, buf), "1023K");
	assert_string_equal(human_short(100 * MIB + 200 * KIB, buf), "100M");
	for (unsigned int bit = 0; bit < 64; bit++)
		assert_true(strlen(human_short((UINT64_C(1) << bit) - 1, buf)) <= 5);
	assert_true(strlen(human_short(UINT64_MAX, buf)) <= 5);
}

static void options_are_exact(void **state)
{
	char buf[HUMAN_SIZE];

	(void)state;
	assert_string_equal(human_option(1024 * MIB, buf), "1G");
	assert_string_equal(human_option(1536 * MIB, buf), "1536M");
	assert_string_equal(human_option(1000, buf), "1000");
	assert_string_equal(human_option(0, buf), "0");
}

static void times(void **state)
{
	char buf[HUMAN_SIZE];

	(void)state;
	assert_string_equal(human_usec(3250000, buf), "3.2 s");
	assert_string_equal(human_usec(125000000, buf), "2 min 5 s");
	assert_string_equal(human_usec(3660000000, buf), "1 h 1 min");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_rounded_down),
		cmocka_unit_test(short_ones_fit_a_column),
		cmocka_unit_test(options_are_exact),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
