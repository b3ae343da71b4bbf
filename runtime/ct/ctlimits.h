/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctlimits: a CT's limits as its conf, vz.conf and this host make them: read, and put in force for
 * a CT that runs. What keys mean is limits.h's, what they do limits_effects.h's.
 */
#ifndef RUNTIME_CT_CTLIMITS_H
#define RUNTIME_CT_CTLIMITS_H

#include <stdbool.h>

#include "runtime/ct/ct.h"
#include "runtime/ct/limits_effects.h"

struct ctlimits {
	struct limits limits;
	struct limits_effects effects;
	char *cpus, *nodes, *node_cpus; /* what effects point to, besides the conf */
};

/* Of that conf, which must outlive it. ERR_INPUT with the conf's name; ERR_UNSUPPORTED where a rate
 * is asked for and the private area lies on no single disk. */
int ctlimits_read(const struct ct *ct, const struct conf *conf, struct ctlimits **ret,
		  struct err *err);
void ctlimits_free(struct ctlimits *limits);
MEM_DEFINE_CLEANUP(struct ctlimits, ctlimits_free)
#define auto_ctlimits __attribute__((cleanup(ctlimits_freep)))

/* Does the host have the controller in cgroup v2? */
bool ctlimits_host_has(const char *controller);

/* The disk that the private area is on, or will be, into the effects. */
int ctlimits_find_disk(const struct ct *ct, struct limits_effects *e, struct err *err);

/* From the limits of the old conf to those of the CT's: all or nothing as far as cgroups go. What
 * `keys` (NULL at the end) name is written even where both say the same. Each part's exit code:
 * VZ_SET_UBC, VZ_SET_CPU, VZ_SET_IO, … */
int ctlimits_change(const struct ct *ct, const struct conf *old, const char *const *keys,
		    struct err *err);

/* Says what of the CPUs is set, as vzctl does at start. */
void ctlimits_say_cpu(const struct ct *ct, const struct limits *limits);

#endif
