/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/proc.h"
#include "runtime/base/str.h"

#define ARGS_MAX_BYTES (16U << 20)

static bool is_ours(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_uid == 0 || st.st_uid == geteuid()) &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH)) && (st.st_mode & S_IXUSR);
}

/* Beside this program, as in a build tree, where the installed ones are another version's. */
static char *beside(const char *name)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	auto_free char *path = NULL;
	char *slash;

	if (len <= 0)
		return NULL;
	self[len] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	path = str_dupf("%s/%s", self, name);
	if (!path || !is_ours(self) || !is_ours(path))
		return NULL;
	return steal_ptr(&path);
}

char *helper_path(const char *name, struct err *err)
{
	char *path = beside(name);

	if (!path)
		path = str_dupf(LIBEXECDIR "/vzrun/%s", name);
	if (!path)
		err_sys(err, "find the program %s", name);
	return path;
}

static int not_run(const char *path, struct err *err)
{
	err_sys(err, "run \"%.300s\"", path);
	if (err->code != ENOENT)
		return -1;
	err->code = ERR_UNSUPPORTED;
	return err_hint(err, "is vzrun installed completely?");
}

/* Clear of where the helper looks for its fds. */
static int move_up(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, HELPER_FIRST_FD + HELPER_MAX_FDS);
}

/* Puts the fds where the helper looks for them. */
static int place_fds(int report, const int *fds, size_t n)
{
	int at[HELPER_MAX_FDS];

	for (size_t i = 0; i < n; i++) {
		at[i] = move_up(fds[i]);
		if (at[i] < 0)
			return -1;
	}
	for (size_t i = 0; i < n; i++)
		if (dup2(at[i], HELPER_FIRST_FD + (int)i) < 0)
			return -1;
	if (dup2(report, HELPER_REPORT_FD) < 0)
		return -1;
	return fd_cloexec_from(HELPER_FIRST_FD + (unsigned int)n, NULL);
}

/* The caller may have ended before this process asked to end with it. */
static int end_with(int caller)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -1;
	return proc_pidfd_wait(caller, 0) == 0 ? 0 : -1;
}

static int become_helper(const char *path, int report, const int *fds, size_t n)
{
	const char *slash = strrchr(path, '/');
	char *const args[] = { (char *)(uintptr_t)(slash ? slash + 1 : path), NULL };
	char *const env[] = { NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			return -1;
	return place_fds(report, fds, n) < 0 ? -1 : execve(path, args, env);
}

__attribute__((noreturn)) static void be_helper(const char *path, int caller, int tell,
						const int *fds, size_t n)
{
	int report = move_up(tell);
	struct err why;

	if (end_with(caller) < 0)
		_exit(127);
	become_helper(path, report, fds, n);
	not_run(path, &why);
	if (report >= 0)
		fd_write_all(report, &why, sizeof(why));
	_exit(127);
}

static int finish(pid_t pid, int report, const char *name, struct err *err)
{
	struct err why;
	bool told = fd_read_all(report, &why, sizeof(why)) == (ssize_t)sizeof(why);
	int status = proc_wait(pid);

	if (told) {
		why.msg[sizeof(why.msg) - 1] = '\0';
		return err_set(err, why.code, "%s", why.msg);
	}
	if (status > 128)
		return err_set(err, ERR_FAILED, "%s was killed by signal %d (%s)", name,
			       status - 128, strsignal(status - 128));
	if (status != 0)
		return err_set(err, ERR_FAILED, "%s ended with status %d and no word", name,
			       status);
	return 0;
}

int helper_run(const char *name, unsigned int flags, const int *fds, size_t n, struct err *err)
{
	auto_free char *path = helper_path(name, err);
	auto_fd int told = -1, tell = -1, caller = proc_pidfd_open(getpid());
	int pair[2];
	pid_t pid;

	if (!path)
		return -1;
	if (n > HELPER_MAX_FDS)
		return err_set(err, EINVAL, "run %s: too many fds", name);
	if (caller < 0 || pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	told = pair[0];
	tell = pair[1];
	pid = proc_clone(flags & HELPER_ALONE ? CLONE_NEWPID : 0, -1, NULL);
	if (pid < 0)
		return err_sys(err, "clone a process for %s", name);
	if (pid == 0)
		be_helper(path, caller, tell, fds, n);
	fd_closep(&tell);
	return finish(pid, told, name, err);
}

/* As the kernel keeps them (proc(5), cmdline): each ends with a NUL. */
static char **own_args(struct err *err)
{
	auto_free char *text = NULL;
	auto_strv char **args = calloc(1, sizeof(*args));
	size_t len = 0;

	if (!args ||
	    fd_load_at(AT_FDCWD, "/proc/self/cmdline", ARGS_MAX_BYTES, &text, &len, err) < 0)
		return NULL;
	for (size_t at = 0; at < len; at += strlen(text + at) + 1)
		if (strv_add(&args, text + at) < 0) {
			err_sys(err, "read this program's arguments");
			return NULL;
		}
	return steal_ptr(&args);
}

int helper_become(const char *name, struct err *err)
{
	auto_free char *path = helper_path(name, err);
	auto_strv char **args = path ? own_args(err) : NULL;

	if (!args)
		return -1;
	execve(path, args, environ);
	return not_run(path, err);
}

void helper_report(const struct err *why)
{
	fd_write_all(HELPER_REPORT_FD, why, sizeof(*why));
}
