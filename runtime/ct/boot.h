/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot: the CTs as the host comes up and goes down: all in the order of bootplan.h, each by a
 * process of its own, so many at once (pool.h). One that fails holds no other.
 *
 * On the way up the stale is cleared away first (stale.h). On the way down a CT keeps its mark
 * (lastrun.h), by which the next boot knows it. Either may be killed at any moment: what it began
 * ends by itself, the rest is the next one's. A shutdown makes a boot that is still at work begin
 * no more.
 */
#ifndef RUNTIME_CT_BOOT_H
#define RUNTIME_CT_BOOT_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/base/err.h"
#include "runtime/ct/vz.h"

#define BOOT_TIMEOUT_SEC 900     /* when nobody waits for the last start any more */
#define SHUTDOWN_TIMEOUT_SEC 300 /* VZ_STOP_TIMEOUT's default */
#define SHUTDOWN_TIMEOUT_MAX 86400

struct boot_opts {
	unsigned int parallel; /* 0: VE_PARALLEL */
	int timeout_sec;       /* 0: the default */
	/* In the process that starts or stops a CT: before and behind it, err NULL where it went
	 * well; who hears what it says. */
	void (*begin)(const struct vz *vz, const char *id);
	void (*end)(const struct err *err);
	vz_say say;
};

struct boot_result {
	size_t done, failed;
};

/* Starts what is to run and does not. Each failure is a warning and counted. */
int boot_up(const struct vz *vz, const struct boot_opts *opts, struct boot_result *ret,
	    struct err *err);

/* Stops all CTs, and unmounts them: what has not shut down by itself when the time is over is
 * killed. */
int boot_down(const struct vz *vz, const struct boot_opts *opts, struct boot_result *ret,
	      struct err *err);

/* Did boot_up run to its end since the host came up, and no boot_down since? */
bool boot_is_up(const struct vz *vz);

#endif
