/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lsm: the labels of AppArmor and SELinux that the container's program and its mounts get.
 *
 * A label for a module that the host does not run is a warning, not an error: the same bundle
 * then works on hosts with and without it (as crun; runc refuses).
 */
#ifndef RUNTIME_KERNEL_LSM_H
#define RUNTIME_KERNEL_LSM_H

#include "runtime/base/err.h"
#include "runtime/kernel/entry.h"
#include "runtime/spec/spec.h"

/* What remains of a spec's labels on this host; NULL: none. */
struct lsm_labels {
	const char *apparmor; /* process.apparmorProfile */
	const char *selinux;  /* process.selinuxLabel */
	const char *mount;    /* linux.mountLabel: the value of a new super block's "context" */
};

/* Looks which modules the host runs (in the host's mount namespace), only where the spec has a
 * label. */
void lsm_find(const struct spec_process *process, const char *mount_label, struct lsm_labels *ret);

/* Does the process's program get a label? */
static inline int lsm_labels_exec(const struct lsm_labels *labels)
{
	return labels->apparmor || labels->selinux;
}

/* Adds the calls that give the next execve(2) its label: in the entry program, since the label
 * must go to the container's program and not to ours. procfd, a trusted /proc, must stay open
 * into the entry program; the calls that mark fds close-on-exec come after these. */
void lsm_plan(const struct lsm_labels *labels, int procfd, struct entry *entry);

#endif
