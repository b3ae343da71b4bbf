/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/place.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "runtime/base/fd.h"

void place_done(struct place *at)
{
	fd_closep(&at->ns);
	fd_closep(&at->root);
	fd_closep(&at->cwd);
}

int place_open(struct place *at, struct err *err)
{
	at->ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	at->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	at->cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at->ns < 0 || at->root < 0 || at->cwd < 0)
		return err_sys(err, "remember the mount namespace");
	return 0;
}

/* setns(2) leaves a process at the namespace's own root. */
int place_return(const struct place *at, struct err *err)
{
	if (setns(at->ns, CLONE_NEWNS) < 0 || fchdir(at->root) < 0 || chroot(".") < 0 ||
	    fchdir(at->cwd) < 0)
		return err_sys(err, "return to the host's mount namespace");
	return 0;
}
