/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor: what `vzrun doctor` looks at, a subject a file, and the list of what it found.
 *
 * Looking changes nothing that lasts: nothing is mounted where others see it, no folder or file
 * is made. Only what is of no use to anybody any more is mended, and only when that was asked for.
 */
#ifndef RUNTIME_CLI_DOCTOR_H
#define RUNTIME_CLI_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/cli/cli.h"
#include "runtime/ct/vz.h"

enum doctor_level {
	DOCTOR_OK,
	DOCTOR_WARNING, /* something can't be had, or may soon not be */
	DOCTOR_PROBLEM, /* containers don't start, or not as they should, or something is left over */
};

struct doctor_finding {
	enum doctor_level level;
	const char *check; /* "kernel", "cgroup" */
	char *text;
	char *mend; /* one command or sentence; NULL where there is nothing to mend */
	bool mended;
};

struct doctor {
	const struct container_settings *set;
	const struct vz *vz;
	bool repair;
	bool cts; /* vz's CTs live in set's --root */
	struct doctor_finding *list;
	size_t n;
	bool failed; /* out of memory */
};

void doctor_done(struct doctor *doctor);
#define auto_doctor __attribute__((cleanup(doctor_done)))

/* mend may be NULL. */
void doctor_say(struct doctor *doctor, enum doctor_level level, const char *check, const char *mend,
		const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* What --repair takes away: tells of it as a problem, or mends it. */
typedef int (*doctor_mend)(const struct doctor *doctor, const void *arg, struct err *err);
void doctor_stale(struct doctor *doctor, const char *check, const char *what, doctor_mend mend,
		  const void *arg);

/* The subjects. */
void doctor_kernel(struct doctor *doctor);
void doctor_cgroup(struct doctor *doctor);
void doctor_storage(struct doctor *doctor);
void doctor_limits(struct doctor *doctor);
void doctor_net(struct doctor *doctor);
void doctor_leftover(struct doctor *doctor);

#endif
