/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_fail(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

int fuzz_is_message(const struct err *err)
{
	size_t len = strnlen(err->msg, sizeof(err->msg));

	if (len == 0 || len == sizeof(err->msg) || !err->code)
		return 0;
	for (const char *c = err->msg; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return 0;
	return 1;
}

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	if (!text)
		abort();
	return text;
}
