/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bind: what of the host a CT has mounted: BINDMOUNT="[SOURCE:]TARGET[,OPTION…] …", and the volumes
 * that nesting:on brings. Pure.
 *
 * Without a source it is a volume of the CT's own: a folder of its private area (BIND_OWN_DIR),
 * which is no overlay.
 */
#ifndef RUNTIME_CT_BIND_H
#define RUNTIME_CT_BIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"

/* In the private area; each volume is a folder in it, none in another. */
#define BIND_OWN_DIR "mnt"

struct bind {
	char *source;  /* absolute, on the host; NULL: a volume of its own */
	char *target;  /* absolute and clean, in the CT */
	uint64_t attr; /* MOUNT_ATTR_… */
};

struct bind_list {
	struct bind *list;
	size_t n;
};
void bind_done(struct bind_list *list);
#define auto_bind_list __attribute__((cleanup(bind_done)))

/* The values of a conf, each may be NULL. ERR_INPUT. */
int bind_read(const char *bindmount, const char *features, struct bind_list *ret, struct err *err);

/* The target of the list that the path is, or lies below; NULL: none. */
const char *bind_covers(const struct bind_list *list, const char *path);

/* BINDMOUNT with the word in it, in place of one for the same target. what: "--bindmount_add". */
int bind_add(const char *bindmount, const char *word, const char *what, char **ret,
	     struct err *err);

/* BINDMOUNT without that target; "all": without any. ERR_INPUT: it is not there. */
int bind_del(const char *bindmount, const char *target, const char *what, char **ret,
	     struct err *err);

#endif
