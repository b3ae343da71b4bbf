/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/copyup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"

#define COPYUP_DEPTH_MAX 128

static int copy_folder(int from, int to, unsigned int depth, struct err *err);

/* Owner before mode: a change of owner drops the setuid bit. */
static int copy_meta(int fd, const struct stat *st, const char *name, struct err *err)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (fchown(fd, st->st_uid, st->st_gid) < 0 || fchmod(fd, st->st_mode & 07777) < 0 ||
	    futimens(fd, times) < 0)
		return err_sys(err, "copy up \"%s\"", name);
	return 0;
}

static int copy_file(int from, int to, const char *name, const struct stat *st, struct err *err)
{
	auto_fd int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	auto_fd int out =
		openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	ssize_t n;

	if (in < 0 || out < 0)
		return err_sys(err, "copy up \"%s\"", name);
	do
		n = sendfile(out, in, NULL, 1 << 20);
	while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return err_sys(err, "copy up \"%s\"", name);
	return copy_meta(out, st, name, err);
}

static int copy_link(int from, int to, const char *name, const struct stat *st, struct err *err)
{
	char text[PATH_MAX];
	ssize_t len = readlinkat(from, name, text, sizeof(text) - 1);

	if (len < 0)
		return err_sys(err, "copy up \"%s\"", name);
	text[len] = '\0';
	if (symlinkat(text, to, name) < 0 ||
	    fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, "copy up \"%s\"", name);
	return 0;
}

static int copy_dir(int from, int to, const char *name, const struct stat *st, unsigned int depth,
		    struct err *err)
{
	auto_fd int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_fd int out = -1;

	if (in < 0 || mkdirat(to, name, 0700) < 0)
		return err_sys(err, "copy up \"%s\"", name);
	out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out < 0)
		return err_sys(err, "copy up \"%s\"", name);
	if (copy_folder(in, out, depth + 1, err) < 0)
		return -1;
	return copy_meta(out, st, name, err);
}

static int copy_entry(int from, int to, const char *name, unsigned int depth, struct err *err)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, "copy up \"%s\"", name);
	if (S_ISREG(st.st_mode))
		return copy_file(from, to, name, &st, err);
	if (S_ISDIR(st.st_mode))
		return copy_dir(from, to, name, &st, depth, err);
	if (S_ISLNK(st.st_mode))
		return copy_link(from, to, name, &st, err);
	return 0;
}

static int copy_folder(int from, int to, unsigned int depth, struct err *err)
{
	auto_fd int again = fcntl(from, F_DUPFD_CLOEXEC, 3);
	auto_dir DIR *dir = again < 0 ? NULL : fdopendir(again);
	struct dirent *entry;

	if (!dir)
		return err_sys(err, "copy up a folder");
	again = -1; /* the stream's now */
	if (depth > COPYUP_DEPTH_MAX)
		return err_set(err, ELOOP, "copy up: folders nested more than %d levels deep",
			       COPYUP_DEPTH_MAX);
	while ((errno = 0, entry = readdir(dir))) {
		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		if (copy_entry(from, to, entry->d_name, depth, err) < 0)
			return -1;
	}
	return errno ? err_sys(err, "copy up a folder") : 0;
}

int copyup_tree(int from, int to, struct err *err)
{
	struct stat st;

	/* `to` may be an O_PATH-like mount fd: reopen it for writing entries and owner. */
	auto_fd int out = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (out < 0 || fstat(from, &st) < 0)
		return err_sys(err, "copy up");
	if (copy_folder(from, out, 0, err) < 0)
		return -1;
	return copy_meta(out, &st, ".", err);
}
