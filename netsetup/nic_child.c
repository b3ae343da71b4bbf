/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NICs without an end on the host: a macvlan or ipvlan child of one of its links, or that link itself. */
#include "config.h"

#include "netsetup/nic.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "netsetup/net_check.h"
#include "runtime/base/fd.h"

static int fail(struct rt *rt, int rc, const char *doing, const char *what, struct err *err)
{
	return rt_fail(rt, err, rc, doing, what);
}

static int find_parent(const struct nic_step *step, struct rt_link *ret, struct err *err)
{
	struct rt *host = &step->job->host;
	int rc = rt_link_find(host, step->to->parent, ret);

	return rc < 0 ? fail(host, rc, "find the host's link", step->to->parent, err) : 0;
}

static int name_taken(const struct nic_step *step, struct err *err)
{
	return err_set(err, EEXIST, "the container has an interface \"%s\" already",
		       step->to->name);
}

/* ---- macvlan, ipvlan ---- */

static void put_kind(struct nl_msg *msg, const struct net_nic *nic)
{
	struct nlattr *info = nla_nest_start(msg, IFLA_LINKINFO), *data;

	nla_put_string(msg, IFLA_INFO_KIND, net_kind_name(nic->kind));
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	if (nic->kind == NET_MACVLAN)
		nla_put_u32(msg, IFLA_MACVLAN_MODE, nic->mode);
	else
		nla_put_u16(msg, IFLA_IPVLAN_MODE, (uint16_t)nic->mode);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
}

/* Old kernels (6.1) refuse a name that a link of the host has, though the child comes to be elsewhere:
 * then it is made under another one, by which it is found if the verb is killed, and renamed. */
static void put_first_name(const struct net_nic *nic, char name[IFNAMSIZ])
{
	const uint8_t *mac = nic->mac;

	snprintf(name, IFNAMSIZ, "vzt%02x%02x%02x%02x%02x%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
}

static int rename_child(const struct nic_step *step, const char *first_name, struct err *err)
{
	struct rt *inside = &step->job->inside;
	struct ifinfomsg info = { 0 };
	struct rt_link link;
	struct nl_msg *msg;
	int rc = rt_link_find(inside, first_name, &link);

	if (rc < 0)
		return fail(inside, rc, "find the interface", first_name, err);
	info.ifi_index = link.ifindex;
	msg = rt_msg(RTM_NEWLINK, 0, &info, sizeof(info));
	if (msg)
		nla_put_string(msg, IFLA_IFNAME, step->to->name);
	rc = rt_do(inside, msg);
	if (rc == 0)
		return 0;
	rt_link_delete(inside, link.ifindex);
	return rc == -EEXIST ? name_taken(step, err) :
			       fail(inside, rc, "name the interface", step->to->name, err);
}

static struct nl_msg *child_msg(const struct nic_step *step, const char *name, int parent)
{
	const struct net_nic *nic = step->to;
	struct ifinfomsg info = { 0 };
	struct nl_msg *msg = rt_msg(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &info, sizeof(info));

	if (!msg)
		return NULL;
	nla_put_string(msg, IFLA_IFNAME, name);
	nla_put_u32(msg, IFLA_LINK, (uint32_t)parent);
	nla_put_u32(msg, IFLA_NET_NS_FD, (uint32_t)step->job->netns_fd);
	if (nic->kind == NET_MACVLAN)
		nla_put(msg, IFLA_ADDRESS, 6, nic->mac);
	if (nic->mtu)
		nla_put_u32(msg, IFLA_MTU, nic->mtu);
	put_kind(msg, nic);
	return msg;
}

static int make_child(const struct nic_step *step, struct err *err)
{
	const struct net_nic *nic = step->to;
	const char *kind = net_kind_name(nic->kind);
	char first_name[IFNAMSIZ];
	struct rt_link parent, other;
	bool renamed;
	int rc;

	if (find_parent(step, &parent, err) < 0)
		return -1;
	put_first_name(nic, first_name);
	renamed = rt_link_find(&step->job->host, nic->name, &other) == 0;
	rc = rt_do(&step->job->host,
		   child_msg(step, renamed ? first_name : nic->name, parent.ifindex));
	if (rc == 0 && renamed)
		return rename_child(step, first_name, err);
	if (rc == -EOPNOTSUPP)
		return err_set(err, ERR_UNSUPPORTED,
			       "make \"%s\": this kernel has no %s links (module %s)", nic->name,
			       kind, kind);
	if (rc == -EEXIST)
		return name_taken(step, err);
	if (rc == -EBUSY)
		return err_set(
			err, EBUSY,
			"make \"%s\": the host's link \"%s\" is in use in a way that excludes it "
			"(a port of a bridge, macvlan and ipvlan both, or passthru)",
			nic->name, nic->parent);
	return rc < 0 ? fail(&step->job->host, rc, "make the interface", nic->name, err) : 0;
}

/* ---- the link itself ---- */

static struct nl_msg *move_msg(int ifindex, const char *name, int netns_fd)
{
	struct ifinfomsg info = { .ifi_index = ifindex };
	struct nl_msg *msg = rt_msg(RTM_NEWLINK, 0, &info, sizeof(info));

	if (!msg)
		return NULL;
	nla_put_string(msg, IFLA_IFNAME, name);
	nla_put_u32(msg, IFLA_NET_NS_FD, (uint32_t)netns_fd);
	return msg;
}

static int move_in(const struct nic_step *step, struct err *err)
{
	const struct net_nic *nic = step->to;
	struct rt_link link;
	int rc;

	if (find_parent(step, &link, err) < 0 || nic_lent_note(step->job, &link, err) < 0)
		return -1;
	rc = rt_do(&step->job->host, move_msg(link.ifindex, nic->name, step->job->netns_fd));
	if (rc == -EEXIST)
		return name_taken(step, err);
	if (rc == -EINVAL)
		return err_set(err, ERR_INPUT,
			       "the host's link \"%s\" can't leave its network namespace",
			       nic->parent);
	return rc < 0 ? fail(&step->job->host, rc, "move the link", nic->parent, err) : 0;
}

static int move_back(struct nic_job *job, const struct net_nic *nic, int ifindex)
{
	auto_fd int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	int rc = here < 0 ? -errno : rt_do(&job->inside, move_msg(ifindex, nic->parent, here));

	if (rc == 0)
		nic_lent_restore(job, nic->parent);
	return rc;
}

/* ---- both ---- */

/* A link of that name that the container made by itself is not ours: of a macvlan the MAC tells, of an
 * ipvlan its kind, of a physical one that the host has none of its name. */
static bool is_ours(struct nic_job *job, const struct net_nic *nic, const struct rt_link *link)
{
	struct rt_link host;

	if (nic->kind == NET_PHYSICAL)
		return rt_link_find(&job->host, nic->parent, &host) == -ENODEV;
	return strcmp(link->kind, net_kind_name(nic->kind)) == 0 &&
	       (nic->kind == NET_IPVLAN || memcmp(link->mac, nic->mac, 6) == 0);
}

static bool is_there(const struct nic_step *step)
{
	struct rt_link link;

	return rt_link_find(&step->job->inside, step->to->name, &link) == 0 &&
	       is_ours(step->job, step->to, &link);
}

int nic_child_host(const struct nic_step *step, struct err *err)
{
	if (step->from || (step->job->back && is_there(step)))
		return 0;
	return step->to->kind == NET_PHYSICAL ? move_in(step, err) : make_child(step, err);
}

static bool find_child(struct nic_job *job, const struct net_nic *nic, struct rt_link *ret)
{
	char first_name[IFNAMSIZ];

	if (rt_link_find(&job->inside, nic->name, ret) == 0 && is_ours(job, nic, ret))
		return true;
	put_first_name(nic, first_name);
	return nic->kind != NET_PHYSICAL && rt_link_find(&job->inside, first_name, ret) == 0 &&
	       is_ours(job, nic, ret);
}

void nic_child_remove(struct nic_job *job, const struct net_nic *nic)
{
	struct rt_link link;
	struct err why;
	int rc;

	if (!job->inside.sock || !find_child(job, nic, &link))
		return;
	rc = nic->kind == NET_PHYSICAL ? move_back(job, nic, link.ifindex) :
					 rt_link_delete(&job->inside, link.ifindex);
	if (rc < 0 && rc != -ENODEV) {
		fail(&job->inside, rc, "take back the interface", nic->name, &why);
		nic_left(job, &why);
	}
}
