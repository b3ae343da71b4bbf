/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * overlay: a CT's root as a shared, read-only template with the CT's own layer above it, both
 * mapped into the CT's id range, so that on disk the owners are 0 to 65535 as in the archive.
 *
 * What the kernel wants (overlayfs.rst; tried on 6.1 and 6.18, where every simpler way fails or
 * ends in a file system that is silently read-only): each layer is a mount of its own with an
 * id map; both are attached somewhere (6.1 takes no detached ones); the overlay is created by a
 * process whose fsuid and fsgid are mapped, because it makes its work folder as that user, and
 * which has all its capabilities nevertheless.
 */
#ifndef RUNTIME_CT_OVERLAY_H
#define RUNTIME_CT_OVERLAY_H

#include <stdint.h>

#include "runtime/base/err.h"

/* The two folders of the CT's own layer, in its private area. */
#define OVERLAY_UPPER "upper"
#define OVERLAY_WORK "work"

struct overlay {
	const char *lower;   /* the template's folder, absolute */
	const char *private; /* the folder that holds OVERLAY_UPPER and OVERLAY_WORK */
	const char *root;    /* an empty folder, where the layers are put together; on the host
			       * nothing is mounted there by this */
	const char *source;  /* what the mount table shows in its first column */
	uint32_t first_id;   /* of the CT's range; 0: nothing is mapped, owners are as on disk */
};

/* The mounted overlay as an fd, not attached anywhere (move_mount(2)); nodev. ERR_UNSUPPORTED
 * where the file system below can't map ids. */
int overlay_open(const struct overlay *overlay, struct err *err);

/* Can mounts of this folder's file system be id-mapped? 0, or ERR_UNSUPPORTED with a text that
 * says what can be done. */
int overlay_check(const char *path, struct err *err);

#endif
