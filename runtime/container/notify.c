/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/container/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/kernel/console.h"
#include "runtime/kernel/mount.h"

#define MESSAGE_MAX_BYTES 4096 /* systemd takes no longer ones */

/* A manager that does not know the barrier (before systemd 246) never answers it. */
#define BARRIER_TIMEOUT_MSEC 30000

/* ---- the container's end ---- */

int notify_prepare(int state_fd, int *ret_tree, struct err *err)
{
	auto_fd int tree = -1;

	/* Open to every user of the container, whatever our umask is. */
	if (mkdirat(state_fd, "notify", 0755) < 0 || fchmodat(state_fd, "notify", 0755, 0) < 0)
		return err_sys(err, "make a folder for the notification socket");
	tree = mount_open_tree(state_fd, "notify", OPEN_TREE_CLONE | AT_SYMLINK_NOFOLLOW);
	if (tree < 0 ||
	    mount_set(tree, 0,
		      MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
		      0, 0, -1) < 0)
		return err_sys(err, "open the notification socket's folder as a mount");
	*ret_tree = steal_fd(&tree);
	return 0;
}

int notify_attach(int root_fd, int tree, struct err *err)
{
	auto_fd int target = path_make_dir_in(root_fd, "/run/notify", 0755, err);

	if (target < 0)
		return err_wrap(err, "NOTIFY_SOCKET");
	if (mount_move(tree, target) < 0)
		return err_sys(err, "NOTIFY_SOCKET: attach \"/run/notify\"");
	return 0;
}

int notify_listen(int state_fd, int *ret_fd, struct err *err)
{
	auto_fd int dir = openat(state_fd, "notify", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
		    sock = -1;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (dir < 0 && errno == ENOENT)
		return 0;
	if (dir < 0)
		return err_sys(err, "open the notification socket's folder");
	unlinkat(dir, "notify.sock", 0); /* of a start that was killed */
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/notify.sock", dir);
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock < 0 || bind(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    fchmodat(dir, "notify.sock", 0777, 0) < 0)
		return err_sys(err, "make the notification socket");
	*ret_fd = steal_fd(&sock);
	return 0;
}

static bool says_ready(char *text)
{
	char *line;

	while ((line = strsep(&text, "\n")))
		if (str_eq(line, "READY=1"))
			return true;
	return false;
}

bool notify_take(int fd)
{
	char text[MESSAGE_MAX_BYTES + 1];
	bool ready = false;
	ssize_t n;

	/* Fds that come along are dropped by the kernel, for there is no room for them. */
	while ((n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT)) >= 0) {
		text[n] = '\0';
		ready |= says_ready(text);
	}
	return ready;
}

/* ---- the manager's end ---- */

static int connect_manager(const char *host, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	auto_fd int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	size_t len = strlen(host);

	if (sock < 0)
		return err_sys(err, "make a socket");
	if ((host[0] != '/' && host[0] != '@') || len >= sizeof(addr.sun_path))
		return err_set(err, ERR_UNSUPPORTED, "\"%.120s\" is no address of a unix socket",
			       host);
	memcpy(addr.sun_path, host, len);
	if (host[0] == '@')
		addr.sun_path[0] = '\0';
	else
		len++;
	if (connect(sock, (struct sockaddr *)&addr,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
		return err_sys(err, "connect to \"%.120s\"", host);
	return steal_fd(&sock);
}

/* sd_notify_barrier(3): the manager closes the fd when it has come to this message. */
static int wait_for_manager(int sock, struct err *err)
{
	struct pollfd pfd = { .events = 0 };
	auto_fd int ours = -1, its = -1;
	int pair[2], n;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	ours = pair[0];
	its = pair[1];
	if (console_send(sock, its, "BARRIER=1", err) < 0)
		return -1;
	fd_closep(&its);
	pfd.fd = ours;
	do
		n = poll(&pfd, 1, BARRIER_TIMEOUT_MSEC);
	while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : err_set(err, ETIMEDOUT, "it did not answer");
}

static int tell(const char *host, pid_t main_pid, struct err *err)
{
	auto_fd int sock = connect_manager(host, err);
	char text[64];
	int len = main_pid > 0 ? snprintf(text, sizeof(text), "READY=1\nMAINPID=%d\n", main_pid) :
				 snprintf(text, sizeof(text), "READY=1\n");

	if (sock < 0)
		return -1;
	if (send(sock, text, (size_t)len, MSG_NOSIGNAL) < 0)
		return err_sys(err, "send to \"%.120s\"", host);
	return main_pid > 0 ? wait_for_manager(sock, err) : 0;
}

void notify_tell(const char *host, pid_t main_pid)
{
	struct err err;

	if (tell(host, main_pid, &err) < 0)
		log_warning("NOTIFY_SOCKET: tell the service manager: %s, ignoring", err.msg);
}

int notify_wait(int fd, const char *host, pid_t init, int init_pidfd, struct err *err)
{
	struct pollfd fds[] = { { .fd = init_pidfd, .events = POLLIN },
				{ .fd = fd, .events = POLLIN } };

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return err_sys(err, "wait until the container is ready");
		/* The message first: what it said with its last breath was said. */
		if (notify_take(fd)) {
			notify_tell(host, init);
			return 0;
		}
		if (fds[0].revents)
			return 0;
	}
}
