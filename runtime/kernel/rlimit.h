/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rlimit: the resource limits of a process.
 */
#ifndef RUNTIME_KERNEL_RLIMIT_H
#define RUNTIME_KERNEL_RLIMIT_H

#include <sys/types.h>

#include "runtime/base/err.h"
#include "runtime/kernel/entry.h"
#include "runtime/spec/spec.h"

/* Sets process.rlimits of `pid` (0: the caller). A hard limit that would have to rise needs
 * CAP_SYS_RESOURCE in the first user namespace (prlimit(2)): EPERM where we lack it. */
int rlimit_apply(pid_t pid, const struct spec_process *process, struct err *err);

/* The same as calls of the entry block, for the process itself: a limit of three files or of
 * no memory would stand in the way of anything that is done after it. */
void rlimit_plan(const struct spec_process *process, struct entry *entry);

#endif
