/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_detect: is a routed address used by someone else on an uplink? Not for use outside
 * netsetup/net*.c.
 */
#ifndef NETSETUP_NET_DETECT_H
#define NETSETUP_NET_DETECT_H

#include "netsetup/neigh.h"
#include "netsetup/net_record.h"

/* Asks for the routed addresses that `to` has and `from` (or NULL) has not, and waits for answers:
 * EADDRINUSE. Nothing is asked where to->no_detect. */
int net_detect(const struct net_record *record, const struct net_config *from,
	       const struct net_config *to, struct err *err);

/* What is known of a conflict that was found later. */
struct net_detect_found {
	const struct net_record *record; /* as it was when the search began */
	int netns_fd;
	const char *link;
	struct neigh_conflict conflict;
};

/* In the background, in a process of its own that is nobody's child and has none of the caller's fds:
 * announces the routed addresses of the record that `from` (or NULL) has not (closing a packet socket
 * waits for a grace period), and where `found` is given looks for duplicates of them, unless
 * no_detect; it is called for each. */
int net_detect_start(const struct net_record *record, const struct net_config *from, int netns_fd,
		     void (*found)(const struct net_detect_found *), struct err *err);

#endif
