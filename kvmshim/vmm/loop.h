/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop: the I/O thread's waiting: fds, and what is called when one of them is ready (epoll(7), level
 * triggered).
 */
#ifndef KVMSHIM_VMM_LOOP_H
#define KVMSHIM_VMM_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/err.h"

struct loop_watch {
	int fd;
	void (*ready)(struct loop_watch *watch, uint32_t events); /* EPOLLIN and so on */
	void *self;
};

struct loop {
	int epoll_fd; /* -1: none */
	bool ends;
};

int loop_init(struct loop *loop, struct err *err);
void loop_done(struct loop *loop);

/* The watch is the caller's and must stay where it is until it is removed. Removing one while others of
 * the same round are still to be called is allowed; freeing it then is not. */
int loop_add(struct loop *loop, struct loop_watch *watch, uint32_t events, struct err *err);
int loop_change(struct loop *loop, struct loop_watch *watch, uint32_t events, struct err *err);
void loop_remove(struct loop *loop, const struct loop_watch *watch);

/* One wait, of at most timeout_msec (-1: for ever), and the calls that it brings. */
int loop_turn(struct loop *loop, int timeout_msec, struct err *err);

/* Until loop_end, which one of those that are called calls. */
int loop_run(struct loop *loop, struct err *err);
void loop_end(struct loop *loop);

#endif
