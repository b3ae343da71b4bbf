/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ct_create: a new CT's conf and private area. */
#include "config.h"

#include "runtime/ct/create.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/ct/access.h"
#include "runtime/ct/action.h"
#include "runtime/ct/claim.h"
#include "runtime/ct/identity.h"
#include "runtime/ct/ctquota.h"
#include "runtime/ct/idrange.h"
#include "runtime/ct/name.h"
#include "runtime/ct/template.h"

/* ve-NAME.conf-sample, the values that a new CT begins with. The global CONFIGFILE need not
 * exist; one that was asked for must. */
static int load_sample(struct ct *ct, const char *asked, struct err *err)
{
	const char *name = asked ? asked : vz_get(ct->vz, "CONFIGFILE");
	auto_free char *path = str_dupf("%s/ve-%s.conf-sample", ct->vz->conf_dir, name);
	struct conf *sample = NULL;

	if (!path)
		return err_sys(err, "read the sample configuration");
	if (strchr(name, '/'))
		return err_set(err, VZ_ERR(VZ_CONFIG_COPY), "bad name of a sample \"%.64s\"", name);
	if (conf_load(path, &sample, err) < 0) {
		if (err->code != ENOENT)
			return -1;
		return asked ? vz_fail(err, VZ_CONFIG_COPY) : 0;
	}
	conf_free(ct->conf);
	ct->conf = sample;
	return conf_set(ct->conf, "ORIGIN_SAMPLE", name, err);
}

/* A conf that is there already (a panel wrote it, or an earlier create was killed) is used. */
static int begin_conf(struct ct *ct, const struct ct_create_opts *opts, struct err *err)
{
	if (!ct->has_conf)
		return load_sample(ct, opts->config, err);
	if (opts->config)
		return err_set(err, VZ_ERR(VZ_CONFIG_COPY), "\"%s\" exists, so --config has no use",
			       ct->conf_path);
	log_warning("\"%s\" exists and is used", ct->conf_path);
	return 0;
}

/* OpenVZ's words: "simfs" is files in a folder, "ploop" an image, which is not built yet: a panel
 * that asks for it gets what there is. */
static const char *layout_of(const char *word)
{
	if (str_eq(word, "ploop") || str_starts(word, "ploop:"))
		log_warning("Containers have no images yet: layout overlay in place of %s", word);
	else if (!str_eq(word, "simfs"))
		return word;
	return "overlay";
}

static int set_options(struct ct *ct, const struct ct_create_opts *opts, struct err *err)
{
	const struct {
		const char *key, *value;
	} rows[] = {
		/* Where the data is stays true when vz.conf changes. */
		{ "VE_ROOT", ct_get(ct, "VE_ROOT") },
		{ "VE_PRIVATE", ct_get(ct, "VE_PRIVATE") },
		{ "VE_LAYOUT", layout_of(opts->layout ? opts->layout : ct_get(ct, "VE_LAYOUT")) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].value && conf_set(ct->conf, rows[i].key, rows[i].value, err) < 0)
			return -1;
	if (set_edit(ct, &opts->set, NULL, err) < 0)
		return -1;
	return ct_set_places(ct, err);
}

/* The ids it was asked for; 0: none were. Users and groups are mapped alike, and never to the host's
 * own: a CT always has a user namespace. */
static int asked_ids(const struct ct_create_opts *opts, uint32_t *ret_first, struct err *err)
{
	const struct {
		const char *value, *what;
	} rows[] = { { opts->local_uid, "--local_uid" }, { opts->local_gid, "--local_gid" } };
	uint32_t first = 0, same;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].value)
			continue;
		if (str_eq(rows[i].value, "0"))
			return err_set(err, ERR_INPUT,
				       "%s: 0 would be the host's root: no container is privileged",
				       rows[i].what);
		if (idrange_parse(rows[i].value, rows[i].what, &same, err) < 0)
			return -1;
		if (first && first != same)
			return err_set(err, ERR_INPUT, "--local_gid: it must be as --local_uid is");
		first = same;
	}
	*ret_first = first;
	return 0;
}

/* All that can be refused before there is a trace. */
static int check(struct ct *ct, const struct ct_create_opts *opts, struct err *err)
{
	struct container_state *live = NULL;
	struct storage storage;
	struct err why;
	uint32_t first;

	if (asked_ids(opts, &first, err) < 0)
		return -1;
	if (container_load(ct->vz->set, ct->id, &live, &why) == 0) {
		container_state_free(live);
		return err_set(err, VZ_ERR(VZ_RUNNING), "a live container has the id %s", ct->id);
	}
	if (begin_conf(ct, opts, err) < 0 || set_options(ct, opts, err) < 0 ||
	    ct_storage(ct, false, &storage, err) < 0)
		return -1;
	if (storage_exists(&storage))
		return err_set(err, VZ_ERR(VZ_PRIVATE_EXISTS), "private area already exists in %s",
			       storage.private);
	return storage_check(&storage, err);
}

static int furnish(int fd, const void *arg, struct err *err)
{
	(void)arg;
	return identity_renew(&(struct dist_tree){ .fd = fd }, err);
}

/* Not the range of a conf that was there: it may be a copy of another CT's. */
static int claim(struct ct *ct, const struct ct_create_opts *opts, struct err *err)
{
	uint32_t first;

	if (asked_ids(opts, &first, err) < 0)
		return -1;
	return first ? claim_these(ct, first, err) : claim_ids(ct, false, err);
}

static int make(struct ct *ct, const struct ct_create_opts *opts, const char *folder,
		struct err *err)
{
	const char *name = conf_get(ct->conf, "NAME");
	struct storage storage;
	struct err why;

	if (claim(ct, opts, err) < 0 || ct_storage(ct, true, &storage, err) < 0)
		return -1;
	if (name && *name && name_link(ct, name, err) < 0)
		return -1;
	vz_sayf(ct->vz, "Performing postcreate actions");
	if (storage_create(&storage, folder, &(struct storage_furnish){ .run = furnish }, err) < 0)
		return -1;
	if (ctquota_apply(ct, err) == 0 && access_apply(ct, &opts->set, err) == 0 &&
	    action_created(ct, err) == 0)
		return 0;
	ctquota_clear(ct);
	if (storage_destroy(&storage, &why) < 0)
		log_warning("CT %s: %s, ignoring", ct->id, why.msg);
	return -1;
}

/* What make left: never a conf that was not there before, or a link to none. */
static void unmake(const struct ct *ct)
{
	struct err why;

	if (ct->has_conf)
		return;
	if (name_unlink(ct, conf_get(ct->conf, "NAME"), &why) < 0)
		log_warning("CT %s: %s, ignoring", ct->id, why.msg);
	unlink(ct->conf_path);
}

/* Checks all, and gets the template; *ret_folder is its folder. Nothing of the CT is made yet. */
static int prepare(struct ct *ct, const struct ct_create_opts *opts, char **ret_folder,
		   struct err *err)
{
	const char *ostemplate = opts->ostemplate;
	auto_free char *name = NULL;

	if (check(ct, opts, err) < 0)
		return -1;
	if (!ostemplate)
		ostemplate = ct_get(ct, "OSTEMPLATE");
	if (!ostemplate)
		ostemplate = vz_get(ct->vz, "DEF_OSTEMPLATE");
	if (!ostemplate)
		return err_set(err, VZ_ERR(VZ_NO_OSTEMPLATE), "OS template is not specified");
	if (template_get(ct->vz, ostemplate, ret_folder, &name, err) < 0)
		return -1;
	vz_sayf(ct->vz, "Creating container private area (%s)", name);
	return conf_set(ct->conf, "OSTEMPLATE", name, err);
}

int ct_create(struct ct *ct, const struct ct_create_opts *opts, struct err *err)
{
	auto_free char *folder = NULL;
	int rc = prepare(ct, opts, &folder, err);

	if (rc == 0 && (rc = make(ct, opts, folder, err)) < 0)
		unmake(ct);
	if (rc < 0)
		return -1;
	vz_sayf(ct->vz, "CT configuration saved to %s", ct->conf_path);
	vz_sayf(ct->vz, "Container private area was created");
	return 0;
}
