/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * action: OpenVZ's action scripts, which lie beside the confs: vps.mount for all CTs, 101.mount for
 * one. Those around mounting are programs of the host's, CTID.start and CTID.stop are read here
 * and run by the CT's own shell. None need be there. One that fails is VZ_ERR(VZ_SCRIPT).
 */
#ifndef RUNTIME_CT_ACTION_H
#define RUNTIME_CT_ACTION_H

#include <stdbool.h>

#include "runtime/ct/ct.h"

enum action {
	ACTION_PREMOUNT,
	ACTION_MOUNT,
	ACTION_START,
	ACTION_STOP,
	ACTION_UMOUNT,
	ACTION_POSTUMOUNT,
	ACTION_N,
};
/* What the scripts' names end with: "premount". */
extern const char *const action_names[ACTION_N];

/* On the host: the global script first on the way up, last on the way down. With the environment
 * that we have, and VEID, VE_CONFFILE, VE_ROOT, VE_PRIVATE. */
int action_on_host(const struct ct *ct, enum action action, struct err *err);

/* Is there such a script for the host to run? */
bool action_any(const struct ct *ct, enum action action);

/* vps.create, when a CT was made. */
int action_created(const struct ct *ct, struct err *err);

/* vps.reinstall, when it was made anew. */
int action_reinstalled(const struct ct *ct, struct err *err);

/* In the running CT, as its root, with OpenVZ's few variables. */
int action_inside(const struct ct *ct, enum action action, struct err *err);

#endif
