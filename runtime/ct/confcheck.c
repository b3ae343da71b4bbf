/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/confcheck.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/str.h"
#include "runtime/ct/ctnet.h"
#include "runtime/ct/set.h"
#include "runtime/ct/ubc.h"

__attribute__((format(printf, 3, 4))) static void fault(struct confcheck *check, const char *key,
							const char *fmt, ...)
{
	unsigned int line = key ? conf_line_of(check->ct->conf, key) : 0;
	auto_strbuf struct strbuf text = { 0 };
	auto_free char *why = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&why, fmt, ap) < 0)
		why = NULL;
	va_end(ap);
	strbuf_add(&text, check->ct->conf_path);
	if (line)
		strbuf_addf(&text, ":%u", line);
	strbuf_addf(&text, ": %s", why ? why : "");
	check->faults++;
	if (why && !text.failed)
		check->tell(text.text);
}

/* ---- single values ---- */

/* The options of `set` whose values stand in the conf as they are given. */
static const struct {
	char option[16], key[16];
} same[] = {
	{ "bootorder", "BOOTORDER" },
	{ "cpulimit", "CPULIMIT" },
	{ "cpus", "CPUS" },
	{ "cpuunits", "CPUUNITS" },
	{ "description", "DESCRIPTION" },
	{ "disabled", "DISABLED" },
	{ "hostname", "HOSTNAME" },
	{ "iolimit", "IOLIMIT" },
	{ "iopslimit", "IOPSLIMIT" },
	{ "ioprio", "IOPRIO" },
	{ "name", "NAME" },
	{ "nameserver", "NAMESERVER" },
	{ "netfilter", "NETFILTER" },
	{ "onboot", "ONBOOT" },
	{ "searchdomain", "SEARCHDOMAIN" },
	{ "stop-timeout", "STOP_TIMEOUT" },
};

/* The edit is tried in a conf of this key alone. */
static int try_edit(struct ct *ct, const struct set_row *row, const char *key, const char *value,
		    struct err *err)
{
	const struct set_opts opts = { .save = true };
	const struct set_job job = { .ct = ct, .opts = &opts, .row = row };
	struct conf *whole = ct->conf;
	int rc;

	ct->conf = conf_new();
	rc = ct->conf ? row->edit(&job, value, key, err) : err_sys(err, "check %s", key);
	conf_freep(&ct->conf);
	ct->conf = whole;
	return rc;
}

static void check_option(struct confcheck *check, const char *option, const char *key)
{
	const char *value = conf_get(check->ct->conf, key);
	const struct set_row *row = set_find(option);
	struct err err = { 0 };

	if (row && value && *value && try_edit(check->ct, row, key, value, &err) < 0)
		fault(check, key, "%s", err.msg);
}

/* ---- beancounters ---- */

static void repair(struct confcheck *check, const char *key, const struct ubc_limits *to)
{
	auto_free char *value = str_dupf("%" PRIu64 ":%" PRIu64, to->barrier, to->limit);
	auto_free char *told = str_dupf("set to %s", value ? value : "");
	struct err err;

	if (!check->repair || !value || !told || conf_set(check->ct->conf, key, value, &err) < 0)
		return;
	check->tell(told);
	check->faults--;
	check->repaired++;
}

static void check_limits(struct confcheck *check, const char *key, enum ubc_unit unit,
			 bool zero_barrier)
{
	const char *value = conf_get(check->ct->conf, key);
	struct ubc_limits limits;

	if (!value || !*value)
		return;
	if (!ubc_parse(value, unit, &limits)) {
		fault(check, key, "%s=\"%.64s\" is no BARRIER[:LIMIT]", key, value);
	} else if (zero_barrier && limits.barrier != 0 && limits.barrier != limits.limit) {
		fault(check, key, "%s: the barrier should be 0 (it is %" PRIu64 ")", key,
		      limits.barrier);
		limits.barrier = 0;
		repair(check, key, &limits);
	} else if (limits.barrier > limits.limit) {
		fault(check, key,
		      "%s: the barrier should be <= the limit (they are %" PRIu64 ":%" PRIu64 ")",
		      key, limits.barrier, limits.limit);
		limits.limit = limits.barrier;
		repair(check, key, &limits);
	}
}

static void check_beancounters(struct confcheck *check)
{
	for (size_t i = 0; i < UBC_N; i++) {
		const struct ubc_param *param = &ubc_params[i];

		check_limits(check, param->key, param->unit,
			     i == UBC_PHYSPAGES || i == UBC_SWAPPAGES);
	}
	check_limits(check, "DISKSPACE", UBC_KIB, false);
	check_limits(check, "DISKINODES", UBC_ITEMS, false);
}

void confcheck_run(struct confcheck *check)
{
	auto_net struct net_config *net = NULL;
	struct err why = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		check_option(check, same[i].option, same[i].key);
	if (ctnet_read(check->ct, &net, &why) < 0)
		fault(check, NULL, "%s", why.msg);
	check_beancounters(check);
}
