/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * launch: everything that making one container needs, gathered by the parent (create.c) before
 * the child (init.c) is cloned with a copy of it.
 */
#ifndef RUNTIME_CONTAINER_LAUNCH_H
#define RUNTIME_CONTAINER_LAUNCH_H

#include "runtime/container/container.h"
#include "runtime/container/state.h"
#include "runtime/container/sync.h"
#include "runtime/kernel/lsm.h"
#include "runtime/kernel/mount_sources.h"
#include "runtime/kernel/ns.h"
#include "runtime/kernel/seccomp.h"

/* What goes to a monitor, and what it is spoken to by (watch.h); -1 where there is none. */
struct watch_ends {
	int listen, starter, starter_end, console_end, report;
};

struct launch {
	const struct container_settings *set;
	const struct spec *spec;
	const struct container_create_opts *opts;
	bool wait_for_start; /* create: the child waits at exec.sock; run: it goes on at once */
	bool restores;       /* criu makes the processes: no filter and nobody to listen for it */

	struct container_state *state;
	struct state_dir dir;
	struct ns_plan ns;
	struct mount_sources mounts;
	struct seccomp_program seccomp;
	bool has_seccomp;
	bool in_place; /* program.h */
	struct lsm_labels labels;

	int proc_fd;   /* the host's /proc, which is trusted */
	int cgroup_fd; /* or -1 */
	int sync[2];   /* the parent's end, the child's end */
	int listen_fd; /* exec.sock */
	int console;   /* where the terminal's master is sent, or -1 */
	int agent;     /* the seccomp agent, or -1 */
	int agent_end; /* the other end of that, where the agent is ours (answerer.h), or -1 */
	int pidfd;     /* of the child, or -1 */
	int resctrl;   /* the mounted resctrl, where the spec wants it, or -1 */

	char **env;      /* what the program is told besides the spec's, or NULL */
	int notify_tree; /* the folder of the notification socket (notify.h), or -1 */
	int notify_fd;   /* run: that socket, or -1 */

	struct watch_ends watch;

	/* Only where systemd makes the cgroup (unit.h). */
	pid_t holder;    /* or 0 */
	int holder_end;  /* whose end is the holder's, or -1 */
	bool joins_late; /* the child is moved into its cgroup, not cloned into it */
};

/* The child's whole life, in the process that proc_clone returned 0 to. */
void init_main(struct launch *launch) __attribute__((noreturn));

#define LAUNCH_INIT                                                                        \
	{                                                                                  \
		.ns.fd = { -1, -1, -1, -1, -1, -1, -1, -1 }, .mounts = MOUNT_SOURCES_INIT, \
		.dir = { -1, -1 }, .proc_fd = -1, .cgroup_fd = -1, .sync = { -1, -1 },     \
		.listen_fd = -1, .console = -1, .agent = -1, .agent_end = -1, .pidfd = -1, \
		.resctrl = -1, .notify_tree = -1, .notify_fd = -1, .holder_end = -1,       \
		.watch = { -1, -1, -1, -1, -1 },                                           \
	}

/* Fills it. What may be refused without a trace is done first; the container's folder is the
 * first trace, and the last thing that this does: after it, launch_undo must follow a failure. */
int launch_prepare(struct launch *launch, const char *id, struct err *err);

/* The other traces: config.json, exec.sock, the cgroup; and the pair to talk over. */
int launch_prepare_traces(struct launch *launch, struct err *err);

/* Takes all traces away, in reverse and as far as it goes (create.c). */
void launch_undo(struct launch *launch);

void launch_done(struct launch *launch);
#define auto_launch __attribute__((cleanup(launch_done)))

/* Must the parent set the resource limits, once the child is ready? A process in a user namespace
 * of its own can't raise a hard limit. Else the child sets them as it goes, and the parent's
 * word to go on can be sent before the child asks for it. */
static inline bool launch_sets_rlimits(const struct launch *launch)
{
	return ns_plan_own_user(&launch->ns) && launch->spec->process.rlimits_n > 0;
}

/* Are the trees that are mounted opened in the child's copy of the mounts (mount_sources.h)? */
static inline bool launch_opens_late(const struct launch *launch)
{
	return ns_plan_own_user(&launch->ns) && spec_ns_new(launch->spec, NS_MOUNT);
}

/* The first fd that is not the program's: stdio and what it was given come before. */
static inline unsigned int launch_first_fd(const struct launch *launch)
{
	return 3 + launch->opts->listen_fds + launch->opts->preserve_fds;
}

/* Must the child wait for the parent before its first step? */
bool init_waits(const struct launch *launch);

/* Has the spec hooks before the program? Then the child says when its mounts are there. */
bool init_has_hooks(const struct spec *spec);

#endif
