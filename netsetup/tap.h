/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap: a tap link in a container's network namespace that is cross-connected with one of its NICs: what
 * a virtual machine's network card is made of, behind the same address, rate and anti-spoof rules.
 */
#ifndef NETSETUP_TAP_H
#define NETSETUP_TAP_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"

#define TAP_QUEUES_MAX 16

struct tap {
	int fds[TAP_QUEUES_MAX]; /* /dev/net/tun with IFF_TAP|IFF_NO_PI|IFF_VNET_HDR */
	size_t n;
	uint8_t mac[6]; /* the NIC's, which the guest's card must have */
	uint32_t mtu;
	unsigned int offloads; /* TUN_F_*, as set on all fds */
};

/* Makes `name` (up, the NIC's MTU) with that many queues in the namespace behind netns_fd, and
 * passes every frame between it and the link `nic` there, both ways, by tc's mirred; the
 * namespace's own addresses on the link are left, and see no packet any more. All is undone on
 * error. */
int tap_make(int netns_fd, const char *nic, const char *name, size_t queues, struct tap *ret,
	     struct err *err);
void tap_done(struct tap *tap);

#endif
