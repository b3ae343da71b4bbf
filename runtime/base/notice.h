/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notice: many inotify(7) watches in one queue, each with whose it is. What an event means is its
 * owner's business.
 */
#ifndef RUNTIME_BASE_NOTICE_H
#define RUNTIME_BASE_NOTICE_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"

struct notice_entry {
	int wd;
	unsigned int kind; /* the owner's: which of its watches */
	void *owner;
};

struct notice_set {
	int fd;                       /* to poll(2) */
	struct notice_entry *entries; /* by wd */
	size_t n;
};

struct notice_event {
	void *owner;
	unsigned int kind;
	uint32_t mask;    /* IN_… */
	const char *name; /* of the file in the watched folder, or "" */
};
/* mask IN_Q_OVERFLOW, without an owner: events were lost. */
typedef int (*notice_fn)(void *arg, const struct notice_event *event, struct err *err);

int notice_open(struct notice_set *ret, struct err *err);
void notice_done(struct notice_set *set);
#define auto_notice_set __attribute__((cleanup(notice_done)))

/* The watch's number, which is never given to another one, or -1 with the errno as err's code. A
 * file that is watched already is from now on watched for this owner, with this mask. With
 * IN_ONESHOT the watch ends with its first event. */
int notice_add(struct notice_set *set, const char *path, uint32_t mask, void *owner,
	       unsigned int kind, struct err *err);

/* Ends it, sets *wd to -1; one that ended by itself, and -1, are fine. What it has in the queue is
 * not told any more. */
void notice_remove(struct notice_set *set, int *wd);

/* Tells what is in the queue, without waiting. Stops where fn fails. */
int notice_read(struct notice_set *set, notice_fn fn, void *arg, struct err *err);

#endif
