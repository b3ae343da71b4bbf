/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_events: a container's statistics at intervals and its out-of-memory kills as they happen,
 * until its last process has ended (runc's events); or what happens to all containers (feed.h).
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/json.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/cli/cmd.h"
#include "runtime/cli/duration.h"
#include "runtime/cli/feed.h"
#include "runtime/cli/output.h"
#include "runtime/cli/stats_json.h"
#include "runtime/ct/vz.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/cgroup_stats.h"
#include "runtime/kernel/net_stats.h"

struct events_opts {
	const char *interval;
	char **types;
	bool all, json, stats;
};

static const struct cli_option events_rows[] = {
	{ "all", 0, CLI_FLAG, 0, offsetof(struct events_opts, all), "",
	  "tell what happens to all containers, or to those named, until it is ended" },
	{ "interval", 0, CLI_TEXT, 0, offsetof(struct events_opts, interval), "DURATION",
	  "time between statistics: 5s if not given; 500ms, 1m30s" },
	{ "json", 0, CLI_FLAG, 0, offsetof(struct events_opts, json), "",
	  "with --all: a JSON object a line" },
	{ "stats", 0, CLI_FLAG, 0, offsetof(struct events_opts, stats), "",
	  "print the statistics once" },
	{ "type", 0, CLI_LIST, 0, offsetof(struct events_opts, types), "TYPE[,TYPE]...",
	  "with --all: only these events: created, started, stopped, limit and so on" },
};
const struct cli_options cmd_events_options = CLI_OPTIONS(events_rows, struct events_opts);

#define RETRY_MSEC 500

struct stream {
	const struct container_state *state;
	int cgroup, notify; /* fds */
	int interval_msec;
	bool memory_watched;
	uint64_t oom_kills; /* as told so far */
};

static int print_stats(const struct stream *stream, struct err *err)
{
	auto_cgroup_stats struct cgroup_stats stats = { 0 };
	auto_net_stats struct net_stats net = { 0 };
	auto_strbuf struct strbuf sb = { 0 };

	if (cgroup_stats_read(stream->cgroup, false, &stats, err) < 0 ||
	    net_stats_read(stream->state->pid, stream->state->pid_start, &net, err) < 0)
		return -1;
	stats_json_emit(stream->state->id, &stats, &net, &sb);
	return output_write(&sb, err);
}

static int print_oom(const struct stream *stream, struct err *err)
{
	auto_strbuf struct strbuf sb = { 0 };

	strbuf_add(&sb, "{\"type\":\"oom\",\"id\":");
	json_quote(&sb, stream->state->id);
	strbuf_add(&sb, "}\n");
	return output_write(&sb, err);
}

static int add_watch(const struct stream *stream, const char *file)
{
	char path[FD_PATH_SIZE + 32], dir[FD_PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s", fd_path(dir, stream->cgroup), file);
	return inotify_add_watch(stream->notify, path, IN_MODIFY);
}

/* The memory controller may be enabled only later (`update`): tried again at each turn. */
static void watch_memory(struct stream *stream)
{
	if (!stream->memory_watched)
		stream->memory_watched = add_watch(stream, "memory.events") >= 0;
}

/* First the watch, then the number: a kill in between is told. */
static int watch(struct stream *stream, struct err *err)
{
	stream->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (stream->notify < 0)
		return err_sys(err, "watch the cgroup");
	if (add_watch(stream, "cgroup.events") < 0)
		return err_sys(err, "watch the cgroup's events");
	watch_memory(stream);
	cgroup_stats_value(stream->cgroup, "memory.events", "oom_kill", &stream->oom_kills);
	return 0;
}

/* Tells the kills since the last time. The count begins anew where the controller was taken away
 * and came back. */
static int tell_kills(struct stream *stream, struct err *err)
{
	char events[4096];
	uint64_t now;

	while (read(stream->notify, events, sizeof(events)) > 0)
		;
	watch_memory(stream);
	if (cgroup_stats_value(stream->cgroup, "memory.events", "oom_kill", &now) < 0) {
		if (faccessat(stream->cgroup, "memory.events", F_OK, 0) < 0 && errno == ENOENT) {
			stream->oom_kills = 0;
			stream->memory_watched = false;
		}
		return 0;
	}
	if (stream->oom_kills > now)
		stream->oom_kills = 0;
	for (; stream->oom_kills < now; stream->oom_kills++)
		if (print_oom(stream, err) < 0)
			return -1;
	return 0;
}

static bool has_ended(const struct stream *stream)
{
	uint64_t populated;

	return cgroup_stats_value(stream->cgroup, "cgroup.events", "populated", &populated) < 0 ||
	       !populated;
}

static int64_t now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A file that is not there yet can't be waited for. */
static int timeout_msec(const struct stream *stream, int64_t due)
{
	int64_t left = due - now_msec();

	if (!stream->memory_watched && left > RETRY_MSEC)
		left = RETRY_MSEC;
	return left > 0 ? (int)left : 0;
}

/* Until the last process has left. */
static int follow(struct stream *stream, struct err *err)
{
	struct pollfd pfd = { .fd = stream->notify, .events = POLLIN };
	int64_t due = now_msec() + stream->interval_msec;

	while (!has_ended(stream)) {
		int n = poll(&pfd, 1, timeout_msec(stream, due));
		int64_t now;

		if (n < 0 && errno != EINTR)
			return err_sys(err, "wait for events");
		if (tell_kills(stream, err) < 0)
			return -1;
		now = now_msec();
		if (now < due)
			continue;
		if (print_stats(stream, err) < 0)
			return -1;
		due += stream->interval_msec;
		if (due <= now) /* after a stall not all that were missed at once */
			due = now + stream->interval_msec;
	}
	return tell_kills(stream, err);
}

/* ---- all containers ---- */

#define ALL_INTERVAL "10s"
#define ALL_INTERVAL_MIN_MSEC 100

struct all {
	const struct cli *cli;
	uint32_t types; /* 1 << enum event_type */
	bool json;
	struct strbuf out; /* not yet written */
};

static void all_done(struct all *all)
{
	strbuf_done(&all->out);
}

/* By its id, or a CT by its name. */
static bool is_named(const struct cli *cli, const struct event *event)
{
	if (!cli->args_n || !event->id)
		return true;
	for (char **arg = cli->args; *arg; arg++)
		if (str_eq(*arg, event->id) || (event->name && str_eq(*arg, event->name)))
			return true;
	return false;
}

/* What concerns the stream itself is always told. */
static int tell(void *arg, const struct event *event, struct err *err)
{
	struct all *all = arg;

	if (event->id && (!(all->types & (1U << event->type)) || !is_named(all->cli, event)))
		return 0;
	if (all->json)
		event_emit_json(event, &all->out);
	else
		event_emit_text(event, &all->out);
	return all->out.failed ? err_set(err, ENOMEM, "tell what happened: out of memory") : 0;
}

/* 1: nobody reads any more. */
static int flush_out(struct all *all, struct err *err)
{
	int rc = all->out.len ? fd_write_all(STDOUT_FILENO, all->out.text, all->out.len) : 0;

	all->out.len = 0;
	if (rc < 0 && errno == EPIPE)
		return 1;
	return rc < 0 ? err_sys(err, "write the events to stdout") : 0;
}

static int follow_all(struct all *all, const struct feed_opts *opts, struct err *err)
{
	auto_feed struct feed *feed = NULL;
	int rc;

	if (feed_open(opts, &feed, err) < 0 || feed_watch_reader(feed, STDOUT_FILENO, err) < 0)
		return -1;
	do {
		rc = flush_out(all, err);
		if (rc == 0)
			rc = feed_step(feed, err);
	} while (rc == 0);
	return rc < 0 ? -1 : 0;
}

/* Where there is no folder of confs there are no CTs, and none comes. */
static int find_confs(const struct cli *cli, char **ret, struct err *err)
{
	*ret = NULL;
	if (!cli->cts)
		return 0;
	*ret = vz_conf_dir(cli->global.config);
	if (!*ret)
		return err_sys(err, "watch the CTs");
	if (access(*ret, F_OK) < 0 && errno == ENOENT) {
		log_warning("CTs are not watched: there is no folder \"%s\"", *ret);
		mem_free_ptr(ret);
		*ret = NULL;
	}
	return 0;
}

static int events_of_all(struct cli *cli, struct err *err)
{
	const struct events_opts *opts = cli->opts;
	__attribute__((cleanup(all_done))) struct all all = { .cli = cli, .json = opts->json };
	struct feed_opts feed = { .set = &cli->set, .tell = tell, .arg = &all };
	auto_free char *conf_dir = NULL;

	if (opts->stats)
		return err_set(err, ERR_USAGE, "--stats is for one container, not for --all");
	if (duration_parse(opts->interval ? opts->interval : ALL_INTERVAL, "--interval",
			   ALL_INTERVAL_MIN_MSEC, &feed.interval_msec, err) < 0)
		return -1;
	for (char **type = opts->types; type && *type; type++)
		if (event_parse_types(*type, &all.types, err) < 0)
			return -1;
	if (!opts->types)
		all.types = UINT32_MAX;
	if (find_confs(cli, &conf_dir, err) < 0)
		return -1;
	feed.conf_dir = conf_dir;
	signal(SIGPIPE, SIG_IGN);
	return follow_all(&all, &feed, err);
}

/* ---- one ---- */

static int check_usage(const struct cli *cli, struct err *err)
{
	const struct events_opts *opts = cli->opts;

	if (cli->args_n != 1)
		return err_set(err, ERR_USAGE,
			       "one container, or --all (usage: vzrun events [OPTION]... ID, "
			       "vzrun events --all [OPTION]... [ID]...)");
	if (opts->json || opts->types)
		return err_set(err, ERR_USAGE, "--json and --type are for --all");
	return 0;
}

int cmd_events(struct cli *cli, struct err *err)
{
	const struct events_opts *opts = cli->opts;
	auto_container_state struct container_state *state = NULL;
	auto_fd int cgroup = -1, notify = -1;
	struct stream stream = { 0 };

	if (opts->all)
		return events_of_all(cli, err);
	if (check_usage(cli, err) < 0)
		return -1;
	if (duration_parse(opts->interval ? opts->interval : "5s", "--interval", 1,
			   &stream.interval_msec, err) < 0 ||
	    container_load(&cli->set, cli->id, &state, err) < 0)
		return -1;
	if (state->status == STATUS_STOPPED)
		return err_set(err, ERR_STATE, "container not running");
	if (!*state->cgroup)
		return err_set(err, ERR_UNSUPPORTED,
			       "the container was made with --cgroup-manager disabled");
	stream.state = state;
	stream.cgroup = cgroup = cgroup_open(state->cgroup, err);
	if (cgroup < 0)
		return -1;
	if (opts->stats)
		return print_stats(&stream, err);
	if (watch(&stream, err) < 0)
		return -1;
	notify = stream.notify;
	return follow(&stream, err);
}
