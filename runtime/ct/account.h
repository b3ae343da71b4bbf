/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * account: the texts of passwd(5), shadow(5) and group(5): lines of fields between colons, a name
 * first. Pure. Other lines, broken ones too, stay as they are.
 */
#ifndef RUNTIME_CT_ACCOUNT_H
#define RUNTIME_CT_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/str.h"

/* Indexes of fields. */
enum account_field {
	ACCOUNT_PASSWORD = 1,
	ACCOUNT_ID = 2, /* passwd, group */
	ACCOUNT_GID = 3,
	ACCOUNT_HOME = 5,
	ACCOUNT_CHANGED = 2, /* shadow: days since 1970 */
};

/* A name that useradd(8) takes: a letter or "_", then also digits, "-" and "."; 32 bytes. */
bool account_check_name(const char *name);

/* The field of the first line of that name, within text, with its length; NULL: there is none. */
const char *account_find(const char *text, const char *name, unsigned int field, size_t *ret_len);

/* The text with that field of that line changed; as it is where there is none. */
void account_change(const char *text, const char *name, unsigned int field, const char *value,
		    struct strbuf *out);

/* The text with one more line (given without its end). */
void account_add(const char *text, const char *line, struct strbuf *out);

/* The lowest number from `first` on that no line has in its ACCOUNT_ID field, of either text; that of
 * 65536 further, where there is none before. */
uint32_t account_free_id(const char *text, const char *other, uint32_t first);

#endif
