/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * graft: mounts put into a container that is there already: a folder or file of the host's, and
 * device nodes, which a user namespace can't make.
 *
 * A node is a fresh one on a tmpfs of the host's, so what is done to it inside (chmod, chown)
 * never reaches the host's own. What the host says of a mount (read-only, nosuid, …) is locked
 * against the container, as in what it was cloned with (mount_namespaces(7)): a helper collects
 * the mounts in a mount namespace, joins the container's user namespace and copies that mount
 * namespace there, which is where the kernel sets the locks. In the container's own mount
 * namespace the helper is no more than its root, and names are resolved there by fd: whatever
 * lies in the way can lead it to what is the container's only.
 */
#ifndef RUNTIME_KERNEL_GRAFT_H
#define RUNTIME_KERNEL_GRAFT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/base/err.h"

struct graft_item {
	const char *target; /* absolute, in the container; made where it is missing */
	int tree;           /* what is bound (graft_open), or -1: a node */
	mode_t mode;        /* of the node: type and permissions */
	dev_t rdev;
	uid_t uid; /* its owner, as the host counts */
	gid_t gid;
};

/* A detached tree of the host's `source` with these MOUNT_ATTR_…, mounts below it not included;
 * it gets what the host mounts later, and gives nothing back. userns_fd: maps its ids, or -1. An
 * fd; -1: err, whose code is EINVAL where the file system can't map ids. */
int graft_open(const char *source, uint64_t attr, int userns_fd, struct err *err);

/* A container with user and mount namespaces of its own. The second by an fd, since a container's
 * root, which the helper is by then, may not look into an init that has not executed its program
 * yet. */
struct graft_place {
	int init_pidfd;
	int mount_ns;
	const char *stage; /* a folder of the host's where the helper may mount, unseen by others */
};

/* Attaches all, or none. A node that is there already stays as it is; anything else in its place
 * is an error (EEXIST). What is bound there already is not bound again. */
int graft_add(const struct graft_place *place, const struct graft_item *items, size_t n,
	      struct err *err);

/* Unmounts what is at the targets, and removes the empty files below nodes. What is not there any
 * more is fine: a container may unmount what it has. */
int graft_remove(const struct graft_place *place, const char *const *targets, size_t n,
		 struct err *err);

#endif
