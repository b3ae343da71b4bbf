/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ct_destroy: what is a CT's goes, but its conf. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netsetup/net.h"
#include "runtime/base/str.h"
#include "runtime/ct/ct.h"
#include "runtime/ct/ctmount.h"
#include "runtime/ct/ctquota.h"
#include "runtime/ct/ended.h"
#include "runtime/ct/lastrun.h"
#include "runtime/ct/live.h"
#include "runtime/ct/retire.h"

/* A conf that was being written when its verb was killed. */
static char *half_conf(const struct ct *ct)
{
	return str_dupf("%s.new", ct->conf_path);
}

static void remove_files(const struct ct *ct)
{
	auto_free char *dump = str_dupf("%s/Dump.%s", ct->vz->dump_dir, ct->id);
	auto_free char *half = half_conf(ct);

	if (dump)
		unlink(dump);
	if (half)
		unlink(half);
	lastrun_clear(ct);
}

static bool is_anything_there(const struct ct *ct, const struct storage *storage)
{
	auto_container_state struct container_state *live = NULL;
	auto_free char *half = half_conf(ct);
	struct err why;

	return ct->has_conf || storage_has_traces(storage) || (half && access(half, F_OK) == 0) ||
	       (live_load(ct, &live, &why) == 0 && live);
}

int ct_destroy(struct ct *ct, struct err *err)
{
	struct storage storage;
	bool running;

	if (ct_storage(ct, false, &storage, err) < 0 || live_check(ct, &running, err) < 0)
		return -1;
	if (running)
		return err_set(err, VZ_ERR(VZ_RUNNING),
			       "Container is currently running. Stop it first.");
	if (!is_anything_there(ct, &storage))
		return err_set(err, VZ_ERR(VZ_NO_CONF), "Container %s does not exist", ct->id);
	vz_sayf(ct->vz, "Destroying container private area: %s", storage.private);
	if (live_clear(ct, err) < 0 || net_forget(ct->id, err) < 0)
		return -1;
	if (storage_mounted(&storage))
		ctmount_undo(ct, &storage);
	ctquota_clear(ct); /* while there is a folder to find it by */
	if (storage_destroy(&storage, err) < 0)
		return vz_fail(err, VZ_CANNOT_DELETE);
	remove_files(ct);
	ended_remove(ct->vz->set, ct->id);
	if (retire_conf(ct, err) < 0) /* last: as long as it is there, destroy can be repeated */
		return -1;
	vz_sayf(ct->vz, "Container private area was destroyed");
	return 0;
}
