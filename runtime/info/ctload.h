/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctload: the load averages of CTs, which the kernel does not keep for a cgroup.
 *
 * As where sysinfo(2) is answered for a CT (kernel/sysinfo_fill.h), a load is made of the processor
 * time that the CT used and of the time in which a task of it waited for a processor. The average
 * needs the sample before, so those of all CTs are kept in one small file, .load in the folder
 * of live states, and a new one is taken when somebody asks and the last is 5 seconds old. The
 * first reaches back to the CT's start.
 */
#ifndef RUNTIME_INFO_CTLOAD_H
#define RUNTIME_INFO_CTLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/mem.h"
#include "runtime/kernel/sysinfo_fill.h"

struct ctload_sample {
	uint32_t ctid;
	uint32_t zero;
	uint64_t pid_start; /* tells one run of the CT from a later one */
	struct sysinfo_load load;
};

struct ctload {
	struct ctload_sample *sample; /* by ctid, ascending */
	size_t n;
	struct ctload_sample *fresh; /* taken by us */
	size_t fresh_n;
};

/* A file that is not there, or is none of ours, is as an empty one. root: the folder. */
void ctload_read(const char *root, struct ctload *ret);
void ctload_done(struct ctload *load);
#define auto_ctload __attribute__((cleanup(ctload_done)))

/* The averages of 1, 5 and 15 minutes. Times since boot in usec; used: all that the CT's
 * processes used and waited. False: ENOMEM. */
struct ctload_now {
	uint32_t ctid;
	uint64_t pid_start;
	uint64_t started_usec, now_usec, used_usec;
};
bool ctload_get(struct ctload *load, const struct ctload_now *now, double ret[3]);

/* Keeps the new samples, with those of other CTs that may still count. What fails is of no
 * consequence but for the next averages. */
void ctload_write(const struct ctload *load, const char *root, uint64_t now_usec);

#endif
