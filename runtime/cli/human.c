/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/human.h"

#include <inttypes.h>
#include <stdio.h>

static const char units[] = "\0KMGTPE";

/* The unit in which n is below 1024, with *ret_tenths the number of tenths of it, rounded down so
 * that a limit that is nearly reached does not look as if it were. */
static unsigned int scale(uint64_t n, uint64_t *ret_tenths)
{
	unsigned int unit = 0;

	while (unit < 6 && n >> (10 * (unit + 1)))
		unit++;
	*ret_tenths = (n >> (10 * unit)) * 10;
	if (unit > 0)
		*ret_tenths += (n >> (10 * (unit - 1)) & 1023) * 10 / 1024;
	return unit;
}

const char *human_bytes(uint64_t bytes, char buf[HUMAN_SIZE])
{
	uint64_t tenths;
	unsigned int unit = scale(bytes, &tenths);

	if (unit == 0)
		snprintf(buf, HUMAN_SIZE, "%" PRIu64 "%s", bytes, bytes ? " bytes" : "");
	else if (tenths % 10)
		snprintf(buf, HUMAN_SIZE, "%" PRIu64 ".%" PRIu64 " %ciB", tenths / 10, tenths % 10,
			 units[unit]);
	else
		snprintf(buf, HUMAN_SIZE, "%" PRIu64 " %ciB", tenths / 10, units[unit]);
	return buf;
}

const char *human_short(uint64_t n, char buf[HUMAN_SIZE])
{
	uint64_t tenths;
	unsigned int unit = scale(n, &tenths);

	if (unit == 0)
		snprintf(buf, HUMAN_SIZE, "%" PRIu64, n);
	else if (tenths % 10 && tenths < 1000)
		snprintf(buf, HUMAN_SIZE, "%" PRIu64 ".%" PRIu64 "%c", tenths / 10, tenths % 10,
			 units[unit]);
	else
		snprintf(buf, HUMAN_SIZE, "%" PRIu64 "%c", tenths / 10, units[unit]);
	return buf;
}

const char *human_option(uint64_t bytes, char buf[HUMAN_SIZE])
{
	unsigned int unit = 0;

	while (unit < 5 && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	snprintf(buf, HUMAN_SIZE, unit ? "%" PRIu64 "%c" : "%" PRIu64, bytes, units[unit]);
	return buf;
}

const char *human_usec(uint64_t usec, char buf[HUMAN_SIZE])
{
	uint64_t secs = usec / 1000000;

	if (secs < 60)
		snprintf(buf, HUMAN_SIZE, "%" PRIu64 ".%" PRIu64 " s", secs, usec / 100000 % 10);
	else if (secs < 3600)
		snprintf(buf, HUMAN_SIZE, "%" PRIu64 " min %" PRIu64 " s", secs / 60, secs % 60);
	else
		snprintf(buf, HUMAN_SIZE, "%" PRIu64 " h %" PRIu64 " min", secs / 3600,
			 secs / 60 % 60);
	return buf;
}
