/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/base/mem.h"
#include "runtime/cli/suggest.h"

static unsigned int distance(const char *a, const char *b)
{
	return suggest_distance(a, strlen(a), b, strlen(b));
}

static void distance_counts_edits(void **state)
{
	(void)state;
	assert_int_equal(distance("start", "start"), 0);
	assert_int_equal(distance("strat", "start"), 1);
	assert_int_equal(distance("star", "start"), 1);
	assert_int_equal(distance("starrt", "start"), 1);
	assert_int_equal(distance("stark", "start"), 1);
	assert_int_equal(distance("", "ps"), 2);
	assert_int_equal(distance("ca", "abc"), 3);
}

static void long_words_are_far(void **state)
{
	const char *word = "an-option-of-more-than-31-letters-in-all";

	(void)state;
	assert_int_equal(distance(word, word), UINT_MAX);
}

static const char *nearest(const char *word)
{
	static const char *const commands[] = { "start", "state", "status", "stop", "ps", "exec" };
	struct suggest s;

	suggest_init(&s, word, strlen(word));
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++)
		suggest_offer(&s, commands[i]);
	return s.best ? s.best : "";
}

static void the_nearest_word_is_suggested(void **state)
{
	(void)state;
	assert_string_equal(nearest("strat"), "start");
	assert_string_equal(nearest("stats"), "state");
	assert_string_equal(nearest("exce"), "exec");
	assert_string_equal(nearest("sp"), "ps");
}

static void far_words_suggest_nothing(void **state)
{
	(void)state;
	assert_string_equal(nearest("banana"), "");
	assert_string_equal(nearest("checkpoint"), "");
	assert_string_equal(nearest("x"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distance_counts_edits),
		cmocka_unit_test(long_words_are_far),
		cmocka_unit_test(the_nearest_word_is_suggested),
		cmocka_unit_test(far_words_suggest_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
