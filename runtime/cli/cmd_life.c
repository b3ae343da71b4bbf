/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_life: the verbs on a container that exists and need little more than its id. */
#include "config.h"

#include <signal.h>

#include "runtime/base/proc.h"
#include "runtime/base/str.h"
#include "runtime/cli/cmd.h"
#include "runtime/cli/cmd_ct.h"
#include "runtime/cli/output.h"

struct kill_opts {
	bool all;
};

static const struct cli_option kill_rows[] = {
	{ "all", 'a', CLI_FLAG, 0, offsetof(struct kill_opts, all), "",
	  "signal every process of the container" },
};
const struct cli_options cmd_kill_options = CLI_OPTIONS(kill_rows, struct kill_opts);

struct delete_opts {
	bool force;
};

static const struct cli_option delete_rows[] = {
	{ "force", 'f', CLI_FLAG, 0, offsetof(struct delete_opts, force), "",
	  "kill it first if it runs; one that does not exist is no error" },
};
const struct cli_options cmd_delete_options = CLI_OPTIONS(delete_rows, struct delete_opts);

int cmd_start(struct cli *cli, struct err *err)
{
	if (cli->is_ct)
		return cmd_ct_start(cli, err);
	if (cli->ct_opts_given)
		return err_set(err, ERR_USAGE, "that option is for a CT, which \"%s\" is not",
			       cli->id);
	cli->set.notify_socket = cmd_notify_socket();
	return container_start(&cli->set, cli->id, err);
}

int cmd_state(struct cli *cli, struct err *err)
{
	auto_container_state struct container_state *state = NULL;
	auto_strbuf struct strbuf sb = { 0 };

	if (container_load(&cli->set, cli->id, &state, err) < 0)
		return -1;
	container_state_emit(state, true, &sb);
	strbuf_add_char(&sb, '\n');
	return output_write(&sb, err);
}

int cmd_kill(struct cli *cli, struct err *err)
{
	const struct kill_opts *opts = cli->opts;
	int sig = SIGTERM;

	if (cli->args_n > 1) {
		sig = proc_signal_parse(cli->args[1]);
		if (sig < 0)
			return err_set(err, ERR_USAGE, "unknown signal \"%.32s\"", cli->args[1]);
	}
	if (container_kill(&cli->set, cli->id, sig, opts->all, err) == 0)
		return 0;
	/* Nobody is left to be killed: what was asked for, as with runc. */
	return opts->all && err->code == ERR_STATE ? 0 : -1;
}

int cmd_delete(struct cli *cli, struct err *err)
{
	const struct delete_opts *opts = cli->opts;

	if (container_delete(&cli->set, cli->id, opts->force, err) == 0)
		return 0;
	if (err->code != ERR_NOT_FOUND)
		return -1;
	if (cli->is_ct)
		return err_hint(err, "vzrun destroy removes a CT");
	/* Engines clean up by it without knowing how far a create came. */
	return opts->force ? 0 : -1;
}

int cmd_pause(struct cli *cli, struct err *err)
{
	return container_pause(&cli->set, cli->id, err);
}

int cmd_resume(struct cli *cli, struct err *err)
{
	return container_resume(&cli->set, cli->id, err);
}
