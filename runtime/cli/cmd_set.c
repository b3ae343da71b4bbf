/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs that take what a CT may be given: create and set. */
#include "config.h"

#include "runtime/base/str.h"
#include "runtime/cli/cmd_ct.h"
#include "runtime/cli/secret.h"
#include "runtime/cli/set_rows.h"
#include "runtime/cli/vzlog.h"
#include "runtime/ct/create.h"

/* ---- create ---- */

#define AT(member) offsetof(struct ct_create_opts, member)

static const struct cli_option create_rows[] = {
	{ "layout", 0, CLI_TEXT, 0, AT(layout), "overlay", "how its data lies on disk" },
	{ "local_gid", 0, CLI_TEXT, 0, AT(local_gid), "GID",
	  "as --local_uid, for groups: the same number" },
	{ "local_uid", 0, CLI_TEXT, 0, AT(local_uid), "UID",
	  "the first of its 65536 ids on the host, instead of free ones" },
	{ "ostemplate", 0, CLI_TEXT, 0, AT(ostemplate), "NAME|FILE",
	  "a template in the cache, an archive, or \"minimal\"" },
	SET_ROWS(AT(set)),
};
const struct cli_options cmd_ct_create_options = CLI_OPTIONS(create_rows, struct ct_create_opts);

/* Opens the CT and does it with passwords that ps does not show. */
static int on_with_secrets(struct cli *cli, const struct set_opts *opts, cmd_ct_verb run,
			   struct err *err)
{
	char **secrets = NULL;
	int rc;

	vzlog_keep_args();
	if (secret_take(opts->given, &secrets, err) < 0)
		return cmd_ct_finish(cli, -1, err);
	rc = cmd_ct_on(cli, CT_LOCK | CT_NO_CONF, run, err);
	secret_free(secrets);
	return rc;
}

static int create(struct cli *cli, struct ct *ct, struct err *err)
{
	return ct_create(ct, cli->ct_opts, err);
}

int cmd_ct_create(struct cli *cli, struct err *err)
{
	const struct ct_create_opts *opts = cli->ct_opts;
	char shown[STR_SHOW_SIZE];
	uint32_t ctid;

	if (!ctid_parse(cli->args[0], &ctid)) {
		err_set(err, VZ_ERR(VZ_BAD_VALUE), "bad CT ID %s", str_show(shown, cli->args[0]));
		err_hint(err, "a number from 1 to %u; --name gives it a name", CTID_MAX);
		return cmd_ct_finish(cli, -1, err);
	}
	return on_with_secrets(cli, &opts->set, create, err);
}

/* ---- set ---- */

#define OPT(member) offsetof(struct set_opts, member)

static const struct cli_option set_rows[] = {
	{ "force", 0, CLI_FLAG, 0, OPT(force), "",
	  "with --save: keep also what the running CT could not be given" },
	{ "reset_ub", 0, CLI_FLAG, 0, OPT(reset_ub), "",
	  "alone: give the running CT the limits of its configuration anew" },
	{ "save", 0, CLI_FLAG, 0, OPT(save), "", "keep it in the CT's configuration" },
	{ "setmode", 0, CLI_CHOICE, 0, OPT(mode), "none|restart|ignore",
	  "for what only a start brings: warn, restart the CT, or keep silent" },
	{ "skip_arpdetect", 0, CLI_FLAG, 0, OPT(skip_arpdetect), "",
	  "do not look whether another machine has the address" },
	SET_CONFIG_ROWS(0),
	SET_ROWS(0),
};
const struct cli_options cmd_ct_set_options = CLI_OPTIONS(set_rows, struct set_opts);

static int set(struct cli *cli, struct ct *ct, struct err *err)
{
	return set_apply(ct, cli->opts, err);
}

int cmd_ct_set(struct cli *cli, struct err *err)
{
	return on_with_secrets(cli, cli->opts, set, err);
}

/* ---- rename ---- */

static int rename_ct(struct cli *cli, struct ct *ct, struct err *err)
{
	char option[] = "name";
	char *given[] = { option, cli->args[1], NULL };
	const struct set_opts opts = { .given = given, .save = true };

	return set_apply(ct, &opts, err);
}

int cmd_ct_rename(struct cli *cli, struct err *err)
{
	return cmd_ct_on(cli, CT_LOCK, rename_ct, err);
}
