/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * helper: the other programs of ours, which do a part of a verb in a process of their own: what
 * needs a library that the main program should not carry, or rights that it should not have.
 *
 * A helper is installed in LIBEXECDIR/vzrun; in a build tree it lies beside the main program. It
 * gets no arguments but its name, no environment, and these fds: stdin, stdout and stderr on
 * /dev/null, HELPER_REPORT_FD, and from HELPER_FIRST_FD on those it was given. What goes
 * wrong it sends as one `struct err` over HELPER_REPORT_FD, and ends with status 1.
 */
#ifndef RUNTIME_BASE_HELPER_H
#define RUNTIME_BASE_HELPER_H

#include <stddef.h>

#include "runtime/base/err.h"

#define HELPER_REPORT_FD 3
#define HELPER_FIRST_FD 4
#define HELPER_MAX_FDS 8

/* The program's path in fresh memory, or NULL. Beside this program only one counts that nobody but
 * this user and root can have put there. */
char *helper_path(const char *name, struct err *err);

/* In a pid namespace of its own, where it can name no process but itself. */
#define HELPER_ALONE 1U

/* Runs it to its end. Its error becomes the caller's. It ends with the caller, whatever ends
 * that. ERR_UNSUPPORTED: it is not installed. */
int helper_run(const char *name, unsigned int flags, const int *fds, size_t n, struct err *err);

/* Becomes it for the whole verb, with this program's own arguments, environment and stdio: for a
 * program that is the same but for a library. Nothing of the verb may have been done. Returns on
 * failure only. */
int helper_become(const char *name, struct err *err);

/* In a helper: sends *why. */
void helper_report(const struct err *why);

#endif
