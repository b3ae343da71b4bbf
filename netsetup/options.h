/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options: the texts that people and configuration files give for a network, and the model's values.
 * The same syntax for vznet's and vzrun's options, a hook's annotations and CTID.conf. Pure.
 *
 * Values are checked one by one; whether they go together is net_fill's business.
 */
#ifndef NETSETUP_OPTIONS_H
#define NETSETUP_OPTIONS_H

#include "netsetup/net.h"
#include "runtime/base/str.h"

/* In all of these `what` begins error texts ("--rate"), the code is ERR_INPUT, and nothing of *ret
 * is written after an error. */

/* "WHAT: "TEXT" WHY". */
int options_refuse(struct err *err, const char *what, const char *text, const char *why);

/* "30mbit", "512kbit", "1gbit"; "0" or "unlimited": no limit. A unit is a must, since the tools of
 * the field do not agree on what a bare number means. */
int options_parse_kbit(const char *text, const char *what, uint64_t *ret_kbit, struct err *err);

/* "UP[:SHARE][,DOWN]"; burst_bytes is left as it is. */
int options_parse_rate(const char *text, const char *what, struct net_rate *ret, struct err *err);
/* Nothing where there is no limit. */
void options_emit_rate(const struct net_rate *rate, struct strbuf *out);

/* "on", "off", "auto". */
int options_parse_nat(const char *text, const char *what, enum net_nat *ret, struct err *err);
const char *options_nat_name(enum net_nat nat);

/* "[HOST_IP:]HOST_PORT:PORT[/tcp|udp|sctp]", an IPv6 HOST_IP in brackets. */
int options_parse_publish(const char *text, const char *what, struct net_publish *ret,
			  struct err *err);
void options_emit_publish(const struct net_publish *publish, struct strbuf *out);

/* "PORT[/tcp|udp|sctp]". */
int options_parse_port(const char *text, const char *what, struct net_port *ret, struct err *err);
void options_emit_port(const struct net_port *port, struct strbuf *out);

/* Any number of them, separated by commas or blanks, appended to the config's list. An
 * error leaves the list as it was. */
int options_add_publish(struct net_config *config, const char *text, const char *what,
			struct err *err);
int options_add_open(struct net_config *config, const char *text, const char *what,
		     struct err *err);

/* One setting of a NIC by its key in NETIF: ifname, type (routed, bridged, macvlan, ipvlan,
 * physical), bridge or parent, mac, host_ifname, host_mac, mac_filter (on, off), ip (one or
 * more, "+" between them), gw, gw6, dhcp, dhcp6 (yes, no), mtu, vlan, trunk ("10+20"), mode, rate_up, rate_share,
 * rate_down, burst. ip and trunk add to what is there; "ip=" and "trunk=" empty the list. Modes are
 * read by type, so that comes first. */
int options_set_nic(struct net_nic *nic, const char *key, const char *value, const char *what,
		    struct err *err);

/* Addresses, "+", commas or blanks between them: all or none. What is there already is left out. */
int options_add_addrs(struct net_nic *nic, const char *text, const char *what, struct err *err);

/* A new NIC of that kind at the end, or NULL: ERR_INPUT where the name is taken or none. */
struct net_nic *options_add_nic(struct net_config *config, enum net_kind kind, const char *name,
				const char *what, struct err *err);
/* NULL: there is none. */
struct net_nic *options_find_nic(const struct net_config *config, const char *name);
/* 0; ERR_INPUT where there is none. */
int options_del_nic(struct net_config *config, const char *name, const char *what, struct err *err);

/* OpenVZ's NETIF, "ifname=eth0,bridge=vmbr0,mac=…,host_ifname=…,host_mac=…,mac_filter=off;ifname=eth1":
 * its NICs are added to the config (none after an error). Emit writes all but routed ones, and of
 * each what is set. */
int options_parse_netif(struct net_config *config, const char *text, const char *what,
			struct err *err);
void options_emit_netif(const struct net_config *config, struct strbuf *out);

/* vzctl's --netif_add "eth0[,mac,host_ifname,host_mac,bridge]", where an empty part is left to us; and
 * the same with NETIF's keys behind the name, "eth0,bridge=br0,vlan=10". The new NIC, or NULL. */
struct net_nic *options_netif_add(struct net_config *config, const char *text, const char *what,
				  struct err *err);

/* "PARENT[,NAME]": a link of the host, given as NAME (PARENT itself); for the two others a child,
 * "PARENT[,NAME[,MODE]]" with eth0 as the name where none is given. */
struct net_nic *options_netdev_add(struct net_config *config, enum net_kind kind, const char *text,
				   const char *what, struct err *err);

/* The addresses (separated by commas or blanks) go to the config's first routed NIC, which is
 * made ("venet0") where there is none. An address that it has already is no error. The NIC, or
 * NULL. */
struct net_nic *options_ip_add(struct net_config *config, const char *text, const char *what,
			       struct err *err);
/* From whichever routed NIC has them; "all": from all. A routed NIC without addresses is removed.
 * ERR_INPUT: nobody has it. */
int options_ip_del(struct net_config *config, const char *text, const char *what, struct err *err);

#endif
