/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_exec: a further process in a running container. */
#include "config.h"

#include <fcntl.h>
#include <string.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "runtime/cli/cmd.h"
#include "runtime/spec/names.h"

struct exec_opts {
	const char *process;
	const char *cwd, *user, *apparmor, *process_label;
	char **env, **cap, **additional_gids;
	bool tty, no_new_privs;
	struct container_exec_opts engine;
};

#define AT(member) offsetof(struct exec_opts, member)

static const struct cli_option exec_rows[] = {
	{ "additional-gids", 'g', CLI_LIST, 0, AT(additional_gids), "GID",
	  "one more supplementary group; may be repeated" },
	{ "apparmor", 0, CLI_TEXT, 0, AT(apparmor), "PROFILE", "the AppArmor profile" },
	{ "cap", 'c', CLI_LIST, 0, AT(cap), "CAPABILITY",
	  "one capability more than the container's own; may be repeated" },
	{ "cgroup", 0, CLI_TEXT, 0, AT(engine.cgroup), "PATH",
	  "begin in this cgroup below the container's" },
	{ "console-socket", 0, CLI_TEXT, 0, AT(engine.console_socket), "SOCKET",
	  "send the terminal's master to this unix socket" },
	{ "cwd", 0, CLI_TEXT, 0, AT(cwd), "DIR", "the working directory" },
	{ "detach", 'd', CLI_FLAG, 0, AT(engine.detach), "", "return as soon as it runs" },
	{ "env", 'e', CLI_LIST, 0, AT(env), "NAME=VALUE", "set a variable; may be repeated" },
	{ "ignore-paused", 0, CLI_FLAG, 0, AT(engine.ignore_paused), "",
	  "in a paused container too; the command waits for resume" },
	{ "no-new-privs", 0, CLI_FLAG, 0, AT(no_new_privs), "",
	  "let it gain no privileges by execve" },
	{ "pid-file", 0, CLI_TEXT, 0, AT(engine.pid_file), "FILE", "write its pid here" },
	{ "pidfd-socket", 0, CLI_TEXT, 0, AT(engine.pidfd_socket), "SOCKET",
	  "send a pidfd of it to this unix socket" },
	{ "preserve-fds", 0, CLI_COUNT, 0, AT(engine.preserve_fds), "N",
	  "pass N more open files than stdio and LISTEN_FDS" },
	{ "process", 'p', CLI_TEXT, 0, AT(process), "FILE",
	  "read all of it from this JSON file; no COMMAND, and the options for it are not used" },
	{ "process-label", 0, CLI_TEXT, 0, AT(process_label), "LABEL", "the SELinux label" },
	{ "tty", 't', CLI_FLAG, 0, AT(tty), "", "give it a terminal" },
	{ "user", 'u', CLI_TEXT, CLI_NOT_EMPTY, AT(user), "UID[:GID]", "the user, and the group" },
};
const struct cli_options cmd_exec_options = CLI_OPTIONS(exec_rows, struct exec_opts);

/* The process to be, and what of it is its own and not the container's spec's. */
struct process {
	struct spec *spec;
	struct spec_process process;
	char **env;
	uint32_t *gids;
};

static void process_done(struct process *p)
{
	spec_freep(&p->spec);
	free(p->env);
	free(p->gids);
}

static int parse_id(const char *text, const char *what, uint32_t *ret, struct err *err)
{
	uint64_t v;

	/* (uid_t)-1 means "no change" to the kernel. */
	if (num_parse_u(text, what, UINT32_MAX - 1, &v, err) < 0)
		return -1;
	*ret = (uint32_t)v;
	return 0;
}

/* Numbers only, as with runc, and nothing behind them: a user that is not understood must never
 * end as root (CVE-2026-30892). */
static int set_user(struct process *p, const char *text, struct err *err)
{
	char uid[16];
	size_t len = strcspn(text, ":");

	if (len >= sizeof(uid))
		return err_set(err, ERR_INPUT, "--user: \"%.64s\" is not UID[:GID]", text);
	memcpy(uid, text, len);
	uid[len] = '\0';
	if (parse_id(uid, "--user", &p->process.user.uid, err) < 0)
		return -1;
	return text[len] ? parse_id(text + len + 1, "--user", &p->process.user.gid, err) : 0;
}

/* Later settings of a name win, for execve's users read the first: so they replace it. */
static int add_env(struct process *p, char *const *more, struct err *err)
{
	size_t n = strv_len(p->process.env);

	p->env = calloc(n + strv_len(more) + 1, sizeof(*p->env));
	if (!p->env)
		return err_sys(err, "--env");
	for (size_t i = 0; i < n; i++)
		p->env[i] = p->process.env[i];
	for (; more && *more; more++) {
		size_t name = strcspn(*more, "=") + 1, i = 0;

		if (!strchr(*more, '=') || **more == '=')
			return err_set(err, ERR_INPUT, "--env: \"%.64s\" is not NAME=VALUE", *more);
		while (i < n && strncmp(p->env[i], *more, name) != 0)
			i++;
		p->env[i] = *more;
		n += i == n;
	}
	p->process.env = p->env;
	return 0;
}

static int add_gids(struct process *p, char *const *more, struct err *err)
{
	struct spec_user *user = &p->process.user;
	size_t n = user->additional_gids_n;

	p->gids = calloc(n + strv_len(more) + 1, sizeof(*p->gids));
	if (!p->gids)
		return err_sys(err, "--additional-gids");
	if (n > 0)
		memcpy(p->gids, user->additional_gids, n * sizeof(*p->gids));
	for (; more && *more; more++, n++)
		if (parse_id(*more, "--additional-gids", &p->gids[n], err) < 0)
			return -1;
	user->additional_gids = p->gids;
	user->additional_gids_n = n;
	return 0;
}

/* As runc: ambient only where the container's own process has inheritable ones, without which
 * the kernel refuses ambient ones. Inheritable ones are never added (CVE-2022-29162). */
static int add_caps(struct process *p, char *const *more, struct err *err)
{
	struct spec_caps *caps = &p->process.caps;

	for (; more && *more; more++) {
		const struct names_row *row = names_find(&names_capabilities, *more);
		uint64_t bit;

		if (!row)
			return err_set(err, ERR_INPUT, "--cap: unknown capability \"%.32s\"",
				       *more);
		bit = UINT64_C(1) << row->value;
		caps->given = true;
		caps->bounding |= bit;
		caps->effective |= bit;
		caps->permitted |= bit;
		caps->ambient |= bit & caps->inheritable;
	}
	return 0;
}

/* The container's own process, changed as the options say. */
static int from_options(struct cli *cli, const struct exec_opts *opts, struct process *p,
			struct err *err)
{
	if (cli->args_n < 2)
		return err_set(err, ERR_USAGE, "no command to run (give one, or --process FILE)");
	if (container_load_spec(&cli->set, cli->id, &p->spec, err) < 0)
		return -1;
	p->process = p->spec->process;
	p->process.given = true;
	p->process.args = cli->args + 1;
	p->process.terminal = opts->tty;
	if (opts->cwd)
		p->process.cwd = opts->cwd;
	if (opts->apparmor)
		p->process.apparmor_profile = opts->apparmor;
	if (opts->process_label)
		p->process.selinux_label = opts->process_label;
	if (opts->no_new_privs)
		p->process.no_new_privileges = true;
	if (opts->user && set_user(p, opts->user, err) < 0)
		return -1;
	if (add_env(p, opts->env, err) < 0 || add_gids(p, opts->additional_gids, err) < 0)
		return -1;
	return add_caps(p, opts->cap, err);
}

static int from_file(const char *path, struct process *p, struct err *err)
{
	auto_free char *text = NULL;
	size_t len;

	if (fd_load_at(AT_FDCWD, path, SPEC_MAX_BYTES, &text, &len, err) < 0 ||
	    spec_parse_process(text, len, path, &p->spec, err) < 0)
		return -1;
	p->process = p->spec->process;
	return 0;
}

static int check_terminal(const struct spec_process *process,
			  const struct container_exec_opts *engine, struct err *err)
{
	bool apart = engine->detach && process->terminal;

	if (apart && !engine->console_socket)
		return err_set(err, ERR_USAGE, "--detach with a terminal needs --console-socket");
	return 0;
}

int cmd_exec(struct cli *cli, struct err *err)
{
	const struct exec_opts *opts = cli->opts;
	struct container_exec_opts engine = opts->engine;
	__attribute__((cleanup(process_done))) struct process p = { 0 };

	if (cli->is_ct)
		return err_set(err, ERR_STATE, "container not running");
	if (cmd_check_fds(3, engine.preserve_fds, "--preserve-fds", err) < 0)
		return -1;
	if (opts->process ? from_file(opts->process, &p, err) : from_options(cli, opts, &p, err))
		return -1;
	if (check_terminal(&p.process, &engine, err) < 0)
		return -1;
	engine.process = &p.process;
	engine.tty_here = p.process.terminal && !engine.console_socket;
	return container_exec(&cli->set, cli->id, &engine, &cli->status, err);
}
