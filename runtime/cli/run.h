/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run: from a command line that was read to its command: what all faces of the program share.
 */
#ifndef RUNTIME_CLI_RUN_H
#define RUNTIME_CLI_RUN_H

#include "runtime/cli/cli.h"

/* Makes cli->set, and whether CTs count, of cli->global; opens the log. */
int run_set_globals(struct cli *cli, struct err *err);

/* Checks the number of cli->args, finds what the first of them means, and runs cli->command. */
int run_command(struct cli *cli, struct err *err);

void run_done(struct cli *cli);

#endif
