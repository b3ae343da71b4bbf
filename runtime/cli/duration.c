/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/duration.h"

#include <stdio.h>
#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/base/str.h"

int duration_parse(const char *text, const char *option, int *ret_msec, struct err *err)
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

		/* No sign, blank, "inf" or "nan", all of which scanf takes. */
		if (!strchr("0123456789.", *at) ||
		    sscanf(at, "%12lf%2[hms]%n", &number, unit, &used) != 2)
			break;
		for (i = 0; i < ARRAY_SIZE(units) && !str_eq(units[i].unit, unit); i++)
			;
		if (i == ARRAY_SIZE(units))
			break;
		sum += number * units[i].msec;
		at += used;
	}
	if (*at || !(sum >= 1 && sum <= 86400000))
		return err_set(err, ERR_USAGE,
			       "%s: \"%.32s\" is no duration of 1ms to 24h (5s, 1m30s)", option,
			       text);
	*ret_msec = (int)sum;
	return 0;
}
