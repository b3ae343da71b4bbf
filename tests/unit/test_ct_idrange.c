/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/base/mem.h"
#include "runtime/ct/idrange.h"

#define FIRST 0x70000000U
#define LAST 0x7ffc0000U
#define SECOND_AREA 0x23c50000U
#define SECOND_LAST 0x6fff0000U

static void take(struct idrange_list *taken, uint32_t first, uint32_t size)
{
	struct idrange *slot = mem_append(&taken->range, &taken->n, sizeof(*slot));

	assert_non_null(slot);
	*slot = (struct idrange){ first, size };
}

static void assert_pick(const struct idrange_list *taken, uint32_t expected)
{
	struct err err = { 0 };
	uint32_t first = 0;

	if (idrange_pick(taken, &first, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(first, expected);
}

static void first_range_when_nothing_is_taken(void **state)
{
	struct idrange_list taken = { 0 };

	(void)state;
	assert_pick(&taken, FIRST);
}

static void range_that_one_id_of_is_taken_is_skipped(void **state)
{
	auto_idrange_list struct idrange_list taken = { 0 };

	(void)state;
	take(&taken, FIRST + 65535, 1);
	assert_pick(&taken, FIRST + 65536);
	take(&taken, FIRST + 65536, 1);
	assert_pick(&taken, FIRST + 2 * 65536);
	take(&taken, FIRST - 10, 10 + 3 * 65536);
	assert_pick(&taken, FIRST + 3 * 65536);
}

static void ranges_outside_the_areas_do_not_count(void **state)
{
	auto_idrange_list struct idrange_list taken = { 0 };

	(void)state;
	take(&taken, 0, SECOND_AREA);
	take(&taken, LAST + 65536, UINT32_MAX - LAST - 65536);
	assert_pick(&taken, FIRST);
}

static void second_area_follows_a_full_first(void **state)
{
	auto_idrange_list struct idrange_list taken = { 0 };

	(void)state;
	take(&taken, FIRST, LAST - FIRST);
	assert_pick(&taken, LAST);
	take(&taken, LAST, 65536);
	assert_pick(&taken, SECOND_AREA);
	take(&taken, SECOND_AREA, SECOND_LAST - SECOND_AREA);
	assert_pick(&taken, SECOND_LAST);
}

static void none_left_is_an_error(void **state)
{
	auto_idrange_list struct idrange_list taken = { 0 };
	struct err err = { 0 };
	uint32_t first = 7;

	(void)state;
	take(&taken, 0, UINT32_MAX);
	assert_int_equal(idrange_pick(&taken, &first, &err), -1);
	assert_int_equal(first, 7);
	assert_string_equal(err.msg, "no range of 65536 ids is left for another container");
}

static void subuid_lines_are_read(void **state)
{
	auto_idrange_list struct idrange_list taken = { 0 };

	(void)state;
	assert_int_equal(idrange_add_subids(&taken,
					    "a:100000:65536\n\nb:1879048192:65537\nbad\nc:x:1\n"
					    "d:1:\ne:4294967295:65536\nf:99999999999:1\n",
					    NULL),
			 0);
	assert_int_equal(taken.n, 3);
	assert_int_equal(taken.range[0].first, 100000);
	assert_int_equal(taken.range[0].size, 65536);
	assert_pick(&taken, FIRST + 2 * 65536);
}

static struct conf *parse(const char *text)
{
	struct conf *conf = NULL;

	assert_int_equal(conf_parse(text, strlen(text), "7.conf", &conf, NULL), 0);
	return conf;
}

static void range_of_a_conf_is_read_back(void **state)
{
	auto_conf struct conf *conf = parse("HOSTNAME=\"x\"\n");
	auto_idrange_list struct idrange_list taken = { 0 };
	uint32_t first = 0;

	(void)state;
	assert_int_equal(idrange_set(conf, FIRST, NULL), 0);
	assert_string_equal(conf_get(conf, "LOCAL_UID"), "1879048192");
	assert_int_equal(idrange_of_conf(conf, &first, NULL), 0);
	assert_int_equal(first, FIRST);
	assert_int_equal(idrange_add_conf(&taken, conf, NULL), 0);
	assert_pick(&taken, FIRST + 65536);
}

/* Without a range of its own a CT would run on the host's ids. */
static void bad_ranges_in_a_conf_are_refused(void **state)
{
	static const char *const texts[] = {
		"A=1\n",
		"LOCAL_UID=0\n",
		"LOCAL_UID=65535\n",
		"LOCAL_UID=100000\nLOCAL_GID=200000\n",
		"LOCAL_UID=-1\n",
		"LOCAL_UID=4294967295\n",
		"LOCAL_UID=x\n",
	};
	uint32_t first;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		auto_conf struct conf *conf = parse(texts[i]);
		struct err err = { 0 };

		assert_int_equal(idrange_of_conf(conf, &first, &err), -1);
		assert_int_equal(err.code, ERR_INPUT);
	}
}

static void write_conf(const char *dir, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void confs_of_all_other_cts_count(void **state)
{
	char dir[] = "/tmp/vztest-idrange.XXXXXX", command[64];
	auto_idrange_list struct idrange_list taken = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	write_conf(dir, "101.conf", "LOCAL_UID=\"1879048192\"\nLOCAL_GID=\"1879048192\"\n");
	write_conf(dir, "102.conf", "LOCAL_UID=\"1879113728\"\n");
	write_conf(dir, "103.conf", "HOSTNAME=x\n");
	write_conf(dir, "104.conf.destroyed", "LOCAL_UID=\"1879179264\"\n");
	write_conf(dir, "ve-basic.conf-sample", "syntax error\n");
	assert_int_equal(idrange_add_host(&taken, dir, 0, &err), 0);
	assert_pick(&taken, FIRST + 2 * 65536);
	write_conf(dir, "105.conf", "syntax error\n");
	assert_int_equal(idrange_add_host(&taken, dir, 0, &err), -1);
	assert_non_null(strstr(err.msg, "105.conf:1: "));
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_range_when_nothing_is_taken),
		cmocka_unit_test(range_that_one_id_of_is_taken_is_skipped),
		cmocka_unit_test(ranges_outside_the_areas_do_not_count),
		cmocka_unit_test(second_area_follows_a_full_first),
		cmocka_unit_test(none_left_is_an_error),
		cmocka_unit_test(subuid_lines_are_read),
		cmocka_unit_test(range_of_a_conf_is_read_back),
		cmocka_unit_test(bad_ranges_in_a_conf_are_refused),
		cmocka_unit_test(confs_of_all_other_cts_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
