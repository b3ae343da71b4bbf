/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listing: which CTs, in which order, as a table or JSON: what vzlist and `vzrun list` have in
 * common.
 */
#ifndef RUNTIME_CLI_LISTING_H
#define RUNTIME_CLI_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/base/str.h"
#include "runtime/cli/column.h"

#define LISTING_COLUMNS "ctid,numproc,status,ip,hostname"

struct listing_filter {
	const struct column *column;
	const char *pattern; /* the shell's */
};

struct listing {
	/* As vzlist: columns have OpenVZ's widths, and what is wider is cut; JSON has its dialect and
	 * other names for one column; a CT without a private area is none. Otherwise columns are as
	 * wide as need be. */
	bool openvz;
	bool json, no_header;
	bool no_cut;
	bool all;              /* those that do not run, too */
	bool stopped;          /* only those */
	const uint32_t *ctids; /* only these, running or not; NULL: all */
	size_t ctids_n;
	const struct column **columns; /* NULL: all that JSON can show */
	size_t columns_n;
	const struct column *sort; /* NULL: by id */
	bool reverse;
	const struct listing_filter *filters; /* each must match */
	size_t filters_n;
};

/* Adds the list. *ret_found: how many CTs there were before filters. */
int listing_make(const struct listing *listing, const struct vz *vz, struct strbuf *sb,
		 size_t *ret_found, struct err *err);

/* ---- the tables, by themselves ---- */

/* A row's cells one after the other, a NUL behind each. */
struct listing_table {
	const struct listing *listing;
	struct strbuf cells;
	size_t rows;
};
void listing_table_emit(const struct listing_table *table, struct strbuf *sb);

#endif
