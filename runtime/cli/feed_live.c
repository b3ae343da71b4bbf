/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/proc.h"
#include "runtime/cli/feed_parts.h"
#include "runtime/ct/ended.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/ns.h"
#include "runtime/kernel/oom_log.h"

#define RECORD_LOOKS 100 /* at how a CT's run ended: for half a second */
#define RECORD_USEC 5000

/* ---- one run: from an init to its end ---- */

static int watch_init(struct feed *feed, struct feed_subject *subject, struct err *err)
{
	struct epoll_event poll = { .events = EPOLLIN, .data.ptr = subject };

	if (epoll_ctl(feed->epoll, EPOLL_CTL_ADD, subject->live->pidfd, &poll) < 0)
		return err_sys(err, "wait for process %d", subject->live->pid);
	return 0;
}

static int watch_freezer(struct feed *feed, struct feed_subject *subject, int cgroup,
			 struct err *err)
{
	struct feed_live *live = subject->live;
	char path[FD_PATH_SIZE + 32], dir[FD_PATH_SIZE];
	struct err why;

	snprintf(path, sizeof(path), "%s/cgroup.events", fd_path(dir, cgroup));
	live->freezer_wd = notice_add(&feed->watches, path, IN_MODIFY, subject, FEED_FREEZER, &why);
	if (live->freezer_wd >= 0 || why.code == ENOENT || why.code == ENODEV)
		return 0;
	return err_set(err, why.code, "%s", why.msg);
}

/* Without a cgroup there is nothing to freeze and nothing is counted. */
static int begin_cgroup(struct feed *feed, struct feed_subject *subject, struct err *err)
{
	struct feed_live *live = subject->live;
	auto_fd int cgroup = *live->cgroup ? cgroup_open(live->cgroup, NULL) : -1;

	if (cgroup < 0)
		return 0;
	if (watch_freezer(feed, subject, cgroup, err) < 0 ||
	    feed_limits_begin(feed, subject, cgroup, true, err) < 0)
		return -1;
	return 0;
}

/* pidfd stays -1 where it has ended meanwhile. */
static int begin_run(struct feed *feed, struct feed_subject *subject,
		     const struct container_state *state, struct err *err)
{
	struct feed_live *live = subject->live;
	struct err why;

	live->pid = state->pid;
	live->pid_start = state->pid_start;
	free(live->cgroup);
	live->cgroup = strdup(state->cgroup);
	if (!live->cgroup)
		return err_sys(err, "watch \"%s\"", subject->id);
	live->pidfd = state_pidfd(state, &why);
	if (live->pidfd < 0)
		return why.code == ESRCH ? 0 : err_set(err, why.code, "%s", why.msg);
	live->own_pids = ns_is_first(state->pid);
	if (watch_init(feed, subject, err) < 0)
		return -1;
	return begin_cgroup(feed, subject, err);
}

static void end_run(struct feed *feed, struct feed_live *live)
{
	fd_closep(&live->pidfd);
	notice_remove(&feed->watches, &live->freezer_wd);
	feed_limits_end(feed, &live->limits);
	live->frozen = false;
	live->pid = 0;
}

/* A CT's monitor reaps its init at once, and of what was reaped the kernel tells little. How the run
 * ended is on record a moment later, unless the monitor had been killed. */
static bool on_record(const struct feed *feed, const struct feed_subject *subject,
		      struct event_end *ret)
{
	static const enum event_reason reasons[] = {
		[ENDED_STOPPED] = EVENT_BY_HOST, [ENDED_POWEROFF] = EVENT_POWEROFF,
		[ENDED_REBOOT] = EVENT_REBOOT,   [ENDED_EXIT] = EVENT_EXIT,
		[ENDED_SIGNAL] = EVENT_SIGNAL,   [ENDED_OOM] = EVENT_OUT_OF_MEMORY,
		[ENDED_UNKNOWN] = EVENT_UNKNOWN,
	};
	struct ended ended;

	for (int i = 0; i < RECORD_LOOKS; i++) {
		if (ended_load(feed->opts->set, subject->id, &ended) &&
		    ended.pid_start == subject->live->pid_start) {
			*ret = (struct event_end){ .reason = reasons[ended.how] };
			if (ended.how == ENDED_EXIT)
				ret->code = ended.exit_code;
			else if (ended.how == ENDED_SIGNAL || ended.how == ENDED_OOM)
				ret->signal = ended.signal;
			return ended.how != ENDED_UNKNOWN;
		}
		usleep(RECORD_USEC);
	}
	return false;
}

/* Of a process that somebody else may have reaped. */
static struct event_end end_of(struct feed *feed, const struct feed_subject *subject)
{
	const struct feed_live *live = subject->live;
	struct event_end end;
	bool oom = false;
	int status;

	if (subject->conf && on_record(feed, subject, &end))
		return end;
	if (live->pidfd < 0 ||
	    proc_pidfd_status(live->pidfd, live->pid, live->pid_start, &status) < 0)
		return (struct event_end){ .reason = EVENT_UNKNOWN };
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		oom = oom_log_has(&feed->oom_log, live->pid);
	return event_end_of(status, live->own_pids, oom);
}

/* The run that was followed is over. */
static int tell_end(struct feed *feed, struct feed_subject *subject, struct err *err)
{
	struct feed_live *live = subject->live;
	struct event event = { .type = EVENT_STOPPED, .end = end_of(feed, subject) };
	auto_fd int cgroup = live->cgroup && *live->cgroup ? cgroup_open(live->cgroup, NULL) : -1;

	if (cgroup >= 0 && live->pidfd >= 0 && feed_limits_tell(feed, subject, cgroup, err) < 0)
		return -1;
	end_run(feed, live);
	live->told = STATUS_STOPPED;
	return feed_tell(feed, subject, &event, err);
}

int feed_live_ended(struct feed *feed, struct feed_subject *subject, struct err *err)
{
	if (!subject->live)
		return 0;
	/* Its start may still be in the queue. */
	if (subject->live->told == STATUS_CREATED && feed_live_look(feed, subject, err) < 0)
		return -1;
	if (!subject->live || subject->live->pidfd < 0)
		return 0;
	return tell_end(feed, subject, err);
}

int feed_live_freezer(struct feed *feed, struct feed_subject *subject, struct err *err)
{
	struct feed_live *live = subject->live;
	auto_fd int cgroup =
		live && live->pid && *live->cgroup ? cgroup_open(live->cgroup, NULL) : -1;
	struct event event = { 0 };
	bool frozen;

	if (cgroup < 0)
		return 0;
	frozen = cgroup_frozen(cgroup);
	if (frozen == live->frozen)
		return 0;
	live->frozen = frozen;
	event.type = frozen ? EVENT_PAUSED : EVENT_RESUMED;
	return feed_tell(feed, subject, &event, err);
}

/* ---- what state.json says ---- */

static int tell_created(struct feed *feed, struct feed_subject *subject, struct err *err)
{
	subject->live->told = STATUS_CREATED;
	/* A CT was when its conf came. */
	if (subject->conf)
		return 0;
	return feed_tell(feed, subject, &(struct event){ .type = EVENT_CREATED }, err);
}

static int tell_started(struct feed *feed, struct feed_subject *subject, struct err *err)
{
	struct event event = { .type = EVENT_STARTED, .pid = subject->live->pid };

	subject->live->told = STATUS_RUNNING;
	if (feed_tell(feed, subject, &event, err) < 0)
		return -1;
	return feed_live_freezer(feed, subject, err);
}

static int follow(struct feed *feed, struct feed_subject *subject,
		  const struct container_state *state, struct err *err)
{
	struct feed_live *live = subject->live;
	bool same = live->pid == state->pid && live->pid_start == state->pid_start;

	if (state->pid == 0 || state->status == STATUS_CREATING || state->status == STATUS_STOPPED)
		return 0;
	if (live->told == STATUS_STOPPED && live->pid_start == state->pid_start)
		return 0;
	if (live->pid && !same && tell_end(feed, subject, err) < 0)
		return -1;
	if (live->told == STATUS_STOPPED)
		live->told = STATUS_CREATED; /* the same container, run again */
	if (!same && begin_run(feed, subject, state, err) < 0)
		return -1;
	if (live->told < STATUS_CREATED && tell_created(feed, subject, err) < 0)
		return -1;
	if (live->told < STATUS_RUNNING && state->status >= STATUS_RUNNING &&
	    tell_started(feed, subject, err) < 0)
		return -1;
	return live->pidfd < 0 ? tell_end(feed, subject, err) : 0;
}

/* ---- the folder ---- */

void feed_live_free(struct feed *feed, struct feed_live *live)
{
	if (!live)
		return;
	end_run(feed, live);
	notice_remove(&feed->watches, &live->folder_wd);
	free(live->cgroup);
	free(live);
}

/* First the watch, then what is in it. */
static int new_live(struct feed *feed, struct feed_subject *subject, int folder, struct err *err)
{
	char path[FD_PATH_SIZE];
	struct feed_live *live = calloc(1, sizeof(*live));
	struct stat st;

	if (!live)
		return err_sys(err, "watch \"%s\"", subject->id);
	live->pidfd = live->freezer_wd = live->folder_wd = -1;
	feed_limits_init(&live->limits);
	subject->live = live;
	if (fstat(folder, &st) < 0)
		return err_sys(err, "watch \"%s\"", subject->id);
	live->ino = st.st_ino;
	live->folder_wd = notice_add(&feed->watches, fd_path(path, folder),
				     IN_MOVED_TO | IN_ONLYDIR, subject, FEED_FOLDER, err);
	return live->folder_wd < 0 ? -1 : 0;
}

static bool is_same(const struct feed_live *live, int folder)
{
	struct stat st;

	return fstat(folder, &st) == 0 && st.st_ino == live->ino;
}

int feed_live_look(struct feed *feed, struct feed_subject *subject, struct err *err)
{
	auto_state_dir struct state_dir dir = { -1, -1 };
	auto_container_state struct container_state *state = NULL;
	struct err why;

	if (state_dir_open(feed->opts->set, subject->id, false, &dir, &why) < 0)
		return why.code == ERR_NOT_FOUND ? feed_live_gone(feed, subject, err) :
						   err_set(err, why.code, "%s", why.msg);
	if (subject->live && !is_same(subject->live, dir.fd) &&
	    feed_live_gone(feed, subject, err) < 0)
		return -1;
	if (!subject->live && new_live(feed, subject, dir.fd, err) < 0)
		return -1;
	if (state_read(&dir, subject->id, &state, &why) < 0) {
		log_warning("%s, ignoring", why.msg);
		return 0;
	}
	return follow(feed, subject, state, err);
}

/* Came and went before anybody could look: a CT's was a start, or the attempt at one. */
static int tell_missed(struct feed *feed, struct feed_subject *subject, struct err *err)
{
	struct event event = { .type = EVENT_STOPPED };

	if (subject->conf)
		return feed_tell(feed, subject, &event, err);
	event.type = EVENT_CREATED;
	if (feed_tell(feed, subject, &event, err) < 0)
		return -1;
	return feed_tell(feed, subject, &(struct event){ .type = EVENT_REMOVED }, err);
}

int feed_live_appeared(struct feed *feed, struct feed_subject *subject, struct err *err)
{
	if (feed_live_look(feed, subject, err) < 0)
		return -1;
	return subject->live ? 0 : tell_missed(feed, subject, err);
}

int feed_live_gone(struct feed *feed, struct feed_subject *subject, struct err *err)
{
	struct feed_live *live = subject->live;
	bool told = live && live->told >= STATUS_CREATED, missed = live && !told && live->saved;
	struct event event = { .type = EVENT_REMOVED };
	int rc = 0;

	if (told && live->pid)
		rc = tell_end(feed, subject, err);
	feed_live_free(feed, live);
	subject->live = NULL;
	if (rc == 0 && missed)
		rc = tell_missed(feed, subject, err);
	if (rc == 0 && told && !subject->conf)
		rc = feed_tell(feed, subject, &event, err);
	return rc;
}
