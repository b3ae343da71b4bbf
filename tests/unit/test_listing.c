/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/unit.h"

#include "runtime/base/mem.h"
#include "runtime/cli/listing.h"

static void parse(const char *names, struct listing *listing)
{
	const char *bad;
	size_t len;

	assert_int_equal(column_parse(names, &listing->columns, &listing->columns_n, &bad, &len),
			 0);
}

/* cells: with "|" behind each. */
static void lays_out(struct listing *listing, const char *names, const char *cells, size_t rows,
		     const char *want)
{
	struct listing_table table = { .listing = listing, .rows = rows };
	auto_strbuf struct strbuf sb = { 0 };

	parse(names, listing);
	for (; *cells; cells++)
		strbuf_add_char(&table.cells, *cells == '|' ? '\0' : *cells);
	listing_table_emit(&table, &sb);
	assert_string_equal(sb.text ? sb.text : "", want);
	strbuf_done(&table.cells);
	free(listing->columns);
	listing->columns = NULL;
}

static void vzlist_cuts_to_its_widths(void **state)
{
	struct listing listing = { .openvz = true };

	(void)state;
	lays_out(&listing, "ctid,name,status",
		 "101|a name of more than thirty-two characters|running|", 1,
		 "      CTID NAME                             STATUS\n"
		 "       101 a name of more than thirty-two c running\n");
	listing.no_cut = true;
	listing.no_header = true;
	lays_out(&listing, "ctid,name,status",
		 "101|a name of more than thirty-two characters|running|", 1,
		 "       101 a name of more than thirty-two characters running\n");
	listing.no_cut = false;
	lays_out(&listing, "name", "a name of more than thirty-two characters|", 1,
		 "a name of more than thirty-two characters\n");
	lays_out(&listing, "numproc,status", "12345678901|-|", 1, "12345678901 -\n");
}

static void ours_is_as_wide_as_need_be(void **state)
{
	struct listing listing = { 0 };

	(void)state;
	lays_out(&listing, "ip,ctid", "10.0.0.1 10.0.0.2|1|-|2|", 2,
		 "IP_ADDR                 CTID\n"
		 "10.0.0.1 10.0.0.2          1\n"
		 "-                          2\n");
	lays_out(&listing, "ip,ctid", "", 0, "IP_ADDR               CTID\n");
}

static void fields_are_looked_up_whole(void **state)
{
	static const struct {
		const char *names, *bad;
		size_t len;
	} rows[] = {
		{ "foo", "foo", 3 },
		{ "ctid,na,name", "na,name", 2 },
		{ "", "", 0 },
		{ "ctid,,name", ",name", 0 },
		{ "numproc.x", "numproc.x", 9 },
		{ "CTID", "CTID", 4 },
	};
	struct listing listing = { 0 };
	const char *bad;
	size_t len;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(column_parse(rows[i].names, &listing.columns, &listing.columns_n,
					      &bad, &len),
				 -1);
		assert_string_equal(bad, rows[i].bad);
		assert_int_equal(len, rows[i].len);
	}
	parse("ctid,numproc.m,", &listing);
	assert_int_equal(listing.columns_n, 2);
	assert_string_equal(listing.columns[1]->header, "NPROC.M");
	free(listing.columns);
}

static void every_column_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < column_n; i++) {
		const struct column *c = &column_table[i];

		assert_true(*c->name && *c->header && c->width);
		assert_ptr_equal(column_find(c->name, strlen(c->name)), c);
		assert_int_equal(strchr(c->name, '.') != NULL, (c->traits & COLUMN_PART) != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vzlist_cuts_to_its_widths),
		cmocka_unit_test(ours_is_as_wide_as_need_be),
		cmocka_unit_test(fields_are_looked_up_whole),
		cmocka_unit_test(every_column_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
