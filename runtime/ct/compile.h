/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compile: a CT's conf as an OCI config.json: everything the engine is told about a CT.
 *
 * A CT is a system container: an init of its own as PID 1, in namespaces of all kinds, in a user
 * namespace of its own range of ids, with the devices, mounts and rights that systemd's
 * container interface asks for. Pure: what it depends on is given.
 */
#ifndef RUNTIME_CT_COMPILE_H
#define RUNTIME_CT_COMPILE_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/str.h"
#include "runtime/ct/guard.h"
#include "runtime/ct/limits_effects.h"
#include "runtime/spec/spec.h"

struct compile_input {
	const char *root; /* where the CT is mounted */
	const char *hostname;
	uint32_t first_id;
	const char *const *args; /* run in place of its init, or NULL */
	const struct limits_effects *limits;
	uint32_t lxcfs; /* what lxcfs offers (lxcfs_find) */
	/* Where the listener goes, for the calls that are answered; NULL: for none. */
	const char *listener;
	bool answer_sysinfo, answer_mknod;
	bool console; /* its stdio and /dev/console are a terminal that a monitor holds */
	struct guard guard;
	uint64_t caps;                        /* capability.h */
	const struct spec_device_rule *rules; /* device.h */
	size_t rules_n;
};

/* Writes the config.json. */
void compile_spec(const struct compile_input *in, struct strbuf *out);

/* Its seccomp section alone: of `in` the listener, the answers and the guard are looked at. */
void compile_seccomp(const struct compile_input *in, struct strbuf *out);

/* The process of a command that is run in it from outside, as `exec --process` takes it, with no more
 * rights than its init's, which is `own`. */
void compile_process(const char *const *args, const char *const *env, bool terminal,
		     const struct spec_process *own, struct strbuf *out);
/* Is that init kept from the host's handler of crashes (guard.h)? */
bool compile_no_core_handler(const struct spec_process *own);

#endif
