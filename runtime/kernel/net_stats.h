/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_stats: what went through the network interfaces of another network namespace, read from
 * /proc/PID/net/dev of a process in it (proc_pid_net(5)), so without entering it.
 *
 * The names are the container's to choose: any bytes but blanks, "/" and ":".
 */
#ifndef RUNTIME_KERNEL_NET_STATS_H
#define RUNTIME_KERNEL_NET_STATS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/base/err.h"

struct net_stats_count {
	uint64_t bytes, packets, errors, dropped;
};

struct net_stats_link {
	char name[IFNAMSIZ];
	struct net_stats_count rx, tx;
};

struct net_stats {
	bool given; /* false: no process, or the network is the caller's own */
	struct net_stats_link *link;
	size_t n;
};

/* Of the process that has this pid and began at start (proc.h); one that has ended, and one in the
 * caller's network namespace, gives nothing. */
int net_stats_read(pid_t pid, uint64_t start, struct net_stats *ret, struct err *err);
void net_stats_done(struct net_stats *stats);
#define auto_net_stats __attribute__((cleanup(net_stats_done)))

/* One line of the file. False for the headings and what else is no interface. */
bool net_stats_parse(const char *line, struct net_stats_link *ret);

#endif
