/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/unit.h"

#include <fcntl.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/kernel/cgroup_file.h"
#include "runtime/kernel/cgroup_undo.h"

/* The writes, a ";" behind each. */
static void assert_lines(const char *name, const char *before, const char *now, const char *want)
{
	auto_strv char **lines = cgroup_undo_lines(name, before, now);
	auto_strbuf struct strbuf sb = { 0 };

	assert_non_null(lines);
	for (char **line = lines; *line; line++)
		strbuf_addf(&sb, "%s;", *line);
	assert_string_equal(sb.text ? sb.text : "", want);
}

static void a_value_is_written_whole(void **state)
{
	(void)state;
	assert_lines("memory.max", "max\n", "4096\n", "max\n;");
	assert_lines("cpu.max", "max 100000\n", "50000 50000\n", "max 100000\n;");
	assert_lines("cpuset.cpus", "\n", "0-3\n", "\n;");
	assert_lines("memory.max", "4096\n", "4096\n", "");
}

static void a_device_is_a_write_of_its_own(void **state)
{
	const char *before = "8:0 rbps=max wbps=9 riops=max wiops=max\n"
			     "8:16 rbps=1 wbps=max riops=max wiops=max\n";

	(void)state;
	assert_lines("io.max", before, before, "");
	assert_lines("io.max", before, "8:16 rbps=1 wbps=max riops=max wiops=max\n",
		     "8:0 rbps=max wbps=9 riops=max wiops=max;");
	assert_lines("io.max", before,
		     "8:0 rbps=max wbps=9 riops=max wiops=max\n"
		     "8:16 rbps=2 wbps=max riops=max wiops=max\n",
		     "8:16 rbps=1 wbps=max riops=max wiops=max;");
}

static void a_device_that_had_no_limit_loses_it(void **state)
{
	(void)state;
	assert_lines("io.max", "", "8:0 rbps=max wbps=9 riops=max wiops=max\n",
		     "8:0 rbps=max wbps=max riops=max wiops=max;");
	assert_lines("io.weight", "default 100\n", "default 50\n8:0 200\n",
		     "default 100;8:0 default;");
	/* 8:1 is not 8:16. */
	assert_lines("io.latency", "8:16 target=5\n", "8:16 target=5\n8:1 target=5\n",
		     "8:1 target=0;");
}

static int folder(char path[32])
{
	strcpy(path, "/tmp/test_undo.XXXXXX");
	assert_non_null(mkdtemp(path));
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void put(int dir, const char *name, const char *text)
{
	assert_int_equal(fd_replace_file(dir, name, text, strlen(text), 0600, 0, NULL), 0);
}

static void what_was_noted_first_comes_back(void **state)
{
	auto_cgroup_undo struct cgroup_undo undo = { NULL, 0 };
	struct err err = { 0 };
	char path[32], text[64];
	auto_fd int dir = folder(path);

	(void)state;
	put(dir, "pids.max", "100\n");
	put(dir, "cpu.idle", "0\n");
	put(dir, "cpu.weight", "79\n");
	assert_ok(cgroup_undo_note(&undo, dir, "pids.max", &err), &err);
	put(dir, "pids.max", "200\n");
	assert_ok(cgroup_undo_note(&undo, dir, "pids.max", &err), &err);
	assert_ok(cgroup_undo_note(&undo, dir, "memory.max", &err), &err);
	assert_ok(cgroup_undo_note(&undo, dir, "cpu.idle", &err), &err);
	put(dir, "cpu.weight", "00\n");
	assert_null(cgroup_undo_apply(&undo, dir));
	assert_true(cgroup_file_read(dir, "pids.max", text, sizeof(text)) > 0);
	assert_string_equal(text, "100\n");
	assert_true(cgroup_file_read(dir, "cpu.weight", text, sizeof(text)) > 0);
	assert_string_equal(text, "79\n");
	assert_int_equal(undo.n, 3);
	path_remove_tree(AT_FDCWD, path, NULL);
	assert_string_equal(cgroup_undo_apply(&undo, dir), "pids.max");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_written_whole),
		cmocka_unit_test(a_device_is_a_write_of_its_own),
		cmocka_unit_test(a_device_that_had_no_limit_loses_it),
		cmocka_unit_test(what_was_noted_first_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
