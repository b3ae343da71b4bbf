/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * caps: the ids and capabilities of the container's process, as calls of the entry block.
 *
 * A spec without process.capabilities gives none, and an empty bounding set (as crun, and runc
 * before 1.5). Sources: capabilities(7), runtime-spec config.md "process.capabilities".
 */
#ifndef RUNTIME_KERNEL_CAPS_H
#define RUNTIME_KERNEL_CAPS_H

#include "runtime/base/err.h"
#include "runtime/kernel/entry.h"
#include "runtime/spec/spec.h"

/* The highest capability that this kernel knows. */
unsigned int caps_last(void);

/* "CAP_CHOWN" for 0; "capability 63" for a number without a name. */
#define CAPS_NAME_SIZE 32
const char *caps_name(unsigned int cap, char buf[CAPS_NAME_SIZE]);

/* Can these sets be had by the calling process, which is already in its user namespace? An
 * error names the first capability that it lacks (EPERM), or that one set has and another
 * forbids (ERR_INPUT). What is ambient without being permitted and inheritable is a warning. */
int caps_check(const struct spec_caps *caps, struct err *err);

/* Drops what is not in the bounding set. Needs CAP_SETPCAP: before caps_plan_ids. */
void caps_plan_bounding(const struct spec_caps *caps, struct entry *entry);

/* Groups, gid, uid, and the four other sets. no_new_privs is not touched. */
void caps_plan_ids(const struct spec_process *process, struct entry *entry);

#endif
