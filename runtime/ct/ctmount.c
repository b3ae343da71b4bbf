/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/ctmount.h"

#include <sys/stat.h>

#include "runtime/base/log.h"
#include "runtime/ct/action.h"
#include "runtime/ct/ctquota.h"
#include "runtime/ct/idrange.h"
#include "runtime/ct/live.h"
#include "runtime/ct/submount.h"

int ctmount_check(const struct storage *storage, struct err *err)
{
	if (storage_exists(storage))
		return 0;
	return err_set(err, VZ_ERR(VZ_NO_PRIVATE), "container private area %s does not exist",
		       storage->private);
}

static void ignore(const struct ct *ct, const struct err *why)
{
	log_warning("CT %s: %s, ignoring", ct->id, why->msg);
}

static void let_go(const struct ct *ct, const struct storage *storage)
{
	struct err why;

	if (storage_umount(storage, false, &why) < 0)
		ignore(ct, &why);
}

static int mount_root(const struct storage *storage, bool for_host, struct err *err)
{
	struct storage how = *storage;

	if (for_host)
		how.first_id = 0;
	return storage_mount(&how, err) < 0 ? vz_fail(err, VZ_CANNOT_MOUNT) : 0;
}

/* There are never two mounts of one private area: the first goes before the second comes. */
static int mount_anew(const struct storage *storage, struct err *err)
{
	auto_submounts struct submount_list below = { 0 };

	if (submount_take(storage->root, storage->first_id, &below, err) < 0 ||
	    storage_umount(storage, false, err) < 0 || storage_mount(storage, err) < 0)
		return -1;
	return submount_put(storage->root, &below, err);
}

int ctmount_hand_over(const struct ct *ct, const struct storage *storage, struct err *err)
{
	if (mount_anew(storage, err) == 0)
		return 0;
	let_go(ct, storage);
	return vz_fail(err, VZ_CANNOT_MOUNT);
}

int ctmount_take_back(const struct storage *storage, struct err *err)
{
	struct storage how = *storage;

	how.first_id = 0;
	return mount_anew(&how, err);
}

uint32_t ctmount_ids(const struct storage *storage)
{
	struct stat st;

	return stat(storage->root, &st) == 0 && st.st_uid >= IDRANGE_SIZE ? storage->first_id : 0;
}

/* Only scripts need it to be mounted for the host first. */
static int up(const struct ct *ct, const struct storage *storage, bool for_host, struct err *err)
{
	if (action_on_host(ct, ACTION_PREMOUNT, err) < 0 || mount_root(storage, for_host, err) < 0)
		return -1;
	if (!for_host || action_on_host(ct, ACTION_MOUNT, err) == 0)
		return 0;
	let_go(ct, storage);
	return -1;
}

int ctmount_up(const struct ct *ct, const struct storage *storage, struct err *err)
{
	if (ctquota_prepare(ct, err) < 0 || up(ct, storage, true, err) < 0)
		return -1;
	if (ctquota_apply(ct, err) < 0) {
		let_go(ct, storage);
		return -1;
	}
	vz_sayf(ct->vz, "Container is mounted");
	return 0;
}

int ctmount_for_start(const struct ct *ct, const struct storage *storage, struct err *err)
{
	bool scripts = action_any(ct, ACTION_MOUNT);

	if (up(ct, storage, scripts, err) < 0 ||
	    (scripts && ctmount_hand_over(ct, storage, err) < 0))
		return -1;
	vz_sayf(ct->vz, "Container is mounted");
	return 0;
}

int ctmount_down(const struct ct *ct, const struct storage *storage, struct err *err)
{
	if (action_on_host(ct, ACTION_UMOUNT, err) < 0)
		return -1;
	if (storage_umount(storage, false, err) < 0)
		return vz_fail(err, VZ_CANNOT_UMOUNT);
	vz_sayf(ct->vz, "Container is unmounted");
	return action_on_host(ct, ACTION_POSTUMOUNT, err);
}

void ctmount_undo(const struct ct *ct, const struct storage *storage)
{
	struct err why;

	if (action_on_host(ct, ACTION_UMOUNT, &why) < 0)
		ignore(ct, &why);
	if (storage_umount(storage, false, &why) < 0)
		ignore(ct, &why);
	else if (action_on_host(ct, ACTION_POSTUMOUNT, &why) < 0)
		ignore(ct, &why);
}

int ct_mount(struct ct *ct, struct err *err)
{
	struct storage storage;

	if (ct_storage(ct, true, &storage, err) < 0 || ctmount_check(&storage, err) < 0)
		return -1;
	if (!storage_mounted(&storage))
		return ctmount_up(ct, &storage, err);
	log_warning("Container is already mounted");
	return 0;
}

int ct_umount(struct ct *ct, struct err *err)
{
	struct storage storage;
	bool running;

	if (ct_storage(ct, false, &storage, err) < 0 || live_check(ct, &running, err) < 0)
		return -1;
	if (!storage_mounted(&storage))
		return err_set(err, VZ_ERR(VZ_NOT_MOUNTED), "CT is not mounted");
	if (running)
		return err_set(err, VZ_ERR(VZ_RUNNING), "Container is running -- stop it first");
	if (live_clear(ct, err) < 0)
		return -1;
	return ctmount_down(ct, &storage, err);
}
