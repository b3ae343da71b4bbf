/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ct_reinstall: a CT begins anew on a template: its conf, ids and addresses stay, and its
 * credentials go along. */
#include "config.h"

#include "runtime/ct/reinstall.h"

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/ct/action.h"
#include "runtime/ct/credentials.h"
#include "runtime/ct/ctmount.h"
#include "runtime/ct/ctquota.h"
#include "runtime/ct/identity.h"
#include "runtime/ct/live.h"
#include "runtime/ct/template.h"

/* All that can be refused before anything is made. */
static int check(const struct ct *ct, const struct storage *storage,
		 const struct ct_reinstall_opts *opts, struct err *err)
{
	bool running;

	if (live_check(ct, &running, err) < 0)
		return -1;
	if (running)
		return err_set(err, VZ_ERR(VZ_RUNNING),
			       "Container is currently running. Stop it first.");
	if (storage_mounted(storage))
		return err_set(err, VZ_ERR(VZ_MOUNTED),
			       "Container is currently mounted. Unmount it first.");
	if (ctmount_check(storage, err) < 0 || storage_check(storage, err) < 0)
		return -1;
	return opts->skip_backup ? 0 : storage_check_kept(storage, err);
}

static int get_template(const struct ct *ct, const struct ct_reinstall_opts *opts,
			char **ret_folder, char **ret_name, struct err *err)
{
	const char *ostemplate = opts->ostemplate ? opts->ostemplate : ct_get(ct, "OSTEMPLATE");

	if (ostemplate)
		return template_get(ct->vz, ostemplate, ret_folder, ret_name, err);
	err_set(err, VZ_ERR(VZ_NO_OSTEMPLATE), "its conf does not say what it was made from");
	return err_hint(err, "--ostemplate");
}

static int load_credentials(const struct storage *storage, struct credentials *ret, struct err *err)
{
	auto_fd int fd = storage_open(storage, err);
	const struct dist_tree tree = { .fd = fd };

	if (fd >= 0 && credentials_load(&tree, ret, err) == 0)
		return 0;
	err_wrap(err, "take its credentials along");
	return err_hint(err, "--resetpwdb goes without them");
}

static int furnish(int fd, const void *arg, struct err *err)
{
	const struct dist_tree tree = { .fd = fd };

	if (identity_renew(&tree, err) < 0)
		return -1;
	return credentials_store(&tree, arg, err) < 0 ? err_wrap(err, "give it its credentials") :
							0;
}

static int replace(const struct ct *ct, const struct storage *storage, const char *folder,
		   const struct ct_reinstall_opts *opts, struct err *err)
{
	auto_credentials struct credentials cred = { 0 };
	const struct storage_furnish how = { furnish, &cred };

	if (!opts->reset_credentials && load_credentials(storage, &cred, err) < 0)
		return -1;
	if (live_clear(ct, err) < 0)
		return -1;
	return storage_replace(storage, folder, &how, !opts->skip_backup, err);
}

/* What is kept is not the CT's any more: its files are not counted for it. */
static int tell_kept(const struct ct *ct, const struct storage *storage, struct err *err)
{
	auto_free char *kept = storage_kept(storage);

	if (!kept)
		return err_sys(err, "find the old private area");
	ctquota_release(ct, kept);
	vz_sayf(ct->vz, "The old private area is kept in %s", kept);
	return 0;
}

/* What the conf says follows the area: a verb that is killed in between has done all but this. */
static int finish(struct ct *ct, const char *name, struct err *err)
{
	if (conf_set(ct->conf, "OSTEMPLATE", name, err) < 0 ||
	    conf_save(ct->conf, ct->conf_path, err) < 0)
		return -1;
	return ctquota_apply(ct, err);
}

int ct_reinstall(struct ct *ct, const struct ct_reinstall_opts *opts, struct err *err)
{
	auto_free char *folder = NULL, *name = NULL;
	struct storage storage;

	if (ct_storage(ct, true, &storage, err) < 0 || check(ct, &storage, opts, err) < 0 ||
	    get_template(ct, opts, &folder, &name, err) < 0)
		return -1;
	vz_sayf(ct->vz, "Creating container private area (%s)", name);
	if (replace(ct, &storage, folder, opts, err) < 0)
		return -1;
	if (!opts->skip_backup && tell_kept(ct, &storage, err) < 0)
		return -1;
	if (finish(ct, name, err) < 0)
		return -1;
	if (!opts->skip_scripts && action_reinstalled(ct, err) < 0)
		return -1;
	vz_sayf(ct->vz, "Container was successfully reinstalled");
	return 0;
}
