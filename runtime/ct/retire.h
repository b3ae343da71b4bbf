/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * retire: what lies beside the conf of a CT that goes, kept as *.destroyed, as OpenVZ does.
 */
#ifndef RUNTIME_CT_RETIRE_H
#define RUNTIME_CT_RETIRE_H

#include "runtime/ct/ct.h"

/* Its name, and its action scripts. What is not there is fine. */
int retire_scripts(const struct ct *ct, struct err *err);

/* Its conf too, last. */
int retire_conf(const struct ct *ct, struct err *err);

#endif
