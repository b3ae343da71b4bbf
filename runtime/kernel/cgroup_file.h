/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup_file: the small text files of a cgroup. What they mean is their reader's business.
 */
#ifndef RUNTIME_KERNEL_CGROUP_FILE_H
#define RUNTIME_KERNEL_CGROUP_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Reads dirfd/name, at most size - 1 bytes, with a NUL behind them. The length, or -1 with
 * errno (EFBIG: it does not fit). ENODEV, a cgroup that ended meanwhile, is told as ENOENT. */
ssize_t cgroup_file_read(int dirfd, const char *name, char *buf, size_t size);

/* As above from the beginning of an open file. */
ssize_t cgroup_file_reread(int fd, char *buf, size_t size);

/* One write(2). 0, or -1 with errno. */
int cgroup_file_write(int dirfd, const char *name, const char *text);

/* Does a text of "key value" lines hold this one? */
bool cgroup_file_has_line(const char *text, const char *line);

#endif
