/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * firewall: the tables `inet vzrun` and `bridge vzrun` of nftables: anti-spoofing, NAT, published
 * ports, isolation, inbound policy, and traffic counters.
 *
 * The tables' chains and rules are the same whatever runs (the helper program vznft makes them by
 * libnftables, in one transaction, once a boot); a container is elements of their sets and maps.
 * Elements are added and removed here, in one nfnetlink batch for a container: all or nothing, in
 * time that does not depend on the others. Foreign tables are never touched.
 */
#ifndef NETSETUP_FIREWALL_H
#define NETSETUP_FIREWALL_H

#include "netsetup/net.h"

/* From one (filled) config to the other, in one transaction, leaving what both have (and its counters)
 * alone. `from` may be NULL: nothing; so may `to`: all is removed. The tables are made where they are
 * missing, and then the elements of all records too (somebody flushed the ruleset). What is not there
 * any more is no error. EADDRINUSE: a published port that another container has. ERR_UNSUPPORTED: the
 * kernel lacks what the config wants, by name. */
int firewall_change(const struct net_config *from, const struct net_config *to, struct err *err);

/* The counters of its elements, added to *ret. No table, no element: nothing is added. */
int firewall_traffic(const struct net_config *config, struct net_traffic *ret, struct err *err);

/* Which foreign firewall keeps forwarded packets from passing, and the command that lets them
 * (docker, ufw, firewalld: base chains of FORWARD with policy drop): a text in fresh memory, or
 * NULL where there is none. */
char *firewall_blocker(void);

#endif
