/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a notification of mknod(2) asks for. */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/kernel/mknod_request.h"
#include "tests/unit/unit.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#else
#define ARCH AUDIT_ARCH_AARCH64
#endif

static void calls_are_told_apart(void **state)
{
	struct seccomp_data data = { .nr = __NR_mknodat, .arch = ARCH };
	bool at = false;

	(void)state;
	assert_true(mknod_call(&data, &at) && at);
	data.nr = __NR_openat;
	assert_false(mknod_call(&data, &at));
	data = (struct seccomp_data){ .nr = 14, .arch = MKNOD_ARCH_32 };
	assert_true(mknod_call(&data, &at) && !at);
	data.nr = MKNODAT_32;
	assert_true(mknod_call(&data, &at) && at);
	data = (struct seccomp_data){ .nr = 14, .arch = ARCH };
	assert_false(mknod_call(&data, &at));
#ifdef __NR_mknod
	data.nr = __NR_mknod;
	assert_true(mknod_call(&data, &at) && !at);
	data.nr |= MKNOD_X32_BIT;
	assert_true(mknod_call(&data, &at) && !at);
#endif
}

static void arguments_are_read(void **state)
{
	struct seccomp_data data = {
		.nr = __NR_mknodat,
		.arch = ARCH,
		.args = { (uint64_t)-100, 0x123456789, S_IFCHR | 0640, (10 << 8) | 200 },
	};
	struct mknod_request request;

	(void)state;
	assert_true(mknod_parse(&data, &request));
	assert_int_equal(request.dirfd, AT_FDCWD);
	assert_int_equal(request.path, 0x123456789);
	assert_int_equal(request.mode, S_IFCHR | 0640);
	assert_int_equal(request.major, 10);
	assert_int_equal(request.minor, 200);
	data.args[0] = 7;
	data.args[2] = S_IFBLK;
	data.args[3] = 0xffffffff;
	assert_true(mknod_parse(&data, &request));
	assert_int_equal(request.dirfd, 7);
	assert_int_equal(request.major, 0xfff);
	assert_int_equal(request.minor, 0xfffff);
	/* What a 32-bit program has in the upper halves is not its own. */
	data = (struct seccomp_data){
		.nr = 14,
		.arch = MKNOD_ARCH_32,
		.args = { 0xffffffff12345678, S_IFCHR | 0600, (10 << 8) | 229 },
	};
	assert_true(mknod_parse(&data, &request));
	assert_int_equal(request.dirfd, AT_FDCWD);
	assert_int_equal(request.path, 0x12345678);
	assert_int_equal(request.minor, 229);
}

static void only_devices_are_asked_for(void **state)
{
	static const unsigned int types[] = { 0, S_IFREG, S_IFIFO, S_IFSOCK, S_IFDIR };
	struct seccomp_data data = { .nr = __NR_mknodat, .arch = ARCH };
	struct mknod_request request;

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		data.args[2] = types[i] | 0600;
		assert_false(mknod_parse(&data, &request));
	}
}

static void nodes_are_named_by_number(void **state)
{
	struct mknod_request request = { .mode = S_IFCHR, .major = 10, .minor = 200 };
	char name[MKNOD_NAME_SIZE];

	(void)state;
	mknod_name(&request, name);
	assert_string_equal(name, "/dev/.vzrun/nodes/c10:200");
	request = (struct mknod_request){ .mode = S_IFBLK, .major = 4095, .minor = 1048575 };
	mknod_name(&request, name);
	assert_string_equal(name, "/dev/.vzrun/nodes/b4095:1048575");
	request = (struct mknod_request){ .mode = S_IFCHR };
	mknod_name(&request, name);
	assert_string_equal(name, "/dev/.vzrun/nodes/c0:0");
}

static void paths_are_split(void **state)
{
	static const struct {
		const char *path;
		size_t name, folder;
	} good[] = {
		{ "/dev/net/tun", 9, 8 }, { "tun", 0, 0 },  { "/tun", 1, 1 },
		{ "a//b", 3, 1 },         { "//b", 2, 1 },  { "../b", 3, 2 },
		{ "a/...", 2, 1 },        { "a/.b", 2, 1 }, { "a/..b", 2, 1 },
	};
	static const char *const bad[] = { "", "/", "a/", "a//", ".", "..", "a/.", "a/..", "/." };
	size_t name, folder;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(mknod_split(good[i].path, &name, &folder));
		assert_int_equal(name, good[i].name);
		assert_int_equal(folder, good[i].folder);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(mknod_split(bad[i], &name, &folder));
}

static void fields_of_a_status_are_read(void **state)
{
	static const char text[] = "Name:\tCapEff: 1\nUmask:\t0022\nCapInh:\t0000000000000000\n"
				   "CapEff:\t000001fffffeffff\nX:";
	uint64_t number;

	(void)state;
	assert_true(mknod_field(text, "\nCapEff:", 16, &number));
	assert_int_equal(number, 0x1fffffeffff);
	assert_true(mknod_field(text, "\nUmask:", 8, &number));
	assert_int_equal(number, 022);
	assert_false(mknod_field(text, "\nCapBnd:", 16, &number));
	assert_false(mknod_field(text, "\nX:", 16, &number));
	assert_false(mknod_field("", "\nX:", 16, &number));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_told_apart),
		cmocka_unit_test(arguments_are_read),
		cmocka_unit_test(only_devices_are_asked_for),
		cmocka_unit_test(nodes_are_named_by_number),
		cmocka_unit_test(paths_are_split),
		cmocka_unit_test(fields_of_a_status_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
