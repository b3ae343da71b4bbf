/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/net_stale.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netsetup/host.h"
#include "netsetup/host_sysctl.h"
#include "netsetup/net_record.h"
#include "netsetup/nic.h"
#include "netsetup/rt.h"
#include "runtime/base/fd.h"
#include "runtime/base/str.h"

struct found {
	struct net_stale *list;
	size_t n;
};

static struct net_stale *add(struct found *found, enum net_stale_kind kind, const char *id)
{
	struct net_stale *at = mem_append(&found->list, &found->n, sizeof(*at));

	if (!at)
		return NULL;
	*at = (struct net_stale){ .kind = kind };
	snprintf(at->id, sizeof(at->id), "%.*s", NET_ID_MAX, id);
	return at;
}

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "look for stale networks: out of memory");
}

/* ---- records ---- */

/* Is a host end of the config there and the id's? What has no host end can't be looked for. */
static bool has_links(struct rt *rt, const struct net_config *config)
{
	auto_free char *alias = str_dupf(NIC_ALIAS "%s", config->id);
	bool looked = false;
	struct rt_link link;

	for (size_t i = 0; alias && i < config->n_nics; i++) {
		const struct net_nic *nic = &config->nics[i];

		if (nic->kind != NET_ROUTED && nic->kind != NET_BRIDGED)
			continue;
		looked = true;
		if (rt_link_find(rt, nic->host_name, &link) == 0 && str_eq(link.alias, alias))
			return true;
	}
	return !looked;
}

static bool has_family(const struct net_config *config, int family)
{
	for (size_t i = 0; i < config->n_nics; i++)
		if (config->nics[i].kind == NET_ROUTED && nic_has_family(&config->nics[i], family))
			return true;
	return false;
}

static int see_forwarding(const struct net_record *record, int family, struct found *found)
{
	char path[64];
	int value;

	for (size_t i = 0; has_family(record->config, family) && i < record->n_uplinks; i++) {
		const char *name = record->uplinks[i].name;
		struct net_stale *at;

		snprintf(path, sizeof(path), "net/ipv%d/conf/%s/forwarding",
			 family == AF_INET6 ? 6 : 4, name);
		if (host_sysctl_read(path, &value, NULL) < 0 || value)
			continue;
		at = add(found, NET_STALE_FORWARD, record->config->id);
		if (!at)
			return -1;
		at->family = family;
		snprintf(at->link, sizeof(at->link), "%s", name);
	}
	return 0;
}

static int see_record(struct rt *rt, const char *id, struct found *found, struct err *err)
{
	auto_record struct net_record *record = NULL;
	struct net_stale *at;
	struct err why;

	if (net_record_load(id, &record, &why) < 0) {
		if (why.code == ERR_NOT_FOUND)
			return 0;
		at = add(found, NET_STALE_DAMAGED, id);
		if (at)
			at->why = why;
		return at ? 0 : no_memory(err);
	}
	if (record->stage == NET_STAGE_MAKING)
		return add(found, NET_STALE_MAKING, id) ? 0 : no_memory(err);
	if (!has_links(rt, record->config))
		return add(found, NET_STALE_GONE, id) ? 0 : no_memory(err);
	if (see_forwarding(record, AF_INET, found) < 0 ||
	    see_forwarding(record, AF_INET6, found) < 0)
		return no_memory(err);
	return 0;
}

/* ---- links ---- */

static bool has_record(const char *id)
{
	auto_free char *path = str_dupf(NET_STATE_DIR "/%s.json", id);

	return !path || access(path, F_OK) == 0;
}

/* The id that a link belongs to, or NULL. */
static const char *owner(const struct rt_link *link)
{
	return str_starts(link->alias, NIC_ALIAS) ? link->alias + strlen(NIC_ALIAS) : NULL;
}

/* What ends with its namespace at this moment is not stale. */
static int see_links(struct rt *rt, struct found *found, struct err *err)
{
	struct if_nameindex *all = if_nameindex();
	struct rt_link link;
	int rc = 0;

	if (!all)
		return err_sys(err, "list the host's links");
	for (struct if_nameindex *at = all; at->if_index && rc == 0; at++) {
		struct net_stale *stale;

		if (rt_link_find_index(rt, (int)at->if_index, &link) < 0 || !owner(&link) ||
		    link.peer_dies || has_record(owner(&link)))
			continue;
		stale = add(found, NET_STALE_LINK, owner(&link));
		if (!stale) {
			rc = no_memory(err);
			continue;
		}
		stale->ifindex = link.ifindex;
		memcpy(stale->link, link.name, sizeof(stale->link));
	}
	if_freenameindex(all);
	return rc;
}

static void found_done(struct found *found)
{
	mem_free_ptr(&found->list);
}

int net_stale_find(struct net_stale **ret, size_t *ret_n, struct err *err)
{
	__attribute__((cleanup(found_done))) struct found found = { 0 };
	auto_strv char **ids = NULL;
	auto_rt struct rt rt = { 0 };

	if (rt_open(&rt, -1, err) < 0 || net_list(&ids, err) < 0)
		return -1;
	for (char **id = ids; *id; id++)
		if (see_record(&rt, *id, &found, err) < 0)
			return -1;
	if (see_links(&rt, &found, err) < 0)
		return -1;
	*ret = steal_ptr(&found.list);
	*ret_n = found.n;
	return 0;
}

/* ---- mending ---- */

static int mend_link(const struct net_stale *stale, struct err *err)
{
	auto_rt struct rt rt = { 0 };
	struct rt_link link;
	int rc;

	if (rt_open(&rt, -1, err) < 0)
		return -1;
	/* Whoever makes a network writes its record first. */
	if (rt_link_find_index(&rt, stale->ifindex, &link) < 0 || !owner(&link) ||
	    !str_eq(owner(&link), stale->id) || has_record(stale->id))
		return 0;
	rc = rt_link_delete(&rt, stale->ifindex);
	return rc < 0 && rc != -ENODEV ? rt_fail(&rt, err, rc, "remove the link", stale->link) : 0;
}

/* Nobody knows what the record named: what leads into a namespace says that it is in use. */
static int check_unused(const char *id, struct err *err)
{
	struct if_nameindex *all = if_nameindex();
	auto_rt struct rt rt = { 0 };
	struct rt_link link;
	int rc = 0;

	if (!all)
		return err_sys(err, "list the host's links");
	if (rt_open(&rt, -1, err) < 0)
		rc = -1;
	for (struct if_nameindex *at = all; at->if_index && rc == 0; at++) {
		if (rt_link_find_index(&rt, (int)at->if_index, &link) < 0 || !owner(&link) ||
		    link.peer_dies || !str_eq(owner(&link), id))
			continue;
		err_set(err, ERR_STATE, "its link \"%s\" is still there", link.name);
		rc = err_hint(err, "stop the container, or \"ip link delete %s\"", link.name);
	}
	if_freenameindex(all);
	return rc;
}

static int mend_damaged(const char *id, struct err *err)
{
	auto_fd int lock = net_record_lock(id, err);
	auto_record struct net_record *record = NULL;

	if (lock < 0)
		return -1;
	if (net_record_load(id, &record, NULL) == 0)
		return 0;
	if (check_unused(id, err) < 0 || net_record_remove(id, err) < 0)
		return -1;
	return host_release(id, err);
}

int net_stale_mend(const struct net_stale *stale, struct err *err)
{
	struct err why;

	if (stale->kind == NET_STALE_LINK)
		return mend_link(stale, err);
	if (stale->kind == NET_STALE_DAMAGED)
		return mend_damaged(stale->id, err);
	if (net_drop_leftover(stale->id, &why) == 0 || why.code == EEXIST)
		return 0;
	if (err)
		*err = why;
	return -1;
}
