/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "netsetup/link.h"
#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "runtime/base/time.h"
#include "runtime/container/attach.h"
#include "runtime/container/hooks.h"
#include "runtime/container/launch.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/console.h"
#include "runtime/kernel/intelrdt.h"
#include "runtime/kernel/rlimit.h"
#include "runtime/kernel/sched.h"

/* ---- gathering what the launch needs ---- */

/* The annotations as JSON, with what runc adds for its callers: nothing of ours. */
static char *annotations_text(const struct spec *spec)
{
	struct strbuf text = { 0 };
	struct json_writer w = { .sb = &text };

	json_begin(&w, NULL, '{');
	for (size_t i = 0; i < spec->annotations_n; i++)
		json_put_str(&w, spec->annotations[i].key, spec->annotations[i].value);
	json_end(&w, '}');
	return strbuf_steal(&text);
}

static int new_state(struct launch *launch, const char *id, struct err *err)
{
	struct container_state *state = calloc(1, sizeof(*state));
	char created[TIME_TEXT_SIZE];

	launch->state = state;
	if (!state)
		return err_sys(err, "prepare the state");
	state->id = strdup(id);
	state->bundle = strdup(launch->opts->bundle);
	state->rootfs = path_join(launch->opts->bundle, launch->spec->root_path);
	state->created = strdup(time_now(9, created));
	state->owner = strdup(geteuid() == 0 ? "root" : "");
	state->cgroup = launch->set->cgroup_manager == CGROUP_MANAGER_DISABLED ?
				strdup("") :
				cgroup_path(launch->spec->lin.cgroups_path, id, err);
	state->status = STATUS_CREATING;
	state->own_userns = ns_plan_own_user(&launch->ns);
	state->hooks_at_start = hooks_any(launch->spec, HOOK_POSTSTART);
	state->undo_by_spec =
		hooks_any(launch->spec, HOOK_POSTSTOP) || launch->spec->lin.intel_rdt.given;
	if (launch->spec->annotations_n > 0) {
		state->annotations = annotations_text(launch->spec);
		if (!state->annotations)
			return err_sys(err, "prepare the state");
	}
	if (!state->cgroup)
		return -1;
	if (!state->id || !state->bundle || !state->rootfs || !state->created || !state->owner)
		return err_sys(err, "prepare the state");
	return 0;
}

static int check_spec(const struct launch *launch, struct err *err)
{
	const struct spec *spec = launch->spec;
	bool has_root = spec_ns_new(spec, NS_MOUNT);

	if (launch->set->cgroup_manager == CGROUP_MANAGER_SYSTEMD)
		return err_set(err, ERR_UNSUPPORTED,
			       "--systemd-cgroup: not built yet (use the cgroupfs manager)");
	if (!has_root && !spec->lin.ns[NS_MOUNT].path)
		return err_set(
			err, ERR_INPUT,
			"config.json: linux.namespaces: a mount namespace is needed, new or joined by path");
	if (!has_root && spec->mounts_n > 0)
		return err_set(err, ERR_INPUT, "config.json: mounts: need a new mount namespace");
	if (spec->process.given && spec->process.terminal && !launch->opts->console_socket &&
	    launch->wait_for_start)
		return err_set(
			err, ERR_USAGE,
			"cannot allocate tty if runc will detach without setting console socket (process.terminal is "
			"true, so --console-socket is needed)");
	if (launch->opts->console_socket && !spec->process.terminal)
		return err_set(
			err, ERR_USAGE,
			"--console-socket: process.terminal is not true, so there is no terminal");
	return 0;
}

static int open_exec_socket(struct launch *launch, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (!launch->wait_for_start)
		return 0;
	launch->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	/* By way of the folder's fd: the path of --root may be longer than an address. */
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/exec.sock",
		 launch->dir.fd);
	if (launch->listen_fd < 0 ||
	    bind(launch->listen_fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(launch->listen_fd, 1) < 0)
		return err_sys(err, "make exec.sock");
	return 0;
}

static int keep_config(struct launch *launch, struct err *err)
{
	const struct container_create_opts *opts = launch->opts;

	return fd_replace_file(launch->dir.fd, "config.json", opts->config, opts->config_len, 0600,
			       0, err);
}

static int prepare_cgroup(struct launch *launch, struct err *err)
{
	struct container_state *state = launch->state;
	const struct spec_resources *res = &launch->spec->lin.resources;

	if (!*state->cgroup)
		return 0;
	launch->cgroup_fd = cgroup_create(state->cgroup, res, launch->set->strict_limits,
					  &state->missing_controllers, err);
	if (launch->cgroup_fd < 0)
		return -1;
	for (char **c = state->missing_controllers; c && *c; c++)
		log_warning(
			"cgroup controller \"%s\" is not in this host's cgroup2 hierarchy: its limits are not applied",
			*c);
	if (cgroup_apply(launch->cgroup_fd, res, err) < 0)
		return -1;
	if (res->devices_n > 0 &&
	    cgroup_apply_devices(launch->cgroup_fd, res->devices, res->devices_n, err) < 0)
		return -1;
	return 0;
}

static int connect_sockets(struct launch *launch, struct err *err)
{
	if (launch->opts->console_socket) {
		launch->console = console_connect(launch->opts->console_socket, err);
		if (launch->console < 0)
			return err_wrap(err, "--console-socket");
	}
	if (launch->has_seccomp && launch->seccomp.notify) {
		launch->agent = seccomp_connect_agent(&launch->seccomp, err);
		if (launch->agent < 0)
			return -1;
	}
	return 0;
}

/* In this order: what may be refused without a trace first, then the state on disk, and only
 * then what must be found again by it. */
static int prepare(struct launch *launch, const char *id, struct err *err)
{
	const struct spec *spec = launch->spec;

	if (container_check_id(id, err) < 0 || check_spec(launch, err) < 0)
		return -1;
	launch->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (launch->proc_fd < 0)
		return err_sys(err, "open \"/proc\"");
	if (ns_plan_init(&launch->ns, spec, err) < 0 || new_state(launch, id, err) < 0)
		return -1;
	if (spec->lin.seccomp.given) {
		if (seccomp_prepare(&spec->lin.seccomp, SECCOMP_CACHE_DIR, &launch->seccomp, err) <
		    0)
			return -1;
		launch->has_seccomp = true;
	}
	lsm_find(&spec->process, spec->lin.mount_label, &launch->labels);
	if (spec->lin.intel_rdt.given) {
		launch->resctrl = intelrdt_open(err);
		if (launch->resctrl < 0)
			return -1;
	}
	if (mount_sources_open(&launch->mounts, spec, launch->state->rootfs, launch->opts->bundle,
			       err) < 0)
		return -1;
	if (connect_sockets(launch, err) < 0)
		return -1;
	return state_dir_new(launch->set, id, &launch->dir, err);
}

/* With the folder there: every failure from here on is undone by undo(). */
static int prepare_traces(struct launch *launch, struct err *err)
{
	if (state_save(&launch->dir, launch->state, err) < 0 || keep_config(launch, err) < 0 ||
	    open_exec_socket(launch, err) < 0 || prepare_cgroup(launch, err) < 0)
		return -1;
	return sync_pair(launch->sync, err);
}

/* ---- the child ---- */

static int clone_child(struct launch *launch, struct err *err)
{
	pid_t pid;

	if (ns_join_pid(&launch->ns, err) < 0)
		return -1;
	pid = proc_clone(launch->ns.clone_flags, launch->cgroup_fd, &launch->pidfd);
	if (pid == 0)
		init_main(launch);
	if (pid < 0)
		return err_sys(err, "clone the container's first process");
	launch->state->pid = pid;
	fd_closep(&launch->sync[1]);
	fd_closep(&launch->listen_fd);
	if (proc_stat(pid, &launch->state->pid_start, NULL) < 0)
		return err_sys(err, "read the start time of process %d", pid);
	return state_save(&launch->dir, launch->state, err);
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

/* What only we may do for it: its id maps, and the devices of our network namespace. */
static int serve_child(struct launch *launch, struct err *err)
{
	const struct spec_linux *lin = &launch->spec->lin;
	pid_t pid = launch->state->pid;

	if (launch->ns.new_user &&
	    ns_write_maps(pid, &lin->uid_mappings, &lin->gid_mappings, err) < 0)
		return -1;
	if (move_net_devices(launch, err) < 0)
		return -1;
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

/* Until all is made: first its mounts, where hooks want to see them, then the rest. */
static int follow_child(struct launch *launch, struct err *err)
{
	const char *program = launch->spec->process.args ? launch->spec->process.args[0] : "";
	struct sync_msg msg;

	if (sync_recv(launch->sync[0], &msg, program, err) < 0)
		return -1;
	if (msg.kind == SYNC_MOUNTED) {
		if (run_create_hooks(launch, err) < 0)
			return -1;
		if (sync_send(launch->sync[0], SYNC_GO, launch->state->pid) < 0 && errno != EPIPE)
			return err_sys(err, "tell the container's first process");
		return sync_expect(launch->sync[0], SYNC_READY, &msg, program, err);
	}
	if (msg.kind != SYNC_READY)
		return err_set(err, ERR_FAILED,
			       "the container's first process ended too early (killed?)");
	return 0;
}

static int write_pid_file(const char *path, pid_t pid, struct err *err)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", pid);
	auto_free char *dir = NULL;
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	auto_fd int dir_fd = -1;

	dir = slash ? strndup(path, (size_t)(name - path)) : strdup(".");
	dir_fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (dir_fd < 0)
		return err_sys(err, "--pid-file: open the folder of \"%s\"", path);
	if (fd_replace_file(dir_fd, name, text, (size_t)len, 0644, 0, err) < 0)
		return err_wrap(err, "--pid-file");
	return 0;
}

static int send_pidfd(const char *path, int pidfd, struct err *err)
{
	auto_fd int sock = console_connect(path, err);

	if (sock < 0 || console_send(sock, pidfd, "pidfd", err) < 0)
		return err_wrap(err, "--pidfd-socket");
	return 0;
}

int attach_announce(pid_t pid, int pidfd, const char *pid_file, const char *pidfd_socket,
		    struct err *err)
{
	if (pid_file && write_pid_file(pid_file, pid, err) < 0)
		return -1;
	if (pidfd_socket && send_pidfd(pidfd_socket, pidfd, err) < 0)
		return -1;
	return 0;
}

/* The child is ready: limits on it, and its state for all to see. */
static int settle(struct launch *launch, struct err *err)
{
	const struct container_create_opts *opts = launch->opts;
	const struct spec *spec = launch->spec;
	pid_t pid = launch->state->pid;

	if (launch->resctrl >= 0 &&
	    intelrdt_apply(launch->resctrl, &spec->lin.intel_rdt, launch->state->id, pid, err) < 0)
		return -1;
	if (rlimit_apply(pid, &spec->process, err) < 0 ||
	    sched_apply_oom(launch->proc_fd, pid, &spec->process, err) < 0)
		return -1;
	launch->state->status = launch->wait_for_start ? STATUS_CREATED : STATUS_RUNNING;
	if (state_save(&launch->dir, launch->state, err) < 0)
		return -1;
	if (attach_announce(pid, launch->pidfd, opts->pid_file, opts->pidfd_socket, err) < 0)
		return -1;
	if (sync_send(launch->sync[0], SYNC_GO, pid) < 0)
		return err_sys(err, "tell the container's first process");
	return 0;
}

static int launch_child(struct launch *launch, struct err *err)
{
	if (clone_child(launch, err) < 0 || serve_child(launch, err) < 0 ||
	    follow_child(launch, err) < 0)
		return -1;
	return settle(launch, err);
}

/* ---- undoing ---- */

static void undo_child(struct launch *launch)
{
	if (launch->pidfd < 0)
		return;
	proc_pidfd_signal(launch->pidfd, SIGKILL);
	proc_wait(launch->state->pid);
	launch->state->pid = 0;
}

/* In reverse, and as far as it goes. */
static void undo(struct launch *launch)
{
	struct err err;

	undo_child(launch);
	launch->state->status = STATUS_STOPPED;
	if (launch->pidfd >= 0)
		hooks_run_all(launch->spec, HOOK_POSTSTOP, launch->state);
	if (launch->resctrl >= 0)
		intelrdt_remove(launch->resctrl, &launch->spec->lin.intel_rdt, launch->state->id,
				NULL);
	if (launch->cgroup_fd >= 0)
		cgroup_kill(launch->cgroup_fd, NULL);
	if (*launch->state->cgroup && cgroup_remove(launch->state->cgroup, &err) < 0)
		log_warning("%s, ignoring", err.msg);
	if (state_dir_remove(launch->set, launch->state->id, &launch->dir, &err) < 0)
		log_warning("%s, ignoring", err.msg);
}

static void launch_done(struct launch *launch)
{
	ns_plan_done(&launch->ns);
	mount_sources_close(&launch->mounts);
	if (launch->has_seccomp)
		seccomp_done(&launch->seccomp);
	state_dir_close(&launch->dir);
	container_state_freep(&launch->state);
	fd_closep(&launch->proc_fd);
	fd_closep(&launch->cgroup_fd);
	fd_closep(&launch->sync[0]);
	fd_closep(&launch->sync[1]);
	fd_closep(&launch->listen_fd);
	fd_closep(&launch->console);
	fd_closep(&launch->agent);
	fd_closep(&launch->pidfd);
	fd_closep(&launch->resctrl);
}
#define auto_launch __attribute__((cleanup(launch_done)))

#define LAUNCH_INIT                                                                      \
	{                                                                                \
		.ns.fd = { -1, -1, -1, -1, -1, -1, -1, -1 }, .mounts.root_tree = -1,     \
		.dir = { -1, -1 }, .proc_fd = -1, .cgroup_fd = -1, .sync = { -1, -1 },   \
		.listen_fd = -1, .console = -1, .agent = -1, .pidfd = -1, .resctrl = -1, \
	}

int container_create(const struct container_settings *set, const char *id, const struct spec *spec,
		     const struct container_create_opts *opts, struct err *err)
{
	auto_launch struct launch launch = LAUNCH_INIT;

	launch.set = set;
	launch.spec = spec;
	launch.opts = opts;
	launch.wait_for_start = true;
	if (prepare(&launch, id, err) < 0)
		return -1;
	if (prepare_traces(&launch, err) == 0 && launch_child(&launch, err) == 0)
		return 0;
	undo(&launch);
	return -1;
}

/* ---- run ---- */

/* After the program runs: poststart hooks; one that fails takes the container down. */
static int started(struct launch *launch, struct err *err)
{
	const char *program = launch->spec->process.args[0];
	struct sync_msg msg;

	if (sync_expect(launch->sync[0], SYNC_EOF, &msg, program, err) < 0)
		return -1;
	return hooks_run(launch->spec, HOOK_POSTSTART, launch->state, err);
}

static int run_launched(struct launch *launch, struct attach *attach, int *ret_status,
			struct err *err)
{
	if (prepare_traces(launch, err) < 0)
		return -1;
	if (attach_is_terminal(attach))
		launch->console = attach_console(attach);
	if (launch_child(launch, err) < 0 || started(launch, err) < 0)
		return -1;
	if (launch->opts->detach)
		return 0;
	fd_closep(&launch->dir.lock_fd); /* other verbs may come while it runs */
	return attach_follow(attach, launch->state->pid, launch->pidfd, ret_status, err);
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
	if (prepare(&launch, id, err) < 0)
		return -1;
	if (attach_init(&attach, terminal && !opts->detach, !opts->detach, err) < 0 ||
	    run_launched(&launch, &attach, ret_status, err) < 0) {
		undo(&launch);
		return -1;
	}
	if (opts->detach || opts->keep)
		return 0;
	return container_delete(set, id, true, err);
}
