/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/feed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "netsetup/net_conflict.h"
#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/cli/feed_parts.h"
#include "runtime/ct/ctid.h"

#define FOLDER_MASK                                                                          \
	(IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_ONLYDIR | \
	 IN_DELETE_SELF | IN_MOVE_SELF)

#define DESTROYED ".destroyed"

int64_t feed_now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int feed_tell(struct feed *feed, const struct feed_subject *subject, struct event *event,
	      struct err *err)
{
	if (feed->silent)
		return 0;
	if (!event->at.tv_sec)
		clock_gettime(CLOCK_REALTIME, &event->at);
	if (subject) {
		event->id = subject->id;
		event->name = feed_conf_name(subject);
		event->ct = subject->conf;
	}
	return feed->opts->tell(feed->opts->arg, event, err);
}

/* ---- the containers ---- */

static size_t place_of(const struct feed *feed, const char *id)
{
	size_t low = 0, high = feed->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(feed->subjects[middle]->id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct feed_subject *find(const struct feed *feed, const char *id)
{
	size_t at = place_of(feed, id);

	return at < feed->n && str_eq(feed->subjects[at]->id, id) ? feed->subjects[at] : NULL;
}

static void subject_free(struct feed *feed, struct feed_subject *subject)
{
	feed_live_free(feed, subject->live);
	conf_freep(&subject->conf);
	free(subject->id);
	free(subject);
}

static struct feed_subject *insert(struct feed *feed, const char *id)
{
	struct feed_subject *subject = calloc(1, sizeof(*subject));
	size_t at = place_of(feed, id), behind = feed->n - at;

	if (!subject)
		return NULL;
	subject->id = strdup(id);
	if (!subject->id || !mem_append(&feed->subjects, &feed->n, sizeof(*feed->subjects))) {
		subject_free(feed, subject);
		return NULL;
	}
	memmove(&feed->subjects[at + 1], &feed->subjects[at], behind * sizeof(*feed->subjects));
	feed->subjects[at] = subject;
	return subject;
}

/* The one of that id, made where it is new. */
static struct feed_subject *need(struct feed *feed, const char *id, struct err *err)
{
	struct feed_subject *subject = find(feed, id);

	if (!subject)
		subject = insert(feed, id);
	if (!subject)
		err_set(err, ENOMEM, "watch \"%s\": out of memory", id);
	return subject;
}

/* Of which nothing is left. */
static void forget_if_gone(struct feed *feed, const char *id)
{
	size_t at = place_of(feed, id);
	struct feed_subject *subject = at < feed->n ? feed->subjects[at] : NULL;

	if (!subject || !str_eq(subject->id, id) || subject->live || subject->conf)
		return;
	if (subject->due_msec)
		feed->pending--;
	feed->n--;
	memmove(&feed->subjects[at], &feed->subjects[at + 1],
		(feed->n - at) * sizeof(*feed->subjects));
	subject_free(feed, subject);
}

/* ---- files ---- */

static int on_root(struct feed *feed, const struct notice_event *event, struct err *err)
{
	struct feed_subject *subject;
	int rc;

	if (!(event->mask & IN_ISDIR) || container_check_id(event->name, NULL) < 0)
		return 0;
	subject = need(feed, event->name, err);
	if (!subject)
		return -1;
	if (event->mask & (IN_DELETE | IN_MOVED_FROM))
		rc = feed_live_gone(feed, subject, err);
	else
		rc = feed_live_appeared(feed, subject, err);
	forget_if_gone(feed, event->name);
	return rc;
}

/* A file that was just made is looked at once it is written; a link is never written. */
static bool is_link(const struct feed *feed, const char *name)
{
	auto_free char *path = path_join(feed->opts->conf_dir, name);
	struct stat st;

	return path && lstat(path, &st) == 0 && (S_ISLNK(st.st_mode) || st.st_nlink > 1);
}

/* "101.conf"; "101.conf.destroyed" is what `destroy` leaves. */
static bool parse_conf_name(const char *name, uint32_t *ret_ctid, bool *ret_destroyed)
{
	char conf[CTID_SIZE + sizeof(".conf")];
	size_t len = strlen(name);

	*ret_destroyed = str_ends(name, DESTROYED);
	if (!*ret_destroyed)
		return ctid_of_conf_name(name, ret_ctid);
	len -= strlen(DESTROYED);
	if (len >= sizeof(conf))
		return false;
	snprintf(conf, sizeof(conf), "%.*s", (int)len, name);
	return ctid_of_conf_name(conf, ret_ctid);
}

static int on_conf(struct feed *feed, const struct notice_event *event, struct err *err)
{
	struct feed_subject *subject;
	bool destroyed, gone;
	char id[CTID_SIZE];
	uint32_t ctid;
	int rc;

	if (!parse_conf_name(event->name, &ctid, &destroyed) ||
	    (destroyed && !(event->mask & IN_MOVED_TO)) ||
	    ((event->mask & IN_CREATE) && !is_link(feed, event->name)))
		return 0;
	snprintf(id, sizeof(id), "%u", ctid);
	subject = need(feed, id, err);
	if (!subject)
		return -1;
	gone = destroyed || (event->mask & (IN_DELETE | IN_MOVED_FROM));
	if (gone)
		rc = feed_conf_gone(feed, subject, !(event->mask & IN_MOVED_FROM), err);
	else
		rc = feed_conf_look(feed, subject, err);
	forget_if_gone(feed, id);
	return rc;
}

/* Those of other --roots are there too. */
static int on_conflict(struct feed *feed, const struct notice_event *event, struct err *err)
{
	struct feed_subject *subject = find(feed, event->name);

	if (!subject)
		return 0;
	if (event->mask & IN_DELETE)
		subject->conflicts = 0;
	return event->mask & IN_CLOSE_WRITE ? feed_conflicts_look(feed, subject, err) : 0;
}

static int on_subject(struct feed *feed, const struct notice_event *event, struct err *err)
{
	struct feed_subject *subject = event->owner;
	auto_free char *id = NULL;
	int rc;

	if (event->kind >= FEED_COUNTS)
		return feed_limits_changed(feed, subject, event->kind - FEED_COUNTS, err);
	if (event->kind == FEED_FREEZER)
		return feed_live_freezer(feed, subject, err);
	if (!str_eq(event->name, "state.json"))
		return 0;
	id = strdup(subject->id);
	if (!id)
		return err_sys(err, "watch \"%s\"", subject->id);
	subject->live->saved = true;
	rc = feed_live_look(feed, subject, err);
	forget_if_gone(feed, id);
	return rc;
}

static int look_again(struct feed *feed, struct err *err);
static int watch_anew(struct feed *feed, unsigned int kind, struct err *err);

static int on_file(void *arg, const struct notice_event *event, struct err *err)
{
	struct feed *feed = arg;

	if (event->mask & IN_Q_OVERFLOW)
		return look_again(feed, err);
	if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF))
		return event->kind < FEED_FOLDER ? watch_anew(feed, event->kind, err) : 0;
	switch (event->kind) {
	case FEED_ROOT:
		return on_root(feed, event, err);
	case FEED_CONF:
		return on_conf(feed, event, err);
	case FEED_CONFLICTS:
		return on_conflict(feed, event, err);
	default:
		return on_subject(feed, event, err);
	}
}

/* ---- all that is there ---- */

static int look_at_folders(struct feed *feed, struct err *err)
{
	auto_strv char **ids = container_list(feed->opts->set, err);

	if (!ids)
		return -1;
	for (char **id = ids; *id; id++) {
		struct feed_subject *subject = need(feed, *id, err);

		if (!subject || feed_live_look(feed, subject, err) < 0)
			return -1;
	}
	return 0;
}

static int look_at_confs(struct feed *feed, struct err *err)
{
	auto_dir DIR *dir = feed->opts->conf_dir ? opendir(feed->opts->conf_dir) : NULL;
	struct notice_event event = { .mask = IN_CLOSE_WRITE };

	if (!dir && feed->opts->conf_dir)
		return err_sys(err, "open \"%s\"", feed->opts->conf_dir);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		event.name = entry->d_name;
		if (on_conf(feed, &event, err) < 0)
			return -1;
	}
	return 0;
}

/* Looks at one that may be gone; true: it is, and another has its place. */
static int look_at(struct feed *feed, size_t i, bool *ret_gone, struct err *err)
{
	struct feed_subject *subject = feed->subjects[i];
	auto_free char *id = strdup(subject->id);
	size_t n = feed->n;

	if (!id)
		return err_sys(err, "watch \"%s\"", subject->id);
	if ((subject->live && feed_live_look(feed, subject, err) < 0) ||
	    (subject->live && feed_live_freezer(feed, subject, err) < 0) ||
	    (subject->conf && feed_conf_look(feed, subject, err) < 0) ||
	    feed_conflicts_look(feed, subject, err) < 0)
		return -1;
	forget_if_gone(feed, id);
	*ret_gone = feed->n < n;
	return 0;
}

static int look_at_all(struct feed *feed, struct err *err)
{
	bool gone = false;

	/* Confs first: whether a live container is a CT. */
	if (look_at_confs(feed, err) < 0 || look_at_folders(feed, err) < 0)
		return -1;
	for (size_t i = 0; i < feed->n; i += !gone)
		if (look_at(feed, i, &gone, err) < 0)
			return -1;
	return 0;
}

static int tick(struct feed *feed, struct err *err)
{
	feed->tick_msec = feed_now_msec() + feed->opts->interval_msec;
	for (size_t i = 0; i < feed->n; i++)
		if (feed->subjects[i]->live && feed_limits_tick(feed, feed->subjects[i], err) < 0)
			return -1;
	return 0;
}

/* The kernel's queue was full. */
static int look_again(struct feed *feed, struct err *err)
{
	if (feed_tell(feed, NULL, &(struct event){ .type = EVENT_GAP }, err) < 0 ||
	    look_at_all(feed, err) < 0)
		return -1;
	return tick(feed, err);
}

static int tell_ready(struct feed *feed, struct err *err)
{
	struct event event = { .type = EVENT_READY };

	for (size_t i = 0; i < feed->n; i++) {
		event.ready.containers += feed->subjects[i]->live != NULL;
		event.ready.cts += feed->subjects[i]->conf != NULL;
	}
	return feed_tell(feed, NULL, &event, err);
}

/* ---- opening ---- */

/* A pidfd for each container. */
static void raise_fds(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int watch_folder(struct feed *feed, const char *path, enum feed_watch kind, int *ret,
			struct err *err)
{
	*ret = notice_add(&feed->watches, path, FOLDER_MASK, NULL, kind, err);
	return *ret < 0 ? -1 : 0;
}

/* Folders that the first container would make are made, so that it is seen. */
static int watch_root(struct feed *feed, struct err *err)
{
	const char *root = feed->opts->set->root;

	return path_mkdirs(root, 0711, err) < 0 ?
		       -1 :
		       watch_folder(feed, root, FEED_ROOT, &feed->root_wd, err);
}

static int watch_conflicts(struct feed *feed, struct err *err)
{
	return path_mkdirs(NET_CONFLICT_DIR, 0700, err) < 0 ?
		       -1 :
		       watch_folder(feed, NET_CONFLICT_DIR, FEED_CONFLICTS, &feed->conflicts_wd,
				    err);
}

static int watch_confs(struct feed *feed, struct err *err)
{
	const char *dir = feed->opts->conf_dir;

	return dir ? watch_folder(feed, dir, FEED_CONF, &feed->conf_wd, err) : 0;
}

/* Somebody removed a folder, or moved it away. */
static int watch_anew(struct feed *feed, unsigned int kind, struct err *err)
{
	static int (*const watch[])(struct feed *, struct err *) = {
		[FEED_ROOT] = watch_root,
		[FEED_CONF] = watch_confs,
		[FEED_CONFLICTS] = watch_conflicts,
	};
	int *const wd[] = {
		[FEED_ROOT] = &feed->root_wd,
		[FEED_CONF] = &feed->conf_wd,
		[FEED_CONFLICTS] = &feed->conflicts_wd,
	};

	notice_remove(&feed->watches, wd[kind]);
	return watch[kind](feed, err) < 0 ? -1 : look_at_all(feed, err);
}

static int begin(struct feed *feed, struct err *err)
{
	struct epoll_event poll = { .events = EPOLLIN };

	raise_fds();
	feed->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (feed->epoll < 0)
		return err_sys(err, "wait for events");
	if (notice_open(&feed->watches, err) < 0)
		return -1;
	poll.data.ptr = &feed->watches;
	if (epoll_ctl(feed->epoll, EPOLL_CTL_ADD, feed->watches.fd, &poll) < 0)
		return err_sys(err, "wait for events");
	if (watch_root(feed, err) < 0 || watch_conflicts(feed, err) < 0 ||
	    watch_confs(feed, err) < 0)
		return -1;
	feed->silent = true;
	if (look_at_all(feed, err) < 0)
		return -1;
	feed->silent = false;
	feed->tick_msec = feed_now_msec() + feed->opts->interval_msec;
	return tell_ready(feed, err);
}

int feed_open(const struct feed_opts *opts, struct feed **ret, struct err *err)
{
	auto_feed struct feed *feed = calloc(1, sizeof(*feed));

	if (!feed)
		return err_sys(err, "watch the containers");
	feed->opts = opts;
	feed->epoll = feed->watches.fd = -1;
	oom_log_open(&feed->oom_log);
	if (begin(feed, err) < 0)
		return -1;
	*ret = steal_ptr(&feed);
	return 0;
}

void feed_free(struct feed *feed)
{
	for (size_t i = 0; i < feed->n; i++)
		subject_free(feed, feed->subjects[i]);
	free(feed->subjects);
	notice_done(&feed->watches);
	oom_log_close(&feed->oom_log);
	fd_closep(&feed->epoll);
	free(feed);
}

int feed_watch_reader(struct feed *feed, int out, struct err *err)
{
	struct epoll_event poll = { .data.ptr = feed }; /* EPOLLERR, EPOLLHUP come anyway */

	if (epoll_ctl(feed->epoll, EPOLL_CTL_ADD, out, &poll) < 0 && errno != EPERM)
		return err_sys(err, "watch who reads");
	return 0;
}

/* ---- waiting ---- */

void feed_set_due(struct feed *feed, struct feed_subject *subject, int msec)
{
	int64_t due = feed_now_msec() + msec;

	if (!subject->due_msec)
		feed->pending++;
	if (!subject->due_msec || due < subject->due_msec)
		subject->due_msec = due;
}

static int timeout_msec(const struct feed *feed)
{
	int64_t due = feed->tick_msec, left;

	for (size_t i = 0; feed->pending && i < feed->n; i++)
		if (feed->subjects[i]->due_msec && feed->subjects[i]->due_msec < due)
			due = feed->subjects[i]->due_msec;
	left = due - feed_now_msec();
	return left > 0 ? (int)left : 0;
}

static int do_due(struct feed *feed, size_t i, struct err *err)
{
	struct feed_subject *subject = feed->subjects[i];
	char id[256];

	subject->due_msec = 0;
	feed->pending--;
	snprintf(id, sizeof(id), "%s", subject->id);
	if (feed_conf_due(feed, subject, err) < 0 || feed_limits_due(feed, subject, err) < 0)
		return -1;
	forget_if_gone(feed, id);
	return 0;
}

static int do_all_due(struct feed *feed, struct err *err)
{
	int64_t now = feed_now_msec();

	for (size_t i = feed->n; feed->pending && i-- > 0;)
		if (feed->subjects[i]->due_msec && feed->subjects[i]->due_msec <= now &&
		    do_due(feed, i, err) < 0)
			return -1;
	return now >= feed->tick_msec ? tick(feed, err) : 0;
}

/* Inits first: who reaps one takes what it ended with away. What is in the queue of files comes
 * last, as it may make others of the list invalid. */
int feed_step(struct feed *feed, struct err *err)
{
	struct epoll_event ready[64];
	int n = epoll_wait(feed->epoll, ready, ARRAY_SIZE(ready), timeout_msec(feed));
	bool files = false, closed = false;

	if (n < 0 && errno != EINTR)
		return err_sys(err, "wait for events");
	for (int i = 0; i < n; i++) {
		void *what = ready[i].data.ptr;

		files |= what == &feed->watches;
		closed |= what == feed;
		if (what != feed && what != &feed->watches && feed_live_ended(feed, what, err) < 0)
			return -1;
	}
	if (closed)
		return 1;
	if (files && notice_read(&feed->watches, on_file, feed, err) < 0)
		return -1;
	return do_all_due(feed, err);
}
