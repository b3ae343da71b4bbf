/* SPDX-License-Identifier: GPL-2.0-or-later */
/* feed_parts: what feed*.c have in common. Not for use outside them. */
#ifndef RUNTIME_CLI_FEED_PARTS_H
#define RUNTIME_CLI_FEED_PARTS_H

#include "runtime/base/notice.h"
#include "runtime/cli/feed.h"
#include "runtime/container/state.h"
#include "runtime/ct/conf.h"
#include "runtime/kernel/oom_log.h"

enum feed_watch {
	FEED_ROOT,      /* the folder of state folders */
	FEED_CONF,      /* the folder of confs */
	FEED_CONFLICTS, /* netsetup's (net_conflict.h) */
	FEED_FOLDER,    /* of one container's state */
	FEED_FREEZER,   /* cgroup.events */
	FEED_COUNTS,    /* and up: memory.events and its fellows (feed_limits.c) */
};

/* The files that the kernel announces, and cpu.stat. */
#define FEED_FILES 3
/* What is counted in them. */
#define FEED_COUNTERS 6

struct feed_limits {
	int wd[FEED_FILES];
	unsigned int resting; /* files that were told of a moment ago, a bit each */
	uint64_t told[FEED_COUNTERS];
};

/* What is known of a live container. */
struct feed_live {
	ino_t ino; /* its state folder's */
	int folder_wd, freezer_wd;
	enum container_status told; /* CREATING: nothing yet */
	bool saved;                 /* its state was, at least once: its create has not failed */
	bool frozen;
	pid_t pid; /* of the init that is followed, else 0 */
	uint64_t pid_start;
	int pidfd; /* -1: it has ended */
	bool own_pids;
	char *cgroup; /* "": none */
	struct feed_limits limits;
};

/* A container: a registered CT, a live one, or both. */
struct feed_subject {
	char *id;
	struct conf *conf;      /* NULL: no CT */
	struct feed_live *live; /* or NULL */
	size_t conflicts;       /* told */
	int64_t due_msec;       /* when its limits, or its conf, are looked at again; 0: not */
	int64_t gone_msec;      /* when its conf went away; 0: it has not */
	struct timespec gone;   /* the same by the clock */
};

struct feed {
	const struct feed_opts *opts;
	int epoll;
	struct notice_set watches;
	int root_wd, conf_wd, conflicts_wd;
	struct feed_subject **subjects; /* by id */
	size_t n;
	struct oom_log oom_log;
	size_t pending;    /* how many have a due_msec */
	int64_t tick_msec; /* when the next look is due */
	bool silent;       /* what is found is not news */
};

int64_t feed_now_msec(void);

/* Fills in whose it is and when (where at is not given), and tells it. */
int feed_tell(struct feed *feed, const struct feed_subject *subject, struct event *event,
	      struct err *err);

/* When it is to be looked at again; an earlier time stays. */
void feed_set_due(struct feed *feed, struct feed_subject *subject, int msec);

/* ---- live containers (feed_live.c) ---- */

/* Looks at the state folder, whatever is there now. */
int feed_live_look(struct feed *feed, struct feed_subject *subject, struct err *err);
/* The folder was made; or removed. */
int feed_live_appeared(struct feed *feed, struct feed_subject *subject, struct err *err);
int feed_live_gone(struct feed *feed, struct feed_subject *subject, struct err *err);
/* Its init has ended. */
int feed_live_ended(struct feed *feed, struct feed_subject *subject, struct err *err);
int feed_live_freezer(struct feed *feed, struct feed_subject *subject, struct err *err);
void feed_live_free(struct feed *feed, struct feed_live *live);

/* ---- limits (feed_limits.c) ---- */

void feed_limits_init(struct feed_limits *limits);
/* fresh: the cgroup's counts began with the container. */
int feed_limits_begin(struct feed *feed, struct feed_subject *subject, int cgroup, bool fresh,
		      struct err *err);
void feed_limits_end(struct feed *feed, struct feed_limits *limits);
/* File i has changed. */
int feed_limits_changed(struct feed *feed, struct feed_subject *subject, unsigned int i,
			struct err *err);
/* Tells of what was hit since it was last told; once more at its end. */
int feed_limits_tell(struct feed *feed, struct feed_subject *subject, int cgroup, struct err *err);
/* The rest is over. */
int feed_limits_due(struct feed *feed, struct feed_subject *subject, struct err *err);
/* What is not announced. */
int feed_limits_tick(struct feed *feed, struct feed_subject *subject, struct err *err);

/* ---- confs and networks (feed_conf.c) ---- */

int feed_conf_look(struct feed *feed, struct feed_subject *subject, struct err *err);
/* Unless surely, it may be an editor that writes it anew: looked at again a moment later. */
int feed_conf_gone(struct feed *feed, struct feed_subject *subject, bool surely, struct err *err);
int feed_conf_due(struct feed *feed, struct feed_subject *subject, struct err *err);
const char *feed_conf_name(const struct feed_subject *subject); /* or NULL */

int feed_conflicts_look(struct feed *feed, struct feed_subject *subject, struct err *err);

#endif
