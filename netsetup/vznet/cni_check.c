/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CHECK: whether what ADD made is still there. */
#include "config.h"

#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>

#include "netsetup/rt.h"
#include "netsetup/vznet/cni.h"
#include "netsetup/vznet/netns.h"
#include "runtime/base/fd.h"

static void free_ifaddrs(struct ifaddrs **list)
{
	if (*list)
		freeifaddrs(*list);
}

static bool has_addr(const struct net_nic *nic, const struct net_addr *addr)
{
	for (size_t i = 0; i < nic->n_addrs; i++)
		if (addr_same(&nic->addrs[i], addr))
			return true;
	return false;
}

/* ---- prevResult ---- */

/* Plugins behind us in the list may have made others. */
static bool is_ours(const struct cni *cni, const struct json *prev, const struct json *ip)
{
	const struct json *index = json_get(ip, "interface");
	int64_t n;

	if (!index || json_int(index, 0, INT32_MAX, &n) < 0)
		return true;
	json_for_each(interface, json_get(prev, "interfaces")) {
		const struct json *name =
			interface->type == JSON_OBJECT ? json_get(interface, "name") : NULL;

		if (n-- == 0)
			return name && name->type == JSON_STRING && str_eq(name->text, cni->ifname);
	}
	return false;
}

static int check_prev(const struct cni *cni, const struct net_nic *nic, struct err *err)
{
	const struct json *prev = json_get(cni->conf, "prevResult");
	struct net_addr addr;
	const char *text;

	if (!prev || prev->type != JSON_OBJECT)
		return err_set(err, ERR_INPUT,
			       "config: CHECK needs the result of ADD (prevResult)");
	json_for_each(ip, json_get(prev, "ips")) {
		if (ip->type != JSON_OBJECT)
			return json_err(err, "config", ip, "must be an object");
		if (!is_ours(cni, prev, ip))
			continue;
		if (cni_text(ip, "address", &text, err) < 0 ||
		    addr_parse(text ? text : "", "config: prevResult.ips", &addr, err) < 0)
			return -1;
		if (!has_addr(nic, &addr))
			return err_set(err, CNI_ERR(CNI_DIFFERS),
				       "prevResult has the address %.64s, \"%s\" never had", text,
				       nic->name);
	}
	return 0;
}

/* ---- the routes of prevResult ---- */

/* Also one that a plugin behind us made, as it is the container's all the same. */
static int check_route(struct rt *inside, const struct json *node, struct err *err)
{
	static const char what[] = "config: prevResult.routes";
	struct net_addr to, via;
	struct rt_route route = { .to = &to };
	const char *dst, *gw;
	int rc;

	if (node->type != JSON_OBJECT)
		return json_err(err, "config", node, "must be an object");
	if (cni_text(node, "dst", &dst, err) < 0 || cni_text(node, "gw", &gw, err) < 0 ||
	    addr_parse(dst ? dst : "", what, &to, err) < 0 ||
	    (gw && addr_parse(gw, what, &via, err) < 0))
		return -1;
	route.family = to.family;
	route.via = gw ? &via : NULL;
	rc = rt_route_find(inside, &route);
	if (rc < 0)
		return rt_fail(inside, err, rc, "look for the route to", dst);
	if (rc == 0)
		return err_set(err, CNI_ERR(CNI_DIFFERS),
			       "the container has no route to %.64s%s%.64s", dst, gw ? " by " : "",
			       gw ? gw : "");
	return 0;
}

static int check_routes(const struct cni *cni, struct err *err)
{
	const struct json *prev = json_get(cni->conf, "prevResult");
	auto_rt struct rt inside = { 0 };

	if (rt_open(&inside, -1, err) < 0)
		return -1;
	json_for_each(route, json_get(prev, "routes"))
		if (check_route(&inside, route, err) < 0)
			return -1;
	return 0;
}

/* ---- the kernel ---- */

static bool is_addr(const struct sockaddr *sa, const struct net_addr *addr)
{
	const void *bytes = addr->family == AF_INET6 ?
				    (const void *)&((const struct sockaddr_in6 *)sa)->sin6_addr :
				    (const void *)&((const struct sockaddr_in *)sa)->sin_addr;

	return sa->sa_family == addr->family && memcmp(bytes, addr->bytes, addr_len(addr)) == 0;
}

static bool is_mac(const struct sockaddr *sa, const struct net_nic *nic)
{
	return sa->sa_family == AF_PACKET &&
	       memcmp(((const struct sockaddr_ll *)sa)->sll_addr, nic->mac, 6) == 0;
}

/* addr NULL: its MAC. */
static bool is_there(const struct ifaddrs *list, const struct net_nic *nic,
		     const struct net_addr *addr)
{
	for (; list; list = list->ifa_next)
		if (list->ifa_addr && str_eq(list->ifa_name, nic->name) &&
		    (addr ? is_addr(list->ifa_addr, addr) : is_mac(list->ifa_addr, nic)))
			return true;
	return false;
}

static int check_inside(const struct net_nic *nic, struct err *err)
{
	__attribute__((cleanup(free_ifaddrs))) struct ifaddrs *list = NULL;
	char text[ADDR_TEXT_SIZE];

	if (getifaddrs(&list) < 0)
		return err_sys(err, "read the container's addresses");
	if (!if_nametoindex(nic->name))
		return err_set(err, CNI_ERR(CNI_DIFFERS), "the container has no link \"%s\"",
			       nic->name);
	if (!is_there(list, nic, NULL))
		return err_set(err, CNI_ERR(CNI_DIFFERS), "\"%s\" has another MAC address",
			       nic->name);
	for (size_t i = 0; i < nic->n_addrs; i++)
		if (!is_there(list, nic, &nic->addrs[i]))
			return err_set(err, CNI_ERR(CNI_DIFFERS), "\"%s\" has no address %s",
				       nic->name, addr_show(&nic->addrs[i], text));
	return 0;
}

int cni_check(const struct cni *cni, struct err *err)
{
	auto_net struct net_config *config = NULL;
	auto_fd int netns = netns_open(cni->netns, err);
	const struct net_nic *nic;

	if (netns < 0) {
		err->code = CNI_ERR(CNI_BAD_ENV);
		return -1;
	}
	if (net_load(cni->id, &config, err) < 0)
		return -1;
	nic = &config->nics[0];
	if (check_prev(cni, nic, err) < 0)
		return -1;
	if (!if_nametoindex(nic->host_name))
		return err_set(err, CNI_ERR(CNI_DIFFERS), "the host has no link \"%s\"",
			       nic->host_name);
	if (setns(netns, CLONE_NEWNET) < 0)
		return err_sys(err, "enter the network namespace");
	/* An address that went may have taken routes along, so it is the first to be told of. */
	return check_inside(nic, err) < 0 ? -1 : check_routes(cni, err);
}
