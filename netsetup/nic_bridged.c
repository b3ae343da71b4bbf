/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OpenVZ's veth: a pair whose host end is a port of a bridge, or stands alone. */
#include "config.h"

#include "netsetup/nic.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "netsetup/net_check.h"
#include "runtime/base/str.h"

/* The one that is made where it is missing; others are the host's admin's. */
#define OWN_BRIDGE "vzbr0"

/* ---- the bridge ---- */

struct bridge {
	struct rt_link link;
	bool filters_vlans;
};

static void read_bridge(struct nlmsghdr *answer, void *data)
{
	struct nlattr *info, *attrs, *at;
	bool *filters = data;

	if (answer->nlmsg_type != RTM_NEWLINK)
		return;
	info = nlmsg_find_attr(answer, sizeof(struct ifinfomsg), IFLA_LINKINFO);
	attrs = info ? nla_find(nla_data(info), nla_len(info), IFLA_INFO_DATA) : NULL;
	at = attrs ? nla_find(nla_data(attrs), nla_len(attrs), IFLA_BR_VLAN_FILTERING) : NULL;
	*filters = at && nla_get_u8(at);
}

static int ask_filtering(struct rt *host, struct bridge *bridge)
{
	struct ifinfomsg info = { .ifi_index = bridge->link.ifindex };

	return rt_ask(host, rt_msg(RTM_GETLINK, 0, &info, sizeof(info)), read_bridge,
		      &bridge->filters_vlans);
}

static struct nl_msg *bridge_msg(int flags, int ifindex, bool make, bool filter)
{
	struct ifinfomsg info = { .ifi_index = ifindex,
				  .ifi_flags = make ? IFF_UP : 0,
				  .ifi_change = make ? IFF_UP : 0 };
	struct nl_msg *msg = rt_msg(RTM_NEWLINK, flags, &info, sizeof(info));
	struct nlattr *linkinfo, *data;
	uint8_t mac[6];

	if (!msg)
		return NULL;
	if (make) {
		net_fill_link_mac(OWN_BRIDGE, mac);
		nla_put_string(msg, IFLA_IFNAME, OWN_BRIDGE);
		nla_put(msg, IFLA_ADDRESS, 6, mac);
	}
	linkinfo = nla_nest_start(msg, IFLA_LINKINFO);
	nla_put_string(msg, IFLA_INFO_KIND, "bridge");
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	if (make)
		nla_put_u32(msg, IFLA_BR_FORWARD_DELAY, 0);
	if (filter)
		nla_put_u8(msg, IFLA_BR_VLAN_FILTERING, 1);
	nla_nest_end(msg, data);
	nla_nest_end(msg, linkinfo);
	return msg;
}

/* Another container may make it at the same time. */
static int make_bridge(struct nic_job *job, struct err *err)
{
	int rc = rt_do(&job->host, bridge_msg(NLM_F_CREATE | NLM_F_EXCL, 0, true, false));

	if (rc == -EOPNOTSUPP)
		return err_set(err, ERR_UNSUPPORTED,
			       "make \"" OWN_BRIDGE
			       "\": this kernel has no bridges (module bridge)");
	if (rc < 0 && rc != -EEXIST)
		return rt_fail(&job->host, err, rc, "make the bridge", OWN_BRIDGE);
	if (rc < 0)
		return 0;
	memcpy(job->bridge, OWN_BRIDGE, sizeof(OWN_BRIDGE));
	return nic_refuse_adverts(OWN_BRIDGE, err);
}

static int no_bridge(const char *name, struct err *err)
{
	return err_set(
		err, ENODEV,
		"the host has no bridge \"%s\" (make it: ip link add %s type bridge; ip link set %s up)",
		name, name, name);
}

static int find_bridge(struct nic_job *job, const char *name, struct bridge *ret, struct err *err)
{
	int rc = rt_link_find(&job->host, name, &ret->link);

	if (rc == -ENODEV && str_eq(name, OWN_BRIDGE)) {
		if (make_bridge(job, err) < 0)
			return -1;
		rc = rt_link_find(&job->host, name, &ret->link);
	}
	if (rc == -ENODEV)
		return no_bridge(name, err);
	if (rc == 0 && str_eq(ret->link.kind, "bridge"))
		rc = ask_filtering(&job->host, ret);
	if (rc < 0)
		return rt_fail(&job->host, err, rc, "find the bridge", name);
	if (!str_eq(ret->link.kind, "bridge"))
		return err_set(err, ERR_INPUT, "the host's link \"%s\" is no bridge", name);
	return 0;
}

static int want_vlans(struct nic_job *job, struct bridge *bridge, struct err *err)
{
	const char *name = bridge->link.name;
	int rc;

	if (bridge->filters_vlans)
		return 0;
	if (!str_eq(name, OWN_BRIDGE))
		return err_set(
			err, ERR_INPUT,
			"the bridge \"%s\" keeps no VLANs apart (let it: ip link set %s type bridge vlan_filtering 1)",
			name, name);
	rc = rt_do(&job->host, bridge_msg(0, bridge->link.ifindex, false, true));
	if (rc == -EOPNOTSUPP || rc == -EINVAL)
		return err_set(
			err, ERR_UNSUPPORTED,
			"this kernel's bridges keep no VLANs apart (CONFIG_BRIDGE_VLAN_FILTERING)");
	return rc < 0 ? rt_fail(&job->host, err, rc, "keep VLANs apart on the bridge", name) : 0;
}

/* ---- the port ---- */

static struct nl_msg *port_msg(int type, int ifindex)
{
	struct ifinfomsg info = { .ifi_family = AF_BRIDGE, .ifi_index = ifindex };

	return rt_msg(type, 0, &info, sizeof(info));
}

static void put_vlan(struct nl_msg *msg, uint16_t vlan, uint16_t flags)
{
	const struct bridge_vlan_info info = { .flags = flags, .vid = vlan };

	nla_put(msg, IFLA_BRIDGE_VLAN_INFO, sizeof(info), &info);
}

static bool has_vlan(const struct net_nic *nic, uint16_t vlan)
{
	if (!nic || nic->vlan == vlan)
		return nic;
	for (size_t i = 0; i < nic->n_trunk; i++)
		if (nic->trunk[i] == vlan)
			return true;
	return false;
}

/* One that is in no VLAN of its own is in the bridge's default, 1, as every new port. */
static bool in_default(const struct net_nic *nic)
{
	return !nic || (!nic->vlan && !nic->n_trunk);
}

/* 0: there is none that is to be removed. */
static size_t put_old_vlans(struct nl_msg *msg, const struct nic_step *step)
{
	size_t n = 0;

	if (in_default(step->from) && !in_default(step->to) && !has_vlan(step->to, 1)) {
		put_vlan(msg, 1, 0);
		n++;
	}
	if (step->from && step->from->vlan && !has_vlan(step->to, step->from->vlan)) {
		put_vlan(msg, step->from->vlan, 0);
		n++;
	}
	for (size_t i = 0; step->from && i < step->from->n_trunk; i++) {
		if (has_vlan(step->to, step->from->trunk[i]))
			continue;
		put_vlan(msg, step->from->trunk[i], 0);
		n++;
	}
	return n;
}

static size_t put_new_vlans(struct nl_msg *msg, const struct nic_step *step)
{
	uint16_t access = BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED;
	size_t n = step->to->n_trunk;

	for (size_t i = 0; i < n; i++)
		put_vlan(msg, step->to->trunk[i], 0);
	if (!step->to->vlan && !in_default(step->to))
		return n;
	if (in_default(step->to) && in_default(step->from))
		return 0;
	put_vlan(msg, step->to->vlan ? step->to->vlan : 1, access);
	return n + 1;
}

static int send_vlans(const struct nic_step *step, int type,
		      size_t (*put)(struct nl_msg *, const struct nic_step *), struct err *err)
{
	struct nl_msg *msg = port_msg(type, *step->ifindex);
	struct nlattr *list = msg ? nla_nest_start(msg, IFLA_AF_SPEC) : NULL;
	int rc;

	if (msg && put(msg, step) == 0) {
		nlmsg_free(msg);
		return 0;
	}
	if (msg)
		nla_nest_end(msg, list);
	rc = rt_do(&step->job->host, msg);
	return rc < 0 ? nic_fail(&step->job->host, step->to, rc, "set the VLANs of", err) : 0;
}

static int set_isolated(const struct nic_step *step, bool joined, struct err *err)
{
	struct nl_msg *msg;
	struct nlattr *list;
	int rc;

	if (step->isolated == (!joined && step->was_isolated))
		return 0;
	msg = port_msg(RTM_SETLINK, *step->ifindex);
	if (msg) {
		list = nla_nest_start(msg, IFLA_PROTINFO | NLA_F_NESTED);
		nla_put_u8(msg, IFLA_BRPORT_ISOLATED, step->isolated);
		nla_nest_end(msg, list);
	}
	rc = rt_do(&step->job->host, msg);
	return rc < 0 ? nic_fail(&step->job->host, step->to, rc, "isolate", err) : 0;
}

/* ---- the host end ---- */

/* No address of its own on it: the kernel's would answer to the container. */
static int set_host_end(const struct nic_step *step, int master, uint32_t mtu, struct err *err)
{
	struct ifinfomsg info = { .ifi_index = *step->ifindex,
				  .ifi_flags = IFF_UP,
				  .ifi_change = IFF_UP };
	struct nl_msg *msg = rt_msg(RTM_NEWLINK, 0, &info, sizeof(info));
	struct nlattr *spec;
	int rc;

	if (msg) {
		nic_put_alias(msg, step->job);
		nla_put_u32(msg, IFLA_MASTER, (uint32_t)master);
		if (mtu)
			nla_put_u32(msg, IFLA_MTU, mtu);
		spec = nla_nest_start(msg, IFLA_AF_SPEC);
		nic_put_no_address(msg);
		nla_nest_end(msg, spec);
	}
	rc = rt_do(&step->job->host, msg);
	return rc < 0 ? nic_fail(&step->job->host, step->to, rc, "set up the link", err) : 0;
}

static int set_port(const struct nic_step *step, struct bridge *bridge, bool joined,
		    struct err *err)
{
	/* A port that has joined another bridge is a new one there. */
	const struct nic_step fresh = { .job = step->job,
					.to = step->to,
					.ifindex = step->ifindex };
	const struct nic_step *vlans = joined ? &fresh : step;

	if (!in_default(step->to) && want_vlans(step->job, bridge, err) < 0)
		return -1;
	/* Where all are in one, there is nothing to leave either. */
	if (in_default(step->to) && !bridge->filters_vlans)
		return set_isolated(step, joined, err);
	if (send_vlans(vlans, RTM_DELLINK, put_old_vlans, err) < 0 ||
	    send_vlans(vlans, RTM_SETLINK, put_new_vlans, err) < 0)
		return -1;
	return set_isolated(step, joined, err);
}

int nic_bridged_host(const struct nic_step *step, struct err *err)
{
	bool joined = !step->from || !str_eq(step->from->parent, step->to->parent);
	struct bridge bridge = { 0 };
	uint32_t mtu = step->to->mtu;

	if (*step->to->parent && find_bridge(step->job, step->to->parent, &bridge, err) < 0)
		return -1;
	if (!mtu)
		mtu = bridge.link.mtu;
	/* A bridge is as large as its smallest port, which may have been this one. */
	if (step->from && !step->to->mtu && step->from->mtu == mtu)
		mtu = ETH_DATA_LEN;
	if (!step->from && nic_pair_make(step, mtu, err) < 0)
		return -1;
	if ((joined || step->from->mtu != step->to->mtu) &&
	    set_host_end(step, bridge.link.ifindex, mtu, err) < 0)
		return -1;
	return *step->to->parent ? set_port(step, &bridge, joined, err) : 0;
}

/* ---- undoing ---- */

struct ports {
	int bridge;
	bool any;
};

static void look_for_port(struct nlmsghdr *answer, void *data)
{
	struct ports *ports = data;
	struct nlattr *master;

	if (answer->nlmsg_type != RTM_NEWLINK)
		return;
	master = nlmsg_find_attr(answer, sizeof(struct ifinfomsg), IFLA_MASTER);
	if (master && (int)nla_get_u32(master) == ports->bridge)
		ports->any = true;
}

void nic_bridged_undo(struct nic_job *job)
{
	struct ifinfomsg info = { 0 };
	struct ports ports = { 0 };
	struct rt_link link;
	struct err why;
	int rc;

	if (!*job->bridge || rt_link_find(&job->host, job->bridge, &link) < 0)
		return;
	ports.bridge = link.ifindex;
	rc = rt_ask(&job->host, rt_msg(RTM_GETLINK, NLM_F_DUMP, &info, sizeof(info)), look_for_port,
		    &ports);
	if (rc == 0 && !ports.any)
		rc = rt_link_delete(&job->host, link.ifindex);
	if (rc < 0) {
		rt_fail(&job->host, &why, rc, "remove the bridge", job->bridge);
		nic_left(job, &why);
	}
	job->bridge[0] = '\0';
}
