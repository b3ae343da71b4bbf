/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"

pid_t proc_clone(uint64_t flags, int cgroup_fd, int *ret_pidfd)
{
	struct clone_args args = {
		.flags = flags,
		/* With CLONE_PARENT it is the caller's own. */
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
	};
	int pidfd = -1;
	pid_t pid;

	if (ret_pidfd) {
		args.flags |= CLONE_PIDFD;
		args.pidfd = (uint64_t)(uintptr_t)&pidfd;
	}
	if (cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup_fd;
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	/* The kernel writes the number before it knows whether there will be a process. */
	if (pid > 0 && ret_pidfd)
		*ret_pidfd = pidfd;
	return pid;
}

int proc_pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int proc_pidfd_signal(int pidfd, int sig)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

int proc_pidfd_wait(int pidfd, int timeout_msec)
{
	struct pollfd pfd = { .fd = pidfd, .events = POLLIN };
	int n;

	do
		n = poll(&pfd, 1, timeout_msec);
	while (n < 0 && errno == EINTR);
	return n;
}

int proc_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int proc_close_to_others(struct err *err)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(err, "close this process to others");
	return 0;
}

/* What /proc/PID/stat holds from its third field on, in buf; NULL: there is no such process. */
static char *stat_fields(pid_t pid, char *buf, size_t size)
{
	char path[64], *at;
	auto_fd int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, buf, size - 1);
	if (n <= 0)
		return NULL;
	buf[n] = '\0';
	/* The name in () may hold anything, so the fields count from its last ")". */
	at = strrchr(buf, ')');
	return at && at[1] == ' ' ? at + 2 : NULL;
}

/* From one field to a later one. */
static char *next_field(char *at, int from, int to)
{
	for (; at && from < to; from++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at;
}

#define STAT_STATE 3
#define STAT_FLAGS 9
#define FLAG_EXITING 0x4U /* linux/sched.h, PF_EXITING */
#define STAT_START 22
#define STAT_EXIT_CODE 52

int proc_stat(pid_t pid, uint64_t *ret_start, char *ret_state)
{
	char text[1024], *state = stat_fields(pid, text, sizeof(text));
	char *start = next_field(state, STAT_STATE, STAT_START);

	if (!start)
		return -1;
	if (ret_state)
		*ret_state = *state;
	if (ret_start)
		*ret_start = strtoull(start, NULL, 10);
	return 0;
}

bool proc_is_ending(pid_t pid)
{
	char text[1024], *state = stat_fields(pid, text, sizeof(text));
	char *flags = next_field(state, STAT_STATE, STAT_FLAGS);

	return !flags || (strtoull(flags, NULL, 10) & FLAG_EXITING);
}

/* Of one that nobody has reaped yet. */
static int zombie_status(pid_t pid, uint64_t start, int *ret)
{
	char text[1024], *state = stat_fields(pid, text, sizeof(text));
	char *at = next_field(state, STAT_STATE, STAT_START);
	char *code = next_field(at, STAT_START, STAT_EXIT_CODE);

	if (!code || strtoull(at, NULL, 10) != start || (*state != 'Z' && *state != 'X'))
		return -1;
	*ret = (int)strtol(code, NULL, 10);
	return 0;
}

/* linux/pidfd.h of 6.15, as far as it is needed. */
struct pidfd_end {
	uint64_t mask, cgroupid;
	uint32_t ids[11];
	int32_t exit_code;
};
#define PIDFD_END_GIVEN (1U << 3) /* PIDFD_INFO_EXIT */
#define PIDFD_END_GET _IOWR(0xFF, 11, struct pidfd_end)

int proc_pidfd_status(int pidfd, pid_t pid, uint64_t start, int *ret)
{
	struct pidfd_end end = { .mask = PIDFD_END_GIVEN };

	if (zombie_status(pid, start, ret) == 0)
		return 0;
	if (ioctl(pidfd, PIDFD_END_GET, &end) < 0 || !(end.mask & PIDFD_END_GIVEN))
		return -1;
	*ret = end.exit_code;
	return 0;
}

/* "RTMIN+3", "RTMAX-1": a real-time signal `step` away from `base` in the direction of sign. */
static int rt_signal(const char *text, int base, char sign)
{
	int64_t step = 0;

	if (*text &&
	    (*text != sign || num_parse(text + 1, "", 0, SIGRTMAX - SIGRTMIN, &step, NULL) < 0))
		return -1;
	return sign == '+' ? base + (int)step : base - (int)step;
}

/* Other names for signals that sigabbrev_np knows by one. */
static const struct {
	const char *name;
	int sig;
} signal_aliases[] = { { "CLD", SIGCHLD }, { "IO", SIGIO }, { "IOT", SIGABRT } };

int proc_signal_parse(const char *text)
{
	int64_t number;

	if (num_parse(text, "", 0, SIGRTMAX, &number, NULL) == 0)
		return (int)number;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	if (strncasecmp(text, "RTMIN", 5) == 0)
		return rt_signal(text + 5, SIGRTMIN, '+');
	if (strncasecmp(text, "RTMAX", 5) == 0)
		return rt_signal(text + 5, SIGRTMAX, '-');
	for (int sig = 1; sig < 32; sig++) {
		const char *name = sigabbrev_np(sig);

		if (name && strcasecmp(name, text) == 0)
			return sig;
	}
	for (size_t i = 0; i < ARRAY_SIZE(signal_aliases); i++)
		if (strcasecmp(signal_aliases[i].name, text) == 0)
			return signal_aliases[i].sig;
	return -1;
}
