/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * procfs: files of a /proc that is trusted, by fd.
 *
 * A container may put anything it likes over its own /proc, so that a write which is meant for
 * a label or a sysctl lands elsewhere (CVE-2019-16884, CVE-2025-52881). The runtime works on a
 * /proc of its own, by fd, and nothing that is mounted or linked into it leads out of it.
 */
#ifndef RUNTIME_KERNEL_PROCFS_H
#define RUNTIME_KERNEL_PROCFS_H

#include "runtime/base/err.h"

/* openat2(2)'s resolve flags for a path below such an fd: only procfs's own symbolic links
 * ("self") are followed. */
#define PROCFS_RESOLVE (RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS)

/* Opens `path` ("self/oom_score_adj") below procfd and checks that it lies on a procfs. The
 * fd, or -1 with errno. */
int procfs_open(int procfd, const char *path, int flags);

/* Writes the whole text with one write(2). */
int procfs_write(int procfd, const char *path, const char *text, struct err *err);

#endif
