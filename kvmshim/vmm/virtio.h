/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio: what all devices have in common: the registers of virtio over MMIO, version 2 (virtio 1.2,
 * 4.2), feature negotiation, the life of the queues, interrupts.
 *
 * A virtual processor's thread comes here for registers, the I/O thread for notified queues: each
 * entry takes the device's lock, so the functions in `ops` are called with it held. Queues are set up
 * while the driver has not said DRIVER_OK, and a queue that is ready never changes but by a reset.
 */
#ifndef KVMSHIM_VMM_VIRTIO_H
#define KVMSHIM_VMM_VIRTIO_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "kvmshim/vmm/virtq.h"

#define VIRTIO_QUEUES_MAX 8U
#define VIRTIO_MMIO_BYTES 0x1000U /* of a device's registers and configuration */

struct virtio_device;

struct virtio_ops {
	const char *name;
	uint32_t id; /* virtio 1.2, chapter 5 */
	unsigned int n_queues;
	uint64_t features; /* beside VIRTIO_F_VERSION_1 and VIRTIO_F_EVENT_IDX */
	/* Each may be NULL. */
	void (*start)(struct virtio_device *device); /* the driver said DRIVER_OK */
	void (*notify)(struct virtio_device *device, unsigned int queue);
	void (*reset)(struct virtio_device *device);
};

struct virtio_device {
	const struct virtio_ops *ops;
	void *self;         /* the device's own state */
	uint64_t features;  /* offered: ops->features, or fewer */
	const void *config; /* device-specific, read by the driver */
	uint32_t config_bytes;
	int interrupt_fd; /* an eventfd that interrupts the guest, or -1 */

	pthread_mutex_t lock;
	struct virtq queues[VIRTIO_QUEUES_MAX];
	uint64_t accepted;
	uint32_t status, interrupt_status;
	uint32_t queue_select, features_select, accepted_select;
};

void virtio_init(struct virtio_device *device, const struct virtio_ops *ops, void *self,
		 const struct memory *memory);
void virtio_done(struct virtio_device *device);

/* An access of 1, 2, 4 or 8 bytes to the device's page. One that the transport does not know reads as
 * 0 and writes nothing. */
void virtio_read(struct virtio_device *device, uint32_t offset, void *data, unsigned int len);
void virtio_write(struct virtio_device *device, uint32_t offset, const void *data,
		  unsigned int len);

/* The driver has put something into a queue. */
void virtio_notify(struct virtio_device *device, unsigned int queue);

/* With the lock held: interrupts the driver, if it wants that, for what was pushed; gives the device
 * up until the driver resets it, since the driver broke a rule. */
void virtio_interrupt(struct virtio_device *device, struct virtq *q);
void virtio_break(struct virtio_device *device);

/* Is the driver at work, and the device not given up? */
bool virtio_runs(const struct virtio_device *device);

#endif
