/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The controllers by name. */
#include "config.h"

#include "runtime/kernel/cgroup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/str.h"
#include "runtime/kernel/cgroup_file.h"
#include "runtime/kernel/cgroup_limits.h"

#define BIT(controller) (1U << (controller))
#define KNOWN_BITS (BIT(CGROUP_NONE) - 1)

_Static_assert(CGROUP_NONE == CGROUP_CONTROLLERS, "cgroup.h counts the controllers");

static const char *const controller_names[CGROUP_CONTROLLERS] = {
	"cpu", "cpuset", "dmem", "hugetlb", "io", "memory", "misc", "perf_event", "pids", "rdma",
};

const char *cgroup_controller_name(unsigned int bit)
{
	return bit < CGROUP_CONTROLLERS ? controller_names[bit] : NULL;
}

enum cgroup_controller cgroup_controller_of(const char *name, size_t len)
{
	unsigned int i = 0;

	while (i < CGROUP_CONTROLLERS &&
	       (strncmp(name, controller_names[i], len) != 0 || controller_names[i][len] != '\0'))
		i++;
	return (enum cgroup_controller)i;
}

uint32_t cgroup_controllers_parse(const char *text)
{
	uint32_t found = 0;

	while (*text) {
		size_t len = strcspn(text, " \n");

		found |= len > 0 ? BIT(cgroup_controller_of(text, len)) : 0;
		text += len;
		text += strspn(text, " \n");
	}
	return found & KNOWN_BITS;
}

const char *cgroup_why_missing(const char *controller)
{
	const char *v1_name = str_eq(controller, "io") ? "blkio" : controller;
	char text[4096], name[32];
	int hierarchy, enabled;

	if (cgroup_file_read(AT_FDCWD, "/proc/cgroups", text, sizeof(text)) < 0)
		return "not in this kernel";
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%31s %d %*d %d", name, &hierarchy, &enabled) != 3 ||
		    !str_eq(name, v1_name))
			continue;
		if (!enabled)
			return "disabled on the kernel's command line";
		return hierarchy ? "in use by cgroup v1" : "not passed on to this cgroup v2 mount";
	}
	return "not in this kernel";
}
