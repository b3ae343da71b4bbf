/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_events: a container's statistics at intervals and its out-of-memory kills as they happen,
 * until its last process has ended.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/json.h"
#include "runtime/base/str.h"
#include "runtime/cli/cmd.h"
#include "runtime/cli/duration.h"
#include "runtime/cli/output.h"
#include "runtime/cli/stats_json.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/cgroup_stats.h"
#include "runtime/kernel/net_stats.h"

struct events_opts {
	const char *interval;
	bool stats;
};

static const struct cli_option events_rows[] = {
	{ "interval", 0, CLI_TEXT, 0, offsetof(struct events_opts, interval), "DURATION",
	  "time between statistics: 5s if not given; 500ms, 1m30s" },
	{ "stats", 0, CLI_FLAG, 0, offsetof(struct events_opts, stats), "",
	  "print the statistics once" },
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

int cmd_events(struct cli *cli, struct err *err)
{
	const struct events_opts *opts = cli->opts;
	auto_container_state struct container_state *state = NULL;
	auto_fd int cgroup = -1, notify = -1;
	struct stream stream = { 0 };

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
