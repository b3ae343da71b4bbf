/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/duration.h"

#include <stdio.h>
#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/base/str.h"

#define NUMBER_MAX 12 /* characters */
#define MAX_MSEC 86400000

int duration_parse(const char *text, const char *option, int min_msec, int *ret_msec,
		   struct err *err)
{
	static const struct {
		char unit[3];
		int msec;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	const char *at = text;
	double sum = 0;

	while (*at) {
		double number;
		unsigned int i;
		char unit[3];
		int used = 0;
		size_t len;

		/* Digits and a point only: no sign, exponent, "0x", "inf" and what else scanf takes. */
		len = strspn(at, "0123456789.");
		if (len == 0 || len > NUMBER_MAX || sscanf(at, "%lf%n", &number, &used) != 1 ||
		    (size_t)used != len || sscanf(at + len, "%2[hms]%n", unit, &used) != 1)
			break;
		for (i = 0; i < ARRAY_SIZE(units) && !str_eq(units[i].unit, unit); i++)
			;
		if (i == ARRAY_SIZE(units))
			break;
		sum += number * units[i].msec;
		at += len + (size_t)used;
	}
	if (*at || !(sum >= min_msec && sum <= MAX_MSEC))
		return err_set(err, ERR_USAGE,
			       "%s: \"%.32s\" is no duration of %dms to 24h (5s, 1m30s)", option,
			       text, min_msec);
	*ret_msec = (int)sum;
	return 0;
}
