/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec: commands that vzrun itself runs in a CT, as its root. What a user wants to be run goes to
 * the engine as it is (`vzrun exec`).
 */
#ifndef RUNTIME_CT_EXEC_H
#define RUNTIME_CT_EXEC_H

#include "runtime/base/err.h"
#include "runtime/container/container.h"

/* Starts it without input and output, and does not wait for it. */
int exec_detached(const struct container_settings *set, const char *id, const char *const *args,
		  struct err *err);

/* The shell that OpenVZ takes: bash, where the mounted root has one. */
const char *exec_shell(const char *root);

/* Runs the host's file in it by the shell, which reads it from its stdin, with our output and
 * OpenVZ's few variables; waits. A signal that ends us ends it. */
int exec_script(const struct container_settings *set, const char *id, const char *shell,
		const char *path, int *ret_status, struct err *err);

/* Runs it with our input and output (a terminal of its own passed through to ours, if ours is
 * one) and waits; its exit status as a shell gives it. */
int exec_here(const struct container_settings *set, const char *id, const char *const *args,
	      int *ret_status, struct err *err);

/* Points fds 0 to 2 at /dev/null, for what shall outlive this process; saved gets the old ones
 * for exec_stdio_restore. */
int exec_stdio_null(int saved[3], struct err *err);
void exec_stdio_restore(const int saved[3]);

#endif
