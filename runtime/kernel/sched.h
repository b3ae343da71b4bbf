/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sched: when, where and in what guise a process runs: scheduler, I/O priority, CPUs, memory
 * nodes, execution domain, and the kernel's liking to kill it when memory is short.
 *
 * What is set for the calling process is kept through execve(2) and inherited by its children
 * but for what sched_setattr(2) says. SCHED_DEADLINE forbids fork(2): it comes last.
 */
#ifndef RUNTIME_KERNEL_SCHED_H
#define RUNTIME_KERNEL_SCHED_H

#include <sys/types.h>

#include "runtime/base/err.h"
#include "runtime/spec/spec.h"

/* Each does nothing where its part of the spec was not given. */

/* The calling process: sched_setattr(2), ioprio_set(2). */
int sched_apply(const struct spec_process *process, struct err *err);

/* The calling process: set_mempolicy(2). A mode that the kernel lacks: EINVAL. */
int sched_apply_memory(const struct spec_memory_policy *policy, struct err *err);

/* The calling process: personality(2). */
int sched_apply_personality(const struct spec_personality *personality, struct err *err);

/* process.execCPUAffinity, for `exec` only. Before the process enters the container's cgroup:
 * `initial`. After it: `final`; where neither is given, any CPU that the cgroup allows, so that
 * the affinity of whoever called us is not inherited (as runc). pid 0: the caller. */
int sched_apply_affinity_initial(pid_t pid, const struct spec_process *process, struct err *err);
int sched_apply_affinity_final(pid_t pid, const struct spec_process *process, struct err *err);

/* Allows every CPU that the process's cgroup does. */
int sched_reset_affinity(pid_t pid, struct err *err);

/* process.oomScoreAdj of a process; procfd is a trusted /proc. To lower it below what
 * it ever was takes CAP_SYS_RESOURCE in the first user namespace (proc(5)): EACCES. */
int sched_apply_oom(int procfd, pid_t pid, const struct spec_process *process, struct err *err);

#endif
