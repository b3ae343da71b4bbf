/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvmshim/vmm/vsock_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The guest hears of room when so much of it has become free. */
#define TELL_AFTER (VSOCK_CONN_BUFFER / 2)

uint32_t vsock_conn_credit(const struct vsock_conn *conn)
{
	const uint32_t underway = conn->sent - conn->peer_taken;

	return underway < conn->peer_room ? conn->peer_room - underway : 0;
}

void vsock_conn_hear(struct vsock_conn *conn, const struct virtio_vsock_hdr *header)
{
	conn->peer_room = header->buf_alloc;
	conn->peer_taken = header->fwd_cnt;
}

void vsock_conn_tell(struct vsock_conn *conn, struct virtio_vsock_hdr *header)
{
	header->buf_alloc = VSOCK_CONN_BUFFER;
	header->fwd_cnt = conn->told = conn->taken;
}

static void buffer_put(struct vsock_conn *conn, const uint8_t *data, size_t len)
{
	const size_t end = (conn->begin + conn->len) % VSOCK_CONN_BUFFER;
	const size_t first = VSOCK_CONN_BUFFER - end < len ? VSOCK_CONN_BUFFER - end : len;

	memcpy(conn->buffer + end, data, first);
	memcpy(conn->buffer, data + first, len - first);
	conn->len += (uint32_t)len;
}

int vsock_conn_receive(struct vsock_conn *conn, const struct iovec *parts, unsigned int n)
{
	size_t total = 0;

	for (unsigned int i = 0; i < n; i++)
		total += parts[i].iov_len;
	if (total > VSOCK_CONN_BUFFER - conn->len)
		return -1;
	if (!conn->buffer)
		conn->buffer = malloc(VSOCK_CONN_BUFFER);
	if (!conn->buffer)
		return -1;
	for (unsigned int i = 0; i < n; i++)
		buffer_put(conn, parts[i].iov_base, parts[i].iov_len);
	return 0;
}

/* Sends the first unbroken part of the buffer: 1, or 0 if the socket is full, -1 if nobody reads. */
static int buffer_send(struct vsock_conn *conn)
{
	const size_t unbroken = VSOCK_CONN_BUFFER - conn->begin;
	ssize_t n = send(conn->watch.fd, conn->buffer + conn->begin,
			 conn->len < unbroken ? conn->len : unbroken, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	conn->begin = (conn->begin + (uint32_t)n) % VSOCK_CONN_BUFFER;
	conn->len -= (uint32_t)n;
	conn->taken += (uint32_t)n;
	return 1;
}

int vsock_conn_flush(struct vsock_conn *conn)
{
	while (conn->len) {
		const int sent = buffer_send(conn);

		if (sent <= 0)
			return sent;
	}
	free(conn->buffer);
	conn->buffer = NULL;
	conn->begin = 0;
	if (conn->taken - conn->told >= TELL_AFTER)
		conn->say |= VSOCK_SAY_CREDIT;
	if (conn->ends)
		(void)shutdown(conn->watch.fd, SHUT_WR);
	return 0;
}

void vsock_conn_close(struct vsock_conn *conn)
{
	if (conn->watch.fd >= 0)
		close(conn->watch.fd);
	free(conn->buffer);
	*conn = (struct vsock_conn){ .watch.fd = -1 };
}
