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
	CGROUP_WRITE_EARLY = 4,    /* EINVAL is fine: the same write comes again */
};

struct cgroup_write {
	enum cgroup_controller controller;
	unsigned int flags;
	char *file, *value;
};

struct cgroup_plan {
	struct cgroup_write *write;
	size_t n;
};

/* What a cgroup has now and the spec leaves as it is, but needs for a conversion. */
struct cgroup_now {
	int64_t memory_max; /* bytes; -1: none */
	int64_t cpu_quota;  /* usec; -1: none */
};

/* Of these two values, which does the plan need? */
bool cgroup_plan_needs_memory_max(const struct spec_resources *res);
bool cgroup_plan_needs_cpu_quota(const struct spec_resources *res);

/* What exists in v1 only is refused (ERR_UNSUPPORTED), and so is a memory+swap limit without or
 * below the one of memory (ERR_INPUT). On failure the plan is empty. */
int cgroup_plan_init(struct cgroup_plan *plan, const struct spec_resources *res,
		     const struct cgroup_now *now, struct err *err);
void cgroup_plan_done(struct cgroup_plan *plan);

/* cpu.shares (2 to 262144, default 1024) → cpu.weight (1 to 10000, default 100). */
uint64_t cgroup_cpu_weight(uint64_t shares);
/* blkio.weight (10 to 1000) → io.weight (1 to 10000). */
uint64_t cgroup_io_weight(uint64_t weight);

#endif
