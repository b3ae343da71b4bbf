/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fd: ownership of file descriptors by scope, whole reads and writes, small files.
 *
 * An unset fd is -1. Every fd that is opened here is close-on-exec.
 */
#ifndef RUNTIME_BASE_FD_H
#define RUNTIME_BASE_FD_H

#include <dirent.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "runtime/base/err.h"

void fd_closep(int *fd);
void fd_dir_closep(DIR **dir);
void fd_file_closep(FILE **file);

#define auto_fd __attribute__((cleanup(fd_closep)))
#define auto_dir __attribute__((cleanup(fd_dir_closep)))
#define auto_file __attribute__((cleanup(fd_file_closep)))

static inline int steal_fd(int *fd)
{
	int v = *fd;

	*fd = -1;
	return v;
}

/* "/proc/self/fd/N" in the caller's storage. */
#define FD_PATH_SIZE 32
const char *fd_path(char buf[FD_PATH_SIZE], int fd);

/* Writes all of it, through short writes and EINTR. 0, or -1 with errno. */
int fd_write_all(int fd, const void *data, size_t len);

/* The same for a message to a user, who may have gone: that raises no SIGPIPE, which would end what
 * is being done half way. */
int fd_write_message(int fd, const void *data, size_t len);

/* Reads until `len` bytes or the end. The number of bytes, or -1 with errno. */
ssize_t fd_read_all(int fd, void *data, size_t len);

/* Reads a whole file of at most max_bytes into fresh memory with a NUL behind it (not counted
 * in *ret_len, which may be NULL). Larger: EFBIG. `what` names it in the error. */
int fd_read_file(int fd, const char *what, size_t max_bytes, char **ret_text, size_t *ret_len,
		 struct err *err);

/* The same by path, relative to dirfd (AT_FDCWD), following links: only for trusted paths. */
int fd_load_at(int dirfd, const char *path, size_t max_bytes, char **ret_text, size_t *ret_len,
	       struct err *err);

/* Writes a small kernel file (sysfs, procfs, cgroupfs) with one write(2). */
int fd_write_kernel(int dirfd, const char *path, const char *text, struct err *err);

/* Replaces the file by one with this content: a temporary name beside it, then rename.
 * `sync` makes it last through a power cut (fsync of file and folder). */
int fd_replace_file(int dirfd, const char *name, const char *data, size_t len, mode_t mode,
		    int sync, struct err *err);

/* The same in a folder that others write to, a container's: the temporary name can't be guessed,
 * so nothing can lie in its way. */
int fd_replace_untrusted(int dirfd, const char *name, const char *data, size_t len, mode_t mode,
			 struct err *err);

/* And with owner, group and permissions of *like, before anything is in it; it lasts (fsync). */
int fd_replace_like(int dirfd, const char *name, const char *data, size_t len,
		    const struct stat *like, struct err *err);

/* Closes every fd from `first` up but those in keep, whose entries may be -1 or below `first`. The
 * list is sorted in place. */
int fd_close_others(unsigned int first, int *keep, size_t n, struct err *err);

/* Marks every fd from `first` up close-on-exec. */
int fd_cloexec_from(unsigned int first, struct err *err);

#endif
