/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pool: many jobs, each done by a child process of its own, so many at once and no more.
 *
 * A job that fails, crashes or hangs holds no other back: it ends with its process, and one that
 * takes longer than slow_msec no longer counts, so the next is begun beside it. When the time is
 * over, what is still at work is killed, or left to itself. A caller that is killed leaves the
 * jobs at work to end by themselves.
 */
#ifndef RUNTIME_BASE_POOL_H
#define RUNTIME_BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"

/* More are never at work at once, slow ones counted: each costs a pid and an fd. */
#define POOL_MAX 400

struct pool {
	size_t jobs;        /* numbered from 0, begun in that order */
	unsigned int slots; /* at least 1 */
	int slow_msec;
	int64_t deadline_msec; /* by pool_now_msec; 0: none */
	bool leave;            /* what is late is left to itself */
	void *arg;
	/* In the child. 0, or -1 with err. */
	int (*run)(void *arg, size_t job, struct err *err);
	/* In the caller, as each ends, err NULL where it went well. ETIMEDOUT: it was late, or not
	 * begun. */
	void (*ended)(void *arg, size_t job, const struct err *err);
};

/* Until `ended` was called for each. -1: what makes no child; `ended` was called for those begun. */
int pool_run(const struct pool *pool, struct err *err);

/* CLOCK_MONOTONIC. */
int64_t pool_now_msec(void);

#endif
