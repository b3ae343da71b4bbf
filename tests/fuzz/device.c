/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a conf says of devices, bind mounts, capabilities and features; what a caller of mknod(2)
 * says. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/ct/bind.h"
#include "runtime/ct/capability.h"
#include "runtime/ct/device.h"
#include "runtime/ct/feature.h"
#include "runtime/kernel/mknod_request.h"
#include "tests/fuzz/fuzz.h"

static void try_devices(const char *text)
{
	auto_device_list struct device_list list = { 0 };
	auto_free struct spec_device_rule *rules = NULL;
	struct err err = { 0 };
	size_t n = 0;

	if (device_read(NULL, text, NULL, &list, &err) < 0)
		fuzz_assert_message(&err);
	for (size_t i = 0; i < list.n; i++) {
		const char *name = list.list[i].name;

		fuzz_assert(*name && *name != '/' && !strstr(name, "//") &&
			    !strpbrk(name, " \n\""));
		fuzz_assert(!str_starts(name, "../") && !strstr(name, "/../") &&
			    !str_ends(name, "/.."));
	}
	device_done(&list);
	if (device_read(NULL, NULL, text, &list, &err) < 0) {
		fuzz_assert_message(&err);
		return;
	}
	fuzz_assert(device_rules(&list, &rules, &n, &err) == 0 && n <= 2 * list.n + 1);
	for (size_t i = 1; i < n; i++)
		fuzz_assert(!rules[i].mknod && (rules[i].read || rules[i].write));
}

/* What was added once is there once, and can be taken away. */
static void try_binds(const char *text)
{
	auto_bind_list struct bind_list list = { 0 };
	auto_free char *once = NULL, *twice = NULL, *gone = NULL;
	struct err err = { 0 };

	if (bind_read(text, NULL, &list, &err) < 0)
		fuzz_assert_message(&err);
	for (size_t i = 0; i < list.n; i++)
		fuzz_assert(*list.list[i].target == '/' && list.list[i].target[1] &&
			    !strstr(list.list[i].target, "/../") &&
			    !str_starts(list.list[i].target, "/proc/"));
	bind_done(&list);
	if (bind_add(NULL, text, "text", &once, &err) < 0) {
		fuzz_assert_message(&err);
		return;
	}
	fuzz_assert(bind_read(once, NULL, &list, &err) == 0 && list.n == 1);
	fuzz_assert(bind_add(once, text, "text", &twice, &err) == 0 && str_eq(once, twice));
	fuzz_assert(bind_del(once, list.list[0].target, "text", &gone, &err) == 0 && !*gone);
}

static void try_capabilities(const char *text)
{
	auto_free char *once = NULL, *twice = NULL;
	uint64_t given = 0, kept = 0;
	struct err err = { 0 };

	if (capability_read(text, &given, &err) < 0) {
		fuzz_assert_message(&err);
		return;
	}
	fuzz_assert(capability_set(NULL, text, "text", &once, &err) == 0);
	fuzz_assert(capability_read(once, &kept, &err) == 0 && kept == given);
	fuzz_assert(capability_set(once, text, "text", &twice, &err) == 0 && str_eq(once, twice));
}

static void try_features(const char *text)
{
	auto_free char *all = NULL;
	struct err err = { 0 };
	bool before, after;

	if (feature_set(NULL, text, &all, &err) < 0) {
		fuzz_assert_message(&err);
		return;
	}
	fuzz_assert(feature_is_on(text, "tun", &before, &err) == 0);
	fuzz_assert(feature_is_on(all, "tun", &after, &err) == 0 && before == after);
	fuzz_assert(!feature_waits(text, all));
}

static void try_caller(const char *text)
{
	size_t name = 0, folder = 0;
	uint64_t number;

	mknod_field(text, "\nCapEff:", 16, &number);
	mknod_field(text, "\nUmask:", 8, &number);
	if (!mknod_split(text, &name, &folder))
		return;
	fuzz_assert(text[name] && !strchr(text + name, '/') && folder <= name);
	fuzz_assert(!str_eq(text + name, ".") && !str_eq(text + name, ".."));
	fuzz_assert(folder <= 1 || text[folder - 1] != '/');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = fuzz_text(data, size);

	try_devices(text);
	try_binds(text);
	try_capabilities(text);
	try_features(text);
	try_caller(text);
	return 0;
}
