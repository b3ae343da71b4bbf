/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/graft.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "runtime/kernel/mount.h"
#include "runtime/kernel/ns.h"

#define NAME_SIZE 24

/* A name in the container may lead to a file system whose server, a process of the container's,
 * never answers. */
#define TIMEOUT_SEC 10

struct job {
	const struct graft_place *place;
	const struct graft_item *items;
	const char *const *targets; /* of what is to go; then there are no items */
	size_t n;
};

static const char *item_name(char buf[NAME_SIZE], size_t i)
{
	snprintf(buf, NAME_SIZE, "%zu", i);
	return buf;
}

int graft_open(const char *source, uint64_t attr, int userns_fd, struct err *err)
{
	auto_fd int tree = mount_open_tree(AT_FDCWD, source, OPEN_TREE_CLONE);

	if (tree < 0)
		return err_sys(err, "open \"%.300s\"", source);
	if (mount_set(tree, 0, 0, 0, MS_SLAVE, -1) < 0 ||
	    (attr && mount_set(tree, 0, attr, 0, 0, -1) < 0))
		return err_sys(err, "set mount attributes of \"%.300s\"", source);
	if (userns_fd >= 0 && mount_set(tree, 0, 0, 0, 0, userns_fd) < 0)
		return err_sys(err, "map the ids of \"%.300s\"", source);
	return steal_fd(&tree);
}

/* ---- the helper, as the host's root ---- */

static int stage_tree(int stage, const struct graft_item *item, const char *name, struct err *err)
{
	auto_fd int at = -1;
	struct stat st;
	int made;

	if (fstat(item->tree, &st) < 0)
		return err_sys(err, "look at what is mounted");
	made = S_ISDIR(st.st_mode) ? mkdirat(stage, name, 0700) :
				     mknodat(stage, name, S_IFREG | 0600, 0);
	if (made == 0)
		at = openat(stage, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (at < 0 || mount_move(item->tree, at) < 0)
		return err_sys(err, "collect the mount");
	return 0;
}

static int stage_node(int stage, const struct graft_item *item, const char *name, struct err *err)
{
	if (mknodat(stage, name, item->mode, item->rdev) < 0 ||
	    fchownat(stage, name, item->uid, item->gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(stage, name, item->mode & 07777, 0) < 0)
		return err_sys(err, "make the device node");
	return 0;
}

/* Collects all below `stage`, which then is the working directory. */
static int collect(const struct job *job, struct err *err)
{
	static char *const options[] = { (char *)(uintptr_t) "mode=0711",
					 (char *)(uintptr_t) "size=1m", NULL };
	auto_fd int stage = -1, at = -1;
	char name[NAME_SIZE];

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(err, "make the mounts private");
	stage = mount_new("tmpfs", "vzrun", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, err);
	if (stage < 0)
		return -1;
	at = open(job->place->stage, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0 || mount_move(stage, at) < 0 || fchdir(stage) < 0)
		return err_sys(err, "mount a tmpfs at \"%.200s\"", job->place->stage);
	for (size_t i = 0; i < job->n; i++) {
		const struct graft_item *item = &job->items[i];

		item_name(name, i);
		if ((item->tree >= 0 ? stage_tree(stage, item, name, err) :
				       stage_node(stage, item, name, err)) < 0)
			return err_wrap(err, "\"%.200s\"", item->target);
	}
	return 0;
}

/* ---- the helper, as the container's root ---- */

static bool same_node(int fd, const struct graft_item *item)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == (item->mode & S_IFMT) &&
	       st.st_rdev == item->rdev;
}

/* What a node is mounted on: an empty file. */
static bool is_empty_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
}

static int attach_node(int root, const struct graft_item *item, int tree, struct err *err)
{
	const char *name;
	auto_fd int parent = path_make_parent_in(root, item->target, &name, err), at = -1;

	if (parent < 0)
		return -1;
	if (mknodat(parent, name, S_IFREG | 0600, 0) < 0 && errno != EEXIST)
		return err_sys(err, "make it in the container");
	at = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (at < 0)
		return err_sys(err, "open it in the container");
	if (same_node(at, item))
		return 0;
	if (!is_empty_file(at))
		return err_set(err, EEXIST, "something else is in its place");
	return mount_move(tree, at) < 0 ? err_sys(err, "attach it") : 0;
}

static int open_target(int root, const char *target, bool is_dir, struct err *err)
{
	int fd = path_open_in(root, target, O_PATH, 0);

	if (fd >= 0)
		return fd;
	if (errno != ENOENT)
		return err_sys(err, "open it in the container");
	return is_dir ? path_make_dir_in(root, target, 0755, err) :
			path_make_file_in(root, target, 0644, err);
}

static int attach_tree(int root, const struct graft_item *item, int tree, struct err *err)
{
	auto_fd int at = -1;
	struct stat source, place;

	if (fstat(tree, &source) < 0)
		return err_sys(err, "look at what is mounted");
	at = open_target(root, item->target, S_ISDIR(source.st_mode), err);
	if (at < 0)
		return -1;
	if (fstat(at, &place) < 0)
		return err_sys(err, "look at it in the container");
	if (place.st_dev == source.st_dev && place.st_ino == source.st_ino)
		return 0;
	if (mount_move(tree, at) == 0)
		return 0;
	err_sys(err, "attach it");
	if (S_ISDIR(place.st_mode) != S_ISDIR(source.st_mode))
		err_hint(err, "one is a folder, the other a file");
	return -1;
}

/* By its folder, since a file has no path of its own to unmount it by: the container's /proc is
 * not to be trusted. */
static int detach_file(int root, const char *target, struct err *err)
{
	const char *name;
	auto_fd int parent = path_make_parent_in(root, target, &name, err);
	auto_fd int left = -1;

	if (parent < 0)
		return -1;
	if (fchdir(parent) < 0 ||
	    (umount2(name, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL && errno != ENOENT))
		return err_sys(err, "unmount it");
	left = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (left >= 0 && is_empty_file(left))
		unlinkat(parent, name, 0);
	return 0;
}

static int detach(int root, const char *target, struct err *err)
{
	auto_fd int fd = path_open_in(root, target, O_PATH | O_NOFOLLOW, 0);
	struct stat st;
	int rc = 0;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "open it in the container");
	if (!S_ISDIR(st.st_mode))
		rc = detach_file(root, target, err);
	else if (fchdir(fd) < 0 || (umount2(".", MNT_DETACH) < 0 && errno != EINVAL))
		rc = err_sys(err, "unmount it");
	return fchdir(root) < 0 ? err_sys(err, "enter \"/\"") : rc;
}

/* Root of the container's user namespace, in a copy of our mounts that belongs to it. */
static int join_user(const struct job *job, struct err *err)
{
	if (setns(job->place->init_pidfd, CLONE_NEWUSER) < 0)
		return err_sys(err, "join the container's user namespace");
	if (ns_become_root(err) < 0)
		return -1;
	/* The working directory is taken along into the copy. */
	return unshare(CLONE_NEWNS) < 0 ? err_sys(err, "copy the mounts") : 0;
}

static int join_mounts(const struct job *job, struct err *err)
{
	int root;

	if (setns(job->place->mount_ns, CLONE_NEWNS) < 0)
		return err_sys(err, "join the container's mount namespace");
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? err_sys(err, "open the container's \"/\"") : root;
}

static int attach(int root, const struct graft_item *item, int tree, struct err *err)
{
	int rc = item->tree >= 0 ? attach_tree(root, item, tree, err) :
				   attach_node(root, item, tree, err);

	return rc < 0 ? err_wrap(err, "mount \"%.200s\"", item->target) : 0;
}

/* Opened before the working directory is the container's. */
static int open_copies(const struct job *job, int *trees, struct err *err)
{
	char name[NAME_SIZE];

	for (size_t i = 0; i < job->n; i++) {
		trees[i] = mount_open_tree(AT_FDCWD, item_name(name, i), OPEN_TREE_CLONE);
		if (trees[i] < 0)
			return err_sys(err, "copy the mount for \"%.200s\"", job->items[i].target);
	}
	return 0;
}

static int add(const struct job *job, int *trees, struct err *err)
{
	struct err why;
	int root;

	if (collect(job, err) < 0 || join_user(job, err) < 0 || open_copies(job, trees, err) < 0)
		return -1;
	root = join_mounts(job, err);
	if (root < 0)
		return -1;
	for (size_t i = 0; i < job->n; i++) {
		if (attach(root, &job->items[i], trees[i], err) == 0)
			continue;
		while (i-- > 0)
			detach(root, job->items[i].target, &why);
		return -1;
	}
	return 0;
}

static int take_away(const struct job *job, struct err *err)
{
	int root;

	if (join_user(job, err) < 0)
		return -1;
	root = join_mounts(job, err);
	if (root < 0)
		return -1;
	for (size_t i = job->n; i-- > 0;)
		if (detach(root, job->targets[i], err) < 0)
			return err_wrap(err, "unmount \"%.200s\"", job->targets[i]);
	return 0;
}

/* ---- the caller ---- */

__attribute__((noreturn)) static void help(const struct job *job, int tell, int *trees)
{
	struct err err = { 0 };
	int rc;

	signal(SIGALRM, SIG_DFL);
	alarm(TIMEOUT_SEC);
	rc = job->items ? add(job, trees, &err) : take_away(job, &err);
	if (rc < 0)
		fd_write_all(tell, &err, sizeof(err));
	_exit(rc < 0);
}

/* *trees: room for what the helper opens, in memory that is there before it is cloned. */
static int run(const struct job *job, int *trees, struct err *err)
{
	auto_fd int from = -1, to = -1;
	struct err why;
	int pair[2], status;
	ssize_t n;
	pid_t pid;

	/* In the container's user namespace its root might look into the helper. */
	if (proc_close_to_others(err) < 0)
		return -1;
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	from = pair[0];
	to = pair[1];
	pid = proc_clone(CLONE_NEWNS, -1, NULL);
	if (pid == 0)
		help(job, to, trees);
	if (pid < 0)
		return err_sys(err, "make a mount namespace");
	fd_closep(&to);
	n = fd_read_all(from, &why, sizeof(why));
	status = proc_wait(pid);
	if (n == (ssize_t)sizeof(why)) {
		if (err)
			*err = why;
		return -1;
	}
	if (status == 128 + SIGALRM)
		return err_set(err, ETIMEDOUT,
			       "a file system in the container does not answer for %d s",
			       TIMEOUT_SEC);
	if (status != 0)
		return err_set(err, ERR_FAILED, "the process for it ended with status %d", status);
	return 0;
}

int graft_add(const struct graft_place *place, const struct graft_item *items, size_t n,
	      struct err *err)
{
	const struct job job = { .place = place, .items = items, .n = n };
	auto_free int *trees = n > 0 ? calloc(n, sizeof(*trees)) : NULL;

	if (n == 0)
		return 0;
	if (!trees)
		return err_sys(err, "mount into the container");
	return run(&job, trees, err);
}

int graft_remove(const struct graft_place *place, const char *const *targets, size_t n,
		 struct err *err)
{
	const struct job job = { .place = place, .targets = targets, .n = n };

	return n > 0 ? run(&job, NULL, err) : 0;
}
