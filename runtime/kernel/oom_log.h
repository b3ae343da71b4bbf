/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oom_log: when a process of a cgroup was last killed for lack of memory. A cgroup's files count
 * such kills and keep no time (nor do the files' own times change); the kernel's log has one.
 */
#ifndef RUNTIME_KERNEL_OOM_LOG_H
#define RUNTIME_KERNEL_OOM_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* Looks through the log for the cgroup ("/vzrun/101") and those below it. *ret is wall clock time.
 * False where the log tells of none, or can't be read. */
bool oom_log_last(const char *cgroup, struct timespec *ret);

/* The log from now on. */
#define OOM_LOG_VICTIMS 64
struct oom_log {
	int fd; /* -1: it can't be read */
	pid_t victims[OOM_LOG_VICTIMS];
	size_t n; /* told of so far; the last of them are in victims */
};
void oom_log_open(struct oom_log *ret);
void oom_log_close(struct oom_log *log);
/* Does it tell, among the last ones, of this process? pid is that of the host's own pid namespace. */
bool oom_log_has(struct oom_log *log, pid_t pid);

/* Does this record of /dev/kmsg (the kernel's Documentation/ABI/testing/dev-kmsg) tell of one?
 * *ret_usec: its time since boot. Records that a program wrote, and those that a name chosen
 * inside a container has made ambiguous, do not count. Pure. */
bool oom_log_parse(const char *record, const char *cgroup, uint64_t *ret_usec);
/* The process that such a record names. */
pid_t oom_log_victim(const char *record);

#endif
