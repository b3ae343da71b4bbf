/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_json: rows as one line of JSON, for programs. Pure. */
#ifndef RUNTIME_CLI_TOP_JSON_H
#define RUNTIME_CLI_TOP_JSON_H

#include "runtime/base/str.h"
#include "runtime/cli/top_rows.h"

/* `time` is RFC 3339. What is not known is null. */
void top_json_emit(const struct top_row *rows, size_t n, const char *time, struct strbuf *sb);

#endif
