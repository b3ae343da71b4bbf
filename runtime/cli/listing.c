/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/listing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct row {
	struct ctinfo info;
	struct cell key; /* what it is sorted by */
};

struct rows {
	struct row *row;
	size_t n;
};

static void rows_done(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		ctinfo_done(&rows->row[i].info);
	free(rows->row);
}

/* ---- which ---- */

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct candidates {
	uint32_t *id;
	size_t n;
	char **live; /* ids of live containers, sorted; NULL: any may be */
};

static void candidates_done(struct candidates *candidates)
{
	free(candidates->id);
	strv_freep(&candidates->live);
}

static int add_candidate(struct candidates *candidates, uint32_t id, struct err *err)
{
	uint32_t *slot = mem_append(&candidates->id, &candidates->n, sizeof(*slot));

	if (!slot)
		return err_sys(err, "list the containers");
	*slot = id;
	return 0;
}

/* Those that were asked for by id, each once. */
static int named_candidates(const struct listing *listing, const struct vz *vz,
			    struct candidates *ret, struct err *err)
{
	for (size_t i = 0; i < listing->ctids_n; i++)
		if (ctinfo_has_conf(vz, listing->ctids[i]) &&
		    add_candidate(ret, listing->ctids[i], err) < 0)
			return -1;
	if (ret->n > 1)
		qsort(ret->id, ret->n, sizeof(*ret->id), compare_ids);
	for (size_t i = 1; i < ret->n;) {
		if (ret->id[i] == ret->id[i - 1]) {
			ret->n--;
			memmove(&ret->id[i], &ret->id[i + 1], (ret->n - i) * sizeof(*ret->id));
		} else {
			i++;
		}
	}
	return 0;
}

static int find_candidates(const struct listing *listing, const struct vz *vz,
			   struct candidates *ret, struct err *err)
{
	if (listing->ctids)
		return named_candidates(listing, vz, ret, err);
	ret->live = container_list(vz->set, err);
	if (!ret->live)
		return -1;
	if (listing->all || listing->stopped)
		return ct_list(vz, &ret->id, &ret->n, err);
	return ctinfo_pick(vz, ret->live, &ret->id, &ret->n, err);
}

static bool may_be_live(const struct candidates *candidates, size_t live_n, uint32_t ctid)
{
	char text[CTID_SIZE], *key = text;

	if (!candidates->live)
		return true;
	snprintf(text, sizeof(text), "%u", ctid);
	return live_n &&
	       bsearch(&key, candidates->live, live_n, sizeof(*candidates->live), compare_words);
}

/* ---- rows ---- */

static bool matches(const struct listing *listing, struct ctinfo *info)
{
	struct cell cell;

	if (listing->stopped && info->live)
		return false;
	if (listing->openvz && !ctinfo_is_there(info))
		return false;
	for (size_t i = 0; i < listing->filters_n; i++) {
		const struct listing_filter *filter = &listing->filters[i];

		column_get(filter->column, info, &cell);
		if (!cell_matches(&cell, filter->column->flags, filter->pattern))
			return false;
	}
	return true;
}

/* Where the rows go, one after the other. */
struct page {
	const struct listing *listing;
	struct strbuf *sb;          /* JSON */
	struct listing_table table; /* or the cells of a table */
	size_t rows;
};

static void add_row(struct page *page, struct ctinfo *info);

/* One of the candidates. keep: the row stays, to be sorted. */
static int visit(struct page *page, struct ctinfo *info, struct rows *keep, size_t *found,
		 struct err *err)
{
	const struct listing *listing = page->listing;
	struct row *slot;

	if (!info->live && !listing->all && !listing->stopped && !listing->ctids)
		return 0;
	++*found;
	if (!matches(listing, info))
		return 0;
	if (!listing->sort) {
		add_row(page, info);
		return 0;
	}
	slot = mem_append(&keep->row, &keep->n, sizeof(*slot));
	if (!slot)
		return err_sys(err, "list the containers");
	column_get(listing->sort, info, &slot->key);
	slot->info = *info;
	*info = (struct ctinfo){ 0 };
	return 0;
}

/* Without an order asked for each CT is done with as soon as its row is made. */
static int visit_all(struct page *page, const struct candidates *candidates,
		     struct ctinfo_host *host, struct rows *keep, size_t *found, struct err *err)
{
	bool backwards = page->listing->reverse && !page->listing->sort;
	size_t live_n = candidates->live ? strv_len(candidates->live) : 0;
	int rc = 0;

	for (size_t i = 0; i < candidates->n && rc == 0; i++) {
		uint32_t ctid = candidates->id[backwards ? candidates->n - 1 - i : i];
		struct ctinfo info;

		ctinfo_init(&info, host, ctid, may_be_live(candidates, live_n, ctid));
		rc = visit(page, &info, keep, found, err);
		ctinfo_done(&info);
	}
	return rc;
}

static int compare_rows(const void *a, const void *b, void *sort)
{
	const struct row *x = a, *y = b;
	const struct column *column = sort;
	int order = cell_compare(&x->key, &y->key);

	if (order)
		return order;
	order = (x->info.ctid > y->info.ctid) - (x->info.ctid < y->info.ctid);
	return column->traits & COLUMN_TIES_BACK ? -order : order;
}

static void add_sorted(struct page *page, struct rows *rows)
{
	const struct listing *listing = page->listing;

	if (rows->n > 1)
		qsort_r(rows->row, rows->n, sizeof(*rows->row), compare_rows,
			(void *)(uintptr_t)listing->sort);
	for (size_t i = 0; i < rows->n; i++)
		add_row(page, &rows->row[listing->reverse ? rows->n - 1 - i : i].info);
}

/* ---- tables ---- */

static void end_line(struct strbuf *sb, size_t start)
{
	while (sb->len > start && sb->text[sb->len - 1] == ' ')
		sb->len--;
	strbuf_add_char(sb, '\n');
}

/* One cell after another, each in its width. */
static const char *emit_line(const struct listing *listing, const int *width, const char *cell,
			     struct strbuf *sb)
{
	size_t start = sb->len;

	for (size_t c = 0; c < listing->columns_n; c++, cell += strlen(cell) + 1) {
		const struct column *column = listing->columns[c];
		bool last = c + 1 == listing->columns_n;

		if (c > 0)
			strbuf_add_char(sb, ' ');
		cell_add_padded(sb, cell, width[c],
				listing->openvz && (column->flags & CELL_CUT) && !last &&
					!listing->no_cut);
	}
	end_line(sb, start);
	return cell;
}

static void emit_header(const struct listing *listing, const int *width, struct strbuf *sb)
{
	size_t start = sb->len;

	for (size_t c = 0; c < listing->columns_n; c++) {
		bool right = listing->columns[c]->traits & COLUMN_HEAD_RIGHT;

		if (c > 0)
			strbuf_add_char(sb, ' ');
		cell_add_padded(sb, listing->columns[c]->header,
				right && listing->openvz ? abs(width[c]) : width[c], false);
	}
	end_line(sb, start);
}

static void widen(const struct listing_table *table, int *width)
{
	const char *cell = table->cells.text;

	for (size_t i = 0; i < table->rows * table->listing->columns_n; i++) {
		int *w = &width[i % table->listing->columns_n], need = (int)cell_width(cell);

		if (need > abs(*w))
			*w = *w < 0 ? -need : need;
		cell += strlen(cell) + 1;
	}
}

void listing_table_emit(const struct listing_table *table, struct strbuf *sb)
{
	const struct listing *listing = table->listing;
	auto_free int *width = calloc(listing->columns_n + 1, sizeof(*width));
	const char *cell = table->cells.text;

	if (!width || table->cells.failed) {
		sb->failed = true;
		return;
	}
	for (size_t c = 0; c < listing->columns_n; c++)
		width[c] = listing->columns[c]->width;
	if (!listing->openvz)
		widen(table, width);
	if (!listing->no_header)
		emit_header(listing, width, sb);
	for (size_t i = 0; i < table->rows && !sb->failed; i++)
		cell = emit_line(listing, width, cell, sb);
}

static void add_cells(struct page *page, struct ctinfo *info)
{
	const struct listing *listing = page->listing;
	struct strbuf *cells = &page->table.cells;
	struct cell cell;

	for (size_t c = 0; c < listing->columns_n; c++) {
		const struct column *column = listing->columns[c];
		bool last = c + 1 == listing->columns_n;

		column_get(column, info, &cell);
		cell_add_text(cells, &cell, column->flags,
			      listing->openvz && !last && !listing->no_cut);
		strbuf_add_char(cells, '\0');
	}
	page->table.rows++;
}

/* ---- JSON ---- */

/* Without a list of columns: all that are no part of another. */
static bool is_shown(const struct listing *listing, const struct column *column)
{
	return !(column->traits & COLUMN_PART) &&
	       (listing->openvz || !(column->traits & COLUMN_ALIAS));
}

static void add_member(const struct listing *listing, const struct column *column,
		       struct ctinfo *info, size_t n, struct strbuf *sb)
{
	struct cell_style style = { .flags = column->flags, .openvz = listing->openvz };
	struct cell cell;

	column_get(column, info, &cell);
	strbuf_add(sb, n > 0 ? ",\n    \"" : "\n    \"");
	strbuf_add(sb, column->name);
	strbuf_add(sb, "\": ");
	cell_add_json(sb, &cell, &style);
}

static void add_object(const struct listing *listing, struct ctinfo *info, struct strbuf *sb)
{
	size_t n = 0;

	for (size_t c = 0; c < listing->columns_n; c++)
		add_member(listing, listing->columns[c], info, n++, sb);
	for (size_t c = 0; !listing->columns && c < column_n; c++)
		if (is_shown(listing, &column_table[c]))
			add_member(listing, &column_table[c], info, n++, sb);
}

static void add_row(struct page *page, struct ctinfo *info)
{
	if (!page->listing->json) {
		add_cells(page, info);
		return;
	}
	strbuf_add(page->sb, page->rows++ > 0 ? ",\n  {" : "\n  {");
	add_object(page->listing, info, page->sb);
	strbuf_add(page->sb, "\n  }");
}

/* ---- all of it ---- */

static unsigned int needs(const struct listing *listing)
{
	unsigned int need = listing->sort ? listing->sort->need : 0;

	for (size_t c = 0; c < listing->columns_n; c++)
		need |= listing->columns[c]->need;
	for (size_t c = 0; !listing->columns && c < column_n; c++)
		need |= column_table[c].need;
	for (size_t i = 0; i < listing->filters_n; i++)
		need |= listing->filters[i].column->need;
	return need;
}

/* Without a row: OpenVZ's break of the line tells that a filter left none. */
static void end_page(struct page *page, size_t found)
{
	if (page->listing->json)
		strbuf_add(page->sb, found > 0 ? "\n]\n" : "]\n");
	else
		listing_table_emit(&page->table, page->sb);
}

static void page_done(struct page *page)
{
	strbuf_done(&page->table.cells);
}

int listing_make(const struct listing *listing, const struct vz *vz, struct strbuf *sb,
		 size_t *ret_found, struct err *err)
{
	__attribute__((cleanup(candidates_done))) struct candidates candidates = { 0 };
	auto_ctinfo_host struct ctinfo_host host = { 0 };
	__attribute__((cleanup(rows_done))) struct rows rows = { 0 };
	__attribute__((cleanup(page_done))) struct page page = { .listing = listing,
								 .sb = sb,
								 .table.listing = listing };

	*ret_found = 0;
	if (find_candidates(listing, vz, &candidates, err) < 0)
		return -1;
	ctinfo_host_init(&host, vz, needs(listing));
	if (listing->json)
		strbuf_add_char(sb, '[');
	if (visit_all(&page, &candidates, &host, &rows, ret_found, err) < 0)
		return -1;
	add_sorted(&page, &rows);
	end_page(&page, *ret_found);
	if (sb->failed)
		return err_set(err, ENOMEM, "list the containers: out of memory");
	return 0;
}
