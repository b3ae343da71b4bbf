/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ended: how a CT's last run ended, kept beyond it: ROOT/.ended/CTID.json below the folder of live
 * state, replaced whole by rename, so a watcher of that folder sees IN_MOVED_TO "CTID.json". It is
 * removed with the CT, and with all live state when the host boots. An object:
 *
 *   version   1; a reader ignores members it does not know
 *   id        "101"
 *   how       "stopped"   by a verb of the host's (stop, restart, …)
 *             "poweroff"  shut down from inside (reboot(2): HALT or POWER_OFF)
 *             "reboot"    from inside (RESTART): it is started again
 *             "exit"      its init exited; see exitCode
 *             "signal"    its init was killed; see signal
 *             "oom"       it was killed for want of memory within its own limit
 *             "unknown"   nobody saw: the monitor had been killed
 *   exitCode, signal   numbers, where they are known
 *   time      RFC 3339, UTC: when it was noticed
 *   uptimeSec how long it ran
 *   again     true: it is about to be started again, by its monitor
 *   quick     how many of its last starts by the monitor were too soon after the one before
 *   pidStart  which run it was: the init's start time (state.json has it too)
 */
#ifndef RUNTIME_CT_ENDED_H
#define RUNTIME_CT_ENDED_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/container/container.h"
#include "runtime/ct/ct.h"

#define ENDED_FOLDER ".ended"

enum ended_how {
	ENDED_STOPPED,
	ENDED_POWEROFF,
	ENDED_REBOOT,
	ENDED_EXIT,
	ENDED_SIGNAL,
	ENDED_OOM,
	ENDED_UNKNOWN,
};
const char *ended_how_name(enum ended_how how);

struct ended {
	enum ended_how how;
	int exit_code, signal; /* -1: not known */
	uint64_t uptime_sec, pid_start;
	bool again;
	unsigned int quick;
	char time[40];
};

/* What a status as of the monitor's MONITOR_ENDED says; oom: the kernel killed in its cgroup. Pure. */
void ended_of_status(uint32_t status, bool oom, struct ended *ret);

/* False where nothing is known. */
bool ended_load(const struct container_settings *set, const char *id, struct ended *ret);
int ended_save(const struct container_settings *set, const char *id, const struct ended *ended,
	       struct err *err);
void ended_remove(const struct container_settings *set, const char *id);

#endif
