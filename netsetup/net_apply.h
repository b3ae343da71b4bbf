/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_apply: turning one network into another, and taking all of one away. Not for use outside
 * netsetup/net*.c.
 */
#ifndef NETSETUP_NET_APPLY_H
#define NETSETUP_NET_APPLY_H

#include "netsetup/nic.h"

/* Makes of what record->config says (NULL members: nothing is there yet) what `to` says, NIC by NIC.
 * ret_ifindex: of `to`'s host ends. Both ways it may be repeated, so going back after an error is the
 * same call the other way round. */
int net_apply(struct nic_job *job, const struct net_config *from, const struct net_config *to,
	      int ret_ifindex[NET_NICS_MAX], struct err *err);

/* The uplinks of all routed addresses, added to the record's. */
int net_apply_uplinks(struct nic_job *job, const struct net_config *config, struct err *err);

/* Takes all away that the record names, as far as it is there and the id's. links: those too that the
 * namespace would take along. Nothing keeps the rest from being removed: what fails is warned of, and
 * job->incomplete set. */
void net_clear(struct nic_job *job, bool links);

#endif
