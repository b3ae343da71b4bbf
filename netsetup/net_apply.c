/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/net_apply.h"

#include <errno.h>
#include <string.h>

#include "netsetup/firewall.h"
#include "netsetup/host.h"
#include "netsetup/neigh.h"
#include "netsetup/net_check.h"
#include "netsetup/net_traffic.h"
#include "netsetup/shape.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"

/* ---- uplinks ---- */

static int add_uplink(struct net_record *record, const struct host_uplink *uplink, struct err *err)
{
	for (size_t i = 0; i < record->n_uplinks; i++)
		if (record->uplinks[i].ifindex == uplink->ifindex)
			return 0;
	if (record->n_uplinks == NET_RECORD_UPLINKS)
		return err_set(err, ERR_INPUT,
			       "the addresses lie on more than %d of the host's links",
			       NET_RECORD_UPLINKS);
	record->uplinks[record->n_uplinks++] = *uplink;
	return 0;
}

static int add_uplinks(struct nic_job *job, const struct net_config *config,
		       const struct net_nic *nic, struct err *err)
{
	struct host_uplink uplinks[NET_RECORD_UPLINKS];

	for (size_t i = 0; i < nic->n_addrs; i++) {
		int n = host_uplinks(job->host.sock, config->neighbour_devs, &nic->addrs[i],
				     uplinks, ARRAY_SIZE(uplinks), err);

		if (n < 0)
			return -1;
		for (int j = 0; j < n; j++)
			if (add_uplink(job->record, &uplinks[j], err) < 0)
				return -1;
	}
	return 0;
}

int net_apply_uplinks(struct nic_job *job, const struct net_config *config, struct err *err)
{
	for (size_t i = 0; i < config->n_nics; i++)
		if (config->nics[i].kind == NET_ROUTED &&
		    add_uplinks(job, config, &config->nics[i], err) < 0)
			return -1;
	return 0;
}

static int forward(struct nic_job *job, const struct net_config *config, int family,
		   struct err *err)
{
	bool wanted = false;

	for (size_t i = 0; i < config->n_nics; i++)
		wanted |= config->nics[i].kind == NET_ROUTED &&
			  nic_has_family(&config->nics[i], family);
	for (size_t i = 0; wanted && i < job->record->n_uplinks; i++)
		if (host_forward(config->id, family, &job->record->uplinks[i], err) < 0)
			return -1;
	return 0;
}

/* ---- neighbours ---- */

static int proxy(struct nic_job *job, const struct net_addr *addr, struct err *err)
{
	for (size_t i = 0; i < job->record->n_uplinks; i++) {
		const struct host_uplink *uplink = &job->record->uplinks[i];

		if (neigh_proxy_add(job->host.sock, uplink->ifindex, addr, err) < 0)
			return -1;
	}
	return 0;
}

static void unproxy(struct nic_job *job, const struct net_addr *addr)
{
	for (size_t i = 0; i < job->record->n_uplinks; i++) {
		struct err why;

		if (neigh_proxy_del(job->host.sock, job->record->uplinks[i].ifindex, addr, &why) <
		    0)
			nic_left(job, &why);
	}
}

/* What `to` has and `from` has not. */
static int proxy_new(struct nic_job *job, const struct net_nic *from, const struct net_nic *to,
		     struct err *err)
{
	if (to->kind != NET_ROUTED)
		return 0;
	for (size_t i = 0; i < to->n_addrs; i++)
		if (!nic_has_addr(from, &to->addrs[i]) && proxy(job, &to->addrs[i], err) < 0)
			return -1;
	return 0;
}

static void unproxy_old(struct nic_job *job, const struct net_nic *from, const struct net_nic *to)
{
	if (from->kind != NET_ROUTED)
		return;
	for (size_t i = 0; i < from->n_addrs; i++)
		if (!nic_has_addr(to, &from->addrs[i]))
			unproxy(job, &from->addrs[i]);
}

/* ---- NICs ---- */

static const struct net_nic *find_same(const struct net_config *config, const struct net_nic *nic)
{
	for (size_t i = 0; config && i < config->n_nics; i++)
		if (nic_same(&config->nics[i], nic))
			return &config->nics[i];
	return NULL;
}

static void remove_nic(struct nic_job *job, const struct net_nic *nic, int ifindex, bool links)
{
	struct err why;

	unproxy_old(job, nic, NULL);
	if (ifindex && nic->rate.up_kbit + nic->rate.up_share_kbit &&
	    shape_remove(job->host.sock, ifindex, &why) < 0)
		nic_left(job, &why);
	nic_remove(job, nic, ifindex, links);
}

static void remove_others(struct nic_job *job, const struct net_config *from,
			  const struct net_config *to)
{
	for (size_t i = 0; from && i < from->n_nics; i++) {
		const struct net_nic *nic = &from->nics[i], *same = find_same(to, nic);

		if (same)
			unproxy_old(job, nic, same);
		else
			remove_nic(job, nic,
				   net_kind_is_pair(nic->kind) ? nic_pair_find(job, nic) : 0, true);
	}
}

static bool same_rate(const struct net_rate *a, const struct net_rate *b)
{
	return a->up_kbit == b->up_kbit && a->up_share_kbit == b->up_share_kbit &&
	       a->down_kbit == b->down_kbit && a->burst_bytes == b->burst_bytes;
}

static int shape(const struct nic_step *step, struct err *err)
{
	static const struct net_rate none;
	const struct net_rate *old = step->from ? &step->from->rate : &none;

	if (same_rate(old, &step->to->rate))
		return 0;
	return shape_apply(step->job->host.sock, *step->ifindex, &step->to->rate, err);
}

static int apply_nics(struct nic_job *job, const struct net_config *from,
		      const struct net_config *to, int *ifindex,
		      int (*half)(const struct nic_step *, struct err *), struct err *err)
{
	for (size_t i = 0; i < to->n_nics; i++) {
		const struct nic_step step = {
			.job = job,
			.from = find_same(from, &to->nics[i]),
			.to = &to->nics[i],
			.isolated = to->isolated,
			.was_isolated = from && from->isolated,
			.ifindex = &ifindex[i],
		};

		if (half(&step, err) < 0)
			return -1;
	}
	return 0;
}

/* Its class on the link that all share outlives it: who clears away behind a verb that was killed has to
 * know its number, which is nowhere once the container's namespace is gone. */
static int note_shaped(const struct nic_step *step, struct err *err)
{
	struct net_record *record = step->job->record;
	const int *of_record = record->ifindex;

	if (step->from || !(step->to->rate.up_kbit + step->to->rate.up_share_kbit) ||
	    step->ifindex < of_record || step->ifindex >= of_record + NET_NICS_MAX)
		return 0;
	return net_record_save(record, err);
}

static int host_half(const struct nic_step *step, struct err *err)
{
	if (step->from && net_kind_is_pair(step->to->kind)) {
		*step->ifindex = nic_pair_find(step->job, step->to);
		if (!*step->ifindex)
			return err_set(err, ENODEV, "the link \"%s\" is not there any more",
				       step->to->host_name);
	}
	if (nic_host(step, err) < 0)
		return -1;
	if (!net_kind_is_pair(step->to->kind))
		return 0;
	return note_shaped(step, err) < 0 ? -1 : shape(step, err);
}

static int inside_half(const struct nic_step *step, struct err *err)
{
	if (nic_inside(step, err) < 0)
		return -1;
	return proxy_new(step->job, step->from, step->to, err);
}

int net_apply(struct nic_job *job, const struct net_config *from, const struct net_config *to,
	      int ret_ifindex[NET_NICS_MAX], struct err *err)
{
	if (from)
		net_traffic_keep(from, to);
	remove_others(job, from, to);
	if (apply_nics(job, from, to, ret_ifindex, host_half, err) < 0 ||
	    firewall_change(from, to, err) < 0 || forward(job, to, AF_INET, err) < 0 ||
	    forward(job, to, AF_INET6, err) < 0)
		return -1;
	return apply_nics(job, from, to, ret_ifindex, inside_half, err);
}

/* ---- clearing away ---- */

static void clear_config(struct nic_job *job, struct net_config *config, const int *ifindex,
			 bool links)
{
	int index[NET_NICS_MAX] = { 0 };
	struct err why;

	for (size_t i = 0; i < config->n_nics; i++) {
		struct net_nic *nic = &config->nics[i];

		if (!net_kind_is_pair(nic->kind))
			continue;
		index[i] = ifindex && ifindex[i] ? ifindex[i] : nic_pair_find(job, nic);
		if (nic->kind == NET_ROUTED)
			nic_routed_disown(job, nic, index[i]);
	}
	for (size_t i = 0; i < config->n_nics; i++)
		remove_nic(job, &config->nics[i], index[i], links);
	if (firewall_change(config, NULL, &why) < 0)
		nic_left(job, &why);
}

void net_clear(struct nic_job *job, bool links)
{
	struct net_record *record = job->record;
	struct err why;

	net_traffic_keep(record->config, NULL);
	clear_config(job, record->config, record->ifindex, links);
	if (record->next)
		clear_config(job, record->next, NULL, links);
	nic_bridged_undo(job);
	if (host_release(record->config->id, &why) < 0)
		nic_left(job, &why);
}
