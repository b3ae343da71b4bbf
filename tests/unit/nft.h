/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft: what nft(8) says, for the tests of the firewall. */
#ifndef TESTS_UNIT_NFT_H
#define TESTS_UNIT_NFT_H

#include <stdio.h>

#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "tests/unit/unit.h"

/* Its answer, all white space as one blank; until the next call. */
static inline const char *nft(const char *args)
{
	static char said[1 << 20];
	auto_free char *command = str_dupf("exec nft %s 2>&1", args);
	FILE *out = popen(command, "r");
	size_t len = 0;
	int c;

	assert_non_null(out);
	while ((c = fgetc(out)) != EOF && len + 1 < sizeof(said)) {
		c = c == '\n' || c == '\t' ? ' ' : c;
		if (c != ' ' || (len && said[len - 1] != ' '))
			said[len++] = (char)c;
	}
	said[len] = '\0';
	pclose(out);
	return said;
}

#endif
