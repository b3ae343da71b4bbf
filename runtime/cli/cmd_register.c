/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking up a private area as a CT, and forgetting one. */
#include "config.h"

#include "runtime/base/str.h"
#include "runtime/cli/cmd_ct.h"

struct register_opts {
	bool force;
};

static const struct cli_option register_rows[] = {
	{ "force", 0, CLI_FLAG, 0, offsetof(struct register_opts, force), "",
	  "though it has no configuration with it" },
};
const struct cli_options cmd_ct_register_options = CLI_OPTIONS(register_rows, struct register_opts);

/* The path stands before the CT. */
static int take_up(struct cli *cli, struct ct *ct, struct err *err)
{
	const struct register_opts *opts = cli->opts;

	return ct_register(ct, cli->args[-1], opts->force, err);
}

int cmd_ct_register(struct cli *cli, struct err *err)
{
	char shown[STR_SHOW_SIZE];
	uint32_t ctid;

	cli->args++;
	cli->args_n--;
	cli->id = cli->args[0];
	if (ctid_parse(cli->id, &ctid))
		return cmd_ct_on(cli, CT_LOCK | CT_NO_CONF, take_up, err);
	err_set(err, VZ_ERR(VZ_BAD_VALUE), "bad CT ID %s", str_show(shown, cli->id));
	return cmd_ct_finish(cli, -1, err);
}

static int forget(struct cli *cli, struct ct *ct, struct err *err)
{
	(void)cli;
	return ct_unregister(ct, err);
}

int cmd_ct_unregister(struct cli *cli, struct err *err)
{
	return cmd_ct_on(cli, CT_LOCK, forget, err);
}
