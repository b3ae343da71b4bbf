/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claim: a CT's conf takes its range of ids and is saved by that, both under one lock.
 */
#ifndef RUNTIME_CT_CLAIM_H
#define RUNTIME_CT_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/ct/ct.h"

/* keep: the range that the conf names, if nobody else has any of it. Otherwise, and without, a new
 * one: on disk the owners do not depend on it. */
int claim_ids(struct ct *ct, bool keep, struct err *err);

/* The range that begins there. ERR_INPUT: others have some of it. */
int claim_these(struct ct *ct, uint32_t first, struct err *err);

#endif
