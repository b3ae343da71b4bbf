/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set: devices, features that are a device or more, bind mounts, capabilities. */
#include "config.h"

#include "runtime/ct/set.h"

#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/ct/bind.h"
#include "runtime/ct/capability.h"
#include "runtime/ct/device.h"
#include "runtime/ct/feature.h"

static const char *old_value(const struct set_job *job)
{
	return conf_get(job->ct->conf, job->row->key);
}

static int keep(const struct set_job *job, const char *value, struct err *err)
{
	return conf_set(job->ct->conf, job->row->key, value, err);
}

static void note_idle(const char *word)
{
	const char *note = feature_note(word);

	if (note && str_ends(word, ":on"))
		log_warning("%s has no effect: %s", word, note);
}

static int features(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	auto_strv char **words = strv_split(value, ", \t");
	auto_free char *all = NULL;

	if (!words)
		return err_sys(err, "%s", what);
	if (feature_set(old_value(job), value, &all, err) < 0)
		return -1;
	for (char **word = words; *word; word++)
		note_idle(*word);
	return keep(job, all, err);
}

static int set_device_word(const struct set_job *job, const char *word, struct err *err)
{
	auto_free char *all = device_set_word(old_value(job), word);

	return all ? keep(job, all, err) : err_sys(err, "set %s", job->row->key);
}

/* The host must have it now, whether the CT runs or not. */
static int devnodes(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	struct device device;

	if (device_parse_node(value, what, &device, err) < 0)
		return -1;
	if ((device.read || device.write) && device_find(&device, err) < 0)
		return err_wrap(err, "%s", what);
	return set_device_word(job, value, err);
}

static int devices(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	struct device device;

	if (device_parse_rule(value, what, &device, err) < 0)
		return -1;
	return set_device_word(job, value, err);
}

static int bindmount_add(const struct set_job *job, const char *value, const char *what,
			 struct err *err)
{
	auto_free char *all = NULL;

	return bind_add(old_value(job), value, what, &all, err) < 0 ? -1 : keep(job, all, err);
}

static int bindmount_del(const struct set_job *job, const char *value, const char *what,
			 struct err *err)
{
	auto_free char *all = NULL;

	return bind_del(old_value(job), value, what, &all, err) < 0 ? -1 : keep(job, all, err);
}

static int capability(const struct set_job *job, const char *value, const char *what,
		      struct err *err)
{
	auto_free char *all = NULL;

	return capability_set(old_value(job), value, what, &all, err) < 0 ? -1 :
									    keep(job, all, err);
}

/* clang-format off */
const struct set_row set_device_rows[] = {
	{ "features", features, "FEATURES", SET_DEVICES, 0, 0 },
	{ "devices", devices, "DEVICES", SET_DEVICES, 0, 0 },
	{ "devnodes", devnodes, "DEVNODES", SET_DEVICES, 0, 0 },
	{ "bindmount_del", bindmount_del, "BINDMOUNT", SET_BINDS, 0, 0 },
	{ "bindmount_add", bindmount_add, "BINDMOUNT", SET_BINDS, 0, 0 },
	{ "capability", capability, "CAPABILITY", SET_NEXT_START, 0, 0 },
	{ "", NULL, NULL, 0, 0, 0 },
};
/* clang-format on */
