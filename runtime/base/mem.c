/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/mem.h"

#include <stdint.h>
#include <string.h>

void *mem_append(void *array_ptr, size_t *n, size_t size)
{
	void **array = array_ptr;
	char *slot;

	if ((*n & (*n - 1)) == 0) { /* 0, 1, 2, 4, … elements: the room is used up */
		size_t room = *n ? *n * 2 : 1;
		void *bigger;

		if (room > SIZE_MAX / size) {
			errno = ENOMEM;
			return NULL;
		}
		bigger = realloc(*array, room * size);
		if (!bigger)
			return NULL;
		*array = bigger;
	}
	slot = (char *)*array + *n * size;
	memset(slot, 0, size);
	(*n)++;
	return slot;
}
