/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup_stats: what a cgroup has used, read from its files (cgroup-v2.rst). What the kernel
 * has no file for, because the controller is not there, is not given.
 */
#ifndef RUNTIME_KERNEL_CGROUP_STATS_H
#define RUNTIME_KERNEL_CGROUP_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"

/* One line of a pressure file: hundredths of a percent, and usec in all. */
struct cgroup_stats_psi_line {
	bool given;
	uint32_t avg10, avg60, avg300;
	uint64_t total_usec;
};
struct cgroup_stats_psi {
	struct cgroup_stats_psi_line some, full;
};

struct cgroup_stats_cpu {
	bool given;
	uint64_t usage_usec, user_usec, system_usec;
	uint64_t periods, throttled, throttled_usec;
	bool limited; /* there is a cpu.max, so the controller: what follows and throttling count */
	uint64_t quota_usec, period_usec; /* UINT64_MAX: no limit */
	struct cgroup_stats_psi psi;
};

/* What can be limited; max is UINT64_MAX where there is no limit. */
struct cgroup_stats_usage {
	bool given;
	uint64_t current, max;
	uint64_t peak; /* 0 where the kernel does not tell */
	uint64_t failures;
};

/* Of memory.events: how often what happened, in the cgroup and below it. */
struct cgroup_stats_memory_events {
	uint64_t low, high, max, oom, oom_kill, oom_group_kill;
};

struct cgroup_stats_io {
	uint32_t major, minor;
	uint64_t read_bytes, write_bytes, discard_bytes;
	uint64_t reads, writes, discards;
};

struct cgroup_stats_hugetlb {
	char size[16]; /* "2MB" */
	struct cgroup_stats_usage usage;
};

struct cgroup_stats {
	struct cgroup_stats_cpu cpu;
	struct cgroup_stats_usage pids, memory, swap;
	uint64_t memory_high; /* UINT64_MAX: none */
	struct cgroup_stats_memory_events memory_events;
	char *memory_stat; /* the text of memory.stat, or NULL */
	/* The lists of what it may use now, such as "0-3"; NULL without the controller. */
	char *cpus, *mems;
	struct cgroup_stats_psi memory_psi, io_psi;
	bool io_given;
	struct cgroup_stats_io *io;
	size_t io_n;
	struct cgroup_stats_hugetlb *hugetlb;
	size_t hugetlb_n;
};

/* Of the cgroup behind fd. brief: without what takes the kernel long and changes no rate:
 * memory.stat, cpuset and hugetlb. */
int cgroup_stats_read(int fd, bool brief, struct cgroup_stats *ret, struct err *err);
void cgroup_stats_done(struct cgroup_stats *stats);
#define auto_cgroup_stats __attribute__((cleanup(cgroup_stats_done)))

/* One of its parts: "<name>.current" and its fellows ("pids", "memory", "memory.swap"), a pressure
 * file. What is not there leaves *ret as it is. */
void cgroup_stats_read_usage(int fd, const char *name, struct cgroup_stats_usage *ret);
void cgroup_stats_read_psi(int fd, const char *file, struct cgroup_stats_psi *ret);

/* The number of a "key value" line of a file of the cgroup. 0, or -1 where there is none. */
int cgroup_stats_value(int fd, const char *file, const char *key, uint64_t *ret);

/* ---- the files' texts ---- */

/* Steps through "key value" lines. False at the end. */
bool cgroup_stats_next(const char **text, char key[64], uint64_t *ret_value);
void cgroup_stats_parse_psi(const char *text, struct cgroup_stats_psi *ret);
/* One line of io.stat. False where it tells of nothing read or written. */
bool cgroup_stats_parse_io(const char *line, struct cgroup_stats_io *ret);

#endif
