/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/kernel/mount.h"

int umount2(const char *target, int flags); /* sys/mount.h does not go with linux/mount.h */
#define UMOUNT_DETACH 2

int rootfs_attach(int root_tree, const char *path, struct err *err)
{
	auto_fd int top = open("/", O_PATH | O_CLOEXEC), at = -1;

	if (top < 0)
		return err_sys(err, "open \"/\"");
	/* Private all the way down: what is let go in rootfs_enter must not go on the host. */
	if (mount_set(top, AT_RECURSIVE, 0, 0, MS_PRIVATE, -1) < 0)
		return err_sys(err, "make the host's mounts private");
	/* A user namespace may have no way to it: then what looks for it there does not find it. */
	at = path ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (mount_move(root_tree, at >= 0 ? at : top) < 0)
		return err_sys(err, "attach the container's root");
	return 0;
}

int rootfs_enter(int root_fd, bool no_pivot, struct err *err)
{
	if (fchdir(root_fd) < 0)
		return err_sys(err, "enter the container's root");
	if (no_pivot) {
		if (chroot(".") < 0)
			return err_sys(err, "chroot to the container's root");
	} else {
		/* With both names the same, the old root lies on the new one and the second
		 * call takes it off (pivot_root(2), NOTES). */
		if (syscall(SYS_pivot_root, ".", ".") < 0)
			return err_sys(err, "pivot to the container's root");
		if (umount2(".", UMOUNT_DETACH) < 0)
			return err_sys(err, "let go of the host's tree");
	}
	if (chdir("/") < 0)
		return err_sys(err, "enter the container's root");
	return 0;
}

/* ---- masked paths ---- */

/* What covers masked files and folders: the host's /dev/null, and one empty read-only tmpfs
 * that all folders share (a mount for each would cost each its own super block). */
struct mask {
	int null_fd, empty_fd;
};

static int mask_open_null(struct mask *mask, struct err *err)
{
	struct stat st;

	if (mask->null_fd >= 0)
		return 0;
	mask->null_fd = open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (mask->null_fd < 0 || fstat(mask->null_fd, &st) < 0)
		return err_sys(err, "open the host's /dev/null");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return err_set(err, ERR_FAILED, "the host's /dev/null is no null device");
	return 0;
}

static int mask_file(struct mask *mask, int target, struct err *err)
{
	auto_fd int tree = -1;

	if (mask_open_null(mask, err) < 0)
		return -1;
	tree = mount_open_tree(mask->null_fd, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
	if (tree < 0 || mount_move(tree, target) < 0)
		return err_sys(err, "cover it by /dev/null");
	return 0;
}

static int mask_dir(struct mask *mask, int target, struct err *err)
{
	auto_fd int tree = -1;

	if (mask->empty_fd < 0) {
		char *const data[] = { (char *)(uintptr_t) "nr_blocks=1",
				       (char *)(uintptr_t) "nr_inodes=1", NULL };

		mask->empty_fd = mount_new("tmpfs", "tmpfs", data,
					   MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
						   MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
					   err);
		if (mask->empty_fd < 0)
			return -1;
		if (mount_move(mask->empty_fd, target) < 0)
			return err_sys(err, "cover it by an empty folder");
		return 0;
	}
	/* The first one is attached by now, so it can be cloned (it can't while detached). */
	tree = mount_open_tree(mask->empty_fd, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
	if (tree < 0 || mount_move(tree, target) < 0)
		return err_sys(err, "cover it by an empty folder");
	return 0;
}

static int open_in_mounts(const struct rootfs_mounts *at, const char *path)
{
	if (at->proc >= 0 && str_starts(path, "/proc/"))
		return path_open_in(at->proc, path + strlen("/proc"), O_PATH, 0);
	if (at->sys >= 0 && str_starts(path, "/sys/"))
		return path_open_in(at->sys, path + strlen("/sys"), O_PATH, 0);
	return path_open_in(at->root, path, O_PATH, 0);
}

static int mask_path(struct mask *mask, const struct rootfs_mounts *at, const char *path,
		     struct err *err)
{
	auto_fd int target = open_in_mounts(at, path);
	struct stat st;

	if (target < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(err, "open it");
	if (fstat(target, &st) < 0)
		return err_sys(err, "stat it");
	return S_ISDIR(st.st_mode) ? mask_dir(mask, target, err) : mask_file(mask, target, err);
}

static int make_readonly(const struct rootfs_mounts *at, const char *path, struct err *err)
{
	auto_fd int target = open_in_mounts(at, path), tree = -1;

	if (target < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_sys(err, "open it");
	tree = mount_open_tree(target, "", OPEN_TREE_CLONE | AT_RECURSIVE | AT_EMPTY_PATH);
	if (tree < 0 || mount_set(tree, AT_RECURSIVE, MOUNT_ATTR_RDONLY, 0, 0, -1) < 0 ||
	    mount_move(tree, target) < 0)
		return err_sys(err, "bind it to itself");
	return 0;
}

static int mask_all(struct mask *mask, const struct rootfs_mounts *at, const struct spec_linux *lin,
		    struct err *err)
{
	/* Read-only first: a masked path inside a read-only one stays on top of it. */
	for (char *const *path = lin->readonly_paths; path && *path; path++)
		if (make_readonly(at, *path, err) < 0)
			return err_wrap(err, "make \"%.200s\" read-only", *path);
	for (char *const *path = lin->masked_paths; path && *path; path++)
		if (mask_path(mask, at, *path, err) < 0)
			return err_wrap(err, "mask \"%.200s\"", *path);
	return 0;
}

int rootfs_mask(const struct rootfs_mounts *at, const struct spec_linux *lin, struct err *err)
{
	struct mask mask = { -1, -1 };
	int rc = mask_all(&mask, at, lin, err);

	fd_closep(&mask.null_fd);
	fd_closep(&mask.empty_fd);
	return rc;
}

int rootfs_seal(int root_fd, const struct spec *spec, struct err *err)
{
	unsigned long propagation = spec->lin.rootfs_propagation;
	unsigned int deep = propagation & MS_REC ? AT_RECURSIVE : 0;

	if (propagation &&
	    mount_set(root_fd, deep, 0, 0, propagation & ~(unsigned long)MS_REC, -1) < 0)
		return err_sys(err, "set rootfsPropagation");
	if (spec->root_readonly && mount_set(root_fd, 0, MOUNT_ATTR_RDONLY, 0, 0, -1) < 0)
		return err_sys(err, "make the root read-only");
	return 0;
}
