/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attach: a verb in the foreground: it stays with the process it started, passes our signals
 * and our terminal through to it, and ends with its exit status. For run and exec.
 */
#ifndef RUNTIME_CONTAINER_ATTACH_H
#define RUNTIME_CONTAINER_ATTACH_H

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

#include "runtime/base/err.h"

struct attach {
	int console[2]; /* what the child sends its terminal's master over: ours, its */
	int signal_fd;
	int master;
	int notify_fd;             /* the container's notification socket (the caller's), or -1 */
	const char *notify_socket; /* whom to tell that the container is ready */
	bool raw;                  /* our terminal's settings were changed and are in `saved` */
	struct termios saved;
};

#define ATTACH_INIT                                                                   \
	{                                                                             \
		.console = { -1, -1 }, .signal_fd = -1, .master = -1, .notify_fd = -1 \
	}

/* follow: signals will be passed on. terminal: the child will send a terminal. */
int attach_init(struct attach *attach, bool terminal, bool follow, struct err *err);
void attach_done(struct attach *attach);
#define auto_attach __attribute__((cleanup(attach_done)))

static inline bool attach_is_terminal(const struct attach *attach)
{
	return attach->console[1] >= 0;
}

/* The end to give to the child, once. */
int attach_console(struct attach *attach);

/* Until the child `pid` has ended; *ret_status is its exit status (128 + signal). */
int attach_follow(struct attach *attach, pid_t pid, int pidfd, int *ret_status, struct err *err);

/* Writes --pid-file and serves --pidfd-socket; NULL: not asked for. */
int attach_announce(pid_t pid, int pidfd, const char *pid_file, const char *pidfd_socket,
		    struct err *err);

#endif
