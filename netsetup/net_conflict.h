/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_conflict: addresses of a container that were withdrawn because somebody else on an uplink
 * has them: in NET_CONFLICT_DIR/ID, a JSON object a line, for as long as that network is there.
 * What found it has no terminal and no caller any more; who watches the folder hears of it.
 */
#ifndef NETSETUP_NET_CONFLICT_H
#define NETSETUP_NET_CONFLICT_H

#include "netsetup/addr.h"
#include "netsetup/net.h"

#define NET_CONFLICT_DIR NET_STATE_DIR "/conflicts"

struct net_conflict {
	char addr[ADDR_TEXT_SIZE];
	char mac[ADDR_MAC_SIZE]; /* who has it */
	char link[IFNAMSIZ];     /* where */
};

/* Adds one, in one write(2). Its writer closes the file, once, behind that. */
int net_conflict_note(const char *id, const struct net_conflict *conflict, struct err *err);

/* All of them, in the order found, in fresh memory; none where there is no file. */
int net_conflict_load(const char *id, struct net_conflict **ret, size_t *ret_n, struct err *err);

void net_conflict_forget(const char *id);

#endif
