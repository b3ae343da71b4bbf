/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/keyindex.h"

#include <stdint.h>
#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/base/str.h"

#define ROOM_MIN 64

void keyindex_done(struct keyindex *index)
{
	mem_free_ptr(&index->slot);
	*index = (struct keyindex){ 0 };
}

/* FNV-1a */
static uint32_t hash(const char *key)
{
	uint32_t sum = 2166136261U;

	for (; *key; key++)
		sum = (sum ^ (uint8_t)*key) * 16777619U;
	return sum;
}

/* Where the key is, or would be. */
static struct keyindex_slot *slot_of(const struct keyindex *index, const char *key)
{
	size_t at = hash(key) & (index->room - 1);

	while (index->slot[at].key && !str_eq(index->slot[at].key, key))
		at = (at + 1) & (index->room - 1);
	return &index->slot[at];
}

bool keyindex_find(const struct keyindex *index, const char *key, size_t *ret_at)
{
	const struct keyindex_slot *slot = index->n ? slot_of(index, key) : NULL;

	if (!slot || !slot->key)
		return false;
	*ret_at = slot->at;
	return true;
}

static int grow(struct keyindex *index)
{
	struct keyindex bigger = { .room = index->room ? index->room * 2 : ROOM_MIN,
				   .n = index->n };

	bigger.slot = calloc(bigger.room, sizeof(*bigger.slot));
	if (!bigger.slot)
		return -1;
	for (size_t i = 0; i < index->room; i++)
		if (index->slot[i].key)
			*slot_of(&bigger, index->slot[i].key) = index->slot[i];
	mem_free_ptr(&index->slot);
	*index = bigger;
	return 0;
}

int keyindex_add(struct keyindex *index, const char *key, size_t at)
{
	if ((index->n + 1) * 2 > index->room && grow(index) < 0)
		return -1;
	*slot_of(index, key) = (struct keyindex_slot){ key, at };
	index->n++;
	return 0;
}

void keyindex_clear(struct keyindex *index)
{
	if (index->room)
		memset(index->slot, 0, index->room * sizeof(*index->slot));
	index->n = 0;
}
