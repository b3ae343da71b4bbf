/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jail: what a process gives up before it reads an untrusted archive with a large library.
 */
#ifndef RUNTIME_UNPACK_JAIL_H
#define RUNTIME_UNPACK_JAIL_H

#include "runtime/base/err.h"

/* The folder behind dirfd becomes all there is: this process's root, in namespaces of its own,
 * mounted so that no device node in it can be opened and no program run. No network, no capability but those that making files of any owner and kind needs, and no
 * system call but those that reading and writing them needs. That it can name no other process is
 * for who starts it to see to: HELPER_ALONE of helper.h. *ret_root is the new root's fd,
 * the caller's. Open fds stay open. No thread may be there yet. */
int jail_enter(int dirfd, int *ret_root, struct err *err);

#endif
