/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * top_rows: from two samples of all containers' counters to one row a container, with rates.
 * Pure: who reads the counters is top_sample, who shows the rows top_screen and top_json.
 */
#ifndef RUNTIME_CLI_TOP_ROWS_H
#define RUNTIME_CLI_TOP_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/container/container.h"

/* What is known of a container: the rest has no controller, no network of its own, or no sample
 * before. */
enum top_given {
	TOP_CPU = 1,
	TOP_MEMORY = 2,
	TOP_IO = 4,
	TOP_NET = 8,
	TOP_PRESSURE = 16,
	TOP_PIDS = 32,
};

enum top_psi { TOP_PSI_CPU, TOP_PSI_MEMORY, TOP_PSI_IO, TOP_PSIS };

/* The counters of one container. */
struct top_entry {
	char *id, *name;    /* name: or NULL */
	uint64_t pid_start; /* tells a container from a later one of the same id */
	enum container_status status;
	unsigned int given;
	uint64_t cpu_usec, memory, memory_max, io_read, io_write, rx, tx, pids, pids_max;
	uint32_t psi[TOP_PSIS]; /* share of the last 10 s, in hundredths of a percent */
};

/* Of all, in the order of top_rows_compare_ids. */
struct top_sample {
	struct top_entry *entry;
	size_t n;
	uint64_t at_usec; /* CLOCK_MONOTONIC */
};

/* Texts are the sample's. */
struct top_row {
	const char *id, *name;
	enum container_status status;
	unsigned int given;
	double cpu_percent;                          /* of one CPU */
	uint64_t memory, memory_max, pids, pids_max; /* max: UINT64_MAX is no limit */
	uint64_t io_read, io_write, rx, tx;          /* bytes a second */
	uint32_t psi[TOP_PSIS];
};

enum top_sort {
	TOP_BY_CPU,
	TOP_BY_MEMORY,
	TOP_BY_IO,
	TOP_BY_NET,
	TOP_BY_PRESSURE,
	TOP_BY_PIDS,
	TOP_BY_ID,
};

int top_rows_compare_ids(const char *a, const char *b);

/* A row for each entry of now, in fresh memory. before: NULL for the first sample. */
int top_rows_make(const struct top_sample *before, const struct top_sample *now,
		  struct top_row **ret, struct err *err);

/* The most first, ids from the first to the last; what is not known comes last. reverse: the other
 * way round, but for that. */
void top_rows_sort(struct top_row *rows, size_t n, enum top_sort by, bool reverse);

void top_sample_done(struct top_sample *sample);
#define auto_top_sample __attribute__((cleanup(top_sample_done)))

#endif
