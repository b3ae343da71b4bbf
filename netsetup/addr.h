/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * addr: IP and MAC addresses as values: parsing, showing, comparing. Pure.
 */
#ifndef NETSETUP_ADDR_H
#define NETSETUP_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/err.h"

/* An address with its prefix length. Bytes in network order, unused ones zero. */
struct net_addr {
	uint8_t family; /* AF_INET, AF_INET6; 0: none */
	uint8_t prefix; /* bits */
	uint8_t bytes[16];
};

#define ADDR_TEXT_SIZE 64 /* "address/prefix" */
#define ADDR_MAC_SIZE 18

/* "10.0.0.1", "10.0.0.1/24", "10.0.0.1/255.255.255.0", "2001:db8::1/64"; without a prefix 32 or
 * 128. `what` begins error texts ("--ipadd"). ERR_INPUT. */
int addr_parse(const char *text, const char *what, struct net_addr *ret, struct err *err);
/* The same, and it must be one that a host can have: not unspecified, loopback, multicast,
 * broadcast, v4-mapped or link-local. */
int addr_parse_host(const char *text, const char *what, struct net_addr *ret, struct err *err);

/* Without the prefix; and with it, unless it is that of a host. Both return buf. */
const char *addr_show(const struct net_addr *addr, char buf[ADDR_TEXT_SIZE]);
const char *addr_show_prefix(const struct net_addr *addr, char buf[ADDR_TEXT_SIZE]);

/* Whether they name the same host, whatever the prefixes. */
bool addr_same(const struct net_addr *a, const struct net_addr *b);
/* 4 or 16. */
unsigned int addr_len(const struct net_addr *addr);
/* RFC 1918, RFC 6598 (100.64/10), RFC 4193 (fc00::/7). */
bool addr_is_private(const struct net_addr *addr);

/* "00:18:51:aa:bb:cc"; neither multicast nor all zero. ERR_INPUT. */
int addr_mac_parse(const char *text, const char *what, uint8_t ret[6], struct err *err);
const char *addr_mac_show(const uint8_t mac[6], char buf[ADDR_MAC_SIZE]);
bool addr_mac_is_zero(const uint8_t mac[6]);

#endif
