/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/ct.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/ct/idrange.h"

static int find(const struct vz *vz, const char *name, uint32_t *ret, struct err *err)
{
	char shown[STR_SHOW_SIZE];
	int found;

	if (ctid_parse(name, ret))
		return 0;
	found = ctid_find(vz->conf_dir, name, ret, err);
	if (found < 0)
		return -1;
	if (found)
		return 0;
	return err_set(err, VZ_ERR(VZ_BAD_VALUE), "bad CT ID %s", str_show(shown, name));
}

static int no_conf(const struct ct *ct, struct err *err)
{
	return err_set(err, VZ_ERR(VZ_NO_CONF), "container config file does not exist: \"%s\"",
		       ct->conf_path);
}

/* Whose conf it is decides what the CT gets of the host: its folders, devices, capabilities. OpenVZ
 * does not look, so it is no error. */
static void warn_of_writers(const struct ct *ct)
{
	struct stat st;

	if (stat(ct->conf_path, &st) < 0)
		return;
	if (st.st_uid != 0 || (st.st_mode & S_IWOTH) || ((st.st_mode & S_IWGRP) && st.st_gid != 0))
		log_warning("others than root may write \"%s\", and so give the CT what is the "
			    "host's (chown root:root it, chmod 644)",
			    ct->conf_path);
}

static int load_conf(struct ct *ct, unsigned int flags, struct err *err)
{
	if (conf_load(ct->conf_path, &ct->conf, err) == 0) {
		ct->has_conf = true;
		if (flags & CT_LOCK)
			warn_of_writers(ct);
		return 0;
	}
	if (err->code != ENOENT && !(flags & CT_ANY_CONF))
		return err->code == ENOMEM ? -1 : vz_fail(err, VZ_BAD_CONF);
	if (err->code == ENOENT && !(flags & CT_NO_CONF))
		return no_conf(ct, err);
	ct->has_conf = err->code != ENOENT;
	ct->conf = conf_new();
	return ct->conf ? 0 : err_sys(err, "open CT %s", ct->id);
}

/* The lock first: what is read behind it stays true. But no lock for what is no CT. */
static int lock_and_load(struct ct *ct, unsigned int flags, struct err *err)
{
	if ((flags & CT_LOCK) && !(flags & CT_NO_CONF) && access(ct->conf_path, F_OK) < 0 &&
	    errno == ENOENT)
		return no_conf(ct, err);
	if ((flags & CT_LOCK) && (ct->lock = vz_lock(ct->vz, ct->id, flags & CT_WAIT, err)) < 0)
		return -1;
	return load_conf(ct, flags, err);
}

int ct_open_file(const struct vz *vz, const char *path, struct ct **ret, struct err *err)
{
	auto_ct struct ct *ct = calloc(1, sizeof(*ct));
	const char *slash = strrchr(path, '/');

	if (!ct)
		return err_sys(err, "open \"%s\"", path);
	ct->vz = vz;
	ct->lock = -1;
	ctid_of_conf_name(slash ? slash + 1 : path, &ct->ctid);
	snprintf(ct->id, sizeof(ct->id), "%" PRIu32, ct->ctid);
	ct->conf_path = strdup(path);
	if (!ct->conf_path)
		return err_sys(err, "open \"%s\"", path);
	if (conf_load(path, &ct->conf, err) < 0 || ct_set_places(ct, err) < 0)
		return -1;
	ct->has_conf = true;
	*ret = steal_ptr(&ct);
	return 0;
}

static int find_places(struct ct *ct, unsigned int flags, struct err *err)
{
	if (ct_set_places(ct, err) == 0)
		return 0;
	if (!(flags & CT_ANY_CONF))
		return -1;
	conf_unset(ct->conf, "VE_PRIVATE");
	conf_unset(ct->conf, "VE_ROOT");
	return ct_set_places(ct, err);
}

int ct_open(const struct vz *vz, const char *name, unsigned int flags, struct ct **ret,
	    struct err *err)
{
	auto_ct struct ct *ct = calloc(1, sizeof(*ct));

	if (!ct)
		return err_sys(err, "open CT %s", name);
	ct->vz = vz;
	ct->lock = -1;
	if (find(vz, name, &ct->ctid, err) < 0)
		return -1;
	snprintf(ct->id, sizeof(ct->id), "%" PRIu32, ct->ctid);
	ct->conf_path = str_dupf("%s/%s.conf", vz->conf_dir, ct->id);
	if (!ct->conf_path)
		return err_sys(err, "open CT %s", ct->id);
	if (lock_and_load(ct, flags, err) < 0 || find_places(ct, flags, err) < 0)
		return -1;
	*ret = steal_ptr(&ct);
	return 0;
}

void ct_free(struct ct *ct)
{
	conf_freep(&ct->conf);
	free(ct->conf_path);
	free(ct->private);
	free(ct->root);
	vz_unlock(ct->vz, ct->id, &ct->lock);
	free(ct);
}

int ct_set_places(struct ct *ct, struct err *err)
{
	auto_free char *private = vz_expand(ct_get(ct, "VE_PRIVATE"), "VE_PRIVATE", ct->ctid, err);
	auto_free char *root =
		private ? vz_expand(ct_get(ct, "VE_ROOT"), "VE_ROOT", ct->ctid, err) : NULL;

	if (!root)
		return -1;
	free(ct->private);
	free(ct->root);
	ct->private = steal_ptr(&private);
	ct->root = steal_ptr(&root);
	return 0;
}

const char *ct_get(const struct ct *ct, const char *key)
{
	const char *value = conf_get(ct->conf, key);

	return value ? value : vz_get(ct->vz, key);
}

int ct_storage(const struct ct *ct, bool with_ids, struct storage *ret, struct err *err)
{
	*ret = (struct storage){
		.private = ct->private,
		.root = ct->root,
		.template_dir = ct->vz->template_dir,
		.layout = ct_get(ct, "VE_LAYOUT"),
		.name = ct->id,
	};
	return with_ids ? idrange_of_conf(ct->conf, &ret->first_id, err) : 0;
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

int ct_list(const struct vz *vz, uint32_t **ret, size_t *ret_n, struct err *err)
{
	auto_dir DIR *dir = opendir(vz->conf_dir);
	auto_free uint32_t *ids = NULL;
	struct dirent *entry;
	size_t n = 0;
	uint32_t id;

	if (!dir && errno != ENOENT)
		return err_sys(err, "open \"%s\"", vz->conf_dir);
	while (dir && (errno = 0, entry = readdir(dir))) {
		uint32_t *slot;

		if (!ctid_of_conf_name(entry->d_name, &id))
			continue;
		slot = mem_append(&ids, &n, sizeof(*slot));
		if (!slot)
			return err_sys(err, "list the containers");
		*slot = id;
	}
	if (dir && errno)
		return err_sys(err, "list \"%s\"", vz->conf_dir);
	if (n > 0)
		qsort(ids, n, sizeof(*ids), compare_ids);
	*ret = steal_ptr(&ids);
	*ret_n = n;
	return 0;
}
