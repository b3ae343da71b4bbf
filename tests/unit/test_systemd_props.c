/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From limits and annotations to properties of a systemd unit. */
#include "config.h"

#include "tests/unit/spec_text.h"
#include "tests/unit/unit.h"

#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/kernel/systemd_props.h"

/* "Name=value" with a blank between; bytes in hexadecimal. */
static const char *props_text(const struct systemd_props *props)
{
	static char text[2048];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < props->n; i++) {
		const struct systemd_prop *p = &props->prop[i];

		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s=", i ? " " : "",
					p->name);
		for (size_t k = 0; k < p->n; k++) {
			unsigned long long n = p->item[k].number;
			char number[32];

			if (str_eq(p->signature, "ay"))
				snprintf(number, sizeof(number), "%02llx", n);
			else
				snprintf(number, sizeof(number), "%llu", n);
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s",
						p->item[k].text ? p->item[k].text : number);
		}
		assert_true(len < sizeof(text));
	}
	return text;
}

static const struct cgroup_now nothing_yet = { .memory_max = -1, .cpu_quota = -1 };

static int limits_of(const char *resources, struct systemd_limits limits,
		     struct systemd_props *props, struct err *err)
{
	struct spec *spec = spec_from(RESOURCES, resources);
	struct cgroup_plan plan;
	int failed;

	limits.plan = &plan;
	limits.cpu_period = limits.cpu_period ? limits.cpu_period : SYSTEMD_CPU_PERIOD;
	assert_ok(cgroup_plan_init(&plan, &spec->lin.resources, &nothing_yet, err), err);
	failed = systemd_props_put_limits(props, &limits, err);
	cgroup_plan_done(&plan);
	spec_free(spec);
	return failed;
}

#define FOR(...) ((struct systemd_limits){ __VA_ARGS__ })

static void assert_limits(const char *resources, struct systemd_limits limits, const char *want)
{
	struct systemd_props props = { NULL, 0 };
	struct err err;

	assert_ok(limits_of(resources, limits, &props, &err), &err);
	assert_string_equal(props_text(&props), want);
	systemd_props_done(&props);
}

static void assert_refused(const char *resources, const char *message)
{
	struct systemd_props props = { NULL, 0 };
	struct err err;

	assert_fails(limits_of(resources, FOR(.version = 252), &props, &err), &err, ERR_INPUT,
		     message);
	systemd_props_done(&props);
}

static void memory_and_pids_are_mapped(void **unused)
{
	(void)unused;
	assert_limits("'memory':{'limit':67108864,'reservation':1048576,'swap':100663296},"
		      "'pids':{'limit':50}",
		      FOR(.version = 0),
		      "TasksMax=50 MemorySwapMax=33554432 MemoryMax=67108864 MemoryLow=1048576");
	assert_limits("'memory':{'limit':-1},'pids':{'limit':-1}", FOR(.version = 0),
		      "TasksMax=18446744073709551615 MemorySwapMax=18446744073709551615 "
		      "MemoryMax=18446744073709551615");
	assert_limits("'pids':{'limit':0}", FOR(.version = 0), "TasksMax=1");
}

static void the_cpu_is_mapped(void **unused)
{
	(void)unused;
	assert_limits("'cpu':{'shares':1024,'quota':50000,'period':200000}", FOR(.version = 0),
		      "CPUWeight=100 CPUQuotaPeriodUSec=200000 CPUQuotaPerSecUSec=250000");
	assert_limits("'cpu':{'quota':150000}", FOR(.version = 0), "CPUQuotaPerSecUSec=1500000");
	assert_limits("'cpu':{'quota':-1}", FOR(.version = 0),
		      "CPUQuotaPerSecUSec=18446744073709551615");
	/* A quota alone is of the period that there is. */
	assert_limits("'cpu':{'quota':25000}", FOR(.cpu_period = 50000),
		      "CPUQuotaPerSecUSec=500000");
	/* Not a whole percent: up. */
	assert_limits("'cpu':{'quota':12345}", FOR(.version = 0), "CPUQuotaPerSecUSec=130000");
	assert_limits("'cpu':{'cpus':'0-2,9','mems':'1'}", FOR(.version = 0),
		      "AllowedCPUs=0702 AllowedMemoryNodes=02");
}

static void idle_is_a_weight_of_0(void **unused)
{
	(void)unused;
	assert_limits("'cpu':{'idle':1,'shares':2048}", FOR(.version = 252), "CPUWeight=0");
	assert_limits("'cpu':{'idle':0,'shares':1024}", FOR(.version = 252), "CPUWeight=100");
	assert_limits("'cpu':{'idle':0}", FOR(.version = 252), "");
	assert_limits("'cpu':{'idle':0}", FOR(.version = 252, .was_idle = true),
		      "CPUWeight=18446744073709551615");
	assert_limits("'cpu':{'idle':1}", FOR(.version = 251), "");
}

static void unified_is_mapped_and_has_the_last_word(void **unused)
{
	(void)unused;
	assert_limits("'memory':{'limit':67108864},"
		      "'unified':{'memory.max':'32M','memory.high':'max','memory.min':'4096',"
		      "'cpu.max':'max 50000','cpu.weight':'300','cpuset.cpus':'1',"
		      "'pids.max':'7','hugetlb.2MB.max':'0','io.weight':'50'}",
		      FOR(.version = 0),
		      "MemoryMax=33554432 MemoryHigh=18446744073709551615 MemoryMin=4096 "
		      "CPUQuotaPeriodUSec=50000 CPUQuotaPerSecUSec=18446744073709551615 "
		      "CPUWeight=300 AllowedCPUs=02 TasksMax=7 IOWeight=50");
	assert_limits("'unified':{'io.weight':'8:0 50'}", FOR(.version = 0), "");
	assert_limits("'unified':{'io.bfq.weight':'default 300'}", FOR(.version = 0),
		      "IOWeight=2300");
	assert_limits("'blockIO':{'weight':50}", FOR(.version = 0), "IOWeight=50");
}

static void oom_group_is_a_policy_of_a_new_unit(void **unused)
{
	(void)unused;
	assert_limits("'unified':{'memory.oom.group':'1'}", FOR(.version = 253, .is_new = true),
		      "OOMPolicy=kill");
	assert_limits("'unified':{'memory.oom.group':'0'}", FOR(.version = 255, .is_new = true),
		      "OOMPolicy=continue");
	assert_limits("'unified':{'memory.oom.group':'1'}", FOR(.version = 253), "");
	assert_limits("'unified':{'memory.oom.group':'1'}", FOR(.version = 252, .is_new = true),
		      "");
}

static void only_some_limits_need_the_version(void **unused)
{
	static char idle[] = "cpu.idle", max[] = "memory.max", one[] = "1";
	struct cgroup_write writes[] = { { CGROUP_MEMORY, 0, max, one, "" },
					 { CGROUP_CPU, 0, idle, one, "" } };
	struct cgroup_plan plan = { .write = writes, .n = 1 };

	(void)unused;
	assert_false(systemd_limits_need_version(&plan));
	plan.n = 2;
	assert_true(systemd_limits_need_version(&plan));
}

static void a_value_that_is_none_is_refused(void **unused)
{
	(void)unused;
	assert_refused(
		"'unified':{'pids.max':'many'}",
		"linux.resources.unified: pids.max: \"many\" is not a whole number of 0 or more");
	assert_refused("'unified':{'cpu.max':'1 2 3'}",
		       "linux.resources.unified: cpu.max: \"1 2 3\" is no QUOTA PERIOD");
	assert_refused("'unified':{'memory.high':'x'}",
		       "linux.resources.unified: memory.high: \"x\" is not a size");
	assert_refused(
		"'unified':{'cpu.weight':'-1'}",
		"linux.resources.unified: cpu.weight: \"-1\" is not a whole number of 0 or more");
}

static void rounded(int64_t quota, uint64_t period, int64_t want)
{
	struct spec_cpu cpu = { .quota = { true, quota }, .period = { period > 0, period } };

	systemd_round_quota(&cpu, SYSTEMD_CPU_PERIOD);
	assert_int_equal(cpu.quota.value, want);
}

static void a_quota_is_rounded_to_percents(void **unused)
{
	(void)unused;
	rounded(12345, 0, 13000);
	rounded(13000, 0, 13000);
	rounded(1, 100000, 1000);
	rounded(12345, 50000, 12500);
	rounded(-1, 0, -1);
	rounded(0, 0, 0);
	rounded(INT64_MAX, 0, INT64_MAX);
}

static int annotations_of(const char *members, struct systemd_props *props, struct err *err)
{
	auto_free char *text = str_dupf("'annotations':{%s}", members);
	struct spec *spec = spec_from(TOP, text);
	int failed = systemd_props_put_annotations(props, spec, err);

	spec_free(spec);
	return failed;
}

static void assert_annotations(const char *members, const char *want)
{
	struct systemd_props props = { NULL, 0 };
	struct err err;

	assert_ok(annotations_of(members, &props, &err), &err);
	assert_string_equal(props_text(&props), want);
	systemd_props_done(&props);
}

static void annotations_are_properties(void **unused)
{
	(void)unused;
	assert_annotations("'org.systemd.property.TimeoutStopUSec':'uint64 123456789',"
			   "'com.example.x':'1'",
			   "TimeoutStopUSec=123456789");
	assert_annotations("'org.systemd.property.CollectMode':'\\'inactive-or-failed\\''",
			   "CollectMode=inactive-or-failed");
}

static void seconds_become_microseconds(void **unused)
{
	(void)unused;
	assert_annotations("'org.systemd.property.TimeoutStopSec':'456'",
			   "TimeoutStopUSec=456000000");
	assert_annotations("'org.systemd.property.TimeoutStopSec':'double 1.5'",
			   "TimeoutStopUSec=1500000");
	/* None of these are. */
	assert_annotations("'org.systemd.property.Sec':'5'", "Sec=5");
	assert_annotations("'org.systemd.property.FooUSec':'uint64 5'", "FooUSec=5");
}

static void assert_bad_annotation(const char *name, const char *value, const char *why)
{
	auto_free char *members = str_dupf("'org.systemd.property.%s':'%s'", name, value);
	auto_free char *message =
		str_dupf("config.json: annotations: \"org.systemd.property.%s\": %s", name, why);
	struct systemd_props props = { NULL, 0 };
	struct err err;

	assert_fails(annotations_of(members, &props, &err), &err, ERR_INPUT, message);
	systemd_props_done(&props);
}

static void a_bad_annotation_is_refused(void **unused)
{
	(void)unused;
	assert_bad_annotation("", "1", "no name of a property (three letters at least)");
	assert_bad_annotation("ab", "1", "no name of a property (three letters at least)");
	assert_bad_annotation("Foo1", "1", "no name of a property (three letters at least)");
	assert_bad_annotation("PIDs", "[uint32 1]", "a container's processes are not chosen by it");
	assert_bad_annotation("TimeoutStopSec", "true", "a time in seconds is a number");
	assert_bad_annotation("TimeoutStopSec", "-1",
			      "a time in seconds is not below 0, nor that long");
	assert_bad_annotation("CPUWeight", "uint64",
			      "uint64: \"\" is not a whole number of 0 or more");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_and_pids_are_mapped),
		cmocka_unit_test(the_cpu_is_mapped),
		cmocka_unit_test(idle_is_a_weight_of_0),
		cmocka_unit_test(unified_is_mapped_and_has_the_last_word),
		cmocka_unit_test(oom_group_is_a_policy_of_a_new_unit),
		cmocka_unit_test(only_some_limits_need_the_version),
		cmocka_unit_test(a_value_that_is_none_is_refused),
		cmocka_unit_test(a_quota_is_rounded_to_percents),
		cmocka_unit_test(annotations_are_properties),
		cmocka_unit_test(seconds_become_microseconds),
		cmocka_unit_test(a_bad_annotation_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
