/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main: the table of commands, the way from argv to one of them, and the one place that prints
 * an error and chooses the exit status.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/cli/cli.h"
#include "runtime/cli/cmd.h"
#include "runtime/cli/cmd_ct.h"
#include "runtime/cli/face.h"
#include "runtime/cli/run.h"
#include "runtime/cli/suggest.h"

#define EXIT_FAILED 1
/* What an engine takes for a failure of the runtime, not of the command inside (runc). */
#define EXIT_EXEC_FAILED 255

/* clang-format off */
const struct cli_command cli_commands[] = {
	{ "create", cmd_create, "ID",
	  "create a container from a bundle, or register a CT made from a template",
	  &cmd_create_options, &cmd_ct_create_options,
	  CLI_GROUP_BOTH, CLI_NEW_ID | CLI_SYSTEMD, 1, 1, EXIT_FAILED },
	{ "start", cmd_start, "ID",
	  "start a CT, or what create made of a bundle",
	  NULL, &cmd_ct_start_options, CLI_GROUP_BOTH, CLI_ID | CLI_CT_FIRST | CLI_SYSTEMD, 1, 1, EXIT_FAILED },
	{ "exec", cmd_exec, "ID COMMAND [ARGUMENT]...",
	  "run a command in a running container",
	  &cmd_exec_options, NULL, CLI_GROUP_BOTH, CLI_ID | CLI_IN_ORDER, 1, CLI_ANY,
	  EXIT_EXEC_FAILED },
	{ "list", cmd_list, "[CT]...",
	  "list the containers",
	  &cmd_list_options, &cmd_ct_list_options, CLI_GROUP_BOTH, 0, 0, CLI_ANY, EXIT_FAILED },
	{ "top", cmd_top, "",
	  "show live what all containers use",
	  &cmd_top_options, NULL, CLI_GROUP_BOTH, 0, 0, 0, EXIT_FAILED },

	{ "stop", cmd_ct_stop, "CT",
	  "shut a CT down",
	  &cmd_ct_stop_options, NULL, CLI_GROUP_CT, CLI_ID | CLI_CT_FIRST | CLI_SYSTEMD | CLI_CLEANS, 1, 1, EXIT_FAILED },
	{ "restart", cmd_ct_restart, "CT",
	  "stop and start a CT",
	  &cmd_ct_restart_options, NULL, CLI_GROUP_CT, CLI_ID | CLI_CT_FIRST | CLI_SYSTEMD, 1, 1, EXIT_FAILED },
	{ "set", cmd_ct_set, "CT",
	  "change what a CT is given, and keep it with --save",
	  &cmd_ct_set_options, NULL, CLI_GROUP_CT, CLI_ID | CLI_CT_FIRST, 1, 1, EXIT_FAILED },
	{ "rename", cmd_ct_rename, "CT NAME",
	  "call a CT by another name besides its number",
	  NULL, NULL, CLI_GROUP_CT, CLI_ID | CLI_CT_FIRST, 2, 2, EXIT_FAILED },
	{ "status", cmd_status, "CT",
	  "print what state a CT is in, and the limits it ran into",
	  &cmd_status_options, NULL, CLI_GROUP_CT, CLI_ID | CLI_CT_FIRST, 1, 1, EXIT_FAILED },
	{ "enter", cmd_ct_enter, "CT [--exec COMMAND [ARGUMENT]...]",
	  "open a shell in a running CT, or run a command by it",
	  NULL, NULL, CLI_GROUP_CT, CLI_ID | CLI_CT_FIRST | CLI_IN_ORDER, 1, CLI_ANY, EXIT_FAILED },
	{ "runscript", cmd_ct_runscript, "CT FILE",
	  "run a script of the host's in a CT, running or not",
	  NULL, NULL, CLI_GROUP_CT, CLI_ID | CLI_CT_FIRST, 2, 2, EXIT_FAILED },
	{ "mount", cmd_ct_mount, "CT",
	  "mount a CT's root file system without starting it",
	  NULL, NULL, CLI_GROUP_CT, CLI_ID | CLI_CT_FIRST, 1, 1, EXIT_FAILED },
	{ "umount", cmd_ct_umount, "CT",
	  "unmount it again",
	  NULL, NULL, CLI_GROUP_CT, CLI_ID | CLI_CT_FIRST, 1, 1, EXIT_FAILED },
	{ "destroy", cmd_ct_destroy, "CT",
	  "remove a stopped CT with all its data",
	  NULL, NULL, CLI_GROUP_CT, CLI_ID | CLI_CT_FIRST | CLI_SYSTEMD | CLI_CLEANS, 1, 1, EXIT_FAILED },
	{ "reinstall", cmd_ct_reinstall, "CT",
	  "make a stopped CT anew from a template",
	  &cmd_ct_reinstall_options, NULL, CLI_GROUP_CT, CLI_ID | CLI_CT_FIRST | CLI_SYSTEMD, 1, 1, EXIT_FAILED },
	{ "register", cmd_ct_register, "DIR CT",
	  "make a CT of a private area that comes from elsewhere",
	  &cmd_ct_register_options, NULL, CLI_GROUP_CT, 0, 2, 2, EXIT_FAILED },
	{ "unregister", cmd_ct_unregister, "CT",
	  "forget a stopped CT, and leave its data where it is",
	  NULL, NULL, CLI_GROUP_CT, CLI_ID | CLI_CT_FIRST | CLI_SYSTEMD | CLI_CLEANS, 1, 1, EXIT_FAILED },
	{ "boot", cmd_boot, "",
	  "start the CTs that are to run when the host comes up",
	  &cmd_boot_options, NULL, CLI_GROUP_CT, CLI_SYSTEMD, 0, 0, EXIT_FAILED },
	{ "shutdown", cmd_shutdown, "",
	  "stop all CTs for the host's shutdown: they start again with it",
	  &cmd_shutdown_options, NULL, CLI_GROUP_CT, CLI_SYSTEMD | CLI_CLEANS, 0, 0, EXIT_FAILED },

	{ "monitor", cmd_monitor, "CT ended|again STATUS START",
	  "do what a CT's end leaves to do: for its monitor",
	  NULL, NULL, CLI_GROUP_CT, CLI_ID | CLI_CT_FIRST | CLI_SYSTEMD | CLI_CLEANS, 4, 4, EXIT_FAILED },

	{ "run", cmd_run, "ID",
	  "create a container, start it, wait for its end and delete it",
	  &cmd_run_options, NULL, CLI_GROUP_OCI, CLI_NEW_ID | CLI_SYSTEMD, 1, 1, EXIT_FAILED },
	{ "state", cmd_state, "ID",
	  "print a container's state as JSON",
	  NULL, NULL, CLI_GROUP_OCI, CLI_ID, 1, 1, EXIT_FAILED },
	{ "kill", cmd_kill, "ID [SIGNAL]",
	  "send a signal (TERM) to a container's init",
	  &cmd_kill_options, NULL, CLI_GROUP_OCI, CLI_ID | CLI_IN_ORDER, 1, 2, EXIT_FAILED },
	{ "delete", cmd_delete, "ID",
	  "remove a stopped container and all it held",
	  &cmd_delete_options, NULL, CLI_GROUP_OCI, CLI_ID | CLI_SYSTEMD | CLI_CLEANS, 1, 1, EXIT_FAILED },
	{ "ps", cmd_ps, "ID [PS-OPTION]...",
	  "list a container's processes",
	  &cmd_ps_options, NULL, CLI_GROUP_OCI, CLI_ID | CLI_IN_ORDER, 1, CLI_ANY, EXIT_FAILED },
	{ "pause", cmd_pause, "ID",
	  "freeze every process of a container",
	  NULL, NULL, CLI_GROUP_OCI, CLI_ID, 1, 1, EXIT_FAILED },
	{ "resume", cmd_resume, "ID",
	  "let a paused container go on",
	  NULL, NULL, CLI_GROUP_OCI, CLI_ID, 1, 1, EXIT_FAILED },
	{ "update", cmd_update, "ID",
	  "change a container's resource limits",
	  &cmd_update_options, NULL, CLI_GROUP_OCI, CLI_ID | CLI_SYSTEMD, 1, 1, EXIT_FAILED },
	{ "events", cmd_events, "[ID]...",
	  "print a container's resource usage and out-of-memory events, or what happens to all",
	  &cmd_events_options, NULL, CLI_GROUP_OCI, CLI_ID, 0, CLI_ANY, EXIT_FAILED },
	{ "checkpoint", cmd_checkpoint, "ID",
	  "write a container's processes to files, and end it",
	  &cmd_checkpoint_options, NULL, CLI_GROUP_OCI, CLI_ID | CLI_SYSTEMD, 1, 1, EXIT_FAILED },
	{ "restore", cmd_restore, "ID",
	  "make a container of a bundle and go on where checkpoint ended it",
	  &cmd_restore_options, NULL, CLI_GROUP_OCI, CLI_NEW_ID | CLI_SYSTEMD, 1, 1, EXIT_FAILED },
	{ "spec", cmd_spec, "",
	  "write a config.json to begin with",
	  &cmd_spec_options, NULL, CLI_GROUP_OCI, 0, 0, 0, EXIT_FAILED },
	{ "features", cmd_features, "",
	  "print as JSON what of the OCI specification is supported",
	  NULL, NULL, CLI_GROUP_OCI, 0, 0, 0, EXIT_FAILED },

	{ "doctor", cmd_doctor, "",
	  "tell what of this host keeps containers from working, and how to mend it",
	  &cmd_doctor_options, NULL, CLI_GROUP_OTHER, 0, 0, 0, EXIT_FAILED },
	{ "help", cmd_help, "[COMMAND]",
	  "show the commands, or one command's options",
	  &cmd_help_options, NULL, CLI_GROUP_OTHER, 0, 0, 1, EXIT_FAILED },
	{ "version", cmd_version, "",
	  "print the versions of the program and of the OCI specification",
	  NULL, NULL, CLI_GROUP_OTHER, 0, 0, 0, EXIT_FAILED },
	{ 0 },
};
/* clang-format on */

static const struct cli_option global_rows[] = {
	{ "cgroup-manager", 0, CLI_CHOICE, 0, offsetof(struct cli_global, cgroup_manager),
	  "cgroupfs|systemd|disabled", "who makes the cgroups" },
	{ "config", 0, CLI_TEXT, 0, offsetof(struct cli_global, config), "FILE",
	  "the vz.conf to use for CTs" },
	{ "debug", 0, CLI_FLAG, 0, offsetof(struct cli_global, debug), "",
	  "log all there is: --log-level debug" },
	{ "log", 0, CLI_TEXT, 0, offsetof(struct cli_global, log), "FILE",
	  "append errors and warnings to FILE" },
	{ "log-format", 0, CLI_CHOICE, 0, offsetof(struct cli_global, log_format), "text|json",
	  "how they are written there" },
	{ "log-level", 0, CLI_TEXT, 0, offsetof(struct cli_global, log_level), "LEVEL",
	  "error, warning (the default), info or debug" },
	{ "root", 0, CLI_TEXT, CLI_NOT_EMPTY, offsetof(struct cli_global, root), "DIR",
	  "where the state of live containers is (" CONTAINER_DEFAULT_ROOT ")" },
	{ "rootless", 0, CLI_CHOICE, CLI_NO_EFFECT, 0, "auto|true|false", "for callers of runc" },
	{ "systemd-cgroup", 0, CLI_FLAG, 0, offsetof(struct cli_global, systemd_cgroup), "",
	  "the same as --cgroup-manager systemd" },
	{ "version", 'v', CLI_FLAG, 0, offsetof(struct cli_global, version), "",
	  "the same as the command version" },
	{ "version", 'V', CLI_FLAG, CLI_HIDDEN, offsetof(struct cli_global, version), "", "" },
};
const struct cli_options cli_global_options = CLI_OPTIONS(global_rows, struct cli_global);

/* Known to runc or crun, not to this version: never a reason to suggest something else. */
static const char *const not_built[] = { "mounts" };

static int unknown_command(const char *name, struct err *err)
{
	struct suggest near;

	err_set(err, ERR_USAGE, "unknown command \"%.64s\"", name);
	for (unsigned int i = 0; i < ARRAY_SIZE(not_built); i++)
		if (str_eq(name, not_built[i]))
			return err_hint(err, "this version of vzrun does not have it");
	suggest_init(&near, name, strlen(name));
	for (const struct cli_command *c = cli_commands; c->name; c++)
		suggest_offer(&near, c->name);
	return err_hint(err, near.best ? "did you mean %s?" : "see vzrun help", near.best);
}

/* argv from the command's name on: its options, its arguments, and off it goes. */
static int parse_command(struct cli *cli, int argc, char **argv, struct err *err)
{
	_Alignas(max_align_t) char opts[2][CLI_OPTIONS_MAX] = { { 0 } };
	struct cli_scan scan = { .into = { opts[0], opts[1] } };
	int ret;

	cli->command = cli_command_find(argv[0]);
	if (!cli->command)
		return unknown_command(argv[0], err);
	scan.options[0] = cli->command->options;
	scan.options[1] = cli->command->ct_options;
	cli->args = argv + 1;
	cli->opts = opts[0];
	cli->ct_opts = opts[1];
	ret = cli_scan_args(&scan, argc - 1, argv + 1, cli->command->flags & CLI_IN_ORDER,
			    &cli->args_n, err);
	cli->ct_opts_given = scan.given[1] > 0;
	if (ret == 0)
		ret = scan.help ? cmd_help_on(cli->command, err) : run_command(cli, err);
	cli_options_done(scan.options[0], opts[0]);
	cli_options_done(scan.options[1], opts[1]);
	return ret;
}

static int parse_globals(struct cli *cli, int argc, char **argv, struct err *err)
{
	struct cli_scan scan = { .options = { &cli_global_options }, .into = { &cli->global } };
	int n;

	if (cli_scan_args(&scan, argc - 1, argv + 1, true, &n, err) < 0)
		return -1;
	if (cli->global.version)
		return cmd_version(cli, err);
	if (scan.help || n == 0)
		return cmd_help_on(NULL, err);
	if (run_set_globals(cli, err) < 0)
		return -1;
	return parse_command(cli, n, argv + 1, err);
}

/* One line on stderr, "vzrun: create ct1: …", whatever bytes came in from outside. With --log
 * the message goes there too, bare, since engines show it in a sentence of their own; in JSON
 * without --log there is only the JSON, as with runc.
 * Engines read it: podman, ignoring case, for "permission denied", "operation not permitted"
 * (its status 126), "executable file not found in" and "no such file or directory" (127:
 * libpod/oci_util.go); containerd for "container not running", "no such process" and "does not
 * exist" (cmd/containerd-shim-runc-v2/process/utils.go). */
static void report(const struct cli *cli, const struct err *err)
{
	auto_strbuf struct strbuf sb = { 0 };

	if (log_to_file() || cli->global.log_format == 1)
		log_error("%s", err->msg);
	if (!log_to_file() && cli->global.log_format == 1)
		return;
	strbuf_add(&sb, "vzrun: ");
	if (cli->command)
		strbuf_add(&sb, cli->command->name);
	if (cli->running && cli->id)
		strbuf_addf(&sb, " %s", cli->id);
	strbuf_add(&sb, cli->command ? ": " : "");
	strbuf_add(&sb, err->msg);
	for (size_t i = 0; i < sb.len; i++)
		if ((unsigned char)sb.text[i] < ' ' || sb.text[i] == 0x7f)
			sb.text[i] = '?';
	strbuf_add_char(&sb, '\n');
	if (!sb.failed)
		fd_write_all(STDERR_FILENO, sb.text, sb.len);
}

/* A file that we open must not become our stdin, stdout or stderr, where a message or the
 * container's output would go into it. */
static void fill_stdio(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			_exit(EXIT_FAILED);
}

static int exit_status(const struct cli *cli)
{
	if (cli->status)
		return cli->status;
	return cli->running ? cli->command->failed : EXIT_FAILED;
}

static int run_vzrun(int argc, char **argv)
{
	struct cli cli = { 0 };
	struct err err = { 0 };
	int status;

	if (parse_globals(&cli, argc, argv, &err) < 0) {
		report(&cli, &err);
		status = exit_status(&cli);
	} else {
		status = cli.status;
	}
	run_done(&cli);
	return status;
}

/* What the program does under another name. */
static const struct {
	char name[16];
	int (*run)(int argc, char **argv);
} faces[] = {
	{ "vzcfgvalidate", face_vzcfgvalidate },
	{ "vzctl", face_vzctl },
	{ "vzlist", face_vzlist },
	{ "vzpid", face_vzpid },
};

int main(int argc, char **argv)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *name = slash ? slash + 1 : argc > 0 ? argv[0] : "";

	fill_stdio();
	signal(SIGCHLD, SIG_DFL); /* a caller's SIG_IGN would leave us no exit status to wait for */
	for (unsigned int i = 0; i < ARRAY_SIZE(faces); i++)
		if (str_eq(name, faces[i].name))
			return faces[i].run(argc, argv);
	return run_vzrun(argc, argv);
}
