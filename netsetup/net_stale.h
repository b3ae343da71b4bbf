/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_stale: what is on this host of networks that nobody has any more, or whose record can't be
 * read. Looking changes nothing.
 */
#ifndef NETSETUP_NET_STALE_H
#define NETSETUP_NET_STALE_H

#include <stdbool.h>
#include <stddef.h>

#include "netsetup/net.h"

enum net_stale_kind {
	NET_STALE_DAMAGED, /* a record that can't be read: it blocks its id */
	NET_STALE_MAKING,  /* a record of a verb that is at work, or was killed */
	NET_STALE_GONE,    /* a record whose links are gone, with their namespace */
	NET_STALE_LINK,    /* a host end without a record */
	NET_STALE_FORWARD, /* nothing stale: a network that is up, and the host does not forward */
};

struct net_stale {
	enum net_stale_kind kind;
	char id[NET_ID_MAX + 1];
	char link[IFNAMSIZ]; /* LINK: its name; FORWARD: the uplink's */
	int ifindex;         /* LINK */
	int family;          /* FORWARD */
	struct err why;      /* DAMAGED */
};

/* All of them, in fresh memory. */
int net_stale_find(struct net_stale **ret, size_t *ret_n, struct err *err);

/* Takes it away; what has got an owner meanwhile stays, and is no error. Of a damaged record only
 * where no link of its id is left that leads anywhere: ERR_STATE. Not for FORWARD. */
int net_stale_mend(const struct net_stale *stale, struct err *err);

/* How many elements our tables of nftables have that no record accounts for, and with `remove` takes
 * them out. ERR_INPUT: a record can't be read, so nobody knows. No tables: 0. */
int net_stale_elems(bool remove, size_t *ret_n, struct err *err);

#endif
