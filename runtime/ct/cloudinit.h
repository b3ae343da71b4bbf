/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cloudinit: the seed by which cloud-init in a CT knows what it is in, without asking a network for
 * it (its NoCloud data source). What vzrun does itself, cloud-init must not undo.
 */
#ifndef RUNTIME_CT_CLOUDINIT_H
#define RUNTIME_CT_CLOUDINIT_H

#include <stdint.h>

#include "runtime/base/err.h"

/* Where the CT mounted at `root` has cloud-init: the seed. hostname NULL: none. */
int cloudinit_seed(const char *root, uint32_t first_id, const char *hostname, struct err *err);

#endif
