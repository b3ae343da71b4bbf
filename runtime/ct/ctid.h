/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctid: what CTs are called. A CT's id is a number; it may have a name besides, which is a link
 * names/NAME to its conf. Pure but for ctid_find.
 */
#ifndef RUNTIME_CT_CTID_H
#define RUNTIME_CT_CTID_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/err.h"

#define CTID_MAX 2147483644U /* OpenVZ's VEID_MAX; 0 is the host */
#define CTID_SIZE 12         /* as text, with the NUL */

/* Parses "101", without sign, blanks or leading zeros. */
bool ctid_parse(const char *text, uint32_t *ret);

/* "101.conf" → 101; ret may be NULL. */
bool ctid_of_conf_name(const char *name, uint32_t *ret);

/* A name is of letters, digits and " -+_.", not a number, and neither begins with "-" or "." nor
 * is longer than 255 bytes. */
int ctid_check_name(const char *name, struct err *err);

/* The CT with that number or name that has a conf in conf_dir ("/etc/vz/conf"; the names are in
 * ../names). 1 found, 0 not, -1 err. */
int ctid_find(const char *conf_dir, const char *text, uint32_t *ret, struct err *err);

#endif
