/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event: what happened to a container, as `vzrun events --all` tells it: a line for people, or a
 * JSON object a line. Pure.
 */
#ifndef RUNTIME_CLI_EVENT_H
#define RUNTIME_CLI_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "runtime/base/err.h"
#include "runtime/base/str.h"

enum event_type {
	EVENT_READY,   /* from here on nothing is missed */
	EVENT_CREATED, /* a CT is registered, a container made of a bundle */
	EVENT_STARTED,
	EVENT_STOPPED,
	EVENT_PAUSED,
	EVENT_RESUMED,
	EVENT_LIMIT,    /* a limit was hit */
	EVENT_OOM,      /* processes were killed for lack of memory */
	EVENT_CONFLICT, /* an address was withdrawn: somebody else has it */
	EVENT_CONFIG,   /* a CT's conf was changed */
	EVENT_REMOVED,  /* a CT is no longer registered, a container was deleted */
	EVENT_GAP,      /* too much happened at once: what differs now follows, the rest is lost */
	EVENT_TYPES
};

/* Why a container stopped. */
enum event_reason {
	EVENT_UNKNOWN, /* it was gone before anybody could look */
	EVENT_EXIT,
	EVENT_SIGNAL,
	EVENT_OUT_OF_MEMORY,
	EVENT_REBOOT, /* it asked for one: reboot(2) */
	EVENT_POWEROFF,
	EVENT_BY_HOST, /* a verb of the host's stopped it */
};

struct event_end {
	enum event_reason reason;
	int code;   /* EVENT_EXIT: the exit code */
	int signal; /* EVENT_SIGNAL, EVENT_OUT_OF_MEMORY */
};

/* Of one resource, since it was last told. */
struct event_limit {
	const char *resource; /* "memory", "memory.high", "swap", "processes", "cpu" */
	uint64_t hits, total; /* total: since the container's start */
	uint64_t limit;       /* bytes, a number, usec of CPU in each period; UINT64_MAX: none */
};

struct event {
	enum event_type type;
	struct timespec at;
	const char *id; /* NULL: of no container */
	const char *name;
	bool ct;
	union {
		struct {
			size_t containers, cts; /* live ones, registered ones */
		} ready;
		pid_t pid; /* EVENT_STARTED */
		struct event_end end;
		struct event_limit limit; /* EVENT_OOM too, without resource and limit */
		struct {
			const char *addr, *mac, *link;
		} conflict;
		struct {
			char *const *keys; /* NULL: none */
			const char *error; /* or why it can't be read, else NULL */
		} config;
	};
};

/* What a wait status says. own_pids: its init was the first process of a pid namespace, which
 * reboot(2) inside ends by a signal that nothing else can end it by (pid_namespaces(7)). oom: it was
 * the kernel's choice for lack of memory. */
struct event_end event_end_of(int status, bool own_pids, bool oom);

/* Adds a line with its end. */
void event_emit_json(const struct event *event, struct strbuf *sb);
void event_emit_text(const struct event *event, struct strbuf *sb);

/* Names of types, "stopped,oom", to bits (1 << type) that are added to *mask. ERR_USAGE. */
int event_parse_types(const char *text, uint32_t *mask, struct err *err);

#endif
