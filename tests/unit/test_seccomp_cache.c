/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiled filters on disk: found again, never mistaken, never trusted when damaged. */
#include "config.h"

#include "tests/unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/mem.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/kernel/seccomp.h"
#include "runtime/kernel/seccomp_cache.h"

static char parent[] = "/tmp/test_seccomp_cache.XXXXXX";
static char *dir; /* below parent; each test has a new one */

static int new_dir(void **state)
{
	static int n;

	(void)state;
	free(dir);
	dir = str_dupf("%s/%d", parent, n++);
	return dir ? 0 : -1;
}

static int make_parent(void **state)
{
	(void)state;
	return mkdtemp(parent) ? 0 : -1;
}

static int remove_parent(void **state)
{
	struct err err;

	(void)state;
	free(dir);
	return path_remove_tree(AT_FDCWD, parent, &err);
}

static struct spec_seccomp profile(const char *name)
{
	static char *names[2];
	static struct spec_seccomp_rule rule = { .names = names, .action = SECCOMP_DO_ALLOW };

	names[0] = (char *)(uintptr_t)name;
	return (struct spec_seccomp){
		.given = true, .default_action = SECCOMP_DO_ERRNO, .rules = &rule, .rules_n = 1
	};
}

static struct seccomp_program prepare(const char *name, const char *cache)
{
	struct spec_seccomp sec = profile(name);
	struct seccomp_program program;
	struct err err;

	assert_ok(seccomp_prepare(&sec, cache, &program, &err), &err);
	return program;
}

static bool same(const struct seccomp_program *a, const struct seccomp_program *b)
{
	return a->len == b->len && memcmp(a->filter, b->filter, a->len * sizeof(*a->filter)) == 0;
}

/* What the cache must never change: the program of this profile. */
static void assert_right(const char *name)
{
	auto_seccomp struct seccomp_program want = prepare(name, NULL), got = prepare(name, dir);

	assert_true(same(&want, &got));
}

/* The path of the one entry. */
static char *only_entry(void)
{
	struct strbuf path = { 0 };
	DIR *d = opendir(dir);
	struct dirent *entry;

	assert_non_null(d);
	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.') {
			assert_int_equal(path.len, 0);
			strbuf_addf(&path, "%s/%s", dir, entry->d_name);
		}
	closedir(d);
	return path.len ? strbuf_steal(&path) : NULL;
}

static size_t count_entries(void)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	size_t n = 0;

	assert_non_null(d);
	while ((entry = readdir(d)))
		n += entry->d_name[0] != '.';
	closedir(d);
	return n;
}

/* A program that no compiler makes, so that it can only come from the cache. */
static const struct sock_filter planted[] = { BPF_STMT(BPF_RET | BPF_K, 4711) };

static void plant(const char *name)
{
	struct spec_seccomp sec = profile(name);
	auto_strbuf struct strbuf key = { 0 };

	seccomp_cache_key(&sec, &key);
	seccomp_cache_store(dir, &key, planted, 1);
}

static bool is_planted(const char *name)
{
	auto_seccomp struct seccomp_program program = prepare(name, dir);

	return program.len == 1 && program.filter[0].k == planted[0].k;
}

static void entry_is_found_again(void **state)
{
	(void)state;
	plant("getpid");
	assert_true(is_planted("getpid"));
	assert_true(is_planted("getpid"));
}

static void compiled_program_is_kept(void **state)
{
	auto_free char *path = NULL;
	struct stat st;

	(void)state;
	assert_right("getpid");
	path = only_entry();
	assert_non_null(path);
	assert_return_code(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_return_code(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_right("getpid");
}

static void other_profile_is_another_entry(void **state)
{
	(void)state;
	plant("getpid");
	assert_right("getppid");
	assert_true(is_planted("getpid"));
	assert_int_equal(count_entries(), 2);
}

static void everything_in_the_profile_is_in_the_key(void **state)
{
	static char *archs[] = { (char *)(uintptr_t) "SCMP_ARCH_X86", NULL };
	static struct spec_seccomp_arg arg = { .index = 1, .op = 4 };
	struct spec_seccomp_rule rules[2] = { *profile("getpid").rules, *profile("getpid").rules };
	struct spec_seccomp base = profile("getpid"), v[9];
	struct strbuf keys[ARRAY_SIZE(v)] = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		v[i] = base;
	v[1].default_action = SECCOMP_DO_TRAP;
	v[2].default_errno_ret = (struct spec_u64){ .given = true };
	v[3].architectures = archs;
	v[4].rules_n = 0;
	v[5].rules_n = 2;
	v[5].rules = rules;
	rules[0].action = SECCOMP_DO_LOG;
	v[6].rules = rules;
	v[7].rules = &(struct spec_seccomp_rule){ .names = rules[1].names,
						  .action = SECCOMP_DO_ALLOW,
						  .errno_ret = { .given = true, .value = 3 } };
	v[8].rules = &(struct spec_seccomp_rule){
		.names = rules[1].names, .action = SECCOMP_DO_ALLOW, .args = &arg, .args_n = 1
	};
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		seccomp_cache_key(&v[i], &keys[i]);
		for (size_t j = 0; j < i; j++)
			assert_false(keys[i].len == keys[j].len &&
				     memcmp(keys[i].text, keys[j].text, keys[i].len) == 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		strbuf_done(&keys[i]);
}

static void flags_share_an_entry(void **state)
{
	struct spec_seccomp sec = profile("getpid");
	struct err err;

	(void)state;
	plant("getpid");
	sec.flag_log = true;
	auto_seccomp struct seccomp_program program = { 0 };

	assert_ok(seccomp_prepare(&sec, dir, &program, &err), &err);
	assert_int_equal(program.filter[0].k, planted[0].k);
}

/* ---- what must not be trusted ---- */

static void damage(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	unsigned char byte;

	assert_return_code(fd, 0);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static void damaged_entry_is_made_anew(void **state)
{
	auto_free char *path = NULL;
	struct stat st;

	(void)state;
	plant("getpid");
	path = only_entry();
	assert_return_code(stat(path, &st), 0);
	for (off_t at = 0; at < st.st_size; at++) {
		damage(path, at);
		assert_false(is_planted("getpid"));
		assert_right("getpid");
		unlink(path);
		plant("getpid");
	}
}

static void cut_entry_is_made_anew(void **state)
{
	auto_free char *path = NULL;
	struct stat st;

	(void)state;
	plant("getpid");
	path = only_entry();
	assert_return_code(stat(path, &st), 0);
	for (off_t len = 0; len < st.st_size; len += 7) {
		assert_return_code(truncate(path, len), 0);
		assert_right("getpid");
		unlink(path);
		plant("getpid");
	}
}

static void entry_under_a_wrong_name_is_not_taken(void **state)
{
	auto_free char *mine = NULL, *other = NULL;

	(void)state;
	plant("getpid");
	mine = only_entry();
	auto_free char *aside = str_dupf("%s.aside", parent);

	assert_return_code(rename(mine, aside), 0);
	plant("getppid");
	other = only_entry();
	assert_return_code(rename(aside, other), 0);
	assert_false(is_planted("getppid"));
	assert_right("getppid");
}

static void entry_that_others_can_write_is_not_taken(void **state)
{
	auto_free char *path = NULL;

	(void)state;
	plant("getpid");
	path = only_entry();
	assert_return_code(chmod(path, 0620), 0);
	assert_false(is_planted("getpid"));
	assert_right("getpid");
}

static void entry_of_another_user_is_not_taken(void **state)
{
	auto_free char *path = NULL;

	(void)state;
	if (geteuid() != 0)
		skip();
	plant("getpid");
	path = only_entry();
	assert_return_code(chown(path, 1, 0), 0);
	assert_false(is_planted("getpid"));
}

static void link_is_not_followed(void **state)
{
	auto_free char *path = NULL, *aside = str_dupf("%s.link", parent);

	(void)state;
	plant("getpid");
	path = only_entry();
	assert_return_code(rename(path, aside), 0);
	assert_return_code(symlink(aside, path), 0);
	assert_false(is_planted("getpid"));
	unlink(aside);
}

/* ---- what the cache can't do is no error ---- */

static void folder_that_others_can_write_is_not_used(void **state)
{
	(void)state;
	assert_return_code(mkdir(dir, 0700), 0);
	assert_return_code(chmod(dir, 0770), 0);
	assert_right("getpid");
	assert_int_equal(count_entries(), 0);
}

static void folder_that_can_not_be_is_no_error(void **state)
{
	auto_seccomp struct seccomp_program program = prepare("getpid", "/dev/null/cache");

	(void)state;
	assert_true(program.len > 0);
}

static void oldest_entries_make_room(void **state)
{
	const struct timespec old[] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	auto_free char *first = NULL;

	(void)state;
	plant("getpid");
	first = only_entry();
	for (int i = 0; i < SECCOMP_CACHE_ENTRIES + 20; i++) {
		auto_free char *path = str_dupf("%s/%016d", dir, i);
		int fd = open(path, O_WRONLY | O_CREAT, 0600);

		assert_return_code(fd, 0);
		assert_return_code(futimens(fd, old), 0);
		close(fd);
	}
	plant("getppid");
	assert_int_equal(count_entries(), SECCOMP_CACHE_ENTRIES);
	assert_true(is_planted("getpid"));
	assert_true(is_planted("getppid"));
}

static void leftover_of_a_killed_writer_is_no_obstacle(void **state)
{
	auto_free char *path = NULL, *half = NULL;
	int fd;

	(void)state;
	plant("getpid");
	path = only_entry();
	assert_return_code(unlink(path), 0);
	half = str_dupf("%s.%d", path, getpid());
	fd = open(half, O_WRONLY | O_CREAT, 0600);
	assert_return_code(fd, 0);
	close(fd);
	plant("getpid");
	assert_true(is_planted("getpid"));
	assert_int_equal(count_entries(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(entry_is_found_again, new_dir),
		cmocka_unit_test_setup(compiled_program_is_kept, new_dir),
		cmocka_unit_test_setup(other_profile_is_another_entry, new_dir),
		cmocka_unit_test_setup(everything_in_the_profile_is_in_the_key, new_dir),
		cmocka_unit_test_setup(flags_share_an_entry, new_dir),
		cmocka_unit_test_setup(damaged_entry_is_made_anew, new_dir),
		cmocka_unit_test_setup(cut_entry_is_made_anew, new_dir),
		cmocka_unit_test_setup(entry_under_a_wrong_name_is_not_taken, new_dir),
		cmocka_unit_test_setup(entry_that_others_can_write_is_not_taken, new_dir),
		cmocka_unit_test_setup(entry_of_another_user_is_not_taken, new_dir),
		cmocka_unit_test_setup(link_is_not_followed, new_dir),
		cmocka_unit_test_setup(folder_that_others_can_write_is_not_used, new_dir),
		cmocka_unit_test_setup(folder_that_can_not_be_is_no_error, new_dir),
		cmocka_unit_test_setup(oldest_entries_make_room, new_dir),
		cmocka_unit_test_setup(leftover_of_a_killed_writer_is_no_obstacle, new_dir),
	};

	return cmocka_run_group_tests_name("seccomp_cache", tests, make_parent, remove_parent);
}
