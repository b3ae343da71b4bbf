/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net_record: what is known about a container's network, in NET_STATE_DIR/ID.json. It is written
 * before the kernel is touched, so whoever finds it can undo whatever was made. Not for use outside
 * netsetup/.
 */
#ifndef NETSETUP_NET_RECORD_H
#define NETSETUP_NET_RECORD_H

#include "netsetup/host.h"
#include "netsetup/net.h"

#define NET_RECORD_UPLINKS 16

enum net_stage {
	NET_STAGE_MAKING, /* a verb is at work, or was killed */
	NET_STAGE_UP,
};

struct net_record {
	enum net_stage stage;
	struct net_config *config; /* as it is, or was before the change */
	struct net_config *next;   /* what a change was about to make of it, or NULL */
	int ifindex[NET_NICS_MAX]; /* of the host ends of config's NICs; 0: not known */
	struct host_uplink uplinks[NET_RECORD_UPLINKS]; /* where addresses are proxied */
	size_t n_uplinks;
};

void net_record_free(struct net_record *record);
MEM_DEFINE_CLEANUP(struct net_record, net_record_free)
#define auto_record __attribute__((cleanup(net_record_freep)))

/* Keeps all others from that id's network while the fd is open (and from those of some other ids:
 * a fixed number of files, by the id's hash, which nobody has to remove). */
int net_record_lock(const char *id, struct err *err);

int net_record_save(const struct net_record *record, struct err *err);
/* ERR_NOT_FOUND: there is none. */
int net_record_load(const char *id, struct net_record **ret, struct err *err);
/* What a record's file says; `what` begins error texts. Touches nothing. */
int net_record_parse(const char *text, size_t len, const char *what, struct net_record **ret,
		     struct err *err);
int net_record_remove(const char *id, struct err *err);

#endif
