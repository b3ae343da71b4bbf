/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Performs the writes that cgroup_limits.c plans. */
#include "config.h"

#include "runtime/kernel/cgroup.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/str.h"
#include "runtime/kernel/cgroup_file.h"
#include "runtime/kernel/cgroup_limits.h"
#include "runtime/kernel/cgroup_undo.h"

/* The number that a file begins with; -1 for "max" and where there is none. */
static int64_t first_number(int fd, const char *file)
{
	char text[256];
	int64_t value;

	if (cgroup_file_read(fd, file, text, sizeof(text)) < 0 ||
	    sscanf(text, "%" SCNd64, &value) != 1)
		return -1;
	return value;
}

static struct cgroup_now now_in(int fd, const struct spec_resources *res)
{
	struct cgroup_now now = { -1, -1 };

	if (cgroup_plan_needs_memory_max(res))
		now.memory_max = first_number(fd, "memory.max");
	if (cgroup_plan_needs_cpu_quota(res))
		now.cpu_quota = first_number(fd, "cpu.max");
	return now;
}

/* A file that is not there: does the cgroup lack the controller as a whole? */
static bool lacks_controller(int fd, enum cgroup_controller controller)
{
	char text[512];

	if (controller == CGROUP_NONE ||
	    cgroup_file_read(fd, "cgroup.controllers", text, sizeof(text)) < 0)
		return false;
	return !(cgroup_controllers_parse(text) & (1U << controller));
}

/* What the kernel's refusal means for this file, where the errno alone does not tell. */
static int explain(int fd, const char *file, struct err *err)
{
	char current[NAME_MAX + 1];
	size_t base = strlen(file) - strlen("max");

	if (err && err->code == EBUSY && str_starts(file, "hugetlb.") && str_ends(file, ".max")) {
		snprintf(current, sizeof(current), "%.*scurrent", (int)base, file);
		return err_hint(err, "in use: %" PRId64, first_number(fd, current));
	}
	if (err && err->code == EOPNOTSUPP && str_ends(file, "weight"))
		return err_hint(err, "the device's I/O scheduler knows no weights: choose bfq in "
				     "its queue/scheduler, or switch on io.cost.qos");
	if (err && err->code == ENODEV && str_starts(file, "io."))
		return err_hint(err, "no such block device, or it is a partition");
	return -1;
}

/* *absent: was the file of the write before not there? Is then that of this one. */
static int perform(int fd, const struct cgroup_write *write, bool *absent, struct err *err)
{
	int why;

	if ((write->flags & CGROUP_WRITE_ELSE) && !*absent)
		return 0;
	*absent = false;
	if (cgroup_file_write(fd, write->file, write->value) == 0)
		return 0;
	why = errno;
	*absent = why == ENOENT || (why == EOPNOTSUPP && (write->flags & CGROUP_WRITE_TRY));
	if (*absent &&
	    ((write->flags & CGROUP_WRITE_OPTIONAL) || lacks_controller(fd, write->controller)))
		return 0;
	if (why == EINVAL && (write->flags & CGROUP_WRITE_EARLY))
		return 0;
	errno = why;
	err_sys(err, "linux.resources.%s: set \"%s\" to \"%s\"", write->member, write->file,
		write->value);
	return explain(fd, write->file, err);
}

int cgroup_plan_for(int fd, const struct spec_resources *res, struct cgroup_plan *ret,
		    struct err *err)
{
	struct cgroup_now now = now_in(fd, res);

	if (cgroup_plan_init(ret, res, &now, err) < 0)
		return -1;
	if (cgroup_check_plan(fd, ret, &res->memory, err) == 0)
		return 0;
	cgroup_plan_done(ret);
	return -1;
}

/* A limit below what is in use: nothing that is put back afterwards brings the killed back. */
static bool may_kill(const struct cgroup_write *write)
{
	return str_eq(write->file, "memory.max");
}

/* Those that may kill, or those that may not. undo, where given, gets to know what the files held
 * before. */
static int perform_all(int fd, const struct cgroup_plan *plan, bool killers,
		       struct cgroup_undo *undo, struct err *err)
{
	bool absent = false;

	for (size_t i = 0; i < plan->n; i++) {
		const struct cgroup_write *write = &plan->write[i];

		if (may_kill(write) != killers)
			continue;
		if ((undo && cgroup_undo_note(undo, fd, write->file, err) < 0) ||
		    perform(fd, write, &absent, err) < 0)
			return -1;
	}
	return 0;
}

static int apply(int fd, const struct spec_resources *res, struct cgroup_undo *undo,
		 struct err *err)
{
	struct cgroup_plan plan;
	int failed;

	if (cgroup_plan_for(fd, res, &plan, err) < 0)
		return -1;
	failed = perform_all(fd, &plan, false, undo, err);
	if (!failed)
		failed = perform_all(fd, &plan, true, undo, err);
	cgroup_plan_done(&plan);
	return failed;
}

int cgroup_apply(int fd, const struct spec_resources *res, struct err *err)
{
	return apply(fd, res, NULL, err);
}

int cgroup_update(int fd, const struct spec_resources *res, struct err *err)
{
	auto_cgroup_undo struct cgroup_undo undo = { NULL, 0 };
	auto_cgroup_devices struct cgroup_devices devices = CGROUP_DEVICES_INIT;
	const char *refused;

	/* Device rules come last, as one step that can't be half done; without any those that
	 * there are stay. Whether the kernel takes them is known before: a memory limit below the use
	 * may have cost processes by then, which nothing puts back. */
	if (res->devices_n &&
	    cgroup_prepare_devices(fd, res->devices, res->devices_n, &devices, err) < 0)
		return -1;
	if (apply(fd, res, &undo, err) == 0 &&
	    (res->devices_n == 0 || cgroup_install_devices(fd, &devices, err) == 0))
		return 0;
	refused = cgroup_undo_apply(&undo, fd);
	return refused ? err_hint(err, "\"%s\" could not be put back as it was", refused) : -1;
}
