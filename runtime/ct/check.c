/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/check.h"

#include "runtime/base/str.h"
#include "runtime/ct/capability.h"
#include "runtime/ct/ctgraft.h"
#include "runtime/ct/ctlimits.h"
#include "runtime/ct/ctmount.h"
#include "runtime/ct/ctnet.h"
#include "runtime/ct/ctquota.h"
#include "runtime/ct/dist.h"
#include "runtime/ct/feature.h"

static int check_features(const struct ct *ct, struct err *err)
{
	uint64_t caps;
	bool on;

	if (feature_is_on(conf_get(ct->conf, "FEATURES"), "sysinfo", &on, err) < 0 ||
	    capability_read(conf_get(ct->conf, "CAPABILITY"), &caps, err) < 0)
		return vz_fail(err, VZ_BAD_CONF);
	return 0;
}

int check_conf(const struct ct *ct, bool force, struct err *err)
{
	const char *disabled = ct_get(ct, "DISABLED"), *hostname = conf_get(ct->conf, "HOSTNAME");
	auto_ctlimits struct ctlimits *limits = NULL;
	auto_net struct net_config *net = NULL;
	struct ctquota quota;
	struct storage storage;

	if (!force && disabled && str_eq(disabled, "yes"))
		return err_set(err, VZ_ERR(VZ_DISABLED), "Container start disabled");
	if (ct_storage(ct, true, &storage, err) < 0 || ctmount_check(&storage, err) < 0)
		return -1;
	if (hostname && dist_check_hostname(hostname, err) < 0)
		return -1;
	if (dist_check_dns(ct_get(ct, "NAMESERVER"), ct_get(ct, "SEARCHDOMAIN"), err) < 0 ||
	    check_features(ct, err) < 0)
		return -1;
	if (ctlimits_read(ct, ct->conf, &limits, err) < 0 ||
	    ctquota_read(ct, ct->conf, &quota, err) < 0 || ctgraft_check(ct, err) < 0)
		return -1;
	return ctnet_read(ct, &net, err);
}
