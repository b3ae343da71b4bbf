/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * set: what `set` and `create` may change of a CT, as a table: an option, the conf keys it
 * edits, and what of a running CT has to follow.
 */
#ifndef RUNTIME_CT_SET_H
#define RUNTIME_CT_SET_H

#include <stdbool.h>

#include "runtime/ct/ct.h"

/* Lists end with NULL; each may be NULL. Addresses go to the NIC that ifname selects, else to the
 * routed one. */
struct set_opts {
	char **ipdel, **ipadd, **ip;
	char **netif_del, **netif_add, **netdev_del, **netdev_add;
	char **publish_del, **publish;
	char **nameserver, **searchdomain; /* the whole list anew */
	const char *ifname;
	const char *mac, *host_ifname, *host_mac, *bridge, *mac_filter;
	const char *gw, *gw6, *mtu, *vlan, *trunk; /* of ifname, as those above */
	const char *rate, *nat, *allow, *isolate;
	bool skip_arpdetect;
};

/* Edits the CT's conf in memory, and checks what comes out. VZ_BAD_IP, ERR_INPUT, …; then the conf
 * is of no more use. */
int set_edit(struct ct *ct, const struct set_opts *opts, struct err *err);

struct set_how {
	bool save;
	const char *hostname; /* or NULL */
};
/* The verb: edits, applies to a running CT, and with save keeps it. What can't be applied is not
 * saved. */
int set_apply(struct ct *ct, const struct set_opts *opts, const struct set_how *how,
	      struct err *err);

#endif
