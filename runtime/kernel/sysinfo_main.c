/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tiny program of sysinfo.h, without libc: it answers sysinfo(2) for one container, and
 * mknod(2) by a process for each (sysinfo_mknod.h).
 *
 * Two processes of it hold the same listeners. The server answers; its twin only waits for the
 * server's end, and then is the server and makes a new twin. What the server was answering when
 * it was killed is in memory that both share, since the kernel would not tell of it again and
 * its caller would wait for ever. Both end with the container's init. If both are killed at
 * once, the kernel answers ENOSYS to whoever had their listener.
 */
#include <linux/audit.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/signal.h>
#include <linux/time.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/kernel/sysinfo_calls.h"
#include "runtime/kernel/sysinfo_fds.h"
#include "runtime/kernel/sysinfo_fill.h"
#include "runtime/kernel/sysinfo_jail.h"
#include "runtime/kernel/sysinfo_mknod.h"
#include "runtime/kernel/sysinfo_server.h"

#define DEAF_USEC 1000000
#define KEEP_USEC 1000 /* how old an answer may be */

static size_t read_file(enum sysinfo_fd fd, char *text, size_t room)
{
	long n = CALL(__NR_pread64, fd, ENTRY_PTR(text), room, 0);

	return n > 0 ? (size_t)n : 0;
}

/* ---- answering ---- */

static uint64_t number_in(enum sysinfo_fd fd)
{
	char text[32] = "";

	return sysinfo_number(text, read_file(fd, text, sizeof(text)));
}

static void sample_load(struct sysinfo_load *load, uint64_t now)
{
	char text[256];
	uint64_t used, waited;
	size_t len;

	if (!sysinfo_load_is_due(load, now))
		return;
	len = read_file(SYSINFO_FD_CPU, text, sizeof(text));
	used = sysinfo_number_of(text, len, "usage_usec ");
	len = read_file(SYSINFO_FD_PRESSURE, text, sizeof(text));
	waited = sysinfo_number_of(text, len, "total=");
	if (used != SYSINFO_NONE)
		sysinfo_load_add(load, now, used + (waited == SYSINFO_NONE ? 0 : waited));
}

static void read_facts(struct server *server, uint64_t now)
{
	struct sysinfo_load *load = &server->shared->load;
	struct sysinfo *info = &server->last;
	struct sysinfo_facts facts = {
		.memory_max = number_in(SYSINFO_FD_MEMORY_MAX),
		.memory_current = SYSINFO_NONE,
		.swap_max = number_in(SYSINFO_FD_SWAP_MAX),
		.swap_current = SYSINFO_NONE,
		.tasks = number_in(SYSINFO_FD_TASKS),
		.uptime_sec = SYSINFO_NONE,
	};

	CALL(__NR_sysinfo, ENTRY_PTR(info));
	sample_load(load, now);
	if (load->at_usec)
		facts.load = load;
	if (facts.memory_max < info->totalram)
		facts.memory_current = number_in(SYSINFO_FD_MEMORY_CURRENT);
	if (facts.swap_max < info->totalswap)
		facts.swap_current = number_in(SYSINFO_FD_SWAP_CURRENT);
	sysinfo_fill(info, &facts);
	server->last_usec = now;
}

/* Many callers at once are told the same, so that they cost less than each by itself. */
static void fill(struct server *server, struct sysinfo *info)
{
	uint64_t now = now_usec();

	if (now - server->last_usec >= KEEP_USEC)
		read_facts(server, now);
	*info = server->last;
	info->uptime = (long)((now - server->start_usec + 999999) / 1000000);
}

static bool is_32bit(uint32_t arch)
{
#if defined(__x86_64__)
	return arch == AUDIT_ARCH_I386;
#else
	return arch == AUDIT_ARCH_ARM;
#endif
}

/* Into the caller's memory, as the kernel would: what it may not write to is EFAULT (a write by
 * way of /proc/PID/mem would get through to a read-only page). Any other failure is ours, and
 * then the kernel is to go on with the call as if we were not there. */
static void write_answer(const struct seccomp_notif *request, struct sysinfo *info,
			 struct seccomp_notif_resp *response)
{
	struct sysinfo_compat compat;
	struct iovec from = { info, sizeof(*info) }, to;
	uint64_t address = request->data.args[0];
	long n;

	if (is_32bit(request->data.arch)) {
		sysinfo_to_compat(info, &compat);
		from = (struct iovec){ &compat, sizeof(compat) };
		address &= UINT32_MAX;
	}
	to = (struct iovec){ (void *)address, from.len };
	n = CALL(__NR_process_vm_writev, request->pid, ENTRY_PTR(&from), 1, ENTRY_PTR(&to), 1, 0);
	if (n == (long)from.len)
		return;
	if (n >= 0 || n == -EFAULT)
		response->error = -EFAULT;
	else
		response->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
}

/* A caller that has died gets nothing: its pid may be another's already. That other could only be
 * of this container too, for we may write to no process outside of it. */
static void answer_sysinfo(struct server *server, int listener)
{
	const struct seccomp_notif *request = &server->shared->request;
	struct seccomp_notif_resp response = { .id = request->id };
	struct sysinfo info;

	fill(server, &info);
	if (CALL(__NR_ioctl, U64(listener), SECCOMP_IOCTL_NOTIF_ID_VALID, ENTRY_PTR(&request->id)) <
	    0)
		return;
	write_answer(request, &info, &response);
	/* It checks the id again. */
	CALL(__NR_ioctl, U64(listener), SECCOMP_IOCTL_NOTIF_SEND, ENTRY_PTR(&response));
}

static void answer(struct server *server, int listener)
{
	bool at;

	if (!mknod_call(&server->shared->request.data, &at))
		answer_sysinfo(server, listener);
	else if (server->mknod)
		answer_mknod(server, listener);
	else /* listened for since, by who was started later */
		respond(listener, server->shared->request.id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

static void serve(struct server *server, int listener)
{
	struct shared *shared = server->shared;

	memset(shared->room, 0, sizeof(shared->room));
	shared->listener = listener;
	__asm__ volatile("" ::: "memory");
	if (CALL(__NR_ioctl, U64(listener), SECCOMP_IOCTL_NOTIF_RECV,
		 ENTRY_PTR(&shared->request)) == 0)
		answer(server, listener);
	__asm__ volatile("" ::: "memory");
	shared->listener = -1;
}

/* ---- the twin ---- */

static void wait_as_twin(const struct server *server)
{
	int parent = server->shared->server;
	struct pollfd fds[2] = {
		{ .fd = SYSINFO_FD_INIT, .events = POLLIN },
		{ .fd = (int)CALL(__NR_pidfd_open, U64(parent), 0), .events = POLLIN },
	};

	/* A parent that is gone already has no pidfd, or it is another process's. */
	if ((int)CALL(__NR_getppid, 0) != parent)
		fds[1].revents = POLLIN;
	while (!fds[1].revents) {
		CALL(__NR_ppoll, ENTRY_PTR(fds), 2, 0, 0, 0);
		if (fds[0].revents)
			leave(0);
	}
	if (fds[1].fd >= 0)
		close_fd(fds[1].fd);
}

static void take_over(struct server *server)
{
	struct shared *shared = server->shared;

	shared->server = get_pid();
	if (shared->listener >= 0 && shared->request.id)
		answer(server, shared->listener);
	shared->listener = -1;
	/* What poll told the one before, who may have been in the midst of it, is not so now: to ask a
	 * listener that has nothing would block. */
	for (size_t i = 0; i < server->places; i++)
		server->poll[i].revents = 0;
}

/* Returns in the server; and in the twin, once it is the server. */
static void make_twin(struct server *server)
{
	int pidfd = -1;
	long pid;

	while (server->twins > 0 && server->poll[PLACE_TWIN].fd < 0) {
		server->twins--;
		pid = CALL(__NR_clone, CLONE_PIDFD_FLAG | SIGCHLD, 0, ENTRY_PTR(&pidfd), 0, 0);
		if (pid > 0)
			server->poll[PLACE_TWIN].fd = pidfd;
		if (pid != 0)
			return;
		wait_as_twin(server);
		take_over(server);
	}
}

static void reckon_twins(struct server *server)
{
	uint64_t now = now_usec(), more = (now - server->twins_usec) / 1000000;

	server->twins_usec += more * 1000000;
	server->twins = (unsigned int)sysinfo_less(server->twins + more, TWINS_AT_ONCE);
}

static void forget_twin(struct server *server)
{
	int *pidfd = &server->poll[PLACE_TWIN].fd;

	if (*pidfd < 0)
		return;
	CALL(__NR_waitid, P_PIDFD, U64(*pidfd), 0, WEXITED, 0);
	close_fd(*pidfd);
	*pidfd = -1;
}

/* It has copies of the fds that we had when we made it. */
static void renew_twin(struct server *server)
{
	int pidfd = server->poll[PLACE_TWIN].fd;

	if (pidfd >= 0)
		CALL(__NR_pidfd_send_signal, U64(pidfd), SIGKILL, 0, 0);
	forget_twin(server);
	if (server->twins < TWINS_AT_ONCE)
		server->twins++; /* one that did not die by itself */
	make_twin(server);
}

/* ---- listeners ---- */

/* Since 6.6: the caller waits on this processor anyhow, so go on here. */
static void add_listener(struct server *server, size_t caller, int fd)
{
	if (server->kind[caller] != KIND_CALLER) { /* not one that vzrun sends */
		close_fd(fd);
		return;
	}
	server->kind[caller] = KIND_SERVED;
	server->kept--;
	CALL(__NR_ioctl, U64(fd), SECCOMP_SYNC_FLAGS, SECCOMP_SYNC_WAKE_UP);
	add(server, fd, KIND_LISTENER);
	renew_twin(server);
}

/* The message of seccomp_install_notify: the listener comes with its first part, and of the rest
 * nothing is of interest but that it ends. */
static void take(struct server *server, size_t place)
{
	char text[1024];
	struct cmsg control = { 0 };
	struct iovec part = { text, sizeof(text) };
	struct msghdr msg = {
		.part = &part, .parts = 1, .control = &control, .control_len = sizeof(control)
	};
	long n = CALL(__NR_recvmsg, U64(server->poll[place].fd), ENTRY_PTR(&msg),
		      MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	size_t fds = 0;

	if (n == -EAGAIN)
		return;
	if (n >= 0 && msg.control_len >= offsetof(struct cmsg, fd) && control.level == SOL_SOCKET &&
	    control.type == SCM_RIGHTS)
		fds = (control.len - offsetof(struct cmsg, fd)) / sizeof(int);
	if (n <= 0)
		drop(server, place);
	for (size_t i = 1; i < fds && i < 2; i++)
		close_fd(control.fd[i]);
	if (fds > 0)
		add_listener(server, place, control.fd[0]);
}

/* The host is out of files or memory. The connection stays, so poll would return at once. */
static void be_deaf(struct server *server)
{
	server->poll[PLACE_SOCKET].fd = -1;
	server->deaf_until = now_usec() + DEAF_USEC;
}

static void hear_again(struct server *server)
{
	if (server->poll[PLACE_SOCKET].fd < 0 && now_usec() >= server->deaf_until)
		server->poll[PLACE_SOCKET].fd = SYSINFO_FD_SOCKET;
}

/* Before it has a filter that nobody would listen for, who connects is told if there is room. */
static void welcome(struct server *server)
{
	char word = has_room(server) ? SYSINFO_ROOM : SYSINFO_FULL;
	long fd = CALL(__NR_accept4, SYSINFO_FD_SOCKET, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd == -EAGAIN)
		return;
	if (fd < 0) {
		be_deaf(server);
		return;
	}
	CALL(__NR_write, U64(fd), ENTRY_PTR(&word), 1);
	if (word == SYSINFO_ROOM)
		add(server, (int)fd, KIND_CALLER);
	else
		close_fd((int)fd);
}

/* From behind, as the last takes the place of one that is dropped. */
static void look(struct server *server)
{
	for (size_t i = server->places; i-- > PLACE_MORE;) {
		short events = server->poll[i].revents;

		server->poll[i].revents = 0;
		if (!events)
			continue;
		if (server->kind[i] == KIND_HAND)
			end_hand(server, i);
		else if (server->kind[i] != KIND_LISTENER)
			take(server, i);
		else if (events & POLLIN)
			serve(server, server->poll[i].fd);
		else
			drop(server, i); /* no process has the filter any more */
	}
}

__attribute__((noreturn)) static void run(struct server *server)
{
	struct {
		int64_t sec, nsec;
	} second = { 1, 0 }, left;

	for (;;) {
		bool lacks = server->poll[PLACE_TWIN].fd < 0 || server->poll[PLACE_SOCKET].fd < 0;
		long n;

		left = second;
		n = CALL(__NR_ppoll, ENTRY_PTR(server->poll), server->places,
			 lacks ? ENTRY_PTR(&left) : 0, 0, 0);
		if (server->poll[PLACE_INIT].revents)
			leave(0);
		if (server->poll[PLACE_TWIN].revents)
			forget_twin(server);
		if (n > 0)
			look(server);
		if (server->poll[PLACE_SOCKET].revents)
			welcome(server);
		hear_again(server);
		if (server->poll[PLACE_TWIN].fd < 0) {
			reckon_twins(server);
			make_twin(server);
		}
	}
}

/* ---- the beginning ---- */

static int prepare(struct server *server)
{
	struct sysinfo_params params = { 0 };
	long page = CALL(__NR_mmap, 0, sizeof(struct shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, ~0UL, 0);

	if (page < 0 && page > -4096)
		return -1;
	if (CALL(__NR_read, SYSINFO_FD_PARAMS, ENTRY_PTR(&params), sizeof(params)) !=
		    sizeof(params) ||
	    params.ticks_per_sec == 0 || params.places > SYSINFO_PLACES)
		return -1;
	close_fd(SYSINFO_FD_PARAMS);
	server->shared = (struct shared *)page;
	server->shared->listener = -1;
	server->start_usec = params.start_ticks * (1000000 / params.ticks_per_sec);
	server->twins = TWINS_AT_ONCE;
	server->twins_usec = now_usec();
	server->strength = HANDS_IN_STORE;
	server->strength_usec = server->twins_usec;
	server->poll[PLACE_INIT] = (struct pollfd){ .fd = SYSINFO_FD_INIT, .events = POLLIN };
	server->poll[PLACE_SOCKET] = (struct pollfd){ .fd = SYSINFO_FD_SOCKET, .events = POLLIN };
	server->poll[PLACE_TWIN] = (struct pollfd){ .fd = -1, .events = POLLIN };
	server->places = PLACE_MORE;
	server->room = params.places;
	server->mknod = params.mknod;
	if (!has_room(server))
		return -1;
	add(server, SYSINFO_FD_FIRST, KIND_CALLER);
	sample_load(&server->shared->load, now_usec());
	return 0;
}

__attribute__((noreturn, used)) void _start(void);

/* The process that was started ends as soon as the server is there: who started it waits for
 * this, and the server is nobody's child that would have to be waited for. */
void _start(void)
{
	static const char name[16] = "vzrun-sysinfo";
	struct server server;
	long pid;

	memset(&server, 0, sizeof(server));
	CALL(__NR_prctl, PR_SET_NAME, ENTRY_PTR(name), 0, 0, 0);
	if (CALL(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		leave(2);
	if (prepare(&server) < 0 || confine(server.mknod) < 0)
		leave(3);
	pid = CALL(__NR_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid != 0)
		leave(pid < 0 ? 4 : 0);
	server.shared->server = get_pid();
	make_twin(&server);
	run(&server);
}
