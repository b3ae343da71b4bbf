/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Effects as parts of an OCI document (config-linux.md). */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "runtime/ct/limits_effects.h"

/* What a cgroup has that nobody limited. */
static const struct limits_effects none = {
	.memory_max = -1,
	.swap_max = -1,
	.pids_max = -1,
	.cpu_weight = 100,
	.cpu_quota_usec = -1,
	.io_weight = 100,
	.shm_pages = -1,
	.ptys = -1,
};

static bool lists_differ(const struct limits_effects *a, const struct limits_effects *b)
{
	if (a->cpus_limited != b->cpus_limited || a->nodes_limited != b->nodes_limited)
		return true;
	return (a->cpus_limited && !str_eq(a->cpus, b->cpus)) ||
	       (a->nodes_limited && !str_eq(a->nodes, b->nodes));
}

static bool quotas_differ(const struct limits_effects *a, const struct limits_effects *b)
{
	return a->cpu_quota_usec != b->cpu_quota_usec || a->cpu_burst_usec != b->cpu_burst_usec;
}

bool limits_resources_differ(const struct limits_effects *a, const struct limits_effects *b)
{
	return a->memory_max != b->memory_max || a->swap_max != b->swap_max ||
	       a->memory_low != b->memory_low || a->memory_min != b->memory_min ||
	       a->pids_max != b->pids_max || a->cpu_weight != b->cpu_weight ||
	       quotas_differ(a, b) || lists_differ(a, b) || a->io_weight != b->io_weight ||
	       a->io_bytes != b->io_bytes || a->io_operations != b->io_operations;
}

static void put_one(struct json_writer *w, const char *section, const char *member, int64_t value)
{
	json_begin(w, section, '{');
	json_put_int(w, member, value);
	json_end(w, '}');
}

/* A burst may not stay above a quota that falls, so the two go together. */
static void put_cpu(struct json_writer *w, const struct limits_effects *now,
		    const struct limits_effects *old)
{
	json_begin(w, "cpu", '{');
	if (quotas_differ(now, old)) {
		json_put_int(w, "quota", now->cpu_quota_usec);
		json_put_uint(w, "period", LIMITS_PERIOD_USEC);
	}
	if (now->cpu_burst_usec != old->cpu_burst_usec)
		json_put_int(w, "burst", now->cpu_burst_usec);
	if (now->cpus_limited || old->cpus_limited)
		json_put_str(w, "cpus", now->cpus);
	if (now->nodes_limited || old->nodes_limited)
		json_put_str(w, "mems", now->nodes);
	json_end(w, '}');
}

static void put_rate(struct json_writer *w, const char *member, const struct limits_effects *now,
		     int64_t rate)
{
	json_begin(w, member, '[');
	json_begin(w, NULL, '{');
	json_put_uint(w, "major", now->disk_major);
	json_put_uint(w, "minor", now->disk_minor);
	json_put_int(w, "rate", rate); /* 0 lifts it */
	json_end(w, '}');
	json_end(w, ']');
}

/* io.weight is io.cost's, io.bfq.weight that scheduler's, which the engine writes where it is
 * there; on both scales 100 is the default. */
static void put_disk(struct json_writer *w, const struct limits_effects *now,
		     const struct limits_effects *old)
{
	json_begin(w, "blockIO", '{');
	if (now->io_weight != old->io_weight)
		json_put_int(w, "weight", now->io_weight);
	if (now->io_bytes != old->io_bytes) {
		put_rate(w, "throttleReadBpsDevice", now, now->io_bytes);
		put_rate(w, "throttleWriteBpsDevice", now, now->io_bytes);
	}
	if (now->io_operations != old->io_operations) {
		put_rate(w, "throttleReadIOPSDevice", now, now->io_operations);
		put_rate(w, "throttleWriteIOPSDevice", now, now->io_operations);
	}
	json_end(w, '}');
}

static void put_file(struct json_writer *w, const char *file, int64_t value)
{
	char text[24] = "max";

	if (value >= 0)
		snprintf(text, sizeof(text), "%" PRId64, value);
	json_put_str(w, file, text);
}

/* What v1's members can't say, or not without a detour. */
static void put_unified(struct json_writer *w, const struct limits_effects *now,
			const struct limits_effects *old)
{
	/* A memory limit that goes takes the swap's along (cgroup_limits.c). */
	bool again = now->memory_max < 0 && old->memory_max != now->memory_max;

	json_begin(w, "unified", '{');
	if (now->swap_max != old->swap_max || again)
		put_file(w, "memory.swap.max", now->swap_max);
	if (now->memory_low != old->memory_low || now->count_memory)
		put_file(w, "memory.low", now->memory_low);
	if (now->memory_min != old->memory_min)
		put_file(w, "memory.min", now->memory_min);
	if (now->cpu_weight != old->cpu_weight)
		put_file(w, "cpu.weight", now->cpu_weight);
	if (now->io_weight != old->io_weight)
		put_file(w, "io.weight", now->io_weight);
	json_end(w, '}');
}

void limits_put_resources(struct json_writer *w, const struct limits_effects *now,
			  const struct limits_effects *old)
{
	if (!old)
		old = &none;
	if (now->memory_max != old->memory_max)
		put_one(w, "memory", "limit", now->memory_max);
	if (now->pids_max != old->pids_max)
		put_one(w, "pids", "limit", now->pids_max);
	put_cpu(w, now, old);
	put_disk(w, now, old);
	put_unified(w, now, old);
}

static void put_rlimit(struct json_writer *w, const char *type, const struct limits_rlimit *limit)
{
	if (!limit->given)
		return;
	json_begin(w, NULL, '{');
	json_put_str(w, "type", type);
	json_put_uint(w, "soft", limit->soft);
	json_put_uint(w, "hard", limit->hard);
	json_end(w, '}');
}

void limits_put_rlimits(struct json_writer *w, const struct limits_effects *now)
{
	put_rlimit(w, "RLIMIT_NOFILE", &now->files);
	put_rlimit(w, "RLIMIT_SIGPENDING", &now->signals);
	put_rlimit(w, "RLIMIT_MEMLOCK", &now->locked);
}

void limits_put_process(struct json_writer *w, const struct limits_effects *now)
{
	if (now->oom_score_adj != 0)
		json_put_int(w, "oomScoreAdj", now->oom_score_adj);
}

/* One segment may be as large as all together. */
void limits_put_sysctl(struct json_writer *w, const struct limits_effects *now)
{
	char pages[24], bytes[24];

	if (now->shm_pages < 0)
		return;
	snprintf(pages, sizeof(pages), "%" PRId64, now->shm_pages);
	snprintf(bytes, sizeof(bytes), "%" PRId64, limit_pages_to_bytes(now->shm_pages));
	json_begin(w, "sysctl", '{');
	json_put_str(w, "kernel.shmall", pages);
	json_put_str(w, "kernel.shmmax", bytes);
	json_end(w, '}');
}
