/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shape_htb: the hierarchical token bucket (sch_htb): its numbers from rates, its qdisc and classes.
 * Results are libnl's.
 */
#ifndef NETSETUP_SHAPE_HTB_H
#define NETSETUP_SHAPE_HTB_H

#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#define SHAPE_HTB_HANDLE 0x10000U /* 1: */

/* In kbit/s. */
struct shape_htb_rates {
	uint64_t share;       /* guaranteed; 0: none */
	uint64_t ceil;        /* 0: no limit */
	uint32_t burst_bytes; /* 0: chosen */
};

/* What the kernel is told: pure. */
struct shape_htb_numbers {
	uint64_t rate, ceil;      /* bytes/s */
	uint32_t buffer, cbuffer; /* buckets of both, in ticks of 64 ns */
	uint32_t quantum;         /* bytes at a turn when several borrow */
	uint32_t queue_bytes;     /* of a plain queue */
	uint32_t target_usec;     /* fq_codel's */
};
void shape_htb_reckon(const struct shape_htb_rates *rates, struct shape_htb_numbers *ret);

/* The root qdisc 1:. What belongs to no class goes to `class`, or, with 0, passes unlimited.
 * -NLE_EXIST: there is one already. replace: in the place of one of another kind. */
int shape_htb_add(struct nl_sock *sock, int ifindex, uint16_t class, bool replace);
/* None: no error. */
int shape_htb_del(struct nl_sock *sock, int ifindex);

struct shape_htb_class {
	int ifindex;
	uint16_t parent, minor; /* 1:parent (0: the root), 1:minor */
};
/* New, or changed in place, so that no packet is lost. `keep`: one that is there stays as it is. */
int shape_htb_set(struct nl_sock *sock, const struct shape_htb_class *class,
		  const struct shape_htb_rates *rates, bool keep);
/* Its queue, fq_codel where the kernel has it; for a class with none below. */
int shape_htb_set_queue(struct nl_sock *sock, const struct shape_htb_class *class,
			const struct shape_htb_rates *rates);
int shape_htb_unset(struct nl_sock *sock, const struct shape_htb_class *class);
/* -NLE_OBJ_NOTFOUND: there is none. */
int shape_htb_read(struct nl_sock *sock, const struct shape_htb_class *class,
		   struct shape_htb_rates *ret);

#endif
