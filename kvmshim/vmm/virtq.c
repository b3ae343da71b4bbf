/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvmshim/vmm/virtq.h"

#include <linux/virtio_ring.h>
#include <string.h>

/* virtio 1.2, 2.7: sizes and alignments of the three parts. */
enum {
	DESC_ALIGN = 16,
	AVAIL_ALIGN = 2,
	USED_ALIGN = 4,
	EVENT_BYTES = sizeof(uint16_t),
};

static const struct vring_avail *avail_of(const struct virtq *q)
{
	return q->avail;
}

static struct vring_used *used_of(const struct virtq *q)
{
	return q->used;
}

/* used_event, behind the driver's ring; avail_event, behind the device's. */
static const uint16_t *used_event(const struct virtq *q)
{
	return &avail_of(q)->ring[q->size];
}

static uint16_t *avail_event(const struct virtq *q)
{
	return (uint16_t *)&used_of(q)->ring[q->size];
}

static uint16_t load(const uint16_t *at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static void store(uint16_t *at, uint16_t value)
{
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
}

static void *part_at(const struct virtq *q, uint64_t gpa, uint64_t len, unsigned int align)
{
	return gpa % align ? NULL : memory_at(q->memory, gpa, len);
}

static int broken(struct virtq *q)
{
	q->broken = true;
	return -1;
}

int virtq_start(struct virtq *q)
{
	const uint64_t n = q->size;

	if (!n || n > VIRTQ_SIZE_MAX || (n & (n - 1)))
		return broken(q);
	q->desc = part_at(q, q->desc_gpa, n * sizeof(struct vring_desc), DESC_ALIGN);
	q->avail = part_at(q, q->avail_gpa,
			   sizeof(struct vring_avail) + n * sizeof(uint16_t) + EVENT_BYTES,
			   AVAIL_ALIGN);
	q->used = part_at(q, q->used_gpa,
			  sizeof(struct vring_used) + n * sizeof(struct vring_used_elem) +
				  EVENT_BYTES,
			  USED_ALIGN);
	if (!q->desc || !q->avail || !q->used)
		return broken(q);
	q->ready = true;
	return 0;
}

void virtq_reset(struct virtq *q)
{
	*q = (struct virtq){ .memory = q->memory };
}

/* Copies descriptor `index` once, so that what is checked is what is used. */
static int desc_copy(const struct virtq *q, uint16_t index, struct vring_desc *ret)
{
	const struct vring_desc *table = q->desc;

	if (index >= q->size)
		return -1;
	memcpy(ret, &table[index], sizeof(*ret));
	__atomic_signal_fence(__ATOMIC_SEQ_CST); /* no second look */
	return ret->flags & VRING_DESC_F_INDIRECT ? -1 : 0;
}

static int chain_add(const struct virtq *q, struct virtq_chain *chain,
		     const struct vring_desc *desc)
{
	const bool write = desc->flags & VRING_DESC_F_WRITE;
	const unsigned int n = chain->n_read + chain->n_write;
	void *host = memory_at(q->memory, desc->addr, desc->len);

	if (!host || (!write && chain->n_write))
		return -1;
	chain->bufs[n] = (struct virtq_buf){ host, desc->len };
	if (write) {
		chain->n_write++;
		chain->write_bytes += desc->len;
	} else {
		chain->n_read++;
		chain->read_bytes += desc->len;
	}
	return 0;
}

/* A loop would need more descriptors than there are. */
static int chain_collect(const struct virtq *q, struct virtq_chain *chain)
{
	struct vring_desc desc = { .next = chain->head };

	for (unsigned int n = 0; n < q->size; n++) {
		if (desc_copy(q, desc.next, &desc) < 0 || chain_add(q, chain, &desc) < 0)
			return -1;
		if (!(desc.flags & VRING_DESC_F_NEXT))
			return 0;
	}
	return -1;
}

int virtq_pop(struct virtq *q, struct virtq_chain *ret)
{
	uint16_t there;

	if (!q->ready || q->broken)
		return q->broken ? -1 : 0;
	there = (uint16_t)(load(&avail_of(q)->idx) - q->next_avail);
	if (there > q->size)
		return broken(q);
	if (!there)
		return 0;
	ret->n_read = ret->n_write = 0;
	ret->read_bytes = ret->write_bytes = 0;
	ret->head = load(&avail_of(q)->ring[q->next_avail % q->size]);
	if (chain_collect(q, ret) < 0)
		return broken(q);
	q->next_avail++;
	return 1;
}

void virtq_unpop(struct virtq *q)
{
	q->next_avail--;
}

void virtq_push(struct virtq *q, uint16_t head, uint32_t written)
{
	struct vring_used_elem *elem;

	if (!q->ready || q->broken)
		return;
	elem = &used_of(q)->ring[q->next_used % q->size];
	elem->id = head;
	elem->len = written;
	store(&used_of(q)->idx, ++q->next_used);
}

/* virtio 1.2, 2.7.7.2 and 2.7.10. */
bool virtq_interrupts(struct virtq *q)
{
	const uint16_t now = q->next_used, before = q->last_asked;

	if (!q->ready || q->broken || now == before)
		return false;
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* the index before the question */
	q->last_asked = now;
	if (!q->event_idx)
		return !(load(&avail_of(q)->flags) & VRING_AVAIL_F_NO_INTERRUPT);
	return vring_need_event(load(used_event(q)), now, before);
}

bool virtq_listen(struct virtq *q)
{
	if (!q->ready || q->broken)
		return false;
	if (q->event_idx)
		store(avail_event(q), q->next_avail);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* the wish before the look */
	return load(&avail_of(q)->idx) != q->next_avail;
}

static size_t min_size(uint64_t a, size_t b)
{
	return a < b ? (size_t)a : b;
}

/* `len` bytes of n buffers from `offset` on. */
static unsigned int iov(const struct virtq_buf *bufs, unsigned int n, uint64_t offset, size_t len,
			struct iovec *ret, unsigned int max)
{
	unsigned int parts = 0;

	for (unsigned int i = 0; i < n && len && parts < max; i++) {
		size_t part;

		if (offset >= bufs[i].len) {
			offset -= bufs[i].len;
			continue;
		}
		part = min_size(bufs[i].len - offset, len);
		ret[parts++] = (struct iovec){ (char *)bufs[i].host + offset, part };
		len -= part;
		offset = 0;
	}
	return parts;
}

unsigned int virtq_iov_in(const struct virtq_chain *chain, uint64_t offset, size_t len,
			  struct iovec *ret, unsigned int max)
{
	return iov(chain->bufs, chain->n_read, offset, len, ret, max);
}

unsigned int virtq_iov_out(const struct virtq_chain *chain, uint64_t offset, size_t len,
			   struct iovec *ret, unsigned int max)
{
	return iov(chain->bufs + chain->n_read, chain->n_write, offset, len, ret, max);
}

size_t virtq_copy_in(const struct virtq_chain *chain, uint64_t offset, void *data, size_t len)
{
	struct iovec parts[VIRTQ_SIZE_MAX];
	const unsigned int n = virtq_iov_in(chain, offset, len, parts, VIRTQ_SIZE_MAX);
	size_t done = 0;

	for (unsigned int i = 0; i < n; done += parts[i++].iov_len)
		memcpy((char *)data + done, parts[i].iov_base, parts[i].iov_len);
	return done;
}

size_t virtq_copy_out(const struct virtq_chain *chain, uint64_t offset, const void *data,
		      size_t len)
{
	struct iovec parts[VIRTQ_SIZE_MAX];
	const unsigned int n = virtq_iov_out(chain, offset, len, parts, VIRTQ_SIZE_MAX);
	size_t done = 0;

	for (unsigned int i = 0; i < n; done += parts[i++].iov_len)
		memcpy(parts[i].iov_base, (const char *)data + done, parts[i].iov_len);
	return done;
}
