/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * access: who may log in to a CT: passwords of its users and SSH keys of its root, written into its
 * own files. Nothing of it is kept in a conf, told in an error or given to a program of the host.
 */
#ifndef RUNTIME_CT_ACCESS_H
#define RUNTIME_CT_ACCESS_H

#include <stdbool.h>

#include "runtime/ct/dist_file.h"
#include "runtime/ct/set.h"

/* "user:password", or with crypted its crypt(5) hash. ERR_INPUT. Pure. */
int access_check_password(const char *value, bool crypted, const char *what, struct err *err);

/* Makes it the user's; one that is not there is made, with a group and a home of its own. */
int access_set_password(const struct dist_tree *tree, const char *value, bool crypted,
			struct err *err);

/* The keys that the value means, a line each, in fresh memory: it is one, or a file of the host's
 * that has them. ERR_INPUT. */
char *access_read_keys(const char *value, const char *what, struct err *err);

/* The keys that let in as root now, a line each, in fresh memory; *ret NULL where there are none. */
int access_load_keys(const struct dist_tree *tree, char **ret, struct err *err);

/* root's home in the CT; NULL: out of memory. */
char *access_home(const struct dist_tree *tree);

/* Lets them log in as root; those that may already are passed over. */
int access_add_keys(const struct dist_tree *tree, const char *keys, struct err *err);

/* set_access.c: what of `given` is about this, in the CT, which may run or not; VZ_PASSWORD. */
int access_apply(const struct ct *ct, const struct set_opts *opts, struct err *err);

#endif
