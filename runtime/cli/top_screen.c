/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/top_screen.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/cli/human.h"

#define REVERSE "\033[7m"
#define NORMAL "\033[m"
#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define TO_HOME "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_BELOW "\033[J"

#define ID_MIN 10
#define ID_WISH 24    /* before the bar gets longer */
#define MEMORY_MIN 11 /* "1023M/1023M" */
#define BAR_MIN 4
#define BAR_MAX 20
#define CELL_SIZE 64

const char *top_screen_sort_name(enum top_sort by)
{
	static const char *const names[] = {
		[TOP_BY_CPU] = "cpu", [TOP_BY_MEMORY] = "mem",   [TOP_BY_IO] = "io",
		[TOP_BY_NET] = "net", [TOP_BY_PRESSURE] = "psi", [TOP_BY_PIDS] = "pids",
		[TOP_BY_ID] = "id",
	};

	return names[by];
}

/* ---- a line, which never gets longer than the page is wide ---- */

struct line {
	struct strbuf *sb;
	unsigned int left; /* columns */
	bool terminal, color;
};

/* One byte is one column: what is not plain ASCII shows as "?". */
static void add(struct line *line, const char *text)
{
	for (; *text && line->left > 0; text++, line->left--)
		strbuf_add_char(line->sb, *text >= ' ' && *text < 0x7f ? *text : '?');
}

static void add_blanks(struct line *line, unsigned int n)
{
	for (; n > 0 && line->left > 0; n--, line->left--)
		strbuf_add_char(line->sb, ' ');
}

/* Takes exactly `width` columns, or what is left of the line. */
static void add_cell(struct line *line, const char *text, unsigned int width, bool to_the_right)
{
	size_t len = strlen(text);
	unsigned int pad = len < width ? width - (unsigned int)len : 0;
	struct line cell = *line;

	if (cell.left > width)
		cell.left = width;
	line->left -= cell.left;
	if (to_the_right)
		add_blanks(&cell, pad);
	add(&cell, text);
	if (!to_the_right)
		add_blanks(&cell, pad);
}

static void escape(struct line *line, const char *sequence)
{
	if (line->terminal)
		strbuf_add(line->sb, sequence);
}

static struct line begin(const struct top_view *view, struct strbuf *sb)
{
	return (struct line){ sb, view->width, view->terminal, view->terminal && view->color };
}

static void end(struct line *line)
{
	strbuf_add(line->sb, line->terminal ? CLEAR_LINE "\r\n" : "\n");
}

/* ---- cells ---- */

static void rate(bool given, uint64_t value, char cell[CELL_SIZE])
{
	char text[HUMAN_SIZE];

	snprintf(cell, CELL_SIZE, "%s", given ? human_short(value, text) : "-");
}

static void cpu_cell(const struct top_row *row, char cell[CELL_SIZE])
{
	if (row->given & TOP_CPU)
		snprintf(cell, CELL_SIZE, "%.1f", row->cpu_percent);
	else
		strcpy(cell, "-");
}

static void read_cell(const struct top_row *row, char cell[CELL_SIZE])
{
	rate(row->given & TOP_IO, row->io_read, cell);
}

static void write_cell(const struct top_row *row, char cell[CELL_SIZE])
{
	rate(row->given & TOP_IO, row->io_write, cell);
}

static void rx_cell(const struct top_row *row, char cell[CELL_SIZE])
{
	rate(row->given & TOP_NET, row->rx, cell);
}

static void tx_cell(const struct top_row *row, char cell[CELL_SIZE])
{
	rate(row->given & TOP_NET, row->tx, cell);
}

static void pids_cell(const struct top_row *row, char cell[CELL_SIZE])
{
	rate(row->given & TOP_PIDS, row->pids, cell);
}

static void psi_text(const struct top_row *row, enum top_psi psi, char cell[CELL_SIZE])
{
	if (row->given & TOP_PRESSURE)
		snprintf(cell, CELL_SIZE, "%" PRIu32 ".%" PRIu32, row->psi[psi] / 100,
			 row->psi[psi] / 10 % 10);
	else
		strcpy(cell, "-");
}

static void psi_cpu_cell(const struct top_row *row, char cell[CELL_SIZE])
{
	psi_text(row, TOP_PSI_CPU, cell);
}

static void psi_memory_cell(const struct top_row *row, char cell[CELL_SIZE])
{
	psi_text(row, TOP_PSI_MEMORY, cell);
}

static void psi_io_cell(const struct top_row *row, char cell[CELL_SIZE])
{
	psi_text(row, TOP_PSI_IO, cell);
}

/* Where there is no room for all three: the worst, and which it is. */
static void psi_worst_cell(const struct top_row *row, char cell[CELL_SIZE])
{
	enum top_psi worst = TOP_PSI_CPU;

	for (int i = 1; i < TOP_PSIS; i++)
		if (row->psi[i] > row->psi[worst])
			worst = (enum top_psi)i;
	psi_text(row, worst, cell);
	if ((row->given & TOP_PRESSURE) && row->psi[worst] >= 10)
		snprintf(cell + strlen(cell), CELL_SIZE - strlen(cell), "%c", "cmi"[worst]);
}

/* ---- columns ---- */

/* Between the container's name and memory on the left, and the right edge. A column is shown where
 * the page is at least so wide. */
struct column {
	const char *title;
	unsigned int width, from, below;
	void (*cell)(const struct top_row *row, char cell[CELL_SIZE]);
};

#define ALWAYS 0
#define NEVER_AGAIN UINT32_MAX
#define WIDE 100
static const struct column columns[] = {
	{ "IO-RD", 5, 60, NEVER_AGAIN, read_cell },
	{ "IO-WR", 5, 60, NEVER_AGAIN, write_cell },
	{ "NETRX", 5, 70, NEVER_AGAIN, rx_cell },
	{ "NETTX", 5, 70, NEVER_AGAIN, tx_cell },
	{ "PSI", 6, 50, WIDE, psi_worst_cell },
	{ "P-CPU", 5, WIDE, NEVER_AGAIN, psi_cpu_cell },
	{ "P-MEM", 5, WIDE, NEVER_AGAIN, psi_memory_cell },
	{ "P-IO", 5, WIDE, NEVER_AGAIN, psi_io_cell },
	{ "PIDS", 5, 44, NEVER_AGAIN, pids_cell },
};
#define CPU_WIDTH 6
#define STATUS_WIDTH 1

static bool is_shown(const struct column *column, unsigned int width)
{
	return width >= column->from && width < column->below;
}

/* How the rest is divided. bar: the inside of the bar, 0: none. */
struct layout {
	unsigned int id, bar;
};

static size_t name_length(const struct top_row *row)
{
	return strlen(row->id) + (row->name ? 1 + strlen(row->name) : 0);
}

static struct layout lay_out(const struct top_row *rows, size_t n, unsigned int width)
{
	unsigned int used = ID_MIN + 1 + STATUS_WIDTH + 1 + CPU_WIDTH + 1 + MEMORY_MIN, left;
	struct layout layout = { ID_MIN, 0 };
	size_t longest = 0;

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		used += is_shown(&columns[i], width) ? 1 + columns[i].width : 0;
	for (size_t i = 0; i < n; i++)
		longest = name_length(&rows[i]) > longest ? name_length(&rows[i]) : longest;
	left = width > used ? width - used : 0;
	if (left >= BAR_MIN + 3) { /* the brackets and a blank */
		unsigned int wish = longest < ID_WISH ? (unsigned int)longest : ID_WISH;
		unsigned int more = wish > ID_MIN ? wish - ID_MIN : 0;

		if (more > left - (BAR_MIN + 3))
			more = left - (BAR_MIN + 3);
		layout.bar = left - more - 3 < BAR_MAX ? left - more - 3 : BAR_MAX;
		left -= layout.bar + 3;
	}
	layout.id += left;
	return layout;
}

static void add_title(const struct layout *layout, const struct top_view *view, struct strbuf *sb)
{
	struct line line = begin(view, sb);

	escape(&line, REVERSE);
	add_cell(&line, "CONTAINER", layout->id, false);
	add(&line, " S ");
	add_cell(&line, "CPU%", CPU_WIDTH, true);
	add(&line, " ");
	add_cell(&line, "MEMORY", MEMORY_MIN + (layout->bar ? layout->bar + 3 : 0), false);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		if (!is_shown(&columns[i], view->width))
			continue;
		add(&line, " ");
		add_cell(&line, columns[i].title, columns[i].width, true);
	}
	escape(&line, NORMAL);
	end(&line);
}

static void add_name(struct line *line, const struct top_row *row, unsigned int width)
{
	auto_strbuf struct strbuf name = { 0 };

	strbuf_add(&name, row->id);
	if (row->name)
		strbuf_addf(&name, " %s", row->name);
	add_cell(line, name.text ? name.text : "", width, false);
}

/* Without a limit there is nothing to fill, so no bar. */
static void add_bar(struct line *line, double share, unsigned int bar)
{
	unsigned int full = share < 1 ? (unsigned int)(share * bar) : bar;

	add(line, "[");
	if (line->color)
		escape(line, share < 0.7 ? GREEN : share < 0.9 ? YELLOW : RED);
	for (unsigned int i = 0; i < full; i++)
		add(line, "|");
	if (line->color)
		escape(line, NORMAL);
	add_blanks(line, bar - full);
	add(line, "] ");
}

static void add_memory(struct line *line, const struct top_row *row, unsigned int bar)
{
	bool given = row->given & TOP_MEMORY, limited = given && row->memory_max != UINT64_MAX;
	char used[HUMAN_SIZE], max[HUMAN_SIZE], text[2 * HUMAN_SIZE + 2];

	if (bar > 0 && limited && row->memory_max > 0)
		add_bar(line, (double)row->memory / (double)row->memory_max, bar);
	else if (bar > 0)
		add_blanks(line, bar + 3);
	snprintf(text, sizeof(text), "%s%s%s", given ? human_short(row->memory, used) : "-",
		 limited ? "/" : "", limited ? human_short(row->memory_max, max) : "");
	add_cell(line, text, MEMORY_MIN, false);
}

static const char *status_letter(enum container_status status)
{
	return status == STATUS_RUNNING ? "R" : status == STATUS_PAUSED ? "P" : "C";
}

static void add_row(const struct top_row *row, const struct layout *layout,
		    const struct top_view *view, struct strbuf *sb)
{
	struct line line = begin(view, sb);
	char cell[CELL_SIZE];

	add_name(&line, row, layout->id);
	add(&line, " ");
	add(&line, status_letter(row->status));
	add(&line, " ");
	cpu_cell(row, cell);
	add_cell(&line, cell, CPU_WIDTH, true);
	add(&line, " ");
	add_memory(&line, row, layout->bar);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		if (!is_shown(&columns[i], view->width))
			continue;
		columns[i].cell(row, cell);
		add(&line, " ");
		add_cell(&line, cell, columns[i].width, true);
	}
	end(&line);
}

/* ---- the page ---- */

static void add_head(const struct top_row *rows, size_t n, const struct top_view *view,
		     struct strbuf *sb)
{
	auto_strbuf struct strbuf text = { 0 };
	struct line line = begin(view, sb);
	uint64_t memory = 0;
	unsigned int given = 0;
	char sum[HUMAN_SIZE];
	double cpu = 0;

	for (size_t i = 0; i < n; i++) {
		cpu += rows[i].cpu_percent;
		given |= rows[i].given;
		memory += rows[i].given & TOP_MEMORY ? rows[i].memory : 0;
	}
	strbuf_addf(&text, "vzrun top %s  by %s%s  every %g s  %zu container%s  CPU %.1f%%",
		    view->clock, top_screen_sort_name(view->sort),
		    view->reverse ? ", least first" : "", view->interval_msec / 1000.0, n,
		    n == 1 ? "" : "s", cpu);
	if (given & TOP_MEMORY)
		strbuf_addf(&text, "  memory %s", human_short(memory, sum));
	add(&line, text.text ? text.text : "");
	end(&line);
}

static void add_missing(const struct top_view *view, struct strbuf *sb)
{
	struct line line = begin(view, sb);

	if (!view->missing)
		return;
	add(&line, view->missing);
	end(&line);
}

/* The last line: nothing behind it, which would scroll the page. */
static void add_keys(const struct top_view *view, struct strbuf *sb)
{
	struct line line = begin(view, sb);

	strbuf_add(sb, CLEAR_BELOW);
	strbuf_addf(sb, "\033[%u;1H", view->height);
	add(&line, "q quit  by c cpu m mem i io n net p psi t pids d id  r reverse  +- time");
	strbuf_add(sb, CLEAR_LINE);
}

size_t top_screen_rows(const struct top_view *view)
{
	unsigned int around = 3 + (view->missing ? 1 : 0); /* head, titles and keys */

	if (view->height == 0)
		return SIZE_MAX;
	return view->height > around ? view->height - around : 0;
}

void top_screen_emit(const struct top_row *rows, size_t n, const struct top_view *view,
		     struct strbuf *sb)
{
	struct layout layout = lay_out(rows, n, view->width);
	size_t fit = top_screen_rows(view), first = view->offset < n ? view->offset : 0;

	if (view->terminal)
		strbuf_add(sb, TO_HOME);
	add_head(rows, n, view, sb);
	add_missing(view, sb);
	add_title(&layout, view, sb);
	for (size_t i = first; i < n && i - first < fit; i++)
		add_row(&rows[i], &layout, view, sb);
	if (view->terminal)
		add_keys(view, sb);
}
