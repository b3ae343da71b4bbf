/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/vznet/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "runtime/base/str.h"

/* Whoever means the host's own namespace is mistaken: it would get the container's addresses. */
static int check(int fd, const char *what, struct err *err)
{
	struct stat own, st;
	char shown[STR_SHOW_SIZE];

	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return err_set(err, ERR_INPUT, "%s is no network namespace", str_show(shown, what));
	if (fstat(fd, &st) < 0 || stat("/proc/self/ns/net", &own) < 0)
		return err_sys(err, "look at the network namespace %s", str_show(shown, what));
	if (st.st_dev == own.st_dev && st.st_ino == own.st_ino)
		return err_set(err, ERR_INPUT, "%s is the host's own network namespace",
			       str_show(shown, what));
	return 0;
}

int netns_open(const char *path, struct err *err)
{
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char shown[STR_SHOW_SIZE];

	if (fd < 0)
		return err_sys(err, "open the network namespace %s", str_show(shown, path));
	if (check(fd, path, err) < 0)
		return -1;
	return steal_fd(&fd);
}

int netns_open_pid(pid_t pid, struct err *err)
{
	auto_fd int pidfd = proc_pidfd_open(pid), fd = -1;
	char path[48];

	if (pidfd < 0)
		return err_sys(err, "find the process %d", (int)pid);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "open \"%s\"", path);
	/* Still there, so the number was not given to another one in between. */
	if (proc_pidfd_wait(pidfd, 0) != 0)
		return err_set(err, ESRCH, "the process %d has ended", (int)pid);
	if (check(fd, path, err) < 0)
		return -1;
	return steal_fd(&fd);
}
