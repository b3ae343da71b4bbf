/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount: the spec's mounts, by the new mount API (open_tree, fsopen, mount_setattr, move_mount).
 *
 * What is bound from the host comes as a detached tree (mount_sources.h); the child attaches it to
 * a place that it resolved inside the root by fd. A path is never walked twice.
 */
#ifndef RUNTIME_KERNEL_MOUNT_H
#define RUNTIME_KERNEL_MOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/kernel/mount_sources.h"
#include "runtime/spec/spec.h"

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

/* "cgroup" and "cgroup2" both mean the v2 hierarchy. */
bool mount_is_cgroup(const struct spec_mount *m);

/* Does the spec bring its own /dev as a bind mount (then nothing is made in it)? */
bool mount_dev_is_bound(const struct spec *spec);

#endif
