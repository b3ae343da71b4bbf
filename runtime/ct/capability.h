/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capability: the capabilities that a CT's processes can have: CAPABILITY="NET_ADMIN:on …". Pure.
 *
 * They count in the CT's user namespace, so none is a right over the host: there is no CT without
 * a user namespace of its own (compile.h).
 */
#ifndef RUNTIME_CT_CAPABILITY_H
#define RUNTIME_CT_CAPABILITY_H

#include <stdint.h>

#include "runtime/base/err.h"

/* The set as bits, from the conf's value (or NULL). ERR_INPUT. */
int capability_read(const char *value, uint64_t *ret, struct err *err);

/* The conf's value with the words of `given` in it ("net_admin:on,sys_time:off"), in fresh
 * memory. what: "--capability". */
int capability_set(const char *value, const char *given, const char *what, char **ret,
		   struct err *err);

#endif
