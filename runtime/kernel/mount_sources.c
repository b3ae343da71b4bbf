/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/mount_sources.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/path.h"
#include "runtime/base/place.h"
#include "runtime/base/str.h"
#include "runtime/kernel/mount.h"
#include "runtime/kernel/ns.h"

/* ---- opening ---- */

static bool has_maps(const struct spec_mount *m)
{
	return m->uid_mappings.n > 0 || m->gid_mappings.n > 0;
}

/* An idmapped mount's own mapping, or the container's. */
static int source_userns(const struct spec *spec, const struct spec_mount *m, struct err *err)
{
	const struct spec_id_maps *uid = &spec->lin.uid_mappings, *gid = &spec->lin.gid_mappings;

	if (has_maps(m)) {
		uid = &m->uid_mappings;
		gid = &m->gid_mappings;
	}
	if (uid->n == 0 || gid->n == 0)
		return err_set(err, ERR_INPUT,
			       "an idmapped mount needs uidMappings and gidMappings");
	return ns_user_fd(uid, gid, err);
}

/* Of the flags that the host's own mount has and a user namespace may not take off, those about
 * access times harm nobody by staying. */
static int set_attributes(int tree, unsigned int flags, uint64_t set, uint64_t clr, struct err *err)
{
	const uint64_t times = MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME;

	if ((!set && !clr) || mount_set(tree, flags, set, clr, 0, -1) == 0)
		return 0;
	if (errno != EPERM)
		return err_sys(err, "set mount attributes");
	set &= ~times;
	clr &= ~times;
	if ((!set && !clr) || mount_set(tree, flags, set, clr, 0, -1) == 0)
		return 0;
	err_sys(err, "set mount attributes");
	return err_hint(err, "the host's own mount is more restricted, and stays so");
}

static int source_attributes(int tree, const struct spec *spec, const struct spec_mount *m,
			     struct err *err)
{
	auto_fd int userns = -1;

	if (m->idmap || m->ridmap || has_maps(m)) {
		userns = source_userns(spec, m, err);
		if (userns < 0)
			return -1;
		if (mount_set(tree, m->ridmap ? AT_RECURSIVE : 0, 0, 0, 0, userns) < 0)
			return err_sys(
				err,
				"idmap (does the source's file system support idmapped mounts?)");
	}
	/* What the host mounts later may show inside, but nothing that is done inside may show
	 * on the host, unless the spec asks for it. */
	if (!(m->propagation & MS_SHARED) && mount_set(tree, AT_RECURSIVE, 0, 0, MS_SLAVE, -1) < 0)
		return err_sys(err, "make the source a slave of the host's mounts");
	if (set_attributes(tree, AT_RECURSIVE, m->rec_attr_set, m->rec_attr_clr, err) < 0)
		return -1;
	return set_attributes(tree, 0, m->attr_set, m->attr_clr, err);
}

/* In a user namespace's copy of the mounts, what is covered by a mount stays so: a folder with
 * mounts in it can be had with them only (mount_namespaces(7)). */
static int open_failed(const char *path, const struct spec_mount *m, struct err *err)
{
	err_sys(err, "open the source \"%.300s\"", path);
	if (err->code == EINVAL && !m->rbind)
		err_hint(err, "are there mounts in it? then \"rbind\" is needed");
	return -1;
}

static char *source_path(const struct spec_mount *m, const char *bundle)
{
	return path_join(bundle, m->source ? m->source : "");
}

static bool is_followed(const struct spec_mount *m)
{
	return !m->src_nofollow && !m->copy_symlink;
}

static int source_open(int *ret_tree, const struct spec *spec, const struct spec_mount *m,
		       const char *bundle, struct err *err)
{
	auto_free char *path = source_path(m, bundle);
	auto_fd int tree = -1;
	unsigned int flags = OPEN_TREE_CLONE | (m->rbind ? AT_RECURSIVE : 0);

	if (!path)
		return err_sys(err, "open");
	tree = mount_open_tree(AT_FDCWD, path, flags | (is_followed(m) ? 0 : AT_SYMLINK_NOFOLLOW));
	if (tree < 0)
		return open_failed(path, m, err);
	if (source_attributes(tree, spec, m, err) < 0)
		return -1;
	*ret_tree = steal_fd(&tree);
	return 0;
}

int mount_sources_init(struct mount_sources *src, const struct spec *spec, struct err *err)
{
	*src = (struct mount_sources)MOUNT_SOURCES_INIT;
	src->list = malloc((spec->mounts_n + 1) * sizeof(*src->list));
	if (!src->list)
		return err_sys(err, "prepare mounts");
	for (src->n = 0; src->n < spec->mounts_n; src->n++)
		src->list[src->n] = -1;
	return 0;
}

static bool has_source(const struct spec_mount *m)
{
	return m->bind && !m->remount;
}

int mount_sources_open(struct mount_sources *src, const struct spec *spec, const char *rootfs,
		       const char *bundle, struct err *err)
{
	src->root_tree = mount_open_tree(AT_FDCWD, rootfs, OPEN_TREE_CLONE | AT_RECURSIVE);
	if (src->root_tree < 0)
		return err_sys(err, "open rootfs \"%s\"", rootfs);
	if (mount_set(src->root_tree, AT_RECURSIVE, 0, 0, MS_SLAVE, -1) < 0)
		return err_sys(err, "make rootfs \"%s\" a slave of the host's mounts", rootfs);
	for (size_t i = 0; i < src->n; i++) {
		const struct spec_mount *m = &spec->mounts[i];

		if (has_source(m) && src->list[i] < 0 &&
		    source_open(&src->list[i], spec, m, bundle, err) < 0)
			return err_wrap(err, "mount \"%.100s\"", m->destination);
	}
	return 0;
}

/* ---- in the container's copy of the host's mounts ---- */

static int probe(const char *what, const char *path, int flags, struct err *err)
{
	auto_fd int fd = open(path, O_PATH | O_CLOEXEC | flags);

	return fd < 0 ? err_sys(err, "open %s \"%.300s\"", what, path) : 0;
}

static int probe_source(int *ret_tree, const struct spec *spec, const struct spec_mount *m,
			const char *bundle, struct err *err)
{
	auto_free char *path = source_path(m, bundle);

	if (!path)
		return err_sys(err, "open");
	if (str_starts(path, "/proc/"))
		return source_open(ret_tree, spec, m, bundle, err);
	return probe("the source", path, is_followed(m) ? 0 : O_NOFOLLOW, err);
}

int mount_sources_probe(struct mount_sources *src, const struct spec *spec, const char *rootfs,
			const char *bundle, struct err *err)
{
	if (probe("rootfs", rootfs, 0, err) < 0)
		return -1;
	for (size_t i = 0; i < src->n; i++) {
		const struct spec_mount *m = &spec->mounts[i];

		if (has_source(m) && probe_source(&src->list[i], spec, m, bundle, err) < 0)
			return err_wrap(err, "mount \"%.100s\"", m->destination);
	}
	return 0;
}

/* Is "/" the same folder in both? Not where this process has been put into a chroot(2). */
static bool same_root(const struct place *at)
{
	struct stat here, there;

	return stat("/", &there) == 0 && fstat(at->root, &here) == 0 &&
	       here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

int mount_sources_open_in(struct mount_sources *src, const struct spec *spec, const char *rootfs,
			  const char *bundle, int ns, struct err *err)
{
	auto_place struct place at = PLACE_NONE;
	struct err lost;
	int rc = -1;

	if (place_open(&at, err) < 0)
		return -1;
	if (setns(ns, CLONE_NEWNS) < 0)
		return err_sys(err, "enter the container's mount namespace");
	if (same_root(&at))
		rc = mount_sources_open(src, spec, rootfs, bundle, err);
	else
		err_set(err, ERR_UNSUPPORTED,
			"a user namespace of the container's own can't be had from inside a chroot");
	if (place_return(&at, &lost) < 0) {
		*err = lost;
		return -1;
	}
	return rc;
}

/* ---- as a list of fds ---- */

int *mount_sources_next(struct mount_sources *src, const struct spec *spec, size_t *at)
{
	if (*at == 0) {
		*at = 1;
		return &src->root_tree;
	}
	for (size_t i = *at - 1; i < src->n; i++)
		if (has_source(&spec->mounts[i])) {
			*at = i + 2;
			return &src->list[i];
		}
	return NULL;
}

int mount_sources_add_cgroup(struct mount_sources *src, const struct spec *spec, int cgroup_fd,
			     struct err *err)
{
	bool wanted = false;

	for (size_t i = 0; i < spec->mounts_n; i++)
		wanted |= mount_is_cgroup(&spec->mounts[i]);
	if (!wanted || spec->lin.ns[NS_CGROUP].given || cgroup_fd < 0)
		return 0;
	src->cgroup_tree = mount_open_tree(cgroup_fd, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
	if (src->cgroup_tree < 0)
		return err_sys(err, "open the container's cgroup as a mount");
	return 0;
}

void mount_sources_close(struct mount_sources *src)
{
	for (size_t i = 0; src->list && i < src->n; i++)
		fd_closep(&src->list[i]);
	mem_free_ptr(&src->list);
	fd_closep(&src->root_tree);
	fd_closep(&src->cgroup_tree);
	fd_closep(&src->proc_mount);
	fd_closep(&src->sys_mount);
	src->n = 0;
}
