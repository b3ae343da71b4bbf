/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "runtime/base/str.h"
#include "runtime/ct/compile.h"

#define PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* As openvz's vzctl enter and exec: nothing of the host's environment but TERM. */
static const char *const environment[] = {
	PATH, "HOME=/root", "USER=root", "LOGNAME=root", "HISTFILE=/dev/null", NULL,
};

static char **make_env(void)
{
	auto_strv char **env = NULL;
	const char *term = getenv("TERM");
	auto_free char *text = str_dupf("TERM=%s", term ? term : "linux");

	for (const char *const *at = environment; *at; at++)
		if (strv_add(&env, *at) < 0)
			return NULL;
	if (!text || strv_add(&env, text) < 0)
		return NULL;
	return steal_ptr(&env);
}

static int make_process(const char *const *args, bool terminal, struct spec **ret, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	auto_strv char **env = make_env();

	if (env)
		compile_process(args, (const char *const *)env, terminal, &text);
	if (!env || text.failed)
		return err_set(err, ENOMEM, "run \"%s\": out of memory", args[0]);
	return spec_parse_process(text.text, text.len, "process", ret, err);
}

int exec_stdio_null(int saved[3], struct err *err)
{
	auto_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return err_sys(err, "open \"/dev/null\"");
	for (int fd = 0; fd < 3; fd++)
		saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 3); /* -1: it is closed */
	for (int fd = 0; fd < 3; fd++)
		if (dup2(null, fd) < 0) {
			err_sys(err, "open \"/dev/null\" as fd %d", fd);
			exec_stdio_restore(saved);
			return -1;
		}
	return 0;
}

void exec_stdio_restore(const int saved[3])
{
	int errno_before = errno;

	for (int fd = 0; fd < 3; fd++) {
		if (saved[fd] < 0) {
			close(fd);
			continue;
		}
		dup2(saved[fd], fd);
		close(saved[fd]);
	}
	errno = errno_before;
}

/* In a child, which ends: a process that joined the container is the child of who made it enter,
 * and as long as its parent does not reap it, the container's init can't end (pid_namespaces(7)).
 * Ours would be waiting for just that. */
static int start_detached(const struct container_settings *set, const char *id,
			  const struct spec_process *process, struct err *err)
{
	struct container_exec_opts opts = { .process = process, .detach = true };
	int saved[3], status;

	if (exec_stdio_null(saved, err) < 0)
		return -1;
	return container_exec(set, id, &opts, &status, err);
}

struct answer {
	int rc;
	struct err err;
};

int exec_detached(const struct container_settings *set, const char *id, const char *const *args,
		  struct err *err)
{
	struct answer answer = { .rc = -1 };
	auto_spec struct spec *spec = NULL;
	auto_fd int from = -1, to = -1;
	int pair[2];
	pid_t pid;

	if (make_process(args, false, &spec, err) < 0)
		return -1;
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	from = pair[0];
	to = pair[1];
	pid = proc_clone(0, -1, NULL);
	if (pid == 0) {
		answer.rc = start_detached(set, id, &spec->process, &answer.err);
		_exit(fd_write_all(to, &answer, sizeof(answer)) < 0);
	}
	if (pid < 0)
		return err_sys(err, "make a process");
	proc_wait(pid);
	fd_closep(&to);
	if (fd_read_all(from, &answer, sizeof(answer)) != (ssize_t)sizeof(answer))
		return err_set(err, ERR_FAILED, "run \"%s\": the helper process was killed",
			       args[0]);
	if (answer.rc < 0 && err)
		*err = answer.err;
	return answer.rc;
}

int exec_here(const struct container_settings *set, const char *id, const char *const *args,
	      int *ret_status, struct err *err)
{
	bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	struct container_exec_opts opts = { .tty_here = terminal };
	auto_spec struct spec *spec = NULL;

	if (make_process(args, terminal, &spec, err) < 0)
		return -1;
	opts.process = &spec->process;
	return container_exec(set, id, &opts, ret_status, err);
}
