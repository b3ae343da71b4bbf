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
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/base/mem.h"
#include "runtime/ct/ctid.h"

static void ids_are_plain_numbers_in_range(void **state)
{
	static const char *const bad[] = { "",    "0",          "-1",         "+1", " 1",
					   "1 ",  "01",         "0x1",        "1a", "../1",
					   "1\n", "2147483645", "99999999999" };
	uint32_t id = 0;

	(void)state;
	assert_true(ctid_parse("1", &id));
	assert_int_equal(id, 1);
	assert_true(ctid_parse("2147483644", &id));
	assert_int_equal(id, 2147483644);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(ctid_parse(bad[i], &id));
}

static void conf_names_are_told_from_others(void **state)
{
	static const char *const bad[] = {
		"101.conf.destroyed", "101.conf~", ".conf", "0.conf", "ve-basic.conf-sample", "101",
		"99999999999999.conf"
	};
	uint32_t id = 0;

	(void)state;
	assert_true(ctid_of_conf_name("101.conf", &id));
	assert_int_equal(id, 101);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(ctid_of_conf_name(bad[i], NULL));
}

static void names_are_checked(void **state)
{
	static const char *const good[] = { "web", "web 1", "a-b+c_d.e", "1a" };
	static const char *const bad[] = { "",   "101", ".",    "..",   "-x",
					   " x", "a/b", "a\nb", "a\"b", "\xc3\xa4" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(ctid_check_name(good[i], NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(ctid_check_name(bad[i], NULL), -1);
}

static void touch(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT, 0644);

	assert_true(fd >= 0);
	close(fd);
}

static void numbers_and_names_find_their_conf(void **state)
{
	char dir[] = "/tmp/vztest-ctid.XXXXXX", conf_dir[64], command[64];
	struct err err = { 0 };
	uint32_t id = 0;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(conf_dir, sizeof(conf_dir), "%s/conf", dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	assert_int_equal(ctid_find(conf_dir, "101", &id, &err), 0);
	assert_int_equal(ctid_find(conf_dir, "web", &id, &err), 0);
	assert_int_equal(mkdirat(fd, "conf", 0755), 0);
	assert_int_equal(mkdirat(fd, "names", 0755), 0);
	touch(fd, "conf/101.conf");
	assert_int_equal(symlinkat("/etc/vz/conf/101.conf", fd, "names/web"), 0);
	assert_int_equal(symlinkat("/etc/vz/conf/102.conf", fd, "names/gone"), 0);
	assert_int_equal(symlinkat("/etc/passwd", fd, "names/odd"), 0);
	assert_int_equal(ctid_find(conf_dir, "101", &id, &err), 1);
	assert_int_equal(id, 101);
	id = 0;
	assert_int_equal(ctid_find(conf_dir, "web", &id, &err), 1);
	assert_int_equal(id, 101);
	assert_int_equal(ctid_find(conf_dir, "102", &id, &err), 0);
	assert_int_equal(ctid_find(conf_dir, "gone", &id, &err), 0);
	assert_int_equal(ctid_find(conf_dir, "odd", &id, &err), 0);
	assert_int_equal(ctid_find(conf_dir, "../names/web", &id, &err), 0);
	close(fd);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_plain_numbers_in_range),
		cmocka_unit_test(conf_names_are_told_from_others),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(numbers_and_names_find_their_conf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
