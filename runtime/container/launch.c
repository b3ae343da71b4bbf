/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/container/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "runtime/base/time.h"
#include "runtime/container/answerer.h"
#include "runtime/container/hooks.h"
#include "runtime/container/notify.h"
#include "runtime/container/program.h"
#include "runtime/container/unit.h"
#include "runtime/container/watch.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/console.h"
#include "runtime/kernel/intelrdt.h"

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

static int new_cgroup_path(struct launch *launch, struct err *err)
{
	struct container_state *state = launch->state;

	if (launch->set->cgroup_manager == CGROUP_MANAGER_SYSTEMD)
		return unit_name(launch->spec, state, err);
	if (launch->set->cgroup_manager == CGROUP_MANAGER_DISABLED)
		state->cgroup = strdup("");
	else
		state->cgroup = cgroup_path(launch->spec->lin.cgroups_path, state->id, err);
	return state->cgroup ? 0 : -1;
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
	state->status = STATUS_CREATING;
	state->own_userns = ns_plan_own_user(&launch->ns);
	state->hooks_at_start = hooks_any(launch->spec, HOOK_POSTSTART);
	state->callers_keyring = launch->opts->no_new_keyring;
	state->answerer = launch->opts->answerer;
	state->undo_by_spec =
		hooks_any(launch->spec, HOOK_POSTSTOP) || launch->spec->lin.intel_rdt.given;
	if (launch->spec->annotations_n > 0) {
		state->annotations = annotations_text(launch->spec);
		if (!state->annotations)
			return err_sys(err, "prepare the state");
	}
	if (!state->id || !state->bundle || !state->rootfs || !state->created || !state->owner)
		return err_sys(err, "prepare the state");
	return new_cgroup_path(launch, err);
}

/* sd_listen_fds(3) and sd_notify(3), as runc passes them on. */
static int new_env(struct launch *launch, struct err *err)
{
	unsigned int n = launch->opts->listen_fds;
	auto_free char *count = n > 0 ? str_dupf("LISTEN_FDS=%u", n) : NULL;

	if (n > 0 && (!count || strv_add(&launch->env, count) < 0 ||
		      strv_add(&launch->env, "LISTEN_PID=1") < 0))
		return err_sys(err, "prepare the environment");
	if (launch->set->notify_socket && strv_add(&launch->env, NOTIFY_VARIABLE) < 0)
		return err_sys(err, "prepare the environment");
	return 0;
}

static int check_spec(const struct launch *launch, struct err *err)
{
	const struct spec *spec = launch->spec;
	bool has_root = spec_ns_new(spec, NS_MOUNT);

	if (!has_root && !spec->lin.ns[NS_MOUNT].path)
		return err_set(
			err, ERR_INPUT,
			"config.json: linux.namespaces: a mount namespace is needed, new or joined by path");
	if (!has_root && spec->mounts_n > 0)
		return err_set(err, ERR_INPUT, "config.json: mounts: need a new mount namespace");
	if (!has_root && spec->process.given && spec->process.terminal)
		return err_set(err, ERR_INPUT,
			       "config.json: process.terminal: needs a new mount namespace");
	if (spec->process.given && spec->process.terminal && !launch->opts->console_socket &&
	    !launch->opts->monitor && launch->wait_for_start)
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

/* The parser took a namespace by path for one of the container's: it may be the host's, whose
 * parameters no spec may set. Keys are paths below /proc/sys. */
static int check_sysctl(const struct launch *launch, struct err *err)
{
	const struct spec_linux *lin = &launch->spec->lin;

	for (size_t i = 0; i < lin->sysctl_n; i++) {
		const char *key = lin->sysctl[i].key;
		enum spec_ns kind = str_starts(key, "net/") ? NS_NET : NS_IPC;
		int fd = launch->ns.fd[kind];

		if (fd >= 0 && ns_is_own(kind, fd))
			return err_set(
				err, ERR_INPUT,
				"config.json: linux.sysctl: \"%.100s\" would be set for the host: the "
				"%s namespace is the host's own",
				key, spec_ns_names[kind].spec);
	}
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

/* Nobody reads it before state.json is there, so it needs no name of its own while written. */
static int keep_config(struct launch *launch, struct err *err)
{
	const struct container_create_opts *opts = launch->opts;
	auto_fd int fd = openat(launch->dir.fd, "config.json",
				O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || fd_write_all(fd, opts->config, opts->config_len) < 0)
		return err_sys(err, "keep config.json");
	return 0;
}

/* An init that sees its cgroup writable means to make cgroups below it (systemd does): it gets it
 * as its own, as runc does. */
static bool wants_cgroup(const struct spec *spec)
{
	if (!spec_ns_new(spec, NS_CGROUP))
		return false;
	for (size_t i = 0; i < spec->mounts_n; i++) {
		const struct spec_mount *m = &spec->mounts[i];

		if (m->type && (str_eq(m->type, "cgroup") || str_eq(m->type, "cgroup2")) &&
		    !(m->attr_set & MOUNT_ATTR_RDONLY))
			return true;
	}
	return false;
}

/* The host's id of the container's 0; -1: it has none. */
static int64_t root_id(const struct spec_id_maps *maps)
{
	for (size_t i = 0; i < maps->n; i++)
		if (maps->map[i].container_id == 0)
			return maps->map[i].host_id;
	return -1;
}

static int delegate_cgroup(const struct launch *launch, struct err *err)
{
	int64_t uid = root_id(&launch->spec->lin.uid_mappings);
	int64_t gid = root_id(&launch->spec->lin.gid_mappings);

	if (uid < 0 || gid < 0 || !wants_cgroup(launch->spec))
		return 0;
	return cgroup_delegate(launch->cgroup_fd, (uid_t)uid, (gid_t)gid, err);
}

/* Where systemd makes it, its unit is written down first: delete --force finds it by that. */
static int open_cgroup(struct launch *launch, const struct spec_resources *res, struct err *err)
{
	struct container_state *state = launch->state;
	bool strict = launch->set->strict_limits;

	if (!state->unit)
		return cgroup_create(state->cgroup, res, strict, &state->missing_controllers, err);
	if (state_save(&launch->dir, state, err) < 0 || unit_start(launch, res, err) < 0)
		return -1;
	return cgroup_adopt(state->cgroup, res, strict, &state->missing_controllers, err);
}

static int check_missing(const struct launch *launch, struct err *err)
{
	const struct container_state *state = launch->state;

	if (state->missing_controllers && launch->set->ask_strict &&
	    launch->set->ask_strict(launch->set))
		return err_set(
			err, ERR_UNSUPPORTED,
			"cgroup controller \"%s\" is not in this host's cgroup2 hierarchy, so its "
			"limits can't be applied (STRICT_LIMITS is yes in vz.conf)",
			state->missing_controllers[0]);
	for (char **c = state->missing_controllers; c && *c; c++)
		log_warning(
			"cgroup controller \"%s\" is not in this host's cgroup2 hierarchy: its limits are not applied",
			*c);
	return 0;
}

static int prepare_cgroup(struct launch *launch, struct err *err)
{
	const struct container_state *state = launch->state;
	struct spec_resources res = launch->spec->lin.resources;

	if (!*state->cgroup)
		return 0;
	if (state->unit)
		systemd_round_quota(&res.cpu, SYSTEMD_CPU_PERIOD);
	launch->cgroup_fd = open_cgroup(launch, &res, err);
	if (launch->cgroup_fd < 0 || check_missing(launch, err) < 0 ||
	    cgroup_apply(launch->cgroup_fd, &res, err) < 0)
		return -1;
	launch->joins_late = state->unit && unit_is_full(launch->cgroup_fd);
	/* Without rules too: then the default devices are what is allowed, as with runc. */
	if (cgroup_apply_devices(launch->cgroup_fd, res.devices, res.devices_n, err) < 0)
		return -1;
	if (delegate_cgroup(launch, err) < 0)
		return -1;
	return mount_sources_add_cgroup(&launch->mounts, launch->spec, launch->cgroup_fd, err);
}

/* An agent of ours is there only when the init is: it gets its end then. */
static int pair_agent(struct launch *launch, struct err *err)
{
	int pair[2];

	if (answerer_check(launch->spec, launch->set->cgroup_manager, err) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, "make a pair of sockets");
	launch->agent = pair[0];
	launch->agent_end = pair[1];
	return 0;
}

static int connect_sockets(struct launch *launch, struct err *err)
{
	if (launch->opts->console_socket) {
		launch->console = console_connect(launch->opts->console_socket, err);
		if (launch->console < 0)
			return err_wrap(err, "--console-socket");
	}
	if (launch->opts->answerer)
		return pair_agent(launch, err);
	if (launch->has_seccomp && launch->seccomp.notify) {
		launch->agent = seccomp_connect_agent(&launch->seccomp, err);
		if (launch->agent < 0)
			return -1;
	}
	return 0;
}

static int open_mounts(struct launch *launch, struct err *err)
{
	if (mount_sources_init(&launch->mounts, launch->spec, err) < 0)
		return -1;
	return (launch_opens_late(launch) ? mount_sources_probe : mount_sources_open)(
		&launch->mounts, launch->spec, launch->state->rootfs, launch->opts->bundle, err);
}

/* In this order: what may be refused without a trace first, then the state on disk, and only
 * then what must be found again by it. */
int launch_prepare(struct launch *launch, const char *id, struct err *err)
{
	const struct spec *spec = launch->spec;

	if (container_check_id(id, err) < 0 || check_spec(launch, err) < 0)
		return -1;
	/* Before the first clone. A child is still root on the host, with the host's files in its
	 * sight, when another container's root may see it: one in a pid namespace that it joins, or
	 * in the host's. And who owns its user namespace, as every uid 0 does, needs no capability. */
	if (geteuid() == 0 && proc_close_to_others(err) < 0)
		return -1;
	launch->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (launch->proc_fd < 0)
		return err_sys(err, "open \"/proc\"");
	if (ns_plan_init(&launch->ns, spec, err) < 0 || check_sysctl(launch, err) < 0 ||
	    new_state(launch, id, err) < 0 || new_env(launch, err) < 0)
		return -1;
	if (spec->lin.seccomp.given && !launch->restores) {
		if (seccomp_prepare(&spec->lin.seccomp, SECCOMP_CACHE_DIR, &launch->seccomp, err) <
		    0)
			return -1;
		launch->has_seccomp = true;
	}
	launch->in_place = program_may_be_in_place(spec);
	lsm_find(&spec->process, spec->lin.mount_label, &launch->labels);
	if (spec->lin.intel_rdt.given) {
		launch->resctrl = intelrdt_open(err);
		if (launch->resctrl < 0)
			return -1;
	}
	if (open_mounts(launch, err) < 0)
		return -1;
	if (connect_sockets(launch, err) < 0)
		return -1;
	return state_dir_new(launch->set, id, &launch->dir, err);
}

/* With the folder there: every failure from here on is undone by launch_undo(). config.json comes
 * before the cgroup: delete --force finds by it what a create that was killed here left. */
int launch_prepare_traces(struct launch *launch, struct err *err)
{
	if (keep_config(launch, err) < 0 || open_exec_socket(launch, err) < 0 ||
	    watch_prepare(launch, err) < 0 || prepare_cgroup(launch, err) < 0)
		return -1;
	if (launch->set->notify_socket && spec_ns_new(launch->spec, NS_MOUNT) &&
	    notify_prepare(launch->dir.fd, &launch->notify_tree, err) < 0)
		return -1;
	return sync_pair(launch->sync, err);
}

void launch_done(struct launch *launch)
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
	fd_closep(&launch->agent_end);
	fd_closep(&launch->pidfd);
	fd_closep(&launch->resctrl);
	strv_freep(&launch->env);
	fd_closep(&launch->notify_tree);
	fd_closep(&launch->notify_fd);
	fd_closep(&launch->watch.listen);
	fd_closep(&launch->watch.starter);
	fd_closep(&launch->watch.starter_end);
	fd_closep(&launch->watch.console_end);
	fd_closep(&launch->watch.report);
	unit_release(launch);
}
