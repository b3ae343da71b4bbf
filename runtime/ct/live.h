/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live: the live container of a CT: what the engine has of it.
 */
#ifndef RUNTIME_CT_LIVE_H
#define RUNTIME_CT_LIVE_H

#include <stdbool.h>

#include "runtime/container/container.h"
#include "runtime/ct/ct.h"

/* *ret NULL where there is none. */
int live_load(const struct ct *ct, struct container_state **ret, struct err *err);

/* NULL: it does not. One that was created and never started is a leftover, not a running CT. */
bool live_is_running(const struct container_state *live);

/* Both in one. */
int live_check(const struct ct *ct, bool *ret_running, struct err *err);

/* Removes what a container that ended, or was never started, left in the engine and of its
 * network. */
int live_clear(const struct ct *ct, struct err *err);

#endif
