/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vznet: the network of a container, by command line, as an OCI hook and as a CNI plugin. The table
 * of commands, the way from argv to one of them, and the one place that prints an error.
 */
#include "config.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netsetup/vznet/cmd.h"
#include "netsetup/vznet/cni.h"
#include "runtime/base/fd.h"

#ifndef VZ_COMMIT
#define VZ_COMMIT PACKAGE_VERSION
#endif

#define JSON_MAX_BYTES (16U << 20)

/* clang-format off */
const struct args_command args_commands[] = {
	{ "up", cmd_up, "ID", "give a container a network", ARGS_UP, 1, 1 },
	{ "change", cmd_change, "ID", "change what it has", ARGS_CHANGE, 1, 1 },
	{ "down", cmd_down, "ID", "take it away", ARGS_DOWN, 1, 1 },
	{ "forget", cmd_forget, "ID", "forget the traffic of a container that is no more", 0, 1, 1 },
	{ "show", cmd_show, "[ID]", "print what a container has, or all", ARGS_JSON, 0, 1 },
	{ "list", cmd_list, "", "print the ids of all that have a network", 0, 0, 0 },
	{ "traffic", cmd_traffic, "[ID]...", "print what passed", ARGS_JSON, 0, INT_MAX },
	{ "check", cmd_check, "", "print what keeps packets from passing", 0, 0, 0 },
	{ "rate", cmd_rate, "", "limit all containers together", ARGS_RATE, 0, 0 },
	{ "hook", cmd_hook, "[up|down]", "be a hook of an OCI runtime", 0, 0, 1 },
	{ "help", cmd_help, "[COMMAND]", "show the commands, or one command's options", ARGS_HELP, 0, 1 },
	{ "version", cmd_version, "", "print the version", 0, 0, 0 },
	{ 0 },
};
/* clang-format on */

/* ---- help ---- */

static void put_option(const struct args_option *row, struct strbuf *out)
{
	size_t from = out->len;

	strbuf_addf(out, "  --%s%s%s", row->name, *row->arg ? " " : "", row->arg);
	if (out->len - from < 32)
		strbuf_addf(out, "%*s", (int)(32 - (out->len - from)), "");
	else
		strbuf_addf(out, "\n%32s", "");
	strbuf_addf(out, "%s\n", row->help);
}

int cmd_help_on(const struct args_command *command, struct err *err)
{
	auto_strbuf struct strbuf out = { 0 };

	if (command) {
		strbuf_addf(&out, "vznet %s%s%s%s: %s\n", command->name,
			    command->options ? " [OPTION]..." : "", *command->args ? " " : "",
			    command->args, command->help);
		for (const struct args_option *row = args_options; row->name; row++)
			if (row->commands & command->options)
				put_option(row, &out);
		return cmd_print(&out, err);
	}
	strbuf_add(&out, "Usage: vznet COMMAND [OPTION]... [ARGUMENT]...\n\n");
	for (const struct args_command *c = args_commands; c->name; c++)
		strbuf_addf(&out, "  %-10s %s\n", c->name, c->help);
	strbuf_add(&out,
		   "\nvznet help COMMAND shows a command's options; vznet(8) tells it all.\n");
	return cmd_print(&out, err);
}

/* As vzrun help --list. */
static int list_all(struct err *err)
{
	auto_strbuf struct strbuf out = { 0 };

	for (const struct args_command *c = args_commands; c->name; c++) {
		strbuf_addf(&out, "command\t%s\t%s\n", c->name, *c->args ? c->args : "-");
		for (const struct args_option *row = args_options; row->name; row++)
			if (row->commands & c->options)
				strbuf_addf(&out, "option\t%s\t--%s\t-\t%s\t-\n", c->name,
					    row->name, *row->arg ? row->arg : "-");
	}
	return cmd_print(&out, err);
}

static const struct args_command *find_command(const char *name, struct err *err)
{
	for (const struct args_command *c = args_commands; c->name; c++)
		if (str_eq(c->name, name))
			return c;
	err_set(err, ERR_USAGE, "unknown command \"%.64s\" (see vznet help)", name);
	return NULL;
}

int cmd_help(struct args *args, struct err *err)
{
	const struct args_command *command = NULL;

	if (args->list)
		return list_all(err);
	if (args->n_ids) {
		command = find_command(args->ids[0], err);
		if (!command)
			return -1;
	}
	return cmd_help_on(command, err);
}

int cmd_version(struct args *args, struct err *err)
{
	auto_strbuf struct strbuf out = { 0 };

	(void)args;
	strbuf_add(&out, "vznet version " PACKAGE_VERSION "\ncommit: " VZ_COMMIT "\n");
	return cmd_print(&out, err);
}

/* ---- one command ---- */

/* Options are about what is there already: the id and --json, wherever they stand, come first. */
static const char *find_word(const struct args_command *command, char **argv, const char *option)
{
	for (; *argv; argv++) {
		size_t len = option ? strlen(option) : 0;

		if (str_eq(*argv, "--"))
			return option ? NULL : argv[1];
		if (option && strncmp(*argv, option, len) == 0 && (*argv)[len] == '=')
			return *argv + len + 1;
		if (option && str_eq(*argv, option))
			return argv[1];
		if (!option && **argv != '-')
			return *argv;
		if (!str_starts(*argv, "--") || strchr(*argv, '='))
			continue;
		for (const struct args_option *row = args_options; row->name; row++) {
			if (!(row->commands & command->options) || !str_eq(row->name, *argv + 2))
				continue;
			argv += *row->arg && argv[1];
			break;
		}
	}
	return NULL;
}

static int read_json(struct args *args, const char *id, const char *file, struct err *err)
{
	auto_fd int fd = str_eq(file, "-") ? dup(STDIN_FILENO) : open(file, O_RDONLY | O_CLOEXEC);
	const char *what = str_eq(file, "-") ? "stdin" : file;
	auto_free char *text = NULL;
	size_t len;

	if (fd < 0)
		return err_sys(err, "open \"%.200s\"", file);
	if (fd_read_file(fd, what, JSON_MAX_BYTES, &text, &len, err) < 0 ||
	    net_parse(text, len, what, &args->config, err) < 0)
		return -1;
	if (!str_eq(args->config->id, id))
		return err_set(err, ERR_INPUT, "%s: its id is \"%.200s\"", what, args->config->id);
	return 0;
}

static int begin_config(struct args *args, const struct args_command *command, char **argv,
			struct err *err)
{
	const char *id = find_word(command, argv, NULL), *file = find_word(command, argv, "--json");

	if (!id)
		return cmd_new_config(args, "", err);
	if (file)
		return read_json(args, id, file, err);
	if (command->options != ARGS_CHANGE)
		return cmd_new_config(args, id, err);
	/* Two changes at once: the later one is of what the other one made. */
	args->hold = net_hold(id, err);
	return args->hold < 0 ? -1 : net_load(id, &args->config, err);
}

static int run(char **argv, struct err *err)
{
	const struct args_command *command;
	struct args args = { .hold = -1 };
	bool help = false;
	int rc = 0;

	if (!argv[0] || str_eq(argv[0], "--help") || str_eq(argv[0], "-h"))
		return cmd_help_on(NULL, err);
	if (str_eq(argv[0], "--version"))
		return cmd_version(NULL, err);
	command = find_command(argv[0], err);
	if (!command)
		return -1;
	for (char **arg = argv + 1; *arg && !help; arg++)
		help = str_eq(*arg, "--help");
	if (help)
		return cmd_help_on(command, err);
	if (command->options & (ARGS_UP | ARGS_CHANGE))
		rc = begin_config(&args, command, argv + 1, err);
	if (rc == 0)
		rc = args_read(&args, command, argv + 1, &help, err);
	if (rc == 0)
		rc = help ? cmd_help_on(command, err) : command->run(&args, err);
	fd_closep(&args.hold);
	net_freep(&args.config);
	return rc < 0 ? err_wrap(err, "%s", command->name) : 0;
}

/* A file that we open must not become our stdin, stdout or stderr. */
static void fill_stdio(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			_exit(1);
}

int main(int argc, char **argv)
{
	struct err err = { 0 };

	(void)argc;
	fill_stdio();
	signal(SIGCHLD, SIG_DFL); /* a caller's SIG_IGN would leave no exit status to wait for */
	/* A plugin has no arguments; who has some and that variable by chance means what he typed. */
	if ((argv[0] && !argv[1] && getenv("CNI_COMMAND") ? cni_run(&err) : run(argv + 1, &err)) ==
	    0)
		return 0;
	dprintf(STDERR_FILENO, "vznet: %s\n", err.msg);
	return 1;
}
