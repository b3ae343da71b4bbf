/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log: the --log file, in runc's text or JSON form. Engines read the last JSON object of level
 * "error" from it (oci.md, 1.3). Without --log, warnings go to stderr.
 */
#ifndef RUNTIME_BASE_LOG_H
#define RUNTIME_BASE_LOG_H

#include <stdbool.h>

#include "runtime/base/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Parses "error", "warn"/"warning", "info", "debug". */
int log_level_parse(const char *text, enum log_level *ret, struct err *err);

/* path NULL: stderr. A file is appended to, created 0644. */
int log_open(const char *path, bool json, enum log_level level, struct err *err);

/* Is there a --log file? Then main prints its error on stderr as well as into the log. */
bool log_to_file(void);

/* How a line looks on stderr, where there is no --log file. */
enum log_style { LOG_PREFIXED, LOG_BARE, LOG_SILENT };
void log_set_style(enum log_style style);

/* Gets a copy of each line, whatever its level; NULL: none does. */
typedef void (*log_sink)(enum log_level level, const char *msg);
void log_set_sink(log_sink sink);

/* One line. Never fails; errno is kept. */
void log_write(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
