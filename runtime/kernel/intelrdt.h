/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * intelrdt: the container's class of service in resctrl: shares of the processor's caches and
 * memory bandwidth. Sources: runtime-spec config-linux.md "IntelRdt", kernel resctrl.rst.
 *
 * A group without closID is the container's own, named by its id, made and removed with it. One
 * with closID is somebody else's: made where missing, joined, never removed.
 */
#ifndef RUNTIME_KERNEL_INTELRDT_H
#define RUNTIME_KERNEL_INTELRDT_H

#include <sys/types.h>

#include "runtime/base/err.h"
#include "runtime/spec/spec.h"

/* An fd of the mounted resctrl; ERR_UNSUPPORTED where there is none. */
int intelrdt_open(struct err *err);

/* Makes or checks the group and puts the process into it. What was made is undone when a later
 * step fails. */
int intelrdt_apply(int resctrl, const struct spec_intel_rdt *rdt, const char *id, pid_t pid,
		   struct err *err);

/* Puts a process that `exec` started into the groups of its container. */
int intelrdt_join(int resctrl, const struct spec_intel_rdt *rdt, const char *id, pid_t pid,
		  struct err *err);

/* Removes what was the container's own. What is gone already is fine. */
int intelrdt_remove(int resctrl, const struct spec_intel_rdt *rdt, const char *id, struct err *err);

/* Does `schemata`, as the kernel shows it, hold every value of the line "L3:0=ff;1=f0"?
 * Spaces, leading zeros, case and order don't matter. */
bool intelrdt_holds(const char *schemata, const char *line);

#endif
