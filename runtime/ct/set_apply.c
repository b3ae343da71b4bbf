/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verb: edits, applies to a running CT, keeps. */
#include "config.h"

#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/ct/ctnet.h"
#include "runtime/ct/dist.h"
#include "runtime/ct/set.h"

static char *conf_text(const struct ct *ct, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	char *ret;

	conf_emit(ct->conf, &text);
	ret = strbuf_steal(&text);
	if (!ret)
		err_sys(err, "read the configuration");
	return ret;
}

static int save(struct ct *ct, const char *before, struct err *err)
{
	auto_free char *after = conf_text(ct, err);

	if (!after)
		return -1;
	if (str_eq(before, after) && ct->has_conf) {
		vz_sayf(ct->vz, "No changes in CT configuration, not saving");
		return 0;
	}
	if (path_mkdirs(ct->vz->conf_dir, 0755, err) < 0 ||
	    conf_save(ct->conf, ct->conf_path, err) < 0)
		return -1;
	vz_sayf(ct->vz, "CT configuration saved to %s", ct->conf_path);
	return 0;
}

static int apply_dns(const struct ct *ct, struct err *err)
{
	struct storage storage;

	if (ct_storage(ct, true, &storage, err) < 0)
		return -1;
	return dist_set_dns(ct->root, storage.first_id, ct_get(ct, "NAMESERVER"),
			    ct_get(ct, "SEARCHDOMAIN"), err);
}

static int apply_live(struct ct *ct, const struct set_opts *opts, struct err *err)
{
	auto_net struct net_config *config = NULL;

	if ((opts->nameserver || opts->searchdomain) && apply_dns(ct, err) < 0)
		return -1;
	if (ctnet_read(ct, &config, err) < 0)
		return -1;
	if (config && opts->skip_arpdetect)
		config->no_detect = true;
	return ctnet_change(ct, config, err);
}

/* What was applied and can't be kept is taken back. */
static void revert(const struct ct *ct, const struct net_config *old)
{
	struct err why = { 0 };

	if (ctnet_change(ct, old, &why) < 0)
		log_warning("CT %s: undo the change: %s, ignoring", ct->id, why.msg);
}

static int set_hostname(struct ct *ct, const char *hostname, struct err *err)
{
	if (dist_check_hostname(hostname, err) < 0)
		return -1;
	return conf_set(ct->conf, "HOSTNAME", hostname, err);
}

int set_apply(struct ct *ct, const struct set_opts *opts, const struct set_how *how,
	      struct err *err)
{
	auto_net struct net_config *old = NULL;
	auto_free char *before = conf_text(ct, err);
	struct ct_status status;

	if (!before || ct_status(ct, &status, err) < 0 || ctnet_read(ct, &old, err) < 0)
		return -1;
	if (how->hostname && set_hostname(ct, how->hostname, err) < 0)
		return -1;
	if (set_edit(ct, opts, err) < 0)
		return -1;
	if (status.running && apply_live(ct, opts, err) < 0)
		return how->save ? err_hint(err, "not saving the configuration") : -1;
	if (!how->save) {
		vz_sayf(ct->vz, "WARNING: Settings were not saved to config (use --save flag)");
		return 0;
	}
	if (save(ct, before, err) == 0)
		return 0;
	if (status.running)
		revert(ct, old);
	return -1;
}
