/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "runtime/base/str.h"
#include "runtime/ct/compile.h"

#define SCRIPT_MAX_BYTES (16U << 20)

#define PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* What enter gives a login shell: nothing of the host's environment but TERM. */
static const char *const login_env[] = {
	PATH, "HOME=/root", "USER=root", "LOGNAME=root", "HISTFILE=/dev/null", NULL,
};

/* What exec gives a command, and start and stop their scripts. */
static const char *const command_env[] = { PATH, "HOME=/", "TERM=linux", NULL };

static char **make_login_env(void)
{
	auto_strv char **env = NULL;
	const char *term = getenv("TERM");
	auto_free char *text = str_dupf("TERM=%s", term ? term : "linux");

	for (const char *const *at = login_env; *at; at++)
		if (strv_add(&env, *at) < 0)
			return NULL;
	if (!text || strv_add(&env, text) < 0)
		return NULL;
	return steal_ptr(&env);
}

/* A command in a CT. It may do nothing that the CT's own init may not. */
struct command {
	const struct container_settings *set;
	const char *id;
	const char *const *args, *const *env; /* env NULL: out of memory */
	bool terminal;
};

static int make_process(const struct command *command, struct spec **ret, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	auto_spec struct spec *own = NULL;

	if (container_load_spec(command->set, command->id, &own, err) < 0)
		return -1;
	if (command->env)
		compile_process(command->args, command->env, command->terminal, &own->process,
				&text);
	if (!command->env || text.failed)
		return err_set(err, ENOMEM, "run \"%s\": out of memory", command->args[0]);
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

/* ---- in a child ---- */

struct answer {
	int rc, status;
	struct err err;
};

__attribute__((noreturn)) static void be_child(exec_child run, const void *arg, int input, int to)
{
	struct answer answer = { .rc = -1 };

	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || (input >= 0 && dup2(input, STDIN_FILENO) < 0))
		err_sys(&answer.err, "prepare a process");
	else
		answer.rc = run(arg, &answer.status, &answer.err);
	_exit(fd_write_all(to, &answer, sizeof(answer)) < 0);
}

int exec_in_child(exec_child run, const void *arg, int input, int *ret_status, struct err *err)
{
	auto_fd int from = -1, to = -1;
	struct answer answer;
	int pair[2];
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	from = pair[0];
	to = pair[1];
	pid = proc_clone(0, -1, NULL);
	if (pid == 0)
		be_child(run, arg, input, to);
	if (pid < 0)
		return err_sys(err, "make a process");
	proc_wait(pid);
	fd_closep(&to);
	if (fd_read_all(from, &answer, sizeof(answer)) != (ssize_t)sizeof(answer))
		return err_set(err, ERR_FAILED, "the helper process was killed");
	*ret_status = answer.status;
	if (answer.rc < 0 && err)
		*err = answer.err;
	return answer.rc;
}

struct job {
	const struct container_settings *set;
	const char *id;
	const struct spec_process *process;
	bool detach;
};

static int run_job(const void *arg, int *ret_status, struct err *err)
{
	const struct job *job = arg;
	struct container_exec_opts opts = { .process = job->process, .detach = job->detach };
	int saved[3];

	if (job->detach && exec_stdio_null(saved, err) < 0)
		return -1;
	return container_exec(job->set, job->id, &opts, ret_status, err);
}

int exec_detached(const struct container_settings *set, const char *id, const char *const *args,
		  struct err *err)
{
	struct job job = { .set = set, .id = id, .detach = true };
	auto_strv char **env = make_login_env();
	const struct command command = { set, id, args, (const char *const *)env, false };
	auto_spec struct spec *spec = NULL;
	int status;

	if (make_process(&command, &spec, err) < 0)
		return -1;
	job.process = &spec->process;
	return exec_in_child(run_job, &job, -1, &status, err);
}

/* ---- scripts ---- */

const char *exec_shell(const char *root)
{
	auto_fd int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd int bash = fd < 0 ? -1 : path_open_in(fd, "/bin/bash", O_PATH, 0);

	return bash >= 0 ? "/bin/bash" : "/bin/sh";
}

int exec_open_script(const char *path, struct err *err)
{
	auto_fd int fd = memfd_create("script", MFD_CLOEXEC);
	auto_free char *text = NULL;
	size_t len;

	if (fd_load_at(AT_FDCWD, path, SCRIPT_MAX_BYTES, &text, &len, err) < 0)
		return -1;
	if (fd < 0 || fd_write_all(fd, text, len) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, "copy the script");
	return steal_fd(&fd);
}

int exec_script(const struct container_settings *set, const char *id, const char *shell, int input,
		int *ret_status, struct err *err)
{
	const char *const args[] = { shell, NULL };
	const struct command command = { set, id, args, command_env, false };
	auto_spec struct spec *spec = NULL;
	struct job job = { .set = set, .id = id };

	if (make_process(&command, &spec, err) < 0)
		return -1;
	job.process = &spec->process;
	return exec_in_child(run_job, &job, input, ret_status, err);
}

int exec_here(const struct container_settings *set, const char *id, enum exec_env which,
	      const char *const *args, int *ret_status, struct err *err)
{
	bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	struct container_exec_opts opts = { .tty_here = terminal };
	auto_strv char **login = make_login_env();
	const char *const *env = which == EXEC_COMMAND ? command_env : (const char *const *)login;
	const struct command command = { set, id, args, env, terminal };
	auto_spec struct spec *spec = NULL;

	if (make_process(&command, &spec, err) < 0)
		return -1;
	opts.process = &spec->process;
	return container_exec(set, id, &opts, ret_status, err);
}
