/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * neigh: making an address known to the uplink's neighbours, and asking whether someone there has it.
 */
#ifndef NETSETUP_NEIGH_H
#define NETSETUP_NEIGH_H

#include <netlink/netlink.h>
#include <stddef.h>

#include "netsetup/addr.h"

/* Answers ARP or neighbour solicitations for the address on that link (ip neigh add proxy). Existing
 * or missing already: no error. Sysctls are not its business (host.h). */
int neigh_proxy_add(struct nl_sock *sock, int ifindex, const struct net_addr *addr,
		    struct err *err);
int neigh_proxy_del(struct nl_sock *sock, int ifindex, const struct net_addr *addr,
		    struct err *err);

/* Tells all on the link that the address is now at this link's MAC: a gratuitous ARP (RFC 5227, 2.3)
 * or an unsolicited neighbour advertisement (RFC 4861, 7.2.6). Nobody answers. */
int neigh_announce(const char *link, const struct net_addr *addr, struct err *err);

struct neigh_conflict {
	struct net_addr addr;
	uint8_t mac[6]; /* who has it */
};
/* Probes for all n addresses at once (ARP probes, RFC 5227 2.1.1; neighbour solicitations from
 * ::, RFC 4862 5.4.2) and listens for at most timeout_msec: 1 and the first conflict, 0, or -1. */
int neigh_probe(const char *link, const struct net_addr *addrs, size_t n, int timeout_msec,
		struct neigh_conflict *ret, struct err *err);

#endif
