/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/unit.h"

#include "runtime/base/json.h"
#include "runtime/base/mem.h"
#include "runtime/cli/top_json.h"
#include "runtime/cli/top_rows.h"
#include "runtime/cli/top_screen.h"

#define ALL (TOP_CPU | TOP_MEMORY | TOP_IO | TOP_NET | TOP_PRESSURE | TOP_PIDS)

/* ---- from samples to rows ---- */

static struct top_entry entry(const char *id, uint64_t pid_start, uint64_t counter)
{
	return (struct top_entry){
		.id = strdup(id),
		.pid_start = pid_start,
		.status = STATUS_RUNNING,
		.given = ALL,
		.cpu_usec = counter,
		.memory = 100,
		.memory_max = UINT64_MAX,
		.io_read = counter,
		.io_write = 2 * counter,
		.rx = 3 * counter,
		.tx = 4 * counter,
		.pids = 7,
		.psi = { 1, 2, 3 },
	};
}

static struct top_sample sample(uint64_t at_usec, size_t n, const struct top_entry *entries)
{
	struct top_sample ret = { calloc(n + 1, sizeof(*entries)), n, at_usec };

	memcpy(ret.entry, entries, n * sizeof(*entries));
	return ret;
}

static struct top_row *rows_of(const struct top_sample *before, const struct top_sample *now)
{
	struct top_row *rows = NULL;
	struct err err = { 0 };

	assert_ok(top_rows_make(before, now, &rows, &err), &err);
	return rows;
}

static void rates_are_of_a_second(void **state)
{
	auto_top_sample struct top_sample before =
		sample(1000000, 1, (struct top_entry[]){ entry("a", 5, 1000) });
	auto_top_sample struct top_sample now =
		sample(3000000, 1, (struct top_entry[]){ entry("a", 5, 1001000) });
	auto_free struct top_row *rows = rows_of(&before, &now);

	(void)state;
	assert_int_equal(rows[0].given, ALL);
	assert_true(rows[0].cpu_percent > 49.99 && rows[0].cpu_percent < 50.01);
	assert_int_equal(rows[0].io_read, 500000);
	assert_int_equal(rows[0].io_write, 1000000);
	assert_int_equal(rows[0].rx, 1500000);
	assert_int_equal(rows[0].tx, 2000000);
	assert_int_equal(rows[0].psi[TOP_PSI_IO], 3);
}

static void one_sample_has_no_rates(void **state)
{
	auto_top_sample struct top_sample now =
		sample(3000000, 1, (struct top_entry[]){ entry("a", 5, 1000) });
	auto_free struct top_row *rows = rows_of(NULL, &now);

	(void)state;
	assert_int_equal(rows[0].given, TOP_MEMORY | TOP_PRESSURE | TOP_PIDS);
	assert_int_equal(rows[0].pids, 7);
}

static void who_came_who_went_and_who_is_another(void **state)
{
	auto_top_sample struct top_sample before =
		sample(0, 4,
		       (struct top_entry[]){ entry("2", 1, 9), entry("9", 1, 9), entry("10", 1, 9),
					     entry("x", 1, 9) });
	auto_top_sample struct top_sample now =
		sample(1000000, 4,
		       (struct top_entry[]){ entry("3", 1, 19), entry("10", 1, 19),
					     entry("x", 2, 19), entry("y", 1, 19) });
	auto_free struct top_row *rows = rows_of(&before, &now);

	(void)state;
	assert_false(rows[0].given & TOP_CPU);
	assert_true(rows[1].given & TOP_CPU);
	assert_int_equal(rows[1].io_read, 10);
	assert_false(rows[2].given & TOP_CPU);
	assert_false(rows[3].given & TOP_CPU);
}

static void a_counter_that_falls_is_no_rate(void **state)
{
	auto_top_sample struct top_sample before =
		sample(0, 1, (struct top_entry[]){ entry("a", 5, 1000) });
	auto_top_sample struct top_sample now =
		sample(1000000, 1, (struct top_entry[]){ entry("a", 5, 10) });
	auto_free struct top_row *rows = rows_of(&before, &now);

	(void)state;
	assert_int_equal(rows[0].rx, 0);
	assert_true(rows[0].cpu_percent >= 0 && rows[0].cpu_percent < 0.001);
}

static void assert_order(struct top_row *rows, size_t n, enum top_sort by, bool reverse,
			 const char *want)
{
	char order[16] = "";

	top_rows_sort(rows, n, by, reverse);
	for (size_t i = 0; i < n; i++)
		strcat(order, rows[i].id);
	assert_string_equal(order, want);
}

static void sorted_by_each_key(void **state)
{
	struct top_row rows[] = {
		{ .id = "a", .given = ALL, .cpu_percent = 1, .memory = 9, .pids = 5 },
		{ .id = "b", .given = ALL, .cpu_percent = 3, .io_write = 2, .psi = { 0, 0, 9 } },
		{ .id = "c", .given = ALL, .cpu_percent = 2, .rx = 1, .io_read = 1, .psi = { 8 } },
		{ .id = "d", .cpu_percent = 50, .memory = 50 },
	};

	(void)state;
	assert_order(rows, 4, TOP_BY_CPU, false, "bcad");
	assert_order(rows, 4, TOP_BY_CPU, true, "acbd");
	assert_order(rows, 4, TOP_BY_MEMORY, false, "abcd");
	assert_order(rows, 4, TOP_BY_IO, false, "bcad");
	assert_order(rows, 4, TOP_BY_NET, false, "cabd");
	assert_order(rows, 4, TOP_BY_PRESSURE, false, "bcad");
	assert_order(rows, 4, TOP_BY_PIDS, false, "abcd");
	assert_order(rows, 4, TOP_BY_ID, true, "dcba");
}

/* ---- the page ---- */

#define MIB (UINT64_C(1) << 20)

static const struct top_row full = {
	.id = "101",
	.name = "web",
	.status = STATUS_RUNNING,
	.given = ALL,
	.cpu_percent = 12.34,
	.memory = 256 * MIB,
	.memory_max = 512 * MIB,
	.io_read = 1536,
	.tx = 10,
	.pids = 12,
	.psi = { 100, 2345, 0 },
};

static char *page(const struct top_row *rows, size_t n, const struct top_view *view)
{
	struct strbuf sb = { 0 };

	top_screen_emit(rows, n, view, &sb);
	return strbuf_steal(&sb);
}

static void a_page_of_a_file(void **state)
{
	struct top_view view = { .width = 80, .clock = "10:02:11", .interval_msec = 2000 };
	struct top_row rows[] = { full, { .id = "c1", .status = STATUS_PAUSED } };
	auto_free char *text = page(rows, 2, &view);

	(void)state;
	assert_string_equal(
		text,
		"vzrun top 10:02:11  by cpu  every 2 s  2 containers  CPU 12.3%  memory 256M\n"
		"CONTAINER  S   CPU% MEMORY                  IO-RD IO-WR NETRX NETTX    PSI  PIDS\n"
		"101 web    R   12.3 [||||     ] 256M/512M    1.5K     0     0    10  23.4m    12\n"
		"c1         P      -             -               -     -     -     -      -     -\n");
}

/* What a terminal shows of a page: escape sequences taken away. */
static size_t longest_line(char *text, size_t *ret_lines)
{
	size_t longest = 0, len = 0;

	*ret_lines = 1;
	for (char *c = text; *c; c++) {
		if (*c == '\033') {
			c += strcspn(c, "HKJm");
		} else if (*c == '\n') {
			longest = len > longest ? len : longest;
			len = 0;
			++*ret_lines;
		} else if (*c != '\r') {
			len++;
		}
	}
	return len > longest ? len : longest;
}

static void it_fits_every_window(void **state)
{
	struct top_row rows[50];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		rows[i] = full;
	rows[3].name =
		"a name that is much longer than any column, and then some more of it, and more";
	for (unsigned int width = 1; width < 200; width++) {
		struct top_view view = { .width = width,
					 .height = width % 40 + 4,
					 .terminal = true,
					 .color = true,
					 .clock = "10:02:11",
					 .interval_msec = 1 };
		auto_free char *text = page(rows, ARRAY_SIZE(rows), &view);
		size_t lines, longest = longest_line(text, &lines);

		if (longest > width)
			fail_msg("%zu columns in a window of %u", longest, width);
		/* The keys' line follows by a jump, not by a line's end. */
		if (lines != view.height)
			fail_msg("%zu lines in a window of %u", lines, view.height);
	}
}

static void wide_ones_tell_all_pressures(void **state)
{
	struct top_view view = { .width = 120, .clock = "", .interval_msec = 1000 };
	auto_free char *text = page(&full, 1, &view);

	(void)state;
	assert_non_null(strstr(text, " P-CPU P-MEM  P-IO  PIDS\n"));
	assert_non_null(strstr(text, "   1.0  23.4   0.0    12\n"));
}

static void no_name_reaches_the_terminal_as_a_command(void **state)
{
	struct top_row row = full;
	struct top_view view = { .width = 120, .clock = "", .interval_msec = 1000 };
	auto_free char *text = NULL;

	(void)state;
	row.id = "a\033[2J";
	row.name = "b\r\n\x9b"
		   "31m\x7f";
	text = page(&row, 1, &view);
	assert_null(strchr(text, '\033'));
	assert_null(strchr(text, '\r'));
	assert_non_null(strstr(text, "\na?[2J b???31m?"));
}

static void colours_only_where_wanted(void **state)
{
	struct top_view view = { .width = 80, .height = 24, .terminal = true, .clock = "" };
	struct top_row row = full;
	auto_free char *plain = page(&row, 1, &view), *colored = NULL, *red = NULL;

	(void)state;
	view.color = true;
	colored = page(&row, 1, &view);
	row.memory = row.memory_max;
	red = page(&row, 1, &view);
	assert_null(strstr(plain, "\033[3"));
	assert_non_null(strstr(colored, "[\033[32m||||\033[m     ]"));
	assert_non_null(strstr(red, "[\033[31m|||||||||\033[m]"));
}

static void scrolled(void **state)
{
	struct top_view view = {
		.width = 80, .height = 5, .terminal = true, .clock = "", .offset = 1
	};
	struct top_row rows[] = { { .id = "r1" }, { .id = "r2" }, { .id = "r3" }, { .id = "r4" } };
	auto_free char *text = page(rows, ARRAY_SIZE(rows), &view);

	(void)state;
	assert_int_equal(top_screen_rows(&view), 2);
	assert_null(strstr(text, "r1"));
	assert_non_null(strstr(text, "r2"));
	assert_non_null(strstr(text, "r3"));
	assert_null(strstr(text, "r4"));
	view.missing = "not counted here: io (because)";
	assert_int_equal(top_screen_rows(&view), 1);
	view.height = 2;
	assert_int_equal(top_screen_rows(&view), 0);
}

/* ---- JSON ---- */

static void as_json(void **state)
{
	struct top_row rows[] = { full, { .id = "c\"1", .status = STATUS_PAUSED } };
	auto_strbuf struct strbuf sb = { 0 };

	(void)state;
	rows[0].pids_max = UINT64_MAX;
	top_json_emit(rows, 2, "2026-01-01T00:00:00Z", &sb);
	assert_string_equal(
		sb.text,
		"{\"time\":\"2026-01-01T00:00:00Z\",\"containers\":["
		"{\"id\":\"101\",\"name\":\"web\",\"status\":\"running\",\"cpuPercent\":12.34,"
		"\"memory\":{\"usage\":268435456,\"limit\":536870912},"
		"\"io\":{\"readBytesPerSec\":1536,\"writeBytesPerSec\":0},"
		"\"network\":{\"rxBytesPerSec\":0,\"txBytesPerSec\":10},"
		"\"pids\":{\"current\":12,\"limit\":null},"
		"\"pressure\":{\"cpu\":1.00,\"memory\":23.45,\"io\":0.00}},"
		"{\"id\":\"c\\\"1\",\"name\":null,\"status\":\"paused\",\"cpuPercent\":null,"
		"\"memory\":null,\"io\":null,\"network\":null,\"pids\":null,\"pressure\":null}]}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_are_of_a_second),
		cmocka_unit_test(one_sample_has_no_rates),
		cmocka_unit_test(who_came_who_went_and_who_is_another),
		cmocka_unit_test(a_counter_that_falls_is_no_rate),
		cmocka_unit_test(sorted_by_each_key),
		cmocka_unit_test(a_page_of_a_file),
		cmocka_unit_test(it_fits_every_window),
		cmocka_unit_test(wide_ones_tell_all_pressures),
		cmocka_unit_test(no_name_reaches_the_terminal_as_a_command),
		cmocka_unit_test(colours_only_where_wanted),
		cmocka_unit_test(scrolled),
		cmocka_unit_test(as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
