/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/rt.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <string.h>

static void copy_text(char *to, size_t size, const struct nlattr *attr)
{
	if (attr)
		nla_strlcpy(to, attr, size);
}

static void read_link(struct nlmsghdr *answer, void *data)
{
	struct ifinfomsg *info = nlmsg_data(answer);
	struct nlattr *attrs[IFLA_MAX + 1], *kind;
	struct rt_link *link = data;

	if (answer->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse(answer, sizeof(*info), attrs, IFLA_MAX, NULL) < 0)
		return;
	link->ifindex = info->ifi_index;
	link->flags = info->ifi_flags;
	link->mtu = attrs[IFLA_MTU] ? nla_get_u32(attrs[IFLA_MTU]) : 0;
	link->master = attrs[IFLA_MASTER] ? (int)nla_get_u32(attrs[IFLA_MASTER]) : 0;
	link->peer_dies = attrs[IFLA_LINK_NETNSID] &&
			  nla_get_s32(attrs[IFLA_LINK_NETNSID]) == NETNSA_NSID_NOT_ASSIGNED;
	if (attrs[IFLA_ADDRESS] && nla_len(attrs[IFLA_ADDRESS]) == sizeof(link->mac))
		memcpy(link->mac, nla_data(attrs[IFLA_ADDRESS]), sizeof(link->mac));
	copy_text(link->name, sizeof(link->name), attrs[IFLA_IFNAME]);
	copy_text(link->alias, sizeof(link->alias), attrs[IFLA_IFALIAS]);
	if (!attrs[IFLA_LINKINFO])
		return;
	kind = nla_find(nla_data(attrs[IFLA_LINKINFO]), nla_len(attrs[IFLA_LINKINFO]),
			IFLA_INFO_KIND);
	copy_text(link->kind, sizeof(link->kind), kind);
}

static int find(struct rt *rt, int ifindex, const char *name, struct rt_link *ret)
{
	struct ifinfomsg info = { .ifi_index = ifindex };
	struct nl_msg *msg = rt_msg(RTM_GETLINK, 0, &info, sizeof(info));
	struct rt_link link = { 0 };
	int rc;

	if (msg && name)
		nla_put_string(msg, IFLA_IFNAME, name);
	if (msg)
		nla_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	rc = rt_ask(rt, msg, read_link, &link);
	if (rc == 0 && !link.ifindex)
		rc = -EPROTO;
	if (rc == 0)
		*ret = link;
	return rc;
}

int rt_link_find(struct rt *rt, const char *name, struct rt_link *ret)
{
	return find(rt, 0, name, ret);
}

int rt_link_find_index(struct rt *rt, int ifindex, struct rt_link *ret)
{
	return find(rt, ifindex, NULL, ret);
}

int rt_link_delete(struct rt *rt, int ifindex)
{
	struct ifinfomsg info = { .ifi_index = ifindex };

	return rt_do(rt, rt_msg(RTM_DELLINK, 0, &info, sizeof(info)));
}
