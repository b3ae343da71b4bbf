/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host: what the host itself must do so that packets of containers pass: forwarding and proxy
 * settings of the links in use, which are put back when the last container that uses them has
 * gone.
 *
 * NET_STATE_DIR/host/ holds the old values of the sysctls that were changed (host_sysctl.h), and
 * under users/ an empty file for each container that needs them.
 */
#ifndef NETSETUP_HOST_H
#define NETSETUP_HOST_H

#include <netlink/netlink.h>
#include <stdbool.h>

#include "netsetup/net.h"

/* A link of the host by which an address is reached from outside. */
struct host_uplink {
	int ifindex;
	char name[IFNAMSIZ];
};

/* The links on which the address is to be proxied and announced, by neighbour_devs (net.h): with
 * "detect" the one in whose network the address lies, else that of the default route; none is no
 * error. At most max; the number, or -1. */
int host_uplinks(struct nl_sock *sock, const char *neighbour_devs, const struct net_addr *addr,
		 struct host_uplink *ret, size_t max, struct err *err);

/* Forwarding of that family on the uplink, and for v6 proxy_ndp; accept_ra 1 becomes 2, as
 * forwarding would end it. Remembers the old values, and that `id` uses them. */
int host_forward(const char *id, int family, const struct host_uplink *uplink, struct err *err);

/* The id needs them no more; the last one puts back what still has our value. */
int host_release(const char *id, struct err *err);

#endif
