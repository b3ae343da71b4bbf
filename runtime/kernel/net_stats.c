/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/net_stats.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/proc.h"

/* 30000 interfaces. */
#define FILE_MAX (4U << 20)

/* "  eth0: 1296 16 0 0 0 0 0 0 1296 16 0 0 0 0 0 0": bytes packets errs drop, and four others,
 * of each direction. */
bool net_stats_parse(const char *line, struct net_stats_link *ret)
{
	struct net_stats_link link = { { 0 }, { 0 }, { 0 } };
	const char *name = line + strspn(line, " "), *colon = strpbrk(name, ":\n");
	size_t len = colon ? (size_t)(colon - name) : 0;

	if (len == 0 || len >= sizeof(link.name) || *colon != ':')
		return false;
	memcpy(link.name, name, len);
	if (sscanf(colon + 1,
		   "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64 "%*u%*u%*u%*u"
		   "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64,
		   &link.rx.bytes, &link.rx.packets, &link.rx.errors, &link.rx.dropped,
		   &link.tx.bytes, &link.tx.packets, &link.tx.errors, &link.tx.dropped) != 8)
		return false;
	*ret = link;
	return true;
}

static int parse_all(const char *line, struct net_stats *stats, struct err *err)
{
	struct net_stats_link one, *slot;

	for (; *line; line += *line == '\n') {
		if (net_stats_parse(line, &one)) {
			slot = mem_append(&stats->link, &stats->n, sizeof(one));
			if (!slot)
				return err_sys(err, "read the network's statistics");
			*slot = one;
		}
		line += strcspn(line, "\n");
	}
	return 0;
}

/* An fd of /proc/PID: of this very process, as the number may be another's by now. */
static int open_process(pid_t pid, uint64_t start)
{
	auto_fd int dir = -1;
	char path[32], state;
	uint64_t now;

	if (pid <= 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d", pid);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 || proc_stat(pid, &now, &state) < 0 || now != start ? -1 : steal_fd(&dir);
}

static bool is_own_network(int process)
{
	struct stat theirs, own;

	return fstatat(process, "ns/net", &theirs, 0) < 0 || stat("/proc/self/ns/net", &own) < 0 ||
	       (theirs.st_ino == own.st_ino && theirs.st_dev == own.st_dev);
}

int net_stats_read(pid_t pid, uint64_t start, struct net_stats *ret, struct err *err)
{
	auto_net_stats struct net_stats stats = { 0 };
	auto_fd int process = open_process(pid, start);
	auto_free char *text = NULL;

	*ret = stats;
	if (process < 0 || is_own_network(process) ||
	    fd_load_at(process, "net/dev", FILE_MAX, &text, NULL, NULL) < 0)
		return 0;
	if (parse_all(text, &stats, err) < 0)
		return -1;
	stats.given = true;
	*ret = stats;
	stats = (struct net_stats){ 0 };
	return 0;
}

void net_stats_done(struct net_stats *stats)
{
	free(stats->link);
}
