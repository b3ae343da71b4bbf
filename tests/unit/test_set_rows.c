/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of `set` on the command line and those that do it are the same ones. */
#include "config.h"

#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/cli/cmd_ct.h"
#include "runtime/cli/set_rows.h"
#include "tests/unit/unit.h"

static const struct cli_option rows[] = { SET_CONFIG_ROWS(0), SET_ROWS(0) };

static const struct cli_option *find_option(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (str_eq(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static void each_option_is_done_by_a_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct set_row *row = set_find(rows[i].name);

		if (rows[i].kind != CLI_PAIRS)
			continue;
		if (!row)
			fail_msg("--%s does nothing", rows[i].name);
		if ((row->part == SET_NO_EFFECT) != !!(rows[i].flags & CLI_NO_EFFECT))
			fail_msg("--%s: does it have an effect?", rows[i].name);
	}
}

static void each_row_has_its_option(void **state)
{
	(void)state;
	for (size_t i = 0; set_tables[i]; i++)
		for (const struct set_row *row = set_tables[i]; *row->option; row++)
			if (!find_option(row->option))
				fail_msg("nobody can give --%s", row->option);
}

static void each_row_has_a_key(void **state)
{
	(void)state;
	for (size_t i = 0; set_tables[i]; i++)
		for (const struct set_row *row = set_tables[i]; *row->option; row++)
			assert_non_null(row->key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_option_is_done_by_a_row),
		cmocka_unit_test(each_row_has_its_option),
		cmocka_unit_test(each_row_has_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
