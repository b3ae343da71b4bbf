/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spawn: a program of the host's, run to its end for somebody else: an OCI hook, an action script
 * of a CT. Our own helper programs: helper.h.
 */
#ifndef RUNTIME_BASE_SPAWN_H
#define RUNTIME_BASE_SPAWN_H

#include <stdbool.h>

#include "runtime/base/err.h"

struct spawn {
	const char *path;
	char *const *args; /* NULL: the path alone */
	char *const *env;  /* NULL: none */
	int input;         /* its stdin, or -1: /dev/null */
	int timeout_sec;   /* 0: none; a late one is killed */
	/* A process group of its own, which ends with the caller, and by a signal that should end the
	 * caller (SIGINT, SIGTERM, SIGHUP): then it is an error, so what it was run for is undone. */
	bool interruptible;
};

/* Its stdout and stderr are ours; no other fd goes along. A status other than 0, a signal, a lack
 * of time are errors: "exit status 3", "killed by signal 9 (Killed)"; ECANCELED where it was
 * interrupted. */
int spawn_run(const struct spawn *spawn, struct err *err);

#endif
