/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/stats_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "runtime/base/json.h"
#include "runtime/base/mem.h"
#include "runtime/spec/spec.h"

static void emit_psi_line(struct json_writer *w, const char *key,
			  const struct cgroup_stats_psi_line *psi)
{
	char text[160];

	if (!psi->given)
		return;
	snprintf(text, sizeof(text),
		 "{\"avg10\":%u.%02u,\"avg60\":%u.%02u,\"avg300\":%u.%02u,\"total\":%" PRIu64 "}",
		 psi->avg10 / 100, psi->avg10 % 100, psi->avg60 / 100, psi->avg60 % 100,
		 psi->avg300 / 100, psi->avg300 % 100, psi->total_usec);
	json_put_raw(w, key, text);
}

static void emit_psi(struct json_writer *w, const struct cgroup_stats_psi *psi)
{
	if (!psi->some.given && !psi->full.given)
		return;
	json_begin(w, "psi", '{');
	emit_psi_line(w, "some", &psi->some);
	emit_psi_line(w, "full", &psi->full);
	json_end(w, '}');
}

static void emit_cpu(struct json_writer *w, const struct cgroup_stats_cpu *cpu)
{
	if (!cpu->given) {
		json_put_null(w, "cpu");
		return;
	}
	json_begin(w, "cpu", '{');
	json_begin(w, "usage", '{');
	json_put_uint(w, "total", cpu->usage_usec * 1000);
	json_put_uint(w, "kernel", cpu->system_usec * 1000);
	json_put_uint(w, "user", cpu->user_usec * 1000);
	json_end(w, '}');
	json_begin(w, "throttling", '{');
	json_put_uint(w, "periods", cpu->periods);
	json_put_uint(w, "throttledPeriods", cpu->throttled);
	json_put_uint(w, "throttledTime", cpu->throttled_usec * 1000);
	json_end(w, '}');
	emit_psi(w, &cpu->psi);
	json_end(w, '}');
}

static void emit_numbers(struct json_writer *w, const char *key, const char *list)
{
	unsigned char mask[SPEC_MAX_CPUS / 8];

	if (spec_parse_list(list, mask, SPEC_MAX_CPUS, NULL) < 0)
		return;
	json_begin(w, key, '[');
	for (unsigned int i = 0; i < SPEC_MAX_CPUS; i++)
		if (mask[i / 8] & (1U << i % 8))
			json_put_uint(w, NULL, i);
	json_end(w, ']');
}

/* What cgroup v1 alone has are zeros, as with runc. */
static void emit_cpuset(struct json_writer *w, const struct cgroup_stats *stats)
{
	static const char *const v1_only[] = {
		"mem_hardwall",       "mem_exclusive",
		"memory_migrate",     "memory_spread_page",
		"memory_spread_slab", "memory_pressure",
		"sched_load_balance", "sched_relax_domain_level",
	};

	if (!stats->cpus || !stats->mems) {
		json_put_null(w, "cpuset");
		return;
	}
	json_begin(w, "cpuset", '{');
	emit_numbers(w, "cpus", stats->cpus);
	json_put_uint(w, "cpu_exclusive", 0);
	emit_numbers(w, "mems", stats->mems);
	for (unsigned int i = 0; i < ARRAY_SIZE(v1_only); i++)
		json_put_uint(w, v1_only[i], 0);
	json_end(w, '}');
}

static void emit_usage(struct json_writer *w, const char *key, const struct cgroup_stats_usage *u)
{
	if (!u->given)
		return;
	json_begin(w, key, '{');
	json_put_uint(w, "limit", u->max);
	json_put_uint(w, "usage", u->current);
	if (u->peak)
		json_put_uint(w, "max", u->peak);
	json_put_uint(w, "failcnt", u->failures);
	json_end(w, '}');
}

static void emit_raw_memory(struct json_writer *w, const char *text)
{
	uint64_t value;
	char key[64];

	json_begin(w, "raw", '{');
	while (cgroup_stats_next(&text, key, &value))
		json_put_uint(w, key, value);
	json_end(w, '}');
}

static uint64_t page_cache(const char *text)
{
	uint64_t value;
	char key[64];

	while (cgroup_stats_next(&text, key, &value))
		if (str_eq(key, "file"))
			return value;
	return 0;
}

/* runc's "swap" is memory and swap together, as in cgroup v1. */
static struct cgroup_stats_usage with_swap(const struct cgroup_stats *stats)
{
	struct cgroup_stats_usage sum = stats->swap;

	sum.current += stats->memory.current;
	sum.peak = 0;
	if (sum.max > UINT64_MAX - stats->memory.max)
		sum.max = UINT64_MAX;
	else
		sum.max += stats->memory.max;
	return sum;
}

#define NO_LIMIT_OF_V1 "{\"limit\":0,\"failcnt\":0}"

static void emit_memory_events(struct json_writer *w, const struct cgroup_stats_memory_events *e)
{
	json_begin(w, "event_count", '{');
	json_put_uint(w, "low", e->low);
	json_put_uint(w, "high", e->high);
	json_put_uint(w, "max", e->max);
	json_put_uint(w, "oom", e->oom);
	json_put_uint(w, "oom_kill", e->oom_kill);
	json_put_uint(w, "oom_group_kill", e->oom_group_kill);
	json_end(w, '}');
}

static void emit_memory(struct json_writer *w, const struct cgroup_stats *stats)
{
	struct cgroup_stats_usage swap = with_swap(stats);

	if (!stats->memory.given) {
		json_put_null(w, "memory");
		return;
	}
	json_begin(w, "memory", '{');
	if (stats->memory_stat)
		json_put_uint(w, "cache", page_cache(stats->memory_stat));
	emit_usage(w, "usage", &stats->memory);
	emit_usage(w, "swap", &swap);
	/* v1's kernel and TCP limits; runc prints their zeros still. */
	json_put_raw(w, "kernel", NO_LIMIT_OF_V1);
	json_put_raw(w, "kernelTCP", NO_LIMIT_OF_V1);
	if (stats->memory_stat)
		emit_raw_memory(w, stats->memory_stat);
	emit_psi(w, &stats->memory_psi);
	emit_memory_events(w, &stats->memory_events);
	json_end(w, '}');
}

static void emit_pids(struct json_writer *w, const struct cgroup_stats_usage *pids)
{
	if (!pids->given) {
		json_put_null(w, "pids");
		return;
	}
	json_begin(w, "pids", '{');
	json_put_uint(w, "current", pids->current);
	if (pids->max != UINT64_MAX)
		json_put_uint(w, "limit", pids->max);
	json_end(w, '}');
}

static void emit_io_value(struct json_writer *w, const struct cgroup_stats_io *io, const char *op,
			  uint64_t value)
{
	json_begin(w, NULL, '{');
	json_put_uint(w, "major", io->major);
	json_put_uint(w, "minor", io->minor);
	json_put_str(w, "op", op);
	json_put_uint(w, "value", value);
	json_end(w, '}');
}

static void emit_io(struct json_writer *w, const struct cgroup_stats *stats)
{
	if (!stats->io_given) {
		json_put_null(w, "blkio");
		return;
	}
	json_begin(w, "blkio", '{');
	json_begin(w, "ioServiceBytesRecursive", '[');
	for (size_t i = 0; i < stats->io_n; i++) {
		emit_io_value(w, &stats->io[i], "Read", stats->io[i].read_bytes);
		emit_io_value(w, &stats->io[i], "Write", stats->io[i].write_bytes);
		emit_io_value(w, &stats->io[i], "Discard", stats->io[i].discard_bytes);
	}
	json_end(w, ']');
	json_begin(w, "ioServicedRecursive", '[');
	for (size_t i = 0; i < stats->io_n; i++) {
		emit_io_value(w, &stats->io[i], "Read", stats->io[i].reads);
		emit_io_value(w, &stats->io[i], "Write", stats->io[i].writes);
		emit_io_value(w, &stats->io[i], "Discard", stats->io[i].discards);
	}
	json_end(w, ']');
	emit_psi(w, &stats->io_psi);
	json_end(w, '}');
}

static void emit_hugetlb(struct json_writer *w, const struct cgroup_stats *stats)
{
	json_begin(w, "hugetlb", '{');
	for (size_t i = 0; i < stats->hugetlb_n; i++) {
		const struct cgroup_stats_usage *usage = &stats->hugetlb[i].usage;

		json_begin(w, stats->hugetlb[i].size, '{');
		json_put_uint(w, "usage", usage->current);
		if (usage->peak)
			json_put_uint(w, "max", usage->peak);
		json_put_uint(w, "failcnt", usage->failures);
		json_end(w, '}');
	}
	json_end(w, '}');
}

/* runc's own names: these have no JSON tags there. */
static void emit_network(struct json_writer *w, const struct net_stats *net)
{
	if (!net->given) {
		json_put_null(w, "network_interfaces");
		return;
	}
	json_begin(w, "network_interfaces", '[');
	for (size_t i = 0; i < net->n; i++) {
		const struct net_stats_link *link = &net->link[i];

		json_begin(w, NULL, '{');
		json_put_str(w, "Name", link->name);
		json_put_uint(w, "RxBytes", link->rx.bytes);
		json_put_uint(w, "RxPackets", link->rx.packets);
		json_put_uint(w, "RxErrors", link->rx.errors);
		json_put_uint(w, "RxDropped", link->rx.dropped);
		json_put_uint(w, "TxBytes", link->tx.bytes);
		json_put_uint(w, "TxPackets", link->tx.packets);
		json_put_uint(w, "TxErrors", link->tx.errors);
		json_put_uint(w, "TxDropped", link->tx.dropped);
		json_end(w, '}');
	}
	json_end(w, ']');
}

void stats_json_emit(const char *id, const struct cgroup_stats *stats, const struct net_stats *net,
		     struct strbuf *sb)
{
	struct json_writer w = { .sb = sb };

	json_begin(&w, NULL, '{');
	json_put_str(&w, "type", "stats");
	json_put_str(&w, "id", id);
	json_begin(&w, "data", '{');
	emit_cpu(&w, &stats->cpu);
	emit_cpuset(&w, stats);
	emit_memory(&w, stats);
	emit_pids(&w, &stats->pids);
	emit_io(&w, stats);
	emit_hugetlb(&w, stats);
	json_put_raw(&w, "intel_rdt", "{}");
	emit_network(&w, net);
	json_end(&w, '}');
	json_end(&w, '}');
	strbuf_add_char(sb, '\n');
}
