/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A CT's limits: the forms of their values, and what they come to in the kernel's terms. */
#include "config.h"

#include <limits.h>
#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/ct/conf.h"
#include "runtime/ct/limits.h"
#include "runtime/ct/limits_effects.h"
#include "runtime/spec/spec.h"
#include "tests/unit/unit.h"

#define KIB 1024LL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

static const struct limits_host host = { .cpus = 4 };
static const struct limits_host_facts facts = {
	.memory_pages = 1000000,
	.files_max = 1048576,
	.cpus = "0-3",
	.nodes = "0-1",
	.node_cpus = "2-3",
};

static const char *get(const void *of, const char *key)
{
	return conf_get(of, key);
}

static int read_text(const char *text, struct conf **conf, struct limits *ret, struct err *err)
{
	assert_ok(conf_parse(text, strlen(text), "101.conf", conf, err), err);
	return limits_read(get, *conf, "101.conf", &host, ret, err);
}

/* ---- values ---- */

static void numbers_without_suffix_count_by_the_key(void **state)
{
	auto_conf struct conf *conf = NULL;
	struct limits limits;
	struct err err;

	(void)state;
	assert_ok(read_text("NUMPROC=80:100\nPHYSPAGES=0:512M\nSWAPPAGES=2P\nKMEMSIZE=1K:2K\n"
			    "SHMPAGES=10\nVMGUARPAGES=1M:unlimited\n",
			    &conf, &limits, &err),
		  &err);
	assert_int_equal(limits.numproc.barrier, 80);
	assert_int_equal(limits.numproc.limit, 100);
	assert_int_equal(limits.physpages.limit, 512 * MIB / getpagesize());
	assert_int_equal(limits.swappages.barrier, 2);
	assert_int_equal(limits.swappages.limit, 2);
	assert_int_equal(limits.kmemsize.limit, 2048);
	assert_int_equal(limits.shmpages.limit, 10);
	assert_int_equal(limits.vmguarpages.limit, LIMIT_UNLIMITED);
	assert_false(limits.numfile.given);
}

static void memory_is_rounded_up_to_pages(void **state)
{
	int64_t pages;
	struct err err;

	(void)state;
	assert_ok(limit_parse_memory("1", "--ram", &pages, &err), &err);
	assert_int_equal(pages, 1);
	assert_ok(limit_parse_memory("1G", "--ram", &pages, &err), &err);
	assert_int_equal(pages, GIB / getpagesize());
	assert_ok(limit_parse_memory("0", "--swap", &pages, &err), &err);
	assert_int_equal(pages, 0);
	assert_ok(limit_parse_memory("unlimited", "--ram", &pages, &err), &err);
	assert_int_equal(pages, LIMIT_UNLIMITED);
}

static void cpulimit_is_of_a_cpu_or_of_the_node(void **state)
{
	int64_t percent;
	struct err err;

	(void)state;
	assert_ok(limit_parse_cpulimit("50", "--cpulimit", 4, &percent, &err), &err);
	assert_int_equal(percent, 50);
	assert_ok(limit_parse_cpulimit("50%", "--cpulimit", 4, &percent, &err), &err);
	assert_int_equal(percent, 200);
	assert_ok(limit_parse_cpulimit("0", "--cpulimit", 4, &percent, &err), &err);
	assert_int_equal(percent, 0);
	assert_int_equal(limit_parse_cpulimit("101%", "--cpulimit", 4, &percent, &err), -1);
}

static void iolimit_counts_by_where_it_stands(void **state)
{
	int64_t rate;
	struct err err;

	(void)state;
	assert_ok(limit_parse_iolimit("10", "--iolimit", MIB, &rate, &err), &err);
	assert_int_equal(rate, 10 * MIB);
	assert_ok(limit_parse_iolimit("10", "IOLIMIT", 1, &rate, &err), &err);
	assert_int_equal(rate, 10);
	assert_ok(limit_parse_iolimit("10k", "--iolimit", MIB, &rate, &err), &err);
	assert_int_equal(rate, 10 * KIB);
	assert_ok(limit_parse_iolimit("unlimited", "--iolimit", MIB, &rate, &err), &err);
	assert_int_equal(rate, 0);
	assert_ok(limit_parse_iolimit("99999999", "--iolimit", MIB, &rate, &err), &err);
	assert_int_equal(rate, INT_MAX);
	assert_ok(limit_parse_iolimit("1T", "--iolimit", MIB, &rate, &err), &err);
	assert_int_equal(rate, INT_MAX);
}

/* Of each form: nothing, no number, the wrong sign, a suffix that it has not, more behind it. */
static void bad_values_are_refused_by_key(void **state)
{
	static const char *const bad[][2] = {
		{ "NUMPROC", "x" },
		{ "NUMPROC", "-1" },
		{ "NUMPROC", "10M" },
		{ "NUMPROC", "10:" },
		{ "NUMPROC", ":10" },
		{ "NUMPROC", "1:2:3" },
		{ "NUMPROC", "0x10" },
		{ "NUMPROC", "1e3" },
		{ "NUMPROC", " 1" },
		{ "PHYSPAGES", "1Q" },
		{ "PHYSPAGES", "1MB" },
		{ "PHYSPAGES", "512M:" },
		{ "PHYSPAGES", "M" },
		{ "PHYSPAGES", "unlimitedly" },
		{ "KMEMSIZE", "+1" },
		{ "CPUUNITS", "7" },
		{ "CPUUNITS", "500001" },
		{ "CPUUNITS", "1K" },
		{ "CPUUWEIGHT", "0" },
		{ "CPULIMIT", "-1" },
		{ "CPULIMIT", "x%" },
		{ "CPULIMIT", "%" },
		{ "CPULIMIT", "50%%" },
		{ "CPULIMIT", "101%" },
		{ "CPULIMIT", "99999999999" },
		{ "CPUS", "-1" },
		{ "CPUS", "8193" },
		{ "CPUMASK", "0-" },
		{ "CPUMASK", "3-1" },
		{ "CPUMASK", "9999" },
		{ "CPUMASK", "none" },
		{ "NODEMASK", "auto" },
		{ "NODEMASK", "a" },
		{ "IOPRIO", "8" },
		{ "IOPRIO", "-1" },
		{ "IOLIMIT", "1:2" },
		{ "IOLIMIT", "-5" },
		{ "IOLIMIT", "5X" },
		{ "IOPSLIMIT", "5K" },
		{ "IOPSLIMIT", "-1" },
		{ "MEMINFO", "pages" },
		{ "MEMINFO", "pages:0" },
		{ "MEMINFO", "none:1" },
		{ "MEMGUARANTEE", "101" },
		{ "MEMGUARANTEE", "50%" },
		{ "VM_OVERCOMMIT", "0" },
		{ "VM_OVERCOMMIT", "1." },
		{ "VM_OVERCOMMIT", "1.5x" },
		{ "PAGECACHE_ISOLATION", "1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct limits_row *row = limits_find(bad[i][0]);
		struct limits limits = { 0 };
		struct err err = { 0 };

		assert_non_null(row);
		if (limits_parse_key(&limits, &host, row, bad[i][1], "101.conf: KEY", &err) == 0)
			fail_msg("%s=\"%s\" is taken", bad[i][0], bad[i][1]);
		assert_int_equal(err.code, ERR_INPUT);
		assert_int_equal(strncmp(err.msg, "101.conf: KEY: ", 15), 0);
	}
}

static void absurd_numbers_are_unlimited(void **state)
{
	auto_conf struct conf *conf = NULL;
	struct limits limits;
	struct err err;

	(void)state;
	assert_ok(read_text("NUMPROC=9223372036854775808\nKMEMSIZE=9999999T\n"
			    "PHYSPAGES=0:9223372036854775807\n",
			    &conf, &limits, &err),
		  &err);
	assert_int_equal(limits.numproc.limit, LIMIT_UNLIMITED);
	assert_int_equal(limits.kmemsize.limit, LIMIT_UNLIMITED);
	assert_int_equal(limits.physpages.limit, LIMIT_UNLIMITED);
}

static void what_vzctl_writes(void **state)
{
	static const char *const cases[][3] = {
		{ "PHYSPAGES", "0:512P", "0:512" },
		{ "NUMPROC", "50:50", "50" },
		{ "NUMPROC", "50", "50" },
		{ "SWAPPAGES", "0:unlimited", "0:unlimited" },
		{ "KMEMSIZE", "1K:2K", "1024:2048" },
		{ "CPULIMIT", "25%", "100" },
		{ "CPUMASK", "0-2", "0-2" },
		{ "IOLIMIT", "unlimited", "0" },
		{ "IOLIMIT", "1K", "1024" },
		{ "MEMGUARANTEE", "auto", "auto" },
		{ "VM_OVERCOMMIT", "1.5", "1.5" },
		{ "MEMINFO", "pages:5", "pages:5" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct limits_row *row = limits_find(cases[i][0]);
		auto_strbuf struct strbuf text = { 0 };
		struct limits limits = { 0 };
		struct err err;

		assert_ok(limits_parse_key(&limits, &host, row, cases[i][1], "KEY", &err), &err);
		limits_emit_key(&limits, row, cases[i][1], &text);
		assert_string_equal(text.text, cases[i][2]);
	}
}

static void the_conf_is_named_in_errors(void **state)
{
	auto_conf struct conf *conf = NULL;
	struct limits limits;
	struct err err;

	(void)state;
	assert_fails(read_text("IOPRIO=9\n", &conf, &limits, &err), &err, ERR_INPUT,
		     "101.conf: IOPRIO: 9 is out of range (0 to 7)");
}

static void every_row_is_found_once_and_keys_without_value_are_passed_over(void **state)
{
	auto_conf struct conf *conf = NULL;
	struct limits limits;
	struct err err;

	(void)state;
	for (size_t i = 0; i < LIMITS_ROWS; i++)
		assert_ptr_equal(limits_find(limits_rows[i].key), &limits_rows[i]);
	assert_null(limits_find("HOSTNAME"));
	assert_ok(read_text("NUMPROC=\"\"\nCPUMASK=\n", &conf, &limits, &err), &err);
	assert_false(limits.numproc.given);
	assert_null(limits.cpumask);
}

/* ---- effects ---- */

/* The conf must outlive the effects. */
static struct conf *kept;

static struct limits_effects effects(const char *text)
{
	struct limits_effects ret;
	struct limits limits;
	struct err err;

	conf_freep(&kept);
	kept = NULL;
	assert_ok(read_text(text, &kept, &limits, &err), &err);
	assert_ok(limits_effects_of(&limits, &facts, &ret, &err), &err);
	return ret;
}

static int free_kept(void **state)
{
	(void)state;
	conf_freep(&kept);
	kept = NULL;
	return 0;
}

static void nothing_limits_nothing(void **state)
{
	struct limits_effects e = effects("");

	(void)state;
	assert_int_equal(e.memory_max, -1);
	assert_int_equal(e.swap_max, -1);
	assert_int_equal(e.pids_max, -1);
	assert_int_equal(e.cpu_weight, 100);
	assert_int_equal(e.cpu_quota_usec, -1);
	assert_int_equal(e.io_weight, 100);
	assert_false(e.cpus_limited);
	assert_false(e.files.given);
	assert_int_equal(e.oom_score_adj, 0);
}

static void memory_effects(void **state)
{
	struct limits_effects e = effects("PHYSPAGES=0:512M\nSWAPPAGES=0:1G\nVMGUARPAGES=100M\n"
					  "MEMGUARANTEE=50\n");

	(void)state;
	assert_int_equal(e.memory_max, 512 * MIB);
	assert_int_equal(e.swap_max, GIB);
	assert_int_equal(e.memory_low, 100 * MIB);
	assert_int_equal(e.memory_min, 256 * MIB);
	e = effects("PHYSPAGES=0:512M\nVMGUARPAGES=1G:unlimited\nMEMGUARANTEE_BYTES=9999999999\n");
	assert_int_equal(e.memory_low, 512 * MIB);
	assert_int_equal(e.memory_min, 512 * MIB);
	e = effects("PHYSPAGES=0:unlimited\nVMGUARPAGES=unlimited\nSWAPPAGES=0:0\n");
	assert_int_equal(e.memory_max, -1);
	assert_int_equal(e.memory_low, 0);
	assert_int_equal(e.swap_max, 0);
}

static void oom_guarantee_is_a_part_of_the_host(void **state)
{
	(void)state;
	assert_int_equal(effects("OOMGUARPAGES=0:unlimited\n").oom_score_adj, 0);
	assert_int_equal(effects("OOMGUARPAGES=500000\n").oom_score_adj, -499);
	assert_int_equal(effects("OOMGUARPAGES=2000000\n").oom_score_adj, -999);
	assert_int_equal(effects("OOMGUARPAGES=unlimited\n").oom_score_adj, 0);
	assert_int_equal(effects("OOMGUARPAGES=256P\n").memory_low, 256LL * getpagesize());
}

static void cpu_effects(void **state)
{
	static const struct {
		const char *text;
		int64_t weight, quota, burst;
	} cases[] = {
		{ "CPUUNITS=1000\n", 100, -1, 0 },
		{ "CPUUNITS=8\n", 1, -1, 0 },
		{ "CPUUNITS=500000\n", 10000, -1, 0 },
		{ "CPUUWEIGHT=500\n", 100, -1, 0 },
		{ "CPUUNITS=50\nCPUUWEIGHT=500\n", 5, -1, 0 },
		{ "CPULIMIT=50\n", 100, 50000, 0 },
		{ "CPULIMIT=\"50%\"\n", 100, 200000, 0 },
		{ "CPULIMIT=0\n", 100, -1, 0 },
		{ "CPUS=2\n", 100, 200000, 0 },
		{ "CPUS=2\nCPULIMIT=50\n", 100, 50000, 0 },
		{ "CPUS=2\nCPULIMIT=300\n", 100, 200000, 0 },
		{ "CPUS=0\nCPULIMIT=300\n", 100, 300000, 0 },
		{ "CPULIMIT=50\nBURST_CPULIMIT=80\n", 100, 50000, 30000 },
		{ "CPULIMIT=50\nBURST_CPULIMIT=400\n", 100, 50000, 50000 },
		{ "CPULIMIT=50\nBURST_CPULIMIT=20\n", 100, 50000, 0 },
		{ "BURST_CPULIMIT=20\n", 100, -1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct limits_effects e = effects(cases[i].text);

		assert_int_equal(e.cpu_weight, cases[i].weight);
		assert_int_equal(e.cpu_quota_usec, cases[i].quota);
		assert_int_equal(e.cpu_burst_usec, cases[i].burst);
	}
}

static void mask_effects(void **state)
{
	struct limits_effects e = effects("CPUMASK=1\nNODEMASK=0\n");

	(void)state;
	assert_true(e.cpus_limited && e.nodes_limited);
	assert_string_equal(e.cpus, "1");
	assert_string_equal(e.nodes, "0");
	e = effects("CPUMASK=auto\nNODEMASK=1\n");
	assert_string_equal(e.cpus, "2-3");
	e = effects("CPUMASK=all\nNODEMASK=all\n");
	assert_false(e.cpus_limited || e.nodes_limited);
	e = effects("CPUMASK=auto\nNODEMASK=all\n");
	assert_false(e.cpus_limited || e.nodes_limited);
}

static void contradictions_are_refused(void **state)
{
	static const char *const bad[] = { "CPUMASK=auto\n", "MEMGUARANTEE=50\n",
					   "MEMGUARANTEE=50\nPHYSPAGES=unlimited\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		auto_conf struct conf *conf = NULL;
		struct limits_effects e;
		struct limits limits;
		struct err err;

		assert_ok(read_text(bad[i], &conf, &limits, &err), &err);
		assert_int_equal(limits_effects_of(&limits, &facts, &e, &err), -1);
		assert_int_equal(err.code, ERR_INPUT);
	}
}

static void counts_become_rlimits(void **state)
{
	struct limits_effects e = effects("NUMFILE=100:2000\nNUMSIGINFO=50\nLOCKEDPAGES=10\n"
					  "NUMPTY=16\nSHMPAGES=1M\nNUMPROC=70:80\n");

	(void)state;
	assert_int_equal(e.files.soft, 100);
	assert_int_equal(e.files.hard, 2000);
	assert_int_equal(e.signals.hard, 50);
	assert_int_equal(e.locked.hard, 10 * getpagesize());
	assert_int_equal(e.ptys, 16);
	assert_int_equal(e.shm_pages, MIB / getpagesize());
	assert_int_equal(e.pids_max, 80);
	e = effects("NUMFILE=unlimited\nLOCKEDPAGES=unlimited\nNUMPTY=unlimited\n"
		    "SHMPAGES=unlimited\nNUMPROC=unlimited\n");
	assert_int_equal(e.files.hard, facts.files_max);
	assert_int_equal(e.locked.hard, INT64_MAX);
	assert_int_equal(e.ptys, -1);
	assert_int_equal(e.shm_pages, -1);
	assert_int_equal(e.pids_max, -1);
	/* What panels write for no limit is more than the kernel takes. */
	assert_int_equal(effects("NUMPROC=4194304\n").pids_max, 4194304);
	assert_int_equal(effects("NUMPROC=2147483647\n").pids_max, -1);
	e = effects(
		"NUMFILE=2000:100\n"); /* the barrier is above the limit: as OpenVZ, the limit */
	assert_int_equal(e.files.soft, 100);
}

/* ---- as documents ---- */

static struct spec *put(const struct limits_effects *now, const struct limits_effects *old)
{
	auto_strbuf struct strbuf text = { 0 };
	struct json_writer w = { .sb = &text };
	struct spec *spec = NULL;
	struct err err;

	json_begin(&w, NULL, '{');
	limits_put_resources(&w, now, old);
	json_end(&w, '}');
	assert_ok(spec_parse_resources(text.text, text.len, "limits", &spec, &err), &err);
	return spec;
}

static const char *unified(const struct spec *spec, const char *file)
{
	for (size_t i = 0; i < spec->lin.resources.unified_n; i++)
		if (strcmp(spec->lin.resources.unified[i].key, file) == 0)
			return spec->lin.resources.unified[i].value;
	return "not there";
}

static void no_limit_asks_for_no_controller(void **state)
{
	struct limits_effects e = effects("");
	auto_spec struct spec *spec = put(&e, NULL);
	const struct spec_resources *r = &spec->lin.resources;

	(void)state;
	assert_false(r->memory.limit.given || r->pids_limit.given || r->cpu.quota.given);
	assert_int_equal(r->unified_n, 0);
	assert_null(r->cpu.cpus);
	assert_false(r->block_io.weight.given);
}

static void limits_are_put(void **state)
{
	struct limits_effects e =
		effects("PHYSPAGES=0:1G\nSWAPPAGES=0:0\nCPULIMIT=50\nCPUUNITS=500\n"
			"CPUMASK=1\nIOPRIO=7\nIOLIMIT=1000\nIOPSLIMIT=20\n");
	auto_spec struct spec *spec = NULL;
	const struct spec_resources *r;

	(void)state;
	e.disk_major = 8;
	spec = put(&e, NULL);
	r = &spec->lin.resources;
	assert_int_equal(r->memory.limit.value, GIB);
	assert_string_equal(unified(spec, "memory.swap.max"), "0");
	assert_string_equal(unified(spec, "cpu.weight"), "50");
	assert_string_equal(unified(spec, "io.weight"), "128");
	assert_int_equal(r->block_io.weight.value, 128);
	assert_int_equal(r->cpu.quota.value, 50000);
	assert_int_equal(r->cpu.period.value, 100000);
	assert_string_equal(r->cpu.cpus, "1");
	assert_int_equal(r->block_io.throttle[THROTTLE_READ_BPS][0].rate, 1000);
	assert_int_equal(r->block_io.throttle[THROTTLE_WRITE_IOPS][0].rate, 20);
	assert_int_equal(r->block_io.throttle[THROTTLE_WRITE_IOPS][0].major, 8);
}

static void a_change_is_the_difference(void **state)
{
	struct limits_effects old =
		effects("PHYSPAGES=0:1G\nSWAPPAGES=0:1G\nCPULIMIT=50\nNUMPROC=5\n");
	struct limits_effects now =
		effects("PHYSPAGES=0:2G\nSWAPPAGES=0:1G\nCPULIMIT=50\nNUMPROC=5\n");
	auto_spec struct spec *spec = put(&now, &old);

	(void)state;
	assert_true(limits_resources_differ(&old, &now));
	assert_false(limits_resources_differ(&old, &old));
	assert_int_equal(spec->lin.resources.memory.limit.value, 2 * GIB);
	assert_false(spec->lin.resources.pids_limit.given);
	assert_false(spec->lin.resources.cpu.quota.given);
	assert_int_equal(spec->lin.resources.unified_n, 0);
}

static void a_limit_is_taken_away(void **state)
{
	struct limits_effects old =
		effects("PHYSPAGES=0:1G\nSWAPPAGES=0:1M\nCPULIMIT=50\nNUMPROC=5\n"
			"CPUUNITS=50\nIOLIMIT=5\nVMGUARPAGES=1M\n"
			"BURST_CPULIMIT=70\n");
	struct limits_effects now = effects("SWAPPAGES=0:1M\n");
	auto_spec struct spec *spec = put(&now, &old);
	const struct spec_resources *r = &spec->lin.resources;

	(void)state;
	assert_int_equal(r->memory.limit.value, -1);
	assert_string_equal(unified(spec, "memory.swap.max"), "1048576"); /* stays */
	assert_string_equal(unified(spec, "memory.low"), "0");
	assert_string_equal(unified(spec, "cpu.weight"), "100");
	assert_int_equal(r->cpu.quota.value, -1);
	assert_int_equal(r->cpu.burst.value, 0);
	assert_int_equal(r->pids_limit.value, -1);
	assert_int_equal(r->block_io.throttle[THROTTLE_READ_BPS][0].rate, 0);
}

/* The lists end where the test does: those of `old` are copied. */
static void a_mask_is_taken_away_by_all_there_are(void **state)
{
	struct limits_effects old = effects("");
	struct limits_effects now = old;
	auto_spec struct spec *spec = NULL;

	(void)state;
	old.cpus = "1";
	old.nodes = "0";
	old.cpus_limited = old.nodes_limited = true;
	spec = put(&now, &old);
	assert_string_equal(spec->lin.resources.cpu.cpus, "0-3");
	assert_string_equal(spec->lin.resources.cpu.mems, "0-1");
}

/* `set` without --save leaves a conf that does not tell what is in force. */
static void what_was_forgotten_is_put_again(void **state)
{
	static const char *const keys[] = { "PHYSPAGES", "NUMPROC", "CPUS",
					    "CPUMASK",   "IOLIMIT", "IOPRIO" };
	struct limits_effects now = effects("PHYSPAGES=0:1G\nNUMPROC=5\nCPUS=1\nIOLIMIT=5\n");
	auto_spec struct spec *spec = NULL;
	struct limits_effects old = now;
	const struct spec_resources *r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		limits_effects_forget(&old, keys[i]);
	assert_true(limits_resources_differ(&old, &now));
	spec = put(&now, &old);
	r = &spec->lin.resources;
	assert_int_equal(r->memory.limit.value, GIB);
	assert_int_equal(r->pids_limit.value, 5);
	assert_int_equal(r->cpu.quota.value, 100000);
	assert_string_equal(r->cpu.cpus, "0-3");
	assert_int_equal(r->block_io.throttle[THROTTLE_READ_BPS][0].rate, 5);
	assert_string_equal(unified(spec, "io.weight"), "100");
	assert_string_equal(unified(spec, "memory.swap.max"), "not there");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_without_suffix_count_by_the_key),
		cmocka_unit_test(memory_is_rounded_up_to_pages),
		cmocka_unit_test(cpulimit_is_of_a_cpu_or_of_the_node),
		cmocka_unit_test(iolimit_counts_by_where_it_stands),
		cmocka_unit_test(bad_values_are_refused_by_key),
		cmocka_unit_test(absurd_numbers_are_unlimited),
		cmocka_unit_test(what_vzctl_writes),
		cmocka_unit_test(the_conf_is_named_in_errors),
		cmocka_unit_test(every_row_is_found_once_and_keys_without_value_are_passed_over),
		cmocka_unit_test(nothing_limits_nothing),
		cmocka_unit_test(memory_effects),
		cmocka_unit_test(oom_guarantee_is_a_part_of_the_host),
		cmocka_unit_test(cpu_effects),
		cmocka_unit_test(mask_effects),
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(counts_become_rlimits),
		cmocka_unit_test(no_limit_asks_for_no_controller),
		cmocka_unit_test(limits_are_put),
		cmocka_unit_test(a_change_is_the_difference),
		cmocka_unit_test(a_limit_is_taken_away),
		cmocka_unit_test(a_mask_is_taken_away_by_all_there_are),
		cmocka_unit_test(what_was_forgotten_is_put_again),
	};

	return cmocka_run_group_tests(tests, NULL, free_kept);
}
