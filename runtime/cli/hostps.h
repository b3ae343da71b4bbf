/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostps: the host's ps(1) with options of the caller's, and of what it prints the lines of some
 * processes, as runc's `ps ID OPTION...` does.
 */
#ifndef RUNTIME_CLI_HOSTPS_H
#define RUNTIME_CLI_HOSTPS_H

#include <stddef.h>
#include <sys/types.h>

#include "runtime/base/err.h"
#include "runtime/base/str.h"

/* args: the options, NULL behind the last. pids is sorted in place. */
int hostps_run(char *const args[], pid_t *pids, size_t n, struct strbuf *sb, struct err *err);

/* The heading and the lines whose column PID is one of pids (sorted). Control characters, which
 * come from the names of processes, become "?". ERR_INPUT: there is no such column. Pure. */
int hostps_filter(const char *text, const pid_t *pids, size_t n, struct strbuf *sb,
		  struct err *err);

#endif
