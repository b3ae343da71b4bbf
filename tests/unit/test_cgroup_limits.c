/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the spec's limits to writes: what is written where, for every kind of limit. */
#include "config.h"

#include "tests/unit/unit.h"

#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/cgroup_limits.h"

#define I64(v)                              \
	{                                   \
		.given = true, .value = (v) \
	}
#define U64(v)                              \
	{                                   \
		.given = true, .value = (v) \
	}
#define YES                                  \
	{                                    \
		.given = true, .value = true \
	}

static const struct cgroup_now nothing_yet = { .memory_max = -1, .cpu_quota = -1 };

/* The plan as text: "file=value" or "file=value?" (optional), "file=value|" (else),
 * "file=value!" (early), a blank between. */
static const char *plan_text(const struct spec_resources *res, const struct cgroup_now *now)
{
	static char text[4096];
	struct cgroup_plan plan;
	struct err err = { 0 };
	size_t len = 0;

	text[0] = '\0';
	assert_ok(cgroup_plan_init(&plan, res, now, &err), &err);
	for (size_t i = 0; i < plan.n; i++) {
		const struct cgroup_write *w = &plan.write[i];

		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s=%s%s%s%s",
					i ? " " : "", w->file, w->value,
					w->flags & CGROUP_WRITE_OPTIONAL ? "?" : "",
					w->flags & CGROUP_WRITE_ELSE ? "|" : "",
					w->flags & CGROUP_WRITE_EARLY ? "!" : "");
		assert_true(len < sizeof(text));
	}
	cgroup_plan_done(&plan);
	return text;
}

#define assert_plan(text, ...) \
	assert_string_equal(plan_text(&(struct spec_resources){ __VA_ARGS__ }, &nothing_yet), text)

#define assert_refused(code, text, ...)                                                        \
	do {                                                                                   \
		struct cgroup_plan plan_;                                                      \
		struct err err_;                                                               \
		assert_fails(cgroup_plan_init(&plan_, &(struct spec_resources){ __VA_ARGS__ }, \
					      &nothing_yet, &err_),                            \
			     &err_, code, text);                                               \
		assert_int_equal(plan_.n, 0);                                                  \
	} while (0)

/* The names of what the resources ask for, a blank between. */
static const char *wanted_text(const struct spec_resources *res)
{
	static char text[256];
	uint32_t wanted = cgroup_wanted(res);

	text[0] = '\0';
	for (unsigned int bit = 0; cgroup_controller_name(bit); bit++) {
		if (!(wanted & (1U << bit)))
			continue;
		if (text[0])
			strcat(text, " ");
		strcat(text, cgroup_controller_name(bit));
	}
	return text;
}

#define assert_wanted(text, ...) \
	assert_string_equal(wanted_text(&(struct spec_resources){ __VA_ARGS__ }), text)

/* ---- weights ---- */

/* Values of runc's formula, computed with libm. */
static void cpu_weight_follows_the_curve(void **state)
{
	static const struct {
		uint64_t shares, weight;
	} rows[] = {
		{ 2, 1 },        { 3, 2 },         { 4, 2 },          { 10, 4 },
		{ 64, 12 },      { 100, 17 },      { 128, 21 },       { 256, 35 },
		{ 512, 59 },     { 1000, 99 },     { 1023, 100 },     { 1024, 100 },
		{ 1025, 101 },   { 2048, 174 },    { 4096, 303 },     { 10240, 639 },
		{ 65536, 3023 }, { 131072, 5478 }, { 262143, 10000 }, { 262144, 10000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(cgroup_cpu_weight(rows[i].shares), rows[i].weight);
}

static void cpu_weight_never_falls_and_stays_in_range(void **state)
{
	uint64_t last = 0;

	(void)state;
	for (uint64_t shares = 0; shares < 270000; shares++) {
		uint64_t weight = cgroup_cpu_weight(shares);

		assert_in_range(weight, last ? last : 1, 10000);
		last = weight;
	}
	assert_int_equal(cgroup_cpu_weight(UINT64_MAX), 10000);
}

static void io_weight_is_linear(void **state)
{
	(void)state;
	assert_int_equal(cgroup_io_weight(10), 1);
	assert_int_equal(cgroup_io_weight(500), 4950);
	assert_int_equal(cgroup_io_weight(1000), 10000);
}

/* ---- plans ---- */

static void nothing_given_writes_nothing(void **state)
{
	(void)state;
	assert_plan("", .given = true);
	assert_plan("", .memory = { .limit = I64(0), .swap = I64(0), .reservation = I64(0) });
}

static void memory_limit_and_reservation(void **state)
{
	(void)state;
	assert_plan("memory.max=1048576", .memory = { .limit = I64(1048576) });
	assert_plan("memory.low=max", .memory = { .reservation = I64(-1) });
	assert_plan("memory.low=4096", .memory = { .reservation = I64(4096) });
}

static void no_memory_limit_means_no_swap_limit(void **state)
{
	(void)state;
	assert_plan("memory.swap.max=max? memory.max=max", .memory = { .limit = I64(-1) });
}

static void swap_is_what_the_sum_leaves(void **state)
{
	(void)state;
	assert_plan("memory.swap.max=500 memory.max=1000",
		    .memory = { .limit = I64(1000), .swap = I64(1500) });
	assert_plan("memory.swap.max=0? memory.max=1000",
		    .memory = { .limit = I64(1000), .swap = I64(1000) });
	assert_plan("memory.swap.max=max? memory.max=1000",
		    .memory = { .limit = I64(1000), .swap = I64(-1) });
	assert_plan("memory.swap.max=700 memory.max=max",
		    .memory = { .limit = I64(-1), .swap = I64(700) });
}

static void swap_needs_a_memory_limit_not_above_it(void **state)
{
	(void)state;
	assert_refused(
		ERR_INPUT,
		"linux.resources.memory.swap: 999 is memory and swap together, so can't be below "
		"the limit (1000)",
		.memory = { .limit = I64(1000), .swap = I64(999) });
	assert_refused(ERR_INPUT,
		       "linux.resources.memory.swap limits memory and swap together: it needs "
		       "memory.limit",
		       .memory = { .swap = I64(999) });
}

static void swap_alone_takes_the_limit_that_is_set(void **state)
{
	const struct spec_resources res = { .memory = { .swap = I64(1500) } };
	const struct cgroup_now now = { .memory_max = 1000, .cpu_quota = -1 };

	(void)state;
	assert_true(cgroup_plan_needs_memory_max(&res));
	assert_string_equal(plan_text(&res, &now), "memory.swap.max=500");
}

static void cpu_quota_and_period(void **state)
{
	(void)state;
	assert_plan("cpu.max=50000", .cpu = { .quota = I64(50000) });
	assert_plan("cpu.max=max", .cpu = { .quota = I64(-1) });
	assert_plan("cpu.max=50000 200000", .cpu = { .quota = I64(50000), .period = U64(200000) });
	assert_plan("cpu.max=max 200000", .cpu = { .period = U64(200000) });
}

static void cpu_period_alone_keeps_the_quota(void **state)
{
	const struct spec_resources res = { .cpu = { .period = U64(200000) } };
	const struct cgroup_now now = { .memory_max = -1, .cpu_quota = 30000 };

	(void)state;
	assert_true(cgroup_plan_needs_cpu_quota(&res));
	assert_string_equal(plan_text(&res, &now), "cpu.max=30000 200000");
}

static void cpu_burst_comes_before_and_after_the_quota(void **state)
{
	(void)state;
	assert_plan("cpu.max.burst=1000! cpu.max=50000 cpu.max.burst=1000",
		    .cpu = { .quota = I64(50000), .burst = U64(1000) });
}

static void cpu_idle_comes_before_the_weight(void **state)
{
	(void)state;
	assert_plan("cpu.idle=0 cpu.weight=100", .cpu = { .idle = I64(0), .shares = U64(1024) });
	assert_plan("", .cpu = { .shares = U64(0) });
}

static void cpuset_is_passed_on(void **state)
{
	(void)state;
	assert_plan("cpuset.cpus=0-3,7 cpuset.mems=0", .cpu = { .cpus = "0-3,7", .mems = "0" });
	assert_plan("", .cpu = { .cpus = "", .mems = "" });
}

static void pids_limit(void **state)
{
	(void)state;
	assert_plan("pids.max=32", .pids_limit = I64(32));
	assert_plan("pids.max=max", .pids_limit = I64(-1));
	assert_plan("pids.max=1", .pids_limit = I64(0));
}

static void io_weight_prefers_bfq(void **state)
{
	struct spec_weight_device device = { .major = 8, .minor = 16, .weight = U64(1000) };

	(void)state;
	assert_plan("io.bfq.weight=500? io.weight=4950|", .block_io = { .weight = U64(500) });
	assert_plan("io.bfq.weight=8:16 1000? io.weight=8:16 10000|",
		    .block_io = { .weight_devices = &device, .weight_devices_n = 1 });
}

static void io_throttles(void **state)
{
	struct spec_throttle_device device[] = { { 8, 0, 1048576 }, { 8, 16, 0 } };

	(void)state;
	assert_plan("io.max=8:0 rbps=1048576 io.max=8:16 rbps=max io.max=8:0 wiops=1048576",
		    .block_io = {
			    .throttle = { [THROTTLE_READ_BPS] = device,
					  [THROTTLE_WRITE_IOPS] = device },
			    .throttle_n = { [THROTTLE_READ_BPS] = 2, [THROTTLE_WRITE_IOPS] = 1 } });
}

static void hugetlb_limits_use_and_reservation(void **state)
{
	struct spec_hugepage_limit limit = { "2MB", 4194304 };

	(void)state;
	assert_plan("hugetlb.2MB.max=4194304 hugetlb.2MB.rsvd.max=4194304?", .hugepages = &limit,
		    .hugepages_n = 1);
}

static void rdma_limits(void **state)
{
	struct spec_rdma rdma[] = { { "mlx5_1", U64(3), U64(10000) },
				    { "mlx4_0", U64(7), { false, 0 } },
				    { "none", { false, 0 }, { false, 0 } } };

	(void)state;
	assert_plan("rdma.max=mlx5_1 hca_handle=3 hca_object=10000 rdma.max=mlx4_0 hca_handle=7",
		    .rdma = rdma, .rdma_n = 3);
}

static void unified_is_written_last_line_by_line(void **state)
{
	struct spec_pair pair[] = { { "memory.high", "900" },
				    { "io.max", "8:0 rbps=1\n8:16 rbps=2\n" } };

	(void)state;
	assert_plan("memory.max=1000 memory.high=900 io.max=8:0 rbps=1 io.max=8:16 rbps=2",
		    .memory = { .limit = I64(1000) }, .unified = pair, .unified_n = 2);
}

static void unified_key_must_be_a_file_of_the_cgroup(void **state)
{
	struct spec_pair pair[] = {
		{ "../memory.max", "1" }, { "x/memory.max", "1" }, { "memory", "1" }, { ".", "1" }
	};
	static const char *const text[] = {
		"unified: \"../memory.max\" is no CONTROLLER.FILE",
		"unified: \"x/memory.max\" is no CONTROLLER.FILE",
		"unified: \"memory\" is no CONTROLLER.FILE",
		"unified: \".\" is no CONTROLLER.FILE",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pair); i++)
		assert_refused(ERR_INPUT, text[i], .unified = &pair[i], .unified_n = 1);
}

static void what_only_v1_has_is_refused(void **state)
{
	struct spec_weight_device leaf = { .major = 8, .leaf_weight = U64(100) };
	struct spec_net_priority prio = { "eth0", 1 };

#define V1(name, file, instead, ...)                                                              \
	assert_refused(ERR_UNSUPPORTED,                                                           \
		       "linux.resources." name " exists in cgroup v1 only, as " file " (" instead \
		       ")",                                                                       \
		       __VA_ARGS__)
	(void)state;
	V1("memory.kernel", "memory.kmem.limit_in_bytes", "memory.limit counts it too",
	   .memory = { .kernel = I64(4096) });
	V1("memory.kernelTCP", "memory.kmem.tcp.limit_in_bytes", "memory.limit counts it too",
	   .memory = { .kernel_tcp = I64(4096) });
	V1("memory.swappiness", "memory.swappiness", "v2 has /proc/sys/vm/swappiness for all",
	   .memory = { .swappiness = U64(0) });
	V1("memory.disableOOMKiller", "memory.oom_control",
	   "v2 can slow down by memory.high in place of killing",
	   .memory = { .disable_oom_killer = YES });
	V1("memory.useHierarchy", "memory.use_hierarchy", "v2 always counts so",
	   .memory = { .use_hierarchy = { .given = true } });
	V1("cpu.realtimePeriod", "cpu.rt_period_us", "v2 has no realtime budget",
	   .cpu = { .realtime_period = U64(1000) });
	V1("cpu.realtimeRuntime", "cpu.rt_runtime_us", "v2 has no realtime budget",
	   .cpu = { .realtime_runtime = I64(1000) });
	V1("blockIO.leafWeight", "blkio.leaf_weight", "v2 has weight alone",
	   .block_io = { .leaf_weight = U64(100) });
	V1("blockIO.weightDevice.leafWeight", "blkio.leaf_weight_device", "v2 has weight alone",
	   .block_io = { .weight_devices = &leaf, .weight_devices_n = 1 });
	V1("network.classID", "net_cls.classid", "on v2 a packet filter matches the cgroup's path",
	   .network_class_id = U64(1));
	V1("network.priorities", "net_prio.ifpriomap",
	   "on v2 a packet filter matches the cgroup's path", .network_priorities = &prio,
	   .network_priorities_n = 1);
#undef V1
}

static void v1_values_that_mean_as_ever_are_fine(void **state)
{
	(void)state;
	assert_plan("",
		    .memory = { .kernel = I64(-1),
				.kernel_tcp = I64(0),
				.disable_oom_killer = { .given = true },
				.use_hierarchy = YES },
		    .cpu = { .realtime_period = U64(0), .realtime_runtime = I64(0) },
		    .network_class_id = U64(0));
}

/* ---- controllers ---- */

static void controllers_of_each_limit(void **state)
{
	struct spec_hugepage_limit huge = { "2MB", 0 };
	struct spec_pair pair[] = { { "memory.high", "1" },
				    { "cgroup.max.depth", "3" },
				    { "new.thing", "1" },
				    { "pids.max", "max" } };
	struct spec_rdma rdma = { "x", U64(1), { false, 0 } };

	(void)state;
	assert_wanted("", .given = true);
	assert_wanted("memory", .memory = { .limit = I64(1) });
	assert_wanted("cpu", .cpu = { .quota = I64(1) });
	assert_wanted("cpu", .cpu = { .shares = U64(2) });
	assert_wanted("cpuset", .cpu = { .mems = "0" });
	assert_wanted("io", .block_io = { .weight = U64(100) });
	assert_wanted("hugetlb pids", .pids_limit = I64(5), .hugepages = &huge, .hugepages_n = 1);
	assert_wanted("rdma", .rdma = &rdma, .rdma_n = 1);
	assert_wanted("memory", .unified = pair, .unified_n = ARRAY_SIZE(pair));
}

static void no_limit_asks_for_no_controller(void **state)
{
	(void)state;
	assert_wanted("", .memory = { .limit = I64(-1), .swap = I64(-1), .reservation = I64(0) },
		      .cpu = { .quota = I64(-1),
			       .period = U64(100000),
			       .shares = U64(0),
			       .idle = I64(0),
			       .burst = U64(0) },
		      .pids_limit = I64(-1));
}

static void controller_names_are_whole_words(void **state)
{
	(void)state;
	assert_int_equal(cgroup_controllers_parse("cpuset cpu\n"),
			 1U << CGROUP_CPU | 1U << CGROUP_CPUSET);
	assert_int_equal(cgroup_controllers_parse("cpus mem pidsx\n"), 0);
	assert_int_equal(cgroup_controllers_parse(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpu_weight_follows_the_curve),
		cmocka_unit_test(cpu_weight_never_falls_and_stays_in_range),
		cmocka_unit_test(io_weight_is_linear),
		cmocka_unit_test(nothing_given_writes_nothing),
		cmocka_unit_test(memory_limit_and_reservation),
		cmocka_unit_test(no_memory_limit_means_no_swap_limit),
		cmocka_unit_test(swap_is_what_the_sum_leaves),
		cmocka_unit_test(swap_needs_a_memory_limit_not_above_it),
		cmocka_unit_test(swap_alone_takes_the_limit_that_is_set),
		cmocka_unit_test(cpu_quota_and_period),
		cmocka_unit_test(cpu_period_alone_keeps_the_quota),
		cmocka_unit_test(cpu_burst_comes_before_and_after_the_quota),
		cmocka_unit_test(cpu_idle_comes_before_the_weight),
		cmocka_unit_test(cpuset_is_passed_on),
		cmocka_unit_test(pids_limit),
		cmocka_unit_test(io_weight_prefers_bfq),
		cmocka_unit_test(io_throttles),
		cmocka_unit_test(hugetlb_limits_use_and_reservation),
		cmocka_unit_test(rdma_limits),
		cmocka_unit_test(unified_is_written_last_line_by_line),
		cmocka_unit_test(unified_key_must_be_a_file_of_the_cgroup),
		cmocka_unit_test(what_only_v1_has_is_refused),
		cmocka_unit_test(v1_values_that_mean_as_ever_are_fine),
		cmocka_unit_test(controllers_of_each_limit),
		cmocka_unit_test(no_limit_asks_for_no_controller),
		cmocka_unit_test(controller_names_are_whole_words),
	};

	return cmocka_run_group_tests_name("cgroup_limits", tests, NULL, NULL);
}
