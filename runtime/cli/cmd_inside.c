/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a user runs in a CT. */
#include "config.h"

#include "runtime/base/str.h"
#include "runtime/cli/cmd_ct.h"
#include "runtime/ct/inside.h"

static int enter(struct cli *cli, struct ct *ct, struct err *err)
{
	char **words = cli->args[1] ? cli->args + 2 : NULL;

	if (words && (!str_eq(cli->args[1], "--exec") || !*words))
		return err_set(err, ERR_USAGE, "what to run stands behind --exec");
	return inside_enter(ct, words, &cli->status, err);
}

int cmd_ct_enter(struct cli *cli, struct err *err)
{
	return cmd_ct_on(cli, 0, enter, err);
}

static int runscript(struct cli *cli, struct ct *ct, struct err *err)
{
	return inside_script(ct, cli->args[1], &cli->status, err);
}

int cmd_ct_runscript(struct cli *cli, struct err *err)
{
	return cmd_ct_on(cli, CT_LOCK, runscript, err);
}

/* ---- OpenVZ's exec ---- */

static int exec(struct cli *cli, struct ct *ct, enum inside_how how, struct err *err)
{
	if (!cli->args[1])
		return err_set(err, ERR_USAGE, "no command line given for exec");
	return inside_exec(ct, how, cli->args + 1, &cli->status, err);
}

static int exec_line(struct cli *cli, struct ct *ct, struct err *err)
{
	return exec(cli, ct, INSIDE_SHELL, err);
}

int cmd_ct_exec_line(struct cli *cli, struct err *err)
{
	return cmd_ct_on(cli, 0, exec_line, err);
}

static int exec_args(struct cli *cli, struct ct *ct, struct err *err)
{
	return exec(cli, ct, INSIDE_ARGS, err);
}

int cmd_ct_exec_args(struct cli *cli, struct err *err)
{
	return cmd_ct_on(cli, 0, exec_args, err);
}
