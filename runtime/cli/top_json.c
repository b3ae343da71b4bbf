/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/top_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "runtime/base/json.h"

/* An object of two numbers; of the second UINT64_MAX is none. */
static void put_pair(struct json_writer *w, const char *key, bool given, const char *const names[2],
		     const uint64_t values[2])
{
	if (!given) {
		json_put_null(w, key);
		return;
	}
	json_begin(w, key, '{');
	json_put_uint(w, names[0], values[0]);
	if (values[1] == UINT64_MAX)
		json_put_null(w, names[1]);
	else
		json_put_uint(w, names[1], values[1]);
	json_end(w, '}');
}

static void put_pressure(struct json_writer *w, const struct top_row *row)
{
	static const char *const names[TOP_PSIS] = { "cpu", "memory", "io" };
	char text[32];

	if (!(row->given & TOP_PRESSURE)) {
		json_put_null(w, "pressure");
		return;
	}
	json_begin(w, "pressure", '{');
	for (int i = 0; i < TOP_PSIS; i++) {
		snprintf(text, sizeof(text), "%" PRIu32 ".%02" PRIu32, row->psi[i] / 100,
			 row->psi[i] % 100);
		json_put_raw(w, names[i], text);
	}
	json_end(w, '}');
}

static void put_row(struct json_writer *w, const struct top_row *row)
{
	static const char *const memory[] = { "usage", "limit" };
	static const char *const io[] = { "readBytesPerSec", "writeBytesPerSec" };
	static const char *const net[] = { "rxBytesPerSec", "txBytesPerSec" };
	static const char *const pids[] = { "current", "limit" };
	char cpu[40];

	json_begin(w, NULL, '{');
	json_put_str(w, "id", row->id);
	if (row->name)
		json_put_str(w, "name", row->name);
	else
		json_put_null(w, "name");
	json_put_str(w, "status", container_status_name(row->status));
	snprintf(cpu, sizeof(cpu), "%.2f", row->cpu_percent);
	json_put_raw(w, "cpuPercent", row->given & TOP_CPU ? cpu : "null");
	put_pair(w, "memory", row->given & TOP_MEMORY, memory,
		 (uint64_t[]){ row->memory, row->memory_max });
	put_pair(w, "io", row->given & TOP_IO, io, (uint64_t[]){ row->io_read, row->io_write });
	put_pair(w, "network", row->given & TOP_NET, net, (uint64_t[]){ row->rx, row->tx });
	put_pair(w, "pids", row->given & TOP_PIDS, pids, (uint64_t[]){ row->pids, row->pids_max });
	put_pressure(w, row);
	json_end(w, '}');
}

void top_json_emit(const struct top_row *rows, size_t n, const char *time, struct strbuf *sb)
{
	struct json_writer w = { .sb = sb };

	json_begin(&w, NULL, '{');
	json_put_str(&w, "time", time);
	json_begin(&w, "containers", '[');
	for (size_t i = 0; i < n; i++)
		put_row(&w, &rows[i]);
	json_end(&w, ']');
	json_end(&w, '}');
	strbuf_add_char(sb, '\n');
}
