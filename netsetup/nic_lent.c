/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a link of the host loses when it is moved into a container: kept while it may have to come back
 * as it was, because the verb that moved it fails. (A link that comes back later is for its administrator
 * to set up.) */
#include "config.h"

#include "netsetup/nic.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/route/addr.h>
#include <netlink/route/route.h>
#include <stdlib.h>
#include <string.h>

#include "netsetup/netlink.h"

struct nic_lent {
	struct nic_lent *next;
	struct rt_link link;
	struct nl_cache *addrs, *routes; /* the host's */
};

int nic_lent_note(struct nic_job *job, const struct rt_link *link, struct err *err)
{
	struct nic_lent *lent = calloc(1, sizeof(*lent));
	int rc;

	if (!lent)
		return err_sys(err, "lend the link \"%s\"", link->name);
	lent->link = *link;
	lent->next = job->lent;
	job->lent = lent;
	rc = rtnl_addr_alloc_cache(job->host.sock, &lent->addrs);
	if (rc >= 0)
		rc = rtnl_route_alloc_cache(job->host.sock, AF_UNSPEC, 0, &lent->routes);
	return rc < 0 ? netlink_fail(err, rc, "read the addresses and routes of", link->name) : 0;
}

static int set_flags(struct nic_job *job, const struct rt_link *was, int ifindex)
{
	struct ifinfomsg info = {
		.ifi_index = ifindex,
		.ifi_flags = was->flags & IFF_UP,
		.ifi_change = IFF_UP,
	};
	struct nl_msg *msg = rt_msg(RTM_NEWLINK, 0, &info, sizeof(info));

	if (msg)
		nla_put_u32(msg, IFLA_MTU, was->mtu);
	return rt_do(&job->host, msg);
}

/* Those that someone gave it: the kernel makes the rest. */
static void add_addrs(struct nic_job *job, const struct nic_lent *lent, int ifindex)
{
	struct nl_object *at;

	for (at = nl_cache_get_first(lent->addrs); at; at = nl_cache_get_next(at)) {
		struct rtnl_addr *addr = (struct rtnl_addr *)at;

		if (rtnl_addr_get_ifindex(addr) != lent->link.ifindex ||
		    !(rtnl_addr_get_flags(addr) & IFA_F_PERMANENT))
			continue;
		rtnl_addr_set_ifindex(addr, ifindex);
		rtnl_addr_add(job->host.sock, addr, 0);
	}
}

static bool leads_through(struct rtnl_route *route, int ifindex)
{
	for (int i = 0; i < rtnl_route_get_nnexthops(route); i++)
		if (rtnl_route_nh_get_ifindex(rtnl_route_nexthop_n(route, i)) == ifindex)
			return rtnl_route_get_protocol(route) != RTPROT_KERNEL;
	return false;
}

/* A link gets its number back unless another one has it by now. Routes through gateways come behind
 * those to the gateways. */
static void add_routes(struct nic_job *job, const struct nic_lent *lent)
{
	for (int pass = 0; pass < 2; pass++) {
		struct nl_object *at;

		for (at = nl_cache_get_first(lent->routes); at; at = nl_cache_get_next(at))
			if (leads_through((struct rtnl_route *)at, lent->link.ifindex))
				rtnl_route_add(job->host.sock, (struct rtnl_route *)at, 0);
	}
}

void nic_lent_restore(struct nic_job *job, const char *name)
{
	for (const struct nic_lent *lent = job->lent; lent; lent = lent->next) {
		struct rt_link link;

		if (strcmp(lent->link.name, name) != 0 || !lent->addrs || !lent->routes ||
		    rt_link_find(&job->host, name, &link) < 0)
			continue;
		set_flags(job, &lent->link, link.ifindex);
		add_addrs(job, lent, link.ifindex);
		if (link.ifindex == lent->link.ifindex)
			add_routes(job, lent);
	}
}

void nic_lent_done(struct nic_job *job)
{
	while (job->lent) {
		struct nic_lent *lent = job->lent;

		job->lent = lent->next;
		netlink_cache_freep(&lent->addrs);
		netlink_cache_freep(&lent->routes);
		free(lent);
	}
}
