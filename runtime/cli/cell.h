/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cell: one value of a list of CTs: as text in a column, as JSON, and in order. Pure.
 *
 * JSON comes in two dialects. OpenVZ's has its sentinels: 0 for what a CT that does not run does
 * not use, 9223372036854775807 for no limit. Ours has null for both.
 */
#ifndef RUNTIME_CLI_CELL_H
#define RUNTIME_CLI_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/str.h"

enum cell_kind {
	CELL_NONE,     /* not known, or not set */
	CELL_TEXT,     /* text */
	CELL_WORDS,    /* text: words between blanks; JSON: an array */
	CELL_SWITCHES, /* text: "NAME:on name2:off"; JSON: an object of booleans */
	CELL_NUMBER,   /* number */
	CELL_REAL,     /* real[0] */
	CELL_SECONDS,  /* real[0]; text: 001d02h:03m:04s */
	CELL_LOADS,    /* real[0..2] */
	CELL_BOOL,     /* yes */
	CELL_GROUP,    /* group: numbers with names, of which a column shows one */
};

#define CELL_GROUP_MAX 5
#define CELL_UNLIMITED ((uint64_t)INT64_MAX)

struct cell_group {
	const char *const *names;
	uint64_t value[CELL_GROUP_MAX];
	uint8_t n;
	uint8_t known; /* bit 1 << i: value[i] is */
	uint8_t shown; /* which one is the column's */
};

struct cell {
	enum cell_kind kind;
	union {
		const char *text; /* whoever filled the cell keeps it */
		uint64_t number;
		double real[3];
		bool yes;
		struct cell_group group;
	};
};

/* How a column has it. */
enum cell_flag {
	CELL_CUT = 1,       /* what is wider than the column is cut, of words the first is shown */
	CELL_LOWER = 2,     /* names of switches in lower case */
	CELL_ZERO = 4,      /* in OpenVZ's JSON CELL_NONE is 0 */
	CELL_ZERO_TIME = 8, /* … 0.000 */
	CELL_EMPTY_LIST = 16, /* in JSON CELL_NONE is [] */
	CELL_ONE = 32,        /* in JSON a group is the number that is shown */
};

struct cell_style {
	unsigned int flags;
	bool openvz; /* JSON: its dialect */
};

/* Adds the text, without line breaks and other control characters, in whole. first: only the first
 * of several words. CELL_NONE: "-". */
void cell_add_text(struct strbuf *sb, const struct cell *cell, unsigned int flags, bool first);

/* Adds the text padded to |width| characters (negative: on the right), and with cut not more. */
void cell_add_padded(struct strbuf *sb, const char *text, int width, bool cut);

/* How many characters of UTF-8. */
size_t cell_width(const char *text);

/* Adds the JSON. Members of objects stand on lines of their own, indented by 6, as OpenVZ's. */
void cell_add_json(struct strbuf *sb, const struct cell *cell, const struct cell_style *style);

/* <0, 0, >0. CELL_NONE comes first; seconds go down, as in OpenVZ. */
int cell_compare(const struct cell *a, const struct cell *b);

/* Does the text, or one of the words, match the shell's pattern? CELL_NONE: only "-" does. */
bool cell_matches(const struct cell *cell, unsigned int flags, const char *pattern);

#endif
