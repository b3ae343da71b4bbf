/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * criu: the program criu at work for us ("criu swrk"): one request, its notifications, its answer.
 */
#ifndef RUNTIME_CONTAINER_CRIU_H
#define RUNTIME_CONTAINER_CRIU_H

#include <sys/types.h>

#include "runtime/base/err.h"
#include "runtime/container/criu_msg.h"

struct criu_job {
	enum criu_type type;
	const struct strbuf *opts; /* criu_opts; without log_file, which is added */
	const char *log;           /* the log's name in the work folder */
	int work_fd;               /* that folder */
	/* In criu's process before it is executed: where it is to work, and what it is to find.
	 * Fds above 2 are closed but those that this leaves without FD_CLOEXEC. */
	int (*prepare)(void *arg, struct err *err);
	/* In ours, the process that criu will be, which waits meanwhile; may be NULL. */
	int (*place)(void *arg, pid_t pid, struct err *err);
	/* What criu has come to: "setup-namespaces", "post-dump", … pid: of the container's init, if it
	 * tells; fd: what comes along, or -1. An error makes criu fail. */
	int (*notify)(void *arg, const char *what, pid_t pid, int fd, struct err *err);
	void *arg;
};

/* *ret_pid (may be NULL): the restored init, a child of ours. ERR_UNSUPPORTED: no criu here. The
 * first error of criu's log is in the text, and where the log is. */
int criu_run(const struct criu_job *job, pid_t *ret_pid, struct err *err);

#endif
