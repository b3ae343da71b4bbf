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
	{ "autorestart", 0, SET_GIVEN(AT), "yes|no", "is it started again when it crashed?" }, \
	{ "autostop", 0, SET_GIVEN_IDLE(AT), "stop|suspend", "what the end of the host does" }, \
	{ "bootorder", 0, SET_GIVEN(AT), "NUMBER", "its place when the host starts: higher is earlier" }, \
	{ "description", 0, SET_GIVEN(AT), "TEXT", "a line about it" }, \
	{ "disabled", 0, SET_GIVEN(AT), "yes|no", "may it not be started?" }, \
	{ "hostname", 0, SET_GIVEN(AT), "NAME", "its host name" }, \
	{ "iptables", 0, SET_GIVEN_IDLE(AT), "MODULE,...", "old: a CT has all of netfilter" }, \
	{ "mount_opts", 0, SET_GIVEN_IDLE(AT), "OPTION,...", "of an image's file system" }, \
	{ "name", 0, SET_GIVEN(AT), "NAME", "a name to call it by, besides its number" }, \
	{ "netfilter", 0, SET_GIVEN_IDLE(AT), "disabled|stateless|...", "a CT has all of netfilter" }, \
	{ "noatime", 0, SET_GIVEN_IDLE(AT), "yes|no", "the kernel's relatime is as good" }, \
	{ "onboot", 0, SET_GIVEN(AT), "yes|no|auto", "is it started with the host? auto: if it ran" }, \
	{ "private", 0, SET_GIVEN(AT), "DIR", "where its data is: VE_PRIVATE" }, \
	{ "root", 0, SET_GIVEN(AT), "DIR", "where it is mounted: VE_ROOT" }, \
	{ "stop-timeout", 0, SET_GIVEN(AT), "SECONDS", "how long it may shut down; 0: as vz.conf says" }

#define SET_DEVICE_ROWS(AT) \
	{ "bindmount_add", 0, SET_GIVEN(AT), "[SOURCE:]TARGET[,OPTION...]", \
	  "mount a folder of the host in it; options: nosuid, noexec, nodev, ro" }, \
	{ "bindmount_del", 0, SET_GIVEN(AT), "TARGET|all", "no longer" }, \
	{ "capability", 0, SET_GIVEN(AT), "NAME:on|off,...", "what its processes may have: net_admin" }, \
	{ "devices", 0, SET_GIVEN(AT), "b|c:MAJOR:MINOR:MODE", \
	  "let it use a device; MINOR may be all, MODE is of r, w, q, or none" }, \
	{ "devnodes", 0, SET_GIVEN(AT), "NAME:MODE", "give it a device of the host: net/tun:rw" }, \
	{ "features", 0, SET_GIVEN(AT), "NAME:on|off,...", \
	  "what it may have besides: tun, fuse, ppp, nesting, keyctl, sysinfo" }

#define SET_NET_ROWS(AT) \
	{ "allow", 0, SET_GIVEN(AT), "PORT[/PROTO],...|none|all", "the inbound ports that are open" }, \
	{ "bridge", 0, SET_GIVEN(AT), "BRIDGE", "of --ifname: the bridge it is a port of" }, \
	{ "dhcp", 0, SET_GIVEN(AT), "yes|no", "of --ifname: it gets its IPv4 address by DHCP" }, \
	{ "dhcp6", 0, SET_GIVEN(AT), "yes|no", "of --ifname: and its IPv6 address" }, \
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

#define SET_DISK_ROWS(AT) \
	{ "diskinodes", 0, SET_GIVEN(AT), "SOFT[:HARD]", \
	  "how many files it may have, and for a time more" }, \
	{ "diskquota", 0, SET_GIVEN(AT), "yes|no", "is its disk space limited?" }, \
	{ "diskspace", 0, SET_GIVEN(AT), "SOFT[:HARD]", \
	  "its disk space: KiB, or with K, M, G, T; soft and hard limit" }, \
	{ "quotatime", 0, SET_GIVEN(AT), "SECONDS", "how long soft limits may be exceeded" }, \
	{ "quotaugidlimit", 0, SET_GIVEN_IDLE(AT), "N", "old: quotas of users inside" }

#define SET_LIMITS_ROWS(AT) \
	{ "avnumproc", 0, SET_GIVEN_IDLE(AT), "N[:N]", "old: of processes" }, \
	{ "cpulimit", 0, SET_GIVEN(AT), "N[%]", \
	  "its CPU time: per cent of one CPU; N%: of the whole host" }, \
	{ "cpumask", 0, SET_GIVEN(AT), "LIST|all|auto", \
	  "the CPUs it may run on: 0-3,7; auto: those of --nodemask" }, \
	{ "cpus", 0, SET_GIVEN(AT), "N", \
	  "how many CPUs' time it may use, and sees where lxcfs shows it" }, \
	{ "cpuunits", 0, SET_GIVEN(AT), "N", \
	  "its share of the CPUs against others: 8 to 500000, usually 1000" }, \
	{ "cpuweight", 0, SET_GIVEN(AT), "N", "old: the same, the larger the less" }, \
	{ "dcachesize", 'x', SET_GIVEN_IDLE(AT), "SIZE[:SIZE]", "old: memory of directory entries" }, \
	{ "dgramrcvbuf", 0, SET_GIVEN_IDLE(AT), "SIZE[:SIZE]", "old: memory of sockets" }, \
	{ "iolimit", 0, SET_GIVEN(AT), "RATE|unlimited", \
	  "bytes a second to and from its disk: MiB, or with K, M, G; 0: no limit" }, \
	{ "ioprio", 0, SET_GIVEN(AT), "0-7", "its share of the disk against others, usually 4" }, \
	{ "iopslimit", 0, SET_GIVEN(AT), "N|unlimited", \
	  "operations a second, to and from its disk; 0: no limit" }, \
	{ "kmemsize", 'k', SET_GIVEN_IDLE(AT), "SIZE[:SIZE]", "old: the kernel's memory" }, \
	{ "lockedpages", 'l', SET_GIVEN(AT), "PAGES[:PAGES]", "how much memory a process may lock" }, \
	{ "memguarantee", 0, SET_GIVEN(AT), "PERCENT|auto", \
	  "that part of its memory is never taken from it" }, \
	{ "meminfo", 0, SET_GIVEN_IDLE(AT), "none|pages:N|...", "old: what /proc/meminfo shows" }, \
	{ "nodemask", 0, SET_GIVEN(AT), "LIST|all", "the memory nodes it may use" }, \
	{ "numfile", 'n', SET_GIVEN(AT), "N[:N]", "how many files a process may have open" }, \
	{ "numflock", 'f', SET_GIVEN_IDLE(AT), "N[:N]", "old: file locks" }, \
	{ "numiptent", 'e', SET_GIVEN_IDLE(AT), "N[:N]", "old: rules of the firewall" }, \
	{ "numnetif", 0, SET_GIVEN_IDLE(AT), "N", "old: NICs" }, \
	{ "numothersock", 0, SET_GIVEN_IDLE(AT), "N[:N]", "old: sockets" }, \
	{ "numproc", 'p', SET_GIVEN(AT), "N[:N]", "how many processes and threads it may have" }, \
	{ "numpty", 't', SET_GIVEN(AT), "N[:N]", \
	  "how many terminals it may have, from the next start on" }, \
	{ "numsiginfo", 'i', SET_GIVEN(AT), "N[:N]", \
	  "how many signals may wait for a user's processes" }, \
	{ "numtcpsock", 0, SET_GIVEN_IDLE(AT), "N[:N]", "old: TCP sockets" }, \
	{ "oomguarpages", 0, SET_GIVEN(AT), "PAGES[:PAGES]", \
	  "below that much memory its processes are the last that the host kills" }, \
	{ "othersockbuf", 0, SET_GIVEN_IDLE(AT), "SIZE[:SIZE]", "old: memory of sockets" }, \
	{ "pagecache-isolation", 0, SET_GIVEN_IDLE(AT), "yes|no", "old: page cache of its own" }, \
	{ "physpages", 0, SET_GIVEN(AT), "PAGES[:PAGES]", "its memory, by OpenVZ's beancounter" }, \
	{ "privvmpages", 0, SET_GIVEN_IDLE(AT), "PAGES[:PAGES]", "old: address space" }, \
	{ "ram", 0, SET_GIVEN(AT), "SIZE", \
	  "its memory: bytes, or with K, M, G, T, P (pages); unlimited" }, \
	{ "shmpages", 0, SET_GIVEN(AT), "PAGES[:PAGES]", "its System V shared memory" }, \
	{ "swap", 0, SET_GIVEN(AT), "SIZE", "its swap, besides its memory" }, \
	{ "swappages", 0, SET_GIVEN(AT), "PAGES[:PAGES]", "the same, by OpenVZ's beancounter" }, \
	{ "tcprcvbuf", 'b', SET_GIVEN_IDLE(AT), "SIZE[:SIZE]", "old: memory of sockets" }, \
	{ "tcpsndbuf", 0, SET_GIVEN_IDLE(AT), "SIZE[:SIZE]", "old: memory of sockets" }, \
	{ "vm_overcommit", 0, SET_GIVEN_IDLE(AT), "FACTOR", \
	  "old: address space as a multiple of memory" }, \
	{ "vmguarpages", 0, SET_GIVEN(AT), "PAGES[:PAGES]", \
	  "memory that is left to it as long as others have some to spare" }

#define SET_ACCESS_ROWS(AT) \
	{ "crypted", 0, CLI_FLAG, 0, (AT) + offsetof(struct set_opts, crypted), "", \
	  "the password of --userpasswd is a hash of crypt(5)" }, \
	{ "sshkey", 0, SET_GIVEN(AT), "KEY|FILE", "let an SSH key log in as root" }, \
	{ "userpasswd", 0, SET_GIVEN(AT), "USER:PASSWORD", "give a user of the CT a password" }

/* Of set alone. */
#define SET_CONFIG_ROWS(AT) \
	{ "applyconfig", 0, SET_GIVEN(AT), "NAME", "the values of conf/ve-NAME.conf-sample" }, \
	{ "applyconfig_map", 0, SET_GIVEN(AT), "name", "make the link of its name anew" }
/* clang-format on */

#define SET_ROWS(AT)                                                                    \
	SET_ACCESS_ROWS(AT), SET_PLAIN_ROWS(AT), SET_DEVICE_ROWS(AT), SET_NET_ROWS(AT), \
		SET_LIMITS_ROWS(AT), SET_DISK_ROWS(AT)

#endif
