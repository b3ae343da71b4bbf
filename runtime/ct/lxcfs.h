/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lxcfs: is lxcfs running on this host, and what does it offer? It is a daemon that shows, in a
 * FUSE file system, some files of /proc and /sys as the reader's cgroup limits them.
 */
#ifndef RUNTIME_CT_LXCFS_H
#define RUNTIME_CT_LXCFS_H

#include <stdint.h>

/* Where Debian's package mounts it. */
#define LXCFS_DIR "/var/lib/lxcfs"

/* What of it a container is given, each by the path that it covers inside; LXCFS_DIR before it
 * is the source. */
#define LXCFS_FILES 8
extern const char *const lxcfs_files[LXCFS_FILES];

/* A bit for each of lxcfs_files that is there; 0: lxcfs is not running, does not answer, or what
 * is at LXCFS_DIR is no FUSE file system of lxcfs's that root mounted. Takes LXCFS_WAIT_MSEC at
 * most, however the daemon behaves. */
#define LXCFS_WAIT_MSEC 2000
uint32_t lxcfs_find(void);

#endif
