/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "netsetup/link.h"
#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/proc.h"
#include "runtime/container/answerer.h"
#include "runtime/container/attach.h"
#include "runtime/container/hooks.h"
#include "runtime/container/launch.h"
#include "runtime/container/notify.h"
#include "runtime/container/unit.h"
#include "runtime/container/watch.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/intelrdt.h"
#include "runtime/kernel/rlimit.h"
#include "runtime/kernel/sched.h"

/* ---- the child ---- */

/* The cgroup to begin in; -1: none, be it for now. */
static int first_cgroup(const struct launch *launch)
{
	return launch->joins_late ? -1 : launch->cgroup_fd;
}

/* In a helper that has joined the user namespace, so that it owns the new ones. The first process
 * becomes our own child nevertheless (CLONE_PARENT). */
__attribute__((noreturn)) static void clone_joined(struct launch *launch, int tell)
{
	struct {
		pid_t pid;
		struct err err;
	} answer = { .pid = -1 };

	/* The pid namespace here and not before: this helper must not be in it, or it would count
	 * its child by that namespace's numbers. */
	if (ns_join_pid(&launch->ns, &answer.err) == 0 &&
	    ns_join_user(&launch->ns, &answer.err) == 0) {
		answer.pid = proc_clone(launch->ns.clone_flags | CLONE_PARENT, first_cgroup(launch),
					NULL);
		if (answer.pid == 0) {
			close(tell);
			init_main(launch);
		}
		if (answer.pid < 0)
			err_sys(&answer.err, "clone the container's first process");
	}
	_exit(fd_write_all(tell, &answer, sizeof(answer)) < 0);
}

static pid_t clone_by_helper(struct launch *launch, struct err *err)
{
	struct {
		pid_t pid;
		struct err err;
	} answer;
	auto_fd int told = -1, tell = -1;
	int pair[2];
	pid_t helper;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	told = pair[0];
	tell = pair[1];
	helper = proc_clone(0, -1, NULL);
	if (helper == 0)
		clone_joined(launch, tell);
	fd_closep(&tell);
	if (helper < 0)
		return err_sys(err, "fork");
	if (fd_read_all(told, &answer, sizeof(answer)) != (ssize_t)sizeof(answer))
		answer.pid = err_set(&answer.err, ERR_FAILED,
				     "the joining of the user namespace was cut off");
	proc_wait(helper);
	if (answer.pid < 0) {
		*err = answer.err;
		return -1;
	}
	launch->pidfd = proc_pidfd_open(answer.pid);
	return answer.pid;
}

static pid_t clone_first(struct launch *launch, struct err *err)
{
	pid_t pid;

	if (launch->ns.join_user)
		return clone_by_helper(launch, err);
	if (ns_join_pid(&launch->ns, err) < 0)
		return -1;
	if (launch->opts->monitor)
		return watch_clone(launch, first_cgroup(launch), err);
	pid = proc_clone(launch->ns.clone_flags, first_cgroup(launch), &launch->pidfd);
	if (pid == 0)
		init_main(launch);
	if (pid > 0)
		return pid;
	err_sys(err, "clone the container's first process");
	return launch->cgroup_fd >= 0 ? cgroup_hint_join(launch->cgroup_fd, err) : -1;
}

static int clone_child(struct launch *launch, struct err *err)
{
	pid_t pid;

	pid = clone_first(launch, err);
	if (pid < 0)
		return -1;
	launch->state->pid = pid;
	if (ns_leave_pid(&launch->ns, err) < 0)
		return -1;
	fd_closep(&launch->sync[1]);
	fd_closep(&launch->listen_fd);
	fd_closep(&launch->console); /* attach_follow must see its end if the child sends nothing */
	if (proc_stat(pid, &launch->state->pid_start, NULL) < 0)
		return err_sys(err, "read the start time of process %d", pid);
	return launch->opts->monitor ? watch_hire(launch, err) : 0;
}

static int move_net_devices(struct launch *launch, struct err *err)
{
	const struct spec_linux *lin = &launch->spec->lin;
	char path[48];
	auto_fd int netns = -1;

	if (lin->net_devices_n == 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", launch->state->pid);
	netns = launch->ns.fd[NS_NET] >= 0 ? fcntl(launch->ns.fd[NS_NET], F_DUPFD_CLOEXEC, 3) :
					     open(path, O_RDONLY | O_CLOEXEC);
	if (netns < 0)
		return err_sys(err, "open the network namespace");
	for (size_t i = 0; i < lin->net_devices_n; i++)
		if (link_move(lin->net_devices[i].host_name, lin->net_devices[i].name, netns, err) <
		    0)
			return -1;
	return 0;
}

/* What is mounted from the host, as the child's copy of the host's mounts has it. */
static int send_mounts(struct launch *launch, struct err *err)
{
	struct mount_sources *mounts = &launch->mounts;
	int fds[SYNC_FDS_MAX], *next;
	size_t at = 0, n = 0;
	auto_fd int ns = -1;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", launch->state->pid);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		return err_sys(err, "open \"%s\"", path);
	if (mount_sources_open_in(mounts, launch->spec, launch->state->rootfs, launch->opts->bundle,
				  ns, err) < 0)
		return -1;
	do {
		next = mount_sources_next(mounts, launch->spec, &at);
		if (next)
			fds[n++] = *next;
		if (n > 0 && (!next || n == SYNC_FDS_MAX)) {
			if (sync_send_fds(launch->sync[0], fds, n, err) < 0)
				return -1;
			n = 0;
		}
	} while (next);
	return 0;
}

/* What only we may do for it: its id maps, its mounts, and the devices of our network
 * namespace. */
static int serve_child(struct launch *launch, struct err *err)
{
	const struct spec_linux *lin = &launch->spec->lin;
	pid_t pid = launch->state->pid;

	if (launch->joins_late && cgroup_join(launch->cgroup_fd, pid, err) < 0)
		return -1;
	unit_release(launch);
	if (launch->ns.new_user &&
	    ns_write_maps(pid, &lin->uid_mappings, &lin->gid_mappings, err) < 0)
		return -1;
	if (launch_opens_late(launch) && send_mounts(launch, err) < 0)
		return -1;
	if (move_net_devices(launch, err) < 0)
		return -1;
	if (launch->opts->answerer && answerer_start(&launch->dir, launch->state, launch->spec,
						     launch->pidfd, launch->agent_end, err) < 0)
		return -1;
	fd_closep(&launch->agent_end);
	if (init_waits(launch) && sync_send(launch->sync[0], SYNC_GO, pid) < 0 && errno != EPIPE)
		return err_sys(err, "tell the container's first process");
	return 0;
}

static int run_create_hooks(struct launch *launch, struct err *err)
{
	if (hooks_run(launch->spec, HOOK_PRESTART, launch->state, err) < 0)
		return -1;
	return hooks_run(launch->spec, HOOK_CREATE_RUNTIME, launch->state, err);
}

static const char *program_name(const struct launch *launch)
{
	return launch->spec->process.args ? launch->spec->process.args[0] : "";
}

/* Hooks come between the mounts and the entering of the root, and may ask for the state. */
static int create_hooks(struct launch *launch, struct err *err)
{
	struct sync_msg msg;

	if (!init_has_hooks(launch->spec))
		return 0;
	if (state_save(&launch->dir, launch->state, err) < 0 ||
	    sync_expect(launch->sync[0], SYNC_MOUNTED, &msg, program_name(launch), err) < 0 ||
	    run_create_hooks(launch, err) < 0)
		return -1;
	if (sync_send(launch->sync[0], SYNC_GO, launch->state->pid) < 0 && errno != EPIPE)
		return err_sys(err, "tell the container's first process");
	return 0;
}

/* While the child is at work: its state for all to see, and the word to go on. */
static int settle(struct launch *launch, struct err *err)
{
	const struct container_create_opts *opts = launch->opts;
	const struct spec *spec = launch->spec;
	pid_t pid = launch->state->pid;

	if (launch->resctrl >= 0 &&
	    intelrdt_apply(launch->resctrl, &spec->lin.intel_rdt, launch->state->id, pid, err) < 0)
		return -1;
	if (launch_sets_rlimits(launch) && rlimit_apply(pid, &spec->process, err) < 0)
		return -1;
	if (sched_reset_affinity(pid, err) < 0 ||
	    sched_apply_oom(launch->proc_fd, pid, &spec->process, err) < 0)
		return -1;
	launch->state->status = launch->wait_for_start ? STATUS_CREATED : STATUS_RUNNING;
	if (state_save(&launch->dir, launch->state, err) < 0)
		return -1;
	if (attach_announce(pid, launch->pidfd, opts->pid_file, opts->pidfd_socket, err) < 0)
		return -1;
	if (sync_send(launch->sync[0], SYNC_GO, pid) < 0 && errno != EPIPE)
		return err_sys(err, "tell the container's first process");
	return 0;
}

static int expect_ready(struct launch *launch, struct err *err)
{
	struct sync_msg msg;

	return sync_expect(launch->sync[0], SYNC_READY, &msg, program_name(launch), err);
}

/* Must the child be ready before it is settled? createContainer hooks run in it, to which it is
 * still being created. */
static bool settles_late(const struct launch *launch)
{
	return launch_sets_rlimits(launch) || hooks_any(launch->spec, HOOK_CREATE_CONTAINER);
}

static int launch_child(struct launch *launch, struct err *err)
{
	if (clone_child(launch, err) < 0 || serve_child(launch, err) < 0 ||
	    create_hooks(launch, err) < 0)
		return -1;
	if (settles_late(launch))
		return expect_ready(launch, err) < 0 ? -1 : settle(launch, err);
	return settle(launch, err) < 0 ? -1 : expect_ready(launch, err);
}

/* ---- undoing ---- */

static void undo_child(struct launch *launch)
{
	if (launch->pidfd < 0)
		return;
	proc_pidfd_signal(launch->pidfd, SIGKILL);
	if (launch->opts->monitor)
		proc_pidfd_wait(launch->pidfd, -1);
	else
		proc_wait(launch->state->pid);
	launch->state->pid = 0;
}

static void undo_cgroup(struct launch *launch)
{
	auto_systemd struct systemd *systemd = NULL;
	struct err err;

	unit_release(launch);
	if (launch->state->invocation)
		systemd = unit_find(launch->set, launch->state);
	if (launch->cgroup_fd >= 0) /* else it is not ours */
		cgroup_kill(launch->cgroup_fd, NULL);
	if (launch->state->invocation || launch->cgroup_fd >= 0)
		unit_end(systemd, launch->state);
	if (launch->cgroup_fd >= 0 && cgroup_remove(launch->state->cgroup, &err) < 0)
		log_warning("%s, ignoring", err.msg);
}

void launch_undo(struct launch *launch)
{
	struct err err;

	undo_child(launch);
	launch->state->status = STATUS_STOPPED;
	if (launch->pidfd >= 0)
		hooks_run_all(launch->spec, HOOK_POSTSTOP, launch->state);
	watch_dismiss(launch);
	if (launch->opts->answerer)
		answerer_end(&launch->dir);
	if (launch->resctrl >= 0)
		intelrdt_remove(launch->resctrl, &launch->spec->lin.intel_rdt, launch->state->id,
				NULL);
	undo_cgroup(launch);
	if (state_dir_remove(launch->set, launch->state->id, &launch->dir, &err) < 0)
		log_warning("%s, ignoring", err.msg);
}

int container_create(const struct container_settings *set, const char *id, const struct spec *spec,
		     const struct container_create_opts *opts, struct err *err)
{
	auto_launch struct launch launch = LAUNCH_INIT;

	launch.set = set;
	launch.spec = spec;
	launch.opts = opts;
	launch.wait_for_start = true;
	if (launch_prepare(&launch, id, err) < 0)
		return -1;
	if (launch_prepare_traces(&launch, err) == 0 && launch_child(&launch, err) == 0)
		return 0;
	launch_undo(&launch);
	return -1;
}

/* ---- run ---- */

/* After the program runs: poststart hooks; one that fails takes the container down. Other verbs
 * may come while one is at work. */
static int started(struct launch *launch, struct err *err)
{
	struct sync_msg msg;

	if (sync_expect(launch->sync[0], SYNC_STARTED, &msg, program_name(launch), err) < 0 ||
	    sync_expect(launch->sync[0], SYNC_EOF, &msg, program_name(launch), err) < 0)
		return -1;
	fd_closep(&launch->dir.lock_fd);
	return hooks_run(launch->spec, HOOK_POSTSTART, launch->state, err);
}

static int run_launched(struct launch *launch, struct attach *attach, int *ret_status,
			struct err *err)
{
	const char *host = launch->set->notify_socket;
	pid_t pid;

	if (launch_prepare_traces(launch, err) < 0 ||
	    (host && notify_listen(launch->dir.fd, &launch->notify_fd, err) < 0))
		return -1;
	if (attach_is_terminal(attach))
		launch->console = attach_console(attach);
	if (launch_child(launch, err) < 0 || started(launch, err) < 0)
		return -1;
	pid = launch->state->pid;
	if (launch->opts->detach)
		return launch->notify_fd < 0 ?
			       0 :
			       notify_wait(launch->notify_fd, host, pid, launch->pidfd, err);
	attach->notify_fd = launch->notify_fd;
	attach->notify_socket = host;
	return attach_follow(attach, pid, launch->pidfd, ret_status, err);
}

/* Without the lock another verb may have been there, and taken it down before. */
static void take_down(struct launch *launch)
{
	struct err lost;

	if (launch->dir.lock_fd >= 0 ||
	    state_dir_relock(launch->set, launch->state->id, &launch->dir, &lost) == 0)
		launch_undo(launch);
}

int container_run(const struct container_settings *set, const char *id, const struct spec *spec,
		  const struct container_create_opts *opts, int *ret_status, struct err *err)
{
	auto_launch struct launch launch = LAUNCH_INIT;
	auto_attach struct attach attach = ATTACH_INIT;
	bool terminal = spec->process.terminal && !opts->console_socket;

	launch.set = set;
	launch.spec = spec;
	launch.opts = opts;
	*ret_status = 0;
	if (!spec->process.given)
		return err_set(err, ERR_INPUT,
			       "config.json: process: missing, so there is nothing to run");
	if (terminal && opts->detach)
		return err_set(
			err, ERR_USAGE,
			"cannot allocate tty if runc will detach without setting console socket (process.terminal is "
			"true, so --console-socket is needed)");
	if (launch_prepare(&launch, id, err) < 0)
		return -1;
	if (attach_init(&attach, terminal && !opts->detach, !opts->detach, err) < 0 ||
	    run_launched(&launch, &attach, ret_status, err) < 0) {
		take_down(&launch);
		return -1;
	}
	if (opts->detach || opts->keep)
		return 0;
	if (container_delete(set, id, true, err) == 0)
		return 0;
	return err->code == ERR_NOT_FOUND ? 0 : -1; /* somebody else was faster */
}
