/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unsaved: what of a running CT was set without --save and so stands in no conf, but must be known
 * to be changed or taken away: bind mounts and devices. It is in the container's state folder, and
 * ends with that.
 */
#ifndef RUNTIME_CT_UNSAVED_H
#define RUNTIME_CT_UNSAVED_H

#include "runtime/ct/set.h"

/* Makes the conf what the running CT has; *ret tells whether that is another than its file says. */
int unsaved_load(const struct ct *ct, struct conf *conf, bool *ret, struct err *err);

/* The running CT is as `live` says, its file is as `saved`. */
int unsaved_store(const struct ct *ct, const struct conf *live, const struct conf *saved,
		  struct err *err);

/* set_edit of ct->conf, which is the file's, but for what only the running CT has. */
int unsaved_edit_file(struct ct *ct, const struct set_opts *opts, struct err *err);

#endif
