/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/link.h"

#include <linux/if_addr.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "netsetup/netlink.h"
#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"

/* By ioctl, not by libnl as everything else: three system calls where netlink takes five, and
 * nearly every container has a loopback. lo has no flag but IFF_UP that can be set. */
int link_loopback_up(struct err *err)
{
	auto_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &req) < 0)
		return err_sys(err, "set the interface \"lo\" up");
	return 0;
}

/* ---- moving ---- */

struct move {
	const char *host_name;
	char name[IFNAMSIZ]; /* inside, without a template */
	struct nl_sock *here, *there;
	struct rtnl_link *link;     /* here */
	struct nl_cache *addresses; /* of all links here */
};

static bool is_taken(struct nl_sock *sock, const char *name, int *ret_rc)
{
	auto_nl_link struct rtnl_link *link = NULL;

	*ret_rc = rtnl_link_get_kernel(sock, 0, name, &link);
	if (*ret_rc == -NLE_NODEV || *ret_rc == -NLE_OBJ_NOTFOUND)
		*ret_rc = 0;
	return link != NULL;
}

/* Fills in a template. Nothing else makes links there meanwhile: the container does not run. */
static int choose_name(struct move *m, const char *name, struct err *err)
{
	const char *number = strstr(name, "%d");
	int rc = 0, len;

	for (int i = 0; i < 4096; i++) {
		len = number ? snprintf(m->name, sizeof(m->name), "%.*s%d%s", (int)(number - name),
					name, i, number + 2) :
			       snprintf(m->name, sizeof(m->name), "%s", name);
		if (len >= (int)sizeof(m->name))
			return err_set(err, ENAMETOOLONG, "name the interface \"%s\"", name);
		if (!is_taken(m->there, m->name, &rc))
			return rc < 0 ? netlink_fail(err, rc, "look for the interface", m->name) :
					0;
		if (!number)
			break;
	}
	return netlink_fail(err, -NLE_EXIST, "name the container's interface", name);
}

/* One request moves and renames, so that a name taken in between is no half-done move. */
static int change_namespace(struct move *m, int netns_fd, struct err *err)
{
	auto_nl_link struct rtnl_link *change = rtnl_link_alloc();
	int rc = -NLE_NOMEM;

	if (change) {
		rtnl_link_set_name(change, m->name);
		rtnl_link_set_ns_fd(change, netns_fd);
		rc = rtnl_link_change(m->here, m->link, change, 0);
	}
	return rc < 0 ? netlink_fail(err, rc, "move the interface", m->host_name) : 0;
}

/* "All permanent IP addresses (IFA_F_PERMANENT flag) of any family with global scope" */
static bool is_kept(struct rtnl_addr *addr, int ifindex)
{
	return rtnl_addr_get_ifindex(addr) == ifindex &&
	       (rtnl_addr_get_flags(addr) & IFA_F_PERMANENT) &&
	       rtnl_addr_get_scope(addr) == RT_SCOPE_UNIVERSE;
}

static int add_address(struct move *m, struct rtnl_addr *addr, int ifindex, struct err *err)
{
	int rc;

	rtnl_addr_set_ifindex(addr, ifindex);
	/* An IPv4 label begins with the interface's name. */
	if (rtnl_addr_get_family(addr) == AF_INET)
		rtnl_addr_set_label(addr, m->name);
	rc = rtnl_addr_add(m->there, addr, 0);
	return rc < 0 ? netlink_fail(err, rc, "give its addresses to the interface", m->name) : 0;
}

static int add_addresses(struct move *m, int ifindex, struct err *err)
{
	int old = rtnl_link_get_ifindex(m->link);

	for (struct nl_object *at = nl_cache_get_first(m->addresses); at;
	     at = nl_cache_get_next(at)) {
		struct rtnl_addr *addr = (struct rtnl_addr *)at;

		if (is_kept(addr, old) && add_address(m, addr, ifindex, err) < 0)
			return -1;
	}
	return 0;
}

static int set_up(struct move *m, struct rtnl_link *link, struct err *err)
{
	auto_nl_link struct rtnl_link *change = rtnl_link_alloc();
	int rc = -NLE_NOMEM;

	if (change) {
		rtnl_link_set_flags(change, IFF_UP);
		rc = rtnl_link_change(m->there, link, change, 0);
	}
	return rc < 0 ? netlink_fail(err, rc, "set the interface up:", m->name) : 0;
}

/* What the kernel does not take along. */
static int finish(struct move *m, struct err *err)
{
	auto_nl_link struct rtnl_link *link = NULL;
	int rc = rtnl_link_get_kernel(m->there, 0, m->name, &link);

	if (rc < 0)
		return netlink_fail(err, rc, "find the moved interface", m->name);
	if (add_addresses(m, rtnl_link_get_ifindex(link), err) < 0)
		return -1;
	return set_up(m, link, err);
}

int link_move(const char *host_name, const char *name, int netns_fd, struct err *err)
{
	auto_nl_sock struct nl_sock *here = netlink_open(NETLINK_ROUTE, err), *there = NULL;
	auto_nl_cache struct nl_cache *addresses = NULL;
	auto_nl_link struct rtnl_link *link = NULL;
	struct move m = { .host_name = host_name, .here = here };
	int rc;

	if (!here)
		return -1;
	there = netlink_open_in(netns_fd, NETLINK_ROUTE, err);
	if (!there)
		return -1;
	rc = rtnl_link_get_kernel(here, 0, host_name, &link);
	if (rc < 0)
		return netlink_fail(err, rc, "find the interface", host_name);
	rc = rtnl_addr_alloc_cache(here, &addresses);
	if (rc < 0)
		return netlink_fail(err, rc, "read the addresses of the interface", host_name);
	m.there = there;
	m.link = link;
	m.addresses = addresses;
	if (choose_name(&m, name, err) < 0 || change_namespace(&m, netns_fd, err) < 0)
		return -1;
	return finish(&m, err);
}
