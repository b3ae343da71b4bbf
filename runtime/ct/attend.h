/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attend: what a CT's monitor has done (runtime/monitor/protocol.h): after the CT's init has ended
 * by itself, what `stop` would do then; and the start that may follow.
 */
#ifndef RUNTIME_CT_ATTEND_H
#define RUNTIME_CT_ATTEND_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/base/str.h"
#include "runtime/ct/ct.h"
#include "runtime/ct/ended.h"

/* A CT that ran for less is started again after a pause, which grows. */
#define ATTEND_QUICK_SEC 60

/* The arguments of struct container_monitor: this program's `monitor` on that CT. */
int attend_args(const struct ct *ct, struct strbuf *ret, struct err *err);

/* After its init, started at pid_start, ended with that status (of MONITOR_ENDED): the CT, which
 * is locked, is cleaned up. *ret_status: what the monitor is told by the exit status. Another run's
 * end, or one that a verb has seen to: nothing is done. */
int attend_ended(struct ct *ct, uint32_t status, uint64_t pid_start, int *ret_status,
		 struct err *err);

/* Starts it, unless something has been done with it since. */
int attend_again(struct ct *ct, uint64_t pid_start, struct err *err);

/* For verbs: it was stopped; nothing is to be started again. live NULL: it does not run. */
void attend_stopped(const struct ct *ct, const struct container_state *live);

/* Is it to be started again, and after which pause (0: none, of monitor_pause_sec)? by `last`, how it
 * ended before, or NULL. Pure. */
bool attend_decide(struct ended *now, const struct ended *last, bool autorestart,
		   unsigned int *ret_pause);

#endif
