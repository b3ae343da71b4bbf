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
#include <stdint.h>
#include <sys/types.h>

#include "runtime/base/err.h"
#include "runtime/spec/spec.h"

/* Where a container's cgroup is unless its spec says otherwise. */
#define CGROUP_PARENT "/vzrun"

/* Where the v2 hierarchy is mounted, into a buffer of PATH_MAX bytes; ERR_UNSUPPORTED: nowhere. */
int cgroup_mount_point(char *ret, struct err *err);

/* The folder of a cgroup, likewise. */
int cgroup_full_path(const char *path, char *ret, struct err *err);

/* An fd of the v2 mount's root (O_RDONLY, O_DIRECTORY); ERR_UNSUPPORTED: no v2 mount. */
int cgroup_open_host(struct err *err);

/* The path that a spec's cgroupsPath and the id come to, in fresh memory: an absolute one is
 * taken as it is, a relative one below "/vzrun", none: "/vzrun/ID". ".." is refused, and so is
 * the root itself. */
char *cgroup_path(const char *cgroups_path, const char *id, struct err *err);

/* Makes the cgroup and its parents, enables in every parent the controllers there are, and
 * returns its fd for CLONE_INTO_CGROUP and the calls below. *ret_missing (where given) becomes a
 * list of the controllers that res (or NULL) asks for and this host lacks (NULL where none);
 * strict makes the first of them an error. A controller that the host has but that can't be
 * enabled is always an error. A cgroup that was there is taken over if nothing runs in it,
 * otherwise refused (ERR_EXISTS). */
int cgroup_create(const char *path, const struct spec_resources *res, bool strict,
		  char ***ret_missing, struct err *err);

/* The same for a cgroup that another manager, systemd, has made. */
int cgroup_adopt(const char *path, const struct spec_resources *res, bool strict,
		 char ***ret_missing, struct err *err);

/* An fd of an existing one; ENOENT in err->code where it is gone. */
int cgroup_open(const char *path, struct err *err);

/* The same for new limits: the controllers that res asks for are enabled where they were not;
 * one that can't be had is an error. */
int cgroup_open_for(const char *path, const struct spec_resources *res, struct err *err);

/* Moves a process into it, which no limit refuses: cgroup.procs. */
int cgroup_join(int fd, pid_t pid, struct err *err);

/* Puts behind an error of joining the cgroup (clone3, cgroup.procs) why the kernel refused:
 * code EACCES, EBUSY and EOPNOTSUPP; others are left alone. Always -1. */
int cgroup_hint_join(int fd, struct err *err);

/* Hands the cgroup to the container's root, so that an init can make cgroups below it: the
 * folder and the files of /sys/kernel/cgroup/delegate, never a limit. cgroup-v2.rst,
 * Delegation. */
int cgroup_delegate(int fd, uid_t uid, gid_t gid, struct err *err);

/* ---- limits (cgroup_limits.c) ---- */

/* Applies limits; a controller that the host lacks is skipped here (cgroup_create told). A value
 * that the kernel refuses is an error with file and value; what was written before it stays. */
int cgroup_apply(int fd, const struct spec_resources *res, struct err *err);

/* The same for a cgroup in use, device rules included where res has any, all or nothing: after an
 * error all values are as they were, or the error says which is not. */
int cgroup_update(int fd, const struct spec_resources *res, struct err *err);

/* What cgroup_apply would write (cgroup_limits.h), checked against what the cgroup has and uses. */
struct cgroup_plan;
int cgroup_plan_for(int fd, const struct spec_resources *res, struct cgroup_plan *ret,
		    struct err *err);

/* The controllers that res asks for, a bit for each (cgroup_controller_name); a limit of "none"
 * asks for none. */
uint32_t cgroup_wanted(const struct spec_resources *res);
/* The bit's name, or NULL from CGROUP_CONTROLLERS on. */
#define CGROUP_CONTROLLERS 10
const char *cgroup_controller_name(unsigned int bit);
/* The bits of the names in a text like cgroup.controllers; unknown ones have none. */
uint32_t cgroup_controllers_parse(const char *text);
/* Why the host has no such controller in v2: "in use by cgroup v1", "not in this kernel", … */
const char *cgroup_why_missing(const char *controller);

/* ---- devices (devices_bpf.c) ---- */

/* Device access rules by an eBPF program of type cgroup device, replacing the one before: what
 * no rule allows is denied, a later rule overrides, and runc's default devices are always
 * allowed. */
int cgroup_apply_devices(int fd, const struct spec_device_rule *rules, size_t n, struct err *err);

/* The same in two steps, for what must be sure before it changes anything else: the kernel accepts the
 * program; then it is put in force. */
#define CGROUP_DEVICES_MAX 64 /* programs of one cgroup (the kernel's BPF_CGROUP_MAX_PROGS) */
struct cgroup_devices {
	int program;     /* an fd, or -1 */
	bool allows_all; /* none is needed */
	bool skipped;    /* there can be none here */
	uint32_t old_ids[CGROUP_DEVICES_MAX];
	size_t old_n;
};
#define CGROUP_DEVICES_INIT   \
	{                     \
		.program = -1 \
	}
int cgroup_prepare_devices(int fd, const struct spec_device_rule *rules, size_t n,
			   struct cgroup_devices *ret, struct err *err);
int cgroup_install_devices(int fd, struct cgroup_devices *devices, struct err *err);
void cgroup_devices_done(struct cgroup_devices *devices);
#define auto_cgroup_devices __attribute__((cleanup(cgroup_devices_done)))

/* ---- processes ---- */

/* Freezes or thaws and waits until the kernel says that it is so (cgroup.events, frozen). A
 * freeze that does not come about in CGROUP_WAIT_MSEC is taken back: ETIMEDOUT. */
#define CGROUP_WAIT_MSEC 10000
int cgroup_freeze(int fd, bool freeze, struct err *err);
bool cgroup_frozen(int fd);

/* SIGKILL to every process in it and below it, at once (cgroup.kill, 5.14). */
int cgroup_kill(int fd, struct err *err);

/* All processes in it and below it, in our pid namespace, each once, unordered. The list is the
 * caller's; NULL where there are none. */
int cgroup_pids(int fd, pid_t **ret, size_t *ret_n, struct err *err);

/* Removes it and what the container made below it, waiting (CGROUP_WAIT_MSEC at most) for dying
 * processes to leave. One that does not exist is fine, and so is "". The parents stay, "/vzrun"
 * too (to make it anew costs milliseconds); but for empty ones below that. */
int cgroup_remove(const char *path, struct err *err);

#endif
