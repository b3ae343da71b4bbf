/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount_sources: what is bound from the host, the root file system above all, as detached trees
 * with the mount attributes of the spec. The parent opens them, with the host's rights and by a
 * path that is walked once; the child attaches them (mount.h).
 *
 * With a user namespace of its own a container may change the attributes of its mounts. What the
 * host mounted read-only, nodev, nosuid or noexec must stay so: these flags are locked in the
 * copy of the host's mounts that such a container is cloned with, and in what is cloned from
 * there (mount_namespaces(7)). So the trees are opened in that copy, once it is there, and sent.
 */
#ifndef RUNTIME_KERNEL_MOUNT_SOURCES_H
#define RUNTIME_KERNEL_MOUNT_SOURCES_H

#include <stddef.h>

#include "runtime/base/err.h"
#include "runtime/spec/spec.h"

struct mount_sources {
	int *list; /* one for each of the spec's mounts, -1: no bind mount */
	size_t n;
	int root_tree;   /* the rootfs, recursive */
	int cgroup_tree; /* see mount_sources_add_cgroup, or -1 */
	/* What mount_apply attached at /proc and /sys, or -1: what is masked in them is found by
	 * these, wherever the name leads by then. */
	int proc_mount, sys_mount;
};
#define MOUNT_SOURCES_INIT                                                            \
	{                                                                             \
		.root_tree = -1, .cgroup_tree = -1, .proc_mount = -1, .sys_mount = -1 \
	}

/* Room for them, all unset. */
int mount_sources_init(struct mount_sources *src, const struct spec *spec, struct err *err);

/* Parent: opens rootfs (absolute path) and each bind source (relative ones below bundle). */
int mount_sources_open(struct mount_sources *src, const struct spec *spec, const char *rootfs,
		       const char *bundle, struct err *err);

/* Before mount_sources_open_in: refuses what is not there, as long as nothing has been made. What
 * lies below /proc may name something of this process's (an fd, its working directory), which the
 * copy does not have: it is opened here. */
int mount_sources_probe(struct mount_sources *src, const struct spec *spec, const char *rootfs,
			const char *bundle, struct err *err);

/* The same as mount_sources_open in the mount namespace behind `ns`, a copy of this process's own. Working directory
 * and root are the same before and after. */
int mount_sources_open_in(struct mount_sources *src, const struct spec *spec, const char *rootfs,
			  const char *bundle, int ns, struct err *err);

/* One after the other where the fds lie that mount_sources_open sets, for sending and receiving;
 * *at is 0 at first. NULL after the last. */
int *mount_sources_next(struct mount_sources *src, const struct spec *spec, size_t *at);

/* Parent, once the container's cgroup is there: it is what a cgroup mount shows to a container
 * without a cgroup namespace of its own. Opened only where the spec has such a mount. */
int mount_sources_add_cgroup(struct mount_sources *src, const struct spec *spec, int cgroup_fd,
			     struct err *err);

void mount_sources_close(struct mount_sources *src);
#define auto_mount_sources __attribute__((cleanup(mount_sources_close)))

#endif
