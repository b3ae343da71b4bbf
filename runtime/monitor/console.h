/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * console: the monitor's part that holds the CT's terminal: from its master into the ring, from
 * there to each client as fast as that one is; what clients type, to the master. Part of
 * monitor_main.c.
 */
#ifndef RUNTIME_MONITOR_CONSOLE_H
#define RUNTIME_MONITOR_CONSOLE_H

#include "runtime/monitor/monitor.h"

#define F_SETFL 4
#define O_RDWR_FLAG 2U
#define O_NOCTTY_FLAG 0400U
#define O_NONBLOCK_FLAG 04000U
#define O_APPEND_FLAG 02000U
#define TIOCSWINSZ_CALL 0x5414
#define TIOCGPTPEER_CALL 0x5441
#define AT_FDCWD_ARG U64(-100)

/* What a flood of output may cost: reading that much a second takes a few hundredths of a
 * processor, and is more than any honest console says. The CT's writer waits meanwhile, nobody
 * else. */
#define BYTES_PER_USEC 16
#define BURST_BYTES (1 << 20)
#define READS_AT_ONCE 8
#define REFILL_MSEC 10

static inline bool console_is_there(const struct monitor *monitor)
{
	return monitor->poll[PLACE_MASTER].fd >= 0 || monitor->poll[PLACE_ARRIVAL].fd >= 0;
}

/* An inner end of our own: without any the master would tell of a hangup all the time. Who ends a
 * session in there takes ours away too. */
static inline void console_hold_open(struct monitor *monitor)
{
	int master = monitor->poll[PLACE_MASTER].fd;

	if (monitor->peer >= 0)
		close_fd(monitor->peer);
	monitor->peer = (int)CALL(__NR_ioctl, U64(master), TIOCGPTPEER_CALL,
				  O_RDWR_FLAG | O_NOCTTY_FLAG | O_CLOEXEC_FLAG);
	monitor->allowed = 0; /* so that it can't be all that is done */
}

/* The master, as console_send of kernel/console.h sends it. */
static inline void console_arrive(struct monitor *monitor)
{
	char name[16];
	struct cmsg control = { 0 };
	struct iovec part = { name, sizeof(name) };
	struct msghdr msg = {
		.part = &part, .parts = 1, .control = &control, .control_len = sizeof(control)
	};
	int *from = &monitor->poll[PLACE_ARRIVAL].fd;
	long n = CALL(__NR_recvmsg, U64(*from), ENTRY_PTR(&msg), MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n == -EAGAIN)
		return;
	close_fd(*from);
	*from = -1;
	if (n <= 0 || msg.control_len < offsetof(struct cmsg, fd) + sizeof(int) ||
	    control.level != SOL_SOCKET || control.type != SCM_RIGHTS)
		return;
	CALL(__NR_fcntl, U64(control.fd[0]), F_SETFL, O_RDWR_FLAG | O_NONBLOCK_FLAG);
	monitor->poll[PLACE_MASTER].fd = control.fd[0];
	console_hold_open(monitor);
}

/* ---- the log ---- */

/* PATH becomes PATH.1; where that can't be, no more is logged: a CT must not fill the host's
 * disk. */
static inline void console_turn_log(struct monitor *monitor)
{
	const char *path = monitor->job.body.text + monitor->job.body.log_at;
	char old[MONITOR_DATA_MAX];
	size_t n = 0;

	close_fd(monitor->log);
	monitor->log = -1;
	monitor->log_bytes = 0;
	for (; n < sizeof(old) - 3 && path[n]; n++)
		old[n] = path[n];
	old[n] = '.';
	old[n + 1] = '1';
	old[n + 2] = '\0';
	if (CALL(__NR_renameat2, AT_FDCWD_ARG, ENTRY_PTR(path), AT_FDCWD_ARG, ENTRY_PTR(old), 0) <
	    0)
		return;
	monitor->log = (int)CALL(
		__NR_openat, AT_FDCWD_ARG, ENTRY_PTR(path),
		O_WRONLY_FLAG | O_CREAT_FLAG | O_EXCL_FLAG | O_APPEND_FLAG | O_CLOEXEC_FLAG, 0600);
}

/* What a full disk does not take is not logged. */
static inline void console_log(struct monitor *monitor, const char *data, size_t n)
{
	if (monitor->log < 0)
		return;
	if (CALL(__NR_write, U64(monitor->log), ENTRY_PTR(data), n) > 0)
		monitor->log_bytes += n;
	if (monitor->log_bytes >= monitor->job.body.log_max)
		console_turn_log(monitor);
}

/* ---- output ---- */

/* As much as the client takes. */
static inline void console_pump(struct monitor *monitor, size_t client)
{
	struct client *c = &monitor->client[client];
	bool taken = true;

	while (c->attached && taken && c->at < monitor->ring.end) {
		uint64_t from = c->at, missed = ring_skip(&monitor->ring, &c->at);
		const char *data;
		size_t n;

		if (missed > 0 &&
		    !send_to(monitor, client, MONITOR_SKIPPED,
			     missed < UINT32_MAX ? (uint32_t)missed : UINT32_MAX, 0, 0)) {
			c->at = from;
			break;
		}
		data = ring_piece(&monitor->ring, c->at, MONITOR_DATA_MAX, &n);
		taken = send_to(monitor, client, MONITOR_OUTPUT, 0, data, n);
		c->at += taken ? n : 0;
	}
	monitor->poll[PLACE_CLIENT + client].events =
		(short)((c->attached && c->at < monitor->ring.end ? POLLOUT : 0) |
			(c->attached && monitor->pending > 0 ? 0 : POLLIN));
}

static inline void console_pump_all(struct monitor *monitor)
{
	for (size_t i = 0; i < monitor->clients; i++)
		console_pump(monitor, i);
}

/* False: there was nothing. */
static inline bool console_read(struct monitor *monitor)
{
	size_t room;
	char *at = ring_room(&monitor->ring, &room);
	long n = CALL(__NR_read, U64(monitor->poll[PLACE_MASTER].fd), ENTRY_PTR(at),
		      room < MONITOR_DATA_MAX ? room : MONITOR_DATA_MAX);

	if (n == -EIO)
		console_hold_open(monitor);
	if (n <= 0)
		return false;
	ring_add(&monitor->ring, (size_t)n);
	console_log(monitor, at, (size_t)n);
	monitor->allowed -= n;
	console_pump_all(monitor);
	return true;
}

/* How long the loop may sleep for the console's sake: -1, or milliseconds. */
static inline int console_reckon(struct monitor *monitor)
{
	struct pollfd *master = &monitor->poll[PLACE_MASTER];
	bool wants = monitor->allowed > 0;
	uint64_t now;

	if (!wants && master->fd >= 0) {
		now = now_usec();
		monitor->allowed += (int64_t)(now - monitor->refill_usec) * BYTES_PER_USEC;
		if (monitor->allowed > BURST_BYTES)
			monitor->allowed = BURST_BYTES;
		monitor->refill_usec = now;
		wants = monitor->allowed > 0;
	}
	/* A hangup is told whatever is asked for, so it is not asked at all. */
	master->events = (short)((wants ? POLLIN : 0) | (monitor->pending > 0 ? POLLOUT : 0));
	return wants || master->fd < 0 ? -1 : REFILL_MSEC;
}

/* ---- input ---- */

static inline void console_push(struct monitor *monitor)
{
	long n = CALL(__NR_write, U64(monitor->poll[PLACE_MASTER].fd),
		      ENTRY_PTR(monitor->input + monitor->pending_at), monitor->pending);

	if (n < 0 && n != -EAGAIN)
		n = (long)monitor->pending; /* nobody will ever read it */
	if (n > 0) {
		monitor->pending_at += (size_t)n;
		monitor->pending -= (size_t)n;
	}
	if (monitor->pending == 0)
		console_pump_all(monitor); /* they may speak again */
}

/* A client is heard only while nothing is pending, so it fits. */
static inline void console_input(struct monitor *monitor, const char *data, size_t n)
{
	if (monitor->poll[PLACE_MASTER].fd < 0 || monitor->pending > 0 || n > MONITOR_DATA_MAX)
		return;
	memcpy(monitor->input, data, n);
	monitor->pending = n;
	monitor->pending_at = 0;
	console_push(monitor);
}

static inline void console_resize(const struct monitor *monitor, uint32_t arg)
{
	const uint16_t size[4] = { (uint16_t)(arg >> 16), (uint16_t)arg, 0, 0 };

	if (monitor->poll[PLACE_MASTER].fd >= 0)
		CALL(__NR_ioctl, U64(monitor->poll[PLACE_MASTER].fd), TIOCSWINSZ_CALL,
		     ENTRY_PTR(size));
}

static inline void console_look(struct monitor *monitor)
{
	short events = monitor->poll[PLACE_MASTER].revents;

	if (monitor->poll[PLACE_ARRIVAL].revents)
		console_arrive(monitor);
	if (events & POLLOUT && monitor->pending > 0)
		console_push(monitor);
	if (events & ~POLLOUT)
		for (int i = 0; i < READS_AT_ONCE && monitor->allowed > 0; i++)
			if (!console_read(monitor))
				break;
}

/* All that was said, when nobody can say more. */
static inline void console_drain(struct monitor *monitor)
{
	if (monitor->poll[PLACE_ARRIVAL].fd >= 0)
		console_arrive(monitor);
	while (monitor->poll[PLACE_MASTER].fd >= 0 && console_read(monitor))
		;
}

#endif
