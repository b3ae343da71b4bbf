/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory: the guest's RAM, and the one way to reach it.
 *
 * In the guest's physical address space RAM lies from 0 up to MEMORY_HOLE at most, and what is more
 * from 4 GiB on; between them are the devices. Here it is one mapping with an unreadable page at
 * either end. A guest may write to any of it at any moment: what is checked must be a copy.
 */
#ifndef KVMSHIM_VMM_MEMORY_H
#define KVMSHIM_VMM_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"

#define MEMORY_PAGE 4096ULL
#define MEMORY_HOLE 0xc0000000ULL  /* RAM ends here at most */
#define MEMORY_HIGH 0x100000000ULL /* and goes on here */
#define MEMORY_MAX_BYTES (1ULL << 40)

struct memory {
	uint8_t *host; /* NULL: none */
	uint64_t low_bytes, high_bytes;
};

struct memory_region {
	uint64_t gpa, bytes;
	void *host;
};

/* size_bytes: a multiple of MEMORY_PAGE from 1 MiB to MEMORY_MAX_BYTES (else EINVAL). Pages come
 * when they are touched. */
int memory_init(struct memory *memory, uint64_t size_bytes, struct err *err);
void memory_done(struct memory *memory);
#define auto_memory __attribute__((cleanup(memory_done)))

/* Up to two, for KVM_SET_USER_MEMORY_REGION. Returns their number. */
size_t memory_regions(const struct memory *memory, struct memory_region ret[2]);

/* Where `len` bytes of guest memory are here; NULL if len is 0 or they are not all in one region. */
void *memory_at(const struct memory *memory, uint64_t gpa, uint64_t len);

/* Copies in and out. 0, or -1 where memory_at has none. */
int memory_write(const struct memory *memory, uint64_t gpa, const void *data, size_t len);
int memory_read(const struct memory *memory, uint64_t gpa, void *data, size_t len);

#endif
