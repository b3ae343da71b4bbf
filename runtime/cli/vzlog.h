/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vzlog: the log of what is done to CTs (/var/log/vzctl.log), in OpenVZ's line format:
 *
 *	2026-01-31T17:05:09+0100 vzctl : CT 101 : Starting container...
 *
 * Who ran which command, what it said, and how it ended; by whatever name the program was called.
 * No password is in it, and nothing of a command to be run inside. Each line is one write to the
 * end of the file, so those of verbs that run at once do not mix, and has no control characters.
 */
#ifndef RUNTIME_CLI_VZLOG_H
#define RUNTIME_CLI_VZLOG_H

#include <stdbool.h>

#include "runtime/base/err.h"
#include "runtime/base/str.h"
#include "runtime/ct/vz.h"

/* As LOG_LEVEL of vz.conf counts. */
enum vzlog_level { VZLOG_ERROR = -1, VZLOG_NORMAL, VZLOG_MORE, VZLOG_DEBUG };

/* Remembers our command line as it is now, for vzlog_begin: who wipes secrets in it calls it first. */
void vzlog_keep_args(void);

/* Opens what vz.conf says (LOGGING, LOGFILE, LOG_LEVEL) for lines about this CT, and begins: who
 * runs what, at this level; above VZLOG_NORMAL without what stands behind the CT's id. Warnings
 * (log.h) get there too. A file that can't be opened is a warning. */
void vzlog_begin(const struct vz *vz, const char *id, enum vzlog_level level);

/* How it ended: err NULL: well, at the level of its begin. */
void vzlog_end(int status, const struct err *err);

/* A line. Before vzlog_begin, none. */
void vzlog_write(enum vzlog_level level, const char *text);

/* The arguments (NULs between, len bytes) as they are logged: those with odd characters in quotes
 * (with \" and \\ there), passwords as "***"; not whole: those behind `id` as "...". Pure. */
void vzlog_add_args(struct strbuf *sb, const char *args, size_t len, const char *id, bool whole);

#endif
