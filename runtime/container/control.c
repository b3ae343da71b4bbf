/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"
#include "runtime/container/state.h"
#include "runtime/container/unit.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/cgroup_stats.h"
#include "runtime/kernel/ns.h"
#include "runtime/kernel/uts.h"

/* The verbs on a live container: kill, pause, resume, wait, pids, its name, update. */

static int load(const struct container_settings *set, const char *id, struct container_state **ret,
		struct err *err)
{
	auto_state_dir struct state_dir dir = { -1, -1 };

	if (state_dir_open(set, id, false, &dir, err) < 0)
		return -1;
	return state_load(&dir, id, ret, err);
}

/* Its cgroup's fd; an error where it runs without one. */
static int open_cgroup(const struct container_state *state, struct err *err)
{
	if (!*state->cgroup)
		return err_set(err, ERR_UNSUPPORTED,
			       "the container was created with cgroups disabled");
	return cgroup_open(state->cgroup, err);
}

/* Its pid namespace is not its own and there is no cgroup: the init alone is known to be its. */
static int only_init(const struct container_state *state, pid_t **ret, size_t *ret_n,
		     struct err *err)
{
	pid_t *list = malloc(sizeof(*list));

	if (!list)
		return err_sys(err, "list processes");
	*list = state->pid;
	*ret = list;
	*ret_n = 1;
	return 0;
}

static int list_pids(const struct container_settings *set, const struct container_state *state,
		     pid_t **ret, size_t *ret_n, struct err *err)
{
	auto_spec struct spec *spec = NULL;
	auto_fd int cgroup = -1;

	if (*state->cgroup) {
		cgroup = open_cgroup(state, err);
		return cgroup < 0 ? -1 : cgroup_pids(cgroup, ret, ret_n, err);
	}
	if (state->pid == 0)
		return err_set(err, ERR_STATE, "container not running");
	if (container_load_spec(set, state->id, &spec, err) < 0)
		return -1;
	return spec_ns_new(spec, NS_PID) ? ns_pids(state->pid, ret, ret_n, err) :
					   only_init(state, ret, ret_n, err);
}

static int kill_each(const struct container_settings *set, const struct container_state *state,
		     int sig, struct err *err)
{
	auto_free pid_t *pids = NULL;
	size_t n;

	if (list_pids(set, state, &pids, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (kill(pids[i], sig) < 0 && errno != ESRCH)
			return err_sys(err, "signal process %d", pids[i]);
	return 0;
}

static int kill_all(const struct container_settings *set, const struct container_state *state,
		    int sig, struct err *err)
{
	auto_fd int cgroup = -1;

	if (sig != SIGKILL || !*state->cgroup)
		return kill_each(set, state, sig, err);
	cgroup = open_cgroup(state, err);
	return cgroup < 0 ? -1 : cgroup_kill(cgroup, err);
}

/* As kill_all, where the container's cgroup may be gone already. */
static int kill_all_left(const struct container_settings *set, const struct container_state *state,
			 int sig, struct err *err)
{
	if (kill_all(set, state, sig, err) == 0)
		return 0;
	return err->code == ENOENT ? err_set(err, ERR_STATE, "container not running") : -1;
}

static int kill_init(const struct container_state *state, int sig, struct err *err)
{
	auto_fd int pidfd = state_pidfd(state, err);

	if (pidfd < 0)
		return -1;
	if (proc_pidfd_signal(pidfd, sig) < 0)
		return errno == ESRCH ? err_set(err, ESRCH, "container not running") :
					err_sys(err, "send signal %d", sig);
	return 0;
}

int container_kill(const struct container_settings *set, const char *id, int sig, bool all,
		   struct err *err)
{
	auto_container_state struct container_state *state = NULL;
	struct err local;

	if (!err)
		err = &local;
	if (load(set, id, &state, err) < 0)
		return -1;
	if (state->status == STATUS_CREATING)
		return err_set(err, ERR_STATE, "cannot kill a creating container");
	if (all)
		return kill_all_left(set, state, sig, err);
	return kill_init(state, sig, err);
}

static int set_frozen(const struct container_settings *set, const char *id, bool freeze,
		      struct err *err)
{
	auto_container_state struct container_state *state = NULL;
	enum container_status wanted = freeze ? STATUS_RUNNING : STATUS_PAUSED;
	auto_fd int cgroup = -1;

	if (load(set, id, &state, err) < 0)
		return -1;
	if (state->status != wanted && !(freeze && state->status == STATUS_CREATED))
		return err_set(err, ERR_STATE, "container not %s (it is %s)",
			       freeze ? "running" : "paused", container_status_name(state->status));
	cgroup = open_cgroup(state, err);
	return cgroup < 0 ? -1 : cgroup_freeze(cgroup, freeze, err);
}

int container_pause(const struct container_settings *set, const char *id, struct err *err)
{
	return set_frozen(set, id, true, err);
}

int container_resume(const struct container_settings *set, const char *id, struct err *err)
{
	return set_frozen(set, id, false, err);
}

int container_pids(const struct container_settings *set, const char *id, pid_t **ret, size_t *ret_n,
		   struct err *err)
{
	auto_container_state struct container_state *state = NULL;

	if (load(set, id, &state, err) < 0)
		return -1;
	if (state->status == STATUS_STOPPED)
		return err_set(err, ERR_STATE, "container not running");
	return list_pids(set, state, ret, ret_n, err);
}

int container_wait(const struct container_settings *set, const char *id, int timeout_msec,
		   struct err *err)
{
	auto_container_state struct container_state *state = NULL;
	auto_fd int pidfd = -1;
	int ended;

	if (load(set, id, &state, err) < 0)
		return -1;
	pidfd = state_pidfd(state, err);
	if (pidfd < 0)
		return err->code == ESRCH ? 1 : -1;
	ended = proc_pidfd_wait(pidfd, timeout_msec);
	return ended < 0 ? err_sys(err, "wait for the container") : ended;
}

bool container_was_oom(const struct container_state *state)
{
	auto_fd int cgroup = *state->cgroup ? cgroup_open(state->cgroup, NULL) : -1;
	uint64_t kills = 0;

	return cgroup >= 0 &&
	       cgroup_stats_value(cgroup, "memory.events", "oom_kill", &kills) == 0 && kills > 0;
}

int container_update(const struct container_settings *set, const char *id,
		     const struct spec_resources *res, struct err *err)
{
	auto_state_dir struct state_dir dir = { -1, -1 };
	auto_container_state struct container_state *state = NULL;
	auto_fd int cgroup = -1;

	if (state_dir_open(set, id, true, &dir, err) < 0 || state_load(&dir, id, &state, err) < 0)
		return -1;
	if (state->status == STATUS_STOPPED)
		return err_set(err, ERR_STATE, "container not running");
	if (!*state->cgroup)
		return open_cgroup(state, err);
	if (state->unit)
		return unit_update(state, res, err);
	cgroup = cgroup_open_for(state->cgroup, res, err);
	return cgroup < 0 ? -1 : cgroup_update(cgroup, res, err);
}

int container_set_hostname(const struct container_settings *set, const char *id,
			   const char *hostname, struct err *err)
{
	auto_container_state struct container_state *state = NULL;
	auto_spec struct spec *spec = NULL;
	auto_fd int pidfd = -1;

	if (load(set, id, &state, err) < 0 || container_load_spec(set, id, &spec, err) < 0)
		return -1;
	if (!spec_ns_new(spec, NS_UTS))
		return err_set(err, ERR_STATE, "its UTS namespace is not its own");
	pidfd = state_pidfd(state, err);
	return pidfd < 0 ? -1 : uts_set_hostname(pidfd, hostname, err);
}
