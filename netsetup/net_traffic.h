/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_traffic: what a container's NICs counted before their counters were removed, in
 * NET_STATE_DIR/traffic/ID. Not for use outside netsetup/net*.c.
 */
#ifndef NETSETUP_NET_TRAFFIC_H
#define NETSETUP_NET_TRAFFIC_H

#include "netsetup/net.h"

/* Before the counters of `from`'s NICs that `to` (or NULL) has not are removed. The caller has the id's
 * lock. What fails is warned of: the network goes before its counts. */
void net_traffic_keep(const struct net_config *from, const struct net_config *to);

#endif
