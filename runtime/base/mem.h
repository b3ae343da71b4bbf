/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mem: ownership of heap memory by scope, and growing arrays.
 *
 * `auto_free char *p = NULL;` frees p when the scope ends; steal_ptr(&p) hands it out.
 */
#ifndef RUNTIME_BASE_MEM_H
#define RUNTIME_BASE_MEM_H

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

static inline void mem_free_ptr(void *pp)
{
	int saved = errno;

	free(*(void **)pp);
	errno = saved;
}

#define auto_free __attribute__((cleanup(mem_free_ptr)))

#define steal_ptr(pp)                         \
	({                                    \
		__typeof__(*(pp)) _v = *(pp); \
		*(pp) = NULL;                 \
		_v;                           \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Defines static inline void NAME_freep(struct TYPE **), for auto_NAME. */
#define MEM_DEFINE_CLEANUP(type, free_fn)        \
	static inline void free_fn##p(type **pp) \
	{                                        \
		int saved_errno = errno;         \
		if (*pp)                         \
			free_fn(*pp);            \
		errno = saved_errno;             \
	}

/* Makes room for one more element at the end of an array of *n elements of `size` bytes and
 * returns it zeroed, counted in *n; NULL (errno ENOMEM) leaves all as it was.
 * The array grows by doubling: its room is the next power of two of *n. */
void *mem_append(void *array_ptr, size_t *n, size_t size);

/* Before a wait that may be long: the pages of this program's code leave this process (the page
 * cache keeps them); those that are needed again come back one by one (madvise(2),
 * MADV_DONTNEED). Of no consequence but for memory, so it can't fail. */
void mem_let_go_code(void);

#endif
