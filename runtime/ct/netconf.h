/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netconf: the network that a CT's conf asks for, as netsetup's model. Pure.
 *
 * Keys of CTID.conf alone: IP_ADDRESS (the routed NIC venet0), NETIF, NETDEV, PUBLISH. Keys that
 * vz.conf may give for all: RATE (of venet0: netsetup/options.h's text, or Virtuozzo's
 * "DEV:CLASS:KBIT", for which RATEBOUND, TOTALRATE and TRAFFIC_SHAPING count too), NAT, ALLOW (inbound
 * ports, "none", "all"), ISOLATE, NEIGHBOUR_DEVS, SKIP_ARPDETECT. An empty value is as none.
 */
#ifndef RUNTIME_CT_NETCONF_H
#define RUNTIME_CT_NETCONF_H

#include "netsetup/net.h"
#include "runtime/ct/conf.h"

struct netconf_source {
	const char *id;
	const struct conf *conf, *global;
	const char *path, *global_path; /* for errors, which name file and key: ERR_INPUT */
};

/* The model, filled (net_fill); *ret NULL where no NIC is asked for. */
int netconf_read(const struct netconf_source *from, struct net_config **ret, struct err *err);

/* One value into the model, by its key; `what` begins error texts. A key that is none of these
 * is no error and does nothing. */
int netconf_parse_key(struct net_config *config, const char *key, const char *value,
		      const char *what, struct err *err);

/* RATE's value by itself. */
int netconf_parse_rate(const char *text, const char *what, struct net_rate *ret, struct err *err);

/* "yes"/"on", "no"/"off". */
int netconf_parse_bool(const char *text, const char *what, bool *ret, struct err *err);

/* IP_ADDRESS and PUBLISH as conf values. */
void netconf_emit_addrs(const struct net_config *config, struct strbuf *out);
void netconf_emit_publish(const struct net_config *config, struct strbuf *out);

#endif
