/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vzctl has and vzrun has no verb for, or another one. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/str.h"
#include "runtime/cli/cmd_ct.h"
#include "runtime/cli/vzctl.h"
#include "runtime/ct/create.h"
#include "runtime/ct/hostcpu.h"

/* ---- create: vzrun's --config is another ---- */

struct vzctl_create_opts {
	const char *config, *layout;
};

#define AT(member) offsetof(struct vzctl_create_opts, member)
static const struct cli_option create_rows[] = {
	{ "config", 0, CLI_TEXT, CLI_NOT_EMPTY, AT(config), "NAME",
	  "begin with conf/ve-NAME.conf-sample" },
	{ "ve_layout", 0, CLI_TEXT, CLI_HIDDEN, AT(layout), "LAYOUT", "" },
	{ "velayout", 0, CLI_TEXT, CLI_HIDDEN, AT(layout), "LAYOUT", "" },
};
#undef AT
const struct cli_options vzctl_create_options = CLI_OPTIONS(create_rows, struct vzctl_create_opts);

int vzctl_create(struct cli *cli, struct err *err)
{
	const struct vzctl_create_opts *own = cli->opts;
	struct ct_create_opts opts = *(const struct ct_create_opts *)cli->ct_opts;
	const void *given = cli->ct_opts;
	int rc;

	opts.config = own->config;
	if (own->layout)
		opts.layout = own->layout;
	cli->ct_opts = &opts;
	rc = cmd_ct_create(cli, err);
	cli->ct_opts = given;
	return rc;
}

/* ---- set ---- */

int vzctl_set(struct cli *cli, struct err *err)
{
	const void *given = cli->opts;
	struct set_opts opts = *(const struct set_opts *)given;
	int rc;

	opts.openvz = true;
	cli->opts = &opts;
	rc = cmd_ct_set(cli, err);
	cli->opts = given;
	return rc;
}

/* Of the host there is one thing to be set. */
static int set_host(struct cli *cli, const struct vz *vz, struct err *err)
{
	const struct set_opts *opts = cli->opts;
	char **given = opts->given;

	if (!given)
		return err_set(err, ERR_USAGE, "nothing to set");
	for (char **at = given; *at; at += 2)
		if (!str_eq(at[0], "cpuunits"))
			return err_set(
				err, VZ_ERR(VZ_BAD_VALUE),
				"CT0 is the host: of it only --cpuunits can be set, not --%s",
				at[0]);
	given += strv_len(given) - 2; /* the last counts */
	if (hostcpu_set(vz, given[1], "--cpuunits", err) < 0)
		return -1;
	if (opts->save)
		return hostcpu_save(vz, given[1], err);
	vz_sayf(vz, "WARNING: Settings were not saved to config (use --save flag)");
	return 0;
}

int vzctl_set_host(struct cli *cli, struct err *err)
{
	return cmd_ct_on_host(cli, set_host, err);
}

/* ---- chkpnt, restore: what panels use of them is the pause ---- */

struct chkpnt_opts {
	bool suspend, dump, kill, resume, undump;
	const char *dumpfile;
};

#define AT(member) offsetof(struct chkpnt_opts, member)
/* clang-format off */
#define CPT_ROWS \
	{ "context", 0, CLI_TEXT, CLI_NO_EFFECT, 0, "N", "for callers of OpenVZ's kernel" }, \
	{ "dumpfile", 0, CLI_TEXT, 0, AT(dumpfile), "FILE", "where its memory is" }, \
	{ "flags", 0, CLI_TEXT, CLI_NO_EFFECT, 0, "N", "for callers of OpenVZ's kernel" }, \
	{ "kill", 0, CLI_FLAG, 0, AT(kill), "", "end what is suspended" }, \
	{ "resume", 0, CLI_FLAG, 0, AT(resume), "", "let what is suspended go on" }, \
	{ "skip_arpdetect", 0, CLI_FLAG, CLI_NO_EFFECT, 0, "", "for callers of OpenVZ" }

static const struct cli_option chkpnt_rows[] = {
	CPT_ROWS,
	{ "dump", 0, CLI_FLAG, 0, AT(dump), "", "write the memory of what is suspended" },
	{ "suspend", 0, CLI_FLAG, 0, AT(suspend), "", "freeze all its processes" },
};
static const struct cli_option restore_rows[] = {
	CPT_ROWS,
	{ "skip-fsck", 0, CLI_FLAG, CLI_NO_EFFECT, 0, "", "for callers of OpenVZ" },
	{ "skip-remount", 0, CLI_FLAG, CLI_NO_EFFECT, 0, "", "for callers of OpenVZ" },
	{ "undump", 0, CLI_FLAG, 0, AT(undump), "", "read its memory, and let it be suspended" },
};
/* clang-format on */
const struct cli_options vzctl_chkpnt_options = CLI_OPTIONS(chkpnt_rows, struct chkpnt_opts);
const struct cli_options vzctl_restore_options = CLI_OPTIONS(restore_rows, struct chkpnt_opts);

static int check_steps(const struct chkpnt_opts *opts, struct err *err)
{
	if (opts->suspend + opts->dump + opts->kill + opts->resume + opts->undump > 1)
		return err_set(err, ERR_USAGE, "Invalid syntax: only one sub command may be used");
	return 0;
}

/* The CT's state; it must be running. */
static int get_running(const struct ct *ct, const char *refusal, struct ct_status *ret,
		       struct err *err)
{
	if (ct_status(ct, ret, err) < 0)
		return -1;
	return ret->running ? 0 : err_set(err, VZ_ERR(VZ_NOT_RUNNING), "%s", refusal);
}

static int need_suspended(const struct ct_status *st, int fails, struct err *err)
{
	return st->paused ? 0 : err_set(err, VZ_ERR(fails), "Container is not suspended");
}

static int suspend(struct ct *ct, const struct ct_status *st, struct err *err)
{
	vz_sayf(ct->vz, "Setting up checkpoint...");
	if (st->paused)
		return err_set(err, VZ_ERR(VZ_CHECKPOINT), "Can not suspend container: it is");
	vz_sayf(ct->vz, "\tsuspend...");
	if (container_pause(ct->vz->set, ct->id, err) < 0)
		return vz_fail(err, VZ_CHECKPOINT);
	vz_sayf(ct->vz, "Checkpointing completed successfully");
	return 0;
}

static int resume(struct ct *ct, const struct ct_status *st, int fails, struct err *err)
{
	if (need_suspended(st, fails, err) < 0)
		return -1;
	vz_sayf(ct->vz, "Resuming...");
	return container_resume(ct->vz->set, ct->id, err) < 0 ? vz_fail(err, fails) : 0;
}

static int end(struct ct *ct, const struct ct_status *st, int fails, struct err *err)
{
	const struct ct_stop_opts fast = { .fast = true };

	return need_suspended(st, fails, err) < 0 ? -1 : ct_stop(ct, &fast, err);
}

static int no_support(int fails, struct err *err)
{
	return err_set(err, VZ_ERR(fails),
		       "Error: No checkpointing support: this version keeps no container's memory");
}

static int chkpnt(struct cli *cli, struct ct *ct, struct err *err)
{
	const struct chkpnt_opts *opts = cli->opts;
	bool step = opts->kill || opts->resume;
	struct ct_status st;

	if (get_running(ct,
			step ? "Container is not running" :
			       "Unable to setup checkpointing: container is not running",
			&st, err) < 0)
		return -1;
	if (opts->suspend)
		return suspend(ct, &st, err);
	if (opts->resume)
		return resume(ct, &st, VZ_CHECKPOINT, err);
	if (opts->kill)
		return end(ct, &st, VZ_CHECKPOINT, err);
	return no_support(VZ_CHECKPOINT, err);
}

int vzctl_chkpnt(struct cli *cli, struct err *err)
{
	return check_steps(cli->opts, err) < 0 ? -1 : cmd_ct_on(cli, CT_LOCK, chkpnt, err);
}

/* What chkpnt wrote, or another's dump. */
static int check_dump(const struct ct *ct, const char *given, struct err *err)
{
	auto_free char *path =
		given ? strdup(given) : str_dupf("%s/Dump.%s", ct->vz->dump_dir, ct->id);

	if (!path)
		return err_sys(err, "restore");
	if (access(path, R_OK) < 0) {
		err_sys(err, "Unable to open %s", path);
		return vz_fail(err, VZ_RESTORE);
	}
	return no_support(VZ_RESTORE, err);
}

static int restore(struct cli *cli, struct ct *ct, struct err *err)
{
	const struct chkpnt_opts *opts = cli->opts;
	struct ct_status st;

	if (opts->kill || opts->resume) {
		if (get_running(ct, "Container is not running", &st, err) < 0)
			return -1;
		return opts->resume ? resume(ct, &st, VZ_RESTORE, err) :
				      end(ct, &st, VZ_RESTORE, err);
	}
	if (ct_status(ct, &st, err) < 0)
		return -1;
	if (st.running)
		return err_set(err, VZ_ERR(VZ_RUNNING),
			       "Unable to perform restore: container already running");
	vz_sayf(ct->vz, "Restoring container ...");
	return check_dump(ct, opts->dumpfile, err);
}

int vzctl_restore(struct cli *cli, struct err *err)
{
	return check_steps(cli->opts, err) < 0 ? -1 : cmd_ct_on(cli, CT_LOCK, restore, err);
}

/* ---- the rest ---- */

/* vzrun's destroy unmounts; vzctl's refuses. */
static int destroy(struct cli *cli, struct ct *ct, struct err *err)
{
	struct ct_status st;

	(void)cli;
	if (ct_status(ct, &st, err) < 0)
		return -1;
	if (st.mounted && !st.running)
		return err_set(err, VZ_ERR(VZ_MOUNTED),
			       "Container is currently mounted (umount first)");
	return ct_destroy(ct, err);
}

int vzctl_destroy(struct cli *cli, struct err *err)
{
	return cmd_ct_on(cli, CT_LOCK | CT_NO_CONF, destroy, err);
}

/* OpenVZ's vzquota had to be told of each area; what counts here counts by itself. */
static int quota(struct cli *cli, struct ct *ct, struct err *err)
{
	static const struct {
		char word[12];
		int fails;
	} words[] = {
		{ "quotaon", VZ_QUOTA_ON },
		{ "quotaoff", VZ_QUOTA_OFF },
		{ "quotainit", VZ_QUOTA_INIT },
	};
	const char *enabled = ct_get(ct, "DISK_QUOTA");

	if (!enabled || !str_eq(enabled, "no")) {
		vz_sayf(ct->vz, "Disk usage is counted by the file system, skipping operation");
		return 0;
	}
	err_set(err, VZ_ERR(VZ_QUOTA_ON), "Disk quota is not enabled, skipping operation");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(words[i].word, cli->command->name))
			vz_fail(err, words[i].fails);
	return -1;
}

int vzctl_quota(struct cli *cli, struct err *err)
{
	return cmd_ct_on(cli, CT_LOCK, quota, err);
}

static int compact(struct cli *cli, struct ct *ct, struct err *err)
{
	(void)cli;
	(void)err;
	vz_sayf(ct->vz, "Compact only makes sense for ploop containers");
	return 0;
}

int vzctl_compact(struct cli *cli, struct err *err)
{
	return cmd_ct_on(cli, CT_LOCK, compact, err);
}

/* ---- exec ---- */

const struct cli_options vzctl_no_options = { 0 };

/* Whatever is not 0 is 8, that it does not run too; exec2 is the one that tells what. */
int vzctl_exec(struct cli *cli, struct err *err)
{
	if (cmd_ct_exec_line(cli, err) < 0)
		return err->code == ERR_USAGE || err->code == VZ_ERR(VZ_NO_CONF) ?
			       -1 :
			       vz_fail(err, VZ_COMMAND_FAILED);
	if (cli->status)
		cli->status = VZ_COMMAND_FAILED;
	return 0;
}
