/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>

#include "runtime/base/fd.h"
#include "runtime/cli/feed_parts.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/cgroup_file.h"
#include "runtime/kernel/cgroup_stats.h"

/* However often a container runs into its limits, it is told of no more often. */
#define REST_MSEC 5000

/* Changes of the first ones the kernel announces; what is at FEED_FILES it does not. */
static const char *const files[FEED_FILES + 1] = { "memory.events", "memory.swap.events",
						   "pids.events", "cpu.stat" };

static const struct {
	unsigned int file;
	const char *key;
	const char *limit;    /* the file that has it */
	const char *resource; /* NULL: kills */
} counters[FEED_COUNTERS] = {
	{ 0, "max", "memory.max", "memory" },  { 0, "high", "memory.high", "memory.high" },
	{ 0, "oom_kill", NULL, NULL },         { 1, "max", "memory.swap.max", "swap" },
	{ 2, "max", "pids.max", "processes" }, { FEED_FILES, "nr_throttled", "cpu.max", "cpu" },
};

void feed_limits_init(struct feed_limits *limits)
{
	*limits = (struct feed_limits){ 0 };
	for (unsigned int i = 0; i < FEED_FILES; i++)
		limits->wd[i] = -1;
}

/* The kernel's watch ends with the first change, so a container that causes thousands a second
 * costs no more than one that causes one. A file that is not there (yet) is fine. */
static int arm(struct feed *feed, struct feed_subject *subject, int cgroup, unsigned int i,
	       struct err *err)
{
	struct feed_limits *limits = &subject->live->limits;
	char path[FD_PATH_SIZE + 32], dir[FD_PATH_SIZE];
	struct err why = { 0 };

	if (limits->wd[i] >= 0 || (limits->resting & (1U << i)))
		return 0;
	snprintf(path, sizeof(path), "%s/%s", fd_path(dir, cgroup), files[i]);
	limits->wd[i] = notice_add(&feed->watches, path, IN_MODIFY | IN_ONESHOT, subject,
				   FEED_COUNTS + i, &why);
	if (limits->wd[i] >= 0 || why.code == ENOENT || why.code == ENODEV)
		return 0;
	return err_set(err, why.code, "%s", why.msg);
}

/* ---- what was counted ---- */

static uint64_t read_limit(int cgroup, const char *file)
{
	char text[64];
	uint64_t limit;

	if (!file || cgroup_file_read(cgroup, file, text, sizeof(text)) < 0 ||
	    sscanf(text, "%" SCNu64, &limit) != 1)
		return UINT64_MAX; /* "max" */
	return limit;
}

static int tell_hits(struct feed *feed, struct feed_subject *subject, unsigned int i, int cgroup,
		     uint64_t now, struct err *err)
{
	uint64_t *told = &subject->live->limits.told[i];
	struct event event = {
		.type = counters[i].resource ? EVENT_LIMIT : EVENT_OOM,
		.limit = {
			.resource = counters[i].resource,
			.hits = now - *told,
			.total = now,
			.limit = read_limit(cgroup, counters[i].limit),
		},
	};

	*told = now;
	return feed_tell(feed, subject, &event, err);
}

/* Those of one file. *ret_news: there were some. */
static int tell_file(struct feed *feed, struct feed_subject *subject, int cgroup, unsigned int file,
		     bool *ret_news, struct err *err)
{
	uint64_t *told = subject->live->limits.told;
	char text[4096], key[64];
	const char *at = text;
	uint64_t value;

	if (cgroup_file_read(cgroup, files[file], text, sizeof(text)) < 0)
		return 0;
	while (cgroup_stats_next(&at, key, &value))
		for (unsigned int i = 0; i < FEED_COUNTERS; i++) {
			if (counters[i].file != file || !str_eq(counters[i].key, key))
				continue;
			/* The controller went away and came back. */
			if (value < told[i])
				told[i] = 0;
			if (value == told[i])
				continue;
			*ret_news = true;
			if (tell_hits(feed, subject, i, cgroup, value, err) < 0)
				return -1;
		}
	return 0;
}

/* First the watch, then the number: what comes in between is told. */
static int arm_and_tell(struct feed *feed, struct feed_subject *subject, int cgroup, unsigned int i,
			struct err *err)
{
	struct feed_limits *limits = &subject->live->limits;
	bool news = false;

	if (arm(feed, subject, cgroup, i, err) < 0 ||
	    tell_file(feed, subject, cgroup, i, &news, err) < 0)
		return -1;
	if (news && !feed->silent) {
		notice_remove(&feed->watches, &limits->wd[i]);
		limits->resting |= 1U << i;
		feed_set_due(feed, subject, REST_MSEC);
	}
	return 0;
}

int feed_limits_tell(struct feed *feed, struct feed_subject *subject, int cgroup, struct err *err)
{
	bool news;

	for (unsigned int i = 0; i <= FEED_FILES; i++)
		if (tell_file(feed, subject, cgroup, i, &news, err) < 0)
			return -1;
	return 0;
}

/* ---- when ---- */

int feed_limits_begin(struct feed *feed, struct feed_subject *subject, int cgroup, bool fresh,
		      struct err *err)
{
	bool silent = feed->silent;
	int rc = 0;

	feed->silent = silent || !fresh;
	for (unsigned int i = 0; i < FEED_FILES && rc == 0; i++)
		rc = arm_and_tell(feed, subject, cgroup, i, err);
	if (rc == 0)
		rc = tell_file(feed, subject, cgroup, FEED_FILES, &(bool){ false }, err);
	feed->silent = silent;
	return rc;
}

void feed_limits_end(struct feed *feed, struct feed_limits *limits)
{
	for (unsigned int i = 0; i < FEED_FILES; i++)
		notice_remove(&feed->watches, &limits->wd[i]);
	limits->resting = 0;
}

/* The cgroup's fd, or -1: it has gone, which the init's end tells. */
static int open_cgroup(const struct feed_subject *subject)
{
	const struct feed_live *live = subject->live;

	return live && live->pidfd >= 0 && *live->cgroup ? cgroup_open(live->cgroup, NULL) : -1;
}

int feed_limits_changed(struct feed *feed, struct feed_subject *subject, unsigned int i,
			struct err *err)
{
	auto_fd int cgroup = open_cgroup(subject);

	subject->live->limits.wd[i] = -1; /* IN_ONESHOT */
	return cgroup < 0 ? 0 : arm_and_tell(feed, subject, cgroup, i, err);
}

int feed_limits_due(struct feed *feed, struct feed_subject *subject, struct err *err)
{
	auto_fd int cgroup = open_cgroup(subject);
	unsigned int resting;

	if (cgroup < 0)
		return 0;
	resting = subject->live->limits.resting;
	subject->live->limits.resting = 0;
	for (unsigned int i = 0; i < FEED_FILES; i++)
		if ((resting & (1U << i)) && arm_and_tell(feed, subject, cgroup, i, err) < 0)
			return -1;
	return 0;
}

/* A controller may be enabled later (`set`, `update`): then its file is there from then on. */
int feed_limits_tick(struct feed *feed, struct feed_subject *subject, struct err *err)
{
	auto_fd int cgroup = open_cgroup(subject);
	struct feed_limits *limits;

	if (cgroup < 0)
		return 0;
	limits = &subject->live->limits;
	for (unsigned int i = 0; i < FEED_FILES; i++)
		if (limits->wd[i] < 0 && !(limits->resting & (1U << i)) &&
		    arm_and_tell(feed, subject, cgroup, i, err) < 0)
			return -1;
	return tell_file(feed, subject, cgroup, FEED_FILES, &(bool){ false }, err);
}
