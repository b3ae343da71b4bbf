/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_sysctl: settings of the host that are changed for a while, and put back. The old values stand in
 * NET_STATE_DIR/host/sysctls, a line for each change, written before it: "PATH OLD OURS". The caller
 * holds host's lock. Not for use outside netsetup/host*.c.
 */
#ifndef NETSETUP_HOST_SYSCTL_H
#define NETSETUP_HOST_SYSCTL_H

#include "runtime/base/err.h"

#define HOST_DIR "host" /* in NET_STATE_DIR */
#define HOST_SYSCTLS "sysctls"

/* The number in /proc/sys/PATH. ENOENT: this kernel or this link has no such setting. */
int host_sysctl_read(const char *path, int *ret, struct err *err);

/* Without a note: something else that is noted sets it back. */
int host_sysctl_write(const char *path, int value, struct err *err);

/* Nothing is done where it has the value. dirfd is HOST_DIR's. */
int host_sysctl_set(int dirfd, const char *path, int value, struct err *err);

/* Remembers a value that another change will spoil (net.ipv6.conf.all.forwarding sets each link's). */
int host_sysctl_keep(int dirfd, const char *path, int value, struct err *err);

/* In reverse; what somebody else has changed since then stays as he wants it. What can't be put back
 * stays noted, and is an error after the others were. */
int host_sysctl_restore(int dirfd, struct err *err);

#endif
