/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * console: a container's terminal: a pseudo terminal from its own devpts, its master handed to
 * whoever asked, its other end the process's stdio and /dev/console.
 */
#ifndef RUNTIME_KERNEL_CONSOLE_H
#define RUNTIME_KERNEL_CONSOLE_H

#include <stdint.h>
#include <sys/types.h>

#include "runtime/base/err.h"

/* Opens a new pair from dev/pts below root_fd, owned by uid, of the given size (0: the
 * default). Both ends are the caller's. */
int console_new(int root_fd, uid_t uid, uint16_t width, uint16_t height, int *ret_master,
		int *ret_peer, struct err *err);

/* Binds the terminal to /dev/console below root_fd (in the child, before rootfs_enter). By fd:
 * what the name of the terminal leads to plays no part (CVE-2025-52565). */
int console_bind(int root_fd, int peer, struct err *err);

/* Makes the terminal the controlling one of a new session and the stdio of the caller. */
int console_take(int peer, struct err *err);

/* In the container's root: what of the caller's stdio is the null device becomes the container's own,
 * if it has one. The host's is of no mount that the container has, which criu can't put back. */
int console_own_null(struct err *err);

/* Its stdio alone. */
int console_stdio(int peer, struct err *err);

/* Connects to the Unix socket at a host path. */
int console_connect(const char *path, struct err *err);

/* Sends an fd with one message over a connected socket (SCM_RIGHTS). `name` is the message:
 * "/dev/ptmx" for a terminal, as runc does. */
int console_send(int sock, int fd, const char *name, struct err *err);

#endif
