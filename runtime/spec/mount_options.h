/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount_options: the strings of mounts[].options (runtime-spec config.md, "Linux mount
 * options", mount(8), and crun's own). Pure text; runtime/kernel/ acts on the result.
 */
#ifndef RUNTIME_SPEC_MOUNT_OPTIONS_H
#define RUNTIME_SPEC_MOUNT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/spec/spec.h"

enum mount_option_kind {
	MOUNT_OPTION_ATTR,        /* MOUNT_ATTR_… of the mount */
	MOUNT_OPTION_REC_ATTR,    /* the same, for all mounts below it too */
	MOUNT_OPTION_PROPAGATION, /* MS_PRIVATE, … */
	MOUNT_OPTION_ON,          /* a bool of struct spec_mount */
	MOUNT_OPTION_OFF,
	MOUNT_OPTION_NOTHING, /* what already is the default */
};

struct mount_option {
	const char *name;
	uint8_t kind;   /* enum mount_option_kind */
	uint16_t at;    /* offset of the bool */
	uint32_t mask;  /* the attribute bits that the option decides … */
	uint32_t value; /* … and what they become; or the propagation */
};

/* Sorted by name. */
extern const struct mount_option mount_options[];
extern const size_t mount_options_n;

/* Applies one option; false: it is none of the table, so the file system's own. */
bool mount_options_apply(struct spec_mount *mount, const char *option);

#endif
