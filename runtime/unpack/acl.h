/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acl: setting the POSIX ACLs that an archive brings, in the kernel's own form
 * (posix_acl_xattr.h), for which no library is needed.
 */
#ifndef RUNTIME_UNPACK_ACL_H
#define RUNTIME_UNPACK_ACL_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/base/err.h"
#include "runtime/unpack/tarball.h"

/* Sets the n entries, which it sorts and none of which has a name, on the file or folder behind
 * the fd, of any kind. */
int acl_set(int fd, bool is_default, struct tarball_acl *acl, size_t n, struct err *err);

/* GNU tar writes the names of users and groups, which mean something in the tree's own
 * etc/passwd and etc/group alone. So these wait until the tree is complete. */
struct acl_late {
	char *path;
	bool is_default;
	struct tarball_acl *acl;
	size_t n;
};
struct acl_queue {
	struct acl_late *list;
	size_t n;
};
void acl_queue_done(struct acl_queue *queue);

/* Does an entry have a name? */
bool acl_has_names(const struct tarball_acl *acl, size_t n);

/* Keeps a copy, for the file at the (clean, relative) path. */
int acl_defer(struct acl_queue *queue, const char *path, bool is_default,
	      const struct tarball_acl *acl, size_t n, struct err *err);
/* The file at the path is another one now. */
void acl_forget(struct acl_queue *queue, const char *path);

/* Sets all that were deferred. ERR_INPUT: a name that the tree does not know. */
int acl_set_late(const struct acl_queue *queue, int rootfd, struct err *err);

#endif
