/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats_json: a container's statistics as the JSON object that runc's `events` prints. Callers of
 * runc read it into runc's own types (go-runc, events.go), so names and units are runc's: times
 * in ns, a limit of 2^64-1 is none. What the host has no controller for is null, where runc
 * prints zeros; so is the network of a container that has none of its own.
 */
#ifndef RUNTIME_CLI_STATS_JSON_H
#define RUNTIME_CLI_STATS_JSON_H

#include "runtime/base/str.h"
#include "runtime/kernel/cgroup_stats.h"
#include "runtime/kernel/net_stats.h"

/* One line, with its end. */
void stats_json_emit(const char *id, const struct cgroup_stats *stats, const struct net_stats *net,
		     struct strbuf *sb);

#endif
