/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup_limits: from the spec's limits, whose values are cgroup v1's, to a list of writes to
 * files of v2. Pure: nothing is read or written here; cgroup_apply performs the list.
 *
 * The conversions are runc's, so that a container gets the same from either: 0 is "not given"
 * and -1 "no limit" where v1 had it so. Files and their formats: cgroup-v2.rst, Controllers.
 */
#ifndef RUNTIME_KERNEL_CGROUP_LIMITS_H
#define RUNTIME_KERNEL_CGROUP_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/spec/spec.h"

/* The controllers that are known here; the order is that of the bits of cgroup_wanted. */
enum cgroup_controller {
	CGROUP_CPU,
	CGROUP_CPUSET,
	CGROUP_DMEM,
	CGROUP_HUGETLB,
	CGROUP_IO,
	CGROUP_MEMORY,
	CGROUP_MISC,
	CGROUP_PERF_EVENT,
	CGROUP_PIDS,
	CGROUP_RDMA,
	CGROUP_NONE, /* the files "cgroup.…", and those of controllers yet to come */
};

/* CGROUP_NONE where the len bytes at name are no name of one. */
enum cgroup_controller cgroup_controller_of(const char *name, size_t len);

enum cgroup_write_flag {
	CGROUP_WRITE_OPTIONAL = 1, /* a file that is not there is fine */
	CGROUP_WRITE_ELSE = 2,     /* only where the file of the write before is not there */
	CGROUP_WRITE_TRY = 8,      /* and so is EOPNOTSUPP, with an _ELSE behind it */
	CGROUP_WRITE_EARLY = 4,    /* EINVAL is fine: the same write comes again */
};

struct cgroup_write {
	enum cgroup_controller controller;
	unsigned int flags;
	char *file, *value;
	const char *member; /* of linux.resources: where the value came from */
};

struct cgroup_plan {
	struct cgroup_write *write;
	size_t n;
	const char *member; /* of what is being planned */
};

/* What a cgroup has now and the spec leaves as it is, but needs for a conversion. */
struct cgroup_now {
	int64_t memory_max; /* bytes; -1: none */
	int64_t cpu_quota;  /* usec; -1: none */
};

/* Of these two values, which does the plan need? */
bool cgroup_plan_needs_memory_max(const struct spec_resources *res);
bool cgroup_plan_needs_cpu_quota(const struct spec_resources *res);

/* What exists in v1 only is refused (cgroup_v1_check), and so is a memory+swap limit without or
 * below the one of memory (ERR_INPUT). On failure the plan is empty. */
int cgroup_plan_init(struct cgroup_plan *plan, const struct spec_resources *res,
		     const struct cgroup_now *now, struct err *err);
void cgroup_plan_done(struct cgroup_plan *plan);

/* A member that v2 has nothing for and that asks for something: ERR_UNSUPPORTED, and where v1
 * has it (cgroup_v1.c). */
int cgroup_v1_check(const struct spec_resources *res, struct err *err);

/* ---- before anything is written (cgroup_check.c) ---- */

/* Would the value for the file be more than what the same file of a cgroup above it, with the
 * text `above`, lets through? For the lists cpuset.cpus and cpuset.mems, `above` is that of the
 * file ".effective". *ret is then the number above it that is lower. What is no limit (weights,
 * protections) never is. */
#define CGROUP_CHECK_SHOWN 64
bool cgroup_check_is_above(const char *file, const char *value, const char *above,
			   char ret[CGROUP_CHECK_SHOWN]);

/* Refuses a plan for the cgroup fd of which a limit is above one of the cgroups it is in
 * (ERR_INPUT), or memory.max is below what is in use and can't be dropped (ERR_FAILED; for
 * checkBeforeUpdate: below what is in use). */
int cgroup_check_plan(int fd, const struct cgroup_plan *plan, const struct spec_memory *memory,
		      struct err *err);

/* cpu.shares (2 to 262144, default 1024) → cpu.weight (1 to 10000, default 100). */
uint64_t cgroup_cpu_weight(uint64_t shares);
/* blkio.weight (10 to 1000) → io.weight (1 to 10000). */
uint64_t cgroup_io_weight(uint64_t weight);

#endif
