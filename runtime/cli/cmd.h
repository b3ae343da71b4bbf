/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd: the commands, one or a small family a file, and their options: what the table in main.c
 * is made of. What each does is in its row there and in vzrun(8).
 */
#ifndef RUNTIME_CLI_CMD_H
#define RUNTIME_CLI_CMD_H

#include "runtime/cli/cli.h"

/* cmd_create.c */
int cmd_create(struct cli *cli, struct err *err);
int cmd_run(struct cli *cli, struct err *err);
extern const struct cli_options cmd_create_options, cmd_run_options;
/* Are the n fds from `first` on open, and our caller's? `what` names the option. */
int cmd_check_fds(unsigned int first, unsigned int n, const char *what, struct err *err);
/* An OCI container may not shadow a CT, which would then be out of every verb's reach. */
int cmd_check_free(struct cli *cli, struct err *err);
const char *cmd_notify_socket(void); /* NULL: no service manager waits for us */

/* cmd_life.c */
int cmd_start(struct cli *cli, struct err *err);
int cmd_state(struct cli *cli, struct err *err);
int cmd_kill(struct cli *cli, struct err *err);
int cmd_delete(struct cli *cli, struct err *err);
int cmd_pause(struct cli *cli, struct err *err);
int cmd_resume(struct cli *cli, struct err *err);
extern const struct cli_options cmd_kill_options, cmd_delete_options;

/* cmd_checkpoint.c */
int cmd_checkpoint(struct cli *cli, struct err *err);
int cmd_restore(struct cli *cli, struct err *err);
extern const struct cli_options cmd_checkpoint_options, cmd_restore_options;

/* cmd_exec.c */
int cmd_exec(struct cli *cli, struct err *err);
extern const struct cli_options cmd_exec_options;

/* cmd_ps.c */
int cmd_ps(struct cli *cli, struct err *err);
extern const struct cli_options cmd_ps_options;

/* cmd_update.c */
int cmd_update(struct cli *cli, struct err *err);
extern const struct cli_options cmd_update_options;

/* cmd_events.c */
int cmd_events(struct cli *cli, struct err *err);
extern const struct cli_options cmd_events_options;

/* cmd_spec.c */
int cmd_spec(struct cli *cli, struct err *err);
int cmd_features(struct cli *cli, struct err *err);
extern const struct cli_options cmd_spec_options;

/* cmd_list.c */
int cmd_list(struct cli *cli, struct err *err);
extern const struct cli_options cmd_list_options;

/* cmd_top.c */
int cmd_top(struct cli *cli, struct err *err);
extern const struct cli_options cmd_top_options;

/* cmd_doctor.c */
int cmd_doctor(struct cli *cli, struct err *err);
extern const struct cli_options cmd_doctor_options;

/* cmd_help.c */
int cmd_help(struct cli *cli, struct err *err);
int cmd_help_on(const struct cli_command *command, struct err *err); /* NULL: on all */
int cmd_version(struct cli *cli, struct err *err);
extern const struct cli_options cmd_help_options;

#endif
