/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stop: asking a CT's init to shut down, in the way that this init understands.
 */
#ifndef RUNTIME_CT_STOP_H
#define RUNTIME_CT_STOP_H

#include "runtime/base/err.h"
#include "runtime/container/container.h"

#define STOP_TIMEOUT_MAX_SEC 86400 /* of STOP_TIMEOUT */

/* The signal that makes an init power off, by the base names of its executable ("systemd") and of
 * its argv[0], since a busybox may be a shell as well; 0: none is known. Pure. */
int stop_signal(const char *program, const char *argv0);

/* Asks the running container's init to shut down: by its signal, or by `halt` run inside. Does
 * not wait. */
int stop_request(const struct container_settings *set, const char *id, struct err *err);

#endif
