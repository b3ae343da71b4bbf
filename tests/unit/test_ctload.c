/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/unit.h"

#include "runtime/base/fd.h"
#include "runtime/info/ctload.h"
#include "tests/unit/scratch.h"

#define SEC UINT64_C(1000000)

static struct ctload_now at(uint64_t now_sec, uint64_t used_sec)
{
	return (struct ctload_now){ .ctid = 101,
				    .pid_start = 7,
				    .started_usec = 100 * SEC,
				    .now_usec = now_sec * SEC,
				    .used_usec = used_sec * SEC };
}

static void the_first_reaches_back_to_the_start(void **state)
{
	auto_ctload struct ctload load = { 0 };
	struct ctload_now now = at(100 + 3600, 1800);
	double got[3];

	(void)state;
	assert_true(ctload_get(&load, &now, got));
	assert_true(got[0] > 0.49 && got[0] <= 0.5);
	assert_true(got[2] > 0.45 && got[2] <= 0.5);
	now = at(102, 2); /* no 5 seconds yet */
	assert_true(ctload_get(&load, &now, got));
	assert_true(got[0] == 0);
}

static void later_ones_continue_the_first(void **state)
{
	const char *dir = ((const struct scratch *)*state)->path;
	double first[3], got[3];

	{
		auto_ctload struct ctload load = { 0 };
		struct ctload_now now = at(3700, 0);

		ctload_read(dir, &load);
		assert_true(ctload_get(&load, &now, first));
		ctload_write(&load, dir, now.now_usec);
	}
	{
		auto_ctload struct ctload load = { 0 };
		struct ctload_now now = at(3760, 60);

		ctload_read(dir, &load);
		assert_int_equal(load.n, 1);
		assert_true(ctload_get(&load, &now, got));
		assert_true(got[0] > 0.6 && got[0] < 0.66); /* 1 - 1/e */
		assert_true(got[2] > 0.05 && got[2] < 0.08);
		ctload_write(&load, dir, now.now_usec);
	}
	{
		/* Another run of the CT, and a sample that can't be its own, begin anew. */
		auto_ctload struct ctload load = { 0 };
		struct ctload_now now = at(3770, 0);

		now.pid_start = 8;
		ctload_read(dir, &load);
		assert_true(ctload_get(&load, &now, got));
		assert_true(got[0] == 0);
		now = at(3770, 1);
		assert_true(ctload_get(&load, &now, got));
		assert_true(got[0] < 0.01);
	}
}

static void old_samples_go(void **state)
{
	const char *dir = ((const struct scratch *)*state)->path;
	struct ctload_now now = at(3700, 0);
	double got[3];

	{
		auto_ctload struct ctload load = { 0 };

		assert_true(ctload_get(&load, &now, got));
		ctload_write(&load, dir, now.now_usec);
	}
	now.ctid = 102;
	now.now_usec += 600 * SEC;
	{
		auto_ctload struct ctload load = { 0 };

		ctload_read(dir, &load);
		assert_true(ctload_get(&load, &now, got));
		ctload_write(&load, dir, now.now_usec);
	}
	now.now_usec += 6900 * SEC;
	{
		auto_ctload struct ctload load = { 0 };

		ctload_read(dir, &load);
		assert_int_equal(load.n, 2);
		assert_true(ctload_get(&load, &now, got));
		ctload_write(&load, dir, now.now_usec);
	}
	{
		auto_ctload struct ctload load = { 0 };

		ctload_read(dir, &load);
		assert_int_equal(load.n, 1);
		assert_int_equal(load.sample[0].ctid, 102);
	}
}

static void what_is_no_file_of_ours_is_none(void **state)
{
	static const char *const bad[] = { "", "vzload 1", "nonsense and more of it than a head",
					   "vzload 2\0\0\0\0\0\0\0\0" };
	const struct scratch *scratch = *state;
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		auto_ctload struct ctload load = { 0 };

		assert_ok(fd_replace_file(scratch->fd, ".load", bad[i], strlen(bad[i]), 0600, 0,
					  &err),
			  &err);
		ctload_read(scratch->path, &load);
		assert_int_equal(load.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_reaches_back_to_the_start),
		cmocka_unit_test_setup_teardown(later_ones_continue_the_first, scratch_new,
						scratch_free),
		cmocka_unit_test_setup_teardown(old_samples_go, scratch_new, scratch_free),
		cmocka_unit_test_setup_teardown(what_is_no_file_of_ours_is_none, scratch_new,
						scratch_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
