/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_check: whether a container's network makes sense. Pure. Not for use outside netsetup/net*.c.
 */
#ifndef NETSETUP_NET_CHECK_H
#define NETSETUP_NET_CHECK_H

#include "netsetup/net.h"

/* Each value by itself and against the others. Names and MACs that are to be filled in may be
 * missing. ERR_INPUT: one line that names the value. */
int net_check(const struct net_config *config, struct err *err);

/* What must be different, once names and MACs are there. */
int net_check_unique(const struct net_config *config, struct err *err);

/* A name that an interface can have (dev_valid_name() in the kernel). */
bool net_check_link_name(const char *name);

/* Whether that kind has an end on the host: a veth pair. */
bool net_kind_is_pair(enum net_kind kind);
/* "routed", "bridged", …; NULL where there is no such kind. */
const char *net_kind_name(enum net_kind kind);
/* "tcp", "udp", "sctp"; NULL otherwise. */
const char *net_proto_name(uint8_t proto);

/* A MAC for a link that the host has but once, always the same: locally administered. */
void net_fill_link_mac(const char *name, uint8_t ret[6]);

#endif
