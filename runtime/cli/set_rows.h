/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * set_rows: what `set` and `create` have in common, as rows of their tables of options, by
 * subject: what a row's option does is a row of set.h's tables.
 *
 * AT is where the struct set_opts is in the struct that the rows fill.
 */
#ifndef RUNTIME_CLI_SET_ROWS_H
#define RUNTIME_CLI_SET_ROWS_H

#include "runtime/cli/cli.h"
#include "runtime/ct/set.h"

/* clang-format off */
#define SET_GIVEN(AT) CLI_PAIRS, 0, (AT) + offsetof(struct set_opts, given)
/* Of no effect, says the help. */
#define SET_GIVEN_IDLE(AT) CLI_PAIRS, CLI_NO_EFFECT, (AT) + offsetof(struct set_opts, given)

#define SET_PLAIN_ROWS(AT) \
	{ "autostop", 0, SET_GIVEN_IDLE(AT), "stop|suspend", "what the end of the host does" }, \
	{ "bootorder", 0, SET_GIVEN(AT), "NUMBER", "its place when the host starts: higher is earlier" }, \
	{ "description", 0, SET_GIVEN(AT), "TEXT", "a line about it" }, \
	{ "disabled", 0, SET_GIVEN(AT), "yes|no", "may it not be started?" }, \
	{ "features", 0, SET_GIVEN(AT), "NAME:on|off,...", "what it may have besides: sysinfo" }, \
	{ "hostname", 0, SET_GIVEN(AT), "NAME", "its host name" }, \
	{ "iptables", 0, SET_GIVEN_IDLE(AT), "MODULE,...", "old: a CT has all of netfilter" }, \
	{ "mount_opts", 0, SET_GIVEN_IDLE(AT), "OPTION,...", "of an image's file system" }, \
	{ "name", 0, SET_GIVEN(AT), "NAME", "a name to call it by, besides its number" }, \
	{ "netfilter", 0, SET_GIVEN_IDLE(AT), "disabled|stateless|...", "a CT has all of netfilter" }, \
	{ "noatime", 0, SET_GIVEN_IDLE(AT), "yes|no", "the kernel's relatime is as good" }, \
	{ "onboot", 0, SET_GIVEN(AT), "yes|no", "is it started with the host?" }, \
	{ "private", 0, SET_GIVEN(AT), "DIR", "where its data is: VE_PRIVATE" }, \
	{ "root", 0, SET_GIVEN(AT), "DIR", "where it is mounted: VE_ROOT" }, \
	{ "stop-timeout", 0, SET_GIVEN(AT), "SECONDS", "how long it may shut down; 0: as vz.conf says" }

#define SET_NET_ROWS(AT) \
	{ "allow", 0, SET_GIVEN(AT), "PORT[/PROTO],...|none|all", "the inbound ports that are open" }, \
	{ "bridge", 0, SET_GIVEN(AT), "BRIDGE", "of --ifname: the bridge it is a port of" }, \
	{ "gw", 0, SET_GIVEN(AT), "ADDRESS", "of --ifname: its IPv4 gateway" }, \
	{ "gw6", 0, SET_GIVEN(AT), "ADDRESS", "of --ifname: its IPv6 gateway" }, \
	{ "host_ifname", 0, SET_GIVEN(AT), "NAME", "of --ifname: the name of its end on the host" }, \
	{ "host_mac", 0, SET_GIVEN(AT), "MAC", "of --ifname: the MAC of that end" }, \
	{ "ifname", 0, CLI_TEXT, CLI_NOT_EMPTY, (AT) + offsetof(struct set_opts, ifname), "NAME", \
	  "the NIC that the options of one NIC are about" }, \
	{ "ip", 0, SET_GIVEN(AT), "ADDRESS", "the same as --ipadd" }, \
	{ "ipadd", 0, SET_GIVEN(AT), "ADDRESS", "give it an address" }, \
	{ "ipdel", 0, SET_GIVEN(AT), "ADDRESS|all", "take an address away" }, \
	{ "isolate", 0, SET_GIVEN(AT), "yes|no", "keep it apart from other CTs" }, \
	{ "mac", 0, SET_GIVEN(AT), "MAC", "of --ifname: its MAC" }, \
	{ "mac_filter", 0, SET_GIVEN(AT), "on|off", \
	  "of --ifname: may it send from its own MAC and addresses only?" }, \
	{ "mtu", 0, SET_GIVEN(AT), "BYTES", "of --ifname: its MTU" }, \
	{ "nameserver", 0, SET_GIVEN(AT), "ADDRESS|inherit", \
	  "its name servers: all of them; inherit: the host's" }, \
	{ "nat", 0, SET_GIVEN(AT), "on|off|auto", "masquerade its addresses" }, \
	{ "netdev_add", 0, SET_GIVEN(AT), "INTERFACE", "give it an interface of the host" }, \
	{ "netdev_del", 0, SET_GIVEN(AT), "INTERFACE", "take it back" }, \
	{ "netif_add", 0, SET_GIVEN(AT), "NAME[,...]", \
	  "give it a NIC: NAME[,MAC,HOST_IFNAME,HOST_MAC,BRIDGE] or NAME[,KEY=VALUE,...]" }, \
	{ "netif_del", 0, SET_GIVEN(AT), "NAME|all", "take a NIC away" }, \
	{ "publish", 0, SET_GIVEN(AT), "[IP:]PORT:PORT[/PROTO]", "lead a port of the host to one of the CT" }, \
	{ "publish_del", 0, SET_GIVEN(AT), "[IP:]PORT:PORT[/PROTO]|all", "no longer" }, \
	{ "rate", 0, SET_GIVEN(AT), "UP[:SHARE][,DOWN]", \
	  "how fast it may send and receive: 30mbit, unlimited" }, \
	{ "searchdomain", 0, SET_GIVEN(AT), "DOMAIN", "where it looks for short names: all of them" }, \
	{ "trunk", 0, SET_GIVEN(AT), "VLAN[+VLAN...]|none", \
	  "of --ifname: the VLANs that pass with their tags" }, \
	{ "vlan", 0, SET_GIVEN(AT), "VLAN", "of --ifname: the VLAN it is in; 0: none" }
/* clang-format on */

#define SET_ROWS(AT) SET_PLAIN_ROWS(AT), SET_NET_ROWS(AT)

#endif
