/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which limits are above those of a cgroup around; what is in use, over a folder of files. */
#include "config.h"

#include "tests/unit/unit.h"

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/kernel/cgroup_limits.h"
#include "tests/unit/scratch.h"

/* The number above that is lower, or "". */
static const char *lower(const char *file, const char *value, const char *above)
{
	static char shown[CGROUP_CHECK_SHOWN];

	strcpy(shown, "");
	return cgroup_check_is_above(file, value, above, shown) ? shown : "";
}

#define assert_above(file, value, above, shown) \
	assert_string_equal(lower(file, value, above), shown)
#define assert_fits(file, value, above) assert_string_equal(lower(file, value, above), "")

static void a_number_is_compared_with_the_number_above(void **state)
{
	(void)state;
	assert_above("memory.max", "1001", "1000\n", "1000");
	assert_fits("memory.max", "1000", "1000\n");
	assert_fits("memory.max", "1001", "max\n");
	assert_above("pids.max", "21", "20\n", "20");
	assert_above("memory.swap.max", "1", "0\n", "0");
	assert_above("memory.high", "9", "8\n", "8");
	assert_above("hugetlb.2MB.rsvd.max", "4194304", "2097152\n", "2097152");
}

static void no_limit_is_never_above(void **state)
{
	(void)state;
	assert_fits("memory.max", "max", "1000\n");
	assert_fits("cpu.max", "max 100000", "1000 100000\n");
	assert_fits("io.max", "8:0 rbps=max", "8:0 rbps=1 wbps=max riops=max wiops=max\n");
}

static void suffixes_are_the_kernels(void **state)
{
	(void)state;
	assert_above("memory.high", "2M", "1048576\n", "1048576");
	assert_fits("memory.high", "1m", "1048576\n");
	assert_above("memory.max", "1E", "1073741824\n", "1073741824");
	assert_above("memory.max", "99999E", "1073741824\n", "1073741824");
}

static void weights_and_protections_are_no_limits(void **state)
{
	(void)state;
	assert_fits("memory.low", "1001", "0\n");
	assert_fits("memory.min", "1001", "0\n");
	assert_fits("cpu.weight", "200", "100\n");
	assert_fits("io.weight", "200", "default 100\n");
	assert_fits("memory.oom.group", "1", "0\n");
}

static void a_share_of_the_cpus_is_compared(void **state)
{
	(void)state;
	assert_above("cpu.max", "60000 100000", "50000 100000\n", "50000 100000");
	assert_fits("cpu.max", "60000 200000", "50000 100000\n");
	assert_above("cpu.max", "60000", "50000 100000\n", "50000 100000");
	assert_fits("cpu.max", "50000", "50000 100000\n");
	assert_fits("cpu.max", "50000", "max 100000\n");
	assert_above("cpu.max", "17592186044415 1000", "17592186044415 1001\n",
		     "17592186044415 1001");
}

static void keyed_files_are_compared_by_key_and_name(void **state)
{
	static const char above[] = "8:0 rbps=1000 wbps=max riops=max wiops=50\n"
				    "8:16 rbps=max wbps=7 riops=max wiops=max\n";

	(void)state;
	assert_above("io.max", "8:0 rbps=1001", above, "1000");
	assert_fits("io.max", "8:0 rbps=1000", above);
	assert_fits("io.max", "8:0 wbps=1001", above);
	assert_above("io.max", "8:0 wbps=1 wiops=51", above, "50");
	assert_above("io.max", "8:16 wbps=8", above, "7");
	assert_fits("io.max", "8:1 rbps=9999", above);
	assert_fits("io.max", "254:0 rbps=9999", above);
	assert_fits("io.max", "8:0 rbps=9999", "");
	assert_above("rdma.max", "mlx4_0 hca_handle=3 hca_object=9",
		     "mlx4_0 hca_handle=2 hca_object=max\n", "2");
	assert_above("misc.max", "res_a 6", "res_b 1\nres_a 5\n", "5");
	assert_fits("misc.max", "res_a 5", "res_b 1\nres_a 5\n");
}

static void cpusets_are_subsets(void **state)
{
	(void)state;
	assert_above("cpuset.cpus", "0-2", "0-1\n", "0-1");
	assert_above("cpuset.cpus", "3", "0-2,4\n", "0-2,4");
	assert_fits("cpuset.cpus", "1,0", "0-1\n");
	assert_fits("cpuset.mems", "0", "0\n");
	assert_above("cpuset.mems", "1", "0\n", "0");
}

static void what_is_no_value_is_left_to_the_kernel(void **state)
{
	(void)state;
	assert_fits("memory.max", "lots", "1\n");
	assert_fits("memory.max", "", "1\n");
	assert_fits("memory.max", "5", "\n");
	assert_fits("cpu.max", "x y", "1 2\n");
	assert_fits("io.max", "8:0", "8:0 rbps=1\n");
	assert_fits("io.max", "8:0 rbps", "8:0 rbps=1\n");
	assert_fits("io.max", "8:0 rbps=", "8:0 rbps=1\n");
	assert_fits("io.max", "8:0 =5", "8:0 rbps=1\n");
	assert_fits("cpuset.cpus", "2-1", "0\n");
}

/* ---- plans ---- */

static void put(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int check(const char *dir, const char *name, const char *value,
		 const struct spec_memory *memory, struct err *err)
{
	struct cgroup_write write = { CGROUP_MEMORY, 0, (char[32]){ 0 }, (char[32]){ 0 },
				      "memory.limit" };
	struct cgroup_plan plan = { &write, 1, NULL };
	auto_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	strcpy(write.file, name);
	strcpy(write.value, value);
	assert_true(fd >= 0);
	return cgroup_check_plan(fd, &plan, memory, err);
}

static void every_cgroup_above_is_asked(void **state)
{
	const char *top = ((struct scratch *)*state)->path;
	const struct spec_memory none = { 0 };
	char inner[300], own[320], text[ERR_MSG_SIZE];
	struct err err;

	snprintf(inner, sizeof(inner), "%s/a", top);
	snprintf(own, sizeof(own), "%s/b", inner);
	assert_int_equal(mkdir(inner, 0700), 0);
	assert_int_equal(mkdir(own, 0700), 0);
	put(top, "pids.max", "10\n");
	put(inner, "pids.max", "max\n");
	assert_ok(check(own, "pids.max", "10", &none, &err), &err);
	snprintf(text, sizeof(text),
		 "linux.resources.memory.limit: \"11\" for pids.max is above the limit of the "
		 "cgroup around it (\"%s/pids.max\" is 10)",
		 top);
	assert_fails(check(own, "pids.max", "11", &none, &err), &err, ERR_INPUT, text);
	put(own, "pids.max", "5\n"); /* its own is what changes */
	assert_ok(check(own, "pids.max", "9", &none, &err), &err);
}

static void what_is_in_use_and_stays_is_the_least(void **state)
{
	const char *dir = ((struct scratch *)*state)->path;
	const struct spec_memory none = { 0 };
	const struct spec_memory strict = { .check_before_update = { true, true } };
	const struct spec_memory swap = { .check_before_update = { true, true },
					  .swap = { true, 999 } };
	struct err err;

	put(dir, "memory.current", "1000\n");
	put(dir, "memory.stat",
	    "anon 600\nactive_file 100\ninactive_file 150\nslab_reclaimable 50\n");
	assert_ok(check(dir, "memory.max", "700", &none, &err), &err);
	assert_fails(check(dir, "memory.max", "699", &none, &err), &err, ERR_FAILED,
		     "linux.resources.memory.limit: 699 is below what is in use (700 besides "
		     "files' pages)");
	assert_fails(check(dir, "memory.max", "700", &strict, &err), &err, ERR_FAILED,
		     "linux.resources.memory.limit: 700 is below what is in use (1000, "
		     "checkBeforeUpdate)");
	assert_ok(check(dir, "memory.max", "1000", &strict, &err), &err);
	assert_ok(check(dir, "memory.max", "max", &strict, &err), &err);
	assert_fails(check(dir, "memory.max", "1000", &swap, &err), &err, ERR_FAILED,
		     "linux.resources.memory.swap: 999 is below what is in use (1000, "
		     "checkBeforeUpdate)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_compared_with_the_number_above),
		cmocka_unit_test(no_limit_is_never_above),
		cmocka_unit_test(suffixes_are_the_kernels),
		cmocka_unit_test(weights_and_protections_are_no_limits),
		cmocka_unit_test(a_share_of_the_cpus_is_compared),
		cmocka_unit_test(keyed_files_are_compared_by_key_and_name),
		cmocka_unit_test(cpusets_are_subsets),
		cmocka_unit_test(what_is_no_value_is_left_to_the_kernel),
		scratch_test(every_cgroup_above_is_asked),
		scratch_test(what_is_in_use_and_stays_is_the_least),
	};

	return cmocka_run_group_tests_name("cgroup_check", tests, NULL, NULL);
}
