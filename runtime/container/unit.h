/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unit: a container's systemd scope, where systemd makes the cgroups.
 *
 * The scope is made around a process that does nothing, the holder: so its cgroup is there, with
 * all limits and rules, before the container's first process is cloned into it, as with a cgroup
 * of our own. With nobody in it systemd removes a scope by itself; so what a create that was
 * killed leaves goes away with the holder, which ends with us.
 */
#ifndef RUNTIME_CONTAINER_UNIT_H
#define RUNTIME_CONTAINER_UNIT_H

#include "runtime/container/launch.h"
#include "runtime/kernel/systemd.h"

/* Names the scope of a new container by its cgroupsPath, with the cgroup that it should get. */
int unit_name(const struct spec *spec, struct container_state *state, struct err *err);

/* Makes the scope, and notes in the state which cgroup it has and which invocation it is. res: as
 * they will be written to the cgroup too, so with a quota that is rounded (systemd_props.h). */
int unit_start(struct launch *launch, const struct spec_resources *res, struct err *err);

/* Is there room for the holder alone (a pids limit of 1)? Then the first process moves in when it
 * is there: that no limit refuses. */
bool unit_is_full(int cgroup_fd);

/* Ends the holder, where there is one. */
void unit_release(struct launch *launch);

/* delete: connects to systemd (NULL: could not, which is logged). Where the unit of that name is
 * not the container's any more, the state forgets it with its cgroup. */
struct systemd *unit_find(const struct container_settings *set, struct container_state *state);

/* Stops it; what can't be done is logged. systemd: unit_find's. */
void unit_end(struct systemd *systemd, const struct container_state *state);

/* update: the properties and the cgroup's files; a refusal leaves both as they were. */
int unit_update(const struct container_state *state, const struct spec_resources *res,
		struct err *err);

#endif
