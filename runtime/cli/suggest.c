/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/suggest.h"

#include <limits.h>
#include <string.h>

#define WORD_MAX 31

static unsigned int min(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Damerau and Levenshtein's distance, in the form where no part is edited twice. */
unsigned int suggest_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned int d[WORD_MAX + 1][WORD_MAX + 1];

	if (a_len > WORD_MAX || b_len > WORD_MAX)
		return UINT_MAX;
	for (unsigned int i = 0; i <= a_len; i++)
		d[i][0] = i;
	for (unsigned int j = 0; j <= b_len; j++)
		d[0][j] = j;
	for (unsigned int i = 1; i <= a_len; i++) {
		for (unsigned int j = 1; j <= b_len; j++) {
			unsigned int change = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			d[i][j] = min(change, min(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = min(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[a_len][b_len];
}

void suggest_init(struct suggest *s, const char *word, size_t len)
{
	/* One slip in three letters still looks like the word; four slips never do. */
	*s = (struct suggest){ word, len, NULL, min((unsigned int)(len + 2) / 3, 3) + 1 };
}

void suggest_offer(struct suggest *s, const char *candidate)
{
	unsigned int distance = suggest_distance(s->word, s->len, candidate, strlen(candidate));

	if (distance < s->distance) {
		s->distance = distance;
		s->best = candidate;
	}
}
