/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_help: what the program tells of itself: help from the tables, and its version. */
#include "config.h"

#include <seccomp.h>
#include <string.h>

#include "runtime/base/str.h"
#include "runtime/cli/cmd.h"
#include "runtime/cli/output.h"

#ifndef VZ_COMMIT
#define VZ_COMMIT PACKAGE_VERSION
#endif

struct help_opts {
	bool list;
};

static const struct cli_option help_rows[] = {
	{ "list", 0, CLI_FLAG, 0, offsetof(struct help_opts, list), "",
	  "print each command and option on a line of its own, for programs" },
};
const struct cli_options cmd_help_options = CLI_OPTIONS(help_rows, struct help_opts);

/* "-b, --bundle DIR" */
static void option_name(const struct cli_option *row, struct strbuf *sb)
{
	if (row->letter)
		strbuf_addf(sb, "-%c, --%s", row->letter, row->name);
	else
		strbuf_addf(sb, "    --%s", row->name);
	if (*row->arg)
		strbuf_addf(sb, " %s", row->arg);
}

static void option_lines(const struct cli_options *options, struct strbuf *sb)
{
	for (unsigned int i = 0; options && i < options->n; i++) {
		const struct cli_option *row = &options->rows[i];
		size_t from = sb->len;

		if (row->flags & CLI_HIDDEN)
			continue;
		strbuf_add(sb, "  ");
		option_name(row, sb);
		if (sb->len - from < 30)
			strbuf_addf(sb, "%*s", (int)(30 - (sb->len - from)), "");
		else
			strbuf_addf(sb, "\n%30s", "");
		strbuf_addf(sb, "%s%s\n", row->help,
			    row->flags & CLI_NO_EFFECT ? " (accepted, no effect)" : "");
	}
}

static void help_command(const struct cli_command *c, struct strbuf *sb)
{
	strbuf_addf(sb, "vzrun %s%s%s%s: %s\n", c->name,
		    c->options || c->ct_options ? " [OPTION]..." : "", *c->args ? " " : "", c->args,
		    c->help);
	if (c->options) {
		strbuf_add(sb, "\nOptions:\n");
		option_lines(c->options, sb);
	}
	if (c->ct_options) {
		strbuf_add(sb, "\nOptions for a CT:\n");
		option_lines(c->ct_options, sb);
	}
}

static void help_all(struct strbuf *sb)
{
	static const char *const titles[] = {
		[CLI_GROUP_BOTH] = "Containers of either kind",
		[CLI_GROUP_CT] = "Persistent containers (CTs)",
		[CLI_GROUP_OCI] = "OCI containers, and CTs that run",
		[CLI_GROUP_OTHER] = "Other",
	};

	strbuf_add(sb, "Usage: vzrun [GLOBAL OPTION]... COMMAND [OPTION]... [ARGUMENT]...\n");
	for (unsigned int group = 0; group < ARRAY_SIZE(titles); group++) {
		bool titled = false;

		for (const struct cli_command *c = cli_commands; c->name; c++) {
			if (c->group != group)
				continue;
			if (!titled)
				strbuf_addf(sb, "\n%s:\n", titles[group]);
			titled = true;
			strbuf_addf(sb, "  %-10s %s\n", c->name, c->help);
		}
	}
	strbuf_add(sb, "\nGlobal options, before the command:\n");
	option_lines(&cli_global_options, sb);
	strbuf_add(sb, "\nvzrun help COMMAND shows a command's options; vzrun(8) tells it all.\n");
}

/* Tab between: option COMMAND --name -n ARG no-effect, "-" for what there is none of. The global
 * options' command is "-" too. */
static void list_options(const char *command, const struct cli_options *options, struct strbuf *sb)
{
	for (unsigned int i = 0; options && i < options->n; i++) {
		const struct cli_option *row = &options->rows[i];
		const char letter[] = { '-', row->letter, '\0' };

		if (!(row->flags & CLI_HIDDEN))
			strbuf_addf(sb, "option\t%s\t--%s\t%s\t%s\t%s\n", command, row->name,
				    letter, *row->arg ? row->arg : "-",
				    row->flags & CLI_NO_EFFECT ? "no-effect" : "-");
	}
}

static void help_list(struct strbuf *sb)
{
	list_options("-", &cli_global_options, sb);
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		strbuf_addf(sb, "command\t%s\t%s\n", c->name, *c->args ? c->args : "-");
		list_options(c->name, c->options, sb);
		list_options(c->name, c->ct_options, sb);
	}
}

int cmd_help_on(const struct cli_command *command, struct err *err)
{
	auto_strbuf struct strbuf sb = { 0 };

	if (command)
		help_command(command, &sb);
	else
		help_all(&sb);
	return output_write(&sb, err);
}

int cmd_help(struct cli *cli, struct err *err)
{
	const struct help_opts *opts = cli->opts;
	const struct cli_command *command = NULL;
	auto_strbuf struct strbuf sb = { 0 };

	if (cli->args_n > 0) {
		command = cli_command_find(cli->args[0]);
		if (!command)
			return err_set(err, ERR_USAGE, "unknown command \"%.64s\"", cli->args[0]);
	}
	if (!opts->list)
		return cmd_help_on(command, err);
	help_list(&sb);
	return output_write(&sb, err);
}

int cmd_version(struct cli *cli, struct err *err)
{
	const struct scmp_version *v = seccomp_version();
	auto_strbuf struct strbuf sb = { 0 };

	(void)cli;
	strbuf_add(&sb, "vzrun version " PACKAGE_VERSION "\ncommit: " VZ_COMMIT
			"\nspec: " SPEC_VERSION "\n");
	strbuf_addf(&sb, "libseccomp: %u.%u.%u\n", v->major, v->minor, v->micro);
	return output_write(&sb, err);
}
