/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tc: requests to the kernel's traffic control (tc(8)), and what shape and tap both make of it.
 * Results are libnl's, for netlink_fail.
 *
 * Made by hand over libnl's messages: libnl-route reckons HTB's buckets in microseconds in an int,
 * which is wrong above 17 Gbit/s, sends two tables of 1 KiB that no kernel since 3.8 reads, and knows
 * no cls_bpf and no clsact.
 */
#ifndef NETSETUP_TC_H
#define NETSETUP_TC_H

#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/err.h"

/* Where: see tc(8) for handles. info is a filter's priority and protocol. */
struct tc_at {
	int ifindex;
	uint32_t parent, handle, info;
};

/* type: RTM_NEWQDISC, …; kind: "htb", … or NULL. The messages of tc have room for all that is put
 * into them here, so putting does not fail. NULL: no memory. */
struct nl_msg *tc_new(int type, int flags, const struct tc_at *at, const char *kind);
/* Sends and frees it, and waits for the answer. */
int tc_send(struct nl_sock *sock, struct nl_msg *msg);

/* Asks for one object (RTM_GETTCLASS, RTM_GETQDISC); `look` sees its attributes. -NLE_OBJ_NOTFOUND:
 * there is none. */
typedef void (*tc_look)(struct nlattr **attrs, void *arg);
int tc_get(struct nl_sock *sock, int type, const struct tc_at *at, tc_look look, void *arg);

/* All that the link receives leaves by another one instead, before anything else here sees it.
 * There already: made so. */
int tc_redirect(struct nl_sock *sock, int ifindex, int to_ifindex, struct err *err);
/* No redirection any more; none is no error. */
int tc_redirect_end(struct nl_sock *sock, int ifindex, struct err *err);
/* Whether there is one; not on a link that is not there. */
int tc_is_redirected(struct nl_sock *sock, int ifindex, bool *ret, struct err *err);

/* The error of a request that made something: where the kernel does not know that kind, the name
 * of its module. `what`: as in netlink_fail. */
int tc_fail(struct err *err, int rc, const char *what, const char *module);

#endif
