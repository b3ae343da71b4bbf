/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bundle: reading the spec that a command line points to.
 */
#ifndef RUNTIME_CLI_BUNDLE_H
#define RUNTIME_CLI_BUNDLE_H

#include "runtime/base/err.h"
#include "runtime/spec/spec.h"

struct bundle {
	char *path; /* absolute, without links */
	char *config;
	size_t config_len;
	struct spec *spec;
};

/* dir NULL: the current folder. config NULL: its config.json. ERR_NOT_FOUND where there is none. */
int bundle_load(struct bundle *bundle, const char *dir, const char *config, struct err *err);
void bundle_done(struct bundle *bundle);
#define auto_bundle __attribute__((cleanup(bundle_done)))

#endif
