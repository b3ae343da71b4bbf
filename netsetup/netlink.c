/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <netlink/msg.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/base/fd.h"

void netlink_sock_freep(struct nl_sock **sock)
{
	if (*sock)
		nl_socket_free(*sock);
}

void netlink_link_putp(struct rtnl_link **link)
{
	if (*link)
		rtnl_link_put(*link);
}

void netlink_cache_freep(struct nl_cache **cache)
{
	if (*cache)
		nl_cache_free(*cache);
}

void netlink_msg_freep(struct nl_msg **msg)
{
	if (*msg)
		nlmsg_free(*msg);
}

/* libnl keeps its own error numbers, each for several of the kernel's. */
int netlink_errno(int rc)
{
	switch (-rc) {
	case NLE_EXIST:
		return EEXIST;
	case NLE_NODEV:
	case NLE_OBJ_NOTFOUND:
		return ENODEV;
	case NLE_PERM:
		return EPERM;
	case NLE_BUSY:
		return EBUSY;
	case NLE_NOMEM:
		return ENOMEM;
	case NLE_OPNOTSUPP:
		return EOPNOTSUPP;
	case NLE_NOADDR:
		return EADDRNOTAVAIL;
	case NLE_INVAL:
		return EINVAL;
	case NLE_RANGE:
		return ERANGE;
	default:
		return 0;
	}
}

int netlink_fail(struct err *err, int rc, const char *doing, const char *what)
{
	errno = netlink_errno(rc);
	if (errno)
		return err_sys(err, "%s \"%s\"", doing, what);
	return err_set(err, ERR_FAILED, "%s \"%s\": %s", doing, what, nl_geterror(rc));
}

struct nl_sock *netlink_open(int protocol, struct err *err)
{
	struct nl_sock *sock = nl_socket_alloc();
	int rc = sock ? nl_connect(sock, protocol) : -NLE_NOMEM;

	if (rc == 0)
		return sock;
	netlink_sock_freep(&sock);
	netlink_fail(err, rc, "open", "a netlink socket");
	return NULL;
}

struct nl_sock *netlink_open_in(int netns_fd, int protocol, struct err *err)
{
	auto_fd int back = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct nl_sock *sock;

	if (back < 0 || setns(netns_fd, CLONE_NEWNET) < 0) {
		err_sys(err, "enter the container's network namespace");
		return NULL;
	}
	sock = netlink_open(protocol, err);
	if (setns(back, CLONE_NEWNET) == 0)
		return sock;
	netlink_sock_freep(&sock);
	err_sys(err, "return from the container's network namespace");
	return NULL;
}

/* ---- talking without libnl's callbacks ---- */

static int send_all(int fd, const void *request, size_t len, struct err *err)
{
	ssize_t sent;

	do
		sent = send(fd, request, len, 0);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? err_sys(err, "send to the kernel's netlink") : 0;
}

/* The number of bytes; 0: there are no more. */
static ssize_t next_answers(int fd, void *room, size_t size, struct err *err)
{
	ssize_t got;

	do
		got = recv(fd, room, size, MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got < 0 && errno == EAGAIN)
		return 0;
	return got < 0 ? err_sys(err, "hear from the kernel's netlink") : got;
}

int netlink_ask(struct nl_sock *sock, const void *request, size_t len, netlink_each *each,
		void *data, struct err *err)
{
	char room[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	int fd = nl_socket_get_fd(sock);
	ssize_t got;

	if (send_all(fd, request, len, err) < 0)
		return -1;
	while ((got = next_answers(fd, room, sizeof(room), err)) > 0) {
		int left = (int)got;

		for (struct nlmsghdr *at = (void *)room; nlmsg_ok(at, left);
		     at = nlmsg_next(at, &left))
			each(at, data);
	}
	return (int)got;
}
