/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hooks: the spec's programs to run at points of a container's life (config.md, POSIX-platform
 * Hooks): the state on stdin, the hook's own arguments and environment, its timeout.
 */
#ifndef RUNTIME_CONTAINER_HOOKS_H
#define RUNTIME_CONTAINER_HOOKS_H

#include "runtime/container/container.h"

/* Runs the hooks of a kind one after the other in the calling process's namespaces. The first
 * that fails (status other than 0, killed, or over its timeout and then killed) ends it. */
int hooks_run(const struct spec *spec, enum spec_hook_kind kind,
	      const struct container_state *state, struct err *err);

/* The same, where a failure is only logged and the next hook runs (poststop). */
void hooks_run_all(const struct spec *spec, enum spec_hook_kind kind,
		   const struct container_state *state);

static inline bool hooks_any(const struct spec *spec, enum spec_hook_kind kind)
{
	return spec->hooks[kind].n > 0;
}

#endif
