/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/top_sample.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/base/fd.h"
#include "runtime/ct/ct.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/cgroup_file.h"
#include "runtime/kernel/cgroup_stats.h"
#include "runtime/kernel/net_stats.h"

static uint64_t now_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* ---- names ---- */

static int compare_entries(const void *a, const void *b)
{
	const struct top_entry *x = a, *y = b;

	return top_rows_compare_ids(x->id, y->id);
}

static const struct top_entry *find(const struct top_sample *sample, const struct top_entry *entry)
{
	if (!sample || sample->n == 0)
		return NULL;
	return bsearch(entry, sample->entry, sample->n, sizeof(*entry), compare_entries);
}

/* A CT's name, or else its host name; NULL for what is none. */
static char *name_of_ct(const struct vz *vz, const char *id)
{
	auto_ct struct ct *ct = NULL;
	const char *name;
	uint32_t ctid;

	if (!vz || !ctid_parse(id, &ctid) || ct_open(vz, id, 0, &ct, NULL) < 0)
		return NULL;
	name = conf_get(ct->conf, "NAME");
	if (!name || !*name)
		name = conf_get(ct->conf, "HOSTNAME");
	return name && *name ? strdup(name) : NULL;
}

/* ---- counters ---- */

static void take_cgroup(const struct cgroup_stats *stats, struct top_entry *e)
{
	const struct cgroup_stats_psi *const psi[TOP_PSIS] = {
		[TOP_PSI_CPU] = &stats->cpu.psi,
		[TOP_PSI_MEMORY] = &stats->memory_psi,
		[TOP_PSI_IO] = &stats->io_psi,
	};

	e->given |= (stats->cpu.given ? TOP_CPU : 0) | (stats->memory.given ? TOP_MEMORY : 0) |
		    (stats->io_given ? TOP_IO : 0) | (stats->pids.given ? TOP_PIDS : 0);
	e->cpu_usec = stats->cpu.usage_usec;
	e->memory = stats->memory.current;
	e->memory_max = stats->memory.max;
	e->pids = stats->pids.current;
	e->pids_max = stats->pids.max;
	for (size_t i = 0; i < stats->io_n; i++) {
		e->io_read += stats->io[i].read_bytes;
		e->io_write += stats->io[i].write_bytes;
	}
	for (int i = 0; i < TOP_PSIS; i++) {
		e->given |= psi[i]->some.given ? TOP_PRESSURE : 0;
		e->psi[i] = psi[i]->some.avg10;
	}
}

/* Loopback's bytes go nowhere. */
static void take_network(const struct net_stats *net, struct top_entry *e)
{
	e->given |= net->given ? TOP_NET : 0;
	for (size_t i = 0; i < net->n; i++) {
		if (str_eq(net->link[i].name, "lo"))
			continue;
		e->rx += net->link[i].rx.bytes;
		e->tx += net->link[i].tx.bytes;
	}
}

static int count(const struct container_state *state, struct top_entry *e, struct err *err)
{
	auto_cgroup_stats struct cgroup_stats stats = { 0 };
	auto_net_stats struct net_stats net = { 0 };
	auto_fd int cgroup = *state->cgroup ? cgroup_open(state->cgroup, NULL) : -1;

	if (cgroup >= 0) {
		if (cgroup_stats_read(cgroup, true, &stats, err) < 0)
			return -1;
		take_cgroup(&stats, e);
	}
	if (net_stats_read(state->pid, state->pid_start, &net, err) < 0)
		return -1;
	take_network(&net, e);
	return 0;
}

/* ---- all of them ---- */

static int add(const struct container_state *state, const struct vz *vz,
	       const struct top_sample *before, struct top_sample *sample, struct err *err)
{
	struct top_entry *e = mem_append(&sample->entry, &sample->n, sizeof(*e));
	const struct top_entry *old;

	if (!e)
		return err_sys(err, "top");
	e->id = strdup(state->id);
	if (!e->id) {
		sample->n--;
		return err_sys(err, "top");
	}
	e->pid_start = state->pid_start;
	e->status = state->status;
	old = find(before, e);
	if (!old || old->pid_start != e->pid_start)
		e->name = name_of_ct(vz, e->id);
	else if (old->name)
		e->name = strdup(old->name);
	return count(state, e, err);
}

int top_sample_read(const struct container_settings *set, const struct vz *vz,
		    const struct top_sample *before, struct top_sample *ret, struct err *err)
{
	auto_top_sample struct top_sample sample = { .at_usec = now_usec() };
	auto_strv char **ids = container_list(set, err);

	if (!ids)
		return -1;
	for (char **id = ids; *id; id++) {
		auto_container_state struct container_state *state = NULL;

		if (container_load(set, *id, &state, NULL) < 0 || state->status == STATUS_STOPPED)
			continue;
		if (add(state, vz, before, &sample, err) < 0)
			return -1;
	}
	if (sample.n > 1)
		qsort(sample.entry, sample.n, sizeof(*sample.entry), compare_entries);
	*ret = sample;
	sample = (struct top_sample){ NULL, 0, 0 };
	return 0;
}

char *top_sample_missing(void)
{
	static const char *const wanted[] = { "memory", "io", "pids" };
	auto_fd int host = cgroup_open_host(NULL);
	auto_strbuf struct strbuf sb = { 0 };
	const char *why = NULL;
	char have[512];

	if (host < 0 || cgroup_file_read(host, "cgroup.controllers", have, sizeof(have)) < 0)
		return strdup("not counted here: anything (no cgroup v2 hierarchy is mounted)");
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		const char *now;

		if (cgroup_controllers_parse(have) & cgroup_controllers_parse(wanted[i]))
			continue;
		now = cgroup_why_missing(wanted[i]);
		if (why && !str_eq(why, now))
			strbuf_addf(&sb, " (%s)", why);
		strbuf_addf(&sb, "%s%s", why ? ", " : "not counted here: ", wanted[i]);
		why = now;
	}
	if (why)
		strbuf_addf(&sb, " (%s)", why);
	return sb.len ? strbuf_steal(&sb) : NULL;
}
