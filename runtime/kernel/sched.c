/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/sched.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/ioprio.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/kernel/procfs.h"

/* sched_setattr(2): libc has neither the call nor the struct, and linux/sched/types.h, which
 * has it, contradicts sched.h. */
struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

static int apply_policy(const struct spec_scheduler *scheduler, struct err *err)
{
	struct attr attr = {
		.size = sizeof(attr),
		.policy = (uint32_t)scheduler->policy,
		.flags = scheduler->flags,
		.nice = scheduler->nice,
		.priority = (uint32_t)scheduler->priority,
		.runtime = scheduler->runtime,
		.deadline = scheduler->deadline,
		.period = scheduler->period,
	};

	if (!scheduler->given || syscall(SYS_sched_setattr, 0, &attr, 0) == 0)
		return 0;
	err_sys(err, "set process.scheduler");
	if (errno == EPERM)
		err_hint(err, "it takes CAP_SYS_NICE; SCHED_DEADLINE also every CPU of the cpuset");
	return -1;
}

static int apply_io_priority(const struct spec_io_priority *io, struct err *err)
{
	int value = IOPRIO_PRIO_VALUE(io->class, io->priority);

	if (!io->given || syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, value) == 0)
		return 0;
	return err_sys(err, "set process.ioPriority");
}

int sched_apply(const struct spec_process *process, struct err *err)
{
	if (apply_io_priority(&process->io_priority, err) < 0)
		return -1;
	return apply_policy(&process->scheduler, err);
}

int sched_apply_memory(const struct spec_memory_policy *policy, struct err *err)
{
	unsigned char nodes[SPEC_MAX_NODES / 8] __attribute__((aligned(8)));
	long rc;

	if (!policy->given)
		return 0;
	if (policy->nodes && spec_parse_list(policy->nodes, nodes, SPEC_MAX_NODES, err) < 0)
		return -1;
	/* The kernel takes one bit less than it is told (set_mempolicy(2), BUGS). */
	rc = syscall(SYS_set_mempolicy, policy->mode | policy->flags, policy->nodes ? nodes : NULL,
		     policy->nodes ? SPEC_MAX_NODES + 1 : 0);
	return rc < 0 ? err_sys(err, "set linux.memoryPolicy") : 0;
}

int sched_apply_personality(const struct spec_personality *domain, struct err *err)
{
	if (domain->given && personality(domain->domain) < 0)
		return err_sys(err, "set linux.personality");
	return 0;
}

/* ---- CPUs ---- */

static int set_affinity(pid_t pid, const unsigned char *cpus, const char *what, struct err *err)
{
	/* The raw call: libc's wants a cpu_set_t, whose size is no matter to the kernel. */
	if (syscall(SYS_sched_setaffinity, pid, SPEC_MAX_CPUS / 8, cpus) < 0)
		return err_sys(err, "set the CPUs of process %d to %s", pid, what);
	return 0;
}

static int apply_list(pid_t pid, const char *list, struct err *err)
{
	unsigned char cpus[SPEC_MAX_CPUS / 8] __attribute__((aligned(8)));

	if (spec_parse_list(list, cpus, SPEC_MAX_CPUS, err) < 0)
		return -1;
	return set_affinity(pid, cpus, list, err);
}

int sched_apply_affinity_initial(pid_t pid, const struct spec_process *process, struct err *err)
{
	const char *list = process->cpu_affinity_initial;

	return list ? apply_list(pid, list, err) : 0;
}

int sched_apply_affinity_final(pid_t pid, const struct spec_process *process, struct err *err)
{
	if (process->cpu_affinity_final)
		return apply_list(pid, process->cpu_affinity_final, err);
	return process->cpu_affinity_initial ? 0 : sched_reset_affinity(pid, err);
}

int sched_reset_affinity(pid_t pid, struct err *err)
{
	unsigned char cpus[SPEC_MAX_CPUS / 8] __attribute__((aligned(8)));

	memset(cpus, 0xff, sizeof(cpus));
	return set_affinity(pid, cpus, "all", err);
}

/* ---- out of memory ---- */

int sched_apply_oom(int procfd, pid_t pid, const struct spec_process *process, struct err *err)
{
	char path[40], text[24];

	if (!process->oom_score_adj.given)
		return 0;
	snprintf(text, sizeof(text), "%" PRId64, process->oom_score_adj.value);
	snprintf(path, sizeof(path), "%d/oom_score_adj", pid);
	if (procfs_write(procfd, path, text, err) == 0)
		return 0;
	err_wrap(err, "process.oomScoreAdj");
	if (err && err->code == EACCES)
		err_hint(err, "it can be lowered only with CAP_SYS_RESOURCE");
	return -1;
}
