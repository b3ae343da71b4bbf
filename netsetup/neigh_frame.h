/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * neigh_frame: Ethernet frames of ARP (RFC 826, RFC 5227) and neighbour discovery (RFC 4861), built and
 * read. Pure.
 */
#ifndef NETSETUP_NEIGH_FRAME_H
#define NETSETUP_NEIGH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netsetup/addr.h"

#define NEIGH_FRAME_MAX 96 /* bytes of those that are built */

/* What all should know: `addr` is at `mac`. The length. */
size_t neigh_frame_announce(uint8_t frame[NEIGH_FRAME_MAX], const struct net_addr *addr,
			    const uint8_t mac[6]);
/* The question whether someone has it, from one who has no address yet. The length. */
size_t neigh_frame_probe(uint8_t frame[NEIGH_FRAME_MAX], const struct net_addr *addr,
			 const uint8_t mac[6]);

/* Who says, by a frame from anyone, that he has an address or is about to take it. */
struct neigh_claim {
	struct net_addr addr;
	uint8_t mac[6];
};
/* False: it is no such frame, or none that is as the RFCs say. */
bool neigh_frame_read(const uint8_t *frame, size_t len, struct neigh_claim *ret);

#endif
