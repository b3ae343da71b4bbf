/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rt: requests to the kernel's routing netlink (rtnetlink(7)): messages are built by libnl, sent one by
 * one, and answered with the kernel's own errno and words. No object caches, so that nothing grows with
 * the number of links or routes that there are.
 */
#ifndef NETSETUP_RT_H
#define NETSETUP_RT_H

#include <net/if.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "netsetup/addr.h"
#include "runtime/base/err.h"

/* A socket in one network namespace. */
struct rt {
	struct nl_sock *sock;
	char why[128]; /* what the kernel said to the last failure, or "" */
};

/* netns_fd -1: the caller's namespace; else as netlink_open_in. */
int rt_open(struct rt *rt, int netns_fd, struct err *err);
void rt_done(struct rt *rt);
#define auto_rt __attribute__((cleanup(rt_done)))

/* A message with its fixed header; NULL: no memory, which rt_do reports. Attributes are then added by
 * nla_put*; a message that could not take them is found by its length, so puts need no checks:
 * there is always room for 8 KiB. */
struct nl_msg *rt_msg(int type, int flags, const void *header, size_t len);

/* Sends and frees it: 0 or -errno (exactly the kernel's). */
int rt_do(struct rt *rt, struct nl_msg *msg);
/* The same, each message of the answer but the ack being given to `each`. */
typedef void rt_each(struct nlmsghdr *answer, void *data);
int rt_ask(struct rt *rt, struct nl_msg *msg, rt_each *each, void *data);

/* -errno of rt_do as an error: doing "what": text (the kernel's words). Returns -1. */
int rt_fail(struct rt *rt, struct err *err, int rc, const char *doing, const char *what);

/* ---- links ---- */

#define RT_ALIAS_SIZE 256

struct rt_link {
	int ifindex;
	unsigned int flags;
	uint32_t mtu;
	int master; /* ifindex; 0: none */
	/* Its other end is in a network namespace that is ending, and takes it along: the kernel
	 * names such a one by no id (peernet2id_alloc() in net/core/net_namespace.c). */
	bool peer_dies;
	uint8_t mac[6];
	char name[IFNAMSIZ];
	char kind[16]; /* "veth", "bridge", …; "": a device */
	char alias[RT_ALIAS_SIZE];
};

/* -ENODEV: there is none. */
int rt_link_find(struct rt *rt, const char *name, struct rt_link *ret);
int rt_link_find_index(struct rt *rt, int ifindex, struct rt_link *ret);
int rt_link_delete(struct rt *rt, int ifindex);

/* ---- addresses and routes ---- */

/* The link has the address, with the prefix that it names; EEXIST counts as done. */
int rt_addr_add(struct rt *rt, int ifindex, const struct net_addr *addr, uint8_t scope);
/* Not there: done. */
int rt_addr_del(struct rt *rt, int ifindex, const struct net_addr *addr);

struct rt_route {
	const struct net_addr *to; /* NULL: default route */
	uint8_t family;
	const struct net_addr *via; /* NULL: on the link itself */
	const struct net_addr *src; /* preferred source, or NULL */
	int ifindex;
};

/* -EEXIST: there is one to this destination, by whatever link. */
int rt_route_add(struct rt *rt, const struct rt_route *route);
/* Not there: -ESRCH (v4, v6), -ENODEV. */
int rt_route_del(struct rt *rt, const struct rt_route *route);

/* Whether there is one in any table: 1, 0 or -errno. What the route leaves out (the gateway, with ifindex
 * 0 the link) may be whatever it is; src is not looked at. */
int rt_route_find(struct rt *rt, const struct rt_route *route);

/* Which way a packet to the address would go (no packet goes). */
struct rt_way {
	uint8_t type; /* RTN_* */
	int ifindex;
	bool has_gateway;
	struct net_addr src; /* family 0: none */
};
/* -ENETUNREACH and the like: no way. */
int rt_way_find(struct rt *rt, const struct net_addr *addr, struct rt_way *ret);

#endif
