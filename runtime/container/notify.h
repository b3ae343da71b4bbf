/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify: sd_notify(3) from inside a container to the service manager that started us.
 *
 * Where our caller's environment names a socket (NOTIFY_SOCKET), the container is given one of
 * our own instead, at /run/notify/notify.sock: the manager's is never in its reach. Of what the
 * container says there only READY=1 is passed on, with a MAINPID that we know to be right. As in
 * runc, `run` and `start` hold the socket, and those that do not stay return when the container
 * is ready.
 */
#ifndef RUNTIME_CONTAINER_NOTIFY_H
#define RUNTIME_CONTAINER_NOTIFY_H

#include <stdbool.h>
#include <sys/types.h>

#include "runtime/base/err.h"

/* What the container's program has in its environment. */
#define NOTIFY_VARIABLE "NOTIFY_SOCKET=/run/notify/notify.sock"

/* create, run: makes the folder for the socket in the state folder; *ret_tree is it as a
 * detached, read-only mount. */
int notify_prepare(int state_fd, int *ret_tree, struct err *err);

/* The child: attaches it to /run/notify, made where it is missing. */
int notify_attach(int root_fd, int tree, struct err *err);

/* start, run: the socket; -1 in *ret_fd where the container was created without the folder. */
int notify_listen(int state_fd, int *ret_fd, struct err *err);

/* Takes the messages that wait there, blocking never. Was READY=1 among them? */
bool notify_take(int fd);

/* Tells the manager at `host` (a path, or "@" and an abstract name) that the container is ready.
 * main_pid, if not 0, becomes the service's main process, and we wait until the manager has read
 * it: it looks the sender up, who may end now. A failure is logged only. */
void notify_tell(const char *host, pid_t main_pid);

/* Waits for READY=1 and tells it, or for the end of the container's init. */
int notify_wait(int fd, const char *host, pid_t init, int init_pidfd, struct err *err);

#endif
