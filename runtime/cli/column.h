/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * column: what vzlist and `vzrun list` can show of a CT, as one table. Names, headers and widths
 * are OpenVZ's; vzlist(8) tells of each, which tests/meta/man checks.
 */
#ifndef RUNTIME_CLI_COLUMN_H
#define RUNTIME_CLI_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/cli/cell.h"
#include "runtime/info/ctinfo.h"

enum column_trait {
	COLUMN_ALIAS = 1,      /* another name of the one before */
	COLUMN_PART = 2,       /* "numproc.m": JSON has it within "numproc" */
	COLUMN_HEAD_RIGHT = 4, /* the header stands on the right, the values on the left */
	COLUMN_TIES_BACK = 8,  /* what is equal is in the order of ids backwards */
};

/* The texts lie in the row itself: no pointer, so nothing to relocate at each start. */
struct column {
	char name[16];
	char header[14];
	char key[16];  /* of the conf, for those that show one key */
	int8_t width;  /* negative: to the left */
	uint8_t get;   /* how it is found out: column.c */
	uint8_t arg;   /* for that */
	uint8_t flags; /* enum cell_flag */
	uint8_t need;  /* enum ctinfo_need */
	uint8_t traits;
};

extern const struct column column_table[];
extern const size_t column_n;

/* NULL: there is none. len: of the name. */
const struct column *column_find(const char *name, size_t len);

/* Reads "name,name,…" into a list in fresh memory. -1: *ret_bad, *ret_bad_len is what is no column;
 * or NULL: ENOMEM. */
int column_parse(const char *names, const struct column ***ret, size_t *ret_n, const char **ret_bad,
		 size_t *ret_bad_len);

/* The value for a CT. Texts in it are the info's. */
void column_get(const struct column *column, struct ctinfo *info, struct cell *ret);

/* Adds a line for each: its name and header. aliases: with other names and parts. */
void column_list(struct strbuf *sb);

#endif
