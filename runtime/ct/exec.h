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

/* A copy of the host's file for a shell to read: nothing of the host's own is handed in. */
int exec_open_script(const char *path, struct err *err);

/* Runs the shell in it, which reads `input`, with our output and the variables of
 * EXEC_COMMAND; waits. A signal that ends us ends it. */
int exec_script(const struct container_settings *set, const char *id, const char *shell, int input,
		int *ret_status, struct err *err);

enum exec_env {
	EXEC_LOGIN,   /* as enter: root's, and our TERM */
	EXEC_COMMAND, /* as exec */
};

/* Runs it with our input and output (a terminal of its own passed through to ours, if ours is
 * one) and waits; its exit status as a shell gives it. */
int exec_here(const struct container_settings *set, const char *id, enum exec_env env,
	      const char *const *args, int *ret_status, struct err *err);

/* What enters a container, or runs one, is done in a child of ours, for two reasons. A process that
 * joined the container is the child of who made it enter, and as long as its parent does not reap
 * it, the container's init can't end (pid_namespaces(7)), for which we may be waiting. And who made
 * one enter makes no process outside any more. SIGTERM, and our end, are passed on to it. */
typedef int (*exec_child)(const void *arg, int *ret_status, struct err *err);
/* input: the child's stdin, or -1: ours. */
int exec_in_child(exec_child run, const void *arg, int input, int *ret_status, struct err *err);

/* Points fds 0 to 2 at /dev/null, for what shall outlive this process; saved gets the old ones
 * for exec_stdio_restore. */
int exec_stdio_null(int saved[3], struct err *err);
void exec_stdio_restore(const int saved[3]);

#endif
