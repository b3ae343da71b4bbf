/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of ARP and neighbour discovery, as bytes: ours, and those that anyone may send. */
#include "config.h"

#include "tests/unit/unit.h"

#include <sys/socket.h>

#include "netsetup/neigh_frame.h"
#include "runtime/base/mem.h"

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 0x11 };
static const uint8_t other[6] = { 2, 0, 0, 0, 0, 0x22 };

#define HEADER 14
#define ND (HEADER + 40)

static struct net_addr addr_of(const char *text)
{
	struct net_addr addr;

	assert_int_equal(addr_parse(text, "test", &addr, NULL), 0);
	return addr;
}

static bool is_read(const uint8_t *frame, size_t len)
{
	/* In memory of its own length, so that a read beyond its end is seen. */
	auto_free uint8_t *copy = malloc(len ? len : 1);
	struct neigh_claim claim;

	memcpy(copy, frame, len);
	return neigh_frame_read(copy, len, &claim);
}

static void assert_claims(const uint8_t *frame, size_t len, const char *addr, const uint8_t from[6])
{
	struct net_addr want = addr_of(addr);
	struct neigh_claim claim;

	assert_true(neigh_frame_read(frame, len, &claim));
	assert_true(addr_same(&claim.addr, &want));
	assert_memory_equal(claim.mac, from, 6);
}

/* The Internet checksum of a frame whose ICMPv6 message was changed. */
static void fix_sum(uint8_t *frame)
{
	size_t len = (size_t)frame[HEADER + 4] << 8 | frame[HEADER + 5];
	uint32_t sum = (uint32_t)len + 58;

	frame[ND + 2] = frame[ND + 3] = 0;
	for (size_t i = 0; i < len + 32; i++)
		sum += (uint32_t)frame[HEADER + 8 + i] << (i % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	frame[ND + 2] = (uint8_t)(~sum >> 8);
	frame[ND + 3] = (uint8_t)~sum;
}

static void arp_announcement_is_byte_for_byte(void **state)
{
	static const uint8_t want[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,  0, 0, 0, 0,
					0x11, 8,    6,    0,    1,    8,    0,  6, 4, 0, 1,
					2,    0,    0,    0,    0,    0x11, 10, 1, 2, 3, 0,
					0,    0,    0,    0,    0,    10,   1,  2, 3 };
	struct net_addr addr = addr_of("10.1.2.3");
	uint8_t frame[NEIGH_FRAME_MAX];

	(void)state;
	assert_int_equal(neigh_frame_announce(frame, &addr, mac), sizeof(want));
	assert_memory_equal(frame, want, sizeof(want));
}

static void arp_probe_comes_from_nobody(void **state)
{
	static const uint8_t nobody[4] = { 0 }, target[4] = { 10, 1, 2, 3 };
	struct net_addr addr = addr_of("10.1.2.3");
	uint8_t frame[NEIGH_FRAME_MAX];

	(void)state;
	assert_int_equal(neigh_frame_probe(frame, &addr, mac), HEADER + 28);
	assert_memory_equal(frame + HEADER + 14, nobody, 4);
	assert_memory_equal(frame + HEADER + 24, target, 4);
}

static void solicitation_goes_to_the_solicited_node(void **state)
{
	static const uint8_t to[6] = { 0x33, 0x33, 0xff, 0xcd, 0xef, 1 };
	static const uint8_t group[16] = { 0xff, 2, 0, 0, 0,    0,    0,    0,
					   0,    0, 0, 1, 0xff, 0xcd, 0xef, 1 };
	static const uint8_t nobody[16] = { 0 };
	struct net_addr addr = addr_of("2001:db8::ab:cdef:1");
	uint8_t frame[NEIGH_FRAME_MAX], sum[2];

	(void)state;
	addr.bytes[13] = 0xcd;
	addr.bytes[14] = 0xef;
	assert_int_equal(neigh_frame_probe(frame, &addr, mac), ND + 24);
	assert_memory_equal(frame, to, 6);
	assert_memory_equal(frame + HEADER + 24, group, 16);
	assert_memory_equal(frame + HEADER + 8, nobody, 16);
	memcpy(sum, frame + ND + 2, 2);
	fix_sum(frame);
	assert_memory_equal(sum, frame + ND + 2, 2);
}

/* One that takes an address and one that announces it are read by the other side. */
static void own_frames_are_claims(void **state)
{
	static const char *const addrs[] = { "10.1.2.3", "2001:db8::1" };
	uint8_t frame[NEIGH_FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++) {
		struct net_addr addr = addr_of(addrs[i]);

		assert_claims(frame, neigh_frame_announce(frame, &addr, mac), addrs[i], mac);
		assert_claims(frame, neigh_frame_probe(frame, &addr, mac), addrs[i], mac);
	}
}

static void every_cut_frame_is_refused(void **state)
{
	static const char *const addrs[] = { "10.1.2.3", "2001:db8::1" };
	uint8_t frame[NEIGH_FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++) {
		struct net_addr addr = addr_of(addrs[i]);
		size_t len = neigh_frame_announce(frame, &addr, mac);

		assert_true(is_read(frame, len));
		for (size_t cut = 0; cut < len; cut++)
			assert_false(is_read(frame, cut));
	}
}

/* Padding to Ethernet's least length, or more than the packet says, is no part of it. */
static void padding_is_ignored(void **state)
{
	struct net_addr addr = addr_of("10.1.2.3"), addr6 = addr_of("2001:db8::1");
	uint8_t frame[NEIGH_FRAME_MAX];

	(void)state;
	neigh_frame_announce(frame, &addr, mac);
	memset(frame + HEADER + 28, 0xee, 18);
	assert_claims(frame, 60, "10.1.2.3", mac);
	neigh_frame_announce(frame, &addr6, mac);
	memset(frame + ND + 32, 0xee, NEIGH_FRAME_MAX - ND - 32);
	assert_claims(frame, NEIGH_FRAME_MAX, "2001:db8::1", mac);
}

static void broken_arp_is_refused(void **state)
{
	/* where, what */
	static const uint8_t bad[][2] = {
		{ HEADER + 1, 2 }, /* not Ethernet */
		{ HEADER + 2, 0x86 }, { HEADER + 4, 7 },
		{ HEADER + 5, 16 },   { HEADER + 7, 3 }, /* reverse ARP */
		{ HEADER + 6, 1 },
	};
	struct net_addr addr = addr_of("10.1.2.3");
	uint8_t frame[NEIGH_FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		size_t len = neigh_frame_announce(frame, &addr, mac);

		frame[bad[i][0]] = bad[i][1];
		assert_false(is_read(frame, len));
	}
}

static void arp_from_and_for_nobody_is_refused(void **state)
{
	struct net_addr addr = addr_of("10.1.2.3");
	uint8_t frame[NEIGH_FRAME_MAX];
	size_t len = neigh_frame_probe(frame, &addr, mac);

	(void)state;
	frame[HEADER + 7] = 2;
	assert_false(is_read(frame, len)); /* an answer from nobody */
	frame[HEADER + 7] = 1;
	memset(frame + HEADER + 24, 0, 4);
	assert_false(is_read(frame, len));
}

static void broken_advertisement_is_refused(void **state)
{
	static const uint8_t bad[][2] = {
		{ HEADER, 0x40 },    /* IPv4 in the type's name */
		{ HEADER + 4, 1 },   /* longer than the frame */
		{ HEADER + 5, 16 },  /* no room for the target */
		{ HEADER + 6, 17 },  /* UDP */
		{ HEADER + 7, 254 }, /* a router passed it on */
		{ ND, 134 },         /* of a router */
		{ ND + 1, 1 },       /* code */
		{ ND + 8, 0xff },    /* a multicast target */
		{ ND + 25, 0 },      /* an option of no length: the end of no loop */
		{ ND + 25, 2 },      /* an option beyond the end */
		{ ND + 25, 255 },
	};
	struct net_addr addr = addr_of("2001:db8::1");
	uint8_t frame[NEIGH_FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		size_t len = neigh_frame_announce(frame, &addr, mac);

		frame[bad[i][0]] = bad[i][1];
		if (bad[i][0] != HEADER + 4)
			fix_sum(frame);
		assert_false(is_read(frame, len));
	}
}

static void wrong_checksum_is_refused(void **state)
{
	struct net_addr addr = addr_of("2001:db8::1");
	uint8_t frame[NEIGH_FRAME_MAX];
	size_t len = neigh_frame_announce(frame, &addr, mac);

	(void)state;
	frame[ND + 20] ^= 1;
	assert_false(is_read(frame, len));
}

/* The option says who has it, not the one who passed it on; other options are skipped. */
static void advertised_mac_is_the_options(void **state)
{
	struct net_addr addr = addr_of("2001:db8::1");
	uint8_t frame[NEIGH_FRAME_MAX];
	size_t len = neigh_frame_announce(frame, &addr, mac);

	(void)state;
	memcpy(frame + 6, other, 6);
	assert_claims(frame, len, "2001:db8::1", mac);
	frame[ND + 24] = 14; /* a nonce */
	fix_sum(frame);
	assert_claims(frame, len, "2001:db8::1", other);
}

/* A neighbour that asks for a third one says its own address by that. */
static void solicitation_from_somebody_claims_its_source(void **state)
{
	struct net_addr addr = addr_of("2001:db8::1"), from = addr_of("2001:db8::9");
	uint8_t frame[NEIGH_FRAME_MAX];
	size_t len = neigh_frame_probe(frame, &addr, other);

	(void)state;
	memcpy(frame + HEADER + 8, from.bytes, 16);
	fix_sum(frame);
	assert_claims(frame, len, "2001:db8::9", other);
}

static void other_protocols_are_refused(void **state)
{
	uint8_t frame[NEIGH_FRAME_MAX] = { [12] = 8 };

	(void)state;
	assert_false(is_read(frame, sizeof(frame)));
	frame[12] = 0x81; /* a VLAN's tag, which the kernel takes off */
	assert_false(is_read(frame, sizeof(frame)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arp_announcement_is_byte_for_byte),
		cmocka_unit_test(arp_probe_comes_from_nobody),
		cmocka_unit_test(solicitation_goes_to_the_solicited_node),
		cmocka_unit_test(own_frames_are_claims),
		cmocka_unit_test(every_cut_frame_is_refused),
		cmocka_unit_test(padding_is_ignored),
		cmocka_unit_test(broken_arp_is_refused),
		cmocka_unit_test(arp_from_and_for_nobody_is_refused),
		cmocka_unit_test(broken_advertisement_is_refused),
		cmocka_unit_test(wrong_checksum_is_refused),
		cmocka_unit_test(advertised_mac_is_the_options),
		cmocka_unit_test(solicitation_from_somebody_claims_its_source),
		cmocka_unit_test(other_protocols_are_refused),
	};

	return cmocka_run_group_tests_name("neigh_frame", tests, NULL, NULL);
}
