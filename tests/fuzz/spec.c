/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A document is refused with one line, or all that is said of it in spec.h holds. */
#include "config.h"

#include <linux/mount.h>
#include <string.h>

#include "runtime/spec/spec.h"
#include "tests/fuzz/fuzz.h"

static bool is_clean(const char *path)
{
	return path[0] == '/' && !strstr(path, "//") && !strstr(path, "/../") &&
	       !strstr(path, "/./") && !str_ends(path, "/..") && !str_ends(path, "/.") &&
	       (!path[1] || !str_ends(path, "/"));
}

static void check_process(const struct spec_process *process)
{
	fuzz_assert(process->args && process->args[0] && *process->args[0]);
	fuzz_assert(process->cwd[0] == '/');
	for (char *const *env = process->env; env && *env; env++)
		fuzz_assert(strchr(*env, '='));
	fuzz_assert(process->caps.bounding >> 41 == 0);
}

static void check_maps(const struct spec_id_maps *maps)
{
	for (size_t i = 0; i < maps->n; i++) {
		fuzz_assert(maps->map[i].size > 0);
		fuzz_assert(maps->map[i].host_id + maps->map[i].size > maps->map[i].host_id);
	}
}

static void check_mount(const struct spec_mount *mount)
{
	fuzz_assert(is_clean(mount->destination));
	fuzz_assert(!mount->bind || (mount->type && str_eq(mount->type, "bind")));
	fuzz_assert(!mount->bind || !mount->data);
	fuzz_assert(!mount->data || mount->data[0]);
	/* The kernel refuses anything else. */
	fuzz_assert((mount->attr_set & mount->attr_clr & ~(uint64_t)MOUNT_ATTR__ATIME) == 0);
	fuzz_assert(!(mount->attr_set & MOUNT_ATTR__ATIME) ||
		    (mount->attr_clr & MOUNT_ATTR__ATIME) == MOUNT_ATTR__ATIME);
	fuzz_assert((mount->uid_mappings.n > 0) == (mount->gid_mappings.n > 0));
	check_maps(&mount->uid_mappings);
	check_maps(&mount->gid_mappings);
}

static void check_paths(char *const *paths)
{
	for (; paths && *paths; paths++)
		fuzz_assert(is_clean(*paths));
}

static void check_seccomp(const struct spec_seccomp *seccomp)
{
	fuzz_assert(seccomp->default_action != SECCOMP_DO_NONE);
	for (size_t i = 0; i < seccomp->rules_n; i++) {
		const struct spec_seccomp_rule *rule = &seccomp->rules[i];

		fuzz_assert(rule->names[0] && rule->action != SECCOMP_DO_NONE);
		for (size_t j = 0; j < rule->args_n; j++)
			fuzz_assert(rule->args[j].index <= 5 && rule->args[j].op >= 1 &&
				    rule->args[j].op <= 7);
	}
}

static void check_linux(const struct spec_linux *lin)
{
	check_maps(&lin->uid_mappings);
	check_maps(&lin->gid_mappings);
	for (size_t i = 0; i < lin->devices_n; i++) {
		fuzz_assert(is_clean(lin->devices[i].path) && lin->devices[i].path[1]);
		fuzz_assert(strchr("bcup", lin->devices[i].type) && lin->devices[i].type);
		fuzz_assert(lin->devices[i].major >= 0 && lin->devices[i].minor >= 0);
	}
	for (size_t i = 0; i < lin->net_devices_n; i++)
		fuzz_assert(*lin->net_devices[i].name && *lin->net_devices[i].host_name);
	for (size_t i = 0; i < lin->sysctl_n; i++)
		fuzz_assert(*lin->sysctl[i].key != '/' && !strstr(lin->sysctl[i].key, ".."));
	check_paths(lin->masked_paths);
	check_paths(lin->readonly_paths);
	if (lin->seccomp.given)
		check_seccomp(&lin->seccomp);
}

static void check_spec(const struct spec *spec)
{
	fuzz_assert(spec->oci_version && spec->root_path && *spec->root_path);
	if (spec->process.given)
		check_process(&spec->process);
	for (size_t i = 0; i < spec->mounts_n; i++)
		check_mount(&spec->mounts[i]);
	check_linux(&spec->lin);
	for (int kind = 0; kind < HOOK_KINDS; kind++)
		for (size_t i = 0; i < spec->hooks[kind].n; i++)
			fuzz_assert(spec->hooks[kind].list[i].path[0] == '/' &&
				    spec->hooks[kind].list[i].timeout_sec >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_spec struct spec *spec = NULL, *process = NULL, *resources = NULL;
	struct err err = { 0 };

	if (spec_parse((const char *)data, size, "config.json", &spec, &err) == 0)
		check_spec(spec);
	else
		fuzz_assert_message(&err);
	if (spec_parse_process((const char *)data, size, "process", &process, &err) == 0)
		check_process(&process->process);
	else
		fuzz_assert_message(&err);
	if (spec_parse_resources((const char *)data, size, "resources", &resources, &err) == 0)
		fuzz_assert(resources->lin.resources.given);
	else
		fuzz_assert_message(&err);
	return 0;
}
