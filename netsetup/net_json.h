/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_json: a container's network as a part of a JSON document: what net_emit, net_parse and the record
 * share. Not for use outside netsetup/net*.c.
 */
#ifndef NETSETUP_NET_JSON_H
#define NETSETUP_NET_JSON_H

#include "netsetup/net.h"

struct json;
struct json_writer;

extern const char *const net_json_nat[]; /* by enum net_nat, ended by NULL */

/* "bridge", "l2", …; "" where the kind has no such mode. */
const char *net_json_mode_name(enum net_kind kind, uint32_t mode);

void net_json_put(struct json_writer *w, const char *key, const struct net_config *config);

/* The object at node, checked and filled. `what` begins error texts, before where it is. */
int net_json_read(const struct json *node, const char *what, struct net_config **ret,
		  struct err *err);

#endif
