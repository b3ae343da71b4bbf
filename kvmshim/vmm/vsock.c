/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvmshim/vmm/vsock.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/base/mem.h"

enum {
	QUEUE_RX, /* to the guest */
	QUEUE_TX,
	QUEUE_EVENT,
	N_QUEUES,
	FIRST_PORT = 1 << 30,
	IOV_MAX_PARTS = 64,
	PACKET_MAX = 64 << 10,
};

static void pump(struct vsock *vsock);

/* ---- connections ---- */

static struct vsock_conn *conn_find(struct vsock *vsock, uint32_t guest_port, uint32_t host_port)
{
	for (unsigned int i = 0; i < VSOCK_CONNS_MAX; i++) {
		struct vsock_conn *conn = &vsock->conns[i];

		if (conn->state > VSOCK_ASKS && conn->guest_port == guest_port &&
		    conn->host_port == host_port)
			return conn;
	}
	return NULL;
}

static void conn_end(struct vsock *vsock, struct vsock_conn *conn)
{
	if (conn->watched)
		loop_remove(vsock->loop, &conn->watch);
	vsock_conn_close(conn);
}

/* The guest is told that it is over; then it is forgotten. */
static void conn_reset(struct vsock *vsock, struct vsock_conn *conn)
{
	struct vsock_ports ports = { conn->guest_port, conn->host_port };
	const bool known = conn->state > VSOCK_ASKS;

	conn_end(vsock, conn);
	if (known && vsock->n_resets < VSOCK_RESETS_MAX)
		vsock->resets[vsock->n_resets++] = ports;
}

static int watch_change(struct vsock *vsock, struct vsock_conn *conn, uint32_t events)
{
	if (events && conn->watched)
		return loop_change(vsock->loop, &conn->watch, events, NULL);
	if (events)
		return loop_add(vsock->loop, &conn->watch, events, NULL);
	loop_remove(vsock->loop, &conn->watch);
	return 0;
}

/* Its socket is watched for input as long as the guest has room for it, for room as long as something
 * waits for that, and otherwise not at all: that the other end hung up would be told again and again. */
static void conn_watch(struct vsock *vsock, struct vsock_conn *conn)
{
	const bool wants =
		conn->state == VSOCK_ASKS || (conn->state == VSOCK_UP && !conn->sends_no_more &&
					      !conn->readable && vsock_conn_credit(conn));
	const uint32_t events = (wants ? EPOLLIN : 0U) | (conn->len ? EPOLLOUT : 0U);

	if (conn->state == VSOCK_FREE || events == conn->watched)
		return;
	if (watch_change(vsock, conn, events) < 0)
		conn_reset(vsock, conn);
	else
		conn->watched = events;
}

/* The host's program says whom it wants. */
static void conn_ask(struct vsock *vsock, struct vsock_conn *conn)
{
	uint32_t port;
	const ssize_t n = recv(conn->watch.fd, &port, sizeof(port), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != sizeof(port)) { /* it is sent at once: a part is none */
		conn_end(vsock, conn);
		return;
	}
	conn->guest_port = port;
	conn->host_port = vsock->next_port++;
	conn->state = VSOCK_CALLS;
	conn->say = VSOCK_SAY_REQUEST;
	if (vsock->next_port < FIRST_PORT)
		vsock->next_port = FIRST_PORT;
}

static void conn_flush(struct vsock *vsock, struct vsock_conn *conn)
{
	if (vsock_conn_flush(conn) < 0 || (conn->state == VSOCK_CLOSES && !conn->len))
		conn_reset(vsock, conn);
}

static void conn_ready(struct loop_watch *watch, uint32_t events)
{
	struct vsock *vsock = watch->self;
	struct vsock_conn *conn = (struct vsock_conn *)watch; /* its first */

	pthread_mutex_lock(&vsock->device.lock);
	if (conn->state == VSOCK_ASKS)
		conn_ask(vsock, conn);
	conn->readable |= conn->state == VSOCK_UP && events & ~(uint32_t)EPOLLOUT;
	if (conn->state > VSOCK_ASKS && conn->len)
		conn_flush(vsock, conn);
	conn_watch(vsock, conn);
	pump(vsock);
	pthread_mutex_unlock(&vsock->device.lock);
}

/* A row for a socket, which is the device's from here on. NULL: there is none, it is closed. */
static struct vsock_conn *conn_add(struct vsock *vsock, int fd, enum vsock_state state)
{
	for (unsigned int i = 0; i < VSOCK_CONNS_MAX; i++) {
		struct vsock_conn *conn = &vsock->conns[i];

		if (conn->state != VSOCK_FREE)
			continue;
		conn->watch = (struct loop_watch){ fd, conn_ready, vsock };
		conn->state = state;
		return conn;
	}
	close(fd);
	return NULL;
}

static void listener_ready(struct loop_watch *watch, uint32_t events)
{
	struct vsock *vsock = watch->self;
	const int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct vsock_conn *conn;

	(void)events;
	if (fd < 0)
		return;
	pthread_mutex_lock(&vsock->device.lock);
	conn = conn_add(vsock, fd, VSOCK_ASKS);
	if (conn)
		conn_watch(vsock, conn);
	pthread_mutex_unlock(&vsock->device.lock);
}

/* ---- from the guest ---- */

static void guest_calls(struct vsock *vsock, const struct virtio_vsock_hdr *header)
{
	const int fd = vsock->accept ? vsock->accept(vsock->self, header->dst_port) : -1;
	struct vsock_conn *conn = fd < 0 ? NULL : conn_add(vsock, fd, VSOCK_UP);

	if (!conn) {
		if (vsock->n_resets < VSOCK_RESETS_MAX)
			vsock->resets[vsock->n_resets++] =
				(struct vsock_ports){ header->src_port, header->dst_port };
		return;
	}
	conn->guest_port = header->src_port;
	conn->host_port = header->dst_port;
	conn->say = VSOCK_SAY_RESPONSE;
	vsock_conn_hear(conn, header);
}

static void guest_shuts_down(struct vsock *vsock, struct vsock_conn *conn, uint32_t flags)
{
	if (flags & VIRTIO_VSOCK_SHUTDOWN_RCV)
		conn->sends_no_more = true;
	if (flags & VIRTIO_VSOCK_SHUTDOWN_SEND)
		conn->ends = true;
	if (conn->ends && conn->sends_no_more)
		conn->state = VSOCK_CLOSES;
	conn_flush(vsock, conn);
}

static void guest_sends(struct vsock *vsock, struct vsock_conn *conn,
			const struct virtq_chain *chain, uint32_t len)
{
	struct iovec parts[IOV_MAX_PARTS];
	const unsigned int n =
		virtq_iov_in(chain, sizeof(struct virtio_vsock_hdr), len, parts, IOV_MAX_PARTS);

	if (conn->state != VSOCK_UP || conn->ends || vsock_conn_receive(conn, parts, n) < 0)
		conn_reset(vsock, conn);
	else
		conn_flush(vsock, conn);
}

static void conn_packet(struct vsock *vsock, struct vsock_conn *conn,
			const struct virtio_vsock_hdr *header, const struct virtq_chain *chain)
{
	vsock_conn_hear(conn, header);
	switch (header->op) {
	case VIRTIO_VSOCK_OP_RESPONSE:
		if (conn->state == VSOCK_CALLS)
			conn->state = VSOCK_UP;
		break;
	case VIRTIO_VSOCK_OP_RST:
		conn_end(vsock, conn);
		break;
	case VIRTIO_VSOCK_OP_SHUTDOWN:
		guest_shuts_down(vsock, conn, header->flags);
		break;
	case VIRTIO_VSOCK_OP_RW:
		guest_sends(vsock, conn, chain, header->len);
		break;
	case VIRTIO_VSOCK_OP_CREDIT_UPDATE:
		break;
	case VIRTIO_VSOCK_OP_CREDIT_REQUEST:
		conn->say |= VSOCK_SAY_CREDIT;
		break;
	default:
		conn_reset(vsock, conn);
		break;
	}
}

static bool header_fits(const struct virtio_vsock_hdr *header, const struct virtq_chain *chain)
{
	return header->src_cid == VSOCK_GUEST && header->dst_cid == VSOCK_HOST &&
	       header->len <= PACKET_MAX &&
	       header->len <= chain->read_bytes - sizeof(struct virtio_vsock_hdr);
}

/* The header is copied once: what the guest writes there later changes nothing. */
static void packet_take(struct vsock *vsock, const struct virtq_chain *chain)
{
	struct virtio_vsock_hdr header;
	struct vsock_conn *conn;

	if (virtq_copy_in(chain, 0, &header, sizeof(header)) != sizeof(header) ||
	    !header_fits(&header, chain))
		return;
	conn = conn_find(vsock, header.src_port, header.dst_port);
	if (header.type == VIRTIO_VSOCK_TYPE_STREAM && conn && header.op != VIRTIO_VSOCK_OP_REQUEST)
		conn_packet(vsock, conn, &header, chain);
	else if (header.type == VIRTIO_VSOCK_TYPE_STREAM && !conn &&
		 header.op == VIRTIO_VSOCK_OP_REQUEST)
		guest_calls(vsock, &header);
	else if (conn)
		conn_reset(vsock, conn);
	else if (header.op != VIRTIO_VSOCK_OP_RST && vsock->n_resets < VSOCK_RESETS_MAX)
		vsock->resets[vsock->n_resets++] =
			(struct vsock_ports){ header.src_port, header.dst_port };
}

static void tx_drain(struct vsock *vsock)
{
	struct virtq *q = &vsock->device.queues[QUEUE_TX];
	struct virtq_chain chain;

	do {
		while (virtq_pop(q, &chain) == 1) {
			packet_take(vsock, &chain);
			virtq_push(q, chain.head, 0);
		}
	} while (virtq_listen(q));
	virtio_interrupt(&vsock->device, q);
}

/* ---- to the guest ---- */

static struct virtio_vsock_hdr header_to(uint32_t guest_port, uint32_t host_port, uint16_t op)
{
	return (struct virtio_vsock_hdr){
		.src_cid = VSOCK_HOST,
		.dst_cid = VSOCK_GUEST,
		.src_port = host_port,
		.dst_port = guest_port,
		.type = VIRTIO_VSOCK_TYPE_STREAM,
		.op = op,
	};
}

static bool header_put(struct vsock *vsock, const struct virtq_chain *chain,
		       const struct virtio_vsock_hdr *header)
{
	struct virtq *q = &vsock->device.queues[QUEUE_RX];

	if (virtq_copy_out(chain, 0, header, sizeof(*header)) != sizeof(*header)) {
		q->broken = true; /* no driver gives less than a header's room */
		return false;
	}
	virtq_push(q, chain->head, (uint32_t)sizeof(*header) + header->len);
	return true;
}

/* The most urgent thing that the connection has to say. */
static uint16_t conn_speech(struct vsock_conn *conn)
{
	static const struct {
		unsigned int say;
		uint16_t op;
	} rows[] = {
		{ VSOCK_SAY_REQUEST, VIRTIO_VSOCK_OP_REQUEST },
		{ VSOCK_SAY_RESPONSE, VIRTIO_VSOCK_OP_RESPONSE },
		{ VSOCK_SAY_CREDIT, VIRTIO_VSOCK_OP_CREDIT_UPDATE },
		{ VSOCK_SAY_SHUTDOWN, VIRTIO_VSOCK_OP_SHUTDOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (conn->say & rows[i].say) {
			conn->say &= ~rows[i].say;
			return rows[i].op;
		}
	}
	return VIRTIO_VSOCK_OP_INVALID;
}

/* Reads from the host's socket straight into the guest's buffers. Returns the bytes; 0: none now. */
static uint32_t conn_read(struct vsock *vsock, struct vsock_conn *conn,
			  const struct virtq_chain *chain)
{
	struct iovec parts[IOV_MAX_PARTS];
	uint32_t room = vsock_conn_credit(conn);
	unsigned int n;
	ssize_t got;

	if (conn->state != VSOCK_UP || conn->sends_no_more || !conn->readable || !room)
		return 0;
	if (room > PACKET_MAX)
		room = PACKET_MAX;
	n = virtq_iov_out(chain, sizeof(struct virtio_vsock_hdr), room, parts, IOV_MAX_PARTS);
	if (!n)
		return 0;
	got = readv(conn->watch.fd, parts, (int)n);
	if (got > 0)
		return (uint32_t)got;
	conn->readable = false;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	conn->sends_no_more = true;
	if (got < 0)
		conn_reset(vsock, conn);
	else
		conn->say |= VSOCK_SAY_SHUTDOWN;
	return 0;
}

/* One packet of this connection. false: it has none. */
static bool conn_send(struct vsock *vsock, struct vsock_conn *conn, const struct virtq_chain *chain)
{
	uint16_t op = conn_speech(conn);
	struct virtio_vsock_hdr header;
	uint32_t len = 0;

	if (op == VIRTIO_VSOCK_OP_INVALID) {
		len = conn_read(vsock, conn, chain);
		op = len ? VIRTIO_VSOCK_OP_RW : conn_speech(conn);
	}
	if (op == VIRTIO_VSOCK_OP_INVALID)
		return false;
	header = header_to(conn->guest_port, conn->host_port, op);
	header.len = len;
	header.flags = op == VIRTIO_VSOCK_OP_SHUTDOWN ? VIRTIO_VSOCK_SHUTDOWN_SEND : 0;
	vsock_conn_tell(conn, &header);
	conn->sent += len;
	return header_put(vsock, chain, &header);
}

static bool reset_send(struct vsock *vsock, const struct virtq_chain *chain)
{
	struct virtio_vsock_hdr header;

	if (!vsock->n_resets)
		return false;
	vsock->n_resets--;
	header = header_to(vsock->resets[vsock->n_resets].guest,
			   vsock->resets[vsock->n_resets].host, VIRTIO_VSOCK_OP_RST);
	return header_put(vsock, chain, &header);
}

/* Whoever's turn it is fills one chain; a turn each. */
static bool chain_fill(struct vsock *vsock, const struct virtq_chain *chain)
{
	if (reset_send(vsock, chain))
		return true;
	for (unsigned int i = 0; i < VSOCK_CONNS_MAX; i++) {
		struct vsock_conn *conn = &vsock->conns[vsock->next_turn++ % VSOCK_CONNS_MAX];

		if (conn->state > VSOCK_ASKS && conn_send(vsock, conn, chain))
			return true;
	}
	return reset_send(vsock, chain);
}

/* Sends all there is to send and room for. */
static void pump(struct vsock *vsock)
{
	struct virtq *q = &vsock->device.queues[QUEUE_RX];
	struct virtq_chain chain;
	bool empty = false;

	if (!virtio_runs(&vsock->device))
		return;
	while (!empty) {
		while (!empty && virtq_pop(q, &chain) == 1) {
			empty = !chain_fill(vsock, &chain);
			if (empty)
				virtq_unpop(q);
		}
		if (!virtq_listen(q))
			break;
	}
	virtio_interrupt(&vsock->device, q);
	if (q->broken)
		virtio_break(&vsock->device);
	for (unsigned int i = 0; i < VSOCK_CONNS_MAX; i++)
		conn_watch(vsock, &vsock->conns[i]);
}

/* ---- the device ---- */

static void notified(struct virtio_device *device, unsigned int queue)
{
	struct vsock *vsock = device->self;

	if (queue == QUEUE_TX)
		tx_drain(vsock);
	if (queue != QUEUE_EVENT)
		pump(vsock);
}

static void reset(struct virtio_device *device)
{
	struct vsock *vsock = device->self;

	for (unsigned int i = 0; i < VSOCK_CONNS_MAX; i++) {
		if (vsock->conns[i].state > VSOCK_ASKS)
			conn_end(vsock, &vsock->conns[i]);
	}
	vsock->n_resets = 0;
}

static void started(struct virtio_device *device)
{
	pump(device->self);
}

static const struct virtio_ops ops = {
	.name = "vsock",
	.id = VIRTIO_ID_VSOCK,
	.n_queues = N_QUEUES,
	.start = started,
	.notify = notified,
	.reset = reset,
};

int vsock_init(struct vsock *vsock, const struct memory *memory, struct loop *loop, int listen_fd,
	       vsock_accept accept, void *self, struct err *err)
{
	*vsock = (struct vsock){
		.loop = loop,
		.listener = { listen_fd, listener_ready, vsock },
		.accept = accept,
		.self = self,
		.config = VSOCK_GUEST,
		.next_port = FIRST_PORT,
	};
	for (unsigned int i = 0; i < VSOCK_CONNS_MAX; i++)
		vsock->conns[i].watch.fd = -1;
	virtio_init(&vsock->device, &ops, vsock, memory);
	vsock->device.config = &vsock->config;
	vsock->device.config_bytes = sizeof(vsock->config);
	return listen_fd < 0 ? 0 : loop_add(loop, &vsock->listener, EPOLLIN, err);
}

void vsock_done(struct vsock *vsock)
{
	for (unsigned int i = 0; i < VSOCK_CONNS_MAX; i++)
		vsock_conn_close(&vsock->conns[i]);
	virtio_done(&vsock->device);
}
