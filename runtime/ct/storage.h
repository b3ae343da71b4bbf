/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * storage: a CT's file system: its private area on disk, and mounting it at its root folder.
 * How the data lies in the private area is its layout (VE_LAYOUT).
 *
 * A private area appears complete, under its name, or not at all: it is made as NAME.tmp and
 * goes as NAME.destroyed, and whatever verb comes next clears these away. NAME.old is one that
 * another took the place of; it goes with that.
 */
#ifndef RUNTIME_CT_STORAGE_H
#define RUNTIME_CT_STORAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/err.h"

struct storage {
	const char *private; /* the private area, absolute */
	const char *root;    /* where it is mounted */
	const char *template_dir;
	const char *layout; /* "overlay" */
	const char *name;   /* the CT's id: shown in the mount table */
	uint32_t first_id;  /* what is mounted has the CT's ids; 0: those that are on disk */
};

/* Can the layout be used here? VZ_ERR(VZ_UNKNOWN_LAYOUT), ERR_UNSUPPORTED with what can be done. */
int storage_check(const struct storage *storage, struct err *err);

/* Changes what a new CT has of the template: `fd` is its tree with the owners on disk, as
 * storage_open has it. */
struct storage_furnish {
	int (*run)(int fd, const void *arg, struct err *err);
	const void *arg;
};
/* Makes the private area of a CT on the template's folder (its name below template_dir). */
int storage_create(const struct storage *storage, const char *template_folder,
		   const struct storage_furnish *furnish, struct err *err);

/* The same in the place of the one that is there, at once: at each moment there is the old one or
 * the new. keep: the old one stays as storage_kept. */
int storage_replace(const struct storage *storage, const char *template_folder,
		    const struct storage_furnish *furnish, bool keep, struct err *err);
/* Where that is: "PRIVATE.old", in fresh memory; NULL: ENOMEM. */
char *storage_kept(const struct storage *storage);
/* VZ_ERR(VZ_PRIVATE_EXISTS) where one is kept already. Clears away what a killed one left. */
int storage_check_kept(const struct storage *storage, struct err *err);
bool storage_exists(const struct storage *storage);
/* Is there anything that storage_destroy would remove? */
bool storage_has_traces(const struct storage *storage);

int storage_mount(const struct storage *storage, struct err *err);
/* The same seen by nobody but this process, which leaves the host's mount namespace (place.h leads
 * back), and by what it starts: it goes with them, whatever ends them. */
int storage_mount_alone(const struct storage *storage, struct err *err);
/* lazy: also where something of the host still uses it. No mount is fine. */
int storage_umount(const struct storage *storage, bool lazy, struct err *err);
/* What is in it, with the owners on disk: an fd of a mount that nobody else sees and that goes
 * with the fd. Not while it is mounted. */
int storage_open(const struct storage *storage, struct err *err);
bool storage_mounted(const struct storage *storage);

/* Unmounts it and removes the private area and the root folder, and what a killed verb left of
 * them. What is not there is fine. */
int storage_destroy(const struct storage *storage, struct err *err);

#endif
