/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of options, and the edit of a conf by them. */
#include "config.h"

#include "runtime/ct/set.h"

#include <stdio.h>

#include "runtime/base/str.h"
#include "runtime/ct/ctlimits.h"
#include "runtime/ct/ctnet.h"

const struct set_row *const set_tables[] = { set_config_rows, set_plain_rows,
					     set_net_rows,    set_device_rows,
					     set_limits_rows, set_disk_rows,
					     set_access_rows, NULL };

const struct set_row *set_find(const char *option)
{
	for (size_t i = 0; set_tables[i]; i++)
		for (const struct set_row *row = set_tables[i]; *row->option; row++)
			if (str_eq(row->option, option))
				return row;
	return NULL;
}

/* What keys of resources say together, where one of them is new. */
static int check_limits(const struct ct *ct, struct err *err)
{
	auto_ctlimits struct ctlimits *limits = NULL;

	return ctlimits_read(ct, ct->conf, &limits, err);
}

static int edit(const struct set_job *job, const char *value, struct err *err)
{
	char what[sizeof(job->row->option) + 2];

	snprintf(what, sizeof(what), "--%s", job->row->option);
	if (job->row->edit(job, value, what, err) == 0)
		return 0;
	if (err->code != ERR_INPUT || str_starts(err->msg, job->ct->conf_path))
		return -1; /* no fault of the value */
	return vz_fail(err, job->row->fails ? job->row->fails : VZ_BAD_VALUE);
}

static int edit_joined(const struct set_job *job, struct err *err)
{
	auto_strbuf struct strbuf all = { 0 };

	for (char **at = job->opts->given; *at; at += 2)
		if (str_eq(at[0], job->row->option))
			strbuf_addf(&all, "%s%s", all.len ? " " : "", at[1]);
	if (all.failed)
		return err_set(err, ENOMEM, "--%s: out of memory", job->row->option);
	return edit(job, all.text ? all.text : "", err);
}

/* All that was given of one option. */
static int run_row(const struct set_job *job, unsigned int *parts, struct err *err)
{
	for (char **at = job->opts->given; *at; at += 2) {
		if (!str_eq(at[0], job->row->option))
			continue;
		*parts |=
			job->row->flags & SET_WHOLE ? (1U << SET_PARTS) - 1 : 1U << job->row->part;
		if (job->row->flags & SET_JOINED)
			return edit_joined(job, err);
		if (edit(job, at[1], err) < 0)
			return -1;
	}
	return 0;
}

/* What the keys say together. */
static int check(const struct ct *ct, unsigned int parts, struct err *err)
{
	auto_net struct net_config *config = NULL;

	if ((parts & 1U << SET_LIMITS) && check_limits(ct, err) < 0)
		return -1;
	return ctnet_read(ct, &config, err);
}

int set_edit(struct ct *ct, const struct set_opts *opts, unsigned int *ret_parts, struct err *err)
{
	struct set_job job = { .ct = ct, .opts = opts };
	unsigned int parts = 0;

	for (size_t i = 0; opts->given && set_tables[i]; i++)
		for (job.row = set_tables[i]; *job.row->option; job.row++)
			if (run_row(&job, &parts, err) < 0)
				return -1;
	if (ret_parts)
		*ret_parts = parts;
	if (check(ct, parts, err) == 0)
		return 0;
	return err->code == ERR_INPUT ? vz_fail(err, VZ_BAD_VALUE) : -1;
}
