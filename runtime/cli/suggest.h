/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * suggest: "did you mean …?". Of the words offered, the one nearest to what was written, if it
 * is near enough to be meant.
 */
#ifndef RUNTIME_CLI_SUGGEST_H
#define RUNTIME_CLI_SUGGEST_H

#include <stddef.h>

struct suggest {
	const char *word; /* what was written; not NUL-terminated */
	size_t len;
	const char *best; /* the nearest word offered, or NULL */
	unsigned int distance;
};

void suggest_init(struct suggest *s, const char *word, size_t len);
void suggest_offer(struct suggest *s, const char *candidate);

/* How many letters must be changed, added, left out or swapped with their neighbour to make one
 * of the other. Words of more than 31 letters are far from everything. */
unsigned int suggest_distance(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
