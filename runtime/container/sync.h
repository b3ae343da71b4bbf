/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sync: what the verb's process (the parent) and the container's first process (the child) say
 * to each other while the container is made, one datagram a message over a SOCK_SEQPACKET pair.
 * An end that is gone is an EOF at the other, which then gives up: neither outlives a kill of
 * the other half-way.
 */
#ifndef RUNTIME_CONTAINER_SYNC_H
#define RUNTIME_CONTAINER_SYNC_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"

enum sync_kind {
	SYNC_GO = 1,  /* parent: go on; value: the child's pid as the parent sees it */
	SYNC_MOUNTED, /* child: namespaces and mounts are there, the root not yet entered */
	SYNC_READY,   /* child: all is done but the last steps */
	SYNC_STARTED, /* child: the last steps begin */
	SYNC_ERROR,   /* child: it failed; the error comes along */
	SYNC_FAULT,   /* received only: a struct entry_fault of the last steps */
	SYNC_EOF,     /* received only: the other end is closed: exec worked, or it died */
	SYNC_FDS,     /* parent: `value` fds come along */
};

struct sync_msg {
	uint32_t magic;
	uint32_t kind;
	int64_t value;
	struct err err; /* sent with SYNC_ERROR only */
};

int sync_pair(int fd[2], struct err *err);

/* 0, or -1 with errno. */
int sync_send(int fd, enum sync_kind kind, int64_t value);
int sync_send_error(int fd, const struct err *why);

/* A message with fds, at most SYNC_FDS_MAX. sync_recv_fds: the one that must come now; *ret_n is how
 * many of ret_fds are the caller's, close-on-exec. */
#define SYNC_FDS_MAX 64
int sync_send_fds(int fd, const int *fds, size_t n, struct err *err);
int sync_recv_fds(int fd, int ret_fds[SYNC_FDS_MAX], size_t *ret_n, struct err *err);

/* Receives one message into *msg (kind SYNC_EOF at the end). A SYNC_ERROR becomes the caller's
 * error and -1; so does what is no message of ours. `program` names what a fault is about. */
int sync_recv(int fd, struct sync_msg *msg, const char *program, struct err *err);

/* Receives the one kind that must come now; anything else is an error. */
int sync_expect(int fd, enum sync_kind kind, struct sync_msg *msg, const char *program,
		struct err *err);

#endif
