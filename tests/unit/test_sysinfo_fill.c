/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sysinfo(2) says of a cgroup. */
#include "config.h"

#include <limits.h>
#include <string.h>

#include "runtime/kernel/sysinfo_fill.h"
#include "tests/unit/unit.h"

#define GIB ((uint64_t)1 << 30)

static uint64_t number(const char *text)
{
	return sysinfo_number(text, strlen(text));
}

static void numbers_are_read(void **state)
{
	(void)state;
	assert_int_equal(number("0\n"), 0);
	assert_int_equal(number("134217728\n"), 134217728);
	assert_true(number("max\n") == SYSINFO_NONE);
	assert_true(number("") == SYSINFO_NONE);
	assert_true(number("18446744073709551616") == SYSINFO_NONE);
	assert_true(number("99999999999999999999999999") == SYSINFO_NONE);
	assert_int_equal(sysinfo_number("123", 2), 12);
}

static void numbers_are_found_by_their_key(void **state)
{
	static const char stat[] = "usage_usec 1234\nuser_usec 5\n";
	static const char pressure[] =
		"some avg10=0.00 avg60=0.00 avg300=0.00 total=77\nfull avg10=0.00 total=3\n";

	(void)state;
	assert_int_equal(sysinfo_number_of(stat, strlen(stat), "usage_usec "), 1234);
	assert_int_equal(sysinfo_number_of(pressure, strlen(pressure), "total="), 77);
	assert_true(sysinfo_number_of(stat, strlen(stat), "nothing ") == SYSINFO_NONE);
	assert_true(sysinfo_number_of(stat, 5, "usage_usec ") == SYSINFO_NONE);
	assert_true(sysinfo_number_of(stat, strlen("usage_usec "), "usage_usec ") == SYSINFO_NONE);
}

static struct sysinfo host(void)
{
	return (struct sysinfo){ .uptime = 1000,
				 .loads = { 1, 2, 3 },
				 .totalram = 16 * GIB,
				 .freeram = 4 * GIB,
				 .sharedram = 1,
				 .bufferram = 2,
				 .totalswap = 2 * GIB,
				 .freeswap = GIB,
				 .procs = 500,
				 .mem_unit = 1 };
}

static const struct sysinfo_facts nothing = { SYSINFO_NONE, SYSINFO_NONE, SYSINFO_NONE,
					      SYSINFO_NONE, SYSINFO_NONE, SYSINFO_NONE,
					      NULL };

/* Field by field: between some there is padding. */
static void assert_same(const struct sysinfo *a, const struct sysinfo *b)
{
	assert_int_equal(a->uptime, b->uptime);
	assert_memory_equal(a->loads, b->loads, sizeof(a->loads));
	assert_int_equal(a->totalram, b->totalram);
	assert_int_equal(a->freeram, b->freeram);
	assert_int_equal(a->sharedram, b->sharedram);
	assert_int_equal(a->bufferram, b->bufferram);
	assert_int_equal(a->totalswap, b->totalswap);
	assert_int_equal(a->freeswap, b->freeswap);
	assert_int_equal(a->procs, b->procs);
	assert_int_equal(a->totalhigh, b->totalhigh);
	assert_int_equal(a->freehigh, b->freehigh);
	assert_int_equal(a->mem_unit, b->mem_unit);
}

static void without_limits_it_is_the_hosts(void **state)
{
	struct sysinfo info = host(), same = host();
	struct sysinfo_facts facts = nothing;

	(void)state;
	sysinfo_fill(&info, &facts);
	assert_same(&info, &same);
	facts.memory_max = 17 * GIB; /* more than there is */
	facts.memory_current = 1;
	facts.swap_max = 3 * GIB;
	facts.swap_current = 1;
	sysinfo_fill(&info, &facts);
	assert_same(&info, &same);
}

static void limits_are_told(void **state)
{
	struct sysinfo info = host();
	struct sysinfo_facts facts = nothing;

	(void)state;
	facts.memory_max = GIB;
	facts.memory_current = GIB / 4;
	facts.swap_max = GIB / 2;
	facts.swap_current = GIB / 8;
	facts.tasks = 12;
	facts.uptime_sec = 60;
	sysinfo_fill(&info, &facts);
	assert_int_equal(info.totalram, GIB);
	assert_int_equal(info.freeram, GIB - GIB / 4);
	assert_int_equal(info.totalswap, GIB / 2);
	assert_int_equal(info.freeswap, GIB / 2 - GIB / 8);
	assert_int_equal(info.procs, 12);
	assert_int_equal(info.uptime, 60);
	assert_int_equal(info.loads[0], 1);
}

static void free_is_never_below_zero_nor_more_than_the_host_has(void **state)
{
	struct sysinfo info = host();
	struct sysinfo_facts facts = nothing;

	(void)state;
	facts.memory_max = GIB;
	facts.memory_current = GIB + 4096; /* a limit that was just lowered */
	sysinfo_fill(&info, &facts);
	assert_int_equal(info.freeram, 0);
	info = host();
	facts.memory_max = 15 * GIB;
	facts.memory_current = 0;
	sysinfo_fill(&info, &facts);
	assert_int_equal(info.freeram, 4 * GIB);
	facts.tasks = 100000;
	sysinfo_fill(&info, &facts);
	assert_int_equal(info.procs, USHRT_MAX);
}

static void no_swap_is_told_as_none(void **state)
{
	struct sysinfo info = host();
	struct sysinfo_facts facts = nothing;

	(void)state;
	facts.swap_max = 0;
	facts.swap_current = 0;
	sysinfo_fill(&info, &facts);
	assert_int_equal(info.totalswap, 0);
	assert_int_equal(info.freeswap, 0);
}

/* One processor busy all the time: the load goes to 1, as the kernel's does. */
static void load_follows_what_is_used(void **state)
{
	struct sysinfo_load load = { 0 };
	struct sysinfo info = host();
	struct sysinfo_facts facts = nothing;
	const uint64_t step = SYSINFO_LOAD_USEC, one = 1U << SI_LOAD_SHIFT;
	uint64_t now = 100 * step;

	(void)state;
	assert_true(sysinfo_load_is_due(&load, now));
	sysinfo_load_add(&load, now, 5); /* what was used before counts for nothing */
	assert_int_equal(load.load[0], 0);
	assert_false(sysinfo_load_is_due(&load, now + step - 1));
	assert_true(sysinfo_load_is_due(&load, now + step));
	for (uint64_t i = 1; i <= 12; i++) /* a minute */
		sysinfo_load_add(&load, now + i * step, 5 + i * step);
	facts.load = &load;
	sysinfo_fill(&info, &facts);
	assert_in_range(info.loads[0], one * 60 / 100, one * 66 / 100); /* 1 - 1/e */
	assert_in_range(info.loads[2], one * 5 / 100, one * 8 / 100);
	/* Nobody asks for an hour, in which it went on. */
	sysinfo_load_add(&load, now + 732 * step, 5 + 732 * step);
	sysinfo_fill(&info, &facts);
	assert_in_range(info.loads[0], one * 99 / 100, one * 101 / 100);
	/* And rests for one. */
	sysinfo_load_add(&load, now + 1452 * step, 5 + 732 * step);
	sysinfo_fill(&info, &facts);
	assert_in_range(info.loads[0], 0, one / 100);
}

static void what_went_backwards_is_no_load(void **state)
{
	struct sysinfo_load load = { 0 };

	(void)state;
	sysinfo_load_add(&load, SYSINFO_LOAD_USEC, 1000);
	sysinfo_load_add(&load, 2 * SYSINFO_LOAD_USEC, 10);
	assert_int_equal(load.load[0], 0);
}

static void a_32_bit_caller_gets_bytes_or_pages(void **state)
{
	struct sysinfo info = host();
	struct sysinfo_compat compat;

	(void)state;
	sysinfo_to_compat(&info, &compat);
	assert_int_equal(compat.mem_unit, 4096);
	assert_int_equal(compat.totalram, 16 * GIB / 4096);
	assert_int_equal(compat.freeswap, GIB / 4096);
	assert_int_equal(compat.procs, 500);
	assert_int_equal(compat.loads[2], 3);
	info.totalram = GIB;
	sysinfo_to_compat(&info, &compat);
	assert_int_equal(compat.mem_unit, 1);
	assert_int_equal(compat.totalram, GIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read),
		cmocka_unit_test(numbers_are_found_by_their_key),
		cmocka_unit_test(without_limits_it_is_the_hosts),
		cmocka_unit_test(limits_are_told),
		cmocka_unit_test(free_is_never_below_zero_nor_more_than_the_host_has),
		cmocka_unit_test(no_swap_is_told_as_none),
		cmocka_unit_test(load_follows_what_is_used),
		cmocka_unit_test(what_went_backwards_is_no_load),
		cmocka_unit_test(a_32_bit_caller_gets_bytes_or_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
