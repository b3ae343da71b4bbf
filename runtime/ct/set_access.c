/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set: passwords and keys, which go into the CT and into no conf. */
#include "config.h"

#include <string.h>

#include "runtime/base/fd.h"
#include "runtime/base/place.h"
#include "runtime/base/str.h"
#include "runtime/ct/access.h"
#include "runtime/ct/bind.h"
#include "runtime/ct/ctmount.h"
#include "runtime/ct/inside.h"
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

/* The words of the passwd(1) that OpenVZ runs in the CT: panels take them for success. */
static void say_password(const struct ct *ct, const struct set_opts *opts, char *const *pair)
{
	if (!opts->openvz || !str_eq(pair[0], "userpasswd"))
		return;
	vz_sayf(ct->vz, "Changing password for user %.*s.", (int)strcspn(pair[1], ":"), pair[1]);
	vz_sayf(ct->vz, "passwd: all authentication tokens updated successfully.");
}

static int apply_all(const struct ct *ct, const struct dist_tree *tree, const struct set_opts *opts,
		     struct err *err)
{
	auto_bind_list struct bind_list binds = { 0 };
	int rc = 0;

	if (bind_read(conf_get(ct->conf, "BINDMOUNT"), NULL, &binds, err) < 0)
		return -1;
	for (char **at = opts->given; at && *at && rc == 0; at += 2) {
		rc = apply_one(tree, &binds, opts, at, err);
		if (rc == 0)
			say_password(ct, opts, at);
	}
	return rc;
}

static int apply_mounted(const struct ct *ct, uint32_t first_id, const struct set_opts *opts,
			 struct err *err)
{
	struct dist_tree tree;
	int rc;

	if (dist_file_open(&tree, ct->root, first_id, err) < 0)
		return -1;
	rc = apply_all(ct, &tree, opts, err);
	fd_closep(&tree.fd);
	return rc;
}

/* By a mount that nobody else sees: it goes with this process, whatever ends it. */
static int apply_unmounted(const struct ct *ct, const struct storage *storage,
			   const struct set_opts *opts, struct err *err)
{
	auto_fd int fd = -1;

	if (ctmount_check(storage, err) < 0)
		return -1;
	fd = storage_open(storage, err);
	return fd < 0 ? -1 : apply_all(ct, &(struct dist_tree){ .fd = fd }, opts, err);
}

/* ---- as OpenVZ does it: in a CT that is up ---- */

struct held {
	const struct ct *ct;
	const struct storage *storage;
	const struct set_opts *opts;
};

static int apply_held(const void *arg, struct err *err)
{
	const struct held *held = arg;
	int rc;

	vz_sayf(held->ct->vz, "Container start in progress...");
	rc = apply_mounted(held->ct, held->storage->first_id, held->opts, err);
	vz_sayf(held->ct->vz, "Killing container ...");
	return rc;
}

static int start_alone(const struct ct *ct, const struct storage *storage,
		       const struct set_opts *opts, struct err *err)
{
	const struct held held = { ct, storage, opts };
	struct err later;
	int rc;

	if (storage_mount_alone(storage, err) < 0)
		return vz_fail(err, VZ_CANNOT_MOUNT);
	vz_sayf(ct->vz, "Container is mounted");
	rc = inside_held(ct, storage, apply_held, &held, err);
	if (rc == 0)
		vz_sayf(ct->vz, "Container was stopped");
	if (storage_umount(storage, false, rc < 0 ? &later : err) < 0)
		return -1;
	vz_sayf(ct->vz, "Container is unmounted");
	return rc;
}

static int apply_started(const struct ct *ct, const struct storage *storage,
			 const struct set_opts *opts, struct err *err)
{
	auto_place struct place host = PLACE_NONE;
	struct err later;
	int rc;

	if (ctmount_check(storage, err) < 0 || place_open(&host, err) < 0)
		return -1;
	vz_sayf(ct->vz, "Starting container...");
	rc = start_alone(ct, storage, opts, err);
	return place_return(&host, rc < 0 ? &later : err) < 0 ? -1 : rc;
}

static bool gives(const struct set_opts *opts, const char *option)
{
	for (char **at = opts->given; at && *at; at += 2)
		if (str_eq(at[0], option))
			return true;
	return false;
}

static int apply(const struct ct *ct, const struct storage *storage, const struct set_opts *opts,
		 struct err *err)
{
	if (storage_mounted(storage))
		return apply_mounted(ct, ctmount_ids(storage), opts, err);
	if (opts->openvz && gives(opts, "userpasswd"))
		return apply_started(ct, storage, opts, err);
	return apply_unmounted(ct, storage, opts, err);
}

int access_apply(const struct ct *ct, const struct set_opts *opts, struct err *err)
{
	struct storage storage;

	if (!gives(opts, "userpasswd") && !gives(opts, "sshkey"))
		return 0;
	if (ct_storage(ct, true, &storage, err) < 0)
		return -1;
	if (apply(ct, &storage, opts, err) == 0)
		return 0;
	err_wrap(err, "change who may log in");
	return err && err->code >= VZ_ERR_BASE ? -1 : vz_fail(err, VZ_PASSWORD);
}
