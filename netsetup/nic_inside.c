/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container's end of a NIC, whatever its kind: up, size, addresses, default routes. */
#include "config.h"

#include "netsetup/nic.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>

#include "netsetup/net_check.h"

static int fail(const struct nic_step *step, int rc, const char *doing, struct err *err)
{
	return rt_fail(&step->job->inside, err, rc, doing, step->to->name);
}

int nic_inside_find(const struct nic_step *step, struct rt_link *ret, struct err *err)
{
	int rc = rt_link_find(&step->job->inside, step->to->name, ret);

	return rc < 0 ? fail(step, rc, "find the container's interface", err) : 0;
}

/* Of a pair whose size is left to us: as large as the other end. */
static uint32_t wanted_mtu(const struct nic_step *step)
{
	struct rt_link link = { 0 };

	if (!step->to->mtu && step->from && step->from->mtu && net_kind_is_pair(step->to->kind))
		rt_link_find_index(&step->job->host, *step->ifindex, &link);
	return step->to->mtu ? step->to->mtu : link.mtu;
}

static void put_promotion(struct nl_msg *msg)
{
	struct nlattr *spec = nla_nest_start(msg, IFLA_AF_SPEC);
	struct nlattr *family = nla_nest_start(msg, AF_INET);
	struct nlattr *list = nla_nest_start(msg, IFLA_INET_CONF);

	nla_put_u32(msg, IPV4_DEVCONF_PROMOTE_SECONDARIES, 1);
	nla_nest_end(msg, list);
	nla_nest_end(msg, family);
	nla_nest_end(msg, spec);
}

static int set_link(const struct nic_step *step, int ifindex, struct err *err)
{
	struct ifinfomsg info = { .ifi_index = ifindex };
	uint32_t mtu = wanted_mtu(step);
	struct nl_msg *msg;
	int rc;

	if (step->from && step->from->mtu == step->to->mtu)
		return 0;
	if (!step->from)
		info.ifi_flags = info.ifi_change = IFF_UP;
	msg = rt_msg(RTM_NEWLINK, 0, &info, sizeof(info));
	if (msg && mtu)
		nla_put_u32(msg, IFLA_MTU, mtu);
	if (msg && !step->from)
		put_promotion(msg);
	rc = rt_do(&step->job->inside, msg);
	return rc < 0 ? fail(step, rc, "set up the container's interface", err) : 0;
}

/* A routed address is one host's, whatever prefix it was given with. */
static struct net_addr inside_addr(const struct net_nic *nic, size_t i)
{
	struct net_addr addr = nic->addrs[i];

	if (nic->kind == NET_ROUTED)
		addr.prefix = (uint8_t)(addr_len(&addr) * 8);
	return addr;
}

/* all: also those that should be there. */
static int add_addrs(const struct nic_step *step, int ifindex, bool all, struct err *err)
{
	char shown[ADDR_TEXT_SIZE];

	for (size_t i = 0; i < step->to->n_addrs; i++) {
		struct net_addr addr = inside_addr(step->to, i);
		int rc;

		if (!all && nic_has_addr(step->from, &addr))
			continue;
		rc = rt_addr_add(&step->job->inside, ifindex, &addr, RT_SCOPE_UNIVERSE);
		if (rc < 0)
			return rt_fail(&step->job->inside, err, rc,
				       "give the container the address", addr_show(&addr, shown));
	}
	return 0;
}

static int del_addrs(const struct nic_step *step, int ifindex, struct err *err)
{
	char shown[ADDR_TEXT_SIZE];

	for (size_t i = 0; step->from && i < step->from->n_addrs; i++) {
		struct net_addr addr = inside_addr(step->from, i);
		int rc;

		if (nic_has_addr(step->to, &addr))
			continue;
		rc = rt_addr_del(&step->job->inside, ifindex, &addr);
		if (rc < 0)
			return rt_fail(&step->job->inside, err, rc,
				       "take from the container the address",
				       addr_show(&addr, shown));
	}
	return 0;
}

static bool same_gateway(const struct net_addr *a, const struct net_addr *b)
{
	return a == b || (a && b && addr_same(a, b));
}

/* The addresses are there: a route wants one to begin from. One that the container has already, by
 * itself or by another NIC, stays. */
static int change_default(const struct nic_step *step, int ifindex, const struct net_addr *from,
			  const struct net_addr *to, struct err *err)
{
	struct rt_route route = { .ifindex = ifindex };
	char shown[ADDR_TEXT_SIZE];
	int rc = 0;

	if (from && !same_gateway(from, to)) {
		route.family = from->family;
		route.via = from;
		rc = rt_route_del(&step->job->inside, &route);
		if (rc < 0 && rc != -ESRCH && rc != -ENODEV)
			return rt_fail(&step->job->inside, err, rc, "remove the default route by",
				       addr_show(from, shown));
	}
	if (!to)
		return 0;
	route.family = to->family;
	route.via = to;
	rc = rt_route_add(&step->job->inside, &route);
	if (rc < 0 && rc != -EEXIST)
		return rt_fail(&step->job->inside, err, rc, "add the default route by",
			       addr_show(to, shown));
	return 0;
}

int nic_inside_change(const struct nic_step *step, const struct nic_gateways *from,
		      const struct nic_gateways *to, struct err *err)
{
	struct rt_link link;

	if (nic_inside_find(step, &link, err) < 0 || set_link(step, link.ifindex, err) < 0 ||
	    add_addrs(step, link.ifindex, false, err) < 0)
		return -1;
	/* The first address of an IPv4 network takes the others along, unless the container lets them
	 * be promoted (set_link). */
	if (step->from && (del_addrs(step, link.ifindex, err) < 0 ||
			   add_addrs(step, link.ifindex, true, err) < 0))
		return -1;
	if (change_default(step, link.ifindex, from->v4, to->v4, err) < 0)
		return -1;
	return change_default(step, link.ifindex, from->v6, to->v6, err);
}

static struct nic_gateways own_gateways(const struct net_nic *nic)
{
	return (struct nic_gateways){
		.v4 = nic && nic->gateway4.family ? &nic->gateway4 : NULL,
		.v6 = nic && nic->gateway6.family ? &nic->gateway6 : NULL,
	};
}

int nic_inside_plain(const struct nic_step *step, struct err *err)
{
	const struct nic_gateways from = own_gateways(step->from), to = own_gateways(step->to);

	return nic_inside_change(step, &from, &to, err);
}
