/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vsock: the socket device (virtio 1.2, 5.10), in this process: no module of the host's, and no number
 * space that guests share. What the guest sees as VSOCK_HOST is a Unix socket here.
 *
 * From the host: a program connects to the listening socket and sends the guest's port as four bytes,
 * little-endian; from then on it is a stream to whoever listens there in the guest, or it is closed.
 * From the guest: `accept` is asked for a connected socket to a port of the host's.
 *
 * A guest can keep at most VSOCK_CONNS_MAX connections, each with 64 KiB; a program that does not
 * read holds up nobody but itself.
 */
#ifndef KVMSHIM_VMM_VSOCK_H
#define KVMSHIM_VMM_VSOCK_H

#include "kvmshim/vmm/virtio.h"
#include "kvmshim/vmm/vsock_conn.h"

#define VSOCK_HOST 2U  /* VMADDR_CID_HOST */
#define VSOCK_GUEST 3U /* each guest's: nobody else is there */
#define VSOCK_CONNS_MAX 128U
#define VSOCK_RESETS_MAX 64U

/* A stream socket for the guest's connection to `port`, owned by the device then; -1: nobody is there.
 * Called in the I/O thread, with the device's lock held. */
typedef int (*vsock_accept)(void *self, uint32_t port);

struct vsock_ports {
	uint32_t guest, host;
};

struct vsock {
	struct virtio_device device;
	struct loop *loop;
	struct loop_watch listener; /* fd -1: none */
	vsock_accept accept;
	void *self;
	uint64_t config; /* the guest's number */
	uint32_t next_port;
	unsigned int next_turn; /* whose turn it is to send */
	struct vsock_conn conns[VSOCK_CONNS_MAX];
	struct vsock_ports resets[VSOCK_RESETS_MAX]; /* for packets that belong to no connection */
	unsigned int n_resets;
};

/* listen_fd: borrowed, listening, non-blocking; or -1. */
int vsock_init(struct vsock *vsock, const struct memory *memory, struct loop *loop, int listen_fd,
	       vsock_accept accept, void *self, struct err *err);
void vsock_done(struct vsock *vsock);

#endif
