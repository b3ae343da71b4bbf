/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/notice.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"

int notice_open(struct notice_set *ret, struct err *err)
{
	*ret = (struct notice_set){ .fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK) };
	if (ret->fd >= 0)
		return 0;
	err_sys(err, "watch files");
	return errno == EMFILE ? err_hint(err, "raise fs.inotify.max_user_instances") : -1;
}

void notice_done(struct notice_set *set)
{
	fd_closep(&set->fd);
	mem_free_ptr(&set->entries);
	set->n = 0;
}

/* Where the wd is, or would be. */
static size_t place_of(const struct notice_set *set, int wd)
{
	size_t low = 0, high = set->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->entries[middle].wd < wd)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct notice_entry *find(const struct notice_set *set, int wd)
{
	size_t at = place_of(set, wd);

	return at < set->n && set->entries[at].wd == wd ? &set->entries[at] : NULL;
}

/* The kernel counts them upwards, so a new one comes last. */
static struct notice_entry *insert(struct notice_set *set, int wd)
{
	size_t at = place_of(set, wd), behind = set->n - at;

	if (!mem_append(&set->entries, &set->n, sizeof(*set->entries)))
		return NULL;
	memmove(&set->entries[at + 1], &set->entries[at], behind * sizeof(*set->entries));
	return &set->entries[at];
}

static void forget(struct notice_set *set, int wd)
{
	struct notice_entry *entry = find(set, wd);

	if (!entry)
		return;
	set->n--;
	memmove(entry, entry + 1, (size_t)(set->entries + set->n - entry) * sizeof(*entry));
}

int notice_add(struct notice_set *set, const char *path, uint32_t mask, void *owner,
	       unsigned int kind, struct err *err)
{
	int wd = inotify_add_watch(set->fd, path, mask);
	struct notice_entry *entry;

	if (wd < 0) {
		err_sys(err, "watch \"%s\"", path);
		return errno == ENOSPC ? err_hint(err, "raise fs.inotify.max_user_watches") : -1;
	}
	entry = find(set, wd);
	if (!entry)
		entry = insert(set, wd);
	if (!entry) {
		err_sys(err, "watch \"%s\"", path);
		inotify_rm_watch(set->fd, wd);
		return -1;
	}
	*entry = (struct notice_entry){ .wd = wd, .kind = kind, .owner = owner };
	return wd;
}

void notice_remove(struct notice_set *set, int *wd)
{
	if (*wd < 0)
		return;
	inotify_rm_watch(set->fd, *wd);
	forget(set, *wd);
	*wd = -1;
}

/* fn may add and remove watches: the entry is not looked at behind its call. */
static int tell(struct notice_set *set, const struct inotify_event *raw, notice_fn fn, void *arg,
		struct err *err)
{
	struct notice_event event = { .mask = raw->mask, .name = raw->len ? raw->name : "" };
	const struct notice_entry *entry;

	if (raw->mask & IN_Q_OVERFLOW)
		return fn(arg, &event, err);
	if (raw->mask & IN_IGNORED) {
		forget(set, raw->wd);
		return 0;
	}
	entry = find(set, raw->wd);
	if (!entry)
		return 0;
	event.owner = entry->owner;
	event.kind = entry->kind;
	return fn(arg, &event, err);
}

int notice_read(struct notice_set *set, notice_fn fn, void *arg, struct err *err)
{
	_Alignas(struct inotify_event) char buf[16384];

	for (;;) {
		ssize_t n = read(set->fd, buf, sizeof(buf));
		const struct inotify_event *raw;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return err_sys(err, "read what happened to files");
		if (n <= 0)
			return 0;
		for (const char *at = buf; at < buf + n; at += sizeof(*raw) + raw->len) {
			raw = (const void *)at;
			if (tell(set, raw, fn, arg, err) < 0)
				return -1;
		}
	}
}
