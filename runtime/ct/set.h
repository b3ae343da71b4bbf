/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * set: what `set` and `create` may change of a CT, as tables: an option, the conf keys it edits,
 * and what of a running CT has to follow.
 */
#ifndef RUNTIME_CT_SET_H
#define RUNTIME_CT_SET_H

#include <stdbool.h>

#include "runtime/ct/ct.h"

enum set_mode { SET_MODE_NONE, SET_MODE_RESTART, SET_MODE_IGNORE };

struct set_opts {
	/* An option's name ("ram") and its value, for each in the order given; NULL at the end. The
	 * whole may be NULL. */
	char **given;
	const char *ifname; /* the NIC that options of one NIC are about, or NULL: the routed one */
	bool crypted;       /* the password is a hash */
	bool openvz; /* a password is set, and told of, as OpenVZ does it: in a CT that is up */
	bool skip_arpdetect;
	bool reset_ub; /* put the conf's limits in force anew, and nothing else */
	bool save;
	bool force;        /* with save: what can't be applied is kept all the same */
	unsigned int mode; /* enum set_mode: for what a running CT can't be given */
};

/* What of a CT an option is about. In this order they are applied to a running one, each by its
 * row in set_apply.c. */
enum set_part {
	SET_NET,
	SET_DNS,
	SET_HOSTNAME,
	SET_LIMITS,
	SET_DISK,
	SET_DEVICES,
	SET_BINDS,
	SET_PASSWORD,
	SET_NEXT_START, /* holds from the next start on; a running CT can't be given it */
	SET_STORED,     /* for others that read the conf: list, boot, panels */
	SET_NO_EFFECT,  /* accepted and kept, of no effect */
	SET_PARTS,
};

enum set_flag {
	SET_JOINED =
		1, /* given more than once it is edited once, by all values with blanks between */
	SET_STOPPED = 2, /* refused while the CT runs: VZ_RUNNING */
	SET_SAVE = 4,    /* makes no sense without save */
	SET_WHOLE = 8,   /* it is about all parts */
};

struct set_job {
	struct ct *ct;
	const struct set_opts *opts;
	const struct set_row *row;
};

/* Checks the value and changes job->ct->conf, nothing else. `what` is the option ("--ram"), for
 * errors. */
typedef int (*set_edit_fn)(const struct set_job *job, const char *value, const char *what,
			   struct err *err);

struct set_row {
	char option[20]; /* without dashes; "" ends a table */
	set_edit_fn edit;
	const char *key; /* the conf key that it edits, or "": none */
	uint8_t part, flags;
	uint8_t fails; /* the exit code for a bad value, or 0: VZ_BAD_VALUE */
};

/* The tables, by subject. Options are done in the order of the rows, whatever the order they were
 * given in: first what takes away. */
extern const struct set_row set_access_rows[], set_config_rows[], set_device_rows[],
	set_disk_rows[], set_limits_rows[], set_net_rows[], set_plain_rows[];
/* All of them; NULL at the end. */
extern const struct set_row *const set_tables[];

/* The row of an option, or NULL. */
const struct set_row *set_find(const char *option);

/* Edits the CT's conf in memory, and checks what comes out. VZ_BAD_VALUE, or what a row says; then the conf
 * is of no more use. ret_parts, which may be NULL: bits 1 << SET_… of what was given. */
int set_edit(struct ct *ct, const struct set_opts *opts, unsigned int *ret_parts, struct err *err);

/* The verb: edits, applies to a running CT, and with save keeps it. What can't be applied is not
 * saved. */
int set_apply(struct ct *ct, const struct set_opts *opts, struct err *err);

#endif
