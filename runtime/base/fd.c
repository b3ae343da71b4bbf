/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/mem.h"
#include "runtime/base/str.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

void fd_closep(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void fd_dir_closep(DIR **dir)
{
	int saved = errno;

	if (*dir)
		closedir(*dir);
	*dir = NULL;
	errno = saved;
}

void fd_file_closep(FILE **file)
{
	int saved = errno;

	if (*file)
		fclose(*file);
	*file = NULL;
	errno = saved;
}

const char *fd_path(char buf[FD_PATH_SIZE], int fd)
{
	snprintf(buf, FD_PATH_SIZE, "/proc/self/fd/%d", fd);
	return buf;
}

int fd_write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int fd_write_message(int fd, const void *data, size_t len)
{
	const struct timespec no_wait = { 0 };
	sigset_t pipe_only, before;
	int rc, saved;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigprocmask(SIG_BLOCK, &pipe_only, &before);
	rc = fd_write_all(fd, data, len);
	saved = errno;
	sigtimedwait(&pipe_only, NULL, &no_wait);
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return rc;
}

ssize_t fd_read_all(int fd, void *data, size_t len)
{
	char *at = data;
	size_t got = 0;

	while (got < len) {
		ssize_t n = read(fd, at + got, len - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

/* What fstat says is only a first guess: pipes and /proc say 0. */
static size_t first_room(int fd, size_t max_bytes)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    (size_t)st.st_size < max_bytes)
		return (size_t)st.st_size + 1;
	return max_bytes < 4096 ? max_bytes + 1 : 4096;
}

int fd_read_file(int fd, const char *what, size_t max_bytes, char **ret_text, size_t *ret_len,
		 struct err *err)
{
	size_t room = first_room(fd, max_bytes), len = 0;
	auto_free char *text = malloc(room + 1);

	if (!text)
		return err_sys(err, "read \"%s\"", what);
	for (;;) {
		ssize_t n = fd_read_all(fd, text + len, room - len);
		char *bigger;

		if (n < 0)
			return err_sys(err, "read \"%s\"", what);
		len += (size_t)n;
		if (len < room)
			break;
		if (len > max_bytes)
			return err_set(err, EFBIG, "read \"%s\": larger than %zu bytes", what,
				       max_bytes);
		room = room * 2 > max_bytes + 1 ? max_bytes + 1 : room * 2;
		bigger = realloc(text, room + 1);
		if (!bigger)
			return err_sys(err, "read \"%s\"", what);
		text = bigger;
	}
	text[len] = '\0';
	*ret_text = steal_ptr(&text);
	if (ret_len)
		*ret_len = len;
	return 0;
}

int fd_load_at(int dirfd, const char *path, size_t max_bytes, char **ret_text, size_t *ret_len,
	       struct err *err)
{
	auto_fd int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, "open \"%s\"", path);
	return fd_read_file(fd, path, max_bytes, ret_text, ret_len, err);
}

int fd_write_kernel(int dirfd, const char *path, const char *text, struct err *err)
{
	auto_fd int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);
	char shown[STR_SHOW_SIZE];
	ssize_t n;

	if (fd < 0)
		return err_sys(err, "open \"%s\"", path);
	n = write(fd, text, len);
	if (n >= 0 && (size_t)n != len)
		errno = EIO;
	if (n != (ssize_t)len)
		return err_sys(err, "write %s to \"%s\"", str_show(shown, text), path);
	return 0;
}

/* Nothing that is there already is written to: not through a link, a fifo or a device. */
static int create_new(int dirfd, const char *name, mode_t mode, struct err *err)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = openat(dirfd, name, flags, mode);

	/* A leftover of a killed verb is ours to replace; the caller holds the lock. */
	if (fd < 0 && errno == EEXIST) {
		if (unlinkat(dirfd, name, 0) < 0 && errno != ENOENT)
			return err_sys(err, "remove \"%s\", which is in the way", name);
		fd = openat(dirfd, name, flags, mode);
	}
	return fd < 0 ? err_sys(err, "create \"%s\"", name) : fd;
}

struct replacement {
	const char *name, *tmp, *data;
	size_t len;
	mode_t mode;
	const struct stat *like; /* NULL: the owner is who writes, the mode is above */
	bool sync;
};

static int fill(int fd, const struct replacement *new)
{
	if (new->like && (fchown(fd, new->like->st_uid, new->like->st_gid) < 0 ||
			  fchmod(fd, new->like->st_mode & 0777) < 0))
		return -1;
	if (fd_write_all(fd, new->data, new->len) < 0)
		return -1;
	return new->sync ? fsync(fd) : 0;
}

static int replace(int dirfd, const struct replacement *new, struct err *err)
{
	auto_fd int fd = create_new(dirfd, new->tmp, new->like ? 0600 : new->mode, err);

	if (fd < 0)
		return -1;
	if (fill(fd, new) < 0) {
		err_sys(err, "write \"%s\"", new->tmp);
		unlinkat(dirfd, new->tmp, 0);
		return -1;
	}
	if (renameat(dirfd, new->tmp, dirfd, new->name) < 0) {
		err_sys(err, "rename \"%s\" to \"%s\"", new->tmp, new->name);
		unlinkat(dirfd, new->tmp, 0);
		return -1;
	}
	return 0;
}

int fd_replace_file(int dirfd, const char *name, const char *data, size_t len, mode_t mode,
		    int sync, struct err *err)
{
	char tmp[NAME_MAX + 1];
	struct replacement new = { name, tmp, data, len, mode, NULL, sync };

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.new", name) >= sizeof(tmp))
		return err_set(err, ENAMETOOLONG, "write \"%s\": name too long", name);
	if (replace(dirfd, &new, err) < 0)
		return -1;
	if (sync) {
		auto_fd int dir = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (dir < 0 || fsync(dir) < 0)
			return err_sys(err, "sync the folder of \"%s\"", name);
	}
	return 0;
}

static int replace_hidden(int dirfd, struct replacement *new, struct err *err)
{
	unsigned long long random;
	char tmp[32];

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return err_sys(err, "write \"%s\": draw a random name", new->name);
	snprintf(tmp, sizeof(tmp), ".new.%016llx", random);
	new->tmp = tmp;
	return replace(dirfd, new, err);
}

int fd_replace_untrusted(int dirfd, const char *name, const char *data, size_t len, mode_t mode,
			 struct err *err)
{
	struct replacement new = { .name = name, .data = data, .len = len, .mode = mode };

	return replace_hidden(dirfd, &new, err);
}

int fd_replace_like(int dirfd, const char *name, const char *data, size_t len,
		    const struct stat *like, struct err *err)
{
	struct replacement new = {
		.name = name, .data = data, .len = len, .like = like, .sync = true
	};

	return replace_hidden(dirfd, &new, err);
}

int fd_cloexec_from(unsigned int first, struct err *err)
{
	if (syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return err_sys(err, "mark fds from %u close-on-exec", first);
	return 0;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

int fd_close_others(unsigned int first, int *keep, size_t n, struct err *err)
{
	qsort(keep, n, sizeof(*keep), by_number);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < (int)first)
			continue;
		if ((unsigned int)keep[i] > first &&
		    syscall(SYS_close_range, first, (unsigned int)keep[i] - 1, 0) < 0)
			return err_sys(err, "close fds from %u", first);
		first = (unsigned int)keep[i] + 1;
	}
	if (syscall(SYS_close_range, first, ~0U, 0) < 0)
		return err_sys(err, "close fds from %u", first);
	return 0;
}
