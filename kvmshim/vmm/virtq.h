/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtq: the device's end of a split virtqueue (virtio 1.2, 2.7), over memory that the driver may
 * change at any moment.
 *
 * A descriptor is copied once and the copy is checked: inside one region of RAM, each descriptor of
 * a chain once, no more of them than the queue has, what the device reads before what it writes.
 * Whatever breaks a rule breaks the queue: it says so (-1) and gives nothing any more until it is
 * reset. Indirect descriptors are not offered and so not taken.
 */
#ifndef KVMSHIM_VMM_VIRTQ_H
#define KVMSHIM_VMM_VIRTQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "kvmshim/vmm/memory.h"

#define VIRTQ_SIZE_MAX 256U

struct virtq {
	const struct memory *memory;
	/* as the driver sets them, before `ready` */
	uint16_t size;
	uint64_t desc_gpa, avail_gpa, used_gpa;
	bool event_idx; /* VIRTIO_F_EVENT_IDX was accepted */

	bool ready, broken;
	uint16_t next_avail; /* of the driver's ring, the first that was not taken */
	uint16_t next_used;
	uint16_t last_asked; /* next_used when the driver was last asked about an interrupt */
	void *desc, *avail, *used;
};

struct virtq_buf {
	void *host;
	uint32_t len;
};

/* bufs[0..n_read) hold what the driver says, bufs[n_read..n_read+n_write) take the answer. */
struct virtq_chain {
	uint16_t head;
	uint16_t n_read, n_write;
	uint64_t read_bytes, write_bytes;
	struct virtq_buf bufs[VIRTQ_SIZE_MAX];
};

/* Latches what the driver has set. -1: a size that is no power of two up to VIRTQ_SIZE_MAX, or a ring
 * that is not aligned or not in RAM; the queue is broken then. */
int virtq_start(struct virtq *q);

/* As it was before it was set up; memory stays. */
void virtq_reset(struct virtq *q);

/* The next chain: 1 there was one, 0 there is none, -1 the queue is broken. */
int virtq_pop(struct virtq *q, struct virtq_chain *ret);

/* Takes the last pop back: the chain comes again. */
void virtq_unpop(struct virtq *q);

/* Gives a chain back, with `written` bytes in it. */
void virtq_push(struct virtq *q, uint16_t head, uint32_t written);

/* Is the driver to be interrupted for what was pushed since this was last asked? */
bool virtq_interrupts(struct virtq *q);

/* Asks the driver for a notification when it adds more. Returns true if it has added some meanwhile:
 * then look again. */
bool virtq_listen(struct virtq *q);

/* Copies from what the driver says, from byte `offset` of it on; to the answer. Returns how many of
 * `len` bytes there were, or was room for. */
size_t virtq_copy_in(const struct virtq_chain *chain, uint64_t offset, void *data, size_t len);
size_t virtq_copy_out(const struct virtq_chain *chain, uint64_t offset, const void *data,
		      size_t len);

/* What the driver says, or the answer, from byte `offset` on as iovecs for readv(2) and writev(2): up
 * to `len` bytes in at most `max` of them. Returns their number. */
unsigned int virtq_iov_in(const struct virtq_chain *chain, uint64_t offset, size_t len,
			  struct iovec *ret, unsigned int max);
unsigned int virtq_iov_out(const struct virtq_chain *chain, uint64_t offset, size_t len,
			   struct iovec *ret, unsigned int max);

#endif
