/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns: network namespaces and pairs of links, for the tests of netsetup. */
#ifndef TESTS_UNIT_NETNS_H
#define TESTS_UNIT_NETNS_H

#include <errno.h>
#include <fcntl.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <sched.h>

#include "tests/unit/unit.h"

/* The one we are in. */
static inline int open_netns(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static inline void enter(int netns)
{
	assert_return_code(setns(netns, CLONE_NEWNET), errno);
}

/* The peer in the namespace behind netns_fd (-1: here); ifindex 0: the kernel's choice. libnl's
 * result. */
static inline int veth_add(struct nl_sock *sock, const char *name, int ifindex,
			   const char *peer_name, int netns_fd)
{
	struct rtnl_link *link = rtnl_link_veth_alloc();
	struct rtnl_link *peer = rtnl_link_veth_get_peer(link); /* with a reference of its own */
	int rc;

	rtnl_link_set_name(link, name);
	if (ifindex)
		rtnl_link_set_ifindex(link, ifindex);
	rtnl_link_set_name(peer, peer_name);
	if (netns_fd >= 0)
		rtnl_link_set_ns_fd(peer, netns_fd);
	rc = rtnl_link_add(sock, link, NLM_F_CREATE);
	rtnl_link_put(peer);
	rtnl_link_put(link);
	return rc;
}

#endif
