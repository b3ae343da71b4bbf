/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/unpack/unpack.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/unpack/acl.h"
#include "runtime/unpack/tarball.h"

/* A folder's time is set when nothing more is made in it. */
struct folder_time {
	char *path;
	struct timespec mtime;
};

struct unpack {
	struct tarball *tar;
	int root;
	char *parent; /* the last member's folder, and its fd: members come folder by folder */
	int parent_fd;
	struct folder_time *times;
	size_t times_n;
	struct acl_queue acls;
};

/* Where a member comes to be: its clean path, and the last part of that in the open folder. */
struct place {
	const char *path, *name;
	int parent; /* u->parent_fd */
};

static void unpack_done(struct unpack *u)
{
	for (size_t i = 0; i < u->times_n; i++)
		free(u->times[i].path);
	free(u->times);
	acl_queue_done(&u->acls);
	free(u->parent);
	fd_closep(&u->parent_fd);
}

/* ---- paths ---- */

char *unpack_check_path(const char *path, struct err *err)
{
	char *clean = malloc(strlen(path) + 1), *end = clean;

	if (!clean) {
		err_sys(err, "check a path");
		return NULL;
	}
	if (*path == '/' || !*path) {
		err_set(err, ERR_INPUT, "%s", *path ? "is an absolute path" : "has no name");
		free(clean);
		return NULL;
	}
	for (size_t len; *path; path += len + strspn(path + len, "/")) {
		len = strcspn(path, "/");
		if (len == 1 && path[0] == '.')
			continue;
		if (len == 2 && path[0] == '.' && path[1] == '.') {
			err_set(err, ERR_INPUT, "has \"..\" in its path");
			free(clean);
			return NULL;
		}
		if (end > clean)
			*end++ = '/';
		memcpy(end, path, len);
		end += len;
	}
	*end = '\0';
	return clean;
}

/* The folder at a clean path ("" is the top) as an O_PATH fd, following no link. */
static int open_folder(const struct unpack *u, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
			   RESOLVE_NO_XDEV,
	};

	return (int)syscall(SYS_openat2, u->root, *path ? path : ".", &how, sizeof(how));
}

static int folder_err(struct err *err)
{
	if (errno == ELOOP)
		return err_set(err, ERR_INPUT, "passes through a symbolic link");
	if (errno == ENOTDIR)
		return err_set(err, ERR_INPUT, "passes through what is no folder");
	return err_sys(err, "open its folder");
}

/* As open_folder; folders that no member was there for are made. */
static int make_folders(const struct unpack *u, char *path, struct err *err)
{
	auto_fd int at = open_folder(u, path);
	size_t start = 0;

	if (at >= 0)
		return steal_fd(&at);
	if (errno != ENOENT)
		return folder_err(err);
	at = open_folder(u, "");
	while (at >= 0 && path[start]) {
		size_t end = start + strcspn(path + start, "/");
		char cut = path[end];
		int made, next;

		path[end] = '\0';
		made = mkdirat(at, path + start, 0755);
		next = made == 0 || errno == EEXIST ? open_folder(u, path) : -1;
		if (next >= 0 && made == 0 && fchmodat(at, path + start, 0755, 0) < 0)
			fd_closep(&next);
		path[end] = cut;
		close(at);
		at = next;
		start = end + (cut != '\0');
	}
	return at < 0 ? folder_err(err) : steal_fd(&at);
}

/* Splits a clean path; the fd of its folder (O_PATH) is u's own. */
static int open_parent(struct unpack *u, char *path, const char **ret_name, struct err *err)
{
	char *slash = strrchr(path, '/');
	auto_free char *parent = slash ? strndup(path, (size_t)(slash - path)) : strdup("");
	int fd;

	if (!parent)
		return err_sys(err, "open its folder");
	*ret_name = slash ? slash + 1 : path;
	if (u->parent && str_eq(u->parent, parent))
		return u->parent_fd;
	fd = make_folders(u, parent, err);
	if (fd < 0)
		return -1;
	fd_closep(&u->parent_fd);
	free(u->parent);
	u->parent = steal_ptr(&parent);
	u->parent_fd = fd;
	return fd;
}

/* ---- attributes ---- */

/* Only the second version of the format, whose root is that of the file system, means the CT's
 * root; the third names a user id of the machine where the archive was made. */
static int set_file_caps(int fd, const void *value, size_t len)
{
	struct vfs_ns_cap_data caps = { 0 };

	if (len != XATTR_CAPS_SZ_2 && len != XATTR_CAPS_SZ_3)
		return errno = EINVAL, -1;
	memcpy(&caps, value, len);
	caps.magic_etc =
		htole32(VFS_CAP_REVISION_2 | (le32toh(caps.magic_etc) & VFS_CAP_FLAGS_EFFECTIVE));
	return fsetxattr(fd, "security.capability", &caps, XATTR_CAPS_SZ_2, 0);
}

static int set_xattrs(const struct unpack *u, int fd, struct err *err)
{
	const char *name;
	const void *value;
	size_t len;

	while (tarball_xattr(u->tar, &name, &value, &len)) {
		int rc = 0;

		if (str_eq(name, "security.capability"))
			rc = set_file_caps(fd, value, len);
		else if (str_starts(name, "user.")) /* of the others, none is an image's to give */
			rc = fsetxattr(fd, name, value, len, 0);
		if (rc < 0)
			return err_sys(err, "set its attribute %.64s", name);
	}
	return 0;
}

static int set_acl(struct unpack *u, int fd, const char *path, bool is_default, struct err *err)
{
	struct tarball_acl acl[TARBALL_ACL_MAX];
	size_t n;

	if (tarball_acl(u->tar, is_default, acl, &n, err) < 0)
		return -1;
	if (acl_has_names(acl, n))
		return acl_defer(&u->acls, path, is_default, acl, n, err);
	return acl_set(fd, is_default, acl, n, err);
}

/* Of a file or folder. The order matters: chown drops setuid bits and capabilities, and an ACL
 * has the last word on the group's bits. */
static int set_attributes(struct unpack *u, int fd, const char *path,
			  const struct tarball_member *m, struct err *err)
{
	if (fchown(fd, (uid_t)m->uid, (gid_t)m->gid) < 0)
		return err_sys(err, "set its owner");
	if (fchmod(fd, m->mode) < 0)
		return err_sys(err, "set its mode");
	if (set_xattrs(u, fd, err) < 0 || set_acl(u, fd, path, false, err) < 0)
		return -1;
	return m->kind == TARBALL_FOLDER ? set_acl(u, fd, path, true, err) : 0;
}

static int set_owner_at(const struct place *at, const struct tarball_member *m, struct err *err)
{
	const struct timespec times[2] = { m->mtime, m->mtime };

	if (fchownat(at->parent, at->name, (uid_t)m->uid, (gid_t)m->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, "set its owner");
	if (m->kind != TARBALL_SYMLINK && fchmodat(at->parent, at->name, m->mode, 0) < 0)
		return err_sys(err, "set its mode");
	if (utimensat(at->parent, at->name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, "set its time");
	return 0;
}

/* ---- members ---- */

static int write_piece(int fd, const struct tarball_piece *piece)
{
	size_t done = 0;

	while (done < piece->len) {
		ssize_t n = pwrite(fd, (const char *)piece->data + done, piece->len - done,
				   piece->offset + (int64_t)done);

		if (n < 0 && errno != EINTR)
			return -1;
		done += n < 0 ? 0 : (size_t)n;
	}
	return 0;
}

static int write_content(const struct unpack *u, int fd, struct err *err)
{
	struct tarball_piece piece;
	bool end;

	for (;;) {
		if (tarball_data(u->tar, &piece, &end, err) < 0)
			return -1;
		if (end)
			return 0;
		if (write_piece(fd, &piece) < 0)
			return err_sys(err, "write it");
	}
}

static int make_file(struct unpack *u, const struct place *at, const struct tarball_member *m,
		     struct err *err)
{
	const struct timespec times[2] = { m->mtime, m->mtime };
	auto_fd int fd = openat(at->parent, at->name,
				O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(err, "make it");
	if (write_content(u, fd, err) < 0)
		return -1;
	if (m->size < 0 || ftruncate(fd, m->size) < 0) /* a hole at the end */
		return err_sys(err, "set its size");
	if (set_attributes(u, fd, at->path, m, err) < 0)
		return -1;
	return futimens(fd, times) < 0 ? err_sys(err, "set its time") : 0;
}

static int remember_time(struct unpack *u, const char *path, struct timespec mtime, struct err *err)
{
	struct folder_time *slot = mem_append(&u->times, &u->times_n, sizeof(*slot));

	if (!slot || !(slot->path = strdup(path)))
		return err_sys(err, "make it");
	slot->mtime = mtime;
	return 0;
}

static int make_folder(struct unpack *u, const struct place *at, const struct tarball_member *m,
		       struct err *err)
{
	const char *name = *at->name ? at->name : ".";
	auto_fd int fd = -1;

	if (*at->name && mkdirat(at->parent, name, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "make it");
	fd = openat(at->parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "open it");
	if (set_attributes(u, fd, at->path, m, err) < 0)
		return -1;
	return remember_time(u, at->path, m->mtime, err);
}

static int make_hard_link(struct unpack *u, const struct place *at, const struct tarball_member *m,
			  struct err *err)
{
	auto_free char *target = unpack_check_path(m->link, err);
	auto_fd int from = -1;
	char *slash;

	if (!target)
		return err_wrap(err, "is a hard link to \"%.64s\", which", m->link);
	slash = strrchr(target, '/');
	if (slash)
		*slash = '\0';
	from = open_folder(u, slash ? target : "");
	if (from < 0) {
		folder_err(err);
		return err_wrap(err, "is a hard link to \"%.64s\", which", m->link);
	}
	/* Without AT_SYMLINK_FOLLOW this links a symbolic link itself. */
	if (linkat(from, slash ? slash + 1 : target, at->parent, at->name, 0) < 0)
		return err_sys(err, "link it to \"%.64s\"", m->link);
	return 0;
}

static int make_symlink(struct unpack *u, const struct place *at, const struct tarball_member *m,
			struct err *err)
{
	(void)u;
	if (symlinkat(m->link, at->parent, at->name) < 0)
		return err_sys(err, "make the link");
	return set_owner_at(at, m, err);
}

static int make_node(struct unpack *u, const struct place *at, const struct tarball_member *m,
		     struct err *err)
{
	mode_t type = m->kind == TARBALL_CHAR  ? S_IFCHR :
		      m->kind == TARBALL_BLOCK ? S_IFBLK :
						 S_IFIFO;

	(void)u;
	if (mknodat(at->parent, at->name, type | 0600, m->device) < 0)
		return err_sys(err, "make the node");
	return set_owner_at(at, m, err);
}

typedef int (*make_kind)(struct unpack *u, const struct place *at, const struct tarball_member *m,
			 struct err *err);

static const make_kind make_kinds[TARBALL_OTHER] = {
	[TARBALL_FILE] = make_file,       [TARBALL_FOLDER] = make_folder,
	[TARBALL_SYMLINK] = make_symlink, [TARBALL_HARD_LINK] = make_hard_link,
	[TARBALL_CHAR] = make_node,       [TARBALL_BLOCK] = make_node,
	[TARBALL_FIFO] = make_node,
};

/* A later member replaces an earlier one, but never a folder, nor by a folder: what was
 * unpacked below it would be lost, or what comes behind would go elsewhere. */
static int clear_place(struct unpack *u, const struct place *at, const struct tarball_member *m,
		       struct err *err)
{
	bool is_folder = m->kind == TARBALL_FOLDER;
	struct stat st;

	if (!*at->name)
		return is_folder ? 0 : err_set(err, ERR_INPUT, "would replace the root itself");
	if (fstatat(at->parent, at->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "look at its place");
	acl_forget(&u->acls, at->path);
	if (S_ISDIR(st.st_mode) && is_folder)
		return 0;
	if (S_ISDIR(st.st_mode) || is_folder)
		return err_set(err, ERR_INPUT, "would replace %s of the same name",
			       is_folder ? "a file" : "a folder");
	return unlinkat(at->parent, at->name, 0) < 0 ? err_sys(err, "replace it") : 0;
}

static int make_member(struct unpack *u, char *path, const struct tarball_member *m,
		       struct err *err)
{
	struct place at = { .path = path, .name = path };

	if (m->kind == TARBALL_OTHER)
		return err_set(err, ERR_INPUT, "is of no known kind");
	at.parent = open_parent(u, path, &at.name, err);
	if (at.parent < 0 || clear_place(u, &at, m, err) < 0)
		return -1;
	return make_kinds[m->kind](u, &at, m, err);
}

static int check_owner(const struct tarball_member *m, struct err *err)
{
	int64_t id = m->uid < 0 || m->uid > UNPACK_MAX_ID ? m->uid : m->gid;

	if (id >= 0 && id <= UNPACK_MAX_ID)
		return 0;
	return err_set(err, ERR_INPUT, "belongs to id %" PRId64 " (a container's end at %d)", id,
		       UNPACK_MAX_ID);
}

static int unpack_member(struct unpack *u, const struct tarball_member *m, struct err *err)
{
	auto_free char *path = unpack_check_path(m->path, err);
	char shown[STR_SHOW_SIZE];

	if (path && check_owner(m, err) == 0 && make_member(u, path, m, err) == 0)
		return 0;
	return err_wrap(err, "member %s", str_show(shown, m->path));
}

static int set_folder_times(const struct unpack *u, struct err *err)
{
	for (size_t i = u->times_n; i-- > 0;) {
		const struct timespec times[2] = { u->times[i].mtime, u->times[i].mtime };
		auto_fd int fd = open_folder(u, u->times[i].path);

		if (fd < 0 || utimensat(fd, "", times, AT_EMPTY_PATH) < 0)
			return err_sys(err, "set the time of \"%s\"", u->times[i].path);
	}
	return 0;
}

static int unpack_members(struct unpack *u, struct err *err)
{
	struct tarball_member m;
	bool empty = true, end;

	for (;;) {
		if (tarball_next(u->tar, &m, &end, err) < 0)
			return -1;
		if (end && empty)
			return err_set(err, ERR_INPUT, "the archive is empty");
		if (end)
			return acl_set_late(&u->acls, u->root, err) < 0 ? -1 :
									  set_folder_times(u, err);
		if (unpack_member(u, &m, err) < 0)
			return -1;
		empty = false;
	}
}

int unpack_archive(int fd, int dirfd, struct err *err)
{
	auto_tarball struct tarball *tar = NULL;
	struct unpack u = { .root = dirfd, .parent_fd = -1 };
	int rc;

	if (tarball_open(fd, &tar, err) < 0)
		return -1;
	u.tar = tar;
	rc = unpack_members(&u, err);
	unpack_done(&u);
	return rc;
}
