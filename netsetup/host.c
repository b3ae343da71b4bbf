/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsetup/host_sysctl.h"
#include "netsetup/nic.h"
#include "netsetup/rt.h"
#include "runtime/base/fd.h"
#include "runtime/base/lock.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"

#define DIR_PATH NET_STATE_DIR "/" HOST_DIR
#define USERS "users"

/* ---- uplinks ---- */

/* One of a container's own links is no way out. */
static bool is_uplink(const struct rt_link *link)
{
	return !(link->flags & IFF_LOOPBACK) && !str_starts(link->alias, NIC_ALIAS);
}

static bool is_no_way(int rc)
{
	return rc == -ENETUNREACH || rc == -EHOSTUNREACH || rc == -EACCES || rc == -EINVAL ||
	       rc == -ENOENT || rc == -EAFNOSUPPORT || rc == -EOPNOTSUPP;
}

/* The link by which the kernel would send to it. 0: none. */
static int detect(struct rt *rt, const struct net_addr *addr, struct host_uplink *ret,
		  struct err *err)
{
	char shown[ADDR_TEXT_SIZE];
	struct rt_way way;
	struct rt_link link;
	int rc = rt_way_find(rt, addr, &way);

	if (is_no_way(rc) || (rc == 0 && way.type != RTN_UNICAST))
		return 0;
	if (rc == 0)
		rc = rt_link_find_index(rt, way.ifindex, &link);
	if (rc < 0)
		return rt_fail(rt, err, rc, "look for the way to", addr_show(addr, shown));
	if (!is_uplink(&link))
		return 0;
	ret->ifindex = link.ifindex;
	memcpy(ret->name, link.name, sizeof(ret->name));
	return 1;
}

static int list_named(struct rt *rt, const char *names, struct host_uplink *ret, size_t max,
		      struct err *err)
{
	auto_strv char **list = strv_split(names, " ,");
	struct rt_link link;
	size_t n = 0;
	int rc;

	if (!list)
		return err_sys(err, "read the neighbour devices");
	for (char **name = list; *name; name++) {
		if (n == max)
			return err_set(err, ERR_INPUT, "neighbour devices: more than %zu", max);
		rc = rt_link_find(rt, *name, &link);
		if (rc < 0)
			return rt_fail(rt, err, rc, "find the neighbour device", *name);
		ret[n].ifindex = link.ifindex;
		memcpy(ret[n++].name, link.name, sizeof(link.name));
	}
	return (int)n;
}

/* The only thing here that takes longer the more links there are. */
static int list_all(struct rt *rt, struct host_uplink *ret, size_t max, struct err *err)
{
	struct if_nameindex *all = if_nameindex();
	struct rt_link link;
	size_t n = 0;

	if (!all)
		return err_sys(err, "list the host's links");
	for (struct if_nameindex *at = all; at->if_index; at++) {
		if (rt_link_find_index(rt, (int)at->if_index, &link) < 0 || !is_uplink(&link) ||
		    !(link.flags & IFF_UP) || (link.flags & IFF_NOARP) || link.master)
			continue;
		if (n < max) {
			ret[n].ifindex = link.ifindex;
			memcpy(ret[n].name, link.name, sizeof(link.name));
		}
		n++;
	}
	if_freenameindex(all);
	if (n <= max)
		return (int)n;
	/* On those that are left out the addresses would be unknown, and nobody would know why. */
	return err_set(err, ERR_INPUT,
		       "neighbour devices: the host has %zu, at most %zu can be used (name them: "
		       "list:LINK,LINK)",
		       n, max);
}

int host_uplinks(struct nl_sock *sock, const char *neighbour_devs, const struct net_addr *addr,
		 struct host_uplink *ret, size_t max, struct err *err)
{
	struct rt rt = { .sock = sock };

	if (!neighbour_devs || str_eq(neighbour_devs, "detect"))
		return max ? detect(&rt, addr, ret, err) : 0;
	if (str_eq(neighbour_devs, "all"))
		return list_all(&rt, ret, max, err);
	return list_named(&rt, neighbour_devs + strlen("list:"), ret, max, err);
}

/* ---- settings ---- */

struct settings {
	int dir, lock;
};

static void settings_done(struct settings *settings)
{
	fd_closep(&settings->lock);
	fd_closep(&settings->dir);
}
#define auto_settings __attribute__((cleanup(settings_done)))

static int settings_open(struct settings *settings, struct err *err)
{
	settings->dir = open(DIR_PATH, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (settings->dir < 0 && errno == ENOENT) {
		if (path_mkdirs(DIR_PATH, 0700, err) < 0)
			return -1;
		settings->dir = open(DIR_PATH, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (settings->dir < 0)
		return err_sys(err, "open \"%s\"", DIR_PATH);
	settings->lock = lock_open(settings->dir, "lock", true, err);
	return settings->lock < 0 ? -1 : 0;
}

/* Proxied answers come at once with proxy_delay 0, not after a random part of 0.8 s; where the kernel
 * has no such setting, nothing depends on it. */
struct setting {
	const char *folder, *key;
	int value;
	bool optional;
};

static int add_user(const struct settings *settings, const char *id, struct err *err)
{
	char name[sizeof(USERS) + NET_ID_MAX + 1];
	auto_fd int fd = -1;

	snprintf(name, sizeof(name), USERS "/%s", id);
	if (mkdirat(settings->dir, USERS, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "make \"%s\"", DIR_PATH "/" USERS);
	fd = openat(settings->dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return fd < 0 ? err_sys(err, "create \"%s/%s\"", DIR_PATH, name) : 0;
}

/* Of a link: net/FOLDER/LINK/KEY. */
static int set(const struct settings *settings, const char *link, const struct setting *setting,
	       struct err *err)
{
	char path[128];
	int rc;

	snprintf(path, sizeof(path), "net/%s/%s/%s", setting->folder, link, setting->key);
	rc = host_sysctl_set(settings->dir, path, setting->value, err);
	return rc < 0 && setting->optional && err->code == ENOENT ? 0 : rc;
}

static int forward_v4(const struct settings *settings, const char *link, struct err *err)
{
	static const struct setting forwarding = { "ipv4/conf", "forwarding", 1, false };
	static const struct setting at_once = { "ipv4/neigh", "proxy_delay", 0, true };

	return set(settings, link, &forwarding, err) < 0 ? -1 : set(settings, link, &at_once, err);
}

/* The kernel forwards IPv6 only where net.ipv6.conf.all.forwarding is set, and setting that makes a
 * router of every link: those that were hosts before stay so (they listen to advertisements), as
 * far as they are no uplink. */
struct others {
	char (*names)[IFNAMSIZ + 4];
	size_t n;
};

static int keep_others(const struct settings *settings, const char *uplink, struct others *hosts,
		       struct err *err)
{
	auto_dir DIR *dir = opendir("/proc/sys/net/ipv6/conf");
	char path[sizeof("net/ipv6/conf//forwarding") + NAME_MAX];
	int value;

	if (!dir)
		return err_sys(err, "list \"/proc/sys/net/ipv6/conf\"");
	for (struct dirent *entry; (entry = readdir(dir));) {
		char(*name)[IFNAMSIZ + 4];

		if (entry->d_name[0] == '.' || str_eq(entry->d_name, "all") ||
		    str_eq(entry->d_name, uplink))
			continue;
		snprintf(path, sizeof(path), "net/ipv6/conf/%s/forwarding", entry->d_name);
		if (host_sysctl_read(path, &value, err) < 0)
			continue; /* it has just gone */
		if (value && host_sysctl_keep(settings->dir, path, value, err) < 0)
			return -1;
		if (value)
			continue;
		name = mem_append(&hosts->names, &hosts->n, sizeof(*name));
		if (!name)
			return err_sys(err, "list \"/proc/sys/net/ipv6/conf\"");
		snprintf(*name, sizeof(*name), "%.*s", IFNAMSIZ, entry->d_name);
	}
	return 0;
}

static int forward_all_v6(const struct settings *settings, const char *uplink, struct err *err)
{
	struct others hosts = { 0 };
	int now, rc;

	if (host_sysctl_read("net/ipv6/conf/all/forwarding", &now, err) < 0)
		return -1;
	if (now)
		return 0;
	rc = keep_others(settings, uplink, &hosts, err);
	if (rc == 0)
		rc = host_sysctl_set(settings->dir, "net/ipv6/conf/all/forwarding", 1, err);
	/* Putting "all" back sets them to 0, too. One that is gone by now needs nothing. */
	for (size_t i = 0; rc == 0 && i < hosts.n; i++) {
		char path[128];

		snprintf(path, sizeof(path), "net/ipv6/conf/%s/forwarding", hosts.names[i]);
		rc = host_sysctl_write(path, 0, err);
		if (rc < 0 && err->code == ENOENT)
			rc = 0;
	}
	free(hosts.names);
	return rc;
}

static int forward_v6(const struct settings *settings, const char *link, struct err *err)
{
	static const struct setting settings_v6[] = {
		{ "ipv6/conf", "forwarding", 1, false },
		{ "ipv6/conf", "proxy_ndp", 1, false },
		{ "ipv6/neigh", "proxy_delay", 0, true },
	};
	char path[128];
	int accept_ra = 0;

	snprintf(path, sizeof(path), "net/ipv6/conf/%s/accept_ra", link);
	if (host_sysctl_read(path, &accept_ra, err) < 0)
		return err_hint(err, "IPv6 is off on this host");
	/* First: a router with 1 forgets the default route that it learnt. */
	if (accept_ra == 1 && host_sysctl_set(settings->dir, path, 2, err) < 0)
		return -1;
	if (forward_all_v6(settings, link, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(settings_v6); i++)
		if (set(settings, link, &settings_v6[i], err) < 0)
			return -1;
	return 0;
}

int host_forward(const char *id, int family, const struct host_uplink *uplink, struct err *err)
{
	auto_settings struct settings settings = { .dir = -1, .lock = -1 };

	if (settings_open(&settings, err) < 0 || add_user(&settings, id, err) < 0)
		return -1;
	return family == AF_INET6 ? forward_v6(&settings, uplink->name, err) :
				    forward_v4(&settings, uplink->name, err);
}

int host_release(const char *id, struct err *err)
{
	auto_settings struct settings settings = { .dir = -1, .lock = -1 };
	char name[sizeof(USERS) + NET_ID_MAX + 1];

	if (access(DIR_PATH, F_OK) < 0 && errno == ENOENT)
		return 0;
	if (settings_open(&settings, err) < 0)
		return -1;
	snprintf(name, sizeof(name), USERS "/%s", id);
	if (unlinkat(settings.dir, name, 0) < 0 && errno != ENOENT)
		return err_sys(err, "remove \"%s/%s\"", DIR_PATH, name);
	/* Empty: that was the last one. */
	if (unlinkat(settings.dir, USERS, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return errno == ENOTEMPTY || errno == EEXIST ?
			       0 :
			       err_sys(err, "remove \"%s\"", DIR_PATH "/" USERS);
	return host_sysctl_restore(settings.dir, err);
}
