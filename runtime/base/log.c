/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/fd.h"
#include "runtime/base/json.h"
#include "runtime/base/str.h"
#include "runtime/base/time.h"

static struct {
	int fd;
	bool json;
	enum log_level level;
	enum log_style style;
	log_sink sink;
} log_state = { -1, false, LOG_LEVEL_WARNING, LOG_PREFIXED, NULL };

static const char *const level_names[] = { "error", "warning", "info", "debug" };

int log_level_parse(const char *text, enum log_level *ret, struct err *err)
{
	if (str_eq(text, "warn")) {
		*ret = LOG_LEVEL_WARNING;
		return 0;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(level_names); i++) {
		if (str_eq(text, level_names[i])) {
			*ret = (enum log_level)i;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE,
		       "--log-level: \"%.32s\" is none of error, warning, info, debug", text);
}

int log_open(const char *path, bool json, enum log_level level, struct err *err)
{
	log_state.json = json;
	log_state.level = level;
	if (!path)
		return 0;
	log_state.fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (log_state.fd < 0)
		return err_sys(err, "open log \"%s\"", path);
	return 0;
}

bool log_to_file(void)
{
	return log_state.fd >= 0;
}

void log_set_style(enum log_style style)
{
	log_state.style = style;
}

void log_set_sink(log_sink sink)
{
	log_state.sink = sink;
}

static void format_json(struct strbuf *sb, enum log_level level, const char *msg)
{
	char now[TIME_TEXT_SIZE];

	strbuf_add(sb, "{\"msg\":");
	json_quote(sb, msg);
	strbuf_addf(sb, ",\"level\":\"%s\",\"time\":\"%s\"}\n", level_names[level],
		    time_now(6, now));
}

static void format_stderr(struct strbuf *sb, enum log_level level, const char *msg)
{
	if (log_state.style == LOG_PREFIXED)
		strbuf_add(sb, level == LOG_LEVEL_WARNING ? "vzrun: warning: " : "vzrun: ");
	/* As err.c: names in it may be a container's, and this may be a terminal. */
	for (; *msg; msg++) {
		bool odd = ((unsigned char)*msg < ' ' && *msg != '\t') || *msg == 0x7f;

		strbuf_add_char(sb, odd ? '?' : *msg);
	}
	strbuf_add_char(sb, '\n');
}

static void format_text(struct strbuf *sb, enum log_level level, const char *msg)
{
	char now[TIME_TEXT_SIZE];

	strbuf_addf(sb, "time=\"%s\" level=%s msg=", time_now(6, now), level_names[level]);
	json_quote(sb, msg);
	strbuf_add_char(sb, '\n');
}

static void emit(enum log_level level, const char *msg)
{
	auto_strbuf struct strbuf sb = { 0 };

	if (log_state.fd < 0 && log_state.style == LOG_SILENT)
		return;
	if (log_state.json)
		format_json(&sb, level, msg);
	else if (log_state.fd < 0)
		format_stderr(&sb, level, msg);
	else
		format_text(&sb, level, msg);
	if (!sb.failed)
		fd_write_message(log_state.fd >= 0 ? log_state.fd : 2, sb.text, sb.len);
}

void log_write(enum log_level level, const char *fmt, ...)
{
	int saved = errno;
	char msg[1024];
	va_list ap;

	if (level > log_state.level && !log_state.sink)
		return;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (log_state.sink)
		log_state.sink(level, msg);
	if (level <= log_state.level)
		emit(level, msg);
	errno = saved;
}
