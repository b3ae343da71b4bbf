/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_sample: reads the counters of all live containers, once. */
#ifndef RUNTIME_CLI_TOP_SAMPLE_H
#define RUNTIME_CLI_TOP_SAMPLE_H

#include "runtime/cli/top_rows.h"
#include "runtime/ct/vz.h"

/* One that ends meanwhile is left out; one that can't be read is there with nothing given.
 * before: the sample before (or NULL), from which names are taken over. vz: for the names of
 * CTs, or NULL. */
int top_sample_read(const struct container_settings *set, const struct vz *vz,
		    const struct top_sample *before, struct top_sample *ret, struct err *err);

/* What can't be counted on this host and why ("not counted here: memory, io (in use by cgroup v1)"),
 * in fresh memory; NULL where all can. */
char *top_sample_missing(void);

#endif
