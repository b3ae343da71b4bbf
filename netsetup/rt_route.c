/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/rt.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* ---- addresses ---- */

static struct nl_msg *addr_msg(int type, int flags, int ifindex, const struct net_addr *addr,
			       uint8_t scope)
{
	struct ifaddrmsg info = {
		.ifa_family = addr->family,
		.ifa_prefixlen = addr->prefix,
		.ifa_scope = scope,
		.ifa_index = (uint32_t)ifindex,
		/* Who has an address here is decided by us: nothing is to be asked for. */
		.ifa_flags = addr->family == AF_INET6 ? IFA_F_NODAD : 0,
	};
	struct nl_msg *msg = rt_msg(type, flags, &info, sizeof(info));

	if (!msg)
		return NULL;
	nla_put(msg, IFA_LOCAL, (int)addr_len(addr), addr->bytes);
	nla_put(msg, IFA_ADDRESS, (int)addr_len(addr), addr->bytes);
	return msg;
}

int rt_addr_add(struct rt *rt, int ifindex, const struct net_addr *addr, uint8_t scope)
{
	int rc = rt_do(rt, addr_msg(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifindex, addr, scope));

	return rc == -EEXIST ? 0 : rc;
}

int rt_addr_del(struct rt *rt, int ifindex, const struct net_addr *addr)
{
	int rc = rt_do(rt, addr_msg(RTM_DELADDR, 0, ifindex, addr, 0));

	return rc == -EADDRNOTAVAIL || rc == -ENODEV || rc == -ENXIO ? 0 : rc;
}

/* ---- routes ---- */

static struct nl_msg *route_msg(int type, int flags, const struct rt_route *route)
{
	struct rtmsg info = {
		.rtm_family = route->family,
		.rtm_dst_len = route->to ? route->to->prefix : 0,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = route->via ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
		.rtm_flags = route->via ? RTNH_F_ONLINK : 0,
	};
	struct nl_msg *msg;

	if (type == RTM_DELROUTE) {
		info.rtm_protocol = RTPROT_UNSPEC;
		info.rtm_scope = RT_SCOPE_NOWHERE;
	}
	msg = rt_msg(type, flags, &info, sizeof(info));
	if (!msg)
		return NULL;
	if (route->to)
		nla_put(msg, RTA_DST, (int)addr_len(route->to), route->to->bytes);
	if (route->via)
		nla_put(msg, RTA_GATEWAY, (int)addr_len(route->via), route->via->bytes);
	if (route->src && type == RTM_NEWROUTE)
		nla_put(msg, RTA_PREFSRC, (int)addr_len(route->src), route->src->bytes);
	nla_put_u32(msg, RTA_OIF, (uint32_t)route->ifindex);
	return msg;
}

int rt_route_add(struct rt *rt, const struct rt_route *route)
{
	return rt_do(rt, route_msg(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route));
}

int rt_route_del(struct rt *rt, const struct rt_route *route)
{
	return rt_do(rt, route_msg(RTM_DELROUTE, 0, route));
}

struct search {
	const struct rt_route *route;
	bool found;
};

static bool has_address(const struct nlattr *attr, const struct net_addr *addr)
{
	return attr && nla_len(attr) == (int)addr_len(addr) &&
	       memcmp(nla_data(attr), addr->bytes, addr_len(addr)) == 0;
}

static bool is_same_net(const struct net_addr *a, const struct net_addr *b)
{
	unsigned int whole = a->prefix / 8, rest = a->prefix % 8;

	return a->prefix == b->prefix && memcmp(a->bytes, b->bytes, whole) == 0 &&
	       (rest == 0 || ((a->bytes[whole] ^ b->bytes[whole]) & (0xff00 >> rest) & 0xff) == 0);
}

static bool goes_to(const struct rtmsg *info, const struct nlattr *dst, const struct net_addr *to)
{
	struct net_addr there = { .family = info->rtm_family, .prefix = info->rtm_dst_len };

	if (!to)
		return info->rtm_dst_len == 0;
	if (dst)
		nla_memcpy(there.bytes, dst, (int)addr_len(&there));
	return is_same_net(&there, to);
}

static void look_for_route(struct nlmsghdr *answer, void *data)
{
	struct rtmsg *info = nlmsg_data(answer);
	struct nlattr *attrs[RTA_MAX + 1];
	struct search *search = data;
	const struct rt_route *route = search->route;

	if (answer->nlmsg_type != RTM_NEWROUTE || info->rtm_family != route->family ||
	    info->rtm_type != RTN_UNICAST ||
	    nlmsg_parse(answer, sizeof(*info), attrs, RTA_MAX, NULL) < 0)
		return;
	search->found |= goes_to(info, attrs[RTA_DST], route->to) &&
			 (!route->via || has_address(attrs[RTA_GATEWAY], route->via)) &&
			 (!route->ifindex || (attrs[RTA_OIF] && nla_get_u32(attrs[RTA_OIF]) ==
									(uint32_t)route->ifindex));
}

int rt_route_find(struct rt *rt, const struct rt_route *route)
{
	struct rtmsg info = { .rtm_family = route->family };
	struct search search = { .route = route };
	int rc = rt_ask(rt, rt_msg(RTM_GETROUTE, NLM_F_DUMP, &info, sizeof(info)), look_for_route,
			&search);

	return rc < 0 ? rc : search.found;
}

/* ---- the way to an address ---- */

static void read_way(struct nlmsghdr *answer, void *data)
{
	struct rtmsg *info = nlmsg_data(answer);
	struct nlattr *attrs[RTA_MAX + 1];
	struct rt_way *way = data;

	if (answer->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse(answer, sizeof(*info), attrs, RTA_MAX, NULL) < 0)
		return;
	way->type = info->rtm_type;
	way->ifindex = attrs[RTA_OIF] ? (int)nla_get_u32(attrs[RTA_OIF]) : 0;
	way->has_gateway = attrs[RTA_GATEWAY] || attrs[RTA_VIA];
	if (!attrs[RTA_PREFSRC])
		return;
	way->src.family = info->rtm_family;
	way->src.prefix = (uint8_t)(addr_len(&way->src) * 8);
	nla_memcpy(way->src.bytes, attrs[RTA_PREFSRC], (int)addr_len(&way->src));
}

int rt_way_find(struct rt *rt, const struct net_addr *addr, struct rt_way *ret)
{
	struct rtmsg info = {
		.rtm_family = addr->family,
		.rtm_dst_len = (uint8_t)(addr_len(addr) * 8),
	};
	struct nl_msg *msg = rt_msg(RTM_GETROUTE, 0, &info, sizeof(info));
	struct rt_way way = { 0 };
	int rc;

	if (msg)
		nla_put(msg, RTA_DST, (int)addr_len(addr), addr->bytes);
	rc = rt_ask(rt, msg, read_way, &way);
	if (rc == 0)
		*ret = way;
	return rc;
}
