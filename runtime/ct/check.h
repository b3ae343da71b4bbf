/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check: whether a CT can be started, as far as its conf and its places tell. Changes nothing, so a
 * restart is refused while the CT still runs.
 */
#ifndef RUNTIME_CT_CHECK_H
#define RUNTIME_CT_CHECK_H

#include "runtime/ct/ct.h"

/* VZ_ERR(VZ_DISABLED) without force, VZ_NO_PRIVATE, and what each key's own parser says. */
int check_conf(const struct ct *ct, bool force, struct err *err);

#endif
