/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootfs: the container's root: from the host's tree to a root of its own, with its device
 * nodes, and with what is masked or read-only in it.
 */
#ifndef RUNTIME_KERNEL_ROOTFS_H
#define RUNTIME_KERNEL_ROOTFS_H

#include <stdbool.h>

#include "runtime/base/err.h"
#include "runtime/spec/spec.h"

/* In a new mount namespace: cuts every tie to the host's mounts and attaches the detached tree
 * on top of "/", or at `path` where that is not NULL and can be reached. The old root stays the
 * process's own until rootfs_enter. */
int rootfs_attach(int root_tree, const char *path, struct err *err);

/* Makes the new root the process's, by pivot_root(2), and lets go of the host's tree; with
 * no_pivot (a ramdisk host can't pivot) by chroot(2) only. */
int rootfs_enter(int root_fd, bool no_pivot, struct err *err);

/* Masked paths, read-only paths; before rootfs_enter, for the host's /dev/null is needed. What
 * lies below /proc and /sys is found from the mounts made there (-1: none), so that it is in
 * them and nowhere else. A path that does not exist is fine. */
struct rootfs_mounts {
	int root, proc, sys;
};
int rootfs_mask(const struct rootfs_mounts *at, const struct spec_linux *lin, struct err *err);

/* Read-only root and rootfsPropagation, as the very last: pivot_root refuses a shared root. */
int rootfs_seal(int root_fd, const struct spec *spec, struct err *err);

#endif
