/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpack: a tar archive of a root file system into a folder, with owners (by number), modes,
 * setuid bits, times, links, device nodes, ACLs, file capabilities and user.* attributes.
 *
 * The archive is not trusted. A member may make things below the folder only: its path is
 * relative and has no "..", its parents are real folders (no link is followed on the way, at
 * any moment: openat2(2), RESOLVE_NO_SYMLINKS), a hard link's target obeys the same, and what
 * is a folder stays one. A member that does not is an error that names it, and the whole
 * archive is refused: it was made to attack, or is damaged. Other attributes than those named,
 * trusted.overlay.* above all, are left out.
 */
#ifndef RUNTIME_UNPACK_UNPACK_H
#define RUNTIME_UNPACK_UNPACK_H

#include "runtime/base/err.h"

/* A member's owner is below this: a CT has no more ids. */
#define UNPACK_MAX_ID 65535

/* Unpacks the archive on fd into the (empty) folder dirfd. What a failure leaves there is the
 * caller's to remove. */
int unpack_archive(int fd, int dirfd, struct err *err);

/* A member's path as a clean relative one in fresh memory, "" for the top itself. ERR_INPUT:
 * absolute, empty, or with "..". Pure. */
char *unpack_check_path(const char *path, struct err *err);

#endif
