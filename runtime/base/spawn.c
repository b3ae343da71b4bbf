/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"

/* How long it has to end by itself once it was asked to. */
#define GRACE_MSEC 5000

/* ---- the child ---- */

/* The caller may have ended before this process asked to end with it. */
static int stand_apart(int caller)
{
	if (setpgid(0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -1;
	return proc_pidfd_wait(caller, 0) == 0 ? 0 : -1;
}

__attribute__((noreturn)) static void become(const struct spawn *spawn, int caller, int report)
{
	char *const no_args[] = { (char *)(uintptr_t)spawn->path, NULL }, *const no_env[] = {
		NULL
	};
	int input = spawn->input;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (input < 0)
		input = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if ((!spawn->interruptible || stand_apart(caller) == 0) && input >= 0 &&
	    dup2(input, STDIN_FILENO) == 0 && fd_cloexec_from(3, NULL) == 0)
		execve(spawn->path, spawn->args ? spawn->args : no_args,
		       spawn->env ? spawn->env : no_env);
	if (write(report, &errno, sizeof(errno)) < 0)
		_exit(126);
	_exit(127);
}

/* ---- the parent ---- */

/* The signals that end a verb, as an fd while a script runs. */
struct watch {
	int fd;
	sigset_t before;
};

static int watch_begin(struct watch *watch, struct err *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, &watch->before) < 0)
		return err_sys(err, "block signals");
	watch->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (watch->fd >= 0)
		return 0;
	err_sys(err, "watch signals");
	sigprocmask(SIG_SETMASK, &watch->before, NULL);
	return -1;
}

/* A signal that came is taken: it was obeyed. */
static void watch_end(struct watch *watch)
{
	if (watch->fd < 0)
		return;
	fd_closep(&watch->fd);
	sigprocmask(SIG_SETMASK, &watch->before, NULL);
}

/* 1: it ended; 0: its time is over; -1: a signal came, and was read. */
static int wait_for(int pidfd, const struct watch *watch, int timeout_msec)
{
	struct pollfd fds[] = {
		{ .fd = pidfd, .events = POLLIN },
		{ .fd = watch->fd, .events = POLLIN }, /* -1 is passed over */
	};
	struct signalfd_siginfo info;
	int n;

	do
		n = poll(fds, 2, timeout_msec);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return 0;
	if (fds[0].revents)
		return 1;
	return read(watch->fd, &info, sizeof(info)) == sizeof(info) ? -1 : 1;
}

static void end_group(pid_t pid, int pidfd)
{
	kill(-pid, SIGTERM);
	if (proc_pidfd_wait(pidfd, GRACE_MSEC) != 1)
		kill(-pid, SIGKILL);
}

static int tell_status(int status, struct err *err)
{
	if (status < 0)
		return err_sys(err, "wait for it");
	if (status > 128)
		return err_set(err, ERR_FAILED, "killed by signal %d (%s)", status - 128,
			       strsignal(status - 128));
	return status ? err_set(err, ERR_FAILED, "exit status %d", status) : 0;
}

static int finish(const struct spawn *spawn, pid_t pid, int pidfd, const struct watch *watch,
		  struct err *err)
{
	int ended = wait_for(pidfd, watch, spawn->timeout_sec > 0 ? spawn->timeout_sec * 1000 : -1);
	int status;

	if (ended < 0)
		end_group(pid, pidfd);
	else if (ended == 0)
		proc_pidfd_signal(pidfd, SIGKILL);
	status = proc_wait(pid);
	if (ended < 0)
		return err_set(err, ECANCELED, "interrupted");
	if (ended == 0)
		return err_set(err, ETIMEDOUT, "not done within its timeout of %d s, killed",
			       spawn->timeout_sec);
	return tell_status(status, err);
}

static int run(const struct spawn *spawn, const struct watch *watch, struct err *err)
{
	auto_fd int pidfd = -1, told = -1, tell = -1, caller = -1;
	int pair[2], error;
	pid_t pid;

	if (spawn->interruptible && (caller = proc_pidfd_open(getpid())) < 0)
		return err_sys(err, "open this process");
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	told = pair[0];
	tell = pair[1];
	pid = proc_clone(0, -1, &pidfd);
	if (pid < 0)
		return err_sys(err, "fork");
	if (pid == 0)
		become(spawn, caller, tell);
	fd_closep(&tell);
	if (read(told, &error, sizeof(error)) == sizeof(error)) {
		proc_wait(pid);
		errno = error;
		return err_sys(err, "exec");
	}
	return finish(spawn, pid, pidfd, watch, err);
}

int spawn_run(const struct spawn *spawn, struct err *err)
{
	struct watch watch = { .fd = -1 };
	int rc;

	if (spawn->interruptible && watch_begin(&watch, err) < 0)
		return -1;
	rc = run(spawn, &watch, err);
	watch_end(&watch);
	return rc;
}
