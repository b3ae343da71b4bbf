/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set: the values of a sample configuration all at once, and the name's link. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/ct/confcheck.h"
#include "runtime/ct/set.h"

/* What is this CT's own, and no sample's (vzctl-actions.c, merge_apply_param); and what says how
 * its data lies on disk. */
static const char *const own_keys[] = {
	"DESCRIPTION", "DISTRIBUTION", "HOSTNAME",  "IP_ADDRESS", "LOCAL_GID", "LOCAL_UID",
	"NAME",        "OSTEMPLATE",   "VE_LAYOUT", "VE_PRIVATE", "VE_ROOT",   "VEID",
};

static bool is_own(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(own_keys); i++)
		if (str_eq(own_keys[i], key))
			return true;
	return false;
}

static void tell_fault(const char *text)
{
	log_warning("%s", text);
}

/* A sample with faults would make a conf with faults. */
static int open_sample(const struct vz *vz, const char *path, struct ct **ret, struct err *err)
{
	auto_ct struct ct *sample = NULL;
	struct confcheck check = { .tell = tell_fault };

	if (ct_open_file(vz, path, &sample, err) < 0) {
		if (err->code == ENOENT)
			err_set(err, ENOENT, "Sample config file not found: %s", path);
		return -1;
	}
	check.ct = sample;
	confcheck_run(&check);
	if (check.faults > 0)
		return err_set(err, ERR_INPUT, "the sample \"%s\" has faults", path);
	*ret = steal_ptr(&sample);
	return 0;
}

static int applyconfig(const struct set_job *job, const char *name, const char *what,
		       struct err *err)
{
	auto_free char *path = str_dupf("%s/ve-%s.conf-sample", job->ct->vz->conf_dir, name);
	auto_ct struct ct *sample = NULL;
	const char *key, *value;

	if (!path)
		return err_sys(err, "%s", what);
	if (!*name || strchr(name, '/'))
		return err_set(err, ERR_INPUT, "%s: \"%.64s\" can't be a sample's name", what,
			       name);
	if (open_sample(job->ct->vz, path, &sample, err) < 0)
		return vz_fail(err, VZ_APPLY_CONFIG);
	if (conf_set(job->ct->conf, "ORIGIN_SAMPLE", name, err) < 0)
		return -1;
	for (size_t i = 0; conf_at(sample->conf, i, &key, &value); i++)
		if (key && !is_own(key) &&
		    conf_set(job->ct->conf, key, conf_get(sample->conf, key), err) < 0)
			return -1;
	return 0;
}

/* The link is made by every --save that finds it missing: here is nothing to be edited. */
static int applyconfig_map(const struct set_job *job, const char *value, const char *what,
			   struct err *err)
{
	(void)job;
	if (str_eq(value, "name"))
		return 0;
	return err_set(err, ERR_INPUT, "%s: \"%.64s\" is not \"name\"", what, value);
}

/* clang-format off */
const struct set_row set_config_rows[] = {
	{ "applyconfig", applyconfig, "ORIGIN_SAMPLE", SET_STORED, SET_WHOLE, 0 },
	{ "applyconfig_map", applyconfig_map, "NAME", SET_STORED, SET_SAVE, 0 },
	{ "", NULL, NULL, 0, 0, 0 },
};
/* clang-format on */
