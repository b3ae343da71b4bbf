/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/container/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/base/proc.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/cgroup_file.h"
#include "runtime/kernel/cgroup_undo.h"
#include "runtime/kernel/systemd_unit.h"

/* How long systemd may take to notice an end that it can't be told of. */
#define LET_IT_END_MSEC 10000
#define LET_IT_END_STEP_MSEC 20

/* Whose manager: the system's for its root, else that of the user, who may have become the root of
 * a user namespace. */
static bool is_users(void)
{
	return geteuid() != 0 || !ns_user_is_initial();
}

int unit_name(const struct spec *spec, struct container_state *state, struct err *err)
{
	auto_systemd_unit struct systemd_unit unit = { NULL, NULL };
	auto_free char *slice = NULL;

	if (systemd_unit_parse(spec->lin.cgroups_path, state->id,
			       is_users() ? "user.slice" : "system.slice", &unit, err) < 0)
		return -1;
	if (str_ends(unit.name, ".slice"))
		return err_set(err, ERR_INPUT,
			       "config.json: linux.cgroupsPath: \"%.100s\" is a slice, which holds "
			       "units: a container is a scope",
			       unit.name);
	slice = systemd_slice_path(unit.slice, err);
	if (!slice)
		return -1;
	state->cgroup = path_join(slice, unit.name);
	state->unit = steal_ptr(&unit.name);
	return state->cgroup ? 0 : err_sys(err, "name the systemd unit");
}

/* ---- the holder ---- */

__attribute__((noreturn)) static void holder_main(int end)
{
	int keep[] = { end };
	char byte;

	/* The lock and what else was the parent's: or they would outlive it. */
	fd_close_others(0, keep, ARRAY_SIZE(keep), NULL);
	while (read(end, &byte, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

static int start_holder(struct launch *launch, struct err *err)
{
	auto_fd int end = -1;
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	end = pair[0];
	launch->holder_end = pair[1];
	launch->holder = proc_clone(0, -1, NULL);
	if (launch->holder == 0)
		holder_main(end);
	return launch->holder < 0 ? err_sys(err, "fork") : 0;
}

void unit_release(struct launch *launch)
{
	fd_closep(&launch->holder_end);
	if (launch->holder <= 0)
		return;
	kill(launch->holder, SIGKILL);
	proc_wait(launch->holder);
	launch->holder = 0;
}

bool unit_is_full(int cgroup_fd)
{
	char text[32];

	return cgroup_file_read(cgroup_fd, "pids.max", text, sizeof(text)) > 0 &&
	       str_eq(text, "1\n");
}

/* ---- properties ---- */

/* By which a create that was killed before it could note the invocation is known again. */
static char *description(const struct container_settings *set, const char *id)
{
	return str_dupf("vzrun container %s of %s", id, set->root);
}

static int put_basics(struct systemd_props *props, const char *slice, pid_t pid)
{
	static const char *const switches[] = { "Delegate", "CPUAccounting", "IOAccounting",
						"MemoryAccounting", "TasksAccounting" };
	struct systemd_prop *pids = systemd_props_put(props, "PIDs", "au");
	struct systemd_item *item = pids ? systemd_prop_add(pids) : NULL;
	int failed = systemd_props_put_text(props, "Slice", slice);

	if (!item)
		return -1;
	item->number = (uint64_t)pid;
	for (size_t i = 0; i < ARRAY_SIZE(switches); i++)
		failed |= systemd_props_put_number(props, switches[i], 'b', true);
	/* Where the spec has no limit there is none, not the manager's DefaultTasksMax. */
	failed |= systemd_props_put_number(props, "TasksMax", 't', UINT64_MAX);
	failed |= systemd_props_put_number(props, "DefaultDependencies", 'b', false);
	/* systemd shall keep out of it: the rules are a program of ours in the cgroup, which can say
	 * all that a spec can. One of systemd's would have to allow it too. */
	failed |= systemd_props_put_text(props, "DevicePolicy", "auto");
	failed |= systemd_props_put(props, "DeviceAllow", "a(ss)") ? 0 : -1;
	return failed;
}

static int put_limits(struct systemd *systemd, struct systemd_limits *limits,
		      struct systemd_props *props, struct err *err)
{
	if (systemd_limits_need_version(limits->plan) &&
	    systemd_version(systemd, &limits->version, err) < 0)
		return -1;
	return systemd_props_put_limits(props, limits, err);
}

static void warn_of_oom_group(const struct systemd_limits *limits)
{
	for (size_t i = 0; i < limits->plan->n; i++) {
		const struct cgroup_write *write = &limits->plan->write[i];

		if (str_eq(write->file, "memory.oom.group") && str_eq(write->value, "1") &&
		    limits->version < SYSTEMD_VERSION_OOM_POLICY) {
			log_warning("memory.oom.group: systemd %d resets it when it is reloaded "
				    "(%d would keep it)",
				    limits->version, SYSTEMD_VERSION_OOM_POLICY);
			return;
		}
	}
}

static int new_limits(struct systemd *systemd, const struct spec_resources *res,
		      struct systemd_props *props, struct err *err)
{
	static const struct cgroup_now nothing_yet = { .memory_max = -1, .cpu_quota = -1 };
	struct cgroup_plan plan;
	struct systemd_limits limits = {
		.plan = &plan,
		.is_new = true,
		.cpu_period = SYSTEMD_CPU_PERIOD,
	};
	int failed;

	if (cgroup_plan_init(&plan, res, &nothing_yet, err) < 0)
		return -1;
	failed = put_limits(systemd, &limits, props, err);
	if (!failed)
		warn_of_oom_group(&limits);
	cgroup_plan_done(&plan);
	return failed;
}

/* ---- making it ---- */

static int all_props(struct launch *launch, struct systemd *systemd,
		     const struct spec_resources *res, struct systemd_props *props, struct err *err)
{
	auto_free char *text = description(launch->set, launch->state->id);
	auto_systemd_unit struct systemd_unit unit = { NULL, NULL };

	if (systemd_unit_parse(launch->spec->lin.cgroups_path, launch->state->id,
			       is_users() ? "user.slice" : "system.slice", &unit, err) < 0)
		return -1;
	if (!text || systemd_props_put_text(props, "Description", text) < 0 ||
	    put_basics(props, unit.slice, launch->holder) < 0)
		return err_sys(err, "list the systemd unit's properties");
	if (systemd_props_put_annotations(props, launch->spec, err) < 0)
		return -1;
	return new_limits(systemd, res, props, err);
}

static int note(struct container_state *state, struct systemd *systemd, struct err *err)
{
	char *cgroup = systemd_cgroup(systemd, state->unit, err);

	if (!cgroup)
		return -1;
	free(state->cgroup);
	state->cgroup = cgroup;
	return 0;
}

int unit_start(struct launch *launch, const struct spec_resources *res, struct err *err)
{
	auto_systemd struct systemd *systemd = NULL;
	auto_systemd_props struct systemd_props props = { NULL, 0 };
	struct container_state *state = launch->state;

	if (systemd_open(is_users(), &systemd, err) < 0 || start_holder(launch, err) < 0 ||
	    all_props(launch, systemd, res, &props, err) < 0)
		return -1;
	if (systemd_start(systemd, state->unit, &props, err) < 0)
		return -1;
	state->invocation = systemd_invocation(systemd, state->unit, err);
	if (state->invocation && *state->invocation && note(state, systemd, err) == 0)
		return 0;
	if (state->invocation && !*state->invocation)
		err_set(err, ERR_FAILED, "systemd: unit \"%.100s\" ended at once", state->unit);
	systemd_stop(systemd, state->unit, NULL);
	return -1;
}

/* ---- ending it ---- */

/* 1 it is, 0 it is another's, -1. */
static int is_ours(struct systemd *systemd, const struct container_settings *set,
		   const struct container_state *state, struct err *err)
{
	auto_free char *mine = NULL, *theirs = NULL;

	if (state->invocation) {
		theirs = systemd_invocation(systemd, state->unit, err);
		return !theirs ? -1 : !*theirs || str_eq(theirs, state->invocation);
	}
	mine = description(set, state->id);
	theirs = systemd_description(systemd, state->unit, err);
	return !mine || !theirs ? -1 : str_eq(mine, theirs);
}

static void forget(struct container_state *state)
{
	mem_free_ptr(&state->unit);
	state->unit = NULL;
	*state->cgroup = '\0';
}

struct systemd *unit_find(const struct container_settings *set, struct container_state *state)
{
	auto_systemd struct systemd *systemd = NULL;
	struct err err;
	int ours = -1;

	if (!state->unit)
		return NULL;
	if (systemd_open(is_users(), &systemd, &err) == 0)
		ours = is_ours(systemd, set, state, &err);
	if (ours < 0)
		log_warning("%s: unit \"%s\" is left to end by itself", err.msg, state->unit);
	/* What was never noted is only known by its name. */
	if (ours == 0 || (ours < 0 && !state->invocation))
		forget(state);
	return ours == 1 ? steal_ptr(&systemd) : NULL;
}

/* systemd ends a scope when it sees that its cgroup is empty, and removes the cgroup then. One
 * that is gone before it has looked tells it nothing, and the unit would stay for ever. */
static void let_it_end(const struct container_state *state)
{
	if (!state->unit || !*state->cgroup || access("/run/systemd/system", F_OK) < 0)
		return;
	for (int waited = 0; waited < LET_IT_END_MSEC; waited += LET_IT_END_STEP_MSEC) {
		auto_fd int cgroup = cgroup_open(state->cgroup, NULL);

		if (cgroup < 0)
			return;
		usleep(LET_IT_END_STEP_MSEC * 1000);
	}
}

void unit_end(struct systemd *systemd, const struct container_state *state)
{
	struct err err;

	if (!systemd)
		let_it_end(state);
	else if (systemd_stop(systemd, state->unit, &err) < 0)
		log_warning("%s, ignoring", err.msg);
}

/* ---- new limits ---- */

/* systemd's own, which it writes with each quota, whatever stands in the file. */
static int cpu_period_of(struct systemd *systemd, const char *unit, uint64_t *ret, struct err *err)
{
	auto_systemd_props struct systemd_props asked = { NULL, 0 }, got = { NULL, 0 };

	if (!systemd_props_put(&asked, "CPUQuotaPeriodUSec", "t"))
		return err_sys(err, "ask systemd");
	if (systemd_get(systemd, unit, &asked, &got, err) < 0)
		return -1;
	*ret = got.prop[0].item[0].number;
	if (*ret == 0 || *ret == UINT64_MAX)
		*ret = SYSTEMD_CPU_PERIOD;
	return 0;
}

static bool is_idle(int cgroup_fd)
{
	char text[16];

	return cgroup_file_read(cgroup_fd, "cpu.idle", text, sizeof(text)) > 0 &&
	       str_eq(text, "1\n");
}

/* res: rounded here. */
static int changed_limits(struct systemd *systemd, const char *unit, int cgroup_fd,
			  struct spec_resources *res, struct systemd_props *props, struct err *err)
{
	struct cgroup_plan plan;
	struct systemd_limits limits = { .plan = &plan, .was_idle = is_idle(cgroup_fd) };
	int failed;

	if (cpu_period_of(systemd, unit, &limits.cpu_period, err) < 0)
		return -1;
	systemd_round_quota(&res->cpu, limits.cpu_period);
	if (cgroup_plan_for(cgroup_fd, res, &plan, err) < 0)
		return -1;
	failed = put_limits(systemd, &limits, props, err);
	cgroup_plan_done(&plan);
	return failed;
}

/* With any property systemd writes its own value into files that it has others for. */
static int note_files(struct cgroup_undo *undo, int cgroup_fd, struct err *err)
{
	static const char *const files[] = {
		"cpu.idle",    "cpu.max",          "cpu.weight",      "cpuset.cpus",
		"cpuset.mems", "io.bfq.weight",    "io.latency",      "io.max",
		"io.weight",   "memory.high",      "memory.low",      "memory.max",
		"memory.min",  "memory.oom.group", "memory.swap.max", "pids.max",
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (cgroup_undo_note(undo, cgroup_fd, files[i], err) < 0)
			return -1;
	return 0;
}

static void put_back(const struct cgroup_undo *undo, int cgroup_fd)
{
	const char *refused = cgroup_undo_apply(undo, cgroup_fd);

	if (refused)
		log_warning("\"%s\" could not be put back as it was, ignoring", refused);
}

/* The properties alone: the files are as they were. */
static int set_props(struct systemd *systemd, const char *unit, int cgroup_fd,
		     const struct systemd_props *props, struct err *err)
{
	auto_cgroup_undo struct cgroup_undo files = { NULL, 0 };

	if (props->n == 0)
		return 0;
	if (note_files(&files, cgroup_fd, err) < 0 || systemd_set(systemd, unit, props, err) < 0)
		return -1;
	put_back(&files, cgroup_fd);
	return 0;
}

/* Puts MemoryMax at the end. */
static void put_killer_last(struct systemd_props *props)
{
	for (size_t i = 0; i + 1 < props->n; i++) {
		struct systemd_prop *end = &props->prop[props->n - 1], here = props->prop[i];

		if (!str_eq(here.name, "MemoryMax"))
			continue;
		props->prop[i] = *end;
		*end = here;
	}
}

/* MemoryMax may kill, so it is told once all else was taken. */
static int set_limits(struct systemd *systemd, const char *unit, int cgroup_fd,
		      const struct spec_resources *res, struct systemd_props *props,
		      struct err *err)
{
	struct systemd_props rest, last = { NULL, 0 };

	put_killer_last(props);
	rest = *props;
	if (rest.n > 0 && str_eq(rest.prop[rest.n - 1].name, "MemoryMax")) {
		rest.n--;
		last = (struct systemd_props){ &rest.prop[rest.n], 1 };
	}
	if (set_props(systemd, unit, cgroup_fd, &rest, err) < 0 ||
	    cgroup_update(cgroup_fd, res, err) < 0)
		return -1;
	return set_props(systemd, unit, cgroup_fd, &last, err);
}

int unit_update(const struct container_state *state, const struct spec_resources *res,
		struct err *err)
{
	auto_systemd struct systemd *systemd = NULL;
	auto_systemd_props struct systemd_props props = { NULL, 0 }, before = { NULL, 0 };
	auto_cgroup_undo struct cgroup_undo files = { NULL, 0 };
	auto_fd int cgroup = cgroup_open_for(state->cgroup, res, err);
	struct spec_resources rounded = *res;
	struct err undo;

	if (cgroup < 0)
		return -1;
	if (systemd_open(is_users(), &systemd, err) < 0 ||
	    changed_limits(systemd, state->unit, cgroup, &rounded, &props, err) < 0 ||
	    systemd_get(systemd, state->unit, &props, &before, err) < 0 ||
	    note_files(&files, cgroup, err) < 0)
		return -1;
	if (set_limits(systemd, state->unit, cgroup, &rounded, &props, err) == 0)
		return 0;
	if (props.n > 0 && systemd_set(systemd, state->unit, &before, &undo) < 0)
		log_warning("%s, ignoring", undo.msg);
	put_back(&files, cgroup);
	return -1;
}
