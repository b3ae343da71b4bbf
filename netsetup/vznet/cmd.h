/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd: vznet's commands.
 */
#ifndef NETSETUP_VZNET_CMD_H
#define NETSETUP_VZNET_CMD_H

#include "netsetup/vznet/args.h"
#include "runtime/base/str.h"

int cmd_up(struct args *args, struct err *err);
int cmd_change(struct args *args, struct err *err);
int cmd_down(struct args *args, struct err *err);
int cmd_forget(struct args *args, struct err *err);
int cmd_rate(struct args *args, struct err *err);

int cmd_show(struct args *args, struct err *err);
int cmd_list(struct args *args, struct err *err);
int cmd_traffic(struct args *args, struct err *err);
int cmd_check(struct args *args, struct err *err);

int cmd_hook(struct args *args, struct err *err);

int cmd_help(struct args *args, struct err *err);
int cmd_version(struct args *args, struct err *err);
int cmd_help_on(const struct args_command *command, struct err *err);

/* Writes the text to stdout. */
int cmd_print(const struct strbuf *text, struct err *err);

/* Before anything is made: the id of args and the config belong together. */
int cmd_new_config(struct args *args, const char *id, struct err *err);

#endif
