/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "runtime/container/answerer.h"
#include "runtime/container/attach.h"
#include "runtime/container/program.h"
#include "runtime/container/state.h"
#include "runtime/container/sync.h"
#include "runtime/kernel/caps.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/console.h"
#include "runtime/kernel/lsm.h"
#include "runtime/kernel/ns.h"
#include "runtime/kernel/rlimit.h"
#include "runtime/kernel/sched.h"
#include "runtime/kernel/seccomp.h"

/* One more process in a running container. The parent enters the pid namespace for its
 * children only; the child joins the rest, and is closed to the container's processes (not
 * dumpable) from before it joins until its program runs: they can't reach into it, nor at the
 * fds that it has of the host's (CVE-2016-9962, CVE-2019-5736). */

struct joining {
	const struct container_settings *set;
	const struct container_exec_opts *opts;
	const struct spec *spec;
	struct container_state *state;
	struct seccomp_program seccomp;
	bool has_seccomp, in_place;
	struct lsm_labels labels;
	int proc_fd, init_pidfd, cgroup_fd, console, agent;
	int sync[2], pidfd;
	pid_t pid;
};

/* As launch_sets_rlimits. */
static bool join_sets_rlimits(const struct joining *join)
{
	return join->state->own_userns && join->opts->process->rlimits_n > 0;
}

/* ---- the child ---- */

/* What setns(2) takes from a pidfd: the container's namespaces, but for the pid namespace,
 * which we were cloned into. */
static int join_namespaces(const struct joining *join, struct err *err)
{
	unsigned int flags = 0;

	for (int kind = 0; kind < NS_KINDS; kind++)
		if (join->spec->lin.ns[kind].given && kind != NS_PID && kind != NS_USER)
			flags |= spec_ns_names[kind].flag;
	if (join->state->own_userns)
		flags |= CLONE_NEWUSER;
	if (flags && setns(join->init_pidfd, (int)flags) < 0)
		return err_sys(err, "join the container's namespaces");
	return join->state->own_userns ? ns_become_root(err) : 0;
}

static int make_terminal(const struct joining *join, int *ret_peer, struct err *err)
{
	const struct spec_process *process = join->opts->process;
	auto_fd int root = -1, master = -1;

	if (!process->terminal || join->console < 0)
		return 0;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys(err, "open \"/\"");
	if (console_new(root, process->user.uid, process->console_width, process->console_height,
			&master, ret_peer, err) < 0)
		return -1;
	return console_send(join->console, master, "/dev/ptmx", err);
}

/* The parent's word comes with our pid as the host sees it. */
static int wait_parent(struct joining *join, enum sync_kind say, struct err *err)
{
	struct sync_msg msg;

	if (sync_send(join->sync[1], say, 0) < 0)
		return err_sys(err, "tell the parent");
	if (sync_expect(join->sync[1], SYNC_GO, &msg, "", err) < 0)
		return -1;
	join->pid = (pid_t)msg.value;
	return 0;
}

static int load_listener(struct joining *join, struct program *program, struct err *err)
{
	auto_strbuf struct strbuf message = { 0 };
	auto_strbuf struct strbuf state = { 0 };

	if (!join->has_seccomp || !join->seccomp.notify)
		return 0;
	container_state_emit(join->state, false, &state);
	seccomp_agent_message(&join->seccomp, join->pid, state.text, &message);
	if (message.failed || state.failed)
		return err_set(err, ENOMEM, "tell the seccomp agent: out of memory");
	program->seccomp = NULL;
	return seccomp_install_notify(&join->seccomp, steal_fd(&join->agent), message.text,
				      message.len, err);
}

static int become(struct joining *join, struct err *err)
{
	auto_fd int peer = -1;
	struct program program = {
		.process = join->opts->process,
		.seccomp = join->has_seccomp ? &join->seccomp : NULL,
		.in_place = join->in_place,
		.first_fd = 3 + join->opts->preserve_fds,
		.rlimits_set = join_sets_rlimits(join),
		.labels = join->labels,
		.proc_fd = join->proc_fd,
	};

	if (join_namespaces(join, err) < 0 || make_terminal(join, &peer, err) < 0)
		return -1;
	if (program_session(peer, !join->state->callers_keyring, err) < 0)
		return -1;
	fd_closep(&peer);
	if (sched_apply_memory(&join->spec->lin.memory_policy, err) < 0 ||
	    sched_apply_personality(&join->spec->lin.personality, err) < 0 ||
	    sched_apply(program.process, err) < 0 || caps_check(&program.process->caps, err) < 0 ||
	    fd_cloexec_from(3 + join->opts->preserve_fds, err) < 0)
		return -1;
	if (program_prepare(&program, err) < 0 || wait_parent(join, SYNC_READY, err) < 0 ||
	    load_listener(join, &program, err) < 0)
		return -1;
	return program_become(&program, join->sync[1], err);
}

__attribute__((noreturn)) static void child_main(struct joining *join)
{
	struct err err;

	fd_closep(&join->sync[0]);
	umask(0);
	if (become(join, &err) < 0)
		sync_send_error(join->sync[1], &err);
	_exit(1);
}

/* ---- the parent ---- */

/* Where the init is now: a system inside may have made cgroups below the container's own and
 * may let no process be in that one any more (cgroup-v2.rst, "No Internal Process"). */
static int cgroup_of_init(const struct joining *join, struct err *err)
{
	char path[40];
	auto_free char *text = NULL;
	char *line, *end;

	snprintf(path, sizeof(path), "%d/cgroup", join->state->pid);
	if (fd_load_at(join->proc_fd, path, 65536, &text, NULL, err) < 0)
		return -1;
	line = str_starts(text, "0::") ? text : strstr(text, "\n0::");
	if (!line)
		return err_set(err, ERR_UNSUPPORTED,
			       "the container's init is in no cgroup of version 2");
	line = strchr(line, '/');
	if (!line)
		return err_set(err, ERR_FAILED, "the container's init is in no cgroup that we see");
	end = strchr(line, '\n');
	if (end)
		*end = '\0';
	return cgroup_open(line, err);
}

static int open_cgroup(struct joining *join, struct err *err)
{
	const char *sub = join->opts->cgroup;
	auto_free char *path = NULL;

	if (!*join->state->cgroup)
		return sub ? err_set(err, ERR_UNSUPPORTED,
				     "--cgroup: the container was created with cgroups disabled") :
			     0;
	if (sub) {
		auto_free char *clean = path_clean(sub); /* no ".." leads out of it */

		path = clean ? str_dupf("%s%s", join->state->cgroup,
					str_eq(clean, "/") ? "" : clean) :
			       NULL;
	} else {
		path = strdup(join->state->cgroup);
	}
	if (!path)
		return err_sys(err, "open its cgroup");
	join->cgroup_fd = cgroup_open(path, err);
	return join->cgroup_fd < 0 ? -1 : 0;
}

static int connect_agent(struct joining *join, struct err *err)
{
	if (!join->seccomp.notify)
		return 0;
	join->agent = join->state->answerer ? answerer_connect(join->set, join->state->id,
							       join->spec, join->init_pidfd, err) :
					      seccomp_connect_agent(&join->seccomp, err);
	return join->agent < 0 ? -1 : 0;
}

static int prepare(struct joining *join, struct err *err)
{
	const struct spec_seccomp *sec = &join->spec->lin.seccomp;

	join->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (join->proc_fd < 0)
		return err_sys(err, "open \"/proc\"");
	if (open_cgroup(join, err) < 0)
		return -1;
	if (sec->given) {
		if (seccomp_prepare(sec, SECCOMP_CACHE_DIR, &join->seccomp, err) < 0)
			return -1;
		join->has_seccomp = true;
		if (connect_agent(join, err) < 0)
			return -1;
	}
	join->in_place = program_may_be_in_place(join->spec);
	lsm_find(join->opts->process, NULL, &join->labels);
	if (join->opts->console_socket) {
		join->console = console_connect(join->opts->console_socket, err);
		if (join->console < 0)
			return err_wrap(err, "--console-socket");
	}
	return sync_pair(join->sync, err);
}

/* Never outside of the container's cgroup: what can't join it does not run. */
static pid_t clone_into_cgroup(struct joining *join, struct err *err)
{
	pid_t pid = proc_clone(0, join->cgroup_fd, &join->pidfd);

	if (pid < 0 && errno == EBUSY && !join->opts->cgroup) {
		fd_closep(&join->cgroup_fd);
		join->cgroup_fd = cgroup_of_init(join, err);
		if (join->cgroup_fd < 0)
			return -1;
		pid = proc_clone(0, join->cgroup_fd, &join->pidfd);
	}
	if (pid >= 0)
		return pid;
	err_sys(err, "clone a process into the container");
	return join->cgroup_fd >= 0 ? cgroup_hint_join(join->cgroup_fd, err) : -1;
}

static int clone_child(struct joining *join, struct err *err)
{
	/* Before the child is there for anyone to look into. */
	if (proc_close_to_others(err) < 0)
		return -1;
	if (join->spec->lin.ns[NS_PID].given && setns(join->init_pidfd, CLONE_NEWPID) < 0)
		return err_sys(err, "join the container's pid namespace");
	if (sched_apply_affinity_initial(0, join->opts->process, err) < 0)
		return -1;
	join->pid = clone_into_cgroup(join, err);
	if (join->pid == 0)
		child_main(join);
	if (join->pid < 0)
		return -1;
	fd_closep(&join->sync[1]);
	return 0;
}

static int launch(struct joining *join, struct err *err)
{
	const struct container_exec_opts *opts = join->opts;
	const char *program = opts->process->args[0];
	struct sync_msg msg;

	if (clone_child(join, err) < 0)
		return -1;
	if (join_sets_rlimits(join) &&
	    (sync_expect(join->sync[0], SYNC_READY, &msg, program, err) < 0 ||
	     rlimit_apply(join->pid, opts->process, err) < 0))
		return -1;
	if (sched_apply_affinity_final(join->pid, opts->process, err) < 0 ||
	    sched_apply_oom(join->proc_fd, join->pid, opts->process, err) < 0 ||
	    attach_announce(join->pid, join->pidfd, opts->pid_file, opts->pidfd_socket, err) < 0)
		return -1;
	if (sync_send(join->sync[0], SYNC_GO, join->pid) < 0 && errno != EPIPE)
		return err_sys(err, "tell the process");
	if (!join_sets_rlimits(join) &&
	    sync_expect(join->sync[0], SYNC_READY, &msg, program, err) < 0)
		return -1;
	return sync_expect(join->sync[0], SYNC_EOF, &msg, program, err);
}

static void undo(struct joining *join)
{
	if (join->pid <= 0)
		return;
	proc_pidfd_signal(join->pidfd, SIGKILL);
	proc_wait(join->pid);
}

static void joining_done(struct joining *join)
{
	container_state_freep(&join->state);
	if (join->has_seccomp)
		seccomp_done(&join->seccomp);
	fd_closep(&join->proc_fd);
	fd_closep(&join->init_pidfd);
	fd_closep(&join->cgroup_fd);
	fd_closep(&join->console);
	fd_closep(&join->agent);
	fd_closep(&join->sync[0]);
	fd_closep(&join->sync[1]);
	fd_closep(&join->pidfd);
}

static int check_running(const struct joining *join, struct err *err)
{
	if (join->state->status == STATUS_STOPPED || join->state->status == STATUS_CREATING)
		return err_set(err, ERR_STATE, "cannot exec in a %s container",
			       container_status_name(join->state->status));
	if (join->state->status == STATUS_PAUSED && !join->opts->ignore_paused)
		return err_set(
			err, ERR_STATE,
			"cannot exec in a paused container (use --ignore-paused to override)");
	return 0;
}

static int run_joined(struct joining *join, int *ret_status, struct err *err)
{
	const struct container_exec_opts *opts = join->opts;
	auto_attach struct attach attach = ATTACH_INIT;

	if (attach_init(&attach, opts->tty_here && opts->process->terminal, !opts->detach, err) < 0)
		return -1;
	if (attach_is_terminal(&attach))
		join->console = attach_console(&attach);
	if (launch(join, err) < 0) {
		undo(join);
		return -1;
	}
	if (opts->detach)
		return 0;
	return attach_follow(&attach, join->pid, join->pidfd, ret_status, err);
}

int container_exec(const struct container_settings *set, const char *id,
		   const struct container_exec_opts *opts, int *ret_status, struct err *err)
{
	struct joining join __attribute__((cleanup(joining_done))) = {
		.set = set,
		.opts = opts,
		.proc_fd = -1,
		.init_pidfd = -1,
		.cgroup_fd = -1,
		.console = -1,
		.agent = -1,
		.sync = { -1, -1 },
		.pidfd = -1,
	};
	auto_spec struct spec *spec = NULL;

	*ret_status = 0;
	if (container_load(set, id, &join.state, err) < 0 || check_running(&join, err) < 0)
		return -1;
	if (opts->process->terminal && !opts->console_socket && !opts->tty_here)
		return err_set(
			err, ERR_USAGE,
			"cannot allocate tty if runc will detach without setting console socket (--console-socket)");
	if (container_load_spec(set, id, &spec, err) < 0)
		return -1;
	join.spec = spec;
	join.init_pidfd = state_pidfd(join.state, err);
	if (join.init_pidfd < 0 || prepare(&join, err) < 0)
		return -1;
	return run_joined(&join, ret_status, err);
}
