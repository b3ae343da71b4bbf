/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvmshim/vmm/rng.h"

#include <linux/virtio_ids.h>
#include <sys/random.h>

/* What one request gets at most: the driver asks again. */
enum { BYTES_MAX = 256 };

static void fill(struct virtio_device *device, unsigned int queue)
{
	struct virtq *q = &device->queues[queue];
	struct virtq_chain chain;
	uint8_t bytes[BYTES_MAX];

	do {
		while (virtq_pop(q, &chain) == 1) {
			ssize_t n = getrandom(bytes, sizeof(bytes), 0);

			if (n < 0)
				n = 0;
			virtq_push(q, chain.head,
				   (uint32_t)virtq_copy_out(&chain, 0, bytes, (size_t)n));
		}
	} while (virtq_listen(q));
	virtio_interrupt(device, q);
}

static const struct virtio_ops ops = {
	.name = "rng",
	.id = VIRTIO_ID_RNG,
	.n_queues = 1,
	.notify = fill,
};

void rng_init(struct virtio_device *device, const struct memory *memory)
{
	virtio_init(device, &ops, NULL, memory);
}
