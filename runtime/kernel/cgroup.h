/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup: one container's cgroup in the v2 hierarchy, wherever that is mounted.
 *
 * Paths are those of the v2 hierarchy: absolute below its mount ("/vzrun/101"), or "" where
 * cgroups are disabled. The v2 mount is found at /sys/fs/cgroup (pure v2),
 * /sys/fs/cgroup/unified (hybrid), or wherever mountinfo shows one. v1 is never touched.
 * Source: cgroup-v2.rst.
 */
#ifndef RUNTIME_KERNEL_CGROUP_H
#define RUNTIME_KERNEL_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "runtime/base/err.h"
#include "runtime/spec/spec.h"

/* An fd of the v2 mount's root (O_PATH-like, O_DIRECTORY); ERR_UNSUPPORTED: no v2 mount. */
int cgroup_open_host(struct err *err);

/* The path that a spec's cgroupsPath and the id come to, in fresh memory: an absolute one is
 * taken as it is, a relative one below "/vzrun", none: "/vzrun/ID". ".." is refused. */
char *cgroup_path(const char *cgroups_path, const char *id, struct err *err);

/* Makes the cgroup and its parents, enables in every parent the controllers there are, and
 * returns its fd for CLONE_INTO_CGROUP and the calls below. *ret_missing becomes a list of the
 * controllers that res asks for and this host lacks (NULL where none); strict makes the first
 * of them an error. */
int cgroup_create(const char *path, const struct spec_resources *res, bool strict,
		  char ***ret_missing, struct err *err);

/* An fd of an existing one; ENOENT in err->code where it is gone. */
int cgroup_open(const char *path, struct err *err);

/* Applies limits; a controller that the host lacks is skipped here (cgroup_create told). */
int cgroup_apply(int fd, const struct spec_resources *res, struct err *err);

/* Device access rules by an eBPF program of type cgroup device, replacing the one before. */
int cgroup_apply_devices(int fd, const struct spec_device_rule *rules, size_t n, struct err *err);

/* Freezes or thaws and waits until the kernel says that it is so (cgroup.events, frozen). */
int cgroup_freeze(int fd, bool freeze, struct err *err);
bool cgroup_frozen(int fd);

/* SIGKILL to every process in it and below it, at once (cgroup.kill, 5.14). */
int cgroup_kill(int fd, struct err *err);

/* All processes in it and below it, in our pid namespace. The list is the caller's. */
int cgroup_pids(int fd, pid_t **ret, size_t *ret_n, struct err *err);

/* Removes it and what the container made below it, waiting (bounded) for dying processes to
 * leave. One that does not exist is fine. The parents stay but for an empty "/vzrun". */
int cgroup_remove(const char *path, struct err *err);

#endif
