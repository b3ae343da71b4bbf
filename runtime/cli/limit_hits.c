/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/limit_hits.h"

#include <inttypes.h>
#include <stdio.h>

#include "runtime/base/mem.h"
#include "runtime/base/time.h"
#include "runtime/cli/human.h"

/* A count and its thing: "1 process was", "2 processes were". */
static void add_count(struct strbuf *sb, uint64_t n, const char *one, const char *many)
{
	strbuf_addf(sb, "%" PRIu64 " %s", n, n == 1 ? one : many);
}

/* ---- what was hit, in words ---- */

static void tell_kills(const struct limit_hits *hits, struct strbuf *sb)
{
	const struct cgroup_stats_memory_events *events = &hits->stats->memory_events;
	char when[64];
	struct tm tm;

	add_count(sb, events->oom_kill, "process was killed", "processes were killed");
	/* Its own limit had no part in it. */
	if (events->oom == 0 && events->max == 0)
		strbuf_add(sb, " because the host or a cgroup above ran out of memory");
	if (hits->kill_dated && localtime_r(&hits->last_kill.tv_sec, &tm) &&
	    strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm))
		strbuf_addf(sb, ", the last on %s", when);
	else
		strbuf_add(sb, " (the kernel's log does not tell when)");
}

static void advise_memory(const struct limit_hits *hits, struct strbuf *sb)
{
	const struct cgroup_stats *stats = hits->stats;
	char text[HUMAN_SIZE];

	if (stats->memory_events.max == 0 || stats->memory.max > UINT64_MAX / 2)
		return;
	strbuf_addf(sb, " (raise it: vzrun update --memory %s %s)",
		    human_option(stats->memory.max * 2, text), hits->id);
}

static void memory_hits(const struct limit_hits *hits, struct strbuf *sb)
{
	const struct cgroup_stats_memory_events *events = &hits->stats->memory_events;
	char text[HUMAN_SIZE];

	if (events->high > 0) {
		strbuf_add(sb, "it was slowed down ");
		add_count(sb, events->high, "time", "times");
		strbuf_addf(sb, " for being above memory.high (%s)",
			    human_bytes(hits->stats->memory_high, text));
	}
	if (events->max > 0) {
		strbuf_addf(sb, "%sthe limit was hit ", events->high > 0 ? ", " : "");
		add_count(sb, events->max, "time", "times");
	}
	if (events->oom_kill > 0) {
		strbuf_add(sb, events->high > 0 || events->max > 0 ? ", " : "");
		tell_kills(hits, sb);
	}
	advise_memory(hits, sb);
}

static void swap_hits(const struct limit_hits *hits, struct strbuf *sb)
{
	if (hits->stats->swap.failures == 0)
		return;
	strbuf_add(sb, "the limit was hit ");
	add_count(sb, hits->stats->swap.failures, "time", "times");
}

static void pids_hits(const struct limit_hits *hits, struct strbuf *sb)
{
	const struct cgroup_stats_usage *pids = &hits->stats->pids;

	if (pids->failures == 0)
		return;
	strbuf_add(sb, "starting one more was refused ");
	add_count(sb, pids->failures, "time", "times");
	if (pids->max < UINT64_MAX / 2)
		strbuf_addf(sb, " (raise it: vzrun update --pids-limit %" PRIu64 " %s)",
			    pids->max * 2, hits->id);
}

static void cpu_hits(const struct limit_hits *hits, struct strbuf *sb)
{
	const struct cgroup_stats_cpu *cpu = &hits->stats->cpu;
	char text[HUMAN_SIZE];

	if (cpu->throttled == 0)
		return;
	strbuf_addf(sb, "it was held back in %" PRIu64 " of %" PRIu64 " periods, for %s in all",
		    cpu->throttled, cpu->periods, human_usec(cpu->throttled_usec, text));
	if (cpu->quota_usec < UINT64_MAX / 2)
		strbuf_addf(sb, " (raise it: vzrun update --cpu-quota %" PRIu64 " %s)",
			    cpu->quota_usec * 2, hits->id);
}

/* ---- what is used ---- */

static void add_use(struct strbuf *sb, const struct cgroup_stats_usage *usage)
{
	char text[HUMAN_SIZE];

	strbuf_addf(sb, "%s in use", human_bytes(usage->current, text));
	if (usage->peak > 0)
		strbuf_addf(sb, ", at most %s so far", human_bytes(usage->peak, text));
	if (usage->max == UINT64_MAX)
		strbuf_add(sb, ", no limit");
	else
		strbuf_addf(sb, ", the limit is %s", human_bytes(usage->max, text));
}

static bool memory_use(const struct cgroup_stats *stats, struct strbuf *sb)
{
	add_use(sb, &stats->memory);
	return stats->memory.given;
}

static bool swap_use(const struct cgroup_stats *stats, struct strbuf *sb)
{
	add_use(sb, &stats->swap);
	return stats->swap.given;
}

static bool pids_use(const struct cgroup_stats *stats, struct strbuf *sb)
{
	strbuf_addf(sb, "%" PRIu64, stats->pids.current);
	if (stats->pids.max == UINT64_MAX)
		strbuf_add(sb, ", no limit");
	else
		strbuf_addf(sb, ", the limit is %" PRIu64, stats->pids.max);
	return stats->pids.given;
}

static bool cpu_use(const struct cgroup_stats *stats, struct strbuf *sb)
{
	const struct cgroup_stats_cpu *cpu = &stats->cpu;
	char text[HUMAN_SIZE];

	strbuf_addf(sb, "%s used", human_usec(cpu->usage_usec, text));
	if (cpu->quota_usec == UINT64_MAX || cpu->period_usec == 0)
		strbuf_add(sb, ", no limit");
	else
		strbuf_addf(sb, ", the limit is %.2f of a CPU",
			    (double)cpu->quota_usec / (double)cpu->period_usec);
	return cpu->limited;
}

static const struct {
	const char *name;
	const char *controller;
	bool (*use)(const struct cgroup_stats *stats, struct strbuf *sb); /* false: not known */
	void (*hits)(const struct limit_hits *hits, struct strbuf *sb);
} resources[] = {
	{ "cpu", "cpu", cpu_use, cpu_hits },
	{ "memory", "memory", memory_use, memory_hits },
	{ "swap", NULL, swap_use, swap_hits },
	{ "processes", "pids", pids_use, pids_hits },
};

static void resource_text(const struct limit_hits *hits, size_t i, struct strbuf *sb)
{
	auto_strbuf struct strbuf use = { 0 }, hit = { 0 };

	if (resources[i].use(hits->stats, &use)) {
		resources[i].hits(hits, &hit);
		strbuf_addf(sb, "%s: %s%s%s\n", resources[i].name, use.text, hit.text ? "; " : "",
			    hit.text ? hit.text : "");
	} else if (resources[i].controller) {
		strbuf_addf(sb, "%s: not counted: its cgroup has no controller %s (%s)\n",
			    resources[i].name, resources[i].controller,
			    hits->why_missing(resources[i].controller));
	}
	sb->failed |= use.failed || hit.failed;
}

/* ---- pressure ---- */

struct pressure {
	const char *key, *what;
	const struct cgroup_stats_psi *psi;
};
#define PRESSURES 3

static void list_pressure(const struct cgroup_stats *stats, struct pressure ret[PRESSURES])
{
	ret[0] = (struct pressure){ "cpu", "a CPU", &stats->cpu.psi };
	ret[1] = (struct pressure){ "memory", "memory", &stats->memory_psi };
	ret[2] = (struct pressure){ "io", "disks", &stats->io_psi };
}

static void pressure_text(const struct cgroup_stats *stats, struct strbuf *sb)
{
	struct pressure list[PRESSURES];

	list_pressure(stats, list);
	for (unsigned int i = 0; i < PRESSURES; i++) {
		const struct cgroup_stats_psi_line *some = &list[i].psi->some;

		if (some->given)
			strbuf_addf(sb,
				    "waiting for %s: %u.%02u%% of the last 10 s, %u.%02u%% of "
				    "the minute, %u.%02u%% of 5 minutes\n",
				    list[i].what, some->avg10 / 100, some->avg10 % 100,
				    some->avg60 / 100, some->avg60 % 100, some->avg300 / 100,
				    some->avg300 % 100);
	}
}

void limit_hits_text(const struct limit_hits *hits, struct strbuf *sb)
{
	for (size_t i = 0; i < ARRAY_SIZE(resources); i++)
		resource_text(hits, i, sb);
	pressure_text(hits->stats, sb);
}

/* ---- JSON ---- */

static void put_limit(struct json_writer *w, const char *key, uint64_t limit)
{
	if (limit == UINT64_MAX)
		json_put_null(w, key);
	else
		json_put_uint(w, key, limit);
}

static void json_usage(struct json_writer *w, const char *key, const struct cgroup_stats_usage *use)
{
	if (!use->given) {
		json_put_null(w, key);
		return;
	}
	json_begin(w, key, '{');
	json_put_uint(w, "usage", use->current);
	put_limit(w, "limit", use->max);
	json_put_uint(w, "hits", use->failures);
	json_end(w, '}');
}

static void json_memory(struct json_writer *w, const struct limit_hits *hits)
{
	const struct cgroup_stats *stats = hits->stats;
	char when[TIME_TEXT_SIZE];

	if (!stats->memory.given) {
		json_put_null(w, "memory");
		return;
	}
	json_begin(w, "memory", '{');
	json_put_uint(w, "usage", stats->memory.current);
	put_limit(w, "limit", stats->memory.max);
	json_put_uint(w, "hits", stats->memory_events.max);
	put_limit(w, "high", stats->memory_high);
	json_put_uint(w, "highHits", stats->memory_events.high);
	json_put_uint(w, "killed", stats->memory_events.oom_kill);
	if (hits->kill_dated)
		json_put_str(w, "lastKill", time_format(&hits->last_kill, 0, when));
	else
		json_put_null(w, "lastKill");
	json_end(w, '}');
}

static void json_cpu(struct json_writer *w, const struct cgroup_stats_cpu *cpu)
{
	if (!cpu->limited) {
		json_put_null(w, "cpu");
		return;
	}
	json_begin(w, "cpu", '{');
	json_put_uint(w, "usageUsec", cpu->usage_usec);
	put_limit(w, "quotaUsec", cpu->quota_usec);
	json_put_uint(w, "periodUsec", cpu->period_usec);
	json_put_uint(w, "periods", cpu->periods);
	json_put_uint(w, "hits", cpu->throttled);
	json_put_uint(w, "throttledUsec", cpu->throttled_usec);
	json_end(w, '}');
}

static void json_pressure(struct json_writer *w, const struct cgroup_stats *stats)
{
	struct pressure list[PRESSURES];
	char text[128];

	list_pressure(stats, list);
	json_begin(w, "pressure", '{');
	for (unsigned int i = 0; i < PRESSURES; i++) {
		const struct cgroup_stats_psi_line *some = &list[i].psi->some;

		snprintf(text, sizeof(text),
			 "{\"avg10\":%u.%02u,\"avg60\":%u.%02u,\"avg300\":%u.%02u}",
			 some->avg10 / 100, some->avg10 % 100, some->avg60 / 100, some->avg60 % 100,
			 some->avg300 / 100, some->avg300 % 100);
		json_put_raw(w, list[i].key, some->given ? text : "null");
	}
	json_end(w, '}');
}

static void json_advice(struct json_writer *w, const struct limit_hits *hits)
{
	json_begin(w, "advice", '[');
	for (size_t i = 0; i < ARRAY_SIZE(resources); i++) {
		auto_strbuf struct strbuf hit = { 0 }, line = { 0 };

		resources[i].hits(hits, &hit);
		if (hit.text)
			strbuf_addf(&line, "%s: %s", resources[i].name, hit.text);
		if (line.text)
			json_put_str(w, NULL, line.text);
	}
	json_end(w, ']');
}

void limit_hits_json(const struct limit_hits *hits, struct json_writer *w)
{
	json_begin(w, "limits", '{');
	json_cpu(w, &hits->stats->cpu);
	json_memory(w, hits);
	json_usage(w, "swap", &hits->stats->swap);
	json_usage(w, "pids", &hits->stats->pids);
	json_end(w, '}');
	json_pressure(w, hits->stats);
	json_advice(w, hits);
}
