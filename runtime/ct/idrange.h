/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * idrange: the 65536 user and group ids that are one CT's own.
 *
 * A range is found once, when the CT is created, and kept in its conf as LOCAL_UID and
 * LOCAL_GID (equal). It is disjoint from the ranges of all other confs and from those that
 * /etc/subuid and /etc/subgid give to users, and it stays reserved as long as a conf names it.
 */
#ifndef RUNTIME_CT_IDRANGE_H
#define RUNTIME_CT_IDRANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/ct/conf.h"

#define IDRANGE_SIZE 65536U

/* Ids that are not free: `size` of them from `first` on. */
struct idrange {
	uint32_t first, size;
};

struct idrange_list {
	struct idrange *range;
	size_t n;
};
void idrange_list_done(struct idrange_list *list);
#define auto_idrange_list __attribute__((cleanup(idrange_list_done)))

/* Adds the ranges of a subuid(5) text; lines that are none are left out, as useradd does. */
int idrange_add_subids(struct idrange_list *taken, const char *text, struct err *err);

/* Adds the ranges of a CT's conf, if it has any. */
int idrange_add_conf(struct idrange_list *taken, const struct conf *conf, struct err *err);

/* Adds all that is taken on this host: subuid, subgid, and each CTID.conf of the folder but that of
 * the CT `except` (0: of all). A conf
 * that can't be read is an error: its range would be given away. */
int idrange_add_host(struct idrange_list *taken, const char *conf_dir, uint32_t except,
		     struct err *err);

/* The first free range; ERR_FAILED when there is none left. */
int idrange_pick(const struct idrange_list *taken, uint32_t *ret_first, struct err *err);

/* Has nobody any of the range that begins there? */
bool idrange_is_free(const struct idrange_list *taken, uint32_t first);

/* The number that a range begins with, of a text that `what` names: above those of the host's own
 * users, with room behind it. ERR_INPUT. */
int idrange_parse(const char *text, const char *what, uint32_t *ret_first, struct err *err);

/* The range that a CT's conf names. ERR_INPUT where it has none, or a bad one. */
int idrange_of_conf(const struct conf *conf, uint32_t *ret_first, struct err *err);

/* Writes the range into the conf (not yet into its file). */
int idrange_set(struct conf *conf, uint32_t first, struct err *err);

#endif
