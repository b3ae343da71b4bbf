/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usermap: a CT's id range as the kernel wants it: as a user namespace to map mounts with, and
 * as the identity under which files of the CT's are made from outside.
 */
#ifndef RUNTIME_CT_USERMAP_H
#define RUNTIME_CT_USERMAP_H

#include <stdint.h>

#include "runtime/base/err.h"

/* An fd of a user namespace in which 0 to 65535 are the range that begins at `first`
 * (mount_setattr(2), userns_fd). No process is left in it. */
int usermap_open(uint32_t first, struct err *err);

/* Makes files from now on with `first` as owner and group, with all of root's capabilities: in
 * a CT's tree an owner outside its range has no place on disk (EOVERFLOW). usermap_leave goes
 * back to root's own. For this process alone, not inherited through execve. */
int usermap_enter(uint32_t first, struct err *err);
void usermap_leave(void);

#endif
