/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvmshim/vmm/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static uint64_t total_bytes(const struct memory *memory)
{
	return memory->low_bytes + memory->high_bytes;
}

int memory_init(struct memory *memory, uint64_t size_bytes, struct err *err)
{
	uint8_t *all;

	if (size_bytes < 1 << 20 || size_bytes > MEMORY_MAX_BYTES || size_bytes % MEMORY_PAGE)
		return err_set(err, EINVAL, "guest memory of %llu bytes: not pages, 1 MiB or more",
			       (unsigned long long)size_bytes);
	all = mmap(NULL, size_bytes + 2 * MEMORY_PAGE, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (all == MAP_FAILED)
		return err_sys(err, "reserve %llu MiB for the guest",
			       (unsigned long long)size_bytes >> 20);
	if (mprotect(all + MEMORY_PAGE, size_bytes, PROT_READ | PROT_WRITE) < 0) {
		err_sys(err, "make %llu MiB for the guest", (unsigned long long)size_bytes >> 20);
		munmap(all, size_bytes + 2 * MEMORY_PAGE);
		return -1;
	}
	/* What the guest holds is nobody's business after a crash. */
	(void)madvise(all, size_bytes + 2 * MEMORY_PAGE, MADV_DONTDUMP);
	memory->host = all + MEMORY_PAGE;
	memory->low_bytes = size_bytes < MEMORY_HOLE ? size_bytes : MEMORY_HOLE;
	memory->high_bytes = size_bytes - memory->low_bytes;
	return 0;
}

void memory_done(struct memory *memory)
{
	if (memory->host)
		munmap(memory->host - MEMORY_PAGE, total_bytes(memory) + 2 * MEMORY_PAGE);
	*memory = (struct memory){ 0 };
}

size_t memory_regions(const struct memory *memory, struct memory_region ret[2])
{
	ret[0] = (struct memory_region){ 0, memory->low_bytes, memory->host };
	ret[1] = (struct memory_region){ MEMORY_HIGH, memory->high_bytes,
					 memory->host + memory->low_bytes };
	return memory->high_bytes ? 2 : 1;
}

void *memory_at(const struct memory *memory, uint64_t gpa, uint64_t len)
{
	uint64_t offset = 0, bytes = memory->low_bytes;

	if (gpa >= MEMORY_HIGH) {
		gpa -= MEMORY_HIGH;
		offset = memory->low_bytes;
		bytes = memory->high_bytes;
	}
	if (!len || gpa >= bytes || len > bytes - gpa)
		return NULL;
	return memory->host + offset + gpa;
}

int memory_write(const struct memory *memory, uint64_t gpa, const void *data, size_t len)
{
	void *at = memory_at(memory, gpa, len);

	if (!at)
		return -1;
	memcpy(at, data, len);
	return 0;
}

int memory_read(const struct memory *memory, uint64_t gpa, void *data, size_t len)
{
	const void *at = memory_at(memory, gpa, len);

	if (!at)
		return -1;
	memcpy(data, at, len);
	return 0;
}
