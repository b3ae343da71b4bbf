/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making a CT anew. */
#include "config.h"

#include "runtime/ct/reinstall.h"

#include "runtime/cli/cmd_ct.h"

#define AT(member) offsetof(struct ct_reinstall_opts, member)
static const struct cli_option reinstall_rows[] = {
	{ "ostemplate", 0, CLI_TEXT, CLI_NOT_EMPTY, AT(ostemplate), "NAME|FILE",
	  "from this template instead of its own" },
	{ "resetpwdb", 0, CLI_FLAG, 0, AT(reset_credentials), "",
	  "take no passwords, SSH keys and ids along" },
	{ "skipbackup", 0, CLI_FLAG, 0, AT(skip_backup), "",
	  "remove the old private area instead of keeping it" },
	{ "skipscripts", 0, CLI_FLAG, 0, AT(skip_scripts), "", "do not run vps.reinstall" },
};
#undef AT
const struct cli_options cmd_ct_reinstall_options =
	CLI_OPTIONS(reinstall_rows, struct ct_reinstall_opts);

static int reinstall(struct cli *cli, struct ct *ct, struct err *err)
{
	return ct_reinstall(ct, cli->opts, err);
}

int cmd_ct_reinstall(struct cli *cli, struct err *err)
{
	return cmd_ct_on(cli, CT_LOCK, reinstall, err);
}
