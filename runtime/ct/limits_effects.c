/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/limits_effects.h"

#include <string.h>

#include "runtime/base/mem.h"

#define CPUUNITS_MAX 500000
#define WEIGHT_DEFAULT 100
#define PIDS_MAX 4194304 /* the kernel's PID_MAX_LIMIT: pids.max takes no more */
#define WEIGHT_MAX 10000

/* IOPRIO 0 to 7: the shares that OpenVZ 7 gives them on cgroup v2 (320 to 640, 500 for 4),
 * scaled so that 4, which is OpenVZ's default, is the kernel's default too. */
static const int io_weights[] = { 64, 73, 82, 92, 100, 110, 120, 128 };

static int64_t clamp(int64_t value, int64_t min, int64_t max)
{
	return value < min ? min : value > max ? max : value;
}

static int64_t bytes_or_none(const struct limit_range *range, int64_t none)
{
	int64_t bytes = limit_pages_to_bytes(range->limit);

	return range->given && bytes != LIMIT_UNLIMITED ? bytes : none;
}

/* ---- memory ---- */

/* VMGUARPAGES and OOMGUARPAGES promise memory by their barriers; "unlimited" promises nothing that
 * could be kept. No promise is above the limit. */
static int64_t promised(const struct limit_range *range, int64_t memory_max)
{
	int64_t bytes = limit_pages_to_bytes(range->barrier);

	if (!range->given || bytes == LIMIT_UNLIMITED)
		return 0;
	return memory_max >= 0 && bytes > memory_max ? memory_max : bytes;
}

static int guarantee(const struct limits *limits, struct limits_effects *e, struct err *err)
{
	int64_t percent = limits->memguarantee.value, bytes = limits->memguarantee_bytes.value;

	if (percent > 0 && e->memory_max < 0)
		return err_set(err, ERR_INPUT,
			       "MEMGUARANTEE is a part of the CT's memory, so it needs a limit of "
			       "that (--ram)");
	e->memory_min = percent > 0 ? (int64_t)((__int128)e->memory_max * percent / 100) : bytes;
	if (e->memory_max >= 0 && e->memory_min > e->memory_max)
		e->memory_min = e->memory_max;
	return 0;
}

/* Below what was promised to the CT, its processes are the last that the host kills: a process
 * that has as much counts as one that has nothing (oom_badness() in mm/oom_kill.c). */
static int oom_score_adj(const struct limits *limits, const struct limits_host_facts *facts)
{
	int64_t pages = limits->oomguarpages.given ? limits->oomguarpages.barrier : 0;

	if (pages == LIMIT_UNLIMITED || facts->memory_pages <= 0)
		return 0;
	if (pages >= facts->memory_pages)
		return -999;
	return -(int)(pages * 999 / facts->memory_pages);
}

static int memory_of(const struct limits *limits, const struct limits_host_facts *facts,
		     struct limits_effects *e, struct err *err)
{
	int64_t oom;

	e->memory_max = bytes_or_none(&limits->physpages, -1);
	e->swap_max = bytes_or_none(&limits->swappages, -1);
	e->memory_low = promised(&limits->vmguarpages, e->memory_max);
	oom = promised(&limits->oomguarpages, e->memory_max);
	if (oom > e->memory_low)
		e->memory_low = oom;
	e->oom_score_adj = oom_score_adj(limits, facts);
	e->shm_pages = limits->shmpages.given && limits->shmpages.limit != LIMIT_UNLIMITED ?
			       limits->shmpages.limit :
			       -1;
	return guarantee(limits, e, err);
}

/* ---- CPUs ---- */

static int64_t weight_of(const struct limits *limits)
{
	int64_t units = WEIGHT_DEFAULT * 10;

	if (limits->cpuunits.given)
		units = limits->cpuunits.value;
	else if (limits->cpuweight.given) /* the older form: the larger the less */
		units = CPUUNITS_MAX / limits->cpuweight.value;
	return clamp(units / 10, 1, WEIGHT_MAX);
}

/* The lower of CPULIMIT and CPUS. The burst is what may be saved up for beyond it. */
static void quota_of(const struct limits *limits, struct limits_effects *e)
{
	int64_t percent = limits->cpulimit.value, cpus = limits->cpus.value * 100;
	int64_t burst = limits->burst_cpulimit.value;

	if (percent == 0 || (cpus > 0 && cpus < percent))
		percent = cpus;
	e->cpu_quota_usec = percent > 0 ? percent * (LIMITS_PERIOD_USEC / 100) : -1;
	if (percent > 0 && burst > percent)
		e->cpu_burst_usec =
			clamp((burst - percent) * (LIMITS_PERIOD_USEC / 100), 0, e->cpu_quota_usec);
}

static bool is_limited(const char *mask)
{
	return mask && !str_eq(mask, "all");
}

static int masks_of(const struct limits *limits, const struct limits_host_facts *facts,
		    struct limits_effects *e, struct err *err)
{
	e->cpus_limited = is_limited(limits->cpumask);
	e->nodes_limited = is_limited(limits->nodemask);
	e->cpus = e->cpus_limited ? limits->cpumask : facts->cpus;
	e->nodes = e->nodes_limited ? limits->nodemask : facts->nodes;
	if (!e->cpus_limited || !str_eq(limits->cpumask, "auto"))
		return 0;
	if (!limits->nodemask)
		return err_set(err, ERR_INPUT,
			       "CPUMASK=\"auto\" means the CPUs of NODEMASK, which is not set "
			       "(--nodemask)");
	e->cpus_limited = e->nodes_limited;
	e->cpus = e->nodes_limited ? facts->node_cpus : facts->cpus;
	return e->cpus ? 0 :
			 err_set(err, ERR_INPUT, "NODEMASK=\"%.64s\": no such node has CPUs",
				 limits->nodemask);
}

/* ---- counts ---- */

static struct limits_rlimit rlimit_of(const struct limit_range *range, int64_t unit, int64_t max)
{
	int64_t hard = range->limit > max / unit ? max : range->limit * unit;
	int64_t soft = range->barrier > max / unit ? max : range->barrier * unit;

	return (struct limits_rlimit){
		.given = range->given,
		.soft = (uint64_t)(soft < hard ? soft : hard),
		.hard = (uint64_t)hard,
	};
}

static void counts_of(const struct limits *limits, const struct limits_host_facts *facts,
		      struct limits_effects *e)
{
	e->pids_max = limits->numproc.given && limits->numproc.limit <= PIDS_MAX ?
			      limits->numproc.limit :
			      -1;
	e->ptys = limits->numpty.given && limits->numpty.limit != LIMIT_UNLIMITED ?
			  clamp(limits->numpty.limit, 0, INT32_MAX) :
			  -1;
	e->files = rlimit_of(&limits->numfile, 1, facts->files_max);
	e->signals = rlimit_of(&limits->numsiginfo, 1, INT64_MAX);
	e->locked = rlimit_of(&limits->lockedpages, limit_pages_to_bytes(1), INT64_MAX);
}

/* No effect has these values. */
#define UNKNOWN (-2)
#define UNKNOWN_ADJ 9999

void limits_effects_forget(struct limits_effects *e, const char *key)
{
	const struct {
		const char *key;
		int64_t *value;
	} rows[] = {
		{ "CPULIMIT", &e->cpu_quota_usec }, { "CPUS", &e->cpu_quota_usec },
		{ "CPUUNITS", &e->cpu_weight },     { "CPUUWEIGHT", &e->cpu_weight },
		{ "IOLIMIT", &e->io_bytes },        { "IOPRIO", &e->io_weight },
		{ "IOPSLIMIT", &e->io_operations }, { "MEMGUARANTEE", &e->memory_min },
		{ "NUMPROC", &e->pids_max },        { "OOMGUARPAGES", &e->memory_low },
		{ "PHYSPAGES", &e->memory_max },    { "SHMPAGES", &e->shm_pages },
		{ "SWAPPAGES", &e->swap_max },      { "VMGUARPAGES", &e->memory_low },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (str_eq(rows[i].key, key))
			*rows[i].value = UNKNOWN;
	if (str_eq(key, "CPUMASK") || str_eq(key, "NODEMASK")) {
		e->cpus_limited = e->nodes_limited = true;
		e->cpus = e->nodes = "";
	}
	if (str_eq(key, "OOMGUARPAGES"))
		e->oom_score_adj = UNKNOWN_ADJ;
	if (str_eq(key, "NUMFILE"))
		e->files.given = false;
	if (str_eq(key, "NUMSIGINFO"))
		e->signals.given = false;
	if (str_eq(key, "LOCKEDPAGES"))
		e->locked.given = false;
}

int limits_effects_of(const struct limits *limits, const struct limits_host_facts *facts,
		      struct limits_effects *ret, struct err *err)
{
	struct limits_effects e = { .io_weight = WEIGHT_DEFAULT };

	if (memory_of(limits, facts, &e, err) < 0 || masks_of(limits, facts, &e, err) < 0)
		return -1;
	e.cpu_weight = weight_of(limits);
	quota_of(limits, &e);
	counts_of(limits, facts, &e);
	if (limits->ioprio.given)
		e.io_weight = io_weights[limits->ioprio.value];
	e.io_bytes = limits->iolimit.value;
	e.io_operations = limits->iopslimit.value;
	*ret = e;
	return 0;
}
