/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/proc.h"
#include "runtime/ct/usermap.h"

/* Names in the private mount namespace: what the mount table shows of the layers, inside the CT
 * too, says nothing about the host, and there is no character in them to escape. */
#define LOWER "template"
#define OWN "private"

static int set_attr(int fd, uint64_t set, int userns_fd)
{
	struct mount_attr attr = { .attr_set = set };

	if (userns_fd >= 0) {
		attr.attr_set |= MOUNT_ATTR_IDMAP;
		attr.userns_fd = (uint64_t)userns_fd;
	}
	return (int)syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr));
}

/* A detached mount of the folder with an id map. */
static int open_layer(const char *path, uint64_t attr, int userns_fd, struct err *err)
{
	auto_fd int fd = (int)syscall(SYS_open_tree, AT_FDCWD, path,
				      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);

	if (fd < 0)
		return err_sys(err, "open \"%s\" to mount it", path);
	if (set_attr(fd, attr, userns_fd) == 0)
		return steal_fd(&fd);
	if (errno != EINVAL)
		return err_sys(err, "map the ids of \"%s\"", path);
	err_set(err, ERR_UNSUPPORTED, "the file system of \"%s\" can't map ids", path);
	return err_hint(err, "keep it on ext4, xfs or btrfs, or use --layout image");
}

int overlay_check(const char *path, struct err *err)
{
	auto_fd int userns = usermap_open(65536, err), layer = -1;

	if (userns < 0)
		return -1;
	layer = open_layer(path, MOUNT_ATTR_RDONLY, userns, err);
	return layer < 0 ? -1 : 0;
}

/* Puts the layer at dirfd/name in the private mount namespace. */
static int attach(int layer, int dirfd, const char *name, struct err *err)
{
	if (mkdirat(dirfd, name, 0700) < 0 ||
	    syscall(SYS_move_mount, layer, "", dirfd, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(err, "attach the layer \"%s\"", name);
	return 0;
}

/* A tmpfs on the (host's) folder `path`, to be seen in this mount namespace only; its fd. */
static int open_stage(const char *path, struct err *err)
{
	auto_fd int fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), stage = -1;

	if (fs >= 0 && syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "mode", "0700", 0) == 0 &&
	    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		stage = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (stage < 0 ||
	    syscall(SYS_move_mount, stage, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(err, "mount a tmpfs to put the layers together");
	return steal_fd(&stage);
}

/* What the kernel says about a failed step is in the context's log (fsopen(2)). */
static int fs_err(int fs, struct err *err, const char *what)
{
	char text[256];
	int saved = errno;
	ssize_t n = read(fs, text, sizeof(text) - 1);

	errno = saved;
	err_sys(err, "%s", what);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return err_hint(err, "%s", text);
}

static int create_overlay(const struct overlay *overlay, struct err *err)
{
	/* metacopy: a chown or chmod of a large file of the template copies no data. redirect_dir:
	 * a folder of the template can be renamed. index: off, for it ties the upper layer to
	 * the lower one's inode numbers, which a backup or a migration changes. */
	const char *const params[][2] = {
		{ "source", overlay->source },
		{ "lowerdir", LOWER },
		{ "upperdir", OWN "/" OVERLAY_UPPER },
		{ "workdir", OWN "/" OVERLAY_WORK },
		{ "redirect_dir", "on" },
		{ "metacopy", "on" },
		{ "index", "off" },
	};
	auto_fd int fs = (int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0)
		return err_sys(err, "open the overlay file system (is the module there?)");
	for (size_t i = 0; i < ARRAY_SIZE(params); i++)
		if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, params[i][0], params[i][1], 0) <
		    0)
			return fs_err(fs, err, "configure the overlay");
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return fs_err(fs, err, "create the overlay");
	/* Device nodes come with archives; a CT's devices are in its own /dev. */
	fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV);
	return fd < 0 ? fs_err(fs, err, "mount the overlay") : fd;
}

/* An area that comes from elsewhere may have links there, and they would be followed. */
static int check_own(int stage, struct err *err)
{
	static const char *const folders[] = { OWN "/" OVERLAY_UPPER, OWN "/" OVERLAY_WORK };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		auto_fd int fd =
			openat(stage, folders[i], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0)
			return err_sys(err, "open the folder \"%s\"", folders[i]);
	}
	return 0;
}

/* In a mount namespace of its own. */
static int build(const struct overlay *overlay, struct err *err)
{
	auto_fd int userns = -1, lower = -1, own = -1, stage = -1;

	if (overlay->first_id && (userns = usermap_open(overlay->first_id, err)) < 0)
		return -1;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(err, "make the mounts private");
	lower = open_layer(overlay->lower, MOUNT_ATTR_RDONLY, userns, err);
	own = lower < 0 ? -1 : open_layer(overlay->private, 0, userns, err);
	if (own < 0)
		return -1;
	stage = open_stage(overlay->root, err);
	if (stage < 0 || attach(lower, stage, LOWER, err) < 0 || attach(own, stage, OWN, err) < 0)
		return -1;
	if (check_own(stage, err) < 0)
		return -1;
	if (fchdir(stage) < 0)
		return err_sys(err, "enter the folder of the layers");
	if (overlay->first_id && usermap_enter(overlay->first_id, err) < 0)
		return -1;
	return create_overlay(overlay, err);
}

/* What the child found; the fd is the parent's too, since they share the table of fds. */
struct answer {
	int fd;
	struct err err;
};

static int take_answer(int pipe_fd, struct err *err)
{
	struct answer answer;
	struct statvfs vfs;
	auto_fd int fd = -1;

	if (fd_read_all(pipe_fd, &answer, sizeof(answer)) != (ssize_t)sizeof(answer))
		return err_set(err, ERR_FAILED, "mount the overlay: the helper process was killed");
	if (answer.fd < 0) {
		if (err)
			*err = answer.err;
		return -1;
	}
	fd = answer.fd;
	/* The overlay falls back to read-only when it can't use its work folder. */
	if (fstatvfs(fd, &vfs) < 0)
		return err_sys(err, "look at the overlay");
	if (vfs.f_flag & ST_RDONLY)
		return err_set(
			err, ERR_FAILED,
			"mount the overlay: it came up read-only (the kernel's log says why)");
	return steal_fd(&fd);
}

int overlay_open(const struct overlay *overlay, struct err *err)
{
	auto_fd int from = -1, to = -1;
	int pair[2];
	pid_t pid;
	int fd;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	from = pair[0];
	to = pair[1];
	pid = proc_clone(CLONE_NEWNS | CLONE_FILES, -1, NULL);
	if (pid == 0) {
		struct answer answer = { .fd = -1 };

		answer.fd = build(overlay, &answer.err);
		_exit(fd_write_all(to, &answer, sizeof(answer)) < 0);
	}
	if (pid < 0)
		return err_sys(err, "make a mount namespace");
	/* The answer fits into the pipe, so the child can't be waiting for us. */
	proc_wait(pid);
	fd_closep(&to);
	fd = take_answer(from, err);
	return fd;
}
