/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seccomp_agent SOCKET NR VALUE: what listens at a profile's listenerPath in the tests.
 *
 * Prints each container process state that it gets, one a line, and with it how many fds came.
 * System calls of number NR return VALUE, all others go on. Ends when every listener is gone.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_LISTENERS 16
#define MAX_FDS 4
#define MESSAGE_SIZE 65536

static int die(const char *what)
{
	perror(what);
	exit(1);
}

static int open_server(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(addr.sun_path))
		die(path);
	strcpy(addr.sun_path, path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 8) < 0)
		die(path);
	return fd;
}

/* The first part of the message, which the fds come with. */
static size_t receive_fds(int conn, char *text, size_t size, int fds[MAX_FDS], size_t *ret_fds)
{
	char control[CMSG_SPACE(MAX_FDS * sizeof(int))] __attribute__((aligned(8)));
	struct iovec part = { text, size };
	struct msghdr msg = { .msg_iov = &part,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(conn, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	if (n < 0)
		die("recvmsg");
	*ret_fds = cmsg ? (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
	if (cmsg)
		memcpy(fds, CMSG_DATA(cmsg), *ret_fds * sizeof(int));
	return (size_t)n;
}

/* Takes one connection; the listener. */
static int take(int server)
{
	static char text[MESSAGE_SIZE];
	int conn = accept(server, NULL, NULL), fds[MAX_FDS] = { -1 };
	size_t len, n_fds;
	ssize_t n;

	if (conn < 0)
		die("accept");
	len = receive_fds(conn, text, sizeof(text), fds, &n_fds);
	while ((n = read(conn, text + len, sizeof(text) - len)) > 0)
		len += (size_t)n;
	close(conn);
	printf("%zu %.*s\n", n_fds, (int)len, text);
	fflush(stdout);
	return fds[0];
}

static void serve(int listener, int nr, int64_t value)
{
	struct seccomp_notif call = { 0 };
	struct seccomp_notif_resp response = { 0 };

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0) {
		if (errno != ENOENT) /* the caller was killed meanwhile */
			die("receive a notification");
		return;
	}
	response.id = call.id;
	if (call.data.nr == nr)
		response.val = value;
	else
		response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) < 0 && errno != ENOENT)
		die("answer a notification");
}

int main(int argc, char **argv)
{
	struct pollfd polls[1 + MAX_LISTENERS];
	nfds_t n = 1;

	if (argc != 4)
		return 2;
	polls[0] = (struct pollfd){ .fd = open_server(argv[1]), .events = POLLIN };
	do {
		if (poll(polls, n, -1) < 0)
			die("poll");
		for (nfds_t i = n - 1; i > 0; i--) {
			if (polls[i].revents & POLLIN)
				serve(polls[i].fd, atoi(argv[2]), atoll(argv[3]));
			else if (polls[i].revents & POLLHUP)
				polls[i] = polls[--n];
		}
		if ((polls[0].revents & POLLIN) && n <= MAX_LISTENERS) {
			polls[n] = (struct pollfd){ .fd = take(polls[0].fd), .events = POLLIN };
			n++;
		}
	} while (n > 1);
	return 0;
}
