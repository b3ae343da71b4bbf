/* SPDX-License-Identifier: GPL-2.0-or-later */
/* duration: an option's length of time, in Go's notation: 5s, 1m30s, 500ms. */
#ifndef RUNTIME_CLI_DURATION_H
#define RUNTIME_CLI_DURATION_H

#include "runtime/base/err.h"

/* min_msec at least, a day at most. `option` names it in the error (ERR_USAGE). */
int duration_parse(const char *text, const char *option, int min_msec, int *ret_msec,
		   struct err *err);

#endif
