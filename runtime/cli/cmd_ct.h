/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_ct: the verbs of persistent containers (CTs), and where the verbs that both faces share
 * hand over.
 *
 * The table in main.c names the functions; what a CT does is in runtime/ct/. On failure each
 * puts OpenVZ's exit code into cli->status (openvz's vzctl(8), EXIT STATUS).
 * Shared verbs: `create` calls cmd_ct_create when one of cmd_ct_create_options was given;
 * `start` calls cmd_ct_start when cmd_ct_find knows its argument, whether or not something of
 * that id is live (what is live may be the CT's leftover from a crash); `list` calls
 * cmd_ct_list when one of cmd_ct_list_options or a CT was given.
 */
#ifndef RUNTIME_CLI_CMD_CT_H
#define RUNTIME_CLI_CMD_CT_H

#include "runtime/cli/cli.h"
#include "runtime/ct/ct.h"

/* The registered CT that a number or name means: 1 and its id in fresh memory, 0 when there is
 * none, -1 with err. Costs one or two system calls. The place of the confs comes from
 * cli->global.config (--config FILE, the vz.conf), NULL: the default one. */
int cmd_ct_find(const struct cli *cli, const char *name, char **ret_id, struct err *err);

/* OpenVZ's exit code for the error; what it has no number for is a "system error". */
int cmd_ct_exit_code(const struct err *err);

typedef int (*cmd_ct_verb)(struct cli *cli, struct ct *ct, struct err *err);
/* Opens the CT that the first argument names (flags: ct.h's), and does it. */
int cmd_ct_on(struct cli *cli, unsigned int flags, cmd_ct_verb run, struct err *err);
/* vz.conf, for a verb that tells on stdout, but for --quiet, and in the log what it does. */
int cmd_ct_load_vz(struct cli *cli, struct vz **ret, struct err *err);
/* The same for what is about the host itself. */
typedef int (*cmd_host_verb)(struct cli *cli, const struct vz *vz, struct err *err);
int cmd_ct_on_host(struct cli *cli, cmd_host_verb run, struct err *err);
/* For a verb that ends with rc: OpenVZ's exit code where that is -1. */
int cmd_ct_finish(struct cli *cli, int rc, const struct err *err);

/* cmd_status.c: cmd_ct_status, but with an option for any container. */
int cmd_status(struct cli *cli, struct err *err);
extern const struct cli_options cmd_status_options;

/* cmd_set.c */
int cmd_ct_create(struct cli *cli, struct err *err);
extern const struct cli_options cmd_ct_create_options;
int cmd_ct_rename(struct cli *cli, struct err *err);
int cmd_ct_set(struct cli *cli, struct err *err);
extern const struct cli_options cmd_ct_set_options;

/* cmd_inside.c. The last two are OpenVZ's ways of exec; cli->status is what the command ended with. */
int cmd_ct_enter(struct cli *cli, struct err *err);
int cmd_ct_runscript(struct cli *cli, struct err *err);
int cmd_ct_exec_line(struct cli *cli, struct err *err); /* exec, exec2: for a shell */
int cmd_ct_exec_args(struct cli *cli, struct err *err); /* exec3: as they are */

/* cmd_monitor.c */
int cmd_monitor(struct cli *cli, struct err *err);

/* cmd_register.c */
int cmd_ct_register(struct cli *cli, struct err *err);
extern const struct cli_options cmd_ct_register_options;
int cmd_ct_unregister(struct cli *cli, struct err *err);

/* cmd_boot.c */
int cmd_boot(struct cli *cli, struct err *err);
int cmd_shutdown(struct cli *cli, struct err *err);
extern const struct cli_options cmd_boot_options, cmd_shutdown_options;

/* cmd_reinstall.c */
int cmd_ct_reinstall(struct cli *cli, struct err *err);
extern const struct cli_options cmd_ct_reinstall_options;

int cmd_ct_start(struct cli *cli, struct err *err);
int cmd_ct_stop(struct cli *cli, struct err *err);
extern const struct cli_options cmd_ct_start_options, cmd_ct_stop_options, cmd_ct_restart_options;
int cmd_ct_restart(struct cli *cli, struct err *err);
int cmd_ct_status(struct cli *cli, struct err *err);
/* Of the CT that the first argument names, and its line in OpenVZ's words. */
int cmd_ct_get_status(struct cli *cli, struct ct_status *ret, struct err *err);
void cmd_ct_status_line(const char *id, const struct ct_status *st, struct strbuf *sb);
int cmd_ct_destroy(struct cli *cli, struct err *err);
int cmd_ct_mount(struct cli *cli, struct err *err);
int cmd_ct_umount(struct cli *cli, struct err *err);

/* cmd_ct_list.c. What options of the engine's list mean here. */
struct cmd_ct_list_how {
	bool json, only_ids;
};
int cmd_ct_list(struct cli *cli, const struct cmd_ct_list_how *how, struct err *err);
extern const struct cli_options cmd_ct_list_options;

#endif
