/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/container/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsetup/link.h"
#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "runtime/container/hooks.h"
#include "runtime/container/notify.h"
#include "runtime/container/program.h"
#include "runtime/kernel/caps.h"
#include "runtime/kernel/console.h"
#include "runtime/kernel/devices.h"
#include "runtime/kernel/mount.h"
#include "runtime/kernel/rootfs.h"
#include "runtime/kernel/sched.h"
#include "runtime/kernel/sysctl.h"

/* The child: it becomes the container's first process, step by step. The order is the kernel's:
 * ids before anything is made in the user namespace, names and sysctls before the root is
 * entered (the host's /proc is the trusted one), what is masked while the host's /dev/null is
 * still there, the filter and the ids last of all. */

struct init {
	struct launch *launch;
	const struct spec *spec;
	struct program program;
	int report; /* where errors go: the parent, later `start` */
	int peer;   /* the terminal's inner end, or -1 */
};

bool init_waits(const struct launch *launch)
{
	return launch->ns.new_user || launch_opens_late(launch) || launch->joins_late ||
	       launch->spec->lin.net_devices_n > 0;
}

bool init_has_hooks(const struct spec *spec)
{
	return hooks_any(spec, HOOK_PRESTART) || hooks_any(spec, HOOK_CREATE_RUNTIME) ||
	       hooks_any(spec, HOOK_CREATE_CONTAINER) || hooks_any(spec, HOOK_START_CONTAINER);
}

static int wait_go(struct init *init, struct err *err)
{
	struct sync_msg msg;

	if (sync_expect(init->launch->sync[1], SYNC_GO, &msg, "", err) < 0)
		return -1;
	init->launch->state->pid = (pid_t)msg.value;
	return 0;
}

/* As create.c sends them, for the same spec. */
static int receive_mounts(struct init *init, struct err *err)
{
	struct mount_sources *mounts = &init->launch->mounts;
	int fds[SYNC_FDS_MAX], *next;
	size_t at = 0, n = 0, used = 0;

	while ((next = mount_sources_next(mounts, init->spec, &at))) {
		if (used == n) {
			if (sync_recv_fds(init->launch->sync[1], fds, &n, err) < 0)
				return -1;
			used = 0;
		}
		*next = fds[used++];
	}
	return 0;
}

static int step_namespaces(struct init *init, struct err *err)
{
	struct launch *launch = init->launch;

	if (launch_opens_late(launch) && receive_mounts(init, err) < 0)
		return -1;
	if (init_waits(launch) && wait_go(init, err) < 0)
		return -1;
	if (ns_enter(&launch->ns, err) < 0)
		return -1;
	if (launch->ns.new_time && ns_enter_time(launch->proc_fd, init->spec, err) < 0)
		return -1;
	if (ns_plan_own_user(&launch->ns) && ns_become_root(err) < 0)
		return -1;
	/* Only now, in the container's cgroup: it becomes the namespace's root. */
	if (launch->ns.new_cgroup && unshare(CLONE_NEWCGROUP) < 0)
		return err_sys(err, "make a cgroup namespace");
	return 0;
}

static int step_names(struct init *init, struct err *err)
{
	const struct spec *spec = init->spec;

	if (spec->hostname && sethostname(spec->hostname, strlen(spec->hostname)) < 0)
		return err_sys(err, "set the host name \"%.64s\"", spec->hostname);
	if (spec->domainname && setdomainname(spec->domainname, strlen(spec->domainname)) < 0)
		return err_sys(err, "set the domain name \"%.64s\"", spec->domainname);
	return 0;
}

static int step_network(struct init *init, struct err *err)
{
	return spec_ns_new(init->spec, NS_NET) ? link_loopback_up(err) : 0;
}

static int step_sysctl(struct init *init, struct err *err)
{
	return init->spec->lin.sysctl_n > 0 ? sysctl_apply(init->launch->proc_fd, init->spec, err) :
					      0;
}

/* ---- the root ---- */

static bool has_root(const struct init *init)
{
	return spec_ns_new(init->spec, NS_MOUNT);
}

/* Hooks go to a container's files by its root's path, and must meet its mounts there. */
static const char *root_path(const struct init *init)
{
	const struct launch *launch = init->launch;

	/* Without pivot_root the host's tree must be covered. */
	return init_has_hooks(init->spec) && !launch->opts->no_pivot ? launch->state->rootfs : NULL;
}

static int make_console(struct init *init, struct err *err)
{
	const struct spec_process *process = &init->spec->process;
	struct launch *launch = init->launch;
	auto_fd int master = -1;

	if (!process->terminal || launch->console < 0)
		return 0;
	if (console_new(launch->mounts.root_tree, process->user.uid, process->console_width,
			process->console_height, &master, &init->peer, err) < 0 ||
	    console_bind(launch->mounts.root_tree, init->peer, err) < 0)
		return -1;
	return console_send(launch->console, master, "/dev/ptmx", err);
}

static int step_mounts(struct init *init, struct err *err)
{
	struct launch *launch = init->launch;
	struct mount_env env = {
		.root_fd = launch->mounts.root_tree,
		.cgroup_tree = launch->mounts.cgroup_tree,
		.cgroup_ns = launch->ns.new_cgroup || launch->ns.fd[NS_CGROUP] >= 0,
		.label = launch->labels.mount,
		.lin = &init->spec->lin,
		.made = &launch->mounts,
	};

	if (!has_root(init))
		return 0;
	if (rootfs_attach(env.root_fd, root_path(init), err) < 0 ||
	    mount_apply(&env, init->spec, &launch->mounts, err) < 0)
		return -1;
	if (launch->notify_tree >= 0 && notify_attach(env.root_fd, launch->notify_tree, err) < 0)
		return -1;
	if (devices_make(env.root_fd, init->spec, ns_plan_own_user(&launch->ns), err) < 0)
		return -1;
	return make_console(init, err);
}

/* createRuntime runs in the parent, between the two messages; createContainer here. */
static int step_hooks(struct init *init, struct err *err)
{
	const struct spec *spec = init->spec;

	if (init_has_hooks(spec)) {
		if (sync_send(init->launch->sync[1], SYNC_MOUNTED, 0) < 0)
			return err_sys(err, "tell the parent");
		if (wait_go(init, err) < 0)
			return -1;
	}
	return hooks_run(spec, HOOK_CREATE_CONTAINER, init->launch->state, err);
}

static int step_root(struct init *init, struct err *err)
{
	const struct mount_sources *mounts = &init->launch->mounts;
	struct rootfs_mounts at = { mounts->root_tree, mounts->proc_mount, mounts->sys_mount };

	if (!has_root(init)) {
		/* The namespace was joined: its root is what it is. */
		return chdir("/") < 0 ? err_sys(err, "enter \"/\"") : 0;
	}
	if (rootfs_mask(&at, &init->spec->lin, err) < 0 ||
	    rootfs_enter(at.root, init->launch->opts->no_pivot, err) < 0)
		return -1;
	return rootfs_seal(at.root, init->spec, err);
}

/* ---- the process ---- */

static int step_session(struct init *init, struct err *err)
{
	/* A CT's init is no session's leader on its console, as on a machine of its own: what logs
	 * in there takes it, and its hangup is nothing to the init. */
	if (init->launch->opts->monitor && init->peer >= 0 && console_stdio(init->peer, err) < 0)
		return -1;
	if (program_session(init->launch->opts->monitor ? -1 : init->peer,
			    !init->launch->opts->no_new_keyring, err) < 0)
		return -1;
	fd_closep(&init->peer);
	return 0;
}

static int step_process(struct init *init, struct err *err)
{
	struct launch *launch = init->launch;
	const struct spec_linux *lin = &init->spec->lin;

	if (sched_apply_memory(&lin->memory_policy, err) < 0 ||
	    sched_apply_personality(&lin->personality, err) < 0 ||
	    sched_apply(&init->spec->process, err) < 0)
		return -1;
	if (caps_check(&init->spec->process.caps, err) < 0)
		return -1;
	if (fd_cloexec_from(launch_first_fd(launch), err) < 0)
		return -1;
	init->program = (struct program){
		.process = &init->spec->process,
		.more_env = launch->env,
		.seccomp = launch->has_seccomp ? &launch->seccomp : NULL,
		.in_place = launch->in_place,
		.first_fd = launch_first_fd(launch),
		.rlimits_set = launch_sets_rlimits(launch),
		.labels = launch->labels,
		.proc_fd = launch->proc_fd,
	};
	/* Once more: a change of ids may have opened it again. */
	if (proc_close_to_others(err) < 0)
		return -1;
	return init->spec->process.given ? program_prepare(&init->program, err) : 0;
}

/* All that may fail has been done. That the parent has written it down is what its word says,
 * which mostly lies there already; if it is gone, so are we. */
static int step_ready(struct init *init, struct err *err)
{
	if (sync_send(init->launch->sync[1], SYNC_READY, 0) < 0)
		return err_sys(err, "tell the parent");
	return wait_go(init, err);
}

/* Before a wait that may be long: all fds that are of no use any more. Those of whoever called
 * us too, who may wait for the end of one. */
static int let_go(struct launch *launch, struct err *err)
{
	int keep[] = {
		launch->listen_fd,
		launch->agent,
		lsm_labels_exec(&launch->labels) ? launch->proc_fd : -1,
	};

	return fd_close_others(launch_first_fd(launch), keep, ARRAY_SIZE(keep), err);
}

/* create: `start` connects to exec.sock, says go, and from then on is who hears of errors. One
 * that is killed before it says so leaves us waiting for the next. */
static int step_wait(struct init *init, struct err *err)
{
	struct launch *launch = init->launch;
	struct sync_msg msg = { 0 };

	if (!launch->wait_for_start)
		return 0;
	init->report = -1; /* the parent is done with us */
	if (let_go(launch, err) < 0)
		return -1;
	mem_let_go_code();
	while (msg.kind != SYNC_GO) {
		fd_closep(&init->report);
		init->report = accept4(launch->listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (init->report < 0 && errno != EINTR && errno != ECONNABORTED)
			return err_sys(err, "wait for start");
		if (init->report >= 0 && sync_recv(init->report, &msg, "", err) < 0)
			return -1;
	}
	fd_closep(&launch->listen_fd);
	return 0;
}

static int step_start_hooks(struct init *init, struct err *err)
{
	init->launch->state->status = STATUS_CREATED; /* for run too: the program is yet to come */
	if (hooks_run(init->spec, HOOK_START_CONTAINER, init->launch->state, err) < 0)
		return -1;
	/* From here on the end of the connection means that the program runs, not that this process
	 * was killed; and the filter may forbid to send more. */
	if (sync_send(init->report, SYNC_STARTED, 0) < 0 && errno != EPIPE)
		return err_sys(err, "say that the last steps begin");
	return 0;
}

static int step_filter(struct init *init, struct err *err)
{
	struct launch *launch = init->launch;
	auto_strbuf struct strbuf message = { 0 };
	auto_strbuf struct strbuf state = { 0 };

	if (!launch->has_seccomp || !launch->seccomp.notify)
		return 0;
	container_state_emit(launch->state, false, &state);
	seccomp_agent_message(&launch->seccomp, launch->state->pid, state.text, &message);
	if (message.failed || state.failed)
		return err_set(err, ENOMEM, "tell the seccomp agent: out of memory");
	init->program.seccomp = NULL; /* the last steps need not load it again */
	return seccomp_install_notify(&launch->seccomp, steal_fd(&launch->agent), message.text,
				      message.len, err);
}

static int step_program(struct init *init, struct err *err)
{
	if (!init->spec->process.given)
		return err_set(err, ERR_INPUT,
			       "config.json: process: missing, so there is nothing to start");
	return program_become(&init->program, init->report, err);
}

static int (*const steps[])(struct init *, struct err *) = {
	step_namespaces, step_names,       step_network, step_sysctl,  step_mounts,
	step_hooks,      step_root,        step_session, step_process, step_ready,
	step_wait,       step_start_hooks, step_filter,  step_program,
};

void init_main(struct launch *launch)
{
	struct init init = {
		.launch = launch, .spec = launch->spec, .report = launch->sync[1], .peer = -1
	};
	struct err err;

	fd_closep(&launch->sync[0]);
	state_dir_close(&launch->dir); /* a copy of the lock would hold it as long as we wait */
	umask(0);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (steps[i](&init, &err) == 0)
			continue;
		if (init.report >= 0)
			sync_send_error(init.report, &err);
		break;
	}
	_exit(1);
}
