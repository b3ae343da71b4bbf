/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_ps: the processes of a container. */
#include "config.h"

#include "runtime/base/str.h"
#include "runtime/cli/cmd.h"
#include "runtime/cli/hostps.h"
#include "runtime/cli/output.h"
#include "runtime/cli/proclist.h"

enum { FORMAT_TABLE, FORMAT_JSON };

struct ps_opts {
	unsigned int format;
};

static const struct cli_option ps_rows[] = {
	{ "format", 'f', CLI_CHOICE, 0, offsetof(struct ps_opts, format), "table|json",
	  "json: only the pids" },
};
const struct cli_options cmd_ps_options = CLI_OPTIONS(ps_rows, struct ps_opts);

static void emit_json(const pid_t *pids, size_t n, struct strbuf *sb)
{
	strbuf_add_char(sb, '[');
	for (size_t i = 0; i < n; i++)
		strbuf_addf(sb, "%s%d", i > 0 ? "," : "", pids[i]);
	strbuf_add(sb, "]\n");
}

int cmd_ps(struct cli *cli, struct err *err)
{
	const struct ps_opts *opts = cli->opts;
	auto_free pid_t *pids = NULL;
	auto_strbuf struct strbuf sb = { 0 };
	size_t n = 0;

	/* A stopped container has none, which is no error, as with runc. */
	if (container_pids(&cli->set, cli->id, &pids, &n, err) < 0 && err->code != ERR_STATE)
		return -1;
	if (opts->format == FORMAT_JSON)
		emit_json(pids, n, &sb);
	else if (cli->args_n == 1)
		proclist_emit(pids, n, &sb);
	else if (hostps_run(cli->args + 1, pids, n, &sb, err) < 0)
		return -1;
	return output_write(&sb, err);
}
