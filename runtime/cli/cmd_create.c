/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_create: the verbs that make a container of a bundle, create and run. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/base/str.h"
#include "runtime/cli/bundle.h"
#include "runtime/cli/cmd.h"
#include "runtime/cli/cmd_ct.h"
#include "runtime/ct/vz.h"

struct create_opts {
	const char *bundle, *config;
	struct container_create_opts engine;
};

#define AT(member) offsetof(struct create_opts, member)

/* clang-format off */
#define COMMON_ROWS \
	{ "bundle", 'b', CLI_TEXT, 0, AT(bundle), "DIR", \
	  "the bundle; the current folder if not given" }, \
	{ "config", 'f', CLI_TEXT, 0, AT(config), "FILE", \
	  "the spec; the bundle's config.json if not given" }, \
	{ "console-socket", 0, CLI_TEXT, 0, AT(engine.console_socket), "SOCKET", \
	  "send the terminal's master to this unix socket" }, \
	{ "no-new-keyring", 0, CLI_FLAG, 0, AT(engine.no_new_keyring), "", \
	  "keep the caller's session keyring" }, \
	{ "no-pivot", 0, CLI_FLAG, 0, AT(engine.no_pivot), "", \
	  "move the root instead of pivoting: for a root file system on a ramdisk" }, \
	{ "no-subreaper", 0, CLI_FLAG, CLI_NO_EFFECT, 0, "", \
	  "for callers of runc" }, \
	{ "pid-file", 0, CLI_TEXT, 0, AT(engine.pid_file), "FILE", \
	  "write the pid of the container's init here" }, \
	{ "pidfd-socket", 0, CLI_TEXT, 0, AT(engine.pidfd_socket), "SOCKET", \
	  "send a pidfd of the init to this unix socket" }, \
	{ "preserve-fds", 0, CLI_COUNT, 0, AT(engine.preserve_fds), "N", \
	  "pass N more open files than stdio and LISTEN_FDS" }

static const struct cli_option create_rows[] = {
	COMMON_ROWS,
};
const struct cli_options cmd_create_options = CLI_OPTIONS(create_rows, struct create_opts);

static const struct cli_option run_rows[] = {
	COMMON_ROWS,
	{ "detach", 'd', CLI_FLAG, 0, AT(engine.detach), "",
	  "return as soon as it runs" },
	{ "keep", 0, CLI_FLAG, 0, AT(engine.keep), "",
	  "do not delete the container when it has ended" },
};
const struct cli_options cmd_run_options = CLI_OPTIONS(run_rows, struct create_opts);
/* clang-format on */

int cmd_check_free(struct cli *cli, struct err *err)
{
	int found;

	if (!cli->cts)
		return 0;
	found = cmd_ct_find(cli, cli->id, &cli->id_owned, err);
	if (found > 0)
		return err_set(err, ERR_EXISTS, "the id is that of the registered CT %.64s",
			       cli->id_owned);
	return found;
}

static int check_terminal(const struct spec *spec, const struct container_create_opts *opts,
			  bool detach, struct err *err)
{
	if (!spec->process.given)
		return 0;
	if (detach && spec->process.terminal && !opts->console_socket)
		return err_set(err, ERR_USAGE,
			       "a terminal for a detached process needs "
			       "--console-socket");
	if (opts->console_socket && !(detach && spec->process.terminal))
		return err_set(err, ERR_USAGE,
			       "--console-socket is for a detached process with "
			       "a terminal");
	return 0;
}

int cmd_check_fds(unsigned int first, unsigned int n, const char *what, struct err *err)
{
	for (unsigned int fd = first; fd < first + n; fd++) {
		int flags = fcntl((int)fd, F_GETFD);

		/* What we opened ourselves is close-on-exec, what we were given can't be. */
		if (flags < 0 || (flags & FD_CLOEXEC))
			return err_set(err, ERR_USAGE, "%s: file descriptor %u is not open", what,
				       fd);
	}
	return 0;
}

/* sd_listen_fds(3): what a service manager opened for us is meant for the container, as with
 * runc. A LISTEN_PID that is not ours means that it was meant for another process. */
static int find_listen_fds(unsigned int *ret, struct err *err)
{
	const char *count = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	uint64_t n, who;

	if (!count || !pid || num_parse_u(pid, "LISTEN_PID", INT32_MAX, &who, NULL) < 0 ||
	    (pid_t)who != getpid())
		return 0;
	if (num_parse_u(count, "LISTEN_FDS", 1024, &n, err) < 0 ||
	    cmd_check_fds(3, (unsigned int)n, "LISTEN_FDS", err) < 0)
		return -1;
	*ret = (unsigned int)n;
	return 0;
}

const char *cmd_notify_socket(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	return path && *path ? path : NULL;
}

/* Before anything is opened, which would take the place of an fd that was not given. */
static int find_fds(struct container_create_opts *opts, struct err *err)
{
	if (find_listen_fds(&opts->listen_fds, err) < 0)
		return -1;
	return cmd_check_fds(3 + opts->listen_fds, opts->preserve_fds, "--preserve-fds", err);
}

static int load(const struct create_opts *given, struct bundle *bundle,
		struct container_create_opts *ret, struct err *err)
{
	if (bundle_load(bundle, given->bundle, given->config, err) < 0)
		return -1;
	*ret = given->engine;
	if (find_fds(ret, err) < 0)
		return -1;
	ret->bundle = bundle->path;
	ret->config = bundle->config;
	ret->config_len = bundle->config_len;
	return 0;
}

/* STRICT_LIMITS of vz.conf, which is read only where a controller is missing. A file that can't
 * be read settles nothing: what CTs need it for will tell. */
static bool strict_by_conf(const struct container_settings *set)
{
	auto_vz struct vz *vz = NULL;
	struct err err;
	const char *value;

	if (vz_load(set->vz_conf, set, NULL, &vz, &err) < 0)
		return false;
	value = vz_get(vz, "STRICT_LIMITS");
	return value && str_eq(value, "yes");
}

static void ask_vz_conf(struct cli *cli)
{
	cli->set.ask_strict = strict_by_conf;
	cli->set.vz_conf = cli->global.config;
}

int cmd_create(struct cli *cli, struct err *err)
{
	const struct create_opts *given = cli->opts;
	auto_bundle struct bundle bundle = { 0 };
	struct container_create_opts opts;

	if (cli->ct_opts_given)
		return cmd_ct_create(cli, err);
	if (load(given, &bundle, &opts, err) < 0) {
		if (err->code == ERR_NOT_FOUND && !given->bundle)
			err_hint(err, "give --bundle DIR, or --ostemplate NAME for a CT");
		return -1;
	}
	if (cmd_check_free(cli, err) < 0 || check_terminal(bundle.spec, &opts, true, err) < 0)
		return -1;
	cli->set.notify_socket = cmd_notify_socket();
	ask_vz_conf(cli);
	return container_create(&cli->set, cli->id, bundle.spec, &opts, err);
}

int cmd_run(struct cli *cli, struct err *err)
{
	auto_bundle struct bundle bundle = { 0 };
	struct container_create_opts opts;

	if (load(cli->opts, &bundle, &opts, err) < 0 || cmd_check_free(cli, err) < 0 ||
	    check_terminal(bundle.spec, &opts, opts.detach, err) < 0)
		return -1;
	cli->set.notify_socket = cmd_notify_socket();
	ask_vz_conf(cli);
	return container_run(&cli->set, cli->id, bundle.spec, &opts, &cli->status, err);
}
