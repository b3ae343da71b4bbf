/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/unit.h"

#include "runtime/cli/limit_hits.h"

static const char *why(const char *controller)
{
	(void)controller;
	return "because";
}

static struct cgroup_stats calm(void)
{
	struct cgroup_stats stats = { 0 };

	stats.cpu.given = stats.cpu.limited = true;
	stats.cpu.usage_usec = 2500000;
	stats.cpu.quota_usec = UINT64_MAX;
	stats.cpu.period_usec = 100000;
	stats.memory = (struct cgroup_stats_usage){ true, 100 << 20, 512 << 20, 200 << 20, 0 };
	stats.memory_high = UINT64_MAX;
	stats.swap = (struct cgroup_stats_usage){ true, 0, UINT64_MAX, 0, 0 };
	stats.pids = (struct cgroup_stats_usage){ true, 5, UINT64_MAX, 0, 0 };
	return stats;
}

static void assert_text(const struct limit_hits *hits, const char *want)
{
	auto_strbuf struct strbuf sb = { 0 };

	limit_hits_text(hits, &sb);
	assert_string_equal(sb.text, want);
}

static void where_nothing_was_hit(void **state)
{
	struct cgroup_stats stats = calm();
	struct limit_hits hits = { .id = "101", .stats = &stats, .why_missing = why };

	(void)state;
	assert_text(&hits, "cpu: 2.5 s used, no limit\n"
			   "memory: 100 MiB in use, at most 200 MiB so far, the limit is 512 MiB\n"
			   "swap: 0 in use, no limit\n"
			   "processes: 5, no limit\n");
}

static void what_was_hit_and_what_to_do(void **state)
{
	struct cgroup_stats stats = calm();
	struct limit_hits hits = { .id = "101", .stats = &stats, .why_missing = why };

	(void)state;
	stats.memory_events = (struct cgroup_stats_memory_events){
		.high = 1, .max = 31, .oom = 2, .oom_kill = 2
	};
	stats.memory_high = 400 << 20;
	stats.pids.max = 100;
	stats.pids.failures = 1;
	stats.cpu.quota_usec = 50000;
	stats.cpu.periods = 9;
	stats.cpu.throttled = 7;
	stats.cpu.throttled_usec = 1500000;
	stats.memory_psi.some =
		(struct cgroup_stats_psi_line){ .given = true, .avg10 = 1205, .avg60 = 3 };
	assert_text(
		&hits,
		"cpu: 2.5 s used, the limit is 0.50 of a CPU; it was held back in 7 of 9 periods, "
		"for 1.5 s in all (raise it: vzrun update --cpu-quota 100000 101)\n"
		"memory: 100 MiB in use, at most 200 MiB so far, the limit is 512 MiB; it was "
		"slowed down 1 time for being above memory.high (400 MiB), the limit was hit 31 "
		"times, 2 processes were killed (the kernel's log does not tell when) (raise it: "
		"vzrun update --memory 1G 101)\n"
		"swap: 0 in use, no limit\n"
		"processes: 5, the limit is 100; starting one more was refused 1 time (raise it: "
		"vzrun update --pids-limit 200 101)\n"
		"waiting for memory: 12.05% of the last 10 s, 0.03% of the minute, 0.00% of 5 "
		"minutes\n");
}

static void who_was_killed_for_the_host(void **state)
{
	struct cgroup_stats stats = calm();
	struct limit_hits hits = { .id = "101", .stats = &stats, .why_missing = why };
	auto_strbuf struct strbuf sb = { 0 };

	(void)state;
	setenv("TZ", "UTC", 1);
	stats.memory_events.oom_kill = 1;
	hits.kill_dated = true;
	hits.last_kill.tv_sec = 1700000000;
	limit_hits_text(&hits, &sb);
	assert_non_null(strstr(sb.text, "512 MiB; 1 process was killed because the host or a "
					"cgroup above ran out of memory, the last on 2023-11-14 "
					"22:13:20\n"));
}

static void what_is_not_counted_is_said(void **state)
{
	struct cgroup_stats stats = { 0 };
	struct limit_hits hits = { .id = "101", .stats = &stats, .why_missing = why };

	(void)state;
	assert_text(&hits, "cpu: not counted: its cgroup has no controller cpu (because)\n"
			   "memory: not counted: its cgroup has no controller memory (because)\n"
			   "processes: not counted: its cgroup has no controller pids (because)\n");
}

static void as_json(void **state)
{
	struct cgroup_stats stats = calm();
	struct limit_hits hits = { .id = "101", .stats = &stats, .why_missing = why };
	auto_strbuf struct strbuf sb = { 0 };
	struct json_writer w = { .sb = &sb };

	(void)state;
	stats.pids.failures = 3;
	stats.pids.max = 10;
	hits.kill_dated = true;
	hits.last_kill.tv_sec = 1700000000;
	json_begin(&w, NULL, '{');
	limit_hits_json(&hits, &w);
	json_end(&w, '}');
	assert_string_equal(
		sb.text,
		"{\"limits\":{\"cpu\":{\"usageUsec\":2500000,\"quotaUsec\":null,\"periodUsec\":100000,"
		"\"periods\":0,\"hits\":0,\"throttledUsec\":0},"
		"\"memory\":{\"usage\":104857600,\"limit\":536870912,\"hits\":0,\"high\":null,"
		"\"highHits\":0,\"killed\":0,\"lastKill\":\"2023-11-14T22:13:20Z\"},"
		"\"swap\":{\"usage\":0,\"limit\":null,\"hits\":0},"
		"\"pids\":{\"usage\":5,\"limit\":10,\"hits\":3}},"
		"\"pressure\":{\"cpu\":null,\"memory\":null,\"io\":null},"
		"\"advice\":[\"processes: starting one more was refused 3 times (raise it: vzrun "
		"update --pids-limit 20 101)\"]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_nothing_was_hit),
		cmocka_unit_test(what_was_hit_and_what_to_do),
		cmocka_unit_test(who_was_killed_for_the_host),
		cmocka_unit_test(what_is_not_counted_is_said),
		cmocka_unit_test(as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
