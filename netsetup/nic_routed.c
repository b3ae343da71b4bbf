/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * OpenVZ's venet: the container's addresses are routed by the host, its only neighbour, which
 * answers for the gateway 169.254.1.1 and fe80::1 on each host end.
 */
#include "config.h"

#include "netsetup/nic.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/str.h"

static const struct net_addr gateway4 = { AF_INET, 32, { 169, 254, 1, 1 } };
static const struct net_addr gateway6 = { AF_INET6, 64, { [0] = 0xfe, 0x80, [15] = 1 } };
static const int families[] = { AF_INET, AF_INET6 };

static const struct net_addr *gateway(int family)
{
	return family == AF_INET ? &gateway4 : &gateway6;
}

/* A routed address is one host's, whatever prefix it was given with. */
static struct net_addr host_addr(const struct net_addr *addr)
{
	struct net_addr host = *addr;

	host.prefix = (uint8_t)(addr_len(addr) * 8);
	return host;
}

/* ---- the host end ---- */

/* IPv4 settings of the link itself, by their numbers (linux/ip.h): no file of /proc is opened.
 * rp_filter: what has no route back to this link is dropped by the routing already. */
static void put_conf(struct nl_msg *msg)
{
	static const struct {
		uint16_t what;
		uint32_t value;
	} conf[] = {
		{ IPV4_DEVCONF_FORWARDING, 1 },       { IPV4_DEVCONF_RP_FILTER, 1 },
		{ IPV4_DEVCONF_ACCEPT_REDIRECTS, 0 }, { IPV4_DEVCONF_SEND_REDIRECTS, 0 },
		{ IPV4_DEVCONF_PROXY_ARP, 0 },        { IPV4_DEVCONF_ARP_IGNORE, 1 },
	};
	struct nlattr *spec = nla_nest_start(msg, IFLA_AF_SPEC), *family, *list;

	family = nla_nest_start(msg, AF_INET);
	list = nla_nest_start(msg, IFLA_INET_CONF);
	for (size_t i = 0; i < ARRAY_SIZE(conf); i++)
		nla_put_u32(msg, conf[i].what, conf[i].value);
	nla_nest_end(msg, list);
	nla_nest_end(msg, family);
	nic_put_no_address(msg);
	nla_nest_end(msg, spec);
}

/* Up while the other end is down: it is not ready, so that the kernel gives it no address of its own
 * before it is told not to. */
static int set_host_end(const struct nic_step *step, struct err *err)
{
	struct ifinfomsg info = { .ifi_index = *step->ifindex,
				  .ifi_flags = IFF_UP,
				  .ifi_change = IFF_UP };
	struct nl_msg *msg = rt_msg(RTM_NEWLINK, 0, &info, sizeof(info));
	int rc;

	if (msg) {
		nic_put_alias(msg, step->job);
		put_conf(msg);
	}
	rc = rt_do(&step->job->host, msg);
	return rc < 0 ? nic_fail(&step->job->host, step->to, rc, "set up the link", err) : 0;
}

static int set_mtu(const struct nic_step *step, struct err *err)
{
	struct ifinfomsg info = { .ifi_index = *step->ifindex };
	struct nl_msg *msg;
	int rc;

	if (!step->from || step->from->mtu == step->to->mtu)
		return 0;
	msg = rt_msg(RTM_NEWLINK, 0, &info, sizeof(info));
	if (msg)
		nla_put_u32(msg, IFLA_MTU, step->to->mtu ? step->to->mtu : ETH_DATA_LEN);
	rc = rt_do(&step->job->host, msg);
	return rc < 0 ? nic_fail(&step->job->host, step->to, rc, "set the MTU of", err) : 0;
}

static int change_gateway(const struct nic_step *step, int family, struct err *err)
{
	bool had = nic_has_family(step->from, family), has = nic_has_family(step->to, family);
	int rc;

	if (had && !has)
		rc = rt_addr_del(&step->job->host, *step->ifindex, gateway(family));
	else if (!has)
		return 0;
	else
		rc = rt_addr_add(&step->job->host, *step->ifindex, gateway(family), RT_SCOPE_LINK);
	return rc < 0 ? nic_fail(&step->job->host, step->to, rc, "change the gateway's address on",
				 err) :
			0;
}

/* ---- host routes ---- */

/* By a container's link, or by a route of the host's admin. */
static int address_taken(struct rt *host, const struct rt_way *way, const char *shown,
			 struct err *err)
{
	struct rt_link link;

	if (rt_link_find_index(host, way->ifindex, &link) < 0 || !str_starts(link.alias, NIC_ALIAS))
		return err_set(err, EADDRINUSE,
			       "the host has a route of its own to %s (see ip route; remove it)",
			       shown);
	return err_set(err, EADDRINUSE, "the address %s belongs to another container of this host",
		       shown);
}

/* The host's own address towards the world is what containers shall see when the host talks to them, not
 * the gateway's. */
static int add_route(const struct nic_step *step, const struct net_addr *addr, struct err *err)
{
	struct net_addr to = host_addr(addr);
	struct rt_route route = { .to = &to, .family = to.family, .ifindex = *step->ifindex };
	struct rt *host = &step->job->host;
	char shown[ADDR_TEXT_SIZE];
	struct rt_way way = { 0 };
	int rc = rt_way_find(host, &to, &way);

	addr_show(&to, shown);
	/* It stayed, or undoing comes by again. */
	if (rc == 0 && way.ifindex == *step->ifindex && way.type == RTN_UNICAST)
		return 0;
	if (rc == 0 && way.type == RTN_LOCAL)
		return err_set(err, EADDRINUSE, "the address %s belongs to this host itself",
			       shown);
	if (rc == 0 && way.type == RTN_BROADCAST)
		return err_set(err, ERR_INPUT, "%s is the broadcast address of a network here",
			       shown);
	if (rc == 0 && way.src.family == AF_INET && memcmp(way.src.bytes, gateway4.bytes, 4) != 0)
		route.src = &way.src;
	rc = rt_route_add(host, &route);
	if (rc == -EEXIST)
		return address_taken(host, &way, shown, err);
	return rc < 0 ? rt_fail(host, err, rc, "route the address", shown) : 0;
}

static void del_route(struct nic_job *job, const struct net_addr *addr, int ifindex)
{
	struct net_addr to = host_addr(addr);
	struct rt_route route = { .to = &to, .family = to.family, .ifindex = ifindex };
	int rc = ifindex ? rt_route_del(&job->host, &route) : 0;
	char shown[ADDR_TEXT_SIZE];
	struct err why;

	if (rc == 0 || rc == -ESRCH || rc == -ENODEV)
		return;
	rt_fail(&job->host, &why, rc, "remove the route to", addr_show(&to, shown));
	nic_left(job, &why);
}

/* ---- whose an address is ---- */

/* A record names addresses before they are had: one that is routed to another link is that one's. */
static bool is_foreign(struct nic_job *job, const struct net_addr *addr, int ifindex)
{
	struct rt_way way;
	struct rt_link link;

	if (rt_way_find(&job->host, addr, &way) < 0 || way.type != RTN_UNICAST ||
	    way.ifindex == ifindex || way.has_gateway)
		return false;
	return rt_link_find_index(&job->host, way.ifindex, &link) == 0 &&
	       str_starts(link.alias, NIC_ALIAS) &&
	       !str_eq(link.alias + strlen(NIC_ALIAS), job->record->config->id);
}

void nic_routed_disown(struct nic_job *job, struct net_nic *nic, int ifindex)
{
	size_t kept = 0;

	for (size_t i = 0; i < nic->n_addrs; i++)
		if (!is_foreign(job, &nic->addrs[i], ifindex))
			nic->addrs[kept++] = nic->addrs[i];
	nic->n_addrs = kept;
}

/* ---- all of it ---- */

int nic_routed_host(const struct nic_step *step, struct err *err)
{
	if (!step->from &&
	    (nic_pair_make(step, step->to->mtu, err) < 0 || set_host_end(step, err) < 0))
		return -1;
	if (set_mtu(step, err) < 0)
		return -1;
	for (size_t i = 0; step->from && i < step->from->n_addrs; i++)
		if (!nic_has_addr(step->to, &step->from->addrs[i]))
			del_route(step->job, &step->from->addrs[i], *step->ifindex);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (change_gateway(step, families[i], err) < 0)
			return -1;
	for (size_t i = 0; i < step->to->n_addrs; i++)
		if (add_route(step, &step->to->addrs[i], err) < 0)
			return -1;
	return 0;
}

/* ---- inside ---- */

static struct nic_gateways gateways(const struct net_nic *nic)
{
	return (struct nic_gateways){
		.v4 = nic_has_family(nic, AF_INET) ? &gateway4 : NULL,
		.v6 = nic_has_family(nic, AF_INET6) ? &gateway6 : NULL,
	};
}

int nic_routed_inside(const struct nic_step *step, struct err *err)
{
	const struct nic_gateways from = gateways(step->from), to = gateways(step->to);

	return nic_inside_change(step, &from, &to, err);
}

void nic_routed_remove(struct nic_job *job, const struct net_nic *nic, int ifindex)
{
	for (size_t i = 0; i < nic->n_addrs; i++)
		del_route(job, &nic->addrs[i], ifindex);
}
