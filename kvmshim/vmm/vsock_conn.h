/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vsock_conn: one stream between a port of the guest's and a socket of the host's: what was received
 * and has not been passed on, what may be sent (virtio 1.2, 5.10.6.3: credit), what is to be said.
 *
 * It knows no queue: vsock.c asks it what to send and tells it what came.
 */
#ifndef KVMSHIM_VMM_VSOCK_CONN_H
#define KVMSHIM_VMM_VSOCK_CONN_H

#include <linux/virtio_vsock.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "kvmshim/vmm/loop.h"

#define VSOCK_CONN_BUFFER 65536U /* what the guest may send ahead */

enum vsock_state {
	VSOCK_FREE,
	VSOCK_ASKS,  /* whom the host's program wants has not been said yet */
	VSOCK_CALLS, /* the guest has not answered yet */
	VSOCK_UP,
	VSOCK_CLOSES, /* the guest sends no more: what is here is passed on, then it ends */
};

/* What is to be said, most urgent first. */
enum vsock_say {
	VSOCK_SAY_REQUEST = 1 << 0,
	VSOCK_SAY_RESPONSE = 1 << 1,
	VSOCK_SAY_CREDIT = 1 << 2,
	VSOCK_SAY_SHUTDOWN = 1 << 3,
};

struct vsock_conn {
	struct loop_watch watch; /* of the host's socket; fd -1: closed */
	uint32_t watched;        /* the events that are waited for; 0: it is not watched */
	enum vsock_state state;
	uint32_t guest_port, host_port;
	unsigned int say;

	/* to the guest */
	uint32_t peer_room, peer_taken, sent; /* modulo 2^32 */
	bool readable;                        /* the host's socket may have something */
	bool sends_no_more;

	/* from the guest: a ring of VSOCK_CONN_BUFFER bytes, or NULL while nothing waits */
	uint8_t *buffer;
	uint32_t begin, len;
	uint32_t taken, told; /* bytes passed on; as the guest last heard of it */
	bool ends;            /* nothing comes behind what is in the buffer */
};

/* How many bytes the guest has room for. */
uint32_t vsock_conn_credit(const struct vsock_conn *conn);

/* What each packet of the guest's says of its room. */
void vsock_conn_hear(struct vsock_conn *conn, const struct virtio_vsock_hdr *header);

/* Fills in what every packet to the guest says; it counts as told. */
void vsock_conn_tell(struct vsock_conn *conn, struct virtio_vsock_hdr *header);

/* Takes what came from the guest. -1: more than it was given room for, or no memory. */
int vsock_conn_receive(struct vsock_conn *conn, const struct iovec *parts, unsigned int n);

/* Passes on what waits as far as the host's socket takes it, and its end. -1: nobody is there. */
int vsock_conn_flush(struct vsock_conn *conn);

/* Forgets all of it and closes the socket. */
void vsock_conn_close(struct vsock_conn *conn);

#endif
