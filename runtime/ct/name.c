/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/name.h"

#include <unistd.h>

#include "runtime/base/path.h"
#include "runtime/base/str.h"

int name_check(const struct ct *ct, const char *name, struct err *err)
{
	uint32_t other;
	int found;

	if (str_eq(name, ct->id)) /* libvirt's way to give none */
		return 0;
	if (ctid_check_name(name, err) < 0)
		return vz_fail(err, VZ_BAD_NAME);
	found = ctid_find(ct->vz->conf_dir, name, &other, err);
	if (found > 0 && other != ct->ctid)
		return err_set(err, VZ_ERR(VZ_BAD_NAME), "the name \"%s\" is CT %u's", name, other);
	return found < 0 ? -1 : 0;
}

int name_link(const struct ct *ct, const char *name, struct err *err)
{
	auto_free char *path = str_dupf("%s/%s", ct->vz->names_dir, name);

	if (str_eq(name, ct->id))
		return 0;
	if (!path)
		return err_sys(err, "register the name \"%s\"", name);
	if (path_mkdirs(ct->vz->names_dir, 0755, err) < 0)
		return -1;
	unlink(path); /* what it led to is gone (name_check) */
	return symlink(ct->conf_path, path) < 0 ? err_sys(err, "make link \"%s\"", path) : 0;
}

int name_unlink(const struct ct *ct, const char *name, struct err *err)
{
	auto_free char *path = name ? str_dupf("%s/%s", ct->vz->names_dir, name) : NULL;
	uint32_t ctid;
	int found;

	if (!name || ctid_check_name(name, NULL) < 0)
		return 0;
	found = path ? ctid_find(ct->vz->conf_dir, name, &ctid, err) :
		       err_sys(err, "forget its name");
	if (found < 0)
		return -1;
	if (found && ctid == ct->ctid && unlink(path) < 0)
		return err_sys(err, "remove \"%s\"", path);
	return 0;
}
