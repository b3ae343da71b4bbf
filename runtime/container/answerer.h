/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * answerer: who answers sysinfo(2) for a container that was created with `sysinfo`
 * (kernel/sysinfo.h): started by create, found and if need be started again by exec, gone when
 * the container is deleted. They listen at sysinfo.sock in the state folder.
 */
#ifndef RUNTIME_CONTAINER_ANSWERER_H
#define RUNTIME_CONTAINER_ANSWERER_H

#include "runtime/container/container.h"
#include "runtime/container/state.h"

/* Can such a container have them? Before anything is made. */
int answerer_check(const struct spec *spec, enum cgroup_manager manager, struct err *err);

/* create, with the init's id maps written: starts them. first_fd is the other end of the first
 * listener's connection. */
int answerer_start(const struct state_dir *dir, const struct container_state *state,
		   const struct spec *spec, int init_pidfd, int first_fd, struct err *err);

/* exec: a connection to them, to hand a listener over; ones that died are replaced. Those who
 * already run in the container stay without. The fd, or -1. */
int answerer_connect(const struct container_settings *set, const char *id, const struct spec *spec,
		     int init_pidfd, struct err *err);

/* delete, with the init ended: waits until they are gone, and removes what they had. */
void answerer_end(const struct state_dir *dir);

#endif
