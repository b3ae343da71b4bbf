/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * submount: what an administrator (most often an action script) mounted below a CT's root folder
 * on the host: taken off it, put on it again, let go. In between the root itself may be mounted
 * anew. Paths below it are the CT's, so they are resolved within it.
 */
#ifndef RUNTIME_CT_SUBMOUNT_H
#define RUNTIME_CT_SUBMOUNT_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"

struct submount {
	char *point;  /* where, within the root */
	char *source; /* a folder of the root itself, within it; NULL: another file system's */
	int tree;     /* a detached copy with what is mounted below, or -1 */
};

struct submount_list {
	struct submount *mount;
	size_t n;
};
void submount_list_done(struct submount_list *list);
#define auto_submounts __attribute__((cleanup(submount_list_done)))

/* Copies of all that is mounted below `root`, with the ids of the range that begins with first_id,
 * so that what belongs to the host's root there belongs to the CT's, as it did before there were
 * user namespaces. What can't map ids is taken as it is, with a warning. first_id 0: all is. */
int submount_take(const char *root, uint32_t first_id, struct submount_list *ret, struct err *err);

/* Mounts them below `root`. */
int submount_put(const char *root, const struct submount_list *list, struct err *err);

/* Unmounts all below `root`; what is in use there is let go (MNT_DETACH). */
int submount_release(const char *root, struct err *err);

#endif
