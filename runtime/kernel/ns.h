/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ns: namespaces: which are new, which are joined, whose ids map where.
 *
 * A container's first process is cloned into its new namespaces; those given by path are
 * joined before (a pid namespace, which only children enter) or after. A new cgroup namespace
 * is entered later (its root is the cgroup the process is in then), a new time namespace after
 * its offsets are written.
 */
#ifndef RUNTIME_KERNEL_NS_H
#define RUNTIME_KERNEL_NS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/base/err.h"
#include "runtime/spec/spec.h"

/* The spec's namespaces as fds and flags. */
struct ns_plan {
	int fd[NS_KINDS];     /* of a path, opened and checked; or -1 */
	uint64_t clone_flags; /* new ones that clone3 makes */
	bool new_user, join_user;
	bool new_cgroup, new_time;
};

/* Opens the paths. A path that is no namespace of its kind is an error. */
int ns_plan_init(struct ns_plan *plan, const struct spec *spec, struct err *err);
void ns_plan_done(struct ns_plan *plan);
#define auto_ns_plan __attribute__((cleanup(ns_plan_done)))

/* Does the container's root have no power over what the host's root owns? True with a user
 * namespace of its own, new or joined. */
static inline bool ns_plan_own_user(const struct ns_plan *plan)
{
	return plan->new_user || plan->join_user;
}

/* Is the namespace behind fd the caller's own one of this kind? */
bool ns_is_own(enum spec_ns kind, int fd);

/* Are we in the user namespace that all others are below of? */
bool ns_user_is_initial(void);

/* Whoever clones the first process, just before: the pid namespace to be joined becomes the
 * children's. ns_leave_pid just after, for a process that has other children too: hooks and helpers
 * are not the container's. */
int ns_join_pid(const struct ns_plan *plan, struct err *err);
int ns_leave_pid(const struct ns_plan *plan, struct err *err);

/* A user namespace that is joined, by the process that clones the container's first one: the new
 * namespaces are then its. */
int ns_join_user(struct ns_plan *plan, struct err *err);

/* Parent, after clone: writes the maps of a new user namespace. */
int ns_write_maps(pid_t pid, const struct spec_id_maps *uid, const struct spec_id_maps *gid,
		  struct err *err);

/* Child: joins the rest. */
int ns_enter(const struct ns_plan *plan, struct err *err);

/* Child: a new time namespace with the spec's offsets. proc_fd is a trusted /proc. Before
 * ns_become_root: a change of ids makes the files below /proc/self another's. */
int ns_enter_time(int proc_fd, const struct spec *spec, struct err *err);

/* Child: becomes root of its user namespace (after the maps are there). */
int ns_become_root(struct err *err);

/* The processes of the member's pid namespace and of those below it, as /proc shows them. The list
 * is the caller's to free. */
int ns_pids(pid_t member, pid_t **ret, size_t *ret_n, struct err *err);

/* Is the process the first one of a pid namespace below ours? */
bool ns_is_first(pid_t pid);

/* A user namespace with these maps, as an fd for MOUNT_ATTR_IDMAP (mount_setattr(2)). A short-
 * lived child makes it. */
int ns_user_fd(const struct spec_id_maps *uid, const struct spec_id_maps *gid, struct err *err);

#endif
