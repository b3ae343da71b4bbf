/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "runtime/base/fd.h"
#include "runtime/container/container.h"
#include "runtime/kernel/cgroup.h"

/* The first container makes it, and it stays. */
static int open_top(const struct spec_resources *res, struct err *err)
{
	int fd = cgroup_open_for(CGROUP_PARENT, res, err);

	if (fd < 0 && err->code == ENOENT)
		fd = cgroup_create(CGROUP_PARENT, res, true, NULL, err);
	return fd;
}

int container_weigh_all(unsigned int weight, struct err *err)
{
	/* For the controller; the weight itself does not go through runc's shares. */
	const struct spec_resources res = { .cpu.shares = { .given = true, .value = 1024 } };
	auto_fd int top = open_top(&res, err);
	char text[16];

	snprintf(text, sizeof(text), "%u", weight);
	return top < 0 ? -1 : fd_write_kernel(top, "cpu.weight", text, err);
}
