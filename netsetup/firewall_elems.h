/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * firewall_elems: what of the sets and maps of our tables a container's config is. Pure, but for the
 * question whether an address is to be masqueraded, which the caller answers.
 */
#ifndef NETSETUP_FIREWALL_ELEMS_H
#define NETSETUP_FIREWALL_ELEMS_H

#include "netsetup/net.h"
#include "netsetup/nfset.h"

struct firewall_elems {
	struct nfset_elem *list; /* by nfset_compare, each once */
	size_t n;
};
void firewall_elems_done(struct firewall_elems *elems);
#define auto_elems __attribute__((cleanup(firewall_elems_done)))

struct firewall_source {
	const struct net_config *config;
	/* It is to go: what was never let in is left out in place of an error. */
	bool removed;
	/* Whether this address of that NIC is masqueraded: 1, 0, or -1. */
	int (*ask_masq)(const struct net_nic *nic, const struct net_addr *addr, void *data,
			struct err *err);
	void *data;
};

/* ERR_INPUT: what can't be: a policy for a NIC whose packets never pass this host's own links, a
 * published port without an address to go to. */
int firewall_elems_make(const struct firewall_source *source, struct firewall_elems *ret,
			struct err *err);

/* Whether the host end is one of this host's IP, or a port of a bridge. Neither: what has no host
 * end. */
bool firewall_is_routed(const struct net_nic *nic);
bool firewall_is_port(const struct net_nic *nic);

/* One element each, as in that list. */
enum firewall_way { FIREWALL_IN, FIREWALL_OUT };
void firewall_elem_traffic(struct nfset_elem *ret, const struct net_nic *nic, enum firewall_way way,
			   int family);
void firewall_elem_masq(struct nfset_elem *ret, const struct net_addr *addr);

#endif
