/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "netsetup/net_conflict.h"
#include "runtime/base/log.h"
#include "runtime/cli/feed_parts.h"

/* An editor that moves the old file away and writes a new one takes less. */
#define GONE_MSEC 1000

const char *feed_conf_name(const struct feed_subject *subject)
{
	const char *name = subject->conf ? conf_get(subject->conf, "NAME") : NULL;

	return name && *name ? name : NULL;
}

/* *ret NULL: there is none. A file that can't be used is a CT all the same: *ret is empty. */
static int load(const struct feed *feed, const char *id, struct conf **ret, struct err *why,
		struct err *err)
{
	auto_free char *path = str_dupf("%s/%s.conf", feed->opts->conf_dir, id);

	*ret = NULL;
	why->code = 0;
	if (!path)
		return err_sys(err, "read the configuration of \"%s\"", id);
	if (conf_load(path, ret, why) == 0 || why->code == ENOENT)
		return 0;
	*ret = conf_new();
	return *ret ? 0 : err_sys(err, "read the configuration of \"%s\"", id);
}

static int tell_changes(struct feed *feed, struct feed_subject *subject, const struct conf *now,
			const struct err *why, struct err *err)
{
	auto_strv char **keys = NULL;
	struct event event = { .type = EVENT_CONFIG };

	if (why->code)
		event.config.error = why->msg;
	else if (conf_diff(subject->conf, now, &keys, err) < 0)
		return -1;
	event.config.keys = keys;
	return event.config.error || *keys ? feed_tell(feed, subject, &event, err) : 0;
}

int feed_conf_look(struct feed *feed, struct feed_subject *subject, struct err *err)
{
	auto_conf struct conf *now = NULL, *before = NULL;
	struct event event = { .type = EVENT_CREATED };
	struct err why;

	if (load(feed, subject->id, &now, &why, err) < 0)
		return -1;
	if (!now)
		return feed_conf_gone(feed, subject, false, err);
	subject->gone_msec = 0;
	if (subject->conf) {
		if (tell_changes(feed, subject, now, &why, err) < 0)
			return -1;
		before = subject->conf;
		subject->conf = why.code ? steal_ptr(&before) : steal_ptr(&now);
		return 0;
	}
	subject->conf = steal_ptr(&now);
	return feed_tell(feed, subject, &event, err);
}

static int tell_removed(struct feed *feed, struct feed_subject *subject, struct err *err)
{
	struct event event = { .type = EVENT_REMOVED, .at = subject->gone };
	int rc = feed_tell(feed, subject, &event, err);

	subject->gone_msec = 0;
	conf_freep(&subject->conf);
	subject->conf = NULL;
	return rc;
}

int feed_conf_gone(struct feed *feed, struct feed_subject *subject, bool surely, struct err *err)
{
	if (!subject->conf)
		return 0;
	if (!subject->gone_msec) {
		clock_gettime(CLOCK_REALTIME, &subject->gone);
		subject->gone_msec = feed_now_msec();
	}
	if (surely)
		return tell_removed(feed, subject, err);
	feed_set_due(feed, subject, GONE_MSEC);
	return 0;
}

int feed_conf_due(struct feed *feed, struct feed_subject *subject, struct err *err)
{
	int64_t left = subject->gone_msec + GONE_MSEC - feed_now_msec();

	if (!subject->gone_msec)
		return 0;
	if (left <= 0)
		return tell_removed(feed, subject, err);
	feed_set_due(feed, subject, (int)left); /* it is its limits' turn */
	return 0;
}

int feed_conflicts_look(struct feed *feed, struct feed_subject *subject, struct err *err)
{
	auto_free struct net_conflict *list = NULL;
	struct err why;
	size_t n;

	if (net_conflict_load(subject->id, &list, &n, &why) < 0) {
		log_warning("%s, ignoring", why.msg);
		return 0;
	}
	if (n < subject->conflicts)
		subject->conflicts = 0;
	for (; subject->conflicts < n; subject->conflicts++) {
		const struct net_conflict *conflict = &list[subject->conflicts];
		struct event event = { .type = EVENT_CONFLICT,
				       .conflict = { conflict->addr, conflict->mac,
						     conflict->link } };

		if (feed_tell(feed, subject, &event, err) < 0)
			return -1;
	}
	return 0;
}
