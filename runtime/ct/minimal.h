/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * minimal: the built-in template, a root file system around the host's busybox. Nothing is
 * fetched. It needs the static busybox (Debian: busybox-static).
 */
#ifndef RUNTIME_CT_MINIMAL_H
#define RUNTIME_CT_MINIMAL_H

#include "runtime/base/err.h"

#define MINIMAL_NAME "minimal"

/* The host's busybox, opened for reading; ERR_NOT_FOUND where there is none. */
int minimal_open_busybox(struct err *err);

/* Changes with what minimal_build makes from the same busybox. */
#define MINIMAL_REVISION 1

/* Fills the empty folder dirfd. ERR_UNSUPPORTED: the busybox is not static. */
int minimal_build(int busybox_fd, int dirfd, struct err *err);

#endif
