/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net: the network of one container as a whole: what it wants (a plain model), and making,
 * changing and removing that on this host. Knows no spec, no conf and no container: an id, a
 * network namespace, a model.
 *
 * What is made is written down first, in NET_STATE_DIR/ID.json, and undone in reverse when a
 * step fails: after an error links, addresses, routes, neighbours, qdiscs, rules and sysctls are as
 * they were before. A record without its links is what a killed verb left; net_up and net_down
 * of the same id clear it away. Nothing here takes time that grows with the number of other
 * containers.
 */
#ifndef NETSETUP_NET_H
#define NETSETUP_NET_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netsetup/addr.h"
#include "runtime/base/err.h"
#include "runtime/base/mem.h"

#define NET_STATE_DIR "/run/vznet"
#define NET_ID_MAX 200 /* bytes of an id, which is a file name */
#define NET_NICS_MAX 64
#define NET_ADDRS_MAX 1024 /* of one NIC */
#define NET_PORTS_MAX 1024 /* opened or published, of one container */
#define NET_VLANS_MAX 64

enum net_kind {
	NET_ROUTED,  /* OpenVZ's venet: a veth pair, host routes, no neighbour but the host */
	NET_BRIDGED, /* a veth pair, its host end a port of a bridge (or alone, without one) */
	NET_MACVLAN, /* a child of a host's link */
	NET_IPVLAN,
	NET_PHYSICAL, /* a host's link itself, given back at the end */
};

/* In kbit/s of 1000 bits, bytes counted as on the wire with the link's headers; 0: no limit. Up is
 * what the container sends. */
struct net_rate {
	uint64_t up_kbit;       /* the ceiling */
	uint64_t up_share_kbit; /* guaranteed when all send (HTB's rate); at most the ceiling */
	uint64_t down_kbit;     /* the ceiling */
	uint32_t burst_bytes;   /* 0: chosen from the rate */
};

struct net_nic {
	enum net_kind kind;
	char name[IFNAMSIZ];         /* inside: "venet0", "eth0" */
	char host_name[IFNAMSIZ];    /* of the host end; "": net_fill chooses it */
	uint8_t mac[6], host_mac[6]; /* all zero: net_fill chooses them, the same each time */
	char parent[IFNAMSIZ];       /* the bridge, the link above, or the link itself; "": none */
	uint32_t mode;               /* macvlan: MACVLAN_MODE_*; ipvlan: IPVLAN_MODE_* */
	uint32_t mtu;                /* 0: the parent's, else the kernel's */
	bool mac_filter; /* bridged: sends from its own MAC only, from its own addresses only if it
	                           * has any */
	uint16_t vlan;   /* bridged: access (untagged inside) to this VLAN; 0: none */
	uint16_t *trunk; /* bridged: tagged VLANs that pass */
	size_t n_trunk;
	struct net_addr *addrs;
	size_t n_addrs;
	struct net_addr gateway4, gateway6; /* family 0: none (routed ones have the host) */
	bool dhcp4,
		dhcp6; /* who is inside asks for its addresses there; then it has none of ours */
	struct net_rate rate;
};

/* What comes to the host's port goes to the container's, at its first address of that family. */
struct net_publish {
	uint8_t proto;      /* IPPROTO_TCP, _UDP, _SCTP */
	struct net_addr at; /* the host's address; family 0: any, v4 and v6 */
	uint16_t host_port, port;
};

struct net_port {
	uint8_t proto; /* IPPROTO_… */
	uint16_t port;
};

enum net_nat {
	NET_NAT_AUTO, /* for private addresses that are in no network of an uplink */
	NET_NAT_ON,   /* for all its addresses */
	NET_NAT_OFF,
};

struct net_config {
	char *id;
	struct net_nic *nics;
	size_t n_nics;
	enum net_nat nat;
	bool isolated; /* from other containers, not from the host and the world */
	bool guarded;  /* inbound only what `open` lists, answers, and ICMP */
	struct net_port *open;
	size_t n_open;
	struct net_publish *publish;
	size_t n_publish;
	char *neighbour_devs; /* OpenVZ's NEIGHBOUR_DEVS: NULL or "detect", "all", "list:eth0 eth1" */
	bool no_detect;       /* --skip_arpdetect: no search for duplicates */
};

void net_free(struct net_config *config);
MEM_DEFINE_CLEANUP(struct net_config, net_free)
#define auto_net __attribute__((cleanup(net_freep)))

/* Checks all values, also against each other, and fills in what was left to us: names (a CT's
 * venet101, veth101.0; else vz<hash>.N) and MACs, each a function of id and NIC, so the same at
 * each start. ERR_INPUT: one line that names the value. */
int net_fill(struct net_config *config, struct err *err);

/* Both ways; the text is one JSON object. net_parse checks as net_fill does. `what` begins error
 * texts. */
struct strbuf;
struct json;
void net_emit(const struct net_config *config, struct strbuf *out);
int net_parse(const char *text, size_t len, const char *what, struct net_config **ret,
	      struct err *err);

/* Gives a filled config to the namespace behind netns_fd, whose processes may or may not run.
 * EEXIST: the id has a network (net_down first). EADDRINUSE: an address that another container of
 * ours, or this host itself, has. ERR_UNSUPPORTED: what this kernel lacks, by name. */
int net_up(const struct net_config *config, int netns_fd, struct err *err);

/* Turns what the record of its id says into this, touching only what differs: no packet of what
 * stays is lost. After an error all is as before. */
int net_change(const struct net_config *config, int netns_fd, struct err *err);

/* For who makes the new config of what is there: from net_hold to the close of the fd that it returns
 * (-1: error) no other verb works on this id (nor on some others), so what net_load gives stays true.
 * net_change_held is net_change by who holds the id; the other verbs would wait for ever. */
int net_hold(const char *id, struct err *err);
int net_change_held(const struct net_config *config, int netns_fd, struct err *err);

/* Removes what outlives the namespace, and the record; its links go with the namespace and are not
 * waited for. No record: nothing to do, no error. What can't be removed is warned of and does
 * not keep the rest. */
int net_down(const char *id, struct err *err);

/* The same for a namespace that lives on (CNI, an OCI hook): its links are removed too, which waits for
 * the kernel's grace periods (some 20 ms for a pair), and a physical one is given back. netns_fd -1:
 * the namespace can't be had (any more); what is only reachable there is left to its end. */
int net_remove(const char *id, int netns_fd, struct err *err);

/* Clears away what a killed verb left, and what is left of a network whose namespace is gone. EEXIST:
 * it is up. Waits for the verb that works on it. */
int net_drop_leftover(const char *id, struct err *err);

/* The record. ERR_NOT_FOUND. */
int net_load(const char *id, struct net_config **ret, struct err *err);

/* The ids with a record, ascending, a strv in fresh memory. */
int net_list(char ***ret, struct err *err);

/* Bytes and packets since the id was first used, over restarts; "in" is what it received. */
struct net_traffic {
	uint64_t in_bytes[2], in_packets[2]; /* [0] IPv4, [1] IPv6 */
	uint64_t out_bytes[2], out_packets[2];
};
int net_traffic(const char *id, struct net_traffic *ret, struct err *err);
/* Also forgets the counts: the container is destroyed. */
int net_forget(const char *id, struct err *err);

#endif
