/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runtime/cli/output.h"

static void columns_are_at_least_twelve_wide(void **state)
{
	auto_output_table struct output_table table = { .columns = 3 };
	auto_strbuf struct strbuf sb = { 0 };

	(void)state;
	output_table_add(&table, "ID");
	output_table_add(&table, "PID");
	output_table_add(&table, "OWNER");
	output_table_add(&table, "c1");
	output_table_add_int(&table, -7);
	output_table_add(&table, NULL);
	output_table_emit(&table, &sb);
	assert_string_equal(sb.text, "ID          PID         OWNER\n"
				     "c1          -7          \n");
}

static void three_blanks_follow_the_longest_cell(void **state)
{
	auto_output_table struct output_table table = { .columns = 2 };
	auto_strbuf struct strbuf sb = { 0 };

	(void)state;
	output_table_add(&table, "ID");
	output_table_add(&table, "X");
	output_table_add(&table, "a-rather-long-id");
	output_table_add(&table, "1");
	output_table_emit(&table, &sb);
	assert_string_equal(sb.text, "ID                 X\n"
				     "a-rather-long-id   1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_at_least_twelve_wide),
		cmocka_unit_test(three_blanks_follow_the_longest_cell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
