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

/* ---- fds ---- */

union fds_control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int) * SYNC_FDS_MAX)];
};

int sync_send_fds(int fd, const int *fds, size_t n, struct err *err)
{
	struct sync_msg head = { .magic = SYNC_MAGIC, .kind = SYNC_FDS, .value = (int64_t)n };
	union fds_control control = { .room = { 0 } };
	struct iovec iov = { &head, SYNC_HEAD };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control };
	ssize_t sent;

	msg.msg_controllen = CMSG_SPACE(sizeof(int) * n);
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int) * n);
	memcpy(CMSG_DATA(&control.head), fds, sizeof(int) * n);
	do
		sent = sendmsg(fd, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)SYNC_HEAD ? 0 : err_sys(err, "send fds to the first process");
}

int sync_recv_fds(int fd, int ret_fds[SYNC_FDS_MAX], size_t *ret_n, struct err *err)
{
	struct sync_msg head = { 0 };
	union fds_control control;
	struct iovec iov = { &head, SYNC_HEAD };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *with;
	ssize_t n;

	do
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, "receive fds");
	with = CMSG_FIRSTHDR(&msg);
	if (n != (ssize_t)SYNC_HEAD || head.kind != SYNC_FDS || !with ||
	    with->cmsg_type != SCM_RIGHTS ||
	    with->cmsg_len != CMSG_LEN(sizeof(int) * (size_t)head.value))
		return err_set(err, ERR_FAILED, "the verb's process ended too early (killed?)");
	memcpy(ret_fds, CMSG_DATA(with), sizeof(int) * (size_t)head.value);
	*ret_n = (size_t)head.value;
	return 0;
}

/* ---- messages ---- */

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
