/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/mem.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* The linker's: from the program's first byte to the end of its code nothing is ever written. */
extern const char __executable_start[], etext[];

void mem_let_go_code(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = (uintptr_t)__executable_start;
	uintptr_t to = (uintptr_t)etext & ~(page - 1);

	madvise((void *)from, to - from, MADV_DONTNEED);
}
