/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * feature: OpenVZ's FEATURES="NAME:on NAME:off …" of a CT's conf, and what --features adds to it.
 * Pure.
 */
#ifndef RUNTIME_CT_FEATURE_H
#define RUNTIME_CT_FEATURE_H

#include <stdbool.h>

#include "runtime/base/err.h"

/* Is it on? value: the conf's, or NULL. Names that nothing here knows are let be. ERR_INPUT: a
 * word that is no NAME:on or NAME:off, or two features that can't go together. */
int feature_is_on(const char *value, const char *name, bool *ret, struct err *err);

/* The conf's value with the words of `given` (between commas or blanks) set in it, in fresh
 * memory. Of them a name that is not known is refused, and what feature_is_on would refuse. */
int feature_set(const char *value, const char *given, char **ret, struct err *err);

/* Do the two values of FEATURES differ in something that only a start brings? */
bool feature_waits(const char *old, const char *value);

/* Why the feature that a word ("nfs:on") names has no effect; NULL: it has one. */
const char *feature_note(const char *word);

#endif
