/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * top_screen: rows as a page of text of a given width and height. Pure.
 *
 * Names come from outside: of what a terminal could take for a command, nothing gets here.
 */
#ifndef RUNTIME_CLI_TOP_SCREEN_H
#define RUNTIME_CLI_TOP_SCREEN_H

#include "runtime/base/str.h"
#include "runtime/cli/top_rows.h"

struct top_view {
	unsigned int width, height; /* height 0: as long as it takes, for a file or pipe */
	bool terminal;              /* with escape sequences that draw over the page before */
	bool color;
	enum top_sort sort;
	bool reverse;
	size_t offset;     /* the rows above the first that is shown */
	const char *clock; /* "10:02:11" */
	int interval_msec;
	const char *missing; /* what can't be counted here and why; or NULL */
};

void top_screen_emit(const struct top_row *rows, size_t n, const struct top_view *view,
		     struct strbuf *sb);

/* How many rows fit. */
size_t top_screen_rows(const struct top_view *view);

/* "cpu", "mem", … as --sort takes them. */
const char *top_screen_sort_name(enum top_sort by);

#endif
