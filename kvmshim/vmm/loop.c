/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvmshim/vmm/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS_MAX = 16 };

int loop_init(struct loop *loop, struct err *err)
{
	*loop = (struct loop){ .epoll_fd = epoll_create1(EPOLL_CLOEXEC) };
	return loop->epoll_fd < 0 ? err_sys(err, "make an epoll") : 0;
}

void loop_done(struct loop *loop)
{
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	loop->epoll_fd = -1;
}

static int control(struct loop *loop, int what, struct loop_watch *watch, uint32_t events,
		   struct err *err)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (epoll_ctl(loop->epoll_fd, what, watch->fd, &event) < 0)
		return err_sys(err, "wait for fd %d", watch->fd);
	return 0;
}

int loop_add(struct loop *loop, struct loop_watch *watch, uint32_t events, struct err *err)
{
	return control(loop, EPOLL_CTL_ADD, watch, events, err);
}

int loop_change(struct loop *loop, struct loop_watch *watch, uint32_t events, struct err *err)
{
	return control(loop, EPOLL_CTL_MOD, watch, events, err);
}

void loop_remove(struct loop *loop, const struct loop_watch *watch)
{
	(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
}

int loop_turn(struct loop *loop, int timeout_msec, struct err *err)
{
	struct epoll_event events[EVENTS_MAX];
	const int n = epoll_wait(loop->epoll_fd, events, EVENTS_MAX, timeout_msec);

	if (n < 0 && errno != EINTR)
		return err_sys(err, "wait for the guest");
	for (int i = 0; i < n && !loop->ends; i++) {
		struct loop_watch *watch = events[i].data.ptr;

		watch->ready(watch, events[i].events);
	}
	return 0;
}

int loop_run(struct loop *loop, struct err *err)
{
	while (!loop->ends) {
		if (loop_turn(loop, -1, err) < 0)
			return -1;
	}
	return 0;
}

void loop_end(struct loop *loop)
{
	loop->ends = true;
}
