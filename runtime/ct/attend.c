/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/attend.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/time.h"
#include "runtime/ct/ctmount.h"
#include "runtime/ct/lastrun.h"
#include "runtime/ct/live.h"
#include "runtime/monitor/protocol.h"

/* ---- the monitor's arguments ---- */

/* The file itself: a name of another program's leads to the same, and one that was replaced while
 * it ran has a new one under its name. */
static int own_path(char path[PATH_MAX], struct err *err)
{
	static const char gone[] = " (deleted)";
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (n < 0)
		return err_sys(err, "find this program");
	path[n] = '\0';
	if (str_ends(path, gone))
		path[(size_t)n - strlen(gone)] = '\0';
	return 0;
}

static void add(struct strbuf *args, const char *text)
{
	strbuf_add_mem(args, text, strlen(text) + 1);
}

int attend_args(const struct ct *ct, struct strbuf *ret, struct err *err)
{
	const struct container_settings *set = ct->vz->set;
	char path[PATH_MAX];

	if (own_path(path, err) < 0)
		return -1;
	add(ret, path);
	if (!str_eq(set->root, CONTAINER_DEFAULT_ROOT)) {
		add(ret, "--root");
		add(ret, set->root);
	}
	if (!str_eq(ct->vz->conf_path, VZ_CONF) || !str_eq(set->root, CONTAINER_DEFAULT_ROOT)) {
		add(ret, "--config");
		add(ret, ct->vz->conf_path);
	}
	if (set->cgroup_manager == CGROUP_MANAGER_SYSTEMD)
		add(ret, "--systemd-cgroup");
	add(ret, "monitor");
	add(ret, ct->id);
	return ret->failed ? err_set(err, ENOMEM, "start the monitor: out of memory") : 0;
}

/* ---- what it was ---- */

/* Clock ticks since boot, as the kernel counts a process's start. */
static uint64_t uptime_sec(uint64_t pid_start)
{
	struct timespec now = { 0 };
	uint64_t start = pid_start / (uint64_t)sysconf(_SC_CLK_TCK);

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec > start ? (uint64_t)now.tv_sec - start : 0;
}

static void save(const struct ct *ct, struct ended *ended)
{
	struct err err;

	time_now(3, ended->time);
	if (ended_save(ct->vz->set, ct->id, ended, &err) < 0)
		log_warning("CT %s: %s, ignoring", ct->id, err.msg);
}

void attend_stopped(const struct ct *ct, const struct container_state *live)
{
	struct ended ended = { .how = ENDED_STOPPED, .exit_code = -1, .signal = -1 };

	if (live) {
		ended.pid_start = live->pid_start;
		ended.uptime_sec = uptime_sec(live->pid_start);
	} else if (!ended_load(ct->vz->set, ct->id, &ended) || !ended.again) {
		return;
	}
	ended.again = false;
	save(ct, &ended);
}

/* ---- what comes after it ---- */

bool attend_decide(struct ended *now, const struct ended *last, bool autorestart,
		   unsigned int *ret_pause)
{
	bool crashed = now->how == ENDED_SIGNAL || now->how == ENDED_OOM ||
		       (now->how == ENDED_EXIT && now->exit_code > 0);
	bool chain = last && last->again && now->uptime_sec < ATTEND_QUICK_SEC;

	now->again = now->how == ENDED_REBOOT || (crashed && autorestart);
	now->quick = chain && now->again ? last->quick + 1 : 0;
	*ret_pause = now->quick < MONITOR_PAUSES ? now->quick : MONITOR_PAUSES - 1;
	return now->again;
}

static bool wants_restart(const struct ct *ct)
{
	const char *value = ct_get(ct, "AUTORESTART");

	return value && str_eq(value, "yes");
}

/* As ct_stop does it after the init's end, but for the message. */
static int clean_up(const struct ct *ct, struct err *err)
{
	struct storage storage;

	if (ct_storage(ct, false, &storage, err) < 0 || live_clear(ct, err) < 0)
		return -1;
	return storage_mounted(&storage) ? ctmount_down(ct, &storage, err) : 0;
}

int attend_ended(struct ct *ct, uint32_t status, uint64_t pid_start, int *ret_status,
		 struct err *err)
{
	auto_container_state struct container_state *live = NULL;
	struct ended now = { .pid_start = pid_start }, last;
	unsigned int pause;
	bool known;

	*ret_status = 0;
	if (live_load(ct, &live, err) < 0)
		return -1;
	if (!live || live->pid_start != pid_start || live_is_running(live))
		return 0;
	known = ended_load(ct->vz->set, ct->id, &last);
	ended_of_status(status, container_was_oom(live), &now);
	now.uptime_sec = uptime_sec(pid_start);
	attend_decide(&now, known ? &last : NULL, wants_restart(ct), &pause);
	/* First, so that a clean-up which fails and is tried again finds the last one and no other. */
	if (clean_up(ct, err) < 0)
		return -1;
	save(ct, &now);
	vz_sayf(ct->vz, "Container %s: %s", now.again ? "is started again" : "was stopped",
		ended_how_name(now.how));
	if (now.again)
		*ret_status = MONITOR_AGAIN + (int)pause;
	else
		lastrun_clear(ct);
	return 0;
}

int attend_again(struct ct *ct, uint64_t pid_start, struct err *err)
{
	struct ended last;
	bool running;

	if (!ended_load(ct->vz->set, ct->id, &last) || !last.again || last.pid_start != pid_start)
		return 0;
	if (live_check(ct, &running, err) < 0)
		return -1;
	return running ? 0 : ct_start(ct, NULL, err);
}
