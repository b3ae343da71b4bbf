/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/vzctl.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/cli/cmd_ct.h"
#include "runtime/cli/face.h"
#include "runtime/cli/output.h"
#include "runtime/cli/run.h"

/* clang-format off */
const struct vzctl_command vzctl_commands[] = {
	{ "create", "create", vzctl_create, &vzctl_create_options, "Creation of container private area failed",
	  VZCTL_VALUE | VZCTL_NEW },
	{ "start", "start", cmd_ct_start, NULL, NULL, 0 },
	{ "stop", "stop", NULL, NULL, NULL, 0 },
	{ "restart", "restart", NULL, NULL, NULL, 0 },
	{ "destroy", "destroy", vzctl_destroy, NULL, NULL, VZCTL_CALM },
	{ "delete", "destroy", vzctl_destroy, NULL, NULL, VZCTL_CALM | VZCTL_ALIAS },
	{ "reinstall", "reinstall", NULL, NULL, "Container reinstall failed", 0 },
	{ "register", "register", NULL, NULL, "Container register failed", VZCTL_PATH | VZCTL_NEW },
	{ "unregister", "unregister", NULL, NULL, "Container unregister failed", 0 },
	{ "mount", "mount", NULL, NULL, NULL, 0 },
	{ "umount", "umount", NULL, NULL, NULL, 0 },
	{ "status", "status", NULL, NULL, NULL, VZCTL_NEW },
	{ "set", "set", vzctl_set, NULL, NULL, VZCTL_VALUE | VZCTL_NEW },
	{ "enter", "enter", NULL, NULL, NULL, 0 },
	{ "exec", "exec", vzctl_exec, &vzctl_no_options, NULL, 0 },
	{ "exec2", "exec", cmd_ct_exec_line, &vzctl_no_options, NULL, VZCTL_ALIAS },
	{ "exec3", "exec", cmd_ct_exec_args, &vzctl_no_options, NULL, VZCTL_ALIAS },
	{ "runscript", "runscript", NULL, NULL, NULL, 0 },
	{ "chkpnt", "", vzctl_chkpnt, &vzctl_chkpnt_options, "Checkpointing failed", 0 },
	{ "suspend", "", vzctl_chkpnt, &vzctl_chkpnt_options, "Checkpointing failed", VZCTL_ALIAS },
	{ "restore", "", vzctl_restore, &vzctl_restore_options, NULL, 0 },
	{ "resume", "", vzctl_restore, &vzctl_restore_options, NULL, VZCTL_ALIAS },
	{ "quotaon", "", vzctl_quota, NULL, NULL, 0 },
	{ "quotaoff", "", vzctl_quota, NULL, NULL, 0 },
	{ "quotainit", "", vzctl_quota, NULL, NULL, 0 },
	{ "compact", "", vzctl_compact, NULL, NULL, 0 },
	{ "convert", "", vzctl_convert, &vzctl_convert_options, NULL, VZCTL_VALUE },
	{ "snapshot", "", vzctl_snapshot, &vzctl_snapshot_options, NULL, VZCTL_VALUE },
	{ "snapshot-switch", "", vzctl_snapshot, &vzctl_snapshot_switch_options, NULL, VZCTL_VALUE },
	{ "snapshot-delete", "", vzctl_snapshot, &vzctl_snapshot_delete_options, NULL, VZCTL_VALUE },
	{ "snapshot-mount", "", vzctl_snapshot, &vzctl_snapshot_mount_options, NULL, VZCTL_VALUE },
	{ "snapshot-umount", "", vzctl_snapshot, &vzctl_snapshot_delete_options, NULL, VZCTL_VALUE },
	{ "snapshot-list", "", vzctl_snapshot, &vzctl_snapshot_list_options, NULL, 0 },
	{ "", "", NULL, NULL, NULL, 0 },
};
/* clang-format on */

struct cli_command vzctl_resolve(const struct vzctl_command *row)
{
	const struct cli_command *verb = *row->verb ? cli_command_find(row->verb) : NULL;
	struct cli_command ret = {
		.flags = CLI_ID | CLI_CT_FIRST,
		.args = "CT",
		.help = "",
		.args_min = 1,
		.args_max = 1,
		.failed = VZ_SYSTEM,
	};

	if (verb)
		ret = *verb;
	if (ret.ct_options) /* these are what make it the CT's verb */
		ret.options = NULL;
	ret.name = row->word;
	if (row->run)
		ret.run = row->run;
	if (row->options)
		ret.options = row->options;
	return ret;
}

static const struct vzctl_command *find_row(const char *word)
{
	for (const struct vzctl_command *row = vzctl_commands; *row->word; row++)
		if (str_eq(row->word, word))
			return row;
	return NULL;
}

/* ---- errors ---- */

/* A line on stderr, with a capital. */
static void complain(const struct cli *cli, int to, const char *prefix, const char *text)
{
	auto_strbuf struct strbuf line = { 0 };

	if (cli->quiet)
		return;
	strbuf_add(&line, prefix);
	strbuf_add(&line, text);
	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.text[i] < ' ' || line.text[i] == 0x7f)
			line.text[i] = '?';
	if (line.len > 0)
		line.text[0] = (char)toupper((unsigned char)line.text[0]);
	strbuf_add_char(&line, '\n');
	if (!line.failed)
		fd_write_message(to, line.text, line.len);
}

/* "container already locked (locked by: …)": OpenVZ has the two the other way round. */
static void complain_locked(const struct cli *cli, const struct err *err)
{
	auto_free char *who = NULL;
	const char *open = strchr(err->msg, '(');
	size_t len = open ? strlen(open) : 0;

	if (len > 2 && (who = strndup(open + 1, len - 2)))
		complain(cli, STDERR_FILENO, "", who);
	complain(cli, STDERR_FILENO, "", "Container already locked");
}

/* As vzctl tells of an option's value before it does anything. */
static bool is_bad_value(const struct vzctl_command *row, const struct err *err)
{
	if (!(row->flags & VZCTL_VALUE) || !str_starts(err->msg, "--"))
		return false;
	return err->code == ERR_INPUT || err->code == VZ_ERR(VZ_BAD_VALUE) ||
	       (err->code >= VZ_ERR(VZ_BAD_HOSTNAME) && err->code <= VZ_ERR(VZ_BAD_SEARCHDOMAIN));
}

/* Or was it refused before it did anything of its own? */
static bool began(const struct err *err)
{
	static const int early[] = { ERR_USAGE, VZ_ERR(VZ_LOCKED), VZ_ERR(VZ_NO_CONF),
				     VZ_ERR(VZ_NOT_RUNNING) };

	for (size_t i = 0; i < ARRAY_SIZE(early); i++)
		if (err->code == early[i])
			return false;
	return true;
}

static int report(const struct cli *cli, const struct vzctl_command *row, const struct err *err)
{
	bool bad_value = is_bad_value(row, err);
	bool calm = (row->flags & VZCTL_CALM) &&
		    (err->code == VZ_ERR(VZ_RUNNING) || err->code == VZ_ERR(VZ_MOUNTED));

	if (err->code == VZ_ERR(VZ_LOCKED))
		complain_locked(cli, err);
	else if (err->code == VZ_ERR(VZ_NO_CONF))
		complain(cli, STDERR_FILENO, "", "Container config file does not exist");
	else
		complain(cli, calm ? STDOUT_FILENO : STDERR_FILENO,
			 bad_value ? "Bad parameter for " : "", err->msg);
	if (row->failed && !bad_value && began(err))
		complain(cli, STDERR_FILENO, "", row->failed);
	return bad_value ? VZ_BAD_VALUE : cmd_ct_exit_code(err);
}

/* What is said before there is a command: --quiet does not hold for it (vzctl.c). */
static int refuse(int status, const char *text, const char *what)
{
	complain(&(const struct cli){ 0 }, STDERR_FILENO, text, what);
	return status;
}

/* ---- the command ---- */

/* Numbers first, then names. That the CT exists is the verb's to see. */
static int check_id(const struct cli *cli, const struct vzctl_command *row, const char *text,
		    struct err *err)
{
	auto_free char *id = NULL;
	uint32_t ctid;
	int found;

	if (ctid_parse(text, &ctid))
		return 0;
	if (str_eq(text, "0"))
		return str_eq(row->word, "set") ?
			       0 :
			       refuse(VZ_BAD_VALUE, "Only set actions are allowed for CT0", "");
	found = cmd_ct_find(cli, text, &id, err);
	if (found < 0)
		return refuse(VZ_SYSTEM, err->msg, "");
	return found ? 0 : refuse(VZ_BAD_VALUE, "Bad CT ID ", text);
}

static int extra_arguments(const struct cli *cli)
{
	auto_strbuf struct strbuf text = { 0 };

	for (int i = 1; i < cli->args_n; i++)
		strbuf_addf(&text, "%s ", cli->args[i]);
	complain(cli, STDERR_FILENO, "Invalid extra arguments: ", text.text ? text.text : "");
	return VZ_BAD_OPTION;
}

static int run(struct cli *cli, const struct vzctl_command *row, int argc, char **argv)
{
	_Alignas(max_align_t) char opts[2][CLI_OPTIONS_MAX] = { { 0 } };
	const struct cli_command *command = cli->command;
	struct cli_scan scan = {
		.options = { command->options, command->ct_options },
		.into = { opts[0], opts[1] },
	};
	struct err err = { 0 };
	int n, status;

	cli->args = argv;
	cli->opts = opts[0];
	cli->ct_opts = opts[1];
	cli->ct_opts_given = true;
	n = argc - 1;
	/* Behind the CT nothing is an option of ours there. */
	if (!(command->flags & CLI_IN_ORDER) &&
	    cli_scan_args(&scan, argc - 1, argv + 1, false, &n, &err) < 0) {
		complain(cli, STDERR_FILENO, "", err.msg);
		status = row->flags & VZCTL_VALUE ? VZ_BAD_VALUE : VZ_BAD_OPTION;
	} else {
		cli->args_n = n + 1;
		if (cli->args_n < command->args_min)
			status = refuse(VZ_BAD_OPTION,
					str_starts(row->word, "exec") ?
						"No command line given for exec" :
						"Script not specified",
					"");
		else if (command->args_max != CLI_ANY && cli->args_n > command->args_max)
			status = extra_arguments(cli);
		else
			status = run_command(cli, &err) < 0 ? report(cli, row, &err) : cli->status;
	}
	cli_options_done(scan.options[0], opts[0]);
	cli_options_done(scan.options[1], opts[1]);
	return status;
}

static int print(void (*add)(struct strbuf *sb), int to)
{
	auto_strbuf struct strbuf sb = { 0 };

	add(&sb);
	return !sb.failed && fd_write_all(to, sb.text, sb.len) == 0 ? 0 : VZ_SYSTEM;
}

static void version(struct strbuf *sb)
{
	strbuf_add(sb, "vzctl version " VZCTL_VERSION "\n");
}

/* argv from the command on. */
static int parse_command(struct cli *cli, int argc, char **argv)
{
	const struct vzctl_command *row;
	struct cli_command command;
	struct err err = { 0 };
	int status, at;

	if (argc == 0) {
		print(vzctl_usage, STDERR_FILENO);
		return VZ_BAD_OPTION;
	}
	if (str_eq(argv[0], "--help"))
		return print(argc > 1 && str_eq(argv[1], "--list") ? vzctl_list : vzctl_usage,
			     STDOUT_FILENO);
	row = find_row(argv[0]);
	if (!row)
		return refuse(VZ_BAD_OPTION, "Bad command: ", argv[0]);
	at = row->flags & VZCTL_PATH ? 2 : 1;
	if (argc <= at)
		return refuse(VZ_BAD_VALUE, "CT ID missing", "");
	if (run_set_globals(cli, &err) < 0)
		return refuse(VZ_BAD_OPTION, err.msg, "");
	log_set_style(cli->quiet ? LOG_SILENT : LOG_BARE);
	command = vzctl_resolve(row);
	if (str_eq(argv[at], "0")) /* the host: with set alone, says check_id */
		command.run = vzctl_set_host;
	cli->command = &command;
	status = check_id(cli, row, argv[at], &err);
	status = status ? status : run(cli, row, argc - 1, argv + 1);
	cli->command = NULL;
	return status;
}

/* The flags before the command; --config and --root are vzrun's, for another set of CTs. */
static int parse_flags(struct cli *cli, int argc, char **argv)
{
	static const char *const levels[] = { "warning", "info", "debug" };
	unsigned int verbose = 0;
	int i;

	for (i = 1; i < argc; i++) {
		if (str_eq(argv[i], "--verbose"))
			verbose += verbose < 2;
		else if (str_eq(argv[i], "--quiet"))
			cli->quiet = true;
		else if (str_eq(argv[i], "--skiplock"))
			cli->skip_lock = true;
		else if (str_eq(argv[i], "--version"))
			return print(version, STDOUT_FILENO);
		else if (str_eq(argv[i], "--config") && i + 1 < argc)
			cli->global.config = argv[++i];
		else if (str_eq(argv[i], "--root") && i + 1 < argc)
			cli->global.root = argv[++i];
		else
			break;
	}
	cli->global.log_level = levels[verbose];
	return parse_command(cli, argc - i, argv + i);
}

int face_vzctl(int argc, char **argv)
{
	struct cli cli = { 0 };
	int status = parse_flags(&cli, argc, argv);

	run_done(&cli);
	return status;
}
