/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/unit.h"

#include "runtime/base/time.h"

static void assert_text(time_t secs, const char *want)
{
	struct timespec t = { .tv_sec = secs, .tv_nsec = 7008009 };
	char buf[TIME_TEXT_SIZE];

	assert_string_equal(time_format(&t, 0, buf), want);
}

static void dates_follow_the_calendar(void **state)
{
	(void)state;
	assert_text(0, "1970-01-01T00:00:00Z");
	assert_text(951782399, "2000-02-28T23:59:59Z");
	assert_text(951782400, "2000-02-29T00:00:00Z");
	assert_text(4107542400, "2100-03-01T00:00:00Z"); /* no leap year */
	assert_text(-1, "1969-12-31T23:59:59Z");
}

/* Every day of 400 years, against libc. */
static void every_day_agrees_with_libc(void **state)
{
	(void)state;
	for (long day = 0; day < 146097; day++) {
		time_t secs = day * 86400 + 3723;
		char want[TIME_TEXT_SIZE];
		struct tm tm;

		gmtime_r(&secs, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm);
		assert_text(secs, want);
	}
}

static void fractions_have_the_digits_asked_for(void **state)
{
	struct timespec t = { .tv_sec = 1, .tv_nsec = 7008009 };
	char buf[TIME_TEXT_SIZE];

	(void)state;
	assert_string_equal(time_format(&t, 9, buf), "1970-01-01T00:00:01.007008009Z");
	assert_string_equal(time_format(&t, 6, buf), "1970-01-01T00:00:01.007008Z");
	assert_string_equal(time_format(&t, 3, buf), "1970-01-01T00:00:01.007Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_follow_the_calendar),
		cmocka_unit_test(every_day_agrees_with_libc),
		cmocka_unit_test(fractions_have_the_digits_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
