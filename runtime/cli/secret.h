/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * secret: passwords that come with a command line. Any user of the host reads /proc/PID/cmdline, so
 * there they are wiped at once, and one may come on stdin instead. The log has its own copy of the
 * line, without them (vzlog.h).
 */
#ifndef RUNTIME_CLI_SECRET_H
#define RUNTIME_CLI_SECRET_H

#include "runtime/base/err.h"

/* `given` are options and values in turn (set.h), which stand in argv; NULL is fine. Those of
 * --userpasswd are copied, wiped there, and a password "-" becomes a line of stdin. Frees with
 * secret_free, behind the last use of given. */
int secret_take(char **given, char ***ret, struct err *err);
/* Wipes them too. */
void secret_free(char **secrets);

#endif
