/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * firewall_legacy: what the old interface of iptables (before nftables) has in its filter tables.
 */
#ifndef NETSETUP_FIREWALL_LEGACY_H
#define NETSETUP_FIREWALL_LEGACY_H

#include <stdbool.h>

/* One filter table's way of forwarded packets, of either interface. */
struct firewall_forward {
	bool drops;       /* the policy of FORWARD */
	bool docker, ufw; /* whose chains there are */
	bool docker_open; /* the first rule of DOCKER-USER accepts all */
};

/* Which of them a chain of that name tells of. */
void firewall_forward_name(struct firewall_forward *forward, const char *chain);

/* The table of that family, if there is one: nothing is loaded. All false where it can't be read. */
void firewall_legacy_read(int family, struct firewall_forward *ret);

#endif
