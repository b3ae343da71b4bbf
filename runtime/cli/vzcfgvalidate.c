/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vzcfgvalidate: is a CT's conf as it should be? 0 it is, 1 it can't be read, 2 it is not. */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "runtime/cli/face.h"
#include "runtime/cli/run.h"
#include "runtime/ct/confcheck.h"

enum validate_exit { VALIDATE_GOOD, VALIDATE_UNREADABLE, VALIDATE_BAD };

static void tell(const char *text)
{
	auto_strbuf struct strbuf line = { 0 };

	str_add_clean(&line, text, strlen(text));
	strbuf_add_char(&line, '\n');
	if (!line.failed)
		fd_write_all(STDERR_FILENO, line.text, line.len);
}

static int usage(int to, int status)
{
	dprintf(to, "Usage: vzcfgvalidate [-r] [-v yes|no] CONF\n"
		    "	-r	repair what can be repaired\n"
		    "	-v	accepted, no effect: there is one kind of memory limits\n");
	return status;
}

static int save(const struct confcheck *check, struct err *err)
{
	if (check->repaired == 0)
		return 0;
	return conf_save(check->ct->conf, check->ct->conf_path, err);
}

static int validate(struct cli *cli, const char *path, bool repair, struct err *err)
{
	auto_vz struct vz *vz = NULL;
	auto_ct struct ct *ct = NULL;
	struct confcheck check = { .repair = repair, .tell = tell };

	if (run_set_globals(cli, err) < 0 || vz_load(NULL, &cli->set, NULL, &vz, err) < 0)
		return VALIDATE_UNREADABLE;
	if (ct_open_file(vz, path, &ct, err) < 0)
		return err->code == ERR_INPUT ? VALIDATE_BAD : VALIDATE_UNREADABLE;
	check.ct = ct;
	confcheck_run(&check);
	if (save(&check, err) < 0)
		return VALIDATE_UNREADABLE;
	return check.faults > 0 ? VALIDATE_BAD : VALIDATE_GOOD;
}

int face_vzcfgvalidate(int argc, char **argv)
{
	struct cli cli = { 0 };
	struct err err = { 0 };
	bool repair = false;
	int opt, status;

	while ((opt = getopt(argc, argv, "rhv:")) >= 0) {
		if (opt == 'h')
			return usage(STDOUT_FILENO, VALIDATE_GOOD);
		if (opt == '?' || (opt == 'v' && !str_eq(optarg, "yes") && !str_eq(optarg, "no")))
			return usage(STDERR_FILENO, VALIDATE_UNREADABLE);
		repair |= opt == 'r';
	}
	if (optind >= argc)
		return usage(STDERR_FILENO, VALIDATE_UNREADABLE);
	status = validate(&cli, argv[optind], repair, &err);
	if (err.code == ENOENT)
		dprintf(STDERR_FILENO, "Container configuration file %s not found\n", argv[optind]);
	else if (err.code)
		tell(err.msg);
	if (status == VALIDATE_GOOD)
		tell("Validation completed: success");
	run_done(&cli);
	return status;
}
