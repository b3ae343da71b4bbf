/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * link: network interfaces.
 */
#ifndef NETSETUP_LINK_H
#define NETSETUP_LINK_H

#include "runtime/base/err.h"

/* Sets "lo" of the caller's network namespace up. */
int link_loopback_up(struct err *err);

/* Moves the interface from the caller's network namespace to the one behind netns_fd, as `name`
 * ("%d" in it: the lowest number that makes it free, as the kernel's own templates), with its
 * permanent addresses of global scope, and sets it up (runtime-spec config-linux.md,
 * "netDevices"). EEXIST: the name is taken there. The caller is single-threaded and may enter
 * both namespaces. After an error the interface may be in either. */
int link_move(const char *host_name, const char *name, int netns_fd, struct err *err);

#endif
