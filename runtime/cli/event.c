/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/event.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "runtime/base/json.h"
#include "runtime/base/time.h"
#include "runtime/cli/cell.h"
#include "runtime/cli/human.h"
#include "runtime/cli/suggest.h"

/* Columns of the text: the longest type, and ids that are not long. */
#define TYPE_WIDTH 8
#define ID_WIDTH 16

struct event_end event_end_of(int status, bool own_pids, bool oom)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (!sig)
		return (struct event_end){ .reason = EVENT_EXIT, .code = WEXITSTATUS(status) };
	if (own_pids && sig == SIGHUP)
		return (struct event_end){ .reason = EVENT_REBOOT };
	if (own_pids && sig == SIGINT)
		return (struct event_end){ .reason = EVENT_POWEROFF };
	return (struct event_end){ .reason = oom ? EVENT_OUT_OF_MEMORY : EVENT_SIGNAL,
				   .signal = sig };
}

/* ---- JSON ---- */

static void json_ready(const struct event *event, struct json_writer *w)
{
	json_put_uint(w, "containers", event->ready.containers);
	json_put_uint(w, "cts", event->ready.cts);
}

static void json_started(const struct event *event, struct json_writer *w)
{
	json_put_int(w, "pid", event->pid);
}

static void json_stopped(const struct event *event, struct json_writer *w)
{
	static const char *const reasons[] = {
		[EVENT_UNKNOWN] = "unknown", [EVENT_EXIT] = "exit",
		[EVENT_SIGNAL] = "signal",   [EVENT_OUT_OF_MEMORY] = "oom",
		[EVENT_REBOOT] = "reboot",   [EVENT_POWEROFF] = "poweroff",
		[EVENT_BY_HOST] = "stopped",
	};
	const struct event_end *end = &event->end;

	json_put_str(w, "reason", reasons[end->reason]);
	if (end->reason == EVENT_EXIT)
		json_put_int(w, "exitCode", end->code);
	else
		json_put_null(w, "exitCode");
	if (end->signal)
		json_put_int(w, "signal", end->signal);
	else
		json_put_null(w, "signal");
}

static void json_limit(const struct event *event, struct json_writer *w)
{
	json_put_str(w, "resource", event->limit.resource);
	json_put_uint(w, "hits", event->limit.hits);
	json_put_uint(w, "total", event->limit.total);
	if (event->limit.limit == UINT64_MAX)
		json_put_null(w, "limit");
	else
		json_put_uint(w, "limit", event->limit.limit);
}

static void json_oom(const struct event *event, struct json_writer *w)
{
	json_put_uint(w, "killed", event->limit.hits);
	json_put_uint(w, "total", event->limit.total);
}

static void json_conflict(const struct event *event, struct json_writer *w)
{
	json_put_str(w, "address", event->conflict.addr);
	json_put_str(w, "mac", event->conflict.mac);
	json_put_str(w, "link", event->conflict.link);
}

static void json_config(const struct event *event, struct json_writer *w)
{
	json_begin(w, "keys", '[');
	for (char *const *key = event->config.keys; key && *key; key++)
		json_put_str(w, NULL, *key);
	json_end(w, ']');
	if (event->config.error)
		json_put_str(w, "error", event->config.error);
}

/* ---- text ---- */

static void text_ready(const struct event *event, struct strbuf *sb)
{
	strbuf_addf(sb, "%zu live, %zu registered CTs", event->ready.containers, event->ready.cts);
}

static void text_started(const struct event *event, struct strbuf *sb)
{
	strbuf_addf(sb, "process %d", event->pid);
}

static void text_stopped(const struct event *event, struct strbuf *sb)
{
	const struct event_end *end = &event->end;
	const char *name = end->signal ? sigabbrev_np(end->signal) : NULL;

	switch (end->reason) {
	case EVENT_EXIT:
		strbuf_addf(sb, "exit code %d", end->code);
		break;
	case EVENT_SIGNAL:
		strbuf_addf(sb, "killed by signal %d%s%s", end->signal, name ? " SIG" : "",
			    name ? name : "");
		break;
	case EVENT_OUT_OF_MEMORY:
		strbuf_add(sb, "killed: out of memory");
		break;
	case EVENT_REBOOT:
		strbuf_add(sb, "reboot");
		break;
	case EVENT_POWEROFF:
		strbuf_add(sb, "powered off");
		break;
	case EVENT_BY_HOST:
		strbuf_add(sb, "by the host");
		break;
	default:
		strbuf_add(sb, "nobody saw why");
	}
}

/* "3 times", "once" */
static void add_times(uint64_t n, struct strbuf *sb)
{
	if (n == 1)
		strbuf_add(sb, "once");
	else
		strbuf_addf(sb, "%" PRIu64 " times", n);
}

static void text_limit(const struct event *event, struct strbuf *sb)
{
	const struct event_limit *limit = &event->limit;
	bool bytes = str_starts(limit->resource, "memory") || str_eq(limit->resource, "swap");
	char text[HUMAN_SIZE];

	strbuf_addf(sb, "%s: ", limit->resource);
	if (limit->limit == UINT64_MAX)
		strbuf_add(sb, "the limit of a cgroup above");
	else if (str_eq(limit->resource, "cpu"))
		strbuf_addf(sb, "the limit of %s a period", human_usec(limit->limit, text));
	else if (bytes)
		strbuf_addf(sb, "the limit of %s", human_bytes(limit->limit, text));
	else
		strbuf_addf(sb, "the limit of %" PRIu64, limit->limit);
	strbuf_add(sb, " was hit ");
	add_times(limit->hits, sb);
}

static void text_oom(const struct event *event, struct strbuf *sb)
{
	strbuf_addf(sb, "%" PRIu64 " process%s killed for lack of memory", event->limit.hits,
		    event->limit.hits == 1 ? "" : "es");
}

static void text_conflict(const struct event *event, struct strbuf *sb)
{
	strbuf_addf(sb, "%s is used by %s on %s: withdrawn", event->conflict.addr,
		    event->conflict.mac, event->conflict.link);
}

static void text_config(const struct event *event, struct strbuf *sb)
{
	for (char *const *key = event->config.keys; key && *key; key++)
		strbuf_addf(sb, "%s%s", key == event->config.keys ? "" : " ", *key);
	if (event->config.error)
		strbuf_add(sb, event->config.error);
}

static void text_gap(const struct event *event, struct strbuf *sb)
{
	(void)event;
	strbuf_add(sb, "events were lost; what differs now follows");
}

static const struct {
	const char *name;
	void (*json)(const struct event *event, struct json_writer *w);
	void (*text)(const struct event *event, struct strbuf *sb);
} types[EVENT_TYPES] = {
	[EVENT_READY] = { "ready", json_ready, text_ready },
	[EVENT_CREATED] = { "created", NULL, NULL },
	[EVENT_STARTED] = { "started", json_started, text_started },
	[EVENT_STOPPED] = { "stopped", json_stopped, text_stopped },
	[EVENT_PAUSED] = { "paused", NULL, NULL },
	[EVENT_RESUMED] = { "resumed", NULL, NULL },
	[EVENT_LIMIT] = { "limit", json_limit, text_limit },
	[EVENT_OOM] = { "oom", json_oom, text_oom },
	[EVENT_CONFLICT] = { "conflict", json_conflict, text_conflict },
	[EVENT_CONFIG] = { "config", json_config, text_config },
	[EVENT_REMOVED] = { "removed", NULL, NULL },
	[EVENT_GAP] = { "gap", NULL, text_gap },
};

static void put_text(struct json_writer *w, const char *key, const char *text)
{
	if (text)
		json_put_str(w, key, text);
	else
		json_put_null(w, key);
}

void event_emit_json(const struct event *event, struct strbuf *sb)
{
	struct json_writer w = { .sb = sb };
	char when[TIME_TEXT_SIZE];

	json_begin(&w, NULL, '{');
	json_put_str(&w, "time", time_format(&event->at, 9, when));
	json_put_str(&w, "type", types[event->type].name);
	put_text(&w, "id", event->id);
	put_text(&w, "name", event->name);
	json_put_bool(&w, "ct", event->ct);
	if (types[event->type].json)
		types[event->type].json(event, &w);
	json_end(&w, '}');
	strbuf_add_char(sb, '\n');
}

static void add_time(const struct timespec *at, struct strbuf *sb)
{
	char text[64];
	struct tm tm;

	if (localtime_r(&at->tv_sec, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		strbuf_addf(sb, "%s.%03ld", text, at->tv_nsec / 1000000);
}

/* What stands in a CT's conf, a name too, is clean for a terminal. */
void event_emit_text(const struct event *event, struct strbuf *sb)
{
	auto_strbuf struct strbuf who = { 0 }, what = { 0 };

	strbuf_add(&who, event->id ? event->id : "-");
	if (event->name)
		strbuf_addf(&who, " (%s)", event->name);
	if (types[event->type].text)
		types[event->type].text(event, &what);
	add_time(&event->at, sb);
	strbuf_addf(sb, "  %-*s  ", TYPE_WIDTH, types[event->type].name);
	str_add_clean(sb, who.text, who.len);
	if (what.len > 0) {
		for (size_t width = cell_width(who.text); width < ID_WIDTH; width++)
			strbuf_add_char(sb, ' ');
		strbuf_add(sb, "  ");
		str_add_clean(sb, what.text, what.len);
	}
	strbuf_add_char(sb, '\n');
	sb->failed |= who.failed || what.failed;
}

static int parse_type(const char *word, uint32_t *mask, struct err *err)
{
	struct suggest near;

	for (unsigned int i = 0; i < EVENT_TYPES; i++)
		if (str_eq(types[i].name, word)) {
			*mask |= 1U << i;
			return 0;
		}
	err_set(err, ERR_USAGE, "--type: there is no event \"%.64s\"", word);
	suggest_init(&near, word, strlen(word));
	for (unsigned int i = 0; i < EVENT_TYPES; i++)
		suggest_offer(&near, types[i].name);
	return near.best ? err_hint(err, "did you mean %s?", near.best) : -1;
}

int event_parse_types(const char *text, uint32_t *mask, struct err *err)
{
	auto_strv char **words = strv_split(text, ",");

	if (!words)
		return err_sys(err, "--type");
	for (char **word = words; *word; word++)
		if (parse_type(*word, mask, err) < 0)
			return -1;
	return 0;
}
