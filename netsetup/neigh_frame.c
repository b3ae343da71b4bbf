/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/neigh_frame.h"

#include <net/if_arp.h>
#include <linux/if_ether.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip6.h>
#include <string.h>

#include "runtime/base/mem.h"

/* Fields of both frames by their place: nothing in a frame is aligned. */
enum {
	AT_TYPE = 12,
	AT_BODY = ETH_HLEN,
	ARP_HARDWARE = AT_BODY,
	ARP_PROTOCOL = AT_BODY + 2,
	ARP_SIZES = AT_BODY + 4, /* of both addresses */
	ARP_OPERATION = AT_BODY + 6,
	ARP_SENDER_MAC = AT_BODY + 8,
	ARP_SENDER = AT_BODY + 14,
	ARP_TARGET = AT_BODY + 24,
	ARP_END = AT_BODY + 28,
	IP6_LENGTH = AT_BODY + 4,
	IP6_NEXT = AT_BODY + 6,
	IP6_HOPS = AT_BODY + 7,
	IP6_SOURCE = AT_BODY + 8,
	IP6_DEST = AT_BODY + 24,
	ND = AT_BODY + 40, /* ICMPv6: type, code, checksum, flags, target, options */
	ND_CHECKSUM = ND + 2,
	ND_FLAGS = ND + 4,
	ND_TARGET = ND + 8,
	ND_OPTIONS = ND + 24,
	ND_HOPS = 255, /* proves that no router passed it on (RFC 4861, 7.1) */
};

#define OPTION_SIZE 8 /* one with a MAC */

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static unsigned int get16(const uint8_t *at)
{
	return (unsigned int)at[0] << 8 | at[1];
}

/* ---- building ---- */

/* A request for itself, or from nobody (RFC 5227, 2.1.1 and 2.3). */
static size_t build_arp(uint8_t *frame, const struct net_addr *addr, const uint8_t mac[6],
			bool probe)
{
	memset(frame, 0xff, 6);
	memcpy(frame + 6, mac, 6);
	put16(frame + AT_TYPE, ETH_P_ARP);
	put16(frame + ARP_HARDWARE, ARPHRD_ETHER);
	put16(frame + ARP_PROTOCOL, ETH_P_IP);
	frame[ARP_SIZES] = 6;
	frame[ARP_SIZES + 1] = 4;
	put16(frame + ARP_OPERATION, ARPOP_REQUEST);
	memcpy(frame + ARP_SENDER_MAC, mac, 6);
	if (!probe)
		memcpy(frame + ARP_SENDER, addr->bytes, 4);
	memcpy(frame + ARP_TARGET, addr->bytes, 4);
	return ARP_END;
}

/* RFC 4443, 2.3: over a pseudo header and the message; 0 for one that has its right sum. */
static unsigned int checksum(const uint8_t *frame, size_t message)
{
	uint32_t sum = (uint32_t)message + IPPROTO_ICMPV6;

	for (size_t i = IP6_SOURCE; i < ND; i += 2)
		sum += get16(frame + i);
	for (size_t i = 0; i + 1 < message; i += 2)
		sum += get16(frame + ND + i);
	if (message % 2)
		sum += (uint32_t)frame[ND + message - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static size_t finish_nd(uint8_t *frame, const uint8_t dest[16], const uint8_t mac[6], size_t end)
{
	static const uint8_t multicast[] = { 0x33, 0x33 }; /* RFC 2464, 7 */

	memcpy(frame, multicast, 2);
	memcpy(frame + 2, dest + 12, 4);
	memcpy(frame + 6, mac, 6);
	put16(frame + AT_TYPE, ETH_P_IPV6);
	frame[AT_BODY] = 0x60;
	put16(frame + IP6_LENGTH, (unsigned int)(end - ND));
	frame[IP6_NEXT] = IPPROTO_ICMPV6;
	frame[IP6_HOPS] = ND_HOPS;
	memcpy(frame + IP6_DEST, dest, 16);
	put16(frame + ND_CHECKSUM, checksum(frame, end - ND));
	return end;
}

size_t neigh_frame_announce(uint8_t frame[NEIGH_FRAME_MAX], const struct net_addr *addr,
			    const uint8_t mac[6])
{
	static const uint8_t all_nodes[16] = { 0xff, 0x02, [15] = 1 };

	memset(frame, 0, NEIGH_FRAME_MAX);
	if (addr->family == AF_INET)
		return build_arp(frame, addr, mac, false);
	frame[ND] = ND_NEIGHBOR_ADVERT;
	frame[ND_FLAGS] = 0x20; /* override: what others remember is wrong now */
	memcpy(frame + IP6_SOURCE, addr->bytes, 16);
	memcpy(frame + ND_TARGET, addr->bytes, 16);
	frame[ND_OPTIONS] = ND_OPT_TARGET_LINKADDR;
	frame[ND_OPTIONS + 1] = OPTION_SIZE / 8;
	memcpy(frame + ND_OPTIONS + 2, mac, 6);
	return finish_nd(frame, all_nodes, mac, ND_OPTIONS + OPTION_SIZE);
}

size_t neigh_frame_probe(uint8_t frame[NEIGH_FRAME_MAX], const struct net_addr *addr,
			 const uint8_t mac[6])
{
	uint8_t solicited[16] = { 0xff, 0x02, [11] = 1, [12] = 0xff };

	memset(frame, 0, NEIGH_FRAME_MAX);
	if (addr->family == AF_INET)
		return build_arp(frame, addr, mac, true);
	memcpy(solicited + 13, addr->bytes + 13, 3);
	frame[ND] = ND_NEIGHBOR_SOLICIT;
	memcpy(frame + ND_TARGET, addr->bytes, 16);
	return finish_nd(frame, solicited, mac, ND_OPTIONS);
}

/* ---- reading ---- */

static bool is_zero(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

static void claim(struct neigh_claim *ret, int family, const uint8_t *addr, const uint8_t *mac)
{
	size_t len = family == AF_INET ? 4 : 16;

	*ret = (struct neigh_claim){ .addr.family = (uint8_t)family,
				     .addr.prefix = (uint8_t)(len * 8) };
	memcpy(ret->addr.bytes, addr, len);
	memcpy(ret->mac, mac, 6);
}

/* The sender has the address that it asks or answers from; without one it means to take the
 * target's (RFC 5227, 2.1.1). */
static bool read_arp(const uint8_t *frame, size_t len, struct neigh_claim *ret)
{
	bool probe;

	if (len < ARP_END || get16(frame + ARP_HARDWARE) != ARPHRD_ETHER ||
	    get16(frame + ARP_PROTOCOL) != ETH_P_IP || get16(frame + ARP_SIZES) != 0x604)
		return false;
	probe = is_zero(frame + ARP_SENDER, 4);
	switch (get16(frame + ARP_OPERATION)) {
	case ARPOP_REQUEST:
		break;
	case ARPOP_REPLY:
		if (!probe)
			break;
		return false;
	default:
		return false;
	}
	if (probe && is_zero(frame + ARP_TARGET, 4))
		return false;
	claim(ret, AF_INET, frame + (probe ? ARP_TARGET : ARP_SENDER), frame + ARP_SENDER_MAC);
	return true;
}

/* The MAC that an advertisement names, else the one it came from; NULL: broken options, which make
 * the whole message void (RFC 4861, 7.1). */
static const uint8_t *find_mac(const uint8_t *frame, size_t end)
{
	const uint8_t *mac = frame + 6;

	for (size_t at = ND_OPTIONS, len; at < end; at += len) {
		if (end - at < 8 || frame[at + 1] == 0)
			return NULL;
		len = (size_t)frame[at + 1] * 8;
		if (len > end - at)
			return NULL;
		if (frame[at] == ND_OPT_TARGET_LINKADDR && len == OPTION_SIZE)
			mac = frame + at + 2;
	}
	return mac;
}

/* Options headers before ICMPv6 are legal but nobody sends them in neighbour discovery. */
static bool is_nd(const uint8_t *frame, size_t len)
{
	size_t message;

	if (len < ND_OPTIONS || frame[AT_BODY] >> 4 != 6 || frame[IP6_NEXT] != IPPROTO_ICMPV6 ||
	    frame[IP6_HOPS] != ND_HOPS)
		return false;
	message = get16(frame + IP6_LENGTH);
	return message >= ND_OPTIONS - ND && message <= len - ND && frame[ND + 1] == 0 &&
	       frame[ND_TARGET] != 0xff && !is_zero(frame + ND_TARGET, 16) &&
	       checksum(frame, message) == 0;
}

static bool read_nd(const uint8_t *frame, size_t len, struct neigh_claim *ret)
{
	const uint8_t *mac;
	bool nobody;

	if (!is_nd(frame, len))
		return false;
	mac = find_mac(frame, ND + get16(frame + IP6_LENGTH));
	nobody = is_zero(frame + IP6_SOURCE, 16);
	if (!mac)
		return false;
	if (frame[ND] == ND_NEIGHBOR_ADVERT && !nobody)
		claim(ret, AF_INET6, frame + ND_TARGET, mac);
	else if (frame[ND] == ND_NEIGHBOR_SOLICIT) /* from nobody: RFC 4862, 5.4.3 */
		claim(ret, AF_INET6, frame + (nobody ? ND_TARGET : IP6_SOURCE), frame + 6);
	else
		return false;
	return true;
}

bool neigh_frame_read(const uint8_t *frame, size_t len, struct neigh_claim *ret)
{
	if (len < ETH_HLEN)
		return false;
	switch (get16(frame + AT_TYPE)) {
	case ETH_P_ARP:
		return read_arp(frame, len, ret);
	case ETH_P_IPV6:
		return read_nd(frame, len, ret);
	default:
		return false;
	}
}
