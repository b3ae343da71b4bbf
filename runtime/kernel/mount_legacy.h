/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount_legacy: mount(2), for what the new API can't take (a parameter longer than 255 bytes).
 */
#ifndef RUNTIME_KERNEL_MOUNT_LEGACY_H
#define RUNTIME_KERNEL_MOUNT_LEGACY_H

#include "runtime/base/err.h"
#include "runtime/spec/spec.h"

/* Mounts m's file system on the place that target_fd is, with all of m's options; root_fd is the
 * root that m's destination counts from. What mount(2) can't do is refused. */
int mount_legacy(const struct spec_mount *m, int root_fd, int target_fd, struct err *err);

#endif
