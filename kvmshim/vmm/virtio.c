/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvmshim/vmm/virtio.h"

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>
#include <string.h>
#include <unistd.h>

#define MAGIC 0x74726976U  /* "virt" */
#define VENDOR 0x4e525a56U /* "VZRN" */
#define MMIO_VERSION 2U
#define NO_REGION UINT32_MAX /* of shared memory */

void virtio_init(struct virtio_device *device, const struct virtio_ops *ops, void *self,
		 const struct memory *memory)
{
	*device = (struct virtio_device){ .ops = ops, .self = self, .interrupt_fd = -1 };
	device->features =
		ops->features | 1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_RING_F_EVENT_IDX;
	for (unsigned int i = 0; i < VIRTIO_QUEUES_MAX; i++)
		device->queues[i].memory = memory;
	pthread_mutex_init(&device->lock, NULL);
}

void virtio_done(struct virtio_device *device)
{
	pthread_mutex_destroy(&device->lock);
}

static void raise_interrupt(struct virtio_device *device, uint32_t why)
{
	const uint64_t one = 1;

	device->interrupt_status |= why;
	if (device->interrupt_fd >= 0 &&
	    write(device->interrupt_fd, &one, sizeof(one)) != sizeof(one)) {
		/* The counter is full: an interrupt is on its way. */
	}
}

void virtio_interrupt(struct virtio_device *device, struct virtq *q)
{
	if (virtq_interrupts(q))
		raise_interrupt(device, VIRTIO_MMIO_INT_VRING);
}

void virtio_break(struct virtio_device *device)
{
	device->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	raise_interrupt(device, VIRTIO_MMIO_INT_CONFIG);
}

bool virtio_runs(const struct virtio_device *device)
{
	return (device->status & (VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET)) ==
	       VIRTIO_CONFIG_S_DRIVER_OK;
}

static struct virtq *selected(struct virtio_device *device)
{
	return device->queue_select < device->ops->n_queues ?
		       &device->queues[device->queue_select] :
		       NULL;
}

/* The queue whose setup may be changed now. */
static struct virtq *settable(struct virtio_device *device)
{
	struct virtq *q = selected(device);

	if (device->status & VIRTIO_CONFIG_S_DRIVER_OK || !q || q->ready || q->broken)
		return NULL;
	return q;
}

static void reset(struct virtio_device *device)
{
	if (device->ops->reset)
		device->ops->reset(device);
	for (unsigned int i = 0; i < VIRTIO_QUEUES_MAX; i++)
		virtq_reset(&device->queues[i]);
	device->accepted = 0;
	device->status = device->interrupt_status = 0;
	device->queue_select = device->features_select = device->accepted_select = 0;
}

static bool features_fit(const struct virtio_device *device)
{
	return !(device->accepted & ~device->features) &&
	       device->accepted & 1ULL << VIRTIO_F_VERSION_1;
}

/* virtio 1.2, 3.1.1: each step needs the one before it. */
static void status_write(struct virtio_device *device, uint32_t value)
{
	const uint32_t old = device->status, added = value & ~old;

	if (!value) {
		reset(device);
		return;
	}
	value |= old & VIRTIO_CONFIG_S_NEEDS_RESET;
	if (added & VIRTIO_CONFIG_S_FEATURES_OK && !features_fit(device))
		value &= ~(uint32_t)VIRTIO_CONFIG_S_FEATURES_OK;
	if (!(value & VIRTIO_CONFIG_S_FEATURES_OK))
		value &= ~(uint32_t)VIRTIO_CONFIG_S_DRIVER_OK;
	device->status = value;
	if (value & VIRTIO_CONFIG_S_DRIVER_OK && !(old & VIRTIO_CONFIG_S_DRIVER_OK) &&
	    device->ops->start)
		device->ops->start(device);
}

static void queue_ready_write(struct virtio_device *device, uint32_t value)
{
	struct virtq *q = settable(device);

	if (!q || value != 1)
		return;
	q->event_idx = device->accepted & 1ULL << VIRTIO_RING_F_EVENT_IDX;
	if (virtq_start(q) < 0)
		virtio_break(device);
}

static void half_set(uint64_t *where, bool high, uint32_t value)
{
	const unsigned int shift = high ? 32 : 0;

	*where = (*where & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)value << shift;
}

static void queue_write(struct virtio_device *device, uint32_t offset, uint32_t value)
{
	struct virtq *q = settable(device);

	if (!q)
		return;
	switch (offset) {
	case VIRTIO_MMIO_QUEUE_NUM:
		q->size = value > VIRTQ_SIZE_MAX ? 0 : (uint16_t)value;
		break;
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
	case VIRTIO_MMIO_QUEUE_DESC_HIGH:
		half_set(&q->desc_gpa, offset == VIRTIO_MMIO_QUEUE_DESC_HIGH, value);
		break;
	case VIRTIO_MMIO_QUEUE_AVAIL_LOW:
	case VIRTIO_MMIO_QUEUE_AVAIL_HIGH:
		half_set(&q->avail_gpa, offset == VIRTIO_MMIO_QUEUE_AVAIL_HIGH, value);
		break;
	case VIRTIO_MMIO_QUEUE_USED_LOW:
	case VIRTIO_MMIO_QUEUE_USED_HIGH:
		half_set(&q->used_gpa, offset == VIRTIO_MMIO_QUEUE_USED_HIGH, value);
		break;
	default:
		break;
	}
}

static void queue_work(struct virtio_device *device, uint32_t queue)
{
	if (!virtio_runs(device) || queue >= device->ops->n_queues || !device->ops->notify)
		return;
	device->ops->notify(device, queue);
	if (device->queues[queue].broken)
		virtio_break(device);
}

static void register_write(struct virtio_device *device, uint32_t offset, uint32_t value)
{
	switch (offset) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
		device->features_select = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
		device->accepted_select = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES:
		if (!(device->status & VIRTIO_CONFIG_S_FEATURES_OK) && device->accepted_select < 2)
			half_set(&device->accepted, device->accepted_select, value);
		break;
	case VIRTIO_MMIO_QUEUE_SEL:
		device->queue_select = value;
		break;
	case VIRTIO_MMIO_QUEUE_READY:
		queue_ready_write(device, value);
		break;
	case VIRTIO_MMIO_QUEUE_NOTIFY:
		queue_work(device, value);
		break;
	case VIRTIO_MMIO_INTERRUPT_ACK:
		device->interrupt_status &= ~value;
		break;
	case VIRTIO_MMIO_STATUS:
		status_write(device, value);
		break;
	default:
		queue_write(device, offset, value);
		break;
	}
}

static uint32_t register_read(struct virtio_device *device, uint32_t offset)
{
	const struct virtq *q = selected(device);

	switch (offset) {
	case VIRTIO_MMIO_MAGIC_VALUE:
		return MAGIC;
	case VIRTIO_MMIO_VERSION:
		return MMIO_VERSION;
	case VIRTIO_MMIO_DEVICE_ID:
		return device->ops->id;
	case VIRTIO_MMIO_VENDOR_ID:
		return VENDOR;
	case VIRTIO_MMIO_DEVICE_FEATURES:
		if (device->features_select > 1)
			return 0;
		return (uint32_t)(device->features >> 32 * device->features_select);
	case VIRTIO_MMIO_QUEUE_NUM_MAX:
		return q ? VIRTQ_SIZE_MAX : 0;
	case VIRTIO_MMIO_QUEUE_READY:
		return q && q->ready;
	case VIRTIO_MMIO_INTERRUPT_STATUS:
		return device->interrupt_status;
	case VIRTIO_MMIO_STATUS:
		return device->status;
	case VIRTIO_MMIO_SHM_LEN_LOW:
	case VIRTIO_MMIO_SHM_LEN_HIGH:
	case VIRTIO_MMIO_SHM_BASE_LOW:
	case VIRTIO_MMIO_SHM_BASE_HIGH:
		return NO_REGION;
	default: /* the configuration's generation too: it never changes */
		return 0;
	}
}

static void config_read(const struct virtio_device *device, uint32_t offset, void *data,
			unsigned int len)
{
	if (offset < device->config_bytes && len <= device->config_bytes - offset)
		memcpy(data, (const char *)device->config + offset, len);
}

void virtio_read(struct virtio_device *device, uint32_t offset, void *data, unsigned int len)
{
	uint32_t value;

	memset(data, 0, len);
	pthread_mutex_lock(&device->lock);
	if (offset >= VIRTIO_MMIO_CONFIG) {
		config_read(device, offset - VIRTIO_MMIO_CONFIG, data, len);
	} else if (len == sizeof(value) && offset % sizeof(value) == 0) {
		value = register_read(device, offset);
		memcpy(data, &value, sizeof(value));
	}
	pthread_mutex_unlock(&device->lock);
}

/* No device of ours has a configuration that the driver may write. */
void virtio_write(struct virtio_device *device, uint32_t offset, const void *data, unsigned int len)
{
	uint32_t value;

	if (offset >= VIRTIO_MMIO_CONFIG || len != sizeof(value) || offset % sizeof(value))
		return;
	memcpy(&value, data, sizeof(value));
	pthread_mutex_lock(&device->lock);
	register_write(device, offset, value);
	pthread_mutex_unlock(&device->lock);
}

void virtio_notify(struct virtio_device *device, unsigned int queue)
{
	pthread_mutex_lock(&device->lock);
	queue_work(device, queue);
	pthread_mutex_unlock(&device->lock);
}
