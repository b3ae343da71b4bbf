/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Performs the writes that cgroup_limits.c plans. */
#include "config.h"

#include "runtime/kernel/cgroup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* checkBeforeUpdate: rather no new limit than one that kills at once. */
static int check_usage(int fd, const struct spec_memory *memory, struct err *err)
{
	int64_t used;

	if (!memory->check_before_update.given || !memory->check_before_update.value ||
	    !memory->limit.given || memory->limit.value <= 0)
		return 0;
	used = first_number(fd, "memory.current");
	if (used > memory->limit.value)
		return err_set(err, ERR_FAILED,
			       "memory.limit %" PRId64 " is below what is in use (%" PRId64
			       ", checkBeforeUpdate)",
			       memory->limit.value, used);
	return 0;
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

/* *absent: was the file of the write before not there? Is then that of this one. */
static int perform(int fd, const struct cgroup_write *write, bool *absent, struct err *err)
{
	if ((write->flags & CGROUP_WRITE_ELSE) && !*absent)
		return 0;
	*absent = false;
	if (cgroup_file_write(fd, write->file, write->value) == 0)
		return 0;
	/* Nothing can be created in a cgroup; some kernels say so instead. */
	*absent = errno == ENOENT;
	if (*absent &&
	    ((write->flags & CGROUP_WRITE_OPTIONAL) || lacks_controller(fd, write->controller)))
		return 0;
	if (errno == EINVAL && (write->flags & CGROUP_WRITE_EARLY))
		return 0;
	errno = *absent ? ENOENT : errno;
	return err_sys(err, "set \"%s\" to \"%s\"", write->file, write->value);
}

/* undo, where given, gets to know what the files held before. */
static int apply(int fd, const struct spec_resources *res, struct cgroup_undo *undo,
		 struct err *err)
{
	struct cgroup_now now = now_in(fd, res);
	struct cgroup_plan plan;
	bool absent = false;
	int failed = 0;

	if (check_usage(fd, &res->memory, err) < 0 || cgroup_plan_init(&plan, res, &now, err) < 0)
		return -1;
	for (size_t i = 0; i < plan.n && !failed; i++) {
		if (undo)
			failed = cgroup_undo_note(undo, fd, plan.write[i].file, err);
		if (!failed)
			failed = perform(fd, &plan.write[i], &absent, err);
	}
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
	const char *refused;

	if (apply(fd, res, &undo, err) == 0)
		return 0;
	refused = cgroup_undo_apply(&undo, fd);
	return refused ? err_hint(err, "\"%s\" could not be put back as it was", refused) : -1;
}
