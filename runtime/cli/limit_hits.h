/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limit_hits: which limits a container has run into, from its cgroup's counts, in words that say
 * what to do, or as JSON. Pure.
 *
 * The counts are since the container's start. When a limit was hit nobody knows, as the kernel
 * keeps no times; but for processes killed for lack of memory, of which its log tells.
 */
#ifndef RUNTIME_CLI_LIMIT_HITS_H
#define RUNTIME_CLI_LIMIT_HITS_H

#include <stdbool.h>
#include <time.h>

#include "runtime/base/json.h"
#include "runtime/base/str.h"
#include "runtime/kernel/cgroup_stats.h"

struct limit_hits {
	const char *id;
	const struct cgroup_stats *stats;
	bool kill_dated; /* the kernel's log tells when the last kill was: */
	struct timespec last_kill;
	/* Why its cgroup lacks a controller. */
	const char *(*why_missing)(const char *controller);
};

/* A line for each resource, and for each pressure that there is. */
void limit_hits_text(const struct limit_hits *hits, struct strbuf *sb);

/* Members "limits", "pressure" and "advice" of an object that was begun. */
void limit_hits_json(const struct limit_hits *hits, struct json_writer *w);

#endif
