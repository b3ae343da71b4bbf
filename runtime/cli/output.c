/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"

#define COLUMN_MIN 12
#define COLUMN_GAP 3
#define COLUMNS_MAX 16

int output_write(const struct strbuf *sb, struct err *err)
{
	if (sb->failed) {
		errno = ENOMEM;
		return err_sys(err, "write the result");
	}
	if (fd_write_all(STDOUT_FILENO, sb->text, sb->len) < 0)
		return err_sys(err, "write the result to stdout");
	return 0;
}

void output_table_done(struct output_table *table)
{
	strbuf_done(&table->text);
}

void output_table_add(struct output_table *table, const char *text)
{
	strbuf_add_mem(&table->text, text ? text : "", text ? strlen(text) + 1 : 1);
	table->cells++;
}

void output_table_add_int(struct output_table *table, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	output_table_add(table, text);
}

static void pad(struct strbuf *sb, size_t n)
{
	while (n-- > 0)
		strbuf_add_char(sb, ' ');
}

void output_table_emit(const struct output_table *table, struct strbuf *sb)
{
	size_t width[COLUMNS_MAX], len;
	const char *cell = table->text.text;
	unsigned int last = table->columns - 1;

	if (table->text.failed) {
		sb->failed = true;
		return;
	}
	for (unsigned int c = 0; c < table->columns; c++)
		width[c] = COLUMN_MIN;
	for (size_t i = 0; i < table->cells; i++, cell += len + 1) {
		len = strlen(cell);
		if (len + COLUMN_GAP > width[i % table->columns])
			width[i % table->columns] = len + COLUMN_GAP;
	}
	cell = table->text.text;
	for (size_t i = 0; i < table->cells; i++, cell += len + 1) {
		len = strlen(cell);
		strbuf_add_mem(sb, cell, len);
		if (i % table->columns == last)
			strbuf_add_char(sb, '\n');
		else
			pad(sb, width[i % table->columns] - len);
	}
}
