/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/firewall_nat.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "netsetup/netlink.h"

#define SIBLINGS 8

static int ask(struct nl_sock *sock, struct nl_msg *msg, netlink_each *each, void *data,
	       struct err *err)
{
	if (!msg)
		return err_set(err, ENOMEM, "ask for a route: out of memory");
	return netlink_ask(sock, nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len, each, data, err);
}

static bool covers(const void *net, unsigned int bits, const struct net_addr *addr)
{
	const uint8_t *bytes = net;
	unsigned int whole = bits / 8, rest = bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	return memcmp(bytes, addr->bytes, whole) == 0 &&
	       (rest == 0 || ((bytes[whole] ^ addr->bytes[whole]) & mask) == 0);
}

/* ---- the route to an address ---- */

struct route {
	uint8_t net[16];
	uint8_t bits, type;
	bool has_gateway;
	int ifindex;
};

static void hear_route(struct nlmsghdr *answer, void *data)
{
	struct route *route = data;
	const struct rtmsg *head = nlmsg_data(answer);
	struct nlattr *parts[RTA_MAX + 1];

	if (answer->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse(answer, sizeof(*head), parts, RTA_MAX, NULL) < 0)
		return;
	route->bits = head->rtm_dst_len;
	route->type = head->rtm_type;
	route->has_gateway = parts[RTA_GATEWAY] || parts[RTA_VIA] || parts[RTA_MULTIPATH];
	if (parts[RTA_OIF])
		route->ifindex = (int)nla_get_u32(parts[RTA_OIF]);
	if (parts[RTA_DST])
		nla_memcpy(route->net, parts[RTA_DST], sizeof(route->net));
}

/* The entry of the routing table that holds for it. None: type RTN_UNSPEC. */
static int find_route(struct nl_sock *sock, const struct net_addr *addr, struct route *ret,
		      struct err *err)
{
	const struct rtmsg head = { .rtm_family = addr->family,
				    .rtm_dst_len = (unsigned char)(addr_len(addr) * 8),
				    .rtm_flags = RTM_F_FIB_MATCH };
	auto_nl_msg struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST);

	*ret = (struct route){ 0 };
	if (msg && (nlmsg_append(msg, (void *)(uintptr_t)&head, sizeof(head), NLMSG_ALIGNTO) < 0 ||
		    nla_put(msg, RTA_DST, (int)addr_len(addr), addr->bytes) < 0))
		netlink_msg_freep(&msg);
	return ask(sock, msg, hear_route, ret, err);
}

/* ---- the addresses of a link ---- */

struct search {
	const struct net_addr *addr;
	int ifindex;
	bool found;
};

static void hear_addr(struct nlmsghdr *answer, void *data)
{
	struct search *search = data;
	const struct ifaddrmsg *head = nlmsg_data(answer);
	struct nlattr *parts[IFA_MAX + 1];

	if (answer->nlmsg_type != RTM_NEWADDR ||
	    nlmsg_parse(answer, sizeof(*head), parts, IFA_MAX, NULL) < 0 || !parts[IFA_ADDRESS])
		return;
	if ((int)head->ifa_index == search->ifindex && head->ifa_family == search->addr->family &&
	    head->ifa_prefixlen < addr_len(search->addr) * 8 &&
	    nla_len(parts[IFA_ADDRESS]) == (int)addr_len(search->addr) &&
	    covers(nla_data(parts[IFA_ADDRESS]), head->ifa_prefixlen, search->addr))
		search->found = true;
}

/* The kernel gives that link's addresses only: the others are as many as containers. */
static int has_network(struct nl_sock *sock, int ifindex, const struct net_addr *addr, bool *ret,
		       struct err *err)
{
	const struct ifaddrmsg head = { .ifa_family = addr->family,
					.ifa_index = (unsigned int)ifindex };
	auto_nl_msg struct nl_msg *msg =
		nlmsg_alloc_simple(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP);
	struct search search = { .addr = addr, .ifindex = ifindex };
	int one = 1;

	setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	if (msg && nlmsg_append(msg, (void *)(uintptr_t)&head, sizeof(head), NLMSG_ALIGNTO) < 0)
		netlink_msg_freep(&msg);
	if (ask(sock, msg, hear_addr, &search, err) < 0)
		return -1;
	*ret = search.found;
	return 0;
}

/* ---- networks of uplinks ---- */

/* The link of the default route: where an address of no particular network is sent (RFC 5737,
 * RFC 3849). 0: none. */
static int default_link(struct nl_sock *sock, int family, int *ret, struct err *err)
{
	struct net_addr far = { .family = (uint8_t)family };
	struct route route;

	inet_pton(family, family == AF_INET6 ? "2001:db8::1" : "192.0.2.1", far.bytes);
	if (find_route(sock, &far, &route, err) < 0)
		return -1;
	*ret = route.type == RTN_UNICAST ? route.ifindex : 0;
	return 0;
}

/* The address itself may be routed to the container already, which hides the network that it
 * lies in; a neighbour of it in that network shows it, if it is no container's as well. */
static int by_sibling(struct nl_sock *sock, const struct net_addr *addr, int not_link, bool *ret,
		      struct err *err)
{
	unsigned int len = addr_len(addr);
	struct route route;

	*ret = false;
	for (unsigned int i = 0; i < SIBLINGS; i++) {
		struct net_addr sibling = *addr;

		sibling.bytes[len - 1] ^= (uint8_t)(1U << i);
		if (find_route(sock, &sibling, &route, err) < 0)
			return -1;
		if (route.bits == len * 8)
			continue;
		*ret = route.type == RTN_UNICAST && !route.has_gateway && route.bits > 0 &&
		       route.ifindex != not_link && covers(route.net, route.bits, addr);
		return 0;
	}
	return 0;
}

static int is_of_uplink(struct nl_sock *sock, const struct net_nic *nic,
			const struct net_addr *addr, bool *ret, struct err *err)
{
	int link, bridge = nic->parent[0] ? (int)if_nametoindex(nic->parent) : -1;

	*ret = false;
	if (default_link(sock, addr->family, &link, err) < 0 ||
	    (link && has_network(sock, link, addr, ret, err) < 0))
		return -1;
	return *ret ? 0 : by_sibling(sock, addr, bridge, ret, err);
}

int firewall_nat_wanted(struct nl_sock **sock, enum net_nat nat, const struct net_nic *nic,
			const struct net_addr *addr, struct err *err)
{
	bool of_uplink;

	if (nat != NET_NAT_AUTO)
		return nat == NET_NAT_ON;
	if (!addr_is_private(addr))
		return 0;
	if (!*sock)
		*sock = netlink_open(NETLINK_ROUTE, err);
	if (!*sock || is_of_uplink(*sock, nic, addr, &of_uplink, err) < 0)
		return -1;
	return !of_uplink;
}
