/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch: the monitor of a container (runtime/monitor/protocol.h): its start between the verb and
 * the container's init, and the words that verbs have with it.
 *
 * Its socket lies in the container's state folder. It is no part of the container: killed, it takes
 * nothing with it, and every verb works without it.
 */
#ifndef RUNTIME_CONTAINER_WATCH_H
#define RUNTIME_CONTAINER_WATCH_H

#include <stdbool.h>

#include "runtime/container/container.h"
#include "runtime/monitor/protocol.h"

/* ---- for those who make the container ---- */

struct launch;

/* Before the clone: monitor.sock, and what the console comes through. */
int watch_prepare(struct launch *launch, struct err *err);

/* Clones a process that clones the container's init and then becomes the monitor: the init's pid,
 * or -1. It runs init_main. */
pid_t watch_clone(struct launch *launch, int cgroup_fd, struct err *err);

/* Tells it what it is for; before this it only waits. */
int watch_hire(struct launch *launch, struct err *err);

/* The container was not made: it goes when the init has ended. */
void watch_dismiss(struct launch *launch);

/* ---- for its verbs ---- */

struct watch {
	int fd; /* -1: there is none */
	uint32_t version, features;
	pid_t pid, init;
	uint32_t ended; /* as of MONITOR_ENDED, once has_ended */
	bool has_ended;
};
#define WATCH_INIT                 \
	{                          \
		.fd = -1, .pid = 0 \
	}

/* Connects, and reads its greeting. -1, by code: ERR_NOT_FOUND: no such container, ECONNREFUSED:
 * no monitor. */
int watch_open(const struct container_settings *set, const char *id, struct watch *ret,
	       struct err *err);
void watch_close(struct watch *watch);
#define auto_watch __attribute__((cleanup(watch_close)))

/* What comes after the init's end is the caller's to do, until watch_done or watch_close. Without a
 * monitor there is nobody to tell: watch->fd is -1 then. */
void watch_claim(const struct container_settings *set, const char *id, struct watch *ret);
/* It was done: the monitor goes. Before it does, tells how the init ended, if it knows. */
void watch_done(struct watch *watch);
/* The container goes on; the monitor looks after it. */
void watch_release(struct watch *watch);

#endif
