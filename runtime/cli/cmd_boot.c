/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boot, shutdown: all CTs at once, as the host comes up and goes down. */
#include "config.h"

#include "runtime/ct/boot.h"

#include <unistd.h>

#include "runtime/base/log.h"
#include "runtime/base/pool.h"
#include "runtime/cli/cmd_ct.h"
#include "runtime/cli/output.h"
#include "runtime/cli/vzlog.h"

struct boot_args {
	struct spec_i64 parallel, timeout;
	bool status;
};

#define AT(member) offsetof(struct boot_args, member)
/* clang-format off */
#define ROWS \
	{ "parallel", 0, CLI_I64, 0, AT(parallel), "N", \
	  "so many at once, instead of vz.conf's VE_PARALLEL" }

static const struct cli_option boot_rows[] = {
	ROWS,
	{ "status", 0, CLI_FLAG, 0, AT(status), "",
	  "tell whether it was done since the host came up; 3: it was not" },
	{ "timeout", 0, CLI_I64, 0, AT(timeout), "SECONDS",
	  "wait no longer for starts that hang (900)" },
};
static const struct cli_option shutdown_rows[] = {
	ROWS,
	{ "timeout", 0, CLI_I64, 0, AT(timeout), "SECONDS",
	  "kill what has not shut down by then, instead of vz.conf's VZ_STOP_TIMEOUT" },
};
/* clang-format on */
#undef AT
const struct cli_options cmd_boot_options = CLI_OPTIONS(boot_rows, struct boot_args);
const struct cli_options cmd_shutdown_options = CLI_OPTIONS(shutdown_rows, struct boot_args);

/* Of `/etc/init.d/vz status` (LSB): the service does not run. */
#define STATUS_STOPPED_EXIT 3

static int print_status(struct cli *cli, const struct vz *vz, struct err *err)
{
	auto_strbuf struct strbuf line = { 0 };
	bool up = boot_is_up(vz);

	/* What Proxmox and others look for. */
	strbuf_add(&line, up ? "OpenVZ is running...\n" : "OpenVZ is stopped.\n");
	cli->status = up ? 0 : STATUS_STOPPED_EXIT;
	return output_write(&line, err);
}

/* ---- in the process that starts or stops a CT ---- */

static void begin(const struct vz *vz, const char *id)
{
	vzlog_begin(vz, id, VZLOG_NORMAL);
}

static void end(const struct err *err)
{
	vzlog_end(err ? cmd_ct_exit_code(err) : 0, err);
}

static void say(const char *text)
{
	vzlog_write(VZLOG_NORMAL, text);
}

/* ---- the verbs ---- */

static int read_args(const struct boot_args *args, struct boot_opts *ret, struct err *err)
{
	if (args->parallel.given && (args->parallel.value < 1 || args->parallel.value > POOL_MAX))
		return err_set(err, ERR_USAGE, "--parallel must be from 1 to %d", POOL_MAX);
	if (args->timeout.given &&
	    (args->timeout.value < 1 || args->timeout.value > SHUTDOWN_TIMEOUT_MAX))
		return err_set(err, ERR_USAGE, "--timeout must be from 1 to %d",
			       SHUTDOWN_TIMEOUT_MAX);
	*ret = (struct boot_opts){
		.parallel = (unsigned int)args->parallel.value,
		.timeout_sec = (int)args->timeout.value,
		.begin = begin,
		.end = end,
		.say = say,
	};
	return 0;
}

typedef int (*way)(const struct vz *vz, const struct boot_opts *opts, struct boot_result *ret,
		   struct err *err);

static int go(const struct vz *vz, const struct boot_args *args, way do_it, const char *done,
	      struct err *err)
{
	struct boot_result result = { 0 };
	struct boot_opts opts;

	if (read_args(args, &opts, err) < 0 || do_it(vz, &opts, &result, err) < 0)
		return -1;
	if (result.failed == 0)
		return 0;
	return err_set(err, ERR_FAILED, "of %zu containers %zu could not be %s",
		       result.done + result.failed, result.failed, done);
}

static int run(struct cli *cli, way do_it, const char *done, struct err *err)
{
	const struct boot_args *args = cli->opts;
	auto_vz struct vz *vz = NULL;
	int rc = 0;

	if (!cli->cts) {
		err_set(err, ERR_USAGE, "needs root, and with --root also --config: no CT is here");
		rc = -1;
	}
	if (rc == 0)
		rc = cmd_ct_load_vz(cli, &vz, err);
	if (rc == 0)
		rc = args->status ? print_status(cli, vz, err) : go(vz, args, do_it, done, err);
	return cmd_ct_finish(cli, rc, err);
}

int cmd_boot(struct cli *cli, struct err *err)
{
	return run(cli, boot_up, "started", err);
}

int cmd_shutdown(struct cli *cli, struct err *err)
{
	return run(cli, boot_down, "stopped", err);
}
