/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard: what keeps a CT from the host besides its namespaces, its ids and its capabilities: an AppArmor
 * profile, no say in the host's handler of crashes and in its keyrings, and other users' processes
 * hidden. By its conf, or vz.conf's: APPARMOR, HOST_CORE_HANDLER, FEATURES="keyctl:on", HIDEPID,
 * HIDEPID_GID. See ctid.conf(5).
 */
#ifndef RUNTIME_CT_GUARD_H
#define RUNTIME_CT_GUARD_H

#include <stdbool.h>

#include "runtime/base/err.h"

struct ct;

/* The profiles of conf/apparmor. */
#define GUARD_PROFILE "vzrun-ct"
#define GUARD_PROFILE_NESTING "vzrun-ct-nesting"

struct guard {
	const char *apparmor; /* its profile, which is loaded; NULL: none */
	/* A crash inside starts no program of the host's: RLIMIT_CORE is 1, which the kernel takes for
	 * just that (do_coredump() in fs/coredump.c), and stays so. */
	bool no_core_handler;
	bool keys;        /* add_key(2), keyctl(2) and request_key(2) are there */
	char hidepid[24]; /* options of its procfs, or "" */
	char proc_gid[24];
};

/* VZ_ERR(VZ_BAD_CONF): a value that is none, or a profile was asked for by name and is not loaded. A
 * host without AppArmor, or without our profile, is no error. */
int guard_read(const struct ct *ct, struct guard *ret, struct err *err);

/* ---- by themselves ---- */

/* Is it in the text of apparmor/profiles ("NAME (enforce)" lines)? */
bool guard_is_loaded(const char *profiles, const char *name);
/* Does a core_pattern hand crashes to something of the host's? */
bool guard_is_handler(const char *core_pattern);

#endif
