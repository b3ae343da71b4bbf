/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set: passwords and keys, which go into the CT and into no conf. */
#include "config.h"

#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "runtime/ct/access.h"
#include "runtime/ct/bind.h"
#include "runtime/ct/ctmount.h"
#include "runtime/ct/set.h"

static int userpasswd(const struct set_job *job, const char *value, const char *what,
		      struct err *err)
{
	return access_check_password(value, job->opts->crypted, what, err);
}

static int sshkey(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	auto_free char *keys = access_read_keys(value, what, err);

	(void)job;
	return keys ? 0 : -1;
}

const struct set_row set_access_rows[] = {
	{ "userpasswd", userpasswd, "", SET_PASSWORD, 0, 0 },
	{ "sshkey", sshkey, "", SET_PASSWORD, 0, 0 },
	{ "", NULL, NULL, 0, 0, 0 },
};

/* The root file system is written as the host has it mounted: beneath what is mounted in the CT. */
static int check_covered(const struct bind_list *binds, const char *path, struct err *err)
{
	const char *target = path ? bind_covers(binds, path) : NULL;

	if (!path)
		return err_sys(err, "look for its folder");
	if (!target)
		return 0;
	err_set(err, ERR_FAILED, "\"%s\" is mounted by BINDMOUNT", target);
	return err_hint(err, "change the file where that lies on the host");
}

static int add_keys(const struct dist_tree *tree, const struct bind_list *binds, const char *value,
		    struct err *err)
{
	auto_free char *home = access_home(tree), *keys = NULL;
	auto_free char *path = home ? str_dupf("%s/.ssh/authorized_keys", home) : NULL;

	if (check_covered(binds, path, err) < 0)
		return -1;
	keys = access_read_keys(value, "--sshkey", err);
	return keys ? access_add_keys(tree, keys, err) : -1;
}

static int apply_one(const struct dist_tree *tree, const struct bind_list *binds,
		     const struct set_opts *opts, char *const *pair, struct err *err)
{
	if (str_eq(pair[0], "sshkey"))
		return add_keys(tree, binds, pair[1], err);
	if (!str_eq(pair[0], "userpasswd"))
		return 0;
	if (check_covered(binds, "/etc/passwd", err) < 0 ||
	    check_covered(binds, "/etc/shadow", err) < 0)
		return -1;
	return access_set_password(tree, pair[1], opts->crypted, err);
}

static int apply_all(const struct ct *ct, uint32_t first_id, const struct set_opts *opts,
		     struct err *err)
{
	auto_bind_list struct bind_list binds = { 0 };
	struct dist_tree tree;
	int rc = 0;

	if (bind_read(conf_get(ct->conf, "BINDMOUNT"), NULL, &binds, err) < 0 ||
	    dist_file_open(&tree, ct->root, first_id, err) < 0)
		return -1;
	for (char **at = opts->given; at && *at && rc == 0; at += 2)
		rc = apply_one(&tree, &binds, opts, at, err);
	fd_closep(&tree.fd);
	return rc;
}

/* Not by the CT's own mount: for the host its root's files are the host's root's. */
static int apply_unmounted(const struct ct *ct, const struct storage *storage,
			   const struct set_opts *opts, struct err *err)
{
	struct storage how = *storage;
	struct err later;
	int rc;

	how.first_id = 0;
	if (ctmount_check(storage, err) < 0 || storage_mount(&how, err) < 0)
		return -1;
	rc = apply_all(ct, 0, opts, err);
	return storage_umount(&how, false, rc < 0 ? &later : err) < 0 ? -1 : rc;
}

static bool is_given(const struct set_opts *opts)
{
	for (char **at = opts->given; at && *at; at += 2)
		for (const struct set_row *row = set_access_rows; *row->option; row++)
			if (str_eq(at[0], row->option))
				return true;
	return false;
}

int access_apply(const struct ct *ct, const struct set_opts *opts, struct err *err)
{
	struct storage storage;
	int rc;

	if (!is_given(opts))
		return 0;
	if (ct_storage(ct, true, &storage, err) < 0)
		return -1;
	if (storage_mounted(&storage))
		rc = apply_all(ct, ctmount_ids(&storage), opts, err);
	else
		rc = apply_unmounted(ct, &storage, opts, err);
	if (rc == 0)
		return 0;
	err_wrap(err, "change who may log in");
	return err && err->code >= VZ_ERR_BASE ? -1 : vz_fail(err, VZ_PASSWORD);
}
