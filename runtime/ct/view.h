/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view: what makes a CT see its own limits and not the host's size.
 */
#ifndef RUNTIME_CT_VIEW_H
#define RUNTIME_CT_VIEW_H

#include <stdint.h>

#include "runtime/ct/vz.h"

/* What lxcfs offers (lxcfs.h). Where it is not running a warning says so: once, until it was
 * there and is missing again. That it was said is kept in LOCKDIR/lxcfs.missing. */
uint32_t view_lxcfs(const struct vz *vz);

#endif
