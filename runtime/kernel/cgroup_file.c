/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/cgroup_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"

/* The kernel hands out a list in pieces of a page less one record at the worst (seq_file), so a
 * read that is shorter than this met the end, and needs no second one to say so. */
#define SHORT_READ 1024

ssize_t cgroup_file_reread(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		size_t room = size - len;
		ssize_t n = pread(fd, buf + len, room, (off_t)len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			errno = errno == ENODEV ? ENOENT : errno;
			return -1;
		}
		len += (size_t)n;
		if ((size_t)n < room && n < SHORT_READ) {
			buf[len] = '\0';
			return (ssize_t)len;
		}
	}
	errno = EFBIG;
	return -1;
}

ssize_t cgroup_file_read(int dirfd, const char *name, char *buf, size_t size)
{
	auto_fd int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		errno = errno == ENODEV ? ENOENT : errno;
		return -1;
	}
	return cgroup_file_reread(fd, buf, size);
}

int cgroup_file_write(int dirfd, const char *name, const char *text)
{
	auto_fd int fd = openat(dirfd, name, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);

	if (fd < 0)
		return -1;
	return write(fd, text, len) == (ssize_t)len ? 0 : -1;
}

bool cgroup_file_has_line(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (const char *at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, line, len) == 0 && (at[len] == '\n' || at[len] == '\0'))
			return true;
	}
	return false;
}
