/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monitor: what the parts of the tiny program of monitor_main.c share; for nothing else.
 */
#ifndef RUNTIME_MONITOR_MONITOR_H
#define RUNTIME_MONITOR_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/kernel/sysinfo_calls.h"
#include "runtime/monitor/protocol.h"
#include "runtime/monitor/ring.h"

#define CLIENTS 32

#define MSG_NOSIGNAL 0x4000
#define POLLOUT 4
#define POLLHUP 0x10
#define EIO 5

enum place { PLACE_INIT, PLACE_SOCKET, PLACE_WORK, PLACE_ARRIVAL, PLACE_MASTER, PLACE_CLIENT };

struct client {
	bool claims, attached;
	uint64_t at; /* in the ring */
};

struct monitor {
	struct pollfd poll[PLACE_CLIENT + CLIENTS];
	struct client client[CLIENTS];
	size_t clients;

	/* The init, and what comes after it. */
	bool ended, starting; /* starting: no job yet */
	uint32_t status;      /* as of MONITOR_ENDED */
	int worker;           /* its pid, or 0 */
	unsigned int tries;
	uint64_t due_usec; /* when the next try is, or `again`; 0: never */
	bool again;

	/* The console. */
	int peer; /* its inner end, so that it never hangs up, or -1 */
	int log;  /* or -1 */
	uint64_t log_bytes, refill_usec;
	int64_t allowed; /* bytes that may be read at once */
	size_t pending, pending_at;
	char input[MONITOR_DATA_MAX]; /* that the terminal had no room for yet */

	struct {
		struct monitor_message head;
		struct monitor_job body;
	} job;
	struct ring ring;
};

static inline uint64_t now_usec(void)
{
	struct {
		int64_t sec, nsec;
	} now = { 0, 0 };

	CALL(__NR_clock_gettime, 1 /* CLOCK_MONOTONIC */, ENTRY_PTR(&now));
	return (uint64_t)now.sec * 1000000 + (uint64_t)now.nsec / 1000;
}

/* One message; false: the client is not there any more, or is too slow for now. */
static inline bool send_to(const struct monitor *monitor, size_t client, uint32_t type,
			   uint32_t arg, const void *data, size_t len)
{
	struct monitor_message head = { type, arg };
	struct iovec parts[2] = { { &head, sizeof(head) }, { (void *)(uintptr_t)data, len } };
	struct msghdr msg = { .part = parts, .parts = 2 };

	return CALL(__NR_sendmsg, U64(monitor->poll[PLACE_CLIENT + client].fd), ENTRY_PTR(&msg),
		    MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

#endif
