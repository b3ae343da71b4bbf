/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apart: processes of ours that stay behind a verb, in a cgroup of their own beside the
 * containers': not the caller's, whose end they are to outlive, nor a container's, which may be
 * frozen, and whose init may want no process in it.
 */
#ifndef RUNTIME_KERNEL_APART_H
#define RUNTIME_KERNEL_APART_H

#include <sys/types.h>

#include "runtime/base/err.h"

/* proc_clone(0, …) into the cgroup "/vzrun/NAME", which is made; where a manager of cgroups keeps
 * us from there, in the caller's own. */
pid_t apart_clone(const char *name);

/* Removes that cgroup if nothing is in it. */
void apart_tidy(const char *name);

/* For a process that is apart: the host's shortage of memory is not to end it. What it would take
 * away is more than it holds. Where that is not allowed it stays as it is. */
void apart_spare_from_oom(void);

/* For one that is about to become a program of ours: fds[i] is to be at number i, for each i from
 * `first` up to APART_FDS_MAX at most; -1: none is. Nothing else stays open but *program and *report,
 * which get other numbers. */
#define APART_FDS_MAX 32
int apart_arrange_fds(int *fds, int first, int end, int *program, int *report, struct err *err);

/* A sealed memfd that can be executed, with that program in it. -1. */
int apart_image(const char *name, const char *start, const char *end, struct err *err);

#endif
