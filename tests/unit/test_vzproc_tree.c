/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/unit.h"

#include <sys/stat.h>

#include "runtime/vzproc/tree.h"

static void expect(const char *path, mode_t mode, bool has_ctid, uint32_t ctid)
{
	struct tree_node node;

	if (!tree_find(path, &node))
		fail_msg("%s is not there", path);
	assert_int_equal(node.row->mode, mode);
	assert_int_equal(node.has_ctid, has_ctid);
	if (has_ctid)
		assert_int_equal(node.ctid, ctid);
	assert_int_equal(S_ISREG(mode), node.row->make != NULL);
}

static void paths_are_found_with_their_ctid(void **state)
{
	(void)state;
	expect("/", S_IFDIR | 0555, false, 0);
	expect("/vz/version", S_IFREG | 0444, false, 0);
	expect("/vz/vestat", S_IFREG | 0400, false, 0);
	expect("/bc/resources", S_IFREG | 0400, false, 0);
	expect("/bc/101", S_IFDIR | 0555, true, 101);
	expect("/bc/2147483644/resources", S_IFREG | 0400, true, 2147483644);
	expect("/vz/beancounter/7/blkio.io_service_bytes", S_IFREG | 0400, true, 7);
}

static void what_is_no_path_is_not_found(void **state)
{
	static const char *const bad[] = { "",
					   "/vz/",
					   "/vz/nothing",
					   "/bc/",
					   "/bc/*",
					   "/bc/0101",
					   "/bc/-1/resources",
					   "/bc/2147483645",
					   "/bc/123456789012345678901234567890/resources",
					   "/bc/101/resources/x",
					   "/bc/../vz/version",
					   "/bc//resources",
					   "/user_beancounters/101" };
	struct tree_node node;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (tree_find(bad[i], &node))
			fail_msg("%s is found", bad[i]);
}

static void expect_list(const char *path, const char *const *names)
{
	const struct tree_row *row = NULL;
	struct tree_node node;

	assert_true(tree_find(path, &node));
	for (; *names; names++) {
		row = tree_next(node.row, row);
		assert_non_null(row);
		assert_string_equal(tree_name(row), *names);
	}
	assert_null(tree_next(node.row, row));
}

static void folders_list_what_is_in_them(void **state)
{
	(void)state;
	expect_list("/", (const char *const[]){ "bc", "user_beancounters", "vz", NULL });
	expect_list("/bc", (const char *const[]){ "*", "resources", NULL });
	expect_list("/bc/5", (const char *const[]){ "resources", NULL });
	expect_list("/vz/beancounter", (const char *const[]){ "*", NULL });
	expect_list("/vz", (const char *const[]){ "beancounter", "veinfo", "version", "vestat",
						  "vswap", "vzquota", NULL });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_found_with_their_ctid),
		cmocka_unit_test(what_is_no_path_is_not_found),
		cmocka_unit_test(folders_list_what_is_in_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
