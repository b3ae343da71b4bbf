/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver's end of a virtio device, for unit tests of devices: guest memory, rings in it, and the
 * registers that a driver writes.
 */
#ifndef TESTS_UNIT_VIRTIO_DRIVER_H
#define TESTS_UNIT_VIRTIO_DRIVER_H

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>
#include <stdlib.h>
#include <string.h>

#include "kvmshim/vmm/virtio.h"

enum {
	DRIVER_MEMORY_BYTES = 4 << 20,
	DRIVER_QUEUE_BYTES = 0x4000, /* a queue's rings lie at multiples of it */
	DRIVER_BUFFERS = 0x100000,   /* buffers from here on */
};

struct driver {
	struct memory memory;
	uint16_t size; /* of each queue */
	uint16_t avail[VIRTIO_QUEUES_MAX], used[VIRTIO_QUEUES_MAX];
};

static inline struct vring_desc *driver_desc(struct driver *d, unsigned int queue)
{
	return memory_at(&d->memory, queue * DRIVER_QUEUE_BYTES,
			 VIRTQ_SIZE_MAX * sizeof(struct vring_desc));
}

static inline struct vring_avail *driver_avail(struct driver *d, unsigned int queue)
{
	return memory_at(&d->memory, queue * DRIVER_QUEUE_BYTES + 0x1000, 0x1000);
}

static inline struct vring_used *driver_used(struct driver *d, unsigned int queue)
{
	return memory_at(&d->memory, queue * DRIVER_QUEUE_BYTES + 0x2000, 0x1000);
}

static inline void driver_init(struct driver *d, uint16_t size)
{
	*d = (struct driver){ .size = size };
	if (memory_init(&d->memory, DRIVER_MEMORY_BYTES, NULL) < 0)
		abort();
}

static inline void driver_done(struct driver *d)
{
	memory_done(&d->memory);
}

static inline void driver_write(struct virtio_device *device, uint32_t reg, uint32_t value)
{
	virtio_write(device, reg, &value, sizeof(value));
}

static inline uint32_t driver_read(struct virtio_device *device, uint32_t reg)
{
	uint32_t value;

	virtio_read(device, reg, &value, sizeof(value));
	return value;
}

static inline void driver_queue_set(struct driver *d, struct virtio_device *device,
				    unsigned int queue)
{
	const uint32_t at = queue * DRIVER_QUEUE_BYTES;

	driver_write(device, VIRTIO_MMIO_QUEUE_SEL, queue);
	driver_write(device, VIRTIO_MMIO_QUEUE_NUM, d->size);
	driver_write(device, VIRTIO_MMIO_QUEUE_DESC_LOW, at);
	driver_write(device, VIRTIO_MMIO_QUEUE_AVAIL_LOW, at + 0x1000);
	driver_write(device, VIRTIO_MMIO_QUEUE_USED_LOW, at + 0x2000);
	driver_write(device, VIRTIO_MMIO_QUEUE_READY, 1);
}

/* virtio 1.2, 3.1.1, with all that is offered but EVENT_IDX. */
static inline void driver_start(struct driver *d, struct virtio_device *device)
{
	const uint64_t wanted = device->features & ~(1ULL << VIRTIO_RING_F_EVENT_IDX);
	uint32_t status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;

	driver_write(device, VIRTIO_MMIO_STATUS, 0);
	driver_write(device, VIRTIO_MMIO_STATUS, status);
	for (uint32_t half = 0; half < 2; half++) {
		driver_write(device, VIRTIO_MMIO_DRIVER_FEATURES_SEL, half);
		driver_write(device, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(wanted >> 32 * half));
	}
	status |= VIRTIO_CONFIG_S_FEATURES_OK;
	driver_write(device, VIRTIO_MMIO_STATUS, status);
	for (unsigned int i = 0; i < device->ops->n_queues; i++)
		driver_queue_set(d, device, i);
	driver_write(device, VIRTIO_MMIO_STATUS, status | VIRTIO_CONFIG_S_DRIVER_OK);
}

/* Puts a chain's head into the ring; the descriptors are there. */
static inline void driver_offer(struct driver *d, unsigned int queue, uint16_t head)
{
	struct vring_avail *avail = driver_avail(d, queue);

	avail->ring[d->avail[queue]++ % d->size] = head;
	__atomic_store_n(&avail->idx, d->avail[queue], __ATOMIC_RELEASE);
}

static inline void driver_desc_set(struct driver *d, unsigned int queue, uint16_t index,
				   uint64_t gpa, uint32_t len, uint16_t flags, uint16_t next)
{
	driver_desc(d, queue)[index] =
		(struct vring_desc){ .addr = gpa, .len = len, .flags = flags, .next = next };
}

/* The next chain that the device gave back: its head, or -1; *ret_len what it wrote. */
static inline int driver_take(struct driver *d, unsigned int queue, uint32_t *ret_len)
{
	const struct vring_used *used = driver_used(d, queue);
	const struct vring_used_elem *elem;

	if (__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE) == d->used[queue])
		return -1;
	elem = &used->ring[d->used[queue]++ % d->size];
	*ret_len = elem->len;
	return (int)elem->id;
}

#endif
