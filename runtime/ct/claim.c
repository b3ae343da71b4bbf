/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/claim.h"

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/ct/idrange.h"

int claim_ids(struct ct *ct, bool keep, struct err *err)
{
	auto_idrange_list struct idrange_list taken = { 0 };
	auto_fd int lock = vz_lock(ct->vz, "idrange", true, err);
	uint32_t first;

	if (lock < 0 || path_mkdirs(ct->vz->conf_dir, 0755, err) < 0 ||
	    idrange_add_host(&taken, ct->vz->conf_dir, err) < 0)
		return -1;
	keep = keep && idrange_of_conf(ct->conf, &first, NULL) == 0 &&
	       idrange_is_free(&taken, first);
	if (!keep && idrange_pick(&taken, &first, err) < 0)
		return -1;
	if (idrange_set(ct->conf, first, err) < 0)
		return -1;
	return conf_save(ct->conf, ct->conf_path, err);
}
