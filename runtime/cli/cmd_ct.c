/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/cmd_ct.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/cli/output.h"
#include "runtime/cli/vzlog.h"
#include "runtime/ct/check.h"
#include "runtime/ct/ct.h"

/* clang-format off */
#define START_ROWS(AT) \
	{ "force", 0, CLI_FLAG, 0, (AT) + offsetof(struct ct_start_opts, force), "", \
	  "though it is disabled" }, \
	{ "skip-fsck", 0, CLI_FLAG, CLI_NO_EFFECT, 0, "", "for callers of OpenVZ" }, \
	{ "skip-remount", 0, CLI_FLAG, 0, (AT) + offsetof(struct ct_start_opts, skip_remount), "", \
	  "if it is mounted, take it as it is: no action scripts for that" }, \
	{ "wait", 0, CLI_FLAG, 0, (AT) + offsetof(struct ct_start_opts, wait), "", \
	  "return when it has come up" }
#define STOP_ROWS(AT) \
	{ "fast", 0, CLI_FLAG, 0, (AT) + offsetof(struct ct_stop_opts, fast), "", \
	  "kill it at once instead of shutting it down" }, \
	{ "skip-umount", 0, CLI_FLAG, 0, (AT) + offsetof(struct ct_stop_opts, skip_umount), "", \
	  "leave it mounted" }
/* clang-format on */

static const struct cli_option start_rows[] = { START_ROWS(0) };
const struct cli_options cmd_ct_start_options = CLI_OPTIONS(start_rows, struct ct_start_opts);

static const struct cli_option stop_rows[] = { STOP_ROWS(0) };
const struct cli_options cmd_ct_stop_options = CLI_OPTIONS(stop_rows, struct ct_stop_opts);

struct restart_opts {
	struct ct_stop_opts stop;
	struct ct_start_opts start;
};

static const struct cli_option restart_rows[] = {
	STOP_ROWS(offsetof(struct restart_opts, stop)),
	START_ROWS(offsetof(struct restart_opts, start)),
};
const struct cli_options cmd_ct_restart_options = CLI_OPTIONS(restart_rows, struct restart_opts);

/* ---- what all have in common ---- */

static void say_quietly(const char *text)
{
	vzlog_write(VZLOG_NORMAL, text);
}

static void say(const char *text)
{
	auto_strbuf struct strbuf line = { 0 };

	say_quietly(text);
	strbuf_addf(&line, "%s\n", text);
	if (!line.failed)
		fd_write_message(STDOUT_FILENO, line.text, line.len);
}

int cmd_ct_load_vz(struct cli *cli, struct vz **ret, struct err *err)
{
	return vz_load(cli->global.config, &cli->set, cli->quiet ? say_quietly : say, ret, err);
}

int cmd_ct_exit_code(const struct err *err)
{
	if (err->code >= VZ_ERR_BASE)
		return err->code - VZ_ERR_BASE;
	/* A text about an option begins with it; else it is a conf that has what it must not. */
	if (err->code == ERR_INPUT)
		return str_starts(err->msg, "--") ? VZ_BAD_VALUE : VZ_BAD_CONF;
	return err->code == ERR_USAGE ? VZ_BAD_OPTION : VZ_SYSTEM;
}

int cmd_ct_finish(struct cli *cli, int rc, const struct err *err)
{
	if (rc < 0)
		cli->status = cmd_ct_exit_code(err);
	vzlog_end(cli->status, rc < 0 ? err : NULL);
	return rc;
}

int cmd_ct_on(struct cli *cli, unsigned int flags, cmd_ct_verb run, struct err *err)
{
	auto_vz struct vz *vz = NULL;
	auto_ct struct ct *ct = NULL;
	int rc = cmd_ct_load_vz(cli, &vz, err);

	/* What looks may do so without a conf and is not logged; what neither locks nor looks runs
	 * a command of the user's inside, which panels do all the time. */
	if (rc == 0 && (flags & CT_LOCK))
		vzlog_begin(vz, cli->id, VZLOG_NORMAL);
	else if (rc == 0 && !(flags & CT_NO_CONF))
		vzlog_begin(vz, cli->id, VZLOG_MORE);
	if (cli->skip_lock)
		flags &= ~(unsigned int)CT_LOCK;
	if (rc == 0)
		rc = ct_open(vz, cli->args[0], flags, &ct, err);
	if (rc == 0)
		rc = run(cli, ct, err);
	return cmd_ct_finish(cli, rc, err);
}

int cmd_ct_on_host(struct cli *cli, cmd_host_verb run, struct err *err)
{
	auto_vz struct vz *vz = NULL;
	int rc = cmd_ct_load_vz(cli, &vz, err);

	if (rc == 0) {
		vzlog_begin(vz, "0", VZLOG_NORMAL);
		rc = run(cli, vz, err);
	}
	return cmd_ct_finish(cli, rc, err);
}

int cmd_ct_find(const struct cli *cli, const char *name, char **ret_id, struct err *err)
{
	auto_free char *conf_dir = vz_conf_dir(cli->global.config);
	char *id = NULL;
	uint32_t ctid;
	int found;

	if (!conf_dir)
		return err_sys(err, "look up the container");
	found = ctid_find(conf_dir, name, &ctid, err);
	if (found > 0 && !(id = str_dupf("%" PRIu32, ctid)))
		return err_sys(err, "look up the container");
	if (found > 0)
		*ret_id = id;
	return found;
}

/* ---- the verbs ---- */

static int start(struct cli *cli, struct ct *ct, struct err *err)
{
	return ct_start(ct, cli->ct_opts, err);
}

int cmd_ct_start(struct cli *cli, struct err *err)
{
	return cmd_ct_on(cli, CT_LOCK, start, err);
}

static int stop(struct cli *cli, struct ct *ct, struct err *err)
{
	return ct_stop(ct, cli->opts, err);
}

int cmd_ct_stop(struct cli *cli, struct err *err)
{
	return cmd_ct_on(cli, CT_LOCK, stop, err);
}

/* What keeps it from starting is told before it is stopped. */
static int restart(struct cli *cli, struct ct *ct, struct err *err)
{
	const struct restart_opts *opts = cli->opts;
	struct ct_status status;

	if (ct_status(ct, &status, err) < 0 || check_conf(ct, opts->start.force, err) < 0)
		return -1;
	vz_sayf(ct->vz, "Restarting container");
	if (status.running && ct_stop(ct, &opts->stop, err) < 0)
		return -1;
	return ct_start(ct, &opts->start, err);
}

int cmd_ct_restart(struct cli *cli, struct err *err)
{
	return cmd_ct_on(cli, CT_LOCK, restart, err);
}

void cmd_ct_status_line(const char *id, const struct ct_status *st, struct strbuf *sb)
{
	strbuf_addf(sb, "CTID %s %s %s %s\n", id, st->exists ? "exist" : "deleted",
		    st->mounted ? "mounted" : "unmounted", st->running ? "running" : "down");
}

/* What is known of it is told, whatever its conf has; OpenVZ's status never fails. */
static int open_any(struct cli *cli, const struct vz *vz, struct ct **ret, struct err *err)
{
	if (ct_open(vz, cli->args[0], CT_NO_CONF, ret, err) == 0)
		return 0;
	if (err->code == VZ_ERR(VZ_BAD_VALUE)) /* that is no CT's name */
		return -1;
	log_warning("%s", err->msg);
	return ct_open(vz, cli->args[0], CT_NO_CONF | CT_ANY_CONF, ret, err);
}

/* It is not logged. */
static int get_status(struct cli *cli, char ret_id[CTID_SIZE], struct ct_status *ret,
		      struct err *err)
{
	auto_vz struct vz *vz = NULL;
	auto_ct struct ct *ct = NULL;
	int rc = cmd_ct_load_vz(cli, &vz, err);

	if (rc == 0)
		rc = open_any(cli, vz, &ct, err);
	if (rc == 0)
		rc = ct_status(ct, ret, err);
	if (rc == 0)
		snprintf(ret_id, CTID_SIZE, "%s", ct->id);
	return cmd_ct_finish(cli, rc, err);
}

int cmd_ct_get_status(struct cli *cli, struct ct_status *ret, struct err *err)
{
	char id[CTID_SIZE];

	return get_status(cli, id, ret, err);
}

int cmd_ct_status(struct cli *cli, struct err *err)
{
	auto_strbuf struct strbuf line = { 0 };
	struct ct_status st;
	char id[CTID_SIZE];

	if (get_status(cli, id, &st, err) < 0)
		return -1;
	cmd_ct_status_line(id, &st, &line);
	return output_write(&line, err);
}

static int destroy(struct cli *cli, struct ct *ct, struct err *err)
{
	(void)cli;
	return ct_destroy(ct, err);
}

int cmd_ct_destroy(struct cli *cli, struct err *err)
{
	return cmd_ct_on(cli, CT_LOCK | CT_NO_CONF, destroy, err);
}

static int mount_ct(struct cli *cli, struct ct *ct, struct err *err)
{
	(void)cli;
	return ct_mount(ct, err);
}

int cmd_ct_mount(struct cli *cli, struct err *err)
{
	return cmd_ct_on(cli, CT_LOCK, mount_ct, err);
}

static int umount_ct(struct cli *cli, struct ct *ct, struct err *err)
{
	(void)cli;
	return ct_umount(ct, err);
}

int cmd_ct_umount(struct cli *cli, struct err *err)
{
	return cmd_ct_on(cli, CT_LOCK, umount_ct, err);
}
