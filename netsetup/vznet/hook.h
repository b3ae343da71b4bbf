/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hook: what an OCI runtime's hook is told, as a network. Does nothing to the kernel.
 */
#ifndef NETSETUP_VZNET_HOOK_H
#define NETSETUP_VZNET_HOOK_H

#include "netsetup/vznet/args.h"

struct hook {
	bool up;
	pid_t pid; /* whose network namespace it is; 0 where no network is wanted */
};

/* Of the state that comes on stdin (runtime-spec runtime.md, "State"), and of args->ids, where the way
 * may be said. args->config is made and has the state's id; with pid it is filled. */
int hook_read(const char *text, size_t len, struct args *args, struct hook *ret, struct err *err);

#endif
