/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/container/sync.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/kernel/entry.h"

#define SYNC_MAGIC 0x767a7331U
#define SYNC_HEAD offsetof(struct sync_msg, err)

int sync_pair(int fd[2], struct err *err)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) < 0)
		return err_sys(err, "make a socket pair");
	return 0;
}

static int send_msg(int fd, const struct sync_msg *msg, size_t len)
{
	ssize_t n;

	do
		n = send(fd, msg, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)len ? 0 : -1;
}

int sync_send(int fd, enum sync_kind kind, int64_t value)
{
	struct sync_msg msg = { .magic = SYNC_MAGIC, .kind = kind, .value = value };

	return send_msg(fd, &msg, SYNC_HEAD);
}

int sync_send_error(int fd, const struct err *why)
{
	struct sync_msg msg = { .magic = SYNC_MAGIC, .kind = SYNC_ERROR, .err = *why };

	return send_msg(fd, &msg, sizeof(msg));
}

static int take_error(struct sync_msg *msg, ssize_t len, struct err *err)
{
	if (len != (ssize_t)sizeof(*msg))
		return err_set(err, ERR_FAILED,
			       "the container's first process sent a broken message");
	msg->err.msg[sizeof(msg->err.msg) - 1] = '\0';
	if (err)
		*err = msg->err;
	return -1;
}

int sync_recv(int fd, struct sync_msg *msg, const char *program, struct err *err)
{
	struct entry_fault fault;
	ssize_t n;

	/* ECONNRESET, which comes once, says that the other end was closed with a message of ours
	 * unread: its own last one still waits behind that. */
	do
		n = recv(fd, msg, sizeof(*msg), 0);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return err_sys(err, "hear from the container's first process");
	if (n <= 0) {
		msg->kind = SYNC_EOF;
		return 0;
	}
	memcpy(&fault, msg, sizeof(fault));
	if (n == (ssize_t)sizeof(fault) && fault.magic == ENTRY_FAULT_MAGIC) {
		msg->kind = SYNC_FAULT;
		return entry_fault_err(&fault, program, err);
	}
	if (n < (ssize_t)SYNC_HEAD || msg->magic != SYNC_MAGIC)
		return err_set(err, ERR_FAILED,
			       "the container's first process sent a broken message");
	return msg->kind == SYNC_ERROR ? take_error(msg, n, err) : 0;
}

int sync_expect(int fd, enum sync_kind kind, struct sync_msg *msg, const char *program,
		struct err *err)
{
	if (sync_recv(fd, msg, program, err) < 0)
		return -1;
	if (msg->kind == (uint32_t)kind)
		return 0;
	if (msg->kind == SYNC_EOF)
		return err_set(err, ERR_FAILED,
			       "the container's first process ended too early (killed?)");
	return err_set(err, ERR_FAILED, "the container's first process is out of step");
}
