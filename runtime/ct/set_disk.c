/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set: the disk quota. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>

#include "runtime/base/str.h"
#include "runtime/ct/ctquota.h"
#include "runtime/ct/set.h"

/* Checked, and kept as it is. */
static int keep(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	struct ctquota quota = { 0 };

	if (ctquota_parse_key(&quota, job->row->key, value, what, err) < 0)
		return -1;
	return conf_set(job->ct->conf, job->row->key, value, err);
}

/* vzctl writes both numbers, whatever they are. */
static int range(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	struct ctquota quota = { 0 };
	const struct limit_range *given;
	auto_strbuf struct strbuf text = { 0 };

	if (ctquota_parse_key(&quota, job->row->key, value, what, err) < 0)
		return -1;
	given = quota.space_kib.given ? &quota.space_kib : &quota.inodes;
	if (given->barrier > given->limit)
		return err_set(err, ERR_INPUT, "%s: the soft limit is above the hard one", what);
	strbuf_addf(&text, "%" PRId64 ":%" PRId64, given->barrier, given->limit);
	if (text.failed)
		return err_set(err, ENOMEM, "%s: out of memory", what);
	return conf_set(job->ct->conf, job->row->key, text.text, err);
}

/* clang-format off */
const struct set_row set_disk_rows[] = {
	{ "diskspace", range, "DISKSPACE", SET_DISK, 0, 0 },
	{ "diskinodes", range, "DISKINODES", SET_DISK, 0, 0 },
	{ "diskquota", keep, "DISK_QUOTA", SET_DISK, 0, 0 },
	{ "quotatime", keep, "QUOTATIME", SET_DISK, 0, 0 },
	{ "quotaugidlimit", keep, "QUOTAUGIDLIMIT", SET_NO_EFFECT, 0, 0 },
	{ "", NULL, NULL, 0, 0, 0 },
};
/* clang-format on */
