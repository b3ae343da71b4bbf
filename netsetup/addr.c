/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "runtime/base/mem.h"
#include "runtime/base/str.h"

static int refuse(struct err *err, const char *what, const char *text, const char *why)
{
	char show[STR_SHOW_SIZE];

	return err_set(err, ERR_INPUT, "%s: %s is %s", what, str_show(show, text), why);
}

unsigned int addr_len(const struct net_addr *addr)
{
	return addr->family == AF_INET6 ? 16 : 4;
}

/* "255.255.240.0" as a number of bits; -1: not one block of ones. */
static int mask_bits(const char *text)
{
	struct in_addr mask;
	uint32_t bits;

	if (inet_pton(AF_INET, text, &mask) != 1)
		return -1;
	bits = ntohl(mask.s_addr);
	if (bits & (~bits >> 1))
		return -1;
	return bits ? 32 - __builtin_ctz(bits) : 0;
}

static int parse_prefix(const char *text, struct net_addr *addr, const char *what, struct err *err)
{
	int bits = addr->family == AF_INET && strchr(text, '.') ? mask_bits(text) : -1;
	int64_t number = bits;

	if (bits < 0 && num_parse(text, what, 0, addr_len(addr) * 8, &number, err) < 0)
		return -1;
	addr->prefix = (uint8_t)number;
	return 0;
}

int addr_parse(const char *text, const char *what, struct net_addr *ret, struct err *err)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	struct net_addr addr = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };
	char host[INET6_ADDRSTRLEN];

	if (len >= sizeof(host))
		return refuse(err, what, text, "no IP address");
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(addr.family, host, addr.bytes) != 1)
		return refuse(err, what, text, "no IP address");
	addr.prefix = (uint8_t)(addr_len(&addr) * 8);
	if (slash && parse_prefix(slash + 1, &addr, what, err) < 0)
		return -1;
	*ret = addr;
	return 0;
}

/* ---- kinds of addresses ---- */

struct block {
	uint8_t family, prefix;
	uint8_t bytes[16];
	const char *name;
};

/* IANA's special-purpose registries, as far as no host can have them here. */
static const struct block no_hosts[] = {
	{ AF_INET, 8, { 0 }, "of the network 0.0.0.0/8" },
	{ AF_INET, 8, { 127 }, "a loopback address" },
	{ AF_INET, 16, { 169, 254 }, "a link-local address" },
	{ AF_INET, 4, { 224 }, "a multicast address" },
	{ AF_INET, 4, { 240 }, "reserved" },
	{ AF_INET6, 128, { 0 }, "the unspecified address" },
	{ AF_INET6, 128, { [15] = 1 }, "a loopback address" },
	{ AF_INET6, 96, { [10] = 0xff, 0xff }, "an IPv4 address in IPv6's form" },
	{ AF_INET6, 10, { 0xfe, 0x80 }, "a link-local address" },
	{ AF_INET6, 8, { 0xff }, "a multicast address" },
};

static const struct block privates[] = {
	{ AF_INET, 8, { 10 }, NULL },        { AF_INET, 12, { 172, 16 }, NULL },
	{ AF_INET, 16, { 192, 168 }, NULL }, { AF_INET, 10, { 100, 64 }, NULL },
	{ AF_INET6, 7, { 0xfc }, NULL },
};

static bool is_in(const struct net_addr *addr, const struct block *block)
{
	unsigned int whole = block->prefix / 8, rest = block->prefix % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	return addr->family == block->family && memcmp(addr->bytes, block->bytes, whole) == 0 &&
	       (rest == 0 || (addr->bytes[whole] & mask) == block->bytes[whole]);
}

int addr_parse_host(const char *text, const char *what, struct net_addr *ret, struct err *err)
{
	struct net_addr addr;

	if (addr_parse(text, what, &addr, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(no_hosts); i++)
		if (is_in(&addr, &no_hosts[i]))
			return refuse(err, what, text, no_hosts[i].name);
	*ret = addr;
	return 0;
}

bool addr_is_private(const struct net_addr *addr)
{
	for (size_t i = 0; i < ARRAY_SIZE(privates); i++)
		if (is_in(addr, &privates[i]))
			return true;
	return false;
}

bool addr_same(const struct net_addr *a, const struct net_addr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* ---- text ---- */

const char *addr_show(const struct net_addr *addr, char buf[ADDR_TEXT_SIZE])
{
	if (!inet_ntop(addr->family, addr->bytes, buf, ADDR_TEXT_SIZE))
		snprintf(buf, ADDR_TEXT_SIZE, "none");
	return buf;
}

const char *addr_show_prefix(const struct net_addr *addr, char buf[ADDR_TEXT_SIZE])
{
	size_t len = strlen(addr_show(addr, buf));

	if (addr->prefix != addr_len(addr) * 8)
		snprintf(buf + len, ADDR_TEXT_SIZE - len, "/%u", addr->prefix);
	return buf;
}

/* ---- MAC addresses ---- */

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at;

	c = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
	at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

int addr_mac_parse(const char *text, const char *what, uint8_t ret[6], struct err *err)
{
	uint8_t mac[6] = { 0 };

	if (strlen(text) != ADDR_MAC_SIZE - 1)
		return refuse(err, what, text, "no MAC address");
	for (unsigned int i = 0; i < 6; i++) {
		int high = hex_digit(text[3 * i]), low = hex_digit(text[3 * i + 1]);

		if (high < 0 || low < 0 || (i < 5 && text[3 * i + 2] != ':'))
			return refuse(err, what, text, "no MAC address");
		mac[i] = (uint8_t)(high << 4 | low);
	}
	if (mac[0] & 1)
		return refuse(err, what, text, "a multicast MAC address");
	if (addr_mac_is_zero(mac))
		return refuse(err, what, text, "no MAC address of a link");
	memcpy(ret, mac, sizeof(mac));
	return 0;
}

const char *addr_mac_show(const uint8_t mac[6], char buf[ADDR_MAC_SIZE])
{
	snprintf(buf, ADDR_MAC_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	return buf;
}

bool addr_mac_is_zero(const uint8_t mac[6])
{
	static const uint8_t zero[6];

	return memcmp(mac, zero, sizeof(zero)) == 0;
}
