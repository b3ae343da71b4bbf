/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netlink: netlink sockets over libnl-3, in this or another network namespace, and libnl's errors.
 */
#ifndef NETSETUP_NETLINK_H
#define NETSETUP_NETLINK_H

#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <stddef.h>

#include "runtime/base/err.h"

/* protocol: NETLINK_ROUTE, NETLINK_NETFILTER. Without automatic ports' lists and with auto-ack. NULL
 * with *err. */
struct nl_sock *netlink_open(int protocol, struct err *err);
/* The same in the namespace behind netns_fd; the caller is single-threaded and may enter it. It
 * stays in that namespace whatever the caller does. */
struct nl_sock *netlink_open_in(int netns_fd, int protocol, struct err *err);

void netlink_sock_freep(struct nl_sock **sock);
void netlink_link_putp(struct rtnl_link **link);
void netlink_cache_freep(struct nl_cache **cache);
void netlink_msg_freep(struct nl_msg **msg);
#define auto_nl_sock __attribute__((cleanup(netlink_sock_freep)))
#define auto_nl_link __attribute__((cleanup(netlink_link_putp)))
#define auto_nl_cache __attribute__((cleanup(netlink_cache_freep)))
#define auto_nl_msg __attribute__((cleanup(netlink_msg_freep)))

/* Sends a request (a message, or a batch of them) and gives each message of the answer, acks and
 * errors too, to `each`, until no more is there. What the kernel answers it answers while it takes
 * the request, and the next part of a dump while one is read: nothing is waited for. Goes on
 * through EINTR; -1 is a fault of the talk, not what an answer says. */
typedef void netlink_each(struct nlmsghdr *answer, void *data);
int netlink_ask(struct nl_sock *sock, const void *request, size_t len, netlink_each *each,
		void *data, struct err *err);

/* libnl's negative result as an error: doing "what": text. err->code is the errno that stands
 * behind it where a caller may test it: EEXIST, ENODEV, ENOENT, EPERM, EBUSY, ENOMEM, EOPNOTSUPP,
 * EADDRINUSE, …; else ERR_FAILED. */
int netlink_fail(struct err *err, int rc, const char *doing, const char *what);
int netlink_errno(int rc);

#endif
