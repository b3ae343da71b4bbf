/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tree: which folders and files there are, as a table. Pure: that a path is one of a CT's does not
 * mean that there is such a CT.
 */
#ifndef RUNTIME_VZPROC_TREE_H
#define RUNTIME_VZPROC_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/vzproc/texts.h"

struct tree_row {
	const char *path; /* "*" is a CTID */
	mode_t mode;     /* as OpenVZ's kernel has it, but that others may look for what there is */
	texts_make make; /* of a file */
};

struct tree_node {
	const struct tree_row *row;
	bool has_ctid;
	uint32_t ctid;
};

bool tree_find(const char *path, struct tree_node *ret);

/* Steps through what is in a folder: the next row behind `last` (NULL: the first), or NULL. A name
 * that is "*" stands for one of each CT. */
const struct tree_row *tree_next(const struct tree_row *folder, const struct tree_row *last);
const char *tree_name(const struct tree_row *row);

#endif
