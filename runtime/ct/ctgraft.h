/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctgraft: a CT's device nodes and bind mounts, put into it by the engine (container_mount): before
 * its init runs, and while it runs.
 */
#ifndef RUNTIME_CT_CTGRAFT_H
#define RUNTIME_CT_CTGRAFT_H

#include "runtime/ct/ct.h"
#include "runtime/ct/device.h"

/* The CT's devices as the host has them. VZ_ERR(VZ_DEVICES), VZ_ERR(VZ_BAD_CONF). */
int ctgraft_devices(const struct ct *ct, const struct conf *conf, struct device_list *ret,
		    struct err *err);

/* Could all of it be had? Makes nothing. */
int ctgraft_check(const struct ct *ct, struct err *err);

/* All of it, into a container that was created and not started. */
int ctgraft_up(const struct ct *ct, const struct device_list *devices, struct err *err);

/* The running CT from what `old` says to what its conf says: nodes and what the kernel lets its
 * processes open; bind mounts. Either succeeds as a whole or leaves what was. */
int ctgraft_change_devices(const struct ct *ct, const struct conf *old, struct err *err);
int ctgraft_change_binds(const struct ct *ct, const struct conf *old, struct err *err);

#endif
