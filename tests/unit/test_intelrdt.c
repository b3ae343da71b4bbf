/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resctrl groups, in a folder that stands for the mounted resctrl: there a new group has no
 * files, so whatever is written to it fails. */
#include "config.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/kernel/intelrdt.h"

static char dir[] = "/tmp/test_intelrdt.XXXXXX";
static int root = -1;

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -1 : 0;
}

static int remove_dir(void **state)
{
	struct err err;

	(void)state;
	close(root);
	return path_remove_tree(AT_FDCWD, dir, &err);
}

static bool exists(const char *name)
{
	struct stat st;

	return fstatat(root, name, &st, 0) == 0;
}

static void put(const char *path, const char *text)
{
	struct err err;

	assert_ok(fd_replace_file(root, path, text, strlen(text), 0600, 0, &err), &err);
}

static void assert_content(const char *path, const char *want)
{
	char *text;
	struct err err;

	assert_ok(fd_load_at(root, path, 4096, &text, NULL, &err), &err);
	assert_string_equal(text, want);
	free(text);
}

static void make_group(const char *name, const char *schemata)
{
	char path[64];

	assert_return_code(mkdirat(root, name, 0700), errno);
	snprintf(path, sizeof(path), "%s/tasks", name);
	put(path, "");
	snprintf(path, sizeof(path), "%s/schemata", name);
	put(path, schemata);
}

static void values_are_compared_as_the_kernel_shows_them(void **state)
{
	const char have[] = "    MB:0= 100;1=  50\n    L3:0=00ff;1=0F0\n";

	(void)state;
	assert_true(intelrdt_holds(have, "L3:0=ff;1=f0"));
	assert_true(intelrdt_holds(have, "L3:1=0f0;0=FF"));
	assert_true(intelrdt_holds(have, "L3:1=f0"));
	assert_false(intelrdt_holds(have, "L3:0=ff;1=f1"));
	assert_false(intelrdt_holds(have, "L3:2=ff"));
	assert_false(intelrdt_holds(have, "L3CODE:0=ff"));
	assert_false(intelrdt_holds(have, "L2:0=ff"));
	assert_false(intelrdt_holds("", "L3:0=ff"));
	assert_false(intelrdt_holds(have, "L3:garbage"));
}

static void values_with_spaces_are_compared(void **state)
{
	(void)state;
	assert_true(intelrdt_holds("MB:0= 100;1=  50\n", "MB:0=100;1=50"));
	assert_true(intelrdt_holds("MB:0=100", "MB: 0 = 100"));
}

static void group_is_joined(void **state)
{
	const struct spec_intel_rdt rdt = { .given = true, .clos_id = "joined" };
	struct err err;

	(void)state;
	make_group("joined", "L3:0=f\n");
	assert_ok(intelrdt_apply(root, &rdt, "c1", 4711, &err), &err);
	assert_content("joined/tasks", "4711");
	assert_ok(intelrdt_remove(root, &rdt, "c1", &err), &err);
	assert_true(exists("joined"));
}

static void root_group_is_joined(void **state)
{
	const struct spec_intel_rdt rdt = { .given = true, .clos_id = "/" };
	struct err err;

	(void)state;
	put("tasks", "");
	assert_ok(intelrdt_apply(root, &rdt, "c1", 4711, &err), &err);
	assert_content("tasks", "4711");
}

static void group_that_must_exist_is_not_made(void **state)
{
	const struct spec_intel_rdt rdt = { .given = true, .clos_id = "absent" };
	struct err err;

	(void)state;
	assert_fails(intelrdt_apply(root, &rdt, "c1", 1, &err), &err, ENOENT,
		     "linux.intelRdt: the group \"absent\": No such file or directory");
	assert_false(exists("absent"));
}

static void group_with_other_values_is_refused(void **state)
{
	const struct spec_intel_rdt rdt = { .given = true,
					    .clos_id = "other",
					    .l3_cache_schema = "L3:0=ff" };
	struct err err;

	(void)state;
	make_group("other", "L3:0=f\n");
	assert_fails(intelrdt_apply(root, &rdt, "c1", 1, &err), &err, ERR_STATE,
		     "linux.intelRdt: the group \"other\" exists with another value than "
		     "\"L3:0=ff\"");
	assert_content("other/tasks", "");
}

static void schemata_are_written_to_a_group_that_exists(void **state)
{
	char *lines[] = { (char *)(uintptr_t) "L2:0=f", NULL };
	const struct spec_intel_rdt rdt = { .given = true, .clos_id = "lines", .schemata = lines };
	struct err err;

	(void)state;
	make_group("lines", "");
	assert_ok(intelrdt_apply(root, &rdt, "c1", 12, &err), &err);
	assert_content("lines/schemata", "L2:0=f\n");
}

static void own_group_that_fails_half_way_is_removed(void **state)
{
	const struct spec_intel_rdt rdt = { .given = true, .enable_monitoring = true };
	struct err err;

	(void)state;
	assert_int_equal(intelrdt_apply(root, &rdt, "c2", 1, &err), -1);
	assert_false(exists("c2"));
}

static void own_group_is_never_somebody_elses(void **state)
{
	const struct spec_intel_rdt rdt = { .given = true };
	struct err err;

	(void)state;
	make_group("c3", "");
	assert_fails(intelrdt_apply(root, &rdt, "c3", 1, &err), &err, EEXIST,
		     "linux.intelRdt: make the group \"c3\": File exists");
	assert_true(exists("c3"));
}

static void kernels_own_words_are_in_the_error(void **state)
{
	const struct spec_intel_rdt rdt = { .given = true };
	struct err err;

	(void)state;
	assert_return_code(mkdirat(root, "info", 0700), errno);
	put("info/last_cmd_status", "no more groups\n");
	assert_int_equal(intelrdt_apply(root, &rdt, "c3", 1, &err), -1);
	assert_string_equal(err.msg, "linux.intelRdt: make the group \"c3\": File exists "
				     "(no more groups)");
	put("info/last_cmd_status", "ok\n");
}

static void monitoring_group_is_made_and_removed(void **state)
{
	const struct spec_intel_rdt rdt = { .given = true,
					    .clos_id = "watched",
					    .enable_monitoring = true };
	struct err err;

	(void)state;
	make_group("watched", "");
	assert_return_code(mkdirat(root, "watched/mon_groups", 0700), errno);
	/* It has no tasks file here, so that joining it fails: then it is gone again. */
	assert_int_equal(intelrdt_apply(root, &rdt, "c4", 1, &err), -1);
	assert_false(exists("watched/mon_groups/c4"));
	assert_return_code(mkdirat(root, "watched/mon_groups/c4", 0700), errno);
	assert_ok(intelrdt_remove(root, &rdt, "c4", &err), &err);
	assert_false(exists("watched/mon_groups/c4"));
	assert_true(exists("watched"));
	assert_ok(intelrdt_remove(root, &rdt, "c4", &err), &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_compared_as_the_kernel_shows_them),
		cmocka_unit_test(values_with_spaces_are_compared),
		cmocka_unit_test(group_is_joined),
		cmocka_unit_test(root_group_is_joined),
		cmocka_unit_test(group_that_must_exist_is_not_made),
		cmocka_unit_test(group_with_other_values_is_refused),
		cmocka_unit_test(schemata_are_written_to_a_group_that_exists),
		cmocka_unit_test(own_group_that_fails_half_way_is_removed),
		cmocka_unit_test(own_group_is_never_somebody_elses),
		cmocka_unit_test(kernels_own_words_are_in_the_error),
		cmocka_unit_test(monitoring_group_is_made_and_removed),
	};

	return cmocka_run_group_tests_name("intelrdt", tests, make_dir, remove_dir);
}
