/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proclist: a table of processes with the columns of `ps -ef`, read from /proc. A process that
 * ends while it is read is left out.
 */
#ifndef RUNTIME_CLI_PROCLIST_H
#define RUNTIME_CLI_PROCLIST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "runtime/base/str.h"

/* Of /proc/PID/stat (proc(5)), times in clock ticks. */
struct proclist_stat {
	char name[64];
	pid_t ppid;
	int tty;
	uint64_t used, start; /* utime + stime; since boot */
};

/* The text of /proc/PID/stat. 0 or -1. */
int proclist_parse_stat(const char *text, struct proclist_stat *ret);
/* "pts/3", "tty1", "?" */
void proclist_tty(int tty, char buf[16]);
/* When it began, as ps shows it: "14:05" today, "Nov23" this year, "2025" before. */
void proclist_stime(time_t start, time_t now, char buf[16]);

void proclist_emit(const pid_t *pids, size_t n, struct strbuf *sb);

#endif
