/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proc: processes. One clone, one way to wait, and identity beyond a pid.
 */
#ifndef RUNTIME_BASE_PROC_H
#define RUNTIME_BASE_PROC_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/base/err.h"

/* clone3(2) as fork: 0 in the child, the pid in the parent, -1 with errno.
 * cgroup_fd (or -1): the child begins in that cgroup (CLONE_INTO_CGROUP).
 * *ret_pidfd, where ret_pidfd is given, is the parent's, close-on-exec. */
pid_t proc_clone(uint64_t flags, int cgroup_fd, int *ret_pidfd);

int proc_pidfd_open(pid_t pid);
int proc_pidfd_signal(int pidfd, int sig);

/* Waits up to timeout_msec (-1: for ever) for the process behind pidfd to end. 1 ended, 0 not
 * yet, -1 errno. */
int proc_pidfd_wait(int pidfd, int timeout_msec);

/* waitpid through EINTR: the exit status as a shell gives it (128 + signal), or -1 with errno. */
int proc_wait(pid_t pid);

/* From here on nobody but root of this process's user namespace may look into this process and those
 * it clones (ptrace(2), /proc/PID/{exe,root,fd,mem,…}), until execve(2) or a change of ids. It keeps
 * a user who is not root from his own files there too. */
int proc_close_to_others(struct err *err);

/* Clock ticks since boot at which the process started (proc(5), stat field 22), with *ret_state
 * its state letter: pid and start time together name a process for as long as the machine is
 * up. -1 where there is none. */
int proc_stat(pid_t pid, uint64_t *ret_start, char *ret_state);

/* Is it on its way out (PF_EXITING), or gone? It holds no files then, but may still count in its
 * cgroup. */
bool proc_is_ending(pid_t pid);

/* How the process behind pidfd, which is not our child, has ended: the wait status, as waitpid(2)
 * has it. pid and start are its own (proc_stat). -1: it has not, or it was reaped and this kernel
 * (before 6.15: PIDFD_INFO_EXIT) does not tell any more. Where it does, reboot(2) in the process's
 * own pid namespace is not told apart from what ended it. */
int proc_pidfd_status(int pidfd, pid_t pid, uint64_t start, int *ret);

/* "TERM", "SIGTERM", "15", "SIGRTMIN+3", "RTMAX-1" → the number (0, which only probes, too); -1
 * where it is none. */
int proc_signal_parse(const char *text);

#endif
