/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/top_rows.h"

#include <stdlib.h>
#include <string.h>

/* What is a rate, and so needs two samples. */
#define RATES (TOP_CPU | TOP_IO | TOP_NET)

int top_rows_compare_ids(const char *a, const char *b)
{
	return strverscmp(a, b);
}

void top_sample_done(struct top_sample *sample)
{
	for (size_t i = 0; i < sample->n; i++) {
		free(sample->entry[i].id);
		free(sample->entry[i].name);
	}
	free(sample->entry);
	*sample = (struct top_sample){ NULL, 0, 0 };
}

/* A sum over disks or interfaces falls where one goes away: that is no rate. */
static uint64_t per_second(uint64_t before, uint64_t now, double seconds)
{
	return now > before ? (uint64_t)((double)(now - before) / seconds) : 0;
}

static void add_rates(const struct top_entry *before, const struct top_entry *now, double seconds,
		      struct top_row *row)
{
	row->given |= before->given & now->given & RATES;
	if (now->cpu_usec > before->cpu_usec)
		row->cpu_percent = (double)(now->cpu_usec - before->cpu_usec) / seconds / 10000;
	row->io_read = per_second(before->io_read, now->io_read, seconds);
	row->io_write = per_second(before->io_write, now->io_write, seconds);
	row->rx = per_second(before->rx, now->rx, seconds);
	row->tx = per_second(before->tx, now->tx, seconds);
}

static struct top_row row_of(const struct top_entry *e)
{
	struct top_row row = {
		.id = e->id,
		.name = e->name,
		.status = e->status,
		.given = e->given & ~(unsigned int)RATES,
		.memory = e->memory,
		.memory_max = e->memory_max,
		.pids = e->pids,
		.pids_max = e->pids_max,
	};

	memcpy(row.psi, e->psi, sizeof(row.psi));
	return row;
}

int top_rows_make(const struct top_sample *before, const struct top_sample *now,
		  struct top_row **ret, struct err *err)
{
	struct top_row *rows = calloc(now->n ? now->n : 1, sizeof(*rows));
	double seconds = before ? (double)(now->at_usec - before->at_usec) / 1e6 : 0;
	size_t old = 0;

	if (!rows)
		return err_sys(err, "top");
	for (size_t i = 0; i < now->n; i++) {
		const struct top_entry *e = &now->entry[i];

		rows[i] = row_of(e);
		while (before && old < before->n &&
		       top_rows_compare_ids(before->entry[old].id, e->id) < 0)
			old++;
		if (seconds > 0 && old < before->n && str_eq(before->entry[old].id, e->id) &&
		    before->entry[old].pid_start == e->pid_start)
			add_rates(&before->entry[old], e, seconds, &rows[i]);
	}
	*ret = rows;
	return 0;
}

/* ---- order ---- */

static const unsigned int needs[] = {
	[TOP_BY_CPU] = TOP_CPU, [TOP_BY_MEMORY] = TOP_MEMORY,     [TOP_BY_IO] = TOP_IO,
	[TOP_BY_NET] = TOP_NET, [TOP_BY_PRESSURE] = TOP_PRESSURE, [TOP_BY_PIDS] = TOP_PIDS,
	[TOP_BY_ID] = 0,
};

static double value_of(const struct top_row *row, enum top_sort by)
{
	double most = 0;

	switch (by) {
	case TOP_BY_CPU:
		return row->cpu_percent;
	case TOP_BY_MEMORY:
		return (double)row->memory;
	case TOP_BY_IO:
		return (double)row->io_read + (double)row->io_write;
	case TOP_BY_NET:
		return (double)row->rx + (double)row->tx;
	case TOP_BY_PIDS:
		return (double)row->pids;
	case TOP_BY_PRESSURE:
		for (int i = 0; i < TOP_PSIS; i++)
			most = row->psi[i] > most ? row->psi[i] : most;
		return most;
	case TOP_BY_ID:
		break;
	}
	return 0;
}

struct order {
	enum top_sort by;
	int sign;
};

static int compare(const void *a, const void *b, void *context)
{
	const struct top_row *x = a, *y = b;
	const struct order *order = context;
	unsigned int need = needs[order->by];
	bool has_x = (x->given & need) == need, has_y = (y->given & need) == need;
	double vx = value_of(x, order->by), vy = value_of(y, order->by);

	if (has_x != has_y)
		return has_x ? -1 : 1;
	if (has_x && vx != vy)
		return vx > vy ? -order->sign : order->sign;
	return order->sign * top_rows_compare_ids(x->id, y->id);
}

void top_rows_sort(struct top_row *rows, size_t n, enum top_sort by, bool reverse)
{
	struct order order = { by, reverse ? -1 : 1 };

	if (n > 1)
		qsort_r(rows, n, sizeof(*rows), compare, &order);
}
