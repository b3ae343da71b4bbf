/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limits_effects: what a CT's limits come to in the kernel's own terms, and as parts of an OCI
 * document: the whole at start, the difference for a CT that runs. Pure.
 *
 * A value that is the kernel's default is "none": at start it is not written at all, and asks for
 * no controller; for a running CT it is what takes a limit away.
 */
#ifndef RUNTIME_CT_LIMITS_EFFECTS_H
#define RUNTIME_CT_LIMITS_EFFECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/base/json.h"
#include "runtime/ct/limits.h"

/* What the host has, as far as limits depend on it. */
struct limits_host_facts {
	int64_t memory_pages;
	int64_t files_max;        /* the largest RLIMIT_NOFILE: fs.nr_open */
	const char *cpus, *nodes; /* all there are, as lists */
	const char *node_cpus;    /* those of the CT's NODEMASK, or NULL: not known */
};

struct limits_rlimit {
	bool given;
	uint64_t soft, hard;
};

struct limits_effects {
	int64_t memory_max, swap_max; /* bytes; -1: none */
	int64_t memory_low, memory_min;
	int64_t pids_max;         /* -1: none */
	int64_t cpu_weight;       /* 100: the kernel's default */
	int64_t cpu_quota_usec;   /* of LIMITS_PERIOD_USEC; -1: none */
	int64_t cpu_burst_usec;   /* 0: none */
	const char *cpus, *nodes; /* what limits_effects_of was given; all: no limit */
	bool cpus_limited, nodes_limited;
	int64_t io_weight;               /* 100: the kernel's default */
	int64_t io_bytes, io_operations; /* a second, 0: none */
	uint32_t disk_major, disk_minor; /* whose; the caller's to set where there is one */
	struct limits_rlimit files, signals, locked;
	int64_t shm_pages; /* -1: none */
	int64_t ptys;      /* -1: none */
	int oom_score_adj;
	bool count_memory; /* the controller is wanted even without a limit: the caller's to set */
};

#define LIMITS_PERIOD_USEC 100000

/* Points into limits and facts. ERR_INPUT where keys contradict each other. */
int limits_effects_of(const struct limits *limits, const struct limits_host_facts *facts,
		      struct limits_effects *ret, struct err *err);

/* The members of linux.resources, but for devices; `old` (or NULL: a new container's) is what is
 * in force: only what differs is written. */
void limits_put_resources(struct json_writer *w, const struct limits_effects *now,
			  const struct limits_effects *old);
/* Is there any difference that limits_put_resources would write? */
bool limits_resources_differ(const struct limits_effects *a, const struct limits_effects *b);

/* What a key is about is not known any more, so that it is written again: `set` without --save may
 * have changed it. */
void limits_effects_forget(struct limits_effects *e, const char *key);

/* Of process: of rlimits the elements; oomScoreAdj. */
void limits_put_rlimits(struct json_writer *w, const struct limits_effects *now);
void limits_put_process(struct json_writer *w, const struct limits_effects *now);
/* linux.sysctl. */
void limits_put_sysctl(struct json_writer *w, const struct limits_effects *now);

#endif
