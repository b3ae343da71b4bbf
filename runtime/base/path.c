/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"

/* openat2(2): EAGAIN says that a rename raced with "..": it may be tried again. */
#define RACE_TRIES 32

static int resolve(int dirfd, const char *path, int flags, mode_t mode, uint64_t resolve_flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = flags & (O_CREAT | O_TMPFILE) ? mode : 0,
		.resolve = resolve_flags,
	};
	int fd = -1;

	for (int i = 0; i < RACE_TRIES; i++) {
		fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd;
}

int path_open_in(int rootfd, const char *path, int flags, mode_t mode)
{
	return resolve(rootfd, *path ? path : "/", flags, mode,
		       RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

static bool is_dots(const char *name)
{
	return str_eq(name, ".") || str_eq(name, "..");
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* ---- making what is missing ----
 *
 * openat2(2) follows a link to what exists; one that dangles is followed here: its text takes
 * the place of the component, and the new path is resolved in the root as the old one was.
 * These functions say -1 with errno alone. */

/* As many as the kernel follows in a path. */
#define LINKS_MAX 40

struct making {
	int rootfd;
	mode_t dir_mode, file_mode;
	unsigned int links; /* followed so far */
};

/* Exchanges the component from `start` to `end`, a link in the folder parentfd, for its text.
 * What is no link leaves errno as it was. */
static int follow(struct making *making, int parentfd, char **path, size_t start, size_t end)
{
	auto_free char *name = NULL, *next = NULL;
	char text[PATH_MAX];
	int saved = errno;
	ssize_t n;

	name = strndup(*path + start, end - start);
	if (!name)
		return -1;
	n = readlinkat(parentfd, name, text, sizeof(text) - 1);
	if (n < 0) {
		errno = saved;
		return -1;
	}
	text[n] = '\0';
	if (++making->links > LINKS_MAX) {
		errno = ELOOP;
		return -1;
	}
	next = str_dupf("%.*s%s%s", text[0] == '/' ? 0 : (int)start, *path, text, *path + end);
	if (!next)
		return -1;
	free(*path);
	*path = steal_ptr(&next);
	return 0;
}

/* The deepest folder on the path that exists; the first *ret_len bytes lead there. */
static int open_deepest(int rootfd, char *path, size_t *ret_len)
{
	size_t len = strlen(path);
	int fd;

	for (;;) {
		char cut = path[len];

		path[len] = '\0';
		fd = path_open_in(rootfd, path, O_PATH | O_DIRECTORY, 0);
		path[len] = cut;
		if (fd >= 0 || errno != ENOENT || len == 0)
			break;
		while (len > 0 && path[len - 1] == '/')
			len--;
		while (len > 0 && path[len - 1] != '/')
			len--;
	}
	*ret_len = len;
	return fd;
}

/* The component from `start` to `end`, made in parentfd. Only the root's own resolution may go
 * up. A link is ENOTDIR. */
static int step(const struct making *making, int parentfd, char *path, size_t start, size_t end)
{
	char cut = path[end];
	int fd = -1;

	path[end] = '\0';
	if (is_dots(path + start))
		fd = path_open_in(making->rootfd, path, O_PATH | O_DIRECTORY, 0);
	else if (mkdirat(parentfd, path + start, making->dir_mode) == 0 || errno == EEXIST)
		fd = openat(parentfd, path + start, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	path[end] = cut;
	return fd;
}

/* The path changes where it leads through a dangling link. */
static int make_folders(struct making *making, char **path)
{
	size_t len = 0;
	auto_fd int at = open_deepest(making->rootfd, *path, &len);

	while (at >= 0) {
		size_t start = len + strspn(*path + len, "/");
		int next;

		if (!(*path)[start])
			break;
		len = start + strcspn(*path + start, "/");
		next = step(making, at, *path, start, len);
		if (next < 0 && errno == ENOTDIR && follow(making, at, path, start, len) == 0)
			next = open_deepest(making->rootfd, *path, &len);
		fd_closep(&at);
		at = next;
	}
	return steal_fd(&at);
}

/* What was made is held until its name was opened: an exchanged one is noticed. */
static int make_empty(int parentfd, const char *name, mode_t mode)
{
	auto_fd int at = -1,
		    made = openat(parentfd, name,
				  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

	if (made < 0)
		return -1;
	at = openat(parentfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (at >= 0 && !same_file(made, at)) {
		errno = ELOOP;
		return -1;
	}
	return steal_fd(&at);
}

/* One try at an absolute path that named nothing: *path is another where it was a link. */
static int make_file_once(struct making *making, char **path)
{
	size_t start = (size_t)(strrchr(*path, '/') + 1 - *path);
	auto_free char *folder = strndup(*path, start);
	auto_fd int parent = -1;
	int fd;

	if (!folder)
		return -1;
	if (!(*path)[start] || is_dots(*path + start)) {
		errno = EISDIR;
		return -1;
	}
	parent = make_folders(making, &folder);
	if (parent < 0)
		return -1;
	fd = make_empty(parent, *path + start, making->file_mode);
	if (fd < 0 && errno == EEXIST && follow(making, parent, path, start, strlen(*path)) == 0)
		fd = path_open_in(making->rootfd, *path, O_PATH, 0);
	return fd;
}

static int make_file(struct making *making, char **path)
{
	unsigned int before;
	int fd;

	do {
		before = making->links;
		fd = make_file_once(making, path);
	} while (fd < 0 && errno == ENOENT && making->links > before);
	return fd;
}

/* Behind links that we followed: the kernel, following them, must come to the same. */
static int check_made(const struct making *making, const char *path, int fd, struct err *err)
{
	auto_fd int again = -1;

	if (making->links == 0)
		return 0;
	again = path_open_in(making->rootfd, path, O_PATH, 0);
	if (again >= 0 && same_file(again, fd))
		return 0;
	return err_set(err, ELOOP, "make \"%s\" in the container: it was exchanged", path);
}

int path_make_dir_in(int rootfd, const char *path, mode_t mode, struct err *err)
{
	struct making making = { .rootfd = rootfd, .dir_mode = mode };
	auto_free char *clean = path_clean(path), *way = NULL;
	auto_fd int fd = -1;

	way = clean ? strdup(clean) : NULL;
	if (!way)
		return err_sys(err, "make \"%s\"", path);
	fd = make_folders(&making, &way);
	if (fd < 0)
		return err_sys(err, "make folder \"%s\" in the container", path);
	if (check_made(&making, clean, fd, err) < 0)
		return -1;
	return steal_fd(&fd);
}

/* The last component, or NULL: err. */
static const char *file_name(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (*name && !is_dots(name))
		return name;
	err_set(err, ERR_INPUT, "\"%s\" names no file", path);
	return NULL;
}

int path_make_parent_in(int rootfd, const char *path, const char **ret_name, struct err *err)
{
	const char *name = file_name(path, err);
	auto_free char *parent = NULL;
	int fd;

	if (!name)
		return -1;
	parent = strndup(path, (size_t)(name - path));
	if (!parent)
		return err_sys(err, "make \"%s\"", path);
	fd = path_make_dir_in(rootfd, parent, 0755, err);
	if (fd >= 0)
		*ret_name = name;
	return fd;
}

int path_make_file_in(int rootfd, const char *path, mode_t mode, struct err *err)
{
	struct making making = { .rootfd = rootfd, .dir_mode = 0755, .file_mode = mode };
	auto_fd int fd = path_open_in(rootfd, path, O_PATH, 0);
	auto_free char *clean = NULL, *way = NULL;

	if (fd >= 0)
		return steal_fd(&fd);
	if (errno != ENOENT)
		return err_sys(err, "open \"%s\" in the container", path);
	if (!file_name(path, err))
		return -1;
	clean = path_clean(path);
	way = clean ? strdup(clean) : NULL;
	if (!way)
		return err_sys(err, "make \"%s\"", path);
	fd = make_file(&making, &way);
	if (fd < 0)
		return err_sys(err, "make \"%s\" in the container", path);
	if (check_made(&making, clean, fd, err) < 0)
		return -1;
	return steal_fd(&fd);
}

/* ---- host folders and names ---- */

int path_mkdirs(const char *path, mode_t mode, struct err *err)
{
	auto_free char *copy = strdup(path);

	if (!copy)
		return err_sys(err, "make folder \"%s\"", path);
	if (mkdir(path, mode) == 0 || errno == EEXIST)
		return 0;
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return err_sys(err, "make folder \"%s\"", copy);
		*slash = '/';
	}
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return err_sys(err, "make folder \"%s\"", path);
	return 0;
}

size_t path_clean_into(char *out, const char *path)
{
	size_t above = 0;
	char *end = out;

	while (*path) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len == 2 && path[0] == '.' && path[1] == '.') {
			above += end == out;
			while (end > out && *--end != '/')
				;
		} else if (len > 0 && !(len == 1 && path[0] == '.')) {
			*end++ = '/';
			memcpy(end, path, len);
			end += len;
		}
		path += len;
	}
	if (end == out)
		*end++ = '/';
	*end = '\0';
	return above;
}

char *path_clean(const char *path)
{
	char *out = malloc(strlen(path) + 2);

	if (out)
		path_clean_into(out, path);
	return out;
}

char *path_join(const char *dir, const char *name)
{
	if (name[0] == '/')
		return strdup(name);
	return str_dupf("%s%s%s", dir, str_ends(dir, "/") ? "" : "/", name);
}

/* ---- removal ---- */

/* A tree that is being removed. */
struct removal {
	int top;              /* the tree's own folder */
	unsigned long serial; /* of the names given to what is moved up */
};

/* A container may leave a tree that is deeper than we may have fds: what lies this deep is moved
 * up to the top first. */
#define REMOVE_DEPTH_MAX 64

static int remove_below(struct removal *removal, int fd, unsigned int depth, struct err *err);

/* Opens a folder to remove. Neither a link nor a mount is followed: a bind mount may have the
 * device number of what it lies on, so only the kernel can tell. */
static int open_doomed(int dirfd, const char *name, struct err *err)
{
	int fd = resolve(dirfd, name, O_RDONLY | O_DIRECTORY, 0,
			 RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);

	if (fd < 0 && errno == EXDEV)
		return err_set(err, EBUSY, "remove \"%s\": something is mounted there", name);
	return fd < 0 ? err_sys(err, "remove \"%s\"", name) : fd;
}

static int move_to_top(struct removal *removal, int dirfd, const char *name, struct err *err)
{
	char fresh[32];

	do {
		snprintf(fresh, sizeof(fresh), ".deep.%lu", removal->serial++);
		if (renameat(dirfd, name, removal->top, fresh) == 0)
			return 0;
	} while (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR);
	return err_sys(err, "move \"%s\" to remove it", name);
}

static int remove_entry(struct removal *removal, int dirfd, const char *name, unsigned int depth,
			struct err *err)
{
	struct stat st;
	int fd;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	/* unlink(2) of a folder: EISDIR on Linux, EPERM in POSIX and on some file systems. */
	if (errno != EISDIR &&
	    (errno != EPERM || fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	     !S_ISDIR(st.st_mode)))
		return err_sys(err, "remove \"%s\"", name);
	if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0)
		return 0;
	if (depth >= REMOVE_DEPTH_MAX)
		return move_to_top(removal, dirfd, name, err);
	fd = open_doomed(dirfd, name, err);
	if (fd < 0 || remove_below(removal, fd, depth + 1, err) < 0)
		return -1;
	if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(err, "remove folder \"%s\"", name);
	return 0;
}

/* Removes what is in the folder behind fd, and closes it. */
static int remove_below(struct removal *removal, int fd, unsigned int depth, struct err *err)
{
	auto_dir DIR *dir = fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		fd_closep(&fd);
		return err_sys(err, "list a folder to remove");
	}
	while ((errno = 0, entry = readdir(dir))) {
		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		if (remove_entry(removal, fd, entry->d_name, depth, err) < 0)
			return -1;
	}
	return errno ? err_sys(err, "list a folder to remove") : 0;
}

/* Passes over the top until nothing was moved up to it. */
static int remove_passes(struct removal *removal, struct err *err)
{
	unsigned long before;

	do {
		int fd = openat(removal->top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		before = removal->serial;
		if (fd < 0)
			return err_sys(err, "list a folder to remove");
		if (remove_below(removal, fd, 0, err) < 0)
			return -1;
	} while (removal->serial != before);
	return 0;
}

static int remove_tree(int dirfd, const char *name, struct err *err)
{
	struct removal removal = { .top = -1 };
	auto_fd int top = -1;
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "remove \"%s\"", name);
	if (!S_ISDIR(st.st_mode))
		return remove_entry(&removal, dirfd, name, 0, err);
	removal.top = top = open_doomed(dirfd, name, err);
	if (top < 0 || remove_passes(&removal, err) < 0)
		return -1;
	if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(err, "remove folder \"%s\"", name);
	return 0;
}

int path_remove_tree(int dirfd, const char *name, struct err *err)
{
	const char *slash = strrchr(name, '/');
	auto_free char *dir = NULL;
	auto_fd int parent = -1;

	/* The way to the tree may lead through other mounts, the tree itself may not. */
	if (!slash)
		return remove_tree(dirfd, name, err);
	if (!slash[1])
		return err_set(err, ERR_INPUT, "remove \"%s\": it names no file", name);
	dir = strndup(name, (size_t)(slash + 1 - name));
	if (!dir)
		return err_sys(err, "remove \"%s\"", name);
	parent = openat(dirfd, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return errno == ENOENT ? 0 : err_sys(err, "remove \"%s\"", name);
	return remove_tree(parent, slash + 1, err);
}
