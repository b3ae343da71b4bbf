/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfset: elements of the sets and maps of an nftables table, by nfnetlink. Knows no rules and makes
 * no sets.
 *
 * A key (or data) of one part is its bytes; of several, each is padded with zeros to a multiple of 4
 * bytes, as the kernel's registers hold them. What packets hold (ports) is in network order; the
 * name of a link has 16 bytes.
 */
#ifndef NETSETUP_NFSET_H
#define NETSETUP_NFSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netsetup/netlink.h"
#include "runtime/base/err.h"

#define NFSET_KEY_MAX 32
#define NFSET_DATA_MAX 20

struct nfset_elem {
	const char *set; /* somebody else's */
	uint8_t family;  /* NFPROTO_INET, NFPROTO_BRIDGE: of the table */
	uint8_t key_len, data_len;
	uint8_t key[NFSET_KEY_MAX], data[NFSET_DATA_MAX]; /* data: of a map */
};

/* Adds a part to the key, or to the data, of an element that was zeroed. They must have room (an
 * assertion). */
void nfset_key(struct nfset_elem *elem, const void *part, size_t len);
void nfset_key_link(struct nfset_elem *elem, const char *name);
void nfset_key_port(struct nfset_elem *elem, uint16_t port);
void nfset_data(struct nfset_elem *elem, const void *part, size_t len);
void nfset_data_port(struct nfset_elem *elem, uint16_t port);

/* An order of all elements (as qsort(3) wants it): 0 where all is the same. */
int nfset_compare(const void *a, const void *b);

struct nfset_change {
	struct nfset_elem elem;
	bool remove;
	int error; /* what the kernel said to it, an errno */
};

/* All changes in this order, or none of them. Adding what is there is no error, unless its data is
 * other: EBUSY or EEXIST; removing what is not there is ENOENT, like a set or table that is not
 * there. The error's code is that of the first change that was refused, and each has its
 * own in `error`; where it is 0 in all of them, the whole was refused. ERR_UNSUPPORTED: this
 * kernel has no nftables. */
int nfset_commit(struct nl_sock *sock, const char *table, struct nfset_change *changes, size_t n,
		 struct err *err);

/* Closes the socket after a change without waiting. What was removed (by whomever) the kernel frees
 * after a grace period of its RCU, 10 ms and more; who closes a socket of nftables before has to wait
 * for that, and keeps others from changing nftables meanwhile. So a child (later.h) closes it; where
 * there can be none, the caller waits. */
void nfset_close_later(struct nl_sock **sock);

/* Whether it is there (1, 0, or -1), with that data if it has some, and the values of its counter,
 * if it has one. */
struct nfset_counter {
	uint64_t bytes, packets;
};
int nfset_get(struct nl_sock *sock, const char *table, const struct nfset_elem *elem,
	      struct nfset_counter *ret, struct err *err);

/* Other questions to nftables: a message of that kind (NFT_MSG_…, NLM_F_…, NFPROTO_…) without its
 * attributes, or NULL (out of memory); and giving each message of the answer to `each`. */
struct nl_msg *nfset_request(int op, int flags, int family);
int nfset_ask(struct nl_sock *sock, struct nl_msg *request, netlink_each *each, void *data,
	      struct err *err);

#endif
