/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd_unit: what a container's unit is called and where its cgroup is. Pure; systemd.h talks
 * to systemd about it.
 *
 * Where systemd makes the cgroups, cgroupsPath is "SLICE:PREFIX:NAME", as with runc: the scope
 * PREFIX-NAME.scope in that slice. systemd.unit(5), systemd.slice(5), systemd.scope(5).
 */
#ifndef RUNTIME_KERNEL_SYSTEMD_UNIT_H
#define RUNTIME_KERNEL_SYSTEMD_UNIT_H

#include "runtime/base/err.h"

struct systemd_unit {
	char *slice; /* "machine.slice" */
	char *name;  /* "libpod-0123.scope" */
};
void systemd_unit_done(struct systemd_unit *unit);
#define auto_systemd_unit __attribute__((cleanup(systemd_unit_done)))

/* Of a spec's cgroupsPath (NULL or "": the scope "vzrun-ID.scope" of the default slice). A NAME
 * that ends in ".slice" stays as it is. ERR_INPUT: no such form, or no name of a unit. */
int systemd_unit_parse(const char *cgroups_path, const char *id, const char *default_slice,
		       struct systemd_unit *ret, struct err *err);

/* The cgroup of a slice in fresh memory: "a-b.slice" is in "/a.slice/a-b.slice", "-.slice" in "/".
 * NULL: ERR_INPUT where it is no name of a slice. */
char *systemd_slice_path(const char *slice, struct err *err);

#endif
