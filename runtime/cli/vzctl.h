/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vzctl: the face of OpenVZ's vzctl: its grammar, texts and exit codes over vzrun's verbs, so that
 * what runs vzctl works unmodified. What a verb does, and its options, are vzrun's own: a row here
 * names the verb and says what is different on the way in and out.
 *
 * As in OpenVZ, what a verb tells goes to stdout and errors to stderr, both bare; --quiet silences
 * both, but not the log (vzlog.h).
 */
#ifndef RUNTIME_CLI_VZCTL_H
#define RUNTIME_CLI_VZCTL_H

#include "runtime/cli/cli.h"

/* The version of OpenVZ's vzctl whose command line this is. Panels ask for it, in this form. */
#define VZCTL_VERSION "4.11.1"

enum vzctl_flag {
	VZCTL_VALUE = 1, /* a bad option is VZ_BAD_VALUE, else VZ_BAD_OPTION (vzctl-actions.c) */
	VZCTL_CALM = 2,  /* what refuses it is told on stdout */
	VZCTL_NEW = 4,   /* the CT need not exist */
	VZCTL_ALIAS = 8, /* another word for the row before */
	VZCTL_PATH = 16, /* a path stands before the CT */
};

struct vzctl_command {
	char word[16];
	/* vzrun's verb, whose row in cli_commands holds for what is not said here; "": it has none,
	 * and all is said here. */
	char verb[16];
	cli_run run;
	const struct cli_options *options;
	const char *failed; /* the last line on stderr where it began and failed, or NULL */
	uint8_t flags;
};

/* Ends with one without a word. */
extern const struct vzctl_command vzctl_commands[];

/* The row as vzrun's table would have it. */
struct cli_command vzctl_resolve(const struct vzctl_command *row);

/* vzctl_help.c. vzctl_list: as vzrun help --list. */
void vzctl_usage(struct strbuf *sb);
void vzctl_list(struct strbuf *sb);

/* vzctl_state.c: what vzrun has no verb for, or another one. */
int vzctl_create(struct cli *cli, struct err *err);
int vzctl_set(struct cli *cli, struct err *err);
int vzctl_chkpnt(struct cli *cli, struct err *err);
int vzctl_restore(struct cli *cli, struct err *err);
int vzctl_destroy(struct cli *cli, struct err *err);
int vzctl_quota(struct cli *cli, struct err *err);
int vzctl_compact(struct cli *cli, struct err *err);
int vzctl_exec(struct cli *cli, struct err *err);
int vzctl_set_host(struct cli *cli, struct err *err); /* set 0 */
/* vzctl_snapshot.c */
int vzctl_snapshot(struct cli *cli, struct err *err);
int vzctl_convert(struct cli *cli, struct err *err);
extern const struct cli_options vzctl_snapshot_options, vzctl_snapshot_delete_options,
	vzctl_snapshot_mount_options, vzctl_snapshot_switch_options, vzctl_snapshot_list_options,
	vzctl_convert_options;
extern const struct cli_options vzctl_no_options;
extern const struct cli_options vzctl_create_options, vzctl_chkpnt_options, vzctl_restore_options;

#endif
