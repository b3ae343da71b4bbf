/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dist_services: dist_set_net's parts that need more than a file of their own. Each takes back what
 * it did for NICs that are no longer among these.
 */
#ifndef RUNTIME_CT_DIST_SERVICES_H
#define RUNTIME_CT_DIST_SERVICES_H

#include "runtime/ct/dist_file.h"
#include "runtime/ct/netfile.h"

/* ifupdown: /etc/network/interfaces and what it sources lose the lines of our NICs, and it gets a
 * block for those with DHCP, but where another service is enabled that asks for them. */
int dist_services_ifupdown(const struct dist_tree *tree, const struct netfile_nics *nics,
			   struct err *err);

/* RHEL's scripts and SUSE's wicked: ifcfg files of our NICs are put aside (their ifdown takes the
 * addresses of each interface that has one, "ONBOOT=no" or not), and those with DHCP get one. */
int dist_services_ifcfg(const struct dist_tree *tree, const struct netfile_nics *nics,
			struct err *err);

#endif
