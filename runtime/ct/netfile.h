/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netfile: what a CT's distribution is told of its NICs: the texts of the files that its network
 * services read. Pure; where they lie and who may write them is dist_net's.
 *
 * Of a NIC that the host gives addresses to a service hears that it is none of its business; of one
 * with DHCP, that it shall ask. All other NICs are not spoken of.
 */
#ifndef RUNTIME_CT_NETFILE_H
#define RUNTIME_CT_NETFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/base/err.h"
#include "runtime/base/str.h"

/* The first line of each whole file: what begins so is ours to replace and to remove. */
#define NETFILE_MARK "# Written by vzrun, which gives this CT its network.\n"

struct netfile_nic {
	const char *name;  /* the model's; netfile_is_plain */
	bool dhcp4, dhcp6; /* neither: the host gives it its addresses */
};

struct netfile_nics {
	struct netfile_nic *nic;
	size_t n;
	bool all_fixed; /* it has no NIC that is anyone's but the host's */
	bool dns;       /* /etc/resolv.conf is the host's, too */
};

/* Of the NICs of a network (or NULL) those that a service is told of. A name that is more to them
 * than a name (a pattern, a quote) is left out. The caller frees ret->nic. ENOMEM. */
struct net_config;
int netfile_nics(const struct net_config *net, struct netfile_nics *ret, struct err *err);

/* NULL: it is not among them. */
const struct netfile_nic *netfile_find(const struct netfile_nics *nics, const char *name);

/* Each adds a whole file, or nothing where there is to be none. */

/* systemd.network(5): one for the host's NICs, and one for each way to ask. */
void netfile_networkd_fixed(const struct netfile_nics *nics, struct strbuf *out);
void netfile_networkd_dhcp4(const struct netfile_nics *nics, struct strbuf *out);
void netfile_networkd_dhcp6(const struct netfile_nics *nics, struct strbuf *out);
void netfile_networkd_dhcp(const struct netfile_nics *nics, struct strbuf *out);

/* A drop-in for systemd-networkd-wait-online.service, which takes a host on which networkd has
 * nothing to do for one that is never online and holds the boot for two minutes. `flag` is a
 * file that is there. */
void netfile_no_wait(const struct netfile_nics *nics, const char *flag, struct strbuf *out);

/* NetworkManager.conf(5), and a profile of one NIC (nm-settings-keyfile(5)). */
void netfile_nm_conf(const struct netfile_nics *nics, struct strbuf *out);
void netfile_nm_profile(const struct netfile_nic *nic, struct strbuf *out);

/* netplan(5). Later files overrule earlier ones, key by key. */
void netfile_netplan(const struct netfile_nics *nics, struct strbuf *out);

/* cloud-init's network configuration is off: it would write files for all of the above. */
void netfile_cloud(const struct netfile_nics *nics, struct strbuf *out);

/* ifcfg-NAME of RHEL's scripts and of SUSE's wicked. */
void netfile_ifcfg_rhel(const struct netfile_nic *nic, struct strbuf *out);
void netfile_ifcfg_suse(const struct netfile_nic *nic, struct strbuf *out);

/* The interface that the text of an ifcfg file is about, by its DEVICE= or else the file's name, an
 * alias by its parent. In fresh memory; NULL: ENOMEM. */
char *netfile_ifcfg_device(const char *file_name, const char *text);

/* A line for dhcpcd.conf(5), no whole file. */
void netfile_dhcpcd(const struct netfile_nics *nics, struct strbuf *out);

#endif
