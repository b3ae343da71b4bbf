/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctnet: a CT's network over its life: made between create and start, changed while it runs,
 * removed behind it. What it is: netconf.h.
 */
#ifndef RUNTIME_CT_CTNET_H
#define RUNTIME_CT_CTNET_H

#include "netsetup/net.h"
#include "runtime/ct/ct.h"

/* What its conf asks for; *ret NULL: nothing. VZ_ERR(VZ_BAD_CONF) or ERR_INPUT. */
int ctnet_read(const struct ct *ct, struct net_config **ret, struct err *err);

/* Gives it to the created or running CT. VZ_IP_IN_USE, VZ_CANNOT_ADD_IP. */
int ctnet_up(const struct ct *ct, const struct net_config *config, struct err *err);

struct ctnet_renewal {
	/* Routed addresses that go and come again if it has them, whatever else changes; or NULL. */
	const struct net_config *again;
	bool all; /* all that it has */
};
/* The same where it may have a network already, and ctnet_write_files. config NULL: it is to have
 * none. */
int ctnet_change(const struct ct *ct, const struct net_config *config,
		 const struct ctnet_renewal *renewal, struct err *err);

/* What files in the mounted CT say of its network (dist.h): its name at its addresses, whose venet0
 * is. What can't be written is warned of. hostname is the one it runs with. */
void ctnet_write_files(const struct ct *ct, uint32_t first_id, const char *hostname,
		       const struct net_config *config);

/* Before it ends: its network namespace, if that has a link of the host's that would end with it (the
 * kernel takes back hardware only); else -1. For ctnet_give_back, behind its end. */
int ctnet_hold(const struct ct *ct);
int ctnet_give_back(const struct ct *ct, int netns, struct err *err);

/* Removes what outlives a CT that has ended, however it did. */
int ctnet_down(const struct ct *ct, struct err *err);

#endif
