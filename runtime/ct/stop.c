/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/stop.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/ct/exec.h"

/* An init whose program is not in the table is told by the `halt` that came with it, as OpenVZ
 * does it: sysvinit, upstart, openrc, runit have one. */
int stop_signal(const char *program, const char *argv0)
{
	static const struct {
		const char *program, *argv0; /* NULL: any */
		int signal, offset;          /* SIGRTMIN is no constant */
	} inits[] = {
		{ "systemd", NULL, 0, 3 }, /* systemd(1): starts halt.target, which here exits */
		{ "busybox", "init", SIGUSR2, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(inits); i++)
		if (str_eq(inits[i].program, program) &&
		    (!inits[i].argv0 || str_eq(inits[i].argv0, argv0)))
			return inits[i].signal ? inits[i].signal : SIGRTMIN + inits[i].offset;
	return 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The container chooses what is seen here of its init; the worst that comes of it is the wrong
 * signal to that. */
static int init_signal(pid_t pid)
{
	char path[64], program[PATH_MAX], argv0[PATH_MAX];
	auto_fd int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, program, sizeof(program) - 1);
	program[n < 0 ? 0 : n] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, argv0, sizeof(argv0) - 1);
	argv0[n < 0 ? 0 : n] = '\0';
	return stop_signal(base_name(program), base_name(argv0));
}

static int run_halt(const struct container_settings *set, const char *id, struct err *err)
{
	static const char *const args[] = { "halt", NULL };

	return exec_detached(set, id, args, err);
}

int stop_request(const struct container_settings *set, const char *id, struct err *err)
{
	auto_container_state struct container_state *state = NULL;
	int sig;

	if (container_load(set, id, &state, err) < 0)
		return -1;
	sig = init_signal(state->pid);
	if (sig)
		return container_kill(set, id, sig, false, err);
	if (run_halt(set, id, err) == 0)
		return 0;
	log_info("halt in %s: %s", id, err->msg);
	/* Perhaps no init at all, but a program that ends as others do. */
	return container_kill(set, id, SIGTERM, false, err);
}
