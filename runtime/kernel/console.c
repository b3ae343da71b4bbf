/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/console.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/kernel/mount.h"

#ifndef DEVPTS_SUPER_MAGIC
#define DEVPTS_SUPER_MAGIC 0x1cd1
#endif

int console_new(int root_fd, uid_t uid, uint16_t width, uint16_t height, int *ret_master,
		int *ret_peer, struct err *err)
{
	auto_fd int master = path_open_in(root_fd, "/dev/pts/ptmx", O_RDWR | O_NOCTTY, 0),
		    peer = -1;
	struct winsize size = { .ws_row = height, .ws_col = width };
	struct statfs fs;
	int unlock = 0;

	if (master < 0)
		return err_sys(
			err,
			"open a terminal from the container's /dev/pts (is devpts mounted there?)");
	if (fstatfs(master, &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC)
		return err_set(err, ERR_INPUT, "the container's /dev/pts/ptmx is not of devpts");
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return err_sys(err, "unlock the terminal");
	peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (peer < 0)
		return err_sys(err, "open the terminal's other end");
	if ((width || height) && ioctl(master, TIOCSWINSZ, &size) < 0)
		return err_sys(err, "set the terminal's size");
	/* Refused where the user's id has no place in the user namespace: then it stays root's. */
	if (fchown(peer, uid, (gid_t)-1) < 0 && errno != EPERM && errno != EINVAL)
		return err_sys(err, "give the terminal to user %u", uid);
	*ret_master = steal_fd(&master);
	*ret_peer = steal_fd(&peer);
	return 0;
}

int console_bind(int root_fd, int peer, struct err *err)
{
	auto_fd int target = path_make_file_in(root_fd, "/dev/console", 0620, err), tree = -1;

	if (target < 0)
		return -1;
	tree = mount_open_tree(peer, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
	if (tree < 0 || mount_move(tree, target) < 0)
		return err_sys(err, "bind the terminal to /dev/console");
	return 0;
}

int console_take(int peer, struct err *err)
{
	if (setsid() < 0 && errno != EPERM)
		return err_sys(err, "start a session");
	if (ioctl(peer, TIOCSCTTY, 0) < 0)
		return err_sys(err, "take the terminal");
	return console_stdio(peer, err);
}

int console_stdio(int peer, struct err *err)
{
	for (int fd = 0; fd < 3; fd++)
		if (dup2(peer, fd) < 0)
			return err_sys(err, "make the terminal stdio");
	return 0;
}

/* Is fd the null device? */
static bool is_null(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

int console_own_null(struct err *err)
{
	auto_fd int null = -1;

	for (int fd = 0; fd < 3; fd++) {
		if (!is_null(fd))
			continue;
		if (null < 0)
			null = open("/dev/null", O_RDWR | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
		if (null < 0 || !is_null(null))
			return 0; /* it has none */
		if (dup2(null, fd) < 0)
			return err_sys(err, "open its /dev/null as stdio");
	}
	return 0;
}

int console_connect(const char *path, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	auto_fd int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return err_sys(err, "make a socket");
	if (strlen(path) >= sizeof(addr.sun_path))
		return err_set(err, ENAMETOOLONG, "connect to \"%s\": longer than %zu bytes", path,
			       sizeof(addr.sun_path) - 1);
	strcpy(addr.sun_path, path);
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_sys(err, "connect to \"%s\"", path);
	return steal_fd(&sock);
}

int console_send(int sock, int fd, const char *name, struct err *err)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct iovec text = { (char *)(uintptr_t)name, strlen(name) };
	struct msghdr msg = {
		.msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.room),
	};

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	if (sendmsg(sock, &msg, MSG_NOSIGNAL) < 0)
		return err_sys(err, "send an fd over the socket");
	return 0;
}
