/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netlink/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet6.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "netsetup/netlink.h"
#include "netsetup/tc.h"
#include "runtime/base/fd.h"
#include "runtime/base/mem.h"

/* Younger than the oldest headers: Linux 6.2. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

#define FLAGS (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE)

void tap_done(struct tap *tap)
{
	while (tap->n)
		close(tap->fds[--tap->n]);
}

/* ---- the tap ---- */

/* IFF_TUN_EXCL with the first: a link of that name that is there is not ours. */
static int add_queue(struct tap *tap, const char *name)
{
	struct ifreq req = { .ifr_flags = FLAGS };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -1;
	tap->fds[tap->n++] = fd;
	strcpy(req.ifr_name, name);
	if (tap->n == 1)
		req.ifr_flags |= (short)IFF_TUN_EXCL;
	return ioctl(fd, TUNSETIFF, &req);
}

/* As much as the kernel has: what a guest's card can leave to its peer. One fd speaks for all. */
static int set_offloads(struct tap *tap)
{
	const unsigned int basic = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
	const unsigned int choices[] = { basic | TUN_F_UFO | TUN_F_USO4 | TUN_F_USO6,
					 basic | TUN_F_UFO, basic, TUN_F_CSUM, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(choices); i++) {
		tap->offloads = choices[i];
		if (ioctl(tap->fds[0], TUNSETOFFLOAD, (unsigned long)choices[i]) == 0)
			return 0;
	}
	return -1;
}

static int open_queues(struct tap *tap, const char *name, size_t queues, struct err *err)
{
	while (tap->n < queues)
		if (add_queue(tap, name) < 0)
			return err_sys(err, "make the tap \"%s\"%s", name,
				       errno == ENOENT || errno == ENODEV ?
					       " (the kernel lacks tun)" :
					       "");
	return set_offloads(tap) < 0 ? err_sys(err, "set the offloads of the tap \"%s\"", name) : 0;
}

/* A tap belongs to the namespace in which its file is opened. */
static int open_queues_in(int netns_fd, struct tap *tap, const char *name, size_t queues,
			  struct err *err)
{
	auto_fd int back = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int rc;

	if (back < 0 || setns(netns_fd, CLONE_NEWNET) < 0)
		return err_sys(err, "enter the container's network namespace");
	rc = open_queues(tap, name, queues, err);
	if (setns(back, CLONE_NEWNET) < 0)
		return err_sys(err, "return from the container's network namespace");
	return rc;
}

/* ---- the links ---- */

static int find(struct nl_sock *sock, const char *name, struct rtnl_link **ret, struct err *err)
{
	int rc = rtnl_link_get_kernel(sock, 0, name, ret);

	return rc < 0 ? netlink_fail(err, rc, "find the container's interface", name) : 0;
}

static int read_nic(struct tap *tap, struct rtnl_link *nic, struct err *err)
{
	struct nl_addr *mac = rtnl_link_get_addr(nic);

	if (!mac || nl_addr_get_len(mac) != sizeof(tap->mac))
		return err_set(err, ERR_UNSUPPORTED,
			       "the container's interface \"%s\" is not Ethernet",
			       rtnl_link_get_name(nic));
	memcpy(tap->mac, nl_addr_get_binary_addr(mac), sizeof(tap->mac));
	tap->mtu = rtnl_link_get_mtu(nic);
	return 0;
}

/* Up, and silent: the namespace's kernel is no neighbour of the guest. Where it has no IPv6 it
 * refuses to be told so, and is silent anyway. */
static int set_up(struct nl_sock *sock, struct rtnl_link *link, uint32_t mtu)
{
	auto_nl_link struct rtnl_link *silent = rtnl_link_alloc(), *up = rtnl_link_alloc();

	if (!silent || !up)
		return -NLE_NOMEM;
	if (rtnl_link_inet6_set_addr_gen_mode(silent, IN6_ADDR_GEN_MODE_NONE) == 0)
		rtnl_link_change(sock, link, silent, 0);
	rtnl_link_set_mtu(up, mtu);
	rtnl_link_set_flags(up, IFF_UP);
	return rtnl_link_change(sock, link, up, 0);
}

/* The last step is the only one that touches the NIC. */
static int connect_both(struct nl_sock *sock, int nic, int tap, struct err *err)
{
	bool had;

	if (tc_is_redirected(sock, nic, &had, err) < 0 || tc_redirect(sock, tap, nic, err) < 0)
		return -1;
	if (tc_redirect(sock, nic, tap, err) == 0)
		return 0;
	if (!had)
		tc_redirect_end(sock, nic, NULL);
	return -1;
}

static int join(struct nl_sock *sock, struct rtnl_link *nic, const char *name, struct tap *tap,
		struct err *err)
{
	auto_nl_link struct rtnl_link *link = NULL;
	int rc;

	if (find(sock, name, &link, err) < 0)
		return -1;
	rc = set_up(sock, link, tap->mtu);
	if (rc < 0)
		return netlink_fail(err, rc, "set up the tap", name);
	return connect_both(sock, rtnl_link_get_ifindex(nic), rtnl_link_get_ifindex(link), err);
}

int tap_make(int netns_fd, const char *nic, const char *name, size_t queues, struct tap *ret,
	     struct err *err)
{
	auto_nl_sock struct nl_sock *sock = NULL;
	auto_nl_link struct rtnl_link *link = NULL;
	struct tap tap = { 0 };

	if (!queues || queues > TAP_QUEUES_MAX)
		return err_set(err, ERR_INPUT, "make the tap \"%s\": %zu queues are not 1 to %d",
			       name, queues, TAP_QUEUES_MAX);
	if (!*name || strlen(name) >= IFNAMSIZ || strchr(name, '%'))
		return err_set(err, ERR_INPUT, "make the tap \"%s\": no name of an interface",
			       name);
	sock = netlink_open_in(netns_fd, NETLINK_ROUTE, err);
	if (!sock || find(sock, nic, &link, err) < 0 || read_nic(&tap, link, err) < 0)
		return -1;
	if (open_queues_in(netns_fd, &tap, name, queues, err) < 0 ||
	    join(sock, link, name, &tap, err) < 0) {
		tap_done(&tap); /* and with its last file the tap itself */
		return -1;
	}
	*ret = tap;
	return 0;
}
