/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * serve: the tree as a file system (FUSE): mounts it, and answers until it is unmounted or told to end.
 *
 * A text is made when its file is opened and stays as it is for that reader, however it reads and
 * however slowly. A reader that never ends costs the memory of its text; how much all may have is
 * bounded, and what is above is refused (ENFILE). Nobody can write.
 */
#ifndef RUNTIME_VZPROC_SERVE_H
#define RUNTIME_VZPROC_SERVE_H

#include <stdbool.h>

#include "runtime/base/err.h"
#include "runtime/container/container.h"

struct serve_opts {
	const char *mount_point;
	const char *vz_conf; /* NULL: the default one; read anew for each text */
	const struct container_settings *set;
	bool foreground;
};

/* Without `foreground` a child does it, once it is mounted. What a killed one left mounted there is
 * cleared away; ERR_EXISTS: one serves there. */
int serve_run(const struct serve_opts *opts, struct err *err);

#endif
