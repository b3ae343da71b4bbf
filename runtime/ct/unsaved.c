/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/unsaved.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/base/str.h"
#include "runtime/ct/bind.h"

static const char *const keys[] = { "BINDMOUNT", "DEVICES", "DEVNODES" };

static char *file_of(const struct ct *ct)
{
	return str_dupf("%s/%s/unsaved.conf", ct->vz->set->root, ct->id);
}

int unsaved_load(const struct ct *ct, struct conf *conf, bool *ret, struct err *err)
{
	auto_free char *path = file_of(ct);
	auto_conf struct conf *record = NULL;

	*ret = false;
	if (!path)
		return err_sys(err, "read what CT %s runs with", ct->id);
	if (conf_load(path, &record, err) < 0)
		return err->code == ENOENT ? 0 : -1;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *value = conf_get(record, keys[i]);

		if (value && conf_set(conf, keys[i], value, err) < 0)
			return -1;
		*ret = *ret || value;
	}
	return 0;
}

int unsaved_store(const struct ct *ct, const struct conf *live, const struct conf *saved,
		  struct err *err)
{
	auto_free char *path = file_of(ct);
	auto_conf struct conf *record = conf_new();
	bool any = false;

	if (!path || !record)
		return err_sys(err, "note what CT %s runs with", ct->id);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *has = conf_get(live, keys[i]), *kept = conf_get(saved, keys[i]);

		if (str_eq(has ? has : "", kept ? kept : ""))
			continue;
		any = true;
		if (conf_set(record, keys[i], has ? has : "", err) < 0)
			return -1;
	}
	if (any)
		return conf_save(record, path, err);
	return unlink(path) == 0 || errno == ENOENT ? 0 : err_sys(err, "remove \"%s\"", path);
}

/* Can it be taken out of what the file has? What was never saved can't. */
static bool is_saved(const struct ct *ct, char *const *pair)
{
	auto_free char *rest = NULL;
	struct err unused;

	return !str_eq(pair[0], "bindmount_del") ||
	       bind_del(conf_get(ct->conf, "BINDMOUNT"), pair[1], "", &rest, &unused) == 0;
}

int unsaved_edit_file(struct ct *ct, const struct set_opts *opts, struct err *err)
{
	auto_free char **given = calloc(strv_len(opts->given) + 1, sizeof(*given));
	struct set_opts how = *opts;
	size_t n = 0;

	if (!given)
		return err_sys(err, "set");
	for (char **at = opts->given; at && *at; at += 2) {
		if (!is_saved(ct, at))
			continue;
		given[n++] = at[0];
		given[n++] = at[1];
	}
	how.given = given;
	return set_edit(ct, &how, NULL, err);
}
