/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyindex: which number belongs to a key (of a configuration file: its line), in time that does
 * not depend on how many there are. The keys stay the caller's and must not change meanwhile.
 */
#ifndef RUNTIME_CT_KEYINDEX_H
#define RUNTIME_CT_KEYINDEX_H

#include <stdbool.h>
#include <stddef.h>

struct keyindex_slot {
	const char *key; /* NULL: free */
	size_t at;
};

/* Zeroed: empty. By the key's hash, with linear probing; at most half of the slots are taken. */
struct keyindex {
	struct keyindex_slot *slot;
	size_t room, n; /* room: 0 or a power of two */
};
void keyindex_done(struct keyindex *index);

bool keyindex_find(const struct keyindex *index, const char *key, size_t *ret_at);

/* A key that is not in it. -1: ENOMEM, never where it had as many before it was cleared. */
int keyindex_add(struct keyindex *index, const char *key, size_t at);

/* Empty again. */
void keyindex_clear(struct keyindex *index);

#endif
