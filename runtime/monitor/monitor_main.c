/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tiny program that is the parent of a CT's init, without libc: it sees how the init ended,
 * which only a parent can, and has vzrun do what is to be done then; and it holds the console
 * (console.h). What is spoken with it: protocol.h.
 *
 * It knows nothing about CTs. Whoever kills it takes away the console's past and the difference
 * between a reboot and a halt, nothing more: the next verb starts another.
 */
#include <linux/signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/monitor/console.h"
#include "runtime/monitor/monitor.h"
#include "runtime/monitor/protocol.h"

#define TRIES_MAX 8

static struct monitor monitor;

__attribute__((noreturn)) static void leave(int status)
{
	for (;;)
		CALL(__NR_exit_group, U64(status));
}

/* ---- what vzrun does ---- */

static const char *number(uint64_t value, char text[24])
{
	char *at = text + 23;

	*at = '\0';
	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	return at;
}

/* The arguments of the job, then ours. */
static void become(const char *word)
{
	static const char path[] =
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	const char *const env[] = { path, 0 }, *args[MONITOR_ARGS_MAX + 4];
	const struct monitor_job *job = &monitor.job.body;
	const uint64_t no_signals = 0;
	char status[24], start[24];
	size_t n = 0, at = 0;

	while (at < job->args_len && n < MONITOR_ARGS_MAX) {
		args[n++] = job->text + at;
		while (job->text[at++])
			;
	}
	args[n++] = word;
	args[n++] =
		monitor.status == MONITOR_NOT_KNOWN ? "unknown" : number(monitor.status, status);
	args[n++] = number(job->init_start, start);
	args[n] = 0;
	CALL(__NR_rt_sigprocmask, SIG_SETMASK, ENTRY_PTR(&no_signals), 0, sizeof(no_signals));
	CALL(__NR_close_range, 3, ~0U, 0);
	CALL(__NR_execve, ENTRY_PTR(job->text), ENTRY_PTR(args), ENTRY_PTR(env));
	leave(127);
}

static void try_later(uint64_t sec)
{
	monitor.due_usec = now_usec() + sec * 1000000 + 1;
}

static void work(void)
{
	int pidfd = -1;
	long pid = CALL(__NR_clone, CLONE_PIDFD_FLAG | SIGCHLD, 0, ENTRY_PTR(&pidfd), 0, 0);

	if (pid == 0)
		become("ended");
	monitor.due_usec = 0;
	if (pid < 0) {
		try_later(1);
		return;
	}
	monitor.worker = (int)pid;
	monitor.poll[PLACE_WORK].fd = pidfd;
}

static void work_done(void)
{
	int status = 0;

	close_fd(monitor.poll[PLACE_WORK].fd);
	monitor.poll[PLACE_WORK].fd = -1;
	if (CALL(__NR_wait4, U64(monitor.worker), ENTRY_PTR(&status), 0, 0) < 0)
		status = 127 << 8;
	monitor.worker = 0;
	if (status == 0)
		leave(0);
	status = status & 0x7f ? 127 : status >> 8 & 0xff;
	if (status >= MONITOR_AGAIN && status < MONITOR_AGAIN + MONITOR_PAUSES) {
		monitor.again = true;
		try_later(monitor_pause_sec((uint32_t)(status - MONITOR_AGAIN)));
	} else if (monitor.tries++ < TRIES_MAX) {
		try_later(1U << monitor.tries);
	} else {
		leave(1);
	}
}

/* ---- the init's end ---- */

static bool is_claimed(void)
{
	for (size_t i = 0; i < monitor.clients; i++)
		if (monitor.client[i].claims)
			return true;
	return false;
}

/* Nobody has taken it on. One that was created and never started is left to the next verb. */
static void see_to_it(void)
{
	if (monitor.ended && monitor.starting)
		leave(0);
	if (monitor.ended && !monitor.worker && !monitor.due_usec && !is_claimed())
		work();
}

static void init_ended(void)
{
	const struct monitor_job *job = &monitor.job.body;
	int status = 0;

	console_drain(&monitor);
	monitor.status = MONITOR_NOT_KNOWN;
	if (job->is_child && CALL(__NR_wait4, U64(job->init), ENTRY_PTR(&status), 0, 0) > 0)
		monitor.status = status & 0x7f ? MONITOR_KILLED(status & 0x7f) :
						 MONITOR_EXITED(status >> 8 & 0xff);
	close_fd(MONITOR_FD_INIT);
	monitor.poll[PLACE_INIT].fd = -1;
	monitor.ended = true;
	for (size_t i = 0; i < monitor.clients; i++)
		send_to(&monitor, i, MONITOR_ENDED, monitor.status, 0, 0);
	see_to_it();
}

/* ---- clients ---- */

static void add_client(int fd, bool claims)
{
	size_t n = monitor.clients++;

	monitor.poll[PLACE_CLIENT + n] = (struct pollfd){ .fd = fd, .events = POLLIN };
	monitor.client[n] = (struct client){ .claims = claims };
}

static void welcome(void)
{
	const struct monitor_hello hello = {
		.magic = MONITOR_MAGIC,
		.features = MONITOR_FEATURES,
		.pid = get_pid(),
		.init = monitor.job.body.init,
	};
	long fd = CALL(__NR_accept4, MONITOR_FD_SOCKET, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (monitor.clients == CLIENTS) {
		close_fd((int)fd);
		return;
	}
	add_client((int)fd, false);
	send_to(&monitor, monitor.clients - 1, MONITOR_HELLO, MONITOR_VERSION, &hello,
		sizeof(hello));
	if (monitor.ended)
		send_to(&monitor, monitor.clients - 1, MONITOR_ENDED, monitor.status, 0, 0);
}

/* The last takes its place. */
static void drop(size_t client)
{
	bool claimed = monitor.client[client].claims;
	size_t last = --monitor.clients;

	close_fd(monitor.poll[PLACE_CLIENT + client].fd);
	monitor.poll[PLACE_CLIENT + client] = monitor.poll[PLACE_CLIENT + last];
	monitor.client[client] = monitor.client[last];
	if (claimed)
		see_to_it();
}

static void attach(size_t client, bool from_now)
{
	struct client *c = &monitor.client[client];

	c->attached = true;
	c->at = from_now ? monitor.ring.end : ring_begin(&monitor.ring);
	send_to(&monitor, client, MONITOR_ATTACHED, console_is_there(&monitor), 0, 0);
	console_pump(&monitor, client);
}

/* From the starter alone, into its place. */
static void take_job(const struct monitor_message *head, size_t n)
{
	const struct monitor_job *job = &monitor.job.body;

	if (head != &monitor.job.head || n < offsetof(struct monitor_job, text) ||
	    job->version != MONITOR_VERSION || job->text_len == 0 ||
	    job->text_len > n - offsetof(struct monitor_job, text) ||
	    job->args_len > job->text_len || job->text[job->text_len - 1] != '\0')
		leave(3);
	monitor.starting = false;
	if (job->log_at == 0 && monitor.log >= 0) {
		close_fd(monitor.log);
		monitor.log = -1;
	}
}

static void obey(size_t client, const struct monitor_message *head, const char *data, size_t n)
{
	struct client *c = &monitor.client[client];

	if (MONITOR_FEATURES & MONITOR_HAS_CONSOLE && head->type == MONITOR_ATTACH) {
		attach(client, head->arg || !(MONITOR_FEATURES & MONITOR_HAS_REPLAY));
	} else if (MONITOR_FEATURES & MONITOR_HAS_CONSOLE && head->type == MONITOR_INPUT) {
		console_input(&monitor, data, n);
	} else if (MONITOR_FEATURES & MONITOR_HAS_CONSOLE && head->type == MONITOR_RESIZE) {
		console_resize(&monitor, head->arg);
	} else if (head->type == MONITOR_CLAIM) {
		c->claims = true;
		send_to(&monitor, client, MONITOR_CLAIMED, 0, 0, 0);
	} else if (head->type == MONITOR_RELEASE) {
		c->claims = false;
		see_to_it();
	} else if (head->type == MONITOR_DONE && c->claims) {
		leave(0);
	} else {
		send_to(&monitor, client, MONITOR_UNKNOWN, head->type, 0, 0);
	}
}

/* The first message of the starter is the job. */
static bool hear(size_t client)
{
	static struct {
		struct monitor_message head;
		char data[MONITOR_DATA_MAX];
	} room;
	bool job = monitor.starting && client == 0;
	struct monitor_message *head = job ? &monitor.job.head : &room.head;
	long n;

	*head = (struct monitor_message){ 0 };
	n = CALL(__NR_recvfrom, U64(monitor.poll[PLACE_CLIENT + client].fd), ENTRY_PTR(head),
		 job ? sizeof(monitor.job) : sizeof(room), MSG_DONTWAIT, 0, 0);
	if (n == -EAGAIN)
		return true;
	if (n < (long)sizeof(*head))
		return false;
	if (job && head->type == MONITOR_JOB)
		take_job(head, (size_t)n - sizeof(*head));
	else
		obey(client, head, (const char *)(head + 1), (size_t)n - sizeof(*head));
	return true;
}

/* From behind, as the last takes the place of one that is dropped. */
static void look_at_clients(void)
{
	for (size_t i = monitor.clients; i-- > 0;) {
		short events = monitor.poll[PLACE_CLIENT + i].revents;

		monitor.poll[PLACE_CLIENT + i].revents = 0;
		if (events & POLLOUT)
			console_pump(&monitor, i);
		if (events & POLLIN ? !hear(i) : events & ~POLLOUT)
			drop(i);
	}
}

/* ---- the loop ---- */

static int timeout_msec(void)
{
	int msec = console_reckon(&monitor);
	uint64_t now;

	if (!monitor.due_usec)
		return msec;
	now = now_usec();
	if (monitor.due_usec <= now)
		return 0;
	if (monitor.due_usec - now < 1000000)
		return msec >= 0 ? msec : (int)((monitor.due_usec - now) / 1000) + 1;
	return msec >= 0 ? msec : 1000;
}

__attribute__((noreturn)) static void run(void)
{
	for (;;) {
		int msec = timeout_msec();
		struct {
			int64_t sec, nsec;
		} time = { msec / 1000, (int64_t)(msec % 1000) * 1000000 };

		CALL(__NR_ppoll, ENTRY_PTR(monitor.poll), PLACE_CLIENT + monitor.clients,
		     msec < 0 ? 0 : ENTRY_PTR(&time), 0, 0);
		console_look(&monitor);
		look_at_clients();
		if (monitor.poll[PLACE_SOCKET].revents)
			welcome();
		if (monitor.poll[PLACE_WORK].fd >= 0 && monitor.poll[PLACE_WORK].revents)
			work_done();
		if (monitor.poll[PLACE_INIT].fd >= 0 && monitor.poll[PLACE_INIT].revents)
			init_ended();
		if (monitor.due_usec && now_usec() >= monitor.due_usec && !is_claimed()) {
			if (monitor.again)
				become("again");
			work();
		}
	}
}

__attribute__((noreturn, used)) void _start(void);

void _start(void)
{
	static const char name[16] = "vzrun-monitor";

	CALL(__NR_prctl, PR_SET_NAME, ENTRY_PTR(name), 0, 0, 0);
	if (CALL(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		leave(2);
	monitor.poll[PLACE_INIT] = (struct pollfd){ .fd = MONITOR_FD_INIT, .events = POLLIN };
	monitor.poll[PLACE_SOCKET] = (struct pollfd){ .fd = MONITOR_FD_SOCKET, .events = POLLIN };
	monitor.poll[PLACE_ARRIVAL] = (struct pollfd){ .fd = MONITOR_FD_CONSOLE, .events = POLLIN };
	if (CALL(__NR_fcntl, MONITOR_FD_CONSOLE, 3 /* F_GETFL */, 0) < 0)
		monitor.poll[PLACE_ARRIVAL].fd = -1;
	monitor.poll[PLACE_WORK] = (struct pollfd){ .fd = -1, .events = POLLIN };
	monitor.poll[PLACE_MASTER] = (struct pollfd){ .fd = -1, .events = POLLIN };
	monitor.peer = -1;
	/* Where there is none another fd gets the number, and is not to be taken for it. */
	monitor.log = MONITOR_FD_LOG;
	if (CALL(__NR_fcntl, MONITOR_FD_LOG, 3 /* F_GETFL */, 0) < 0)
		monitor.log = -1;
	monitor.starting = true;
	add_client(MONITOR_FD_STARTER, true);
	run();
}
