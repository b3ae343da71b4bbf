/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount: the spec's mounts, by the new mount API (open_tree, fsopen, mount_setattr, move_mount).
 *
 * What is bound from the host is opened as a detached tree by the parent, with the host's
 * rights and before there is anything of the container's; the child attaches it to a place
 * that it resolved inside the root by fd. A path is never walked twice.
 */
#ifndef RUNTIME_KERNEL_MOUNT_H
#define RUNTIME_KERNEL_MOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/spec/spec.h"

/* A bind mount's source, ready to be attached. */
struct mount_source {
	int tree; /* detached clone with the mount's attributes set; -1: no bind mount */
	bool is_dir;
};

struct mount_sources {
	struct mount_source *list; /* one for each of the spec's mounts */
	size_t n;
	int root_tree;   /* the rootfs, recursive */
	int cgroup_tree; /* see mount_sources_add_cgroup, or -1 */
	/* What mount_apply attached at /proc and /sys, or -1: what is masked in them is found by
	 * these, wherever the name leads by then. */
	int proc_mount, sys_mount;
};

/* Parent: opens rootfs (absolute path) and each bind source (relative ones below bundle). */
int mount_sources_open(struct mount_sources *src, const struct spec *spec, const char *rootfs,
		       const char *bundle, struct err *err);
/* Parent, once the container's cgroup is there: it is what a cgroup mount shows to a container
 * without a cgroup namespace of its own. Opened only where the spec has such a mount. */
int mount_sources_add_cgroup(struct mount_sources *src, const struct spec *spec, int cgroup_fd,
			     struct err *err);
void mount_sources_close(struct mount_sources *src);
#define auto_mount_sources __attribute__((cleanup(mount_sources_close)))

/* What the child knows of its surroundings. */
struct mount_env {
	int root_fd;     /* the container's root */
	int cgroup_tree; /* the container's own cgroup, detached, or -1 */
	bool cgroup_ns;  /* in a cgroup namespace of its own */
	const struct spec_linux *lin;
	struct mount_sources *made; /* where proc_mount and sys_mount are put */
	const char *label;          /* mountLabel, or NULL */
};

/* Child: performs all of the spec's mounts in order. */
int mount_apply(const struct mount_env *env, const struct spec *spec,
		const struct mount_sources *src, struct err *err);

/* The system calls, thin. An fd, or -1 with errno. */
int mount_open_tree(int dirfd, const char *path, unsigned int flags);
int mount_move(int tree, int target);
int mount_set(int fd, unsigned int at_flags, uint64_t set, uint64_t clr, unsigned long propagation,
	      int userns_fd);

/* A new file system, detached: type, "key=value" or "flag" parameters (NULL-terminated, or
 * NULL), source (or NULL), MOUNT_ATTR_… */
int mount_new(const char *type, const char *source, char *const *data, uint64_t attr,
	      struct err *err);

/* Does the spec bring its own /dev as a bind mount (then nothing is made in it)? */
bool mount_dev_is_bound(const struct spec *spec);

#endif
