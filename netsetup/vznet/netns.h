/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netns: the network namespace that a caller means.
 */
#ifndef NETSETUP_VZNET_NETNS_H
#define NETSETUP_VZNET_NETNS_H

#include <sys/types.h>

#include "runtime/base/err.h"

/* By the file that it is bound to. ERR_INPUT: it is none, or this program's own. The fd, or -1. */
int netns_open(const char *path, struct err *err);
/* Of the process, which is the same from beginning to end of this call. */
int netns_open_pid(pid_t pid, struct err *err);

#endif
