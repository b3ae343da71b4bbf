/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * name: the name of a CT besides its number: the link names/NAME to its conf (ctid.h finds it).
 */
#ifndef RUNTIME_CT_NAME_H
#define RUNTIME_CT_NAME_H

#include "runtime/ct/ct.h"

/* May the CT have it? VZ_BAD_NAME: it is none, or another CT's. */
int name_check(const struct ct *ct, const char *name, struct err *err);

/* Makes the link. */
int name_link(const struct ct *ct, const char *name, struct err *err);

/* Removes it, if it is this CT's. name may be NULL. */
int name_unlink(const struct ct *ct, const char *name, struct err *err);

#endif
