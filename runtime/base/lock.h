/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lock: an exclusive lock on an open file, held by the open file description (fcntl(2),
 * F_OFD_SETLK), so that it ends with the last copy of the fd and with no process to clean up.
 */
#ifndef RUNTIME_BASE_LOCK_H
#define RUNTIME_BASE_LOCK_H

#include <stdbool.h>

#include "runtime/base/err.h"

/* Opens (creates, mode 0600) dirfd/name and locks it; the fd that holds the lock, or -1.
 * With wait false a lock that is held elsewhere fails with ERR_BUSY. */
int lock_open(int dirfd, const char *name, bool wait, struct err *err);

#endif
