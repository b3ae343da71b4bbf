/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * firewall_nat: which addresses are to be masqueraded (NET_NAT_AUTO).
 */
#ifndef NETSETUP_FIREWALL_NAT_H
#define NETSETUP_FIREWALL_NAT_H

#include "netsetup/net.h"

struct nl_sock;

/* 1: NET_NAT_ON; or NET_NAT_AUTO and a private address that lies in no network of an uplink of this
 * host (the link of the default route, or another with that network; the NIC's own bridge is none).
 * *sock is opened (NETLINK_ROUTE) when it is first needed; the caller closes it. */
int firewall_nat_wanted(struct nl_sock **sock, enum net_nat nat, const struct net_nic *nic,
			const struct net_addr *addr, struct err *err);

#endif
