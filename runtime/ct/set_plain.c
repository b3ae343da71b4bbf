/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set: names, and what is kept as it was given. */
#include "config.h"

#include "runtime/ct/set.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/str.h"
#include "runtime/ct/dist.h"
#include "runtime/ct/name.h"
#include "runtime/ct/stop.h"

static int keep(const struct set_job *job, const char *value, struct err *err)
{
	return conf_set(job->ct->conf, job->row->key, value, err);
}

static int refuse(struct err *err, const char *what, const char *value, const char *takes)
{
	char shown[STR_SHOW_SIZE];

	return err_set(err, ERR_INPUT, "%s: %s is not %s", what, str_show(shown, value), takes);
}

/* One line without control characters. */
static int text(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	for (const char *c = value; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return refuse(err, what, value, "one line of text");
	return keep(job, value, err);
}

static int yes_no(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	if (!str_eq(value, "yes") && !str_eq(value, "no"))
		return refuse(err, what, value, "yes or no");
	return keep(job, value, err);
}

static int onboot(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	if (!str_eq(value, "yes") && !str_eq(value, "no") && !str_eq(value, "auto"))
		return refuse(err, what, value, "yes, no or auto");
	return keep(job, value, err);
}

static int number(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	uint64_t n;

	return num_parse_u(value, what, INT32_MAX, &n, err) < 0 ? -1 : keep(job, value, err);
}

static int stop_seconds(const struct set_job *job, const char *value, const char *what,
			struct err *err)
{
	int64_t seconds;

	if (num_parse(value, what, 0, STOP_TIMEOUT_MAX_SEC, &seconds, err) < 0)
		return -1;
	return keep(job, value, err);
}

static int autostop(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	if (!str_eq(value, "stop") && !str_eq(value, "suspend"))
		return refuse(err, what, value, "stop or suspend");
	return keep(job, value, err);
}

static int netfilter(const struct set_job *job, const char *value, const char *what,
		     struct err *err)
{
	static const char *const words[] = { "disabled", "stateless", "stateful", "full" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(value, words[i]))
			return keep(job, value, err);
	return refuse(err, what, value, "disabled, stateless, stateful or full");
}

/* ---- names and places ---- */

static int name(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	(void)what;
	if (*value && name_check(job->ct, value, err) < 0)
		return -1;
	return keep(job, value, err);
}

static int hostname(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	(void)what;
	return dist_check_hostname(value, err) < 0 ? -1 : keep(job, value, err);
}

static int place(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	auto_free char *path = vz_expand(value, what, job->ct->ctid, err);

	return !path || keep(job, value, err) < 0 ? -1 : ct_set_places(job->ct, err);
}

/* clang-format off */
const struct set_row set_plain_rows[] = {
	{ "root", place, "VE_ROOT", SET_STORED, SET_STOPPED, 0 },
	{ "private", place, "VE_PRIVATE", SET_STORED, SET_STOPPED, 0 },
	{ "name", name, "NAME", SET_STORED, SET_SAVE, VZ_BAD_NAME },
	{ "description", text, "DESCRIPTION", SET_STORED, 0, 0 },
	{ "hostname", hostname, "HOSTNAME", SET_HOSTNAME, 0, VZ_BAD_HOSTNAME },
	{ "onboot", onboot, "ONBOOT", SET_STORED, 0, 0 },
	{ "bootorder", number, "BOOTORDER", SET_STORED, 0, 0 },
	{ "autorestart", yes_no, "AUTORESTART", SET_STORED, 0, 0 },
	{ "disabled", yes_no, "DISABLED", SET_STORED, 0, 0 },
	{ "stop-timeout", stop_seconds, "STOP_TIMEOUT", SET_STORED, SET_SAVE, 0 },
	{ "autostop", autostop, "AUTOSTOP", SET_NO_EFFECT, 0, 0 },
	{ "mount_opts", text, "MOUNT_OPTS", SET_NO_EFFECT, 0, 0 },
	{ "noatime", yes_no, "NOATIME", SET_NO_EFFECT, 0, 0 },
	{ "netfilter", netfilter, "NETFILTER", SET_NO_EFFECT, 0, 0 },
	{ "iptables", text, "IPTABLES", SET_NO_EFFECT, SET_JOINED, 0 },
	{ "", NULL, NULL, 0, 0, 0 },
};
/* clang-format on */
