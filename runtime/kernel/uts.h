/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uts: the host name of a running container. */
#ifndef RUNTIME_KERNEL_UTS_H
#define RUNTIME_KERNEL_UTS_H

#include "runtime/base/err.h"

/* sethostname(2) in the UTS namespace of the process behind pidfd. The caller is back in its own
 * afterwards; if it can't be, the program ends, as all it would do next would be the container's. */
int uts_set_hostname(int pidfd, const char *hostname, struct err *err);

#endif
