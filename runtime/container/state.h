/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state: a live container's folder below --root, and state.json in it.
 *
 * The folder holds: lock (held by the verb that changes the container), state.json (replaced
 * whole, by rename), config.json (as given to create), exec.sock (where a created container's
 * init waits for `start`). A folder without a readable state.json is what a create that was
 * killed at its very start left behind: it counts as stopped, and delete --force removes it.
 */
#ifndef RUNTIME_CONTAINER_STATE_H
#define RUNTIME_CONTAINER_STATE_H

#include "runtime/container/container.h"

#define STATE_VERSION 1

struct state_dir {
	int fd;      /* of the folder */
	int lock_fd; /* holding the lock, or -1 */
};

/* Makes the folder of a new container and takes its lock. ERR_EXISTS: the id is taken. */
int state_dir_new(const struct container_settings *set, const char *id, struct state_dir *ret,
		  struct err *err);

/* Opens an existing one: ERR_NOT_FOUND ("container does not exist"). lock: and takes its
 * lock, waiting for the verb that holds it. */
int state_dir_open(const struct container_settings *set, const char *id, bool lock,
		   struct state_dir *ret, struct err *err);
/* Takes the lock of a folder that was open without it. ERR_NOT_FOUND: another verb has removed it
 * meanwhile, whatever has its name now. */
int state_dir_relock(const struct container_settings *set, const char *id, struct state_dir *dir,
		     struct err *err);
void state_dir_close(struct state_dir *dir);
#define auto_state_dir __attribute__((cleanup(state_dir_close)))

/* Removes the folder with all in it. */
int state_dir_remove(const struct container_settings *set, const char *id, struct state_dir *dir,
		     struct err *err);

/* state.json as written, status as it was then. */
int state_save(const struct state_dir *dir, const struct container_state *state, struct err *err);
int state_read(const struct state_dir *dir, const char *id, struct container_state **ret,
	       struct err *err);

/* Sets status and pid to what they are now: is the init alive, is it frozen? */
void state_refresh(struct container_state *state);

/* Both, and refuses what is no longer there. */
int state_load(const struct state_dir *dir, const char *id, struct container_state **ret,
	       struct err *err);

/* A pidfd of the init, checked to be the very process of the state: ESRCH in err->code where
 * it has ended. */
int state_pidfd(const struct container_state *state, struct err *err);

#endif
