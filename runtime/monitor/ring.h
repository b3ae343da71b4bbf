/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ring: the last bytes of an endless stream, and readers that are somewhere in it: each has a
 * position of its own, counted from the stream's beginning, so a slow one holds up nobody and
 * misses what it was too slow for. Pure, and without libc.
 */
#ifndef RUNTIME_MONITOR_RING_H
#define RUNTIME_MONITOR_RING_H

#include <stddef.h>
#include <stdint.h>

#define RING_SIZE 65536U /* a power of two */

/* Pages that nothing was written to yet take no memory. */
struct ring {
	uint64_t end; /* how many bytes there were in all */
	char data[RING_SIZE] __attribute__((aligned(4096)));
};

/* Where the next bytes go, and how many fit there in one piece (at least one): then ring_add. */
static inline char *ring_room(struct ring *ring, size_t *ret_room)
{
	size_t at = ring->end % RING_SIZE;

	*ret_room = RING_SIZE - at;
	return ring->data + at;
}

static inline void ring_add(struct ring *ring, size_t n)
{
	ring->end += n;
}

/* The oldest position that is still there. */
static inline uint64_t ring_begin(const struct ring *ring)
{
	return ring->end > RING_SIZE ? ring->end - RING_SIZE : 0;
}

/* How many bytes a reader at *at has missed; it goes on with the oldest that is there. */
static inline uint64_t ring_skip(const struct ring *ring, uint64_t *at)
{
	uint64_t begin = ring_begin(ring), missed = *at < begin ? begin - *at : 0;

	*at += missed;
	return missed;
}

/* What a reader at `at`, which has missed nothing, finds in one piece of at most `max` bytes. */
static inline const char *ring_piece(const struct ring *ring, uint64_t at, size_t max,
				     size_t *ret_n)
{
	size_t from = at % RING_SIZE, n = (size_t)(ring->end - at);

	if (n > RING_SIZE - from)
		n = RING_SIZE - from;
	*ret_n = n < max ? n : max;
	return ring->data + from;
}

#endif
