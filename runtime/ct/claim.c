/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/claim.h"

#include <inttypes.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/ct/idrange.h"

/* All that others have, and the lock under which that stays so; -1 with err. */
static int list_taken(const struct ct *ct, uint32_t except, struct idrange_list *taken,
		      struct err *err)
{
	auto_fd int lock = vz_lock(ct->vz, "idrange", true, err);

	if (lock < 0 || path_mkdirs(ct->vz->conf_dir, 0755, err) < 0 ||
	    idrange_add_host(taken, ct->vz->conf_dir, except, err) < 0)
		return -1;
	return steal_fd(&lock);
}

static int save(struct ct *ct, uint32_t first, struct err *err)
{
	if (idrange_set(ct->conf, first, err) < 0)
		return -1;
	return conf_save(ct->conf, ct->conf_path, err);
}

int claim_ids(struct ct *ct, bool keep, struct err *err)
{
	auto_idrange_list struct idrange_list taken = { 0 };
	auto_fd int lock = list_taken(ct, 0, &taken, err);
	uint32_t first;

	if (lock < 0)
		return -1;
	keep = keep && idrange_of_conf(ct->conf, &first, NULL) == 0 &&
	       idrange_is_free(&taken, first);
	if (!keep && idrange_pick(&taken, &first, err) < 0)
		return -1;
	return save(ct, first, err);
}

int claim_these(struct ct *ct, uint32_t first, struct err *err)
{
	auto_idrange_list struct idrange_list taken = { 0 };
	auto_fd int lock = list_taken(ct, ct->ctid, &taken, err);

	if (lock < 0)
		return -1;
	if (idrange_is_free(&taken, first))
		return save(ct, first, err);
	err_set(err, ERR_INPUT,
		"--local_uid: of the ids %" PRIu32 " to %" PRIu32
		" some are another container's, or a user's in /etc/subuid or /etc/subgid",
		first, first + (IDRANGE_SIZE - 1));
	return err_hint(err, "without it a free range is found");
}
