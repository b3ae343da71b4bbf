/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup_undo: what a cgroup's files held before they were written, to put it back when one of a
 * row of writes is refused.
 *
 * A file is noted before its first write. Putting back compares and goes over the list several
 * times, as some files bound or reset each other (cpu.max and its burst; cpu.idle and cpu.weight).
 */
#ifndef RUNTIME_KERNEL_CGROUP_UNDO_H
#define RUNTIME_KERNEL_CGROUP_UNDO_H

#include <stddef.h>

#include "runtime/base/err.h"

struct cgroup_undo_file {
	char *name, *text;
	/* Or NULL: what comes to the same where the kernel does not take the text. The list of a
	 * cpuset that was empty can't become so again while processes are in it (ENOSPC). */
	char *instead;
};

struct cgroup_undo {
	struct cgroup_undo_file *file;
	size_t n;
};

/* Keeps what the file holds now, the first time only. One that can't be read, because it is not
 * there or is for writing only, has nothing to put back. */
int cgroup_undo_note(struct cgroup_undo *undo, int fd, const char *name, struct err *err);

/* Puts it back. NULL, or the name of a file that would not have it. */
const char *cgroup_undo_apply(const struct cgroup_undo *undo, int fd);

void cgroup_undo_done(struct cgroup_undo *undo);
#define auto_cgroup_undo __attribute__((cleanup(cgroup_undo_done)))

/* The writes that bring a file that says `now` to what it said before; an empty list where that
 * is the same. Files with a line for each device take one line a write, and a device that had
 * none gets its values that mean "no limit". Pure. NULL: ENOMEM. */
char **cgroup_undo_lines(const char *name, const char *before, const char *now);

#endif
