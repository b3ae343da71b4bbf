/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/container/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/proc.h"

/* The state as a file to read from: a hook that reads none of it, or late, blocks nobody. */
static int state_file(const struct container_state *state, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	auto_fd int fd = memfd_create("state", MFD_CLOEXEC);

	container_state_emit(state, false, &text);
	if (text.failed)
		return err_set(err, ENOMEM, "out of memory");
	if (fd < 0 || fd_write_all(fd, text.text, text.len) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, "prepare its input");
	return steal_fd(&fd);
}

__attribute__((noreturn)) static void become_hook(const struct spec_hook *hook, int input,
						  int report)
{
	char *const no_args[] = { (char *)(uintptr_t)hook->path, NULL }, *const no_env[] = { NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(input, 0) == 0 && fd_cloexec_from(3, NULL) == 0)
		execve(hook->path, hook->args ? hook->args : no_args,
		       hook->env ? hook->env : no_env);
	if (write(report, &errno, sizeof(errno)) < 0)
		_exit(126);
	_exit(127);
}

/* Waits for it within its timeout; a late one is killed. */
static int finish_hook(pid_t pid, int pidfd, int timeout_sec, struct err *err)
{
	int status, ended = proc_pidfd_wait(pidfd, timeout_sec > 0 ? timeout_sec * 1000 : -1);

	if (ended == 0)
		proc_pidfd_signal(pidfd, SIGKILL);
	status = proc_wait(pid);
	if (ended == 0)
		return err_set(err, ETIMEDOUT, "not done within its timeout of %d s, killed",
			       timeout_sec);
	if (status < 0)
		return err_sys(err, "wait for it");
	if (status > 128)
		return err_set(err, ERR_FAILED, "killed by signal %d (%s)", status - 128,
			       strsignal(status - 128));
	if (status != 0)
		return err_set(err, ERR_FAILED, "exit status %d", status);
	return 0;
}

static int run_hook(const struct spec_hook *hook, const struct container_state *state,
		    struct err *err)
{
	auto_fd int input = state_file(state, err), pidfd = -1, told = -1, tell = -1;
	int pair[2], error;
	pid_t pid;

	if (input < 0)
		return -1;
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	told = pair[0];
	tell = pair[1];
	pid = proc_clone(0, -1, &pidfd);
	if (pid < 0)
		return err_sys(err, "fork");
	if (pid == 0)
		become_hook(hook, input, tell);
	fd_closep(&tell);
	if (read(told, &error, sizeof(error)) == sizeof(error)) {
		proc_wait(pid);
		errno = error;
		return err_sys(err, "exec");
	}
	return finish_hook(pid, pidfd, hook->timeout_sec, err);
}

int hooks_run(const struct spec *spec, enum spec_hook_kind kind,
	      const struct container_state *state, struct err *err)
{
	const struct spec_hooks *hooks = &spec->hooks[kind];

	for (size_t i = 0; i < hooks->n; i++)
		if (run_hook(&hooks->list[i], state, err) < 0)
			return err_wrap(err, "%s hook %zu \"%.200s\"", spec_hook_names[kind], i,
					hooks->list[i].path);
	return 0;
}

void hooks_run_all(const struct spec *spec, enum spec_hook_kind kind,
		   const struct container_state *state)
{
	const struct spec_hooks *hooks = &spec->hooks[kind];
	struct err err;

	for (size_t i = 0; i < hooks->n; i++)
		if (run_hook(&hooks->list[i], state, &err) < 0)
			log_warning("%s hook %zu \"%s\": %s, ignoring", spec_hook_names[kind], i,
				    hooks->list[i].path, err.msg);
}
