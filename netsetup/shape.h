/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shape: how fast a NIC may send and receive, by the kernel's traffic control, all at its host end.
 *
 * Down (to the container): an HTB of one class as the host end's root qdisc. Up: the host end's
 * ingress is redirected (mirred) to SHAPE_UP_LINK, an IFB link that all NICs with an up rate share;
 * the HTB there has a class for each, so that shares are guaranteed against each other; one eBPF
 * classifier finds a packet's class by the link that it came from: minor number = the host end's
 * ifindex. fq_codel as the leaf where the kernel has it.
 */
#ifndef NETSETUP_SHAPE_H
#define NETSETUP_SHAPE_H

#include <netlink/netlink.h>

#include "netsetup/net.h"

#define SHAPE_UP_LINK "vzup"

/* Makes the rates of the link with that index so, from whatever they were, no limit included;
 * a change of numbers drops no packet. Best before the link is set up: on one that is up the
 * kernel waits for a grace period. The shared link is made on demand (two at once make one).
 * A class that a link of the past left is replaced. ERR_UNSUPPORTED names what the kernel
 * lacks. ERR_BUSY: a link of long ago has its class;
 * with a new link it goes. */
int shape_apply(struct nl_sock *sock, int ifindex, const struct net_rate *rate, struct err *err);

/* Removes what outlives the link: its class on the shared link. Not there: no error. */
int shape_remove(struct nl_sock *sock, int ifindex, struct err *err);

/* The rate that all NICs together may send (OpenVZ's TOTALRATE); 0: no limit. */
int shape_total(struct nl_sock *sock, uint64_t up_kbit, struct err *err);

/* What the kernel says: for tests and `vznet show`. */
int shape_read(struct nl_sock *sock, int ifindex, struct net_rate *ret, struct err *err);

#endif
