/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * feed: what happens to all containers, as events (event.h), from the files that the verbs and the
 * kernel change: state folders, confs, the cgroups' files of events, the inits' pidfds. There is no
 * daemon to ask, and nothing is polled but what the kernel does not announce.
 *
 * Nothing in a container chooses what is told but how often its limits are hit, and of these one
 * container gets a few a minute; nor can it make its init's end, or a file that is read here, be
 * another's.
 */
#ifndef RUNTIME_CLI_FEED_H
#define RUNTIME_CLI_FEED_H

#include "runtime/base/mem.h"
#include "runtime/cli/event.h"
#include "runtime/container/container.h"

struct feed;
typedef int (*feed_fn)(void *arg, const struct event *event, struct err *err);

struct feed_opts {
	const struct container_settings *set;
	const char *conf_dir; /* of CTs, or NULL: without them */
	int interval_msec;    /* between looks at what the kernel does not announce */
	feed_fn tell;
	void *arg;
};

/* Begins to watch; what is there is looked at, but only EVENT_READY told. opts and what it points to
 * must outlive the feed. ENOSPC, EMFILE: more than the kernel lets be watched. */
int feed_open(const struct feed_opts *opts, struct feed **ret, struct err *err);
void feed_free(struct feed *feed);
MEM_DEFINE_CLEANUP(struct feed, feed_free)
#define auto_feed __attribute__((cleanup(feed_freep)))

/* Waits for something to happen and tells it. 0, or 1: who has the other end of `out`, a pipe or
 * socket, has closed it. */
int feed_step(struct feed *feed, struct err *err);

/* Watched as well, for feed_step; a file of another kind is fine. */
int feed_watch_reader(struct feed *feed, int out, struct err *err);

#endif
