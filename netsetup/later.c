/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/later.h"

#include <limits.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Nothing of the caller's is kept: not its pipes, locks or folder. */
static void let_go(int fd)
{
	if (fd > 0)
		close_range(0, (unsigned int)fd - 1, 0);
	close_range((unsigned int)fd + 1, UINT_MAX, 0);
	if (chdir("/") < 0)
		_exit(1);
}

bool later_child(int fd, bool *ret_cloned)
{
	const struct timespec grace = { .tv_nsec = LATER_MSEC * 1000000L };
	struct clone_args args = { .exit_signal = 0 };
	sigset_t all, before;
	long pid;

	/* Those of before: only children without a signal are asked for. */
	while (waitpid(-1, NULL, WNOHANG | __WCLONE) > 0)
		;
	/* What ends the caller's terminal or service does not end the child. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = syscall(SYS_clone3, &args, sizeof(args));
	*ret_cloned = pid >= 0;
	if (pid != 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		return false;
	}
	let_go(fd);
	nanosleep(&grace, NULL);
	return true;
}
