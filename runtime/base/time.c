/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/time.h"

#include <stdio.h>

#define DAY_SECS 86400
#define ERA_DAYS 146097 /* 400 years */

/* Days since 1970-01-01 to a date of the Gregorian calendar. Years are counted from March, so
 * that the leap day is the last of a year and months follow one formula. */
static void civil(long days, long *ret_year, int *ret_month, int *ret_day)
{
	long z = days + 719468; /* 0000-03-01 */
	long era = (z >= 0 ? z : z - ERA_DAYS + 1) / ERA_DAYS;
	long day = z - era * ERA_DAYS;
	long year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	long of_year = day - (365 * year + year / 4 - year / 100);
	long month = (5 * of_year + 2) / 153;

	*ret_day = (int)(of_year - (153 * month + 2) / 5 + 1);
	*ret_month = (int)(month < 10 ? month + 3 : month - 9);
	*ret_year = year + era * 400 + (*ret_month <= 2);
}

const char *time_format(const struct timespec *t, unsigned int digits, char buf[TIME_TEXT_SIZE])
{
	long days = t->tv_sec / DAY_SECS, secs = t->tv_sec % DAY_SECS, year;
	int month, day, len;
	long fraction = t->tv_nsec;

	if (secs < 0) {
		secs += DAY_SECS;
		days--;
	}
	civil(days, &year, &month, &day);
	len = snprintf(buf, TIME_TEXT_SIZE, "%04ld-%02d-%02dT%02ld:%02ld:%02ld", year, month, day,
		       secs / 3600, secs / 60 % 60, secs % 60);
	for (unsigned int i = digits; i < 9; i++)
		fraction /= 10;
	if (digits > 0)
		len += snprintf(buf + len, TIME_TEXT_SIZE - (size_t)len, ".%0*ld", (int)digits,
				fraction);
	snprintf(buf + len, TIME_TEXT_SIZE - (size_t)len, "Z");
	return buf;
}

const char *time_now(unsigned int digits, char buf[TIME_TEXT_SIZE])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return time_format(&now, digits, buf);
}
