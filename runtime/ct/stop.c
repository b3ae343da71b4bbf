/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/stop.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/log.h"
#include "runtime/ct/exec.h"

/* An init whose program is not in the table is told by the `halt` that came with it, as OpenVZ
 * does it: sysvinit, upstart, openrc, runit have one. */
int stop_signal(const char *init_program)
{
	static const struct {
		const char *program;
		int offset; /* from SIGRTMIN, which is no constant; or below 0: a signal */
	} inits[] = {
		{ "systemd", 3 },        /* systemd(1): starts halt.target, here: exits */
		{ "busybox", -SIGUSR2 }, /* busybox init: poweroff */
	};

	for (size_t i = 0; i < ARRAY_SIZE(inits); i++)
		if (str_eq(inits[i].program, init_program))
			return inits[i].offset < 0 ? -inits[i].offset : SIGRTMIN + inits[i].offset;
	return 0;
}

/* What runs as the container's init: the base name of its executable. The container chooses the
 * name; the worst that comes of it is the wrong signal to its own init. */
static void init_program(pid_t pid, char name[NAME_MAX + 1])
{
	char path[64], target[PATH_MAX];
	const char *slash;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	slash = strrchr(target, '/');
	snprintf(name, NAME_MAX + 1, "%.*s", NAME_MAX, slash ? slash + 1 : target);
}

static int run_halt(const struct container_settings *set, const char *id, struct err *err)
{
	static const char *const args[] = { "halt", NULL };

	return exec_detached(set, id, args, err);
}

int stop_request(const struct container_settings *set, const char *id, struct err *err)
{
	auto_container_state struct container_state *state = NULL;
	char program[NAME_MAX + 1];
	int sig;

	if (container_load(set, id, &state, err) < 0)
		return -1;
	init_program(state->pid, program);
	sig = stop_signal(program);
	if (sig)
		return container_kill(set, id, sig, false, err);
	if (run_halt(set, id, err) == 0)
		return 0;
	log_info("halt in %s: %s", id, err->msg);
	/* Perhaps no init at all, but a program that ends as others do. */
	return container_kill(set, id, SIGTERM, false, err);
}
