/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames that any neighbour may send: ARP and neighbour discovery. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netsetup/neigh_frame.h"
#include "runtime/base/mem.h"
#include "tests/fuzz/fuzz.h"

/* What is read can be built again and says the same. */
static void try_again(const struct neigh_claim *claim)
{
	uint8_t frame[NEIGH_FRAME_MAX];
	size_t len = neigh_frame_announce(frame, &claim->addr, claim->mac);
	struct neigh_claim again;

	fuzz_assert(neigh_frame_read(frame, len, &again));
	fuzz_assert(addr_same(&claim->addr, &again.addr));
	fuzz_assert(memcmp(claim->mac, again.mac, sizeof(again.mac)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free uint8_t *frame = malloc(size + 1);
	struct neigh_claim claim;

	fuzz_assert(frame);
	if (size)
		memcpy(frame, data, size);
	if (!neigh_frame_read(frame, size, &claim))
		return 0;
	fuzz_assert(claim.addr.family == AF_INET || claim.addr.family == AF_INET6);
	fuzz_assert(size >= (claim.addr.family == AF_INET ? 42 : 78));
	/* A multicast address is nobody's, but a hostile source may say so: it matches none. */
	if (claim.addr.bytes[0] != 0xff)
		try_again(&claim);
	return 0;
}
