/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/lock.h"
#include "runtime/base/log.h"
#include "runtime/base/proc.h"
#include "runtime/container/answerer.h"
#include "runtime/container/hooks.h"
#include "runtime/container/state.h"
#include "runtime/container/unit.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/intelrdt.h"

/* A process that was killed ends as soon as it is not in a system call that can't be
 * interrupted (a dead NFS server): then delete says so instead of waiting for ever. */
#define END_TIMEOUT_MSEC 30000

static int end_init(const struct container_state *state, struct err *err)
{
	auto_fd int pidfd = state_pidfd(state, err);
	int ended;

	if (pidfd < 0)
		return err->code == ESRCH ? 0 : -1;
	proc_pidfd_signal(pidfd, SIGKILL);
	ended = proc_pidfd_wait(pidfd, END_TIMEOUT_MSEC);
	if (ended < 0)
		return err_sys(err, "wait for process %d", state->pid);
	if (ended == 0)
		return err_set(
			err, ERR_BUSY,
			"process %d does not end although it was killed (stuck in the kernel?)",
			state->pid);
	return 0;
}

/* Everything in the cgroup, frozen or not: what the init's pid namespace does not take along. */
static void end_rest(const struct container_state *state)
{
	auto_fd int cgroup = *state->cgroup ? cgroup_open(state->cgroup, NULL) : -1;

	if (cgroup >= 0)
		cgroup_kill(cgroup, NULL);
}

static int check_may_delete(const struct container_state *state, struct err *err)
{
	if (state->status == STATUS_STOPPED)
		return 0;
	return err_set(err, ERR_STATE, "cannot delete container %s that is not stopped: %s",
		       state->id, container_status_name(state->status));
}

/* What only the spec tells about, with the folder still there to read it from. */
static struct spec *spec_for_undo(const struct container_settings *set,
				  const struct container_state *state)
{
	struct spec *spec = NULL;
	struct err err;

	if (state->undo_by_spec && container_load_spec(set, state->id, &spec, &err) < 0)
		log_warning("%s: poststop hooks are not run", err.msg);
	return spec;
}

/* A create that was killed before it wrote state.json: its cgroup is where its config.json puts
 * it. No process of a container is in there, since none outlives such a create; so it is only
 * removed, and not even that where something else is in it. */
static void find_cgroup(const struct container_settings *set, struct container_state *state)
{
	auto_spec struct spec *spec = NULL;
	char *path;

	if (*state->cgroup || container_load_spec(set, state->id, &spec, NULL) < 0)
		return;
	path = cgroup_path(spec->lin.cgroups_path, state->id, NULL);
	if (path && cgroup_remove(path, NULL) < 0)
		log_warning("cgroup \"%s\" is left as it is: it is in use", path);
	free(path);
}

static void leave_resctrl(const struct spec *spec, const char *id)
{
	struct err err;
	auto_fd int resctrl = intelrdt_open(&err);

	if (resctrl < 0 || intelrdt_remove(resctrl, &spec->lin.intel_rdt, id, &err) < 0)
		log_warning("%s, ignoring", err.msg);
}

/* A verb that holds the lock may wait for what runs in the container, as start does for its hooks:
 * the end of that is what makes it let go. One that creates it is left alone. */
static void end_for_lock(const struct container_settings *set, const char *id)
{
	auto_state_dir struct state_dir dir = { -1, -1 };
	auto_container_state struct container_state *state = NULL;
	auto_fd int lock = -1, pidfd = -1;
	struct err err;

	if (state_dir_open(set, id, false, &dir, &err) < 0)
		return;
	lock = lock_open(dir.fd, "lock", false, &err);
	if (lock >= 0 || err.code != ERR_BUSY || state_load(&dir, id, &state, &err) < 0 ||
	    state->status == STATUS_CREATING || state->status == STATUS_STOPPED)
		return;
	pidfd = state_pidfd(state, &err);
	if (pidfd < 0)
		return;
	end_rest(state);
	proc_pidfd_signal(pidfd, SIGKILL);
}

int container_delete(const struct container_settings *set, const char *id, bool force,
		     struct err *err)
{
	auto_state_dir struct state_dir dir = { -1, -1 };
	auto_container_state struct container_state *state = NULL;
	auto_systemd struct systemd *systemd = NULL;
	auto_spec struct spec *spec = NULL;

	if (force)
		end_for_lock(set, id);
	if (state_dir_open(set, id, true, &dir, err) < 0 || state_load(&dir, id, &state, err) < 0)
		return -1;
	/* We hold the lock, so nobody is creating it any more. */
	if (state->status == STATUS_CREATING && state->pid == 0) {
		state->status = STATUS_STOPPED;
		find_cgroup(set, state);
	}
	if (!force && check_may_delete(state, err) < 0)
		return -1;
	systemd = unit_find(set, state);
	end_rest(state);
	if (end_init(state, err) < 0)
		return -1;
	unit_end(systemd, state);
	state->status = STATUS_STOPPED;
	state->pid = 0;
	if (state->answerer)
		answerer_end(&dir);
	spec = spec_for_undo(set, state);
	if (spec && spec->lin.intel_rdt.given)
		leave_resctrl(spec, id);
	if (*state->cgroup && cgroup_remove(state->cgroup, err) < 0)
		return -1;
	if (state_dir_remove(set, id, &dir, err) < 0)
		return -1;
	if (spec)
		hooks_run_all(spec, HOOK_POSTSTOP, state);
	return 0;
}
