/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/uts.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"

int uts_set_hostname(int pidfd, const char *hostname, struct err *err)
{
	auto_fd int own = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	int rc = 0;

	if (own < 0 || setns(pidfd, CLONE_NEWUTS) < 0)
		return err_sys(err, "enter the container's UTS namespace");
	if (sethostname(hostname, strlen(hostname)) < 0)
		rc = err_sys(err, "set the host name \"%s\"", hostname);
	if (setns(own, CLONE_NEWUTS) < 0)
		abort();
	return rc;
}
