/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/net_detect.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "netsetup/nic.h"
#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/proc.h"

#define WAIT_MSEC 1000

struct wanted {
	struct net_addr *addrs;
	size_t n;
};

static void wanted_done(struct wanted *wanted)
{
	mem_free_ptr(&wanted->addrs);
}
#define auto_wanted __attribute__((cleanup(wanted_done)))

static bool has_addr(const struct net_config *config, const struct net_addr *addr)
{
	for (size_t i = 0; config && i < config->n_nics; i++)
		if (config->nics[i].kind == NET_ROUTED && nic_has_addr(&config->nics[i], addr))
			return true;
	return false;
}

static int add_wanted(struct wanted *wanted, const struct net_nic *nic,
		      const struct net_config *from, struct err *err)
{
	for (size_t i = 0; i < nic->n_addrs; i++) {
		struct net_addr *at;

		if (has_addr(from, &nic->addrs[i]))
			continue;
		at = mem_append(&wanted->addrs, &wanted->n, sizeof(*at));
		if (!at)
			return err_sys(err, "look for duplicate addresses");
		*at = nic->addrs[i];
	}
	return 0;
}

static int list_wanted(const struct net_config *from, const struct net_config *to,
		       struct wanted *ret, struct err *err)
{
	for (size_t i = 0; i < to->n_nics; i++)
		if (to->nics[i].kind == NET_ROUTED && add_wanted(ret, &to->nics[i], from, err) < 0)
			return -1;
	return 0;
}

int net_detect(const struct net_record *record, const struct net_config *from,
	       const struct net_config *to, struct err *err)
{
	auto_wanted struct wanted wanted = { 0 };
	char addr[ADDR_TEXT_SIZE], mac[ADDR_MAC_SIZE];

	if (to->no_detect)
		return 0;
	if (list_wanted(from, to, &wanted, err) < 0)
		return -1;
	for (size_t i = 0; wanted.n && i < record->n_uplinks; i++) {
		struct neigh_conflict conflict;
		int rc = neigh_probe(record->uplinks[i].name, wanted.addrs, wanted.n, WAIT_MSEC,
				     &conflict, err);

		if (rc < 0)
			return -1;
		if (rc > 0)
			return err_set(err, EADDRINUSE, "the address %s is used by %s on \"%s\"",
				       addr_show(&conflict.addr, addr),
				       addr_mac_show(conflict.mac, mac), record->uplinks[i].name);
	}
	return 0;
}

/* ---- in the background ---- */

static void drop_addr(struct wanted *wanted, const struct net_addr *addr)
{
	size_t kept = 0;

	for (size_t i = 0; i < wanted->n; i++)
		if (!addr_same(&wanted->addrs[i], addr))
			wanted->addrs[kept++] = wanted->addrs[i];
	wanted->n = kept;
}

/* A probe ends with the first conflict; each takes an address off the list. */
static void search(const struct net_record *record, struct wanted *wanted, int netns_fd,
		   void (*found)(const struct net_detect_found *))
{
	struct net_detect_found what = { .record = record, .netns_fd = netns_fd };
	struct err err;

	for (size_t i = 0; i < record->n_uplinks; i++) {
		what.link = record->uplinks[i].name;
		while (wanted->n && neigh_probe(what.link, wanted->addrs, wanted->n, WAIT_MSEC,
						&what.conflict, &err) > 0) {
			found(&what);
			drop_addr(wanted, &what.conflict.addr);
		}
	}
}

/* Nothing of the caller's stays open: not its locks, nor pipes whose end somebody waits for. */
static int let_go(int netns_fd)
{
	int null = open("/dev/null", O_RDWR), keep[] = { netns_fd };
	struct err err;

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		return -1;
	setsid();
	if (chdir("/") < 0 || fd_close_others(3, keep, 1, &err) < 0)
		return -1;
	/* The log's file is closed: its number must not become another one's. */
	return log_open("/dev/null", false, LOG_LEVEL_ERROR, &err);
}

/* The namespace by itself, not by the caller's file: a mount of that can be undone meanwhile. */
static int reopen(int netns_fd)
{
	auto_fd int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	auto_fd int there = -1;

	if (here < 0 || setns(netns_fd, CLONE_NEWNET) < 0)
		return -1;
	there = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return setns(here, CLONE_NEWNET) < 0 ? -1 : steal_fd(&there);
}

static void announce(const struct net_record *record, const struct wanted *wanted)
{
	struct err why;

	for (size_t i = 0; i < record->n_uplinks; i++)
		for (size_t j = 0; j < wanted->n; j++)
			neigh_announce(record->uplinks[i].name, &wanted->addrs[j], &why);
}

static void become_searcher(const struct net_record *record, struct wanted *wanted, int netns_fd,
			    void (*found)(const struct net_detect_found *))
{
	bool wants = found && !record->config->no_detect;
	int netns = wants ? reopen(netns_fd) : -1;

	if (let_go(netns) < 0 || proc_clone(0, -1, NULL) != 0)
		return;
	announce(record, wanted);
	if (netns >= 0)
		search(record, wanted, netns, found);
}

int net_detect_start(const struct net_record *record, const struct net_config *from, int netns_fd,
		     void (*found)(const struct net_detect_found *), struct err *err)
{
	auto_wanted struct wanted wanted = { 0 };
	pid_t pid;

	if (list_wanted(from, record->config, &wanted, err) < 0)
		return -1;
	if (!wanted.n || !record->n_uplinks)
		return 0;
	pid = proc_clone(0, -1, NULL);
	if (pid < 0)
		return err_sys(err, "look for duplicate addresses");
	if (pid > 0) {
		proc_wait(pid);
		return 0;
	}
	/* The one between the two ends at once, so that nobody has to wait for the other; and it lets
	 * go first, or the next verb could still meet the caller's lock. */
	become_searcher(record, &wanted, netns_fd, found);
	_exit(0);
}
