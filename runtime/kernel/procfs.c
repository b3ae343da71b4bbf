/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "runtime/base/fd.h"

int procfs_open(int procfd, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = PROCFS_RESOLVE,
	};
	auto_fd int fd = (int)syscall(SYS_openat2, procfd, path, &how, sizeof(how));
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return -1;
	if (fs.f_type != PROC_SUPER_MAGIC) {
		errno = EXDEV;
		return -1;
	}
	return steal_fd(&fd);
}

int procfs_write(int procfd, const char *path, const char *text, struct err *err)
{
	auto_fd int fd = procfs_open(procfd, path, O_WRONLY);
	size_t len = strlen(text);

	if (fd < 0)
		return err_sys(err, "open \"/proc/%s\"", path);
	if (write(fd, text, len) != (ssize_t)len)
		return err_sys(err, "write \"%.64s\" to \"/proc/%s\"", text, path);
	return 0;
}
