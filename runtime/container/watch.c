/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/container/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/proc.h"
#include "runtime/container/launch.h"
#include "runtime/kernel/apart.h"
#include "runtime/kernel/cgroup.h"

#define WATCH_APART ".monitors"

/* How long it may take to answer: it does little else. */
#define ANSWER_TIMEOUT_SEC 10

#define LOG_MAX_BYTES (8U << 20)

extern const char monitor_image_start[], monitor_image_end[];

/* By way of the folder's fd: the path of --root may be longer than an address. */
static void address(const struct state_dir *dir, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/" MONITOR_SOCKET, dir->fd);
}

/* ---- its start ---- */

static int listen_at(const struct state_dir *dir, struct err *err)
{
	auto_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un addr;

	address(dir, &addr);
	unlinkat(dir->fd, MONITOR_SOCKET, 0); /* of one that was killed */
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(fd, SOMAXCONN) < 0)
		return err_sys(err, "make " MONITOR_SOCKET);
	return steal_fd(&fd);
}

int watch_prepare(struct launch *launch, struct err *err)
{
	struct watch_ends *ends = &launch->watch;
	int pair[2];

	if (!launch->opts->monitor)
		return 0;
	ends->listen = listen_at(&launch->dir, err);
	if (ends->listen < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, "make a pair of sockets");
	ends->starter = pair[0];
	ends->starter_end = pair[1];
	if (!launch->spec->process.terminal)
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, "make a pair of sockets");
	launch->console = pair[0];
	ends->console_end = pair[1];
	return 0;
}

static int arrange_fds(const struct launch *launch, int init, int *program, int *report,
		       struct err *err)
{
	int fds[MONITOR_FD_END] = {
		[MONITOR_FD_INIT] = init,
		[MONITOR_FD_SOCKET] = launch->watch.listen,
		[MONITOR_FD_STARTER] = launch->watch.starter_end,
		[MONITOR_FD_CONSOLE] = launch->watch.console_end,
		[MONITOR_FD_LOG] = launch->opts->monitor->log_fd,
	};
	_Static_assert(MONITOR_FD_END <= APART_FDS_MAX, "they come out of the way");
	return apart_arrange_fds(fds, MONITOR_FD_INIT, MONITOR_FD_END, program, report, err);
}

static int null_stdio(struct err *err)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (open("/dev/null", O_RDWR) != fd)
			return err_sys(err, "open \"/dev/null\"");
	return 0;
}

/* Root of the host it stays, for it runs verbs. What could end it, or keep something of the
 * caller's from ending, goes: its terminal, its folder, its files. */
static int become(const struct launch *launch, int init, int *report, struct err *err)
{
	char *const argv[] = { (char *)(uintptr_t) "vzrun-monitor", NULL }, *const envp[] = {
		NULL
	};
	int program = apart_image(argv[0], monitor_image_start, monitor_image_end, err);
	sigset_t all;

	if (program < 0 || arrange_fds(launch, init, &program, report, err) < 0 ||
	    null_stdio(err) < 0)
		return -1;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	umask(022);
	if (chdir("/") < 0)
		return err_sys(err, "enter \"/\"");
	syscall(SYS_execveat, program, "", argv, envp, AT_EMPTY_PATH);
	return err_sys(err, "execute the program");
}

struct answer {
	pid_t pid;
	struct err err;
};

/* The parent of the init, who becomes the monitor. */
__attribute__((noreturn)) static void parent(struct launch *launch, int cgroup_fd, int report)
{
	struct answer answer = { 0 };
	int init = -1;

	answer.pid = proc_clone(launch->ns.clone_flags, cgroup_fd, &init);
	if (answer.pid == 0) {
		close(report);
		init_main(launch);
	}
	if (answer.pid < 0) {
		err_sys(&answer.err, "clone the container's first process");
		if (cgroup_fd >= 0)
			cgroup_hint_join(cgroup_fd, &answer.err);
	}
	if (fd_write_all(report, &answer, sizeof(answer)) < 0 || answer.pid < 0)
		_exit(1);
	become(launch, init, &report, &answer.err);
	_exit(fd_write_all(report, &answer.err, sizeof(answer.err)) < 0);
}

pid_t watch_clone(struct launch *launch, int cgroup_fd, struct err *err)
{
	struct answer answer = { .pid = -1 };
	auto_fd int told = -1, tell = -1;
	int pair[2];
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	told = pair[0];
	tell = pair[1];
	pid = apart_clone(WATCH_APART);
	if (pid == 0)
		parent(launch, cgroup_fd, tell);
	if (pid < 0)
		return err_sys(err, "fork the monitor");
	fd_closep(&tell);
	fd_closep(&launch->watch.starter_end);
	fd_closep(&launch->watch.console_end);
	fd_closep(&launch->watch.listen);
	if (fd_read_all(told, &answer, sizeof(answer)) != (ssize_t)sizeof(answer))
		return err_set(err, ERR_FAILED, "the monitor was cut off before it began");
	if (answer.pid < 0) {
		proc_wait(pid);
		*err = answer.err;
		return -1;
	}
	launch->pidfd = proc_pidfd_open(answer.pid);
	launch->watch.report = steal_fd(&told);
	return answer.pid;
}

/* After it, there is nothing of ours open in it: its exec ended the report. */
int watch_hire(struct launch *launch, struct err *err)
{
	const struct container_monitor *monitor = launch->opts->monitor;
	struct {
		struct monitor_message head;
		struct monitor_job job;
	} message = { .head = { .type = MONITOR_JOB } };
	struct monitor_job *job = &message.job;
	size_t log_len = monitor->log ? strlen(monitor->log) + 1 : 0;
	struct err why;

	if (monitor->args_len + log_len > sizeof(job->text))
		return err_set(err, ENAMETOOLONG, "start the monitor: its arguments are too long");
	*job = (struct monitor_job){
		.version = MONITOR_VERSION,
		.is_child = 1,
		.init = launch->state->pid,
		.args_len = (uint32_t)monitor->args_len,
		.text_len = (uint32_t)(monitor->args_len + log_len),
		.init_start = launch->state->pid_start,
		.log_at = monitor->log_fd >= 0 ? (uint32_t)monitor->args_len : 0,
		.log_max = LOG_MAX_BYTES,
	};
	memcpy(job->text, monitor->args, monitor->args_len);
	if (log_len > 0)
		memcpy(job->text + monitor->args_len, monitor->log, log_len);
	if (fd_read_all(launch->watch.report, &why, sizeof(why)) == (ssize_t)sizeof(why)) {
		*err = why;
		return err_wrap(err, "start the monitor");
	}
	fd_closep(&launch->watch.report);
	if (send(launch->watch.starter, &message,
		 offsetof(struct monitor_job, text) + sizeof(message.head) + job->text_len,
		 MSG_NOSIGNAL) < 0)
		return err_sys(err, "start the monitor");
	*launch->opts->ret_monitor = steal_fd(&launch->watch.starter);
	return 0;
}

static void say(int fd, enum monitor_type type)
{
	const struct monitor_message message = { .type = type };

	if (send(fd, &message, sizeof(message), MSG_NOSIGNAL) < 0)
		log_debug("tell the monitor: %m");
}

void watch_dismiss(struct launch *launch)
{
	if (launch->opts->monitor && launch->watch.starter < 0)
		launch->watch.starter = *launch->opts->ret_monitor;
	if (launch->watch.starter >= 0)
		say(launch->watch.starter, MONITOR_DONE);
	fd_closep(&launch->watch.starter);
	if (launch->opts->monitor)
		*launch->opts->ret_monitor = -1;
}

/* ---- verbs ---- */

/* The bytes behind the head, or -1: it is gone, or silent. */
static ssize_t receive(int fd, struct monitor_message *head, void *data, size_t room)
{
	struct iovec parts[] = { { head, sizeof(*head) }, { data, room } };
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t n;

	do
		n = recvmsg(fd, &msg, 0);
	while (n < 0 && errno == EINTR);
	if (n >= 0 && n < (ssize_t)sizeof(*head)) {
		errno = EPIPE;
		return -1;
	}
	return n < 0 ? -1 : n - (ssize_t)sizeof(*head);
}

static int connect_to(const struct state_dir *dir, struct err *err)
{
	const struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_SEC };
	auto_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un addr;

	address(dir, &addr);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
		return err_sys(err, "make a socket");
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return steal_fd(&fd);
	if (errno == ENOENT)
		errno = ECONNREFUSED;
	return err_sys(err, "connect to " MONITOR_SOCKET);
}

int watch_open(const struct container_settings *set, const char *id, struct watch *ret,
	       struct err *err)
{
	auto_state_dir struct state_dir dir = { -1, -1 };
	struct monitor_message head;
	struct monitor_hello hello = { 0 };
	auto_fd int fd = -1;
	ssize_t n;

	if (state_dir_open(set, id, false, &dir, err) < 0)
		return -1;
	fd = connect_to(&dir, err);
	if (fd < 0)
		return -1;
	n = receive(fd, &head, &hello, sizeof(hello));
	if (n < 0)
		return err_set(err, ECONNREFUSED, "the monitor does not answer");
	if (n < (ssize_t)sizeof(hello) || head.type != MONITOR_HELLO ||
	    hello.magic != MONITOR_MAGIC)
		return err_set(err, ECONNREFUSED, MONITOR_SOCKET " is no monitor's");
	*ret = (struct watch){ .fd = steal_fd(&fd),
			       .version = head.arg,
			       .features = hello.features,
			       .pid = hello.pid,
			       .init = hello.init };
	return 0;
}

void watch_close(struct watch *watch)
{
	fd_closep(&watch->fd);
}

void watch_claim(const struct container_settings *set, const char *id, struct watch *ret)
{
	struct monitor_message head = { 0 };
	char rest[MONITOR_DATA_MAX];
	struct err why;

	*ret = (struct watch)WATCH_INIT;
	if (watch_open(set, id, ret, &why) < 0) {
		log_debug("%s: %s", id, why.msg);
		return;
	}
	say(ret->fd, MONITOR_CLAIM);
	while (head.type != MONITOR_CLAIMED) {
		if (receive(ret->fd, &head, rest, sizeof(rest)) < 0) {
			watch_close(ret);
			return;
		}
		if (head.type == MONITOR_ENDED) {
			ret->has_ended = true;
			ret->ended = head.arg;
		}
	}
}

void watch_done(struct watch *watch)
{
	struct monitor_message head = { 0 };
	char rest[MONITOR_DATA_MAX];

	if (watch->fd < 0)
		return;
	say(watch->fd, MONITOR_DONE);
	/* Its end is the end of the connection. */
	while (receive(watch->fd, &head, rest, sizeof(rest)) >= 0)
		if (head.type == MONITOR_ENDED) {
			watch->has_ended = true;
			watch->ended = head.arg;
		}
	watch_close(watch);
	apart_tidy(WATCH_APART);
}

void watch_release(struct watch *watch)
{
	if (watch->fd >= 0)
		say(watch->fd, MONITOR_RELEASE);
	watch_close(watch);
}
