/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output: what a command prints on stdout. A result that could not be written whole is an error.
 */
#ifndef RUNTIME_CLI_OUTPUT_H
#define RUNTIME_CLI_OUTPUT_H

#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/base/str.h"

/* Writes the text to stdout. */
int output_write(const struct strbuf *sb, struct err *err);

/* Columns laid out as runc does (Go's tabwriter, width 12 and 3 blanks at least), so that what
 * reads runc's tables by position reads ours. Cells come row by row. */
struct output_table {
	unsigned int columns;
	size_t cells;
	struct strbuf text; /* the cells, a NUL behind each */
};

void output_table_done(struct output_table *table);
#define auto_output_table __attribute__((cleanup(output_table_done)))
/* `text` NULL or "" is an empty cell. */
void output_table_add(struct output_table *table, const char *text);
void output_table_add_int(struct output_table *table, int64_t value);
void output_table_emit(const struct output_table *table, struct strbuf *sb);

#endif
