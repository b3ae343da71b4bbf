/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/base/fd.h"
#include "runtime/base/json.h"
#include "runtime/base/path.h"
#include "runtime/cli/stats_json.h"

/* A folder that looks like a cgroup's. */
static int fake_cgroup(char path[32], const char *const files[][2], size_t n)
{
	int dir;

	strcpy(path, "/tmp/test_stats.XXXXXX");
	assert_non_null(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(fd_replace_file(dir, files[i][0], files[i][1], strlen(files[i][1]),
						 0600, 0, NULL),
				 0);
	return dir;
}

/* Reads and prints what the folder holds; the data object of it. */
static const struct json *stats_of(const char *const files[][2], size_t n,
				   const struct net_stats *net, struct json_doc **doc)
{
	auto_cgroup_stats struct cgroup_stats stats = { 0 };
	auto_strbuf struct strbuf sb = { 0 };
	struct err err = { 0 };
	char path[32];
	auto_fd int dir = fake_cgroup(path, files, n);
	const struct json *root;

	assert_int_equal(cgroup_stats_read(dir, false, &stats, &err), 0);
	path_remove_tree(AT_FDCWD, path, NULL);
	stats_json_emit("c\"1", &stats, net, &sb);
	assert_true(str_ends(sb.text, "}\n"));
	if (json_parse(sb.text, sb.len, "stats", doc, &err) < 0)
		fail_msg("%s: %s", err.msg, sb.text);
	root = json_root(*doc);
	assert_string_equal(json_get(root, "type")->text, "stats");
	assert_string_equal(json_get(root, "id")->text, "c\"1");
	return json_get(root, "data");
}

static const struct json *at(const struct json *node, const char *path)
{
	auto_strv char **keys = strv_split(path, ".");

	for (char **key = keys; *key; key++) {
		if (!node)
			fail_msg("no %s in %s", *key, path);
		node = node->type == JSON_ARRAY ? node->first : json_get(node, *key);
	}
	return node;
}

static void assert_number(const struct json *data, const char *path, const char *value)
{
	const struct json *node = at(data, path);

	if (!node)
		fail_msg("no %s", path);
	assert_string_equal(node->text, value);
}

static void all_controllers_are_told(void **state)
{
	static const char *const files[][2] = {
		{ "cpu.stat", "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 4\n"
			      "nr_throttled 3\nthrottled_usec 2\n" },
		{ "cpu.pressure", "some avg10=1.05 avg60=0.00 avg300=12.34 total=99\n"
				  "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n" },
		{ "pids.current", "5\n" },
		{ "pids.max", "2048\n" },
		{ "memory.current", "1000\n" },
		{ "memory.max", "2000\n" },
		{ "memory.peak", "1500\n" },
		{ "memory.events", "low 0\nhigh 2\nmax 6\noom 1\noom_kill 1\n" },
		{ "cpuset.cpus.effective", "0-1,9\n" },
		{ "cpuset.mems.effective", "0\n" },
		{ "memory.stat", "anon 700\nfile 300\n" },
		{ "memory.swap.current", "10\n" },
		{ "memory.swap.max", "max\n" },
		{ "io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n7:1 \n" },
		{ "hugetlb.2MB.current", "4194304\n" },
		{ "hugetlb.2MB.events", "max 8\n" },
		{ "hugetlb.2MB.rsvd.current", "1\n" },
	};
	struct net_stats_link link = { "e\"\n0", { 1, 2, 3, 4 }, { 5, 6, 7, 8 } };
	const struct net_stats net = { true, &link, 1 };
	auto_json struct json_doc *doc = NULL;
	const struct json *data = stats_of(files, ARRAY_SIZE(files), &net, &doc);

	(void)state;
	assert_number(data, "cpu.usage.total", "30000");
	assert_number(data, "cpu.usage.user", "20000");
	assert_number(data, "cpu.usage.kernel", "10000");
	assert_number(data, "cpu.throttling.throttledTime", "2000");
	assert_number(data, "cpu.psi.some.avg10", "1.05");
	assert_number(data, "cpu.psi.some.avg300", "12.34");
	assert_number(data, "cpu.psi.full.total", "0");
	assert_number(data, "pids.current", "5");
	assert_number(data, "pids.limit", "2048");
	assert_number(data, "memory.usage.limit", "2000");
	assert_number(data, "memory.usage.max", "1500");
	assert_number(data, "memory.usage.failcnt", "6");
	assert_number(data, "memory.event_count.high", "2");
	assert_number(data, "memory.event_count.oom_kill", "1");
	assert_number(data, "memory.kernelTCP.limit", "0");
	assert_number(data, "memory.cache", "300");
	assert_number(data, "memory.raw.anon", "700");
	assert_number(data, "memory.swap.usage", "1010");
	assert_number(data, "memory.swap.limit", "18446744073709551615");
	assert_int_equal(at(data, "blkio.ioServiceBytesRecursive")->count, 3);
	assert_number(data, "blkio.ioServiceBytesRecursive.0.major", "8");
	assert_number(data, "blkio.ioServicedRecursive.0.value", "3");
	assert_number(data, "hugetlb.2MB.usage", "4194304");
	assert_number(data, "hugetlb.2MB.failcnt", "8");
	assert_int_equal(at(data, "hugetlb")->count, 1);
	assert_int_equal(at(data, "cpuset.cpus")->count, 3);
	assert_number(data, "cpuset.mems.0", "0");
	assert_number(data, "cpuset.sched_load_balance", "0");
	assert_string_equal(at(data, "network_interfaces.0.Name")->text, "e\"\n0");
	assert_number(data, "network_interfaces.0.RxDropped", "4");
	assert_number(data, "network_interfaces.0.TxBytes", "5");
}

static void missing_controllers_are_null(void **state)
{
	static const char *const missing[] = { "cpu",   "memory", "pids",
					       "blkio", "cpuset", "network_interfaces" };
	const struct net_stats net = { 0 };
	auto_json struct json_doc *doc = NULL;
	const struct json *data = stats_of(NULL, 0, &net, &doc);

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(missing); i++)
		assert_int_equal(at(data, missing[i])->type, JSON_NULL);
	assert_int_equal(at(data, "hugetlb")->count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_controllers_are_told),
		cmocka_unit_test(missing_controllers_are_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
