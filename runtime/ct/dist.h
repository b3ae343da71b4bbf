/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dist: what is written into a CT's own files, in the way that its distribution reads it. The host
 * name (/etc/hostname) and the name servers, which all keep in the same places.
 */
#ifndef RUNTIME_CT_DIST_H
#define RUNTIME_CT_DIST_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/err.h"

/* A name that the kernel and DNS take: labels of letters, digits and "-", 64 bytes at most.
 * VZ_ERR(VZ_BAD_HOSTNAME). Pure. */
int dist_check_hostname(const char *hostname, struct err *err);

/* Writes it into the mounted CT at `root`, which may run, as the CT's root. */
int dist_set_hostname(const char *root, uint32_t first_id, const char *hostname, struct err *err);

/* Lists of words, each or both NULL: addresses or "inherit"; domains. VZ_BAD_DNS,
 * VZ_BAD_SEARCHDOMAIN. Pure. */
int dist_check_dns(const char *nameservers, const char *searchdomains, struct err *err);

/* /etc/resolv.conf, in the same way, of a CT that may run. "inherit" is the host's own servers,
 * without those of its loopback. Checks as above. Both NULL: the file is left alone. */
int dist_set_dns(const char *root, uint32_t first_id, const char *nameservers,
		 const char *searchdomains, struct err *err);

/* The CT may run from here on. In /etc/hosts, between marks, the CT's name at its first address of each family, or at 127.0.1.1
 * where it has none. What others wrote there stays. hostname NULL: no line of ours. */
struct net_config;
int dist_set_hosts(const char *root, uint32_t first_id, const char *hostname,
		   const struct net_config *net, struct err *err);

/* The files of the network services found in it (netfile.h: systemd-networkd, NetworkManager, netplan,
 * ifupdown, ifcfg, dhcpcd, cloud-init), so that none takes away what the host gives its NICs, and
 * each that may asks for those with DHCP. What was written for NICs that are no longer so is taken
 * back. dns: its resolv.conf is the host's too. What fails for one service does not keep the
 * others. */
int dist_set_net(const char *root, uint32_t first_id, const struct net_config *net, bool dns,
		 struct err *err);

#endif
