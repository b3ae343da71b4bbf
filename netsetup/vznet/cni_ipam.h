/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cni_ipam: addresses from another plugin, which the config's "ipam" names ("Delegated plugin execution"
 * in the CNI specification).
 */
#ifndef NETSETUP_VZNET_CNI_IPAM_H
#define NETSETUP_VZNET_CNI_IPAM_H

#include "netsetup/vznet/cni.h"

/* Whether the config names one: an empty "ipam" does not. */
bool cni_ipam_wanted(const struct cni *cni);

/* Runs it with our environment and stdin; where none is wanted nothing is done. *ret is its answer, NULL
 * where it has none. An error of the plugin's keeps its code. */
int cni_ipam_run(const struct cni *cni, const char *verb, struct json_doc **ret, struct err *err);

/* Gives the NIC what the answer to ADD has. */
int cni_ipam_apply(const struct json *answer, struct net_nic *nic, struct err *err);

#endif
