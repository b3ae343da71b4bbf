/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all kinds of NICs share, and choosing the kind. */
#include "config.h"

#include "netsetup/nic.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netsetup/later.h"
#include "netsetup/net_check.h"
#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"

int nic_fail(struct rt *rt, const struct net_nic *nic, int rc, const char *doing, struct err *err)
{
	return rt_fail(rt, err, rc, doing,
		       net_kind_is_pair(nic->kind) ? nic->host_name : nic->name);
}

void nic_left(struct nic_job *job, const struct err *why)
{
	log_warning("%s, ignoring", why->msg);
	job->incomplete = true;
}

bool nic_same(const struct net_nic *a, const struct net_nic *b)
{
	if (a->kind != b->kind || !str_eq(a->name, b->name) ||
	    !str_eq(a->host_name, b->host_name) || memcmp(a->mac, b->mac, 6) != 0 ||
	    memcmp(a->host_mac, b->host_mac, 6) != 0 || a->mode != b->mode)
		return false;
	return a->kind == NET_BRIDGED || str_eq(a->parent, b->parent);
}

bool nic_has_addr(const struct net_nic *nic, const struct net_addr *addr)
{
	for (size_t i = 0; nic && i < nic->n_addrs; i++)
		if (addr_same(&nic->addrs[i], addr) &&
		    (nic->kind == NET_ROUTED || nic->addrs[i].prefix == addr->prefix))
			return true;
	return false;
}

bool nic_has_family(const struct net_nic *nic, int family)
{
	for (size_t i = 0; nic && i < nic->n_addrs; i++)
		if (nic->addrs[i].family == family)
			return true;
	return false;
}

/* ---- the pair ---- */

/* Without an alias: a verb was killed before it gave one. */
static bool is_ours(struct nic_job *job, const struct net_nic *nic, const struct rt_link *link)
{
	if (!*link->alias)
		return str_eq(link->kind, "veth") && memcmp(link->mac, nic->host_mac, 6) == 0;
	return str_starts(link->alias, NIC_ALIAS) &&
	       str_eq(link->alias + strlen(NIC_ALIAS), job->record->config->id);
}

/* Its host end, if that is ours. */
static bool find_pair(struct nic_job *job, const struct net_nic *nic, struct rt_link *ret)
{
	struct err why;
	int rc = rt_link_find(&job->host, nic->host_name, ret);

	if (rc < 0 && rc != -ENODEV) {
		nic_fail(&job->host, nic, rc, "look for the link", &why);
		nic_left(job, &why);
	}
	return rc == 0 && is_ours(job, nic, ret);
}

int nic_pair_find(struct nic_job *job, const struct net_nic *nic)
{
	struct rt_link link;

	return find_pair(job, nic, &link) ? link.ifindex : 0;
}

/* One end's name, MAC and size. A single queue: the others would only be used by XDP, and each costs
 * time and memory. */
static void put_end(struct nl_msg *msg, const char *name, const uint8_t mac[6], uint32_t mtu)
{
	nla_put_string(msg, IFLA_IFNAME, name);
	nla_put(msg, IFLA_ADDRESS, 6, mac);
	nla_put_u32(msg, IFLA_NUM_TX_QUEUES, 1);
	nla_put_u32(msg, IFLA_NUM_RX_QUEUES, 1);
	if (mtu)
		nla_put_u32(msg, IFLA_MTU, mtu);
}

static struct nl_msg *pair_msg(const struct nic_step *step, uint32_t mtu)
{
	struct ifinfomsg none = { 0 };
	struct nl_msg *msg = rt_msg(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &none, sizeof(none));
	struct nlattr *info, *data, *peer;

	if (!msg)
		return NULL;
	put_end(msg, step->to->host_name, step->to->host_mac, mtu);
	info = nla_nest_start(msg, IFLA_LINKINFO);
	nla_put_string(msg, IFLA_INFO_KIND, "veth");
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	peer = nla_nest_start(msg, VETH_INFO_PEER);
	nlmsg_append(msg, &none, sizeof(none), NLMSG_ALIGNTO);
	put_end(msg, step->to->name, step->to->mac, mtu);
	nla_put_u32(msg, IFLA_NET_NS_FD, (uint32_t)step->job->netns_fd);
	nla_nest_end(msg, peer);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	return msg;
}

/* The host end of a namespace that is about to die, or that a killed verb left. */
static int replace(const struct nic_step *step, struct err *err)
{
	struct nic_job *job = step->job;
	struct rt_link link;
	int rc = rt_link_find(&job->host, step->to->host_name, &link);

	if (rc == -ENODEV) /* the name is free by now, or taken inside */
		return 0;
	if (rc < 0)
		return nic_fail(&job->host, step->to, rc, "look for the link", err);
	if (!is_ours(job, step->to, &link))
		return err_set(
			err, EEXIST,
			"the host has a link \"%s\" that is not ours: choose another host name",
			step->to->host_name);
	rc = rt_link_delete(&job->host, link.ifindex);
	return rc < 0 && rc != -ENODEV ?
		       nic_fail(&job->host, step->to, rc, "replace the link", err) :
		       0;
}

void nic_put_alias(struct nl_msg *msg, const struct nic_job *job)
{
	char alias[RT_ALIAS_SIZE];

	snprintf(alias, sizeof(alias), NIC_ALIAS "%s", job->record->config->id);
	nla_put_string(msg, IFLA_IFALIAS, alias);
}

/* A kernel without IPv6 knows no such attribute. */
void nic_put_no_address(struct nl_msg *msg)
{
	struct nlattr *family;

	if (access("/proc/sys/net/ipv6", F_OK) < 0)
		return;
	family = nla_nest_start(msg, AF_INET6);
	nla_put_u8(msg, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	nla_nest_end(msg, family);
}

int nic_refuse_adverts(const char *host_name, struct err *err)
{
	char path[sizeof("/proc/sys/net/ipv6/conf//accept_ra") + IFNAMSIZ];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/accept_ra", host_name);
	if (fd_write_kernel(AT_FDCWD, path, "0", err) < 0 && err->code != ENOENT)
		return -1;
	return 0;
}

static int pair_fail(const struct nic_step *step, int rc, struct err *err)
{
	struct rt_link link;

	if (rc == -EEXIST && rt_link_find(&step->job->inside, step->to->name, &link) == 0)
		return err_set(err, EEXIST, "the container has an interface \"%s\" already",
			       step->to->name);
	if (rc == -EOPNOTSUPP)
		return err_set(err, ERR_UNSUPPORTED,
			       "make \"%s\": this kernel has no veth links "
			       "(module veth)",
			       step->to->host_name);
	return nic_fail(&step->job->host, step->to, rc, "make the link", err);
}

int nic_pair_make(const struct nic_step *step, uint32_t mtu, struct err *err)
{
	struct rt *host = &step->job->host;
	struct rt_link link;
	int rc = rt_do(host, pair_msg(step, mtu));

	if (rc == -EEXIST) {
		if (replace(step, err) < 0)
			return -1;
		rc = rt_do(host, pair_msg(step, mtu));
	}
	if (rc < 0)
		return pair_fail(step, rc, err);
	rc = rt_link_find(host, step->to->host_name, &link);
	if (rc < 0)
		return nic_fail(host, step->to, rc, "find the link", err);
	*step->ifindex = link.ifindex;
	return nic_refuse_adverts(step->to->host_name, err);
}

/* ---- kinds ---- */

int nic_host(const struct nic_step *step, struct err *err)
{
	switch (step->to->kind) {
	case NET_ROUTED:
		return nic_routed_host(step, err);
	case NET_BRIDGED:
		return nic_bridged_host(step, err);
	default:
		return nic_child_host(step, err);
	}
}

int nic_inside(const struct nic_step *step, struct err *err)
{
	return step->to->kind == NET_ROUTED ? nic_routed_inside(step, err) :
					      nic_inside_plain(step, err);
}

/* Its other end may live on, and be without rules in a moment. */
static void set_down(struct nic_job *job, int ifindex)
{
	struct ifinfomsg info = { .ifi_index = ifindex, .ifi_change = IFF_UP };

	rt_do(&job->host, rt_msg(RTM_NEWLINK, 0, &info, sizeof(info)));
}

/* A link whose other end's namespace is ending is left to that. To delete it would be to wait for the
 * kernel's grace periods, 20 ms. */
static void remove_pair(struct nic_job *job, const struct net_nic *nic)
{
	struct rt_link link;
	struct err why;
	int rc;

	if (!find_pair(job, nic, &link) || link.peer_dies)
		return;
	if (job->netns_fd < 0 && job->n_rest < ARRAY_SIZE(job->rest)) {
		set_down(job, link.ifindex);
		job->rest[job->n_rest++] = link.ifindex;
		return;
	}
	rc = rt_link_delete(&job->host, link.ifindex);
	if (rc < 0 && rc != -ENODEV) {
		nic_fail(&job->host, nic, rc, "remove the link", &why);
		nic_left(job, &why);
	}
}

void nic_remove_rest(struct nic_job *job)
{
	bool cloned = false, child;

	if (job->n_rest == 0)
		return;
	child = later_child(nl_socket_get_fd(job->host.sock), &cloned);
	for (size_t i = 0; (child || !cloned) && i < job->n_rest; i++)
		rt_link_delete(&job->host, job->rest[i]);
	if (child)
		_exit(0);
	job->n_rest = 0;
}

void nic_remove(struct nic_job *job, const struct net_nic *nic, int ifindex, bool links)
{
	if (nic->kind == NET_ROUTED)
		nic_routed_remove(job, nic, ifindex);
	if (!links)
		return;
	if (!net_kind_is_pair(nic->kind)) {
		nic_child_remove(job, nic);
		return;
	}
	remove_pair(job, nic); /* whose it is may have changed since it was noted */
}
