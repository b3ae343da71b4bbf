/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shape_up: the shared link through which all goes that containers with an up rate send: made on
 * demand, complete before it is set up.
 */
#ifndef NETSETUP_SHAPE_UP_H
#define NETSETUP_SHAPE_UP_H

#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "netsetup/shape_htb.h"
#include "runtime/base/err.h"

#define SHAPE_UP_TOTAL 0xfffe /* the class above all others */

/* What all together may send; 0: no limit. libnl's result. keep: as in shape_htb_set. */
int shape_up_set_total(struct nl_sock *sock, int up_ifindex, uint64_t kbit, bool keep);

/* The class of what came from the link with that index: one for 65533 of them. */
uint16_t shape_up_minor(int ifindex);
/* Another link that is there and shaped, and has the same class; 0: none. */
int shape_up_sharer(struct nl_sock *sock, int ifindex, int *ret_other, struct err *err);

/* Its index; with `ret_up` it may be incomplete. 0: there is none. ERR_UNSUPPORTED: another kind of
 * link has its name. */
int shape_up_find(struct nl_sock *sock, int *ret_ifindex, bool *ret_up, struct err *err);
/* The same, made or completed if need be. */
int shape_up_make(struct nl_sock *sock, int *ret_ifindex, struct err *err);
/* Makes again what someone else may have taken from it. */
int shape_up_complete(struct nl_sock *sock, int up_ifindex, struct err *err);

#endif
