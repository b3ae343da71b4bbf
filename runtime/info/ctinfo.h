/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctinfo: what is told of one CT, in a list or a file of /proc/vz. Each part is read when it is
 * first asked for, so what is not shown costs nothing. What can't be read is as if it were not
 * there.
 */
#ifndef RUNTIME_INFO_CTINFO_H
#define RUNTIME_INFO_CTINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/ct/ct.h"
#include "runtime/ct/ubc.h"
#include "runtime/info/ctload.h"
#include "runtime/kernel/cgroup_stats.h"

/* What of a running CT's cgroup is asked for: it is opened once. */
enum ctinfo_need {
	CTINFO_PIDS = 1,
	CTINFO_MEMORY = 2,
	CTINFO_SWAP = 4,
	CTINFO_LOAD = 8,
};

struct ctinfo_host {
	const struct vz *vz;
	unsigned int need; /* by whatever column is shown or sorted by */
	uint64_t now_usec; /* since boot */
	struct ctload load;
	unsigned int cpus; /* 0: not counted yet */
};

void ctinfo_host_init(struct ctinfo_host *host, const struct vz *vz, unsigned int need);
/* Keeps the samples of loads, too. */
void ctinfo_host_done(struct ctinfo_host *host);
#define auto_ctinfo_host __attribute__((cleanup(ctinfo_host_done)))

/* How many processors are online. */
unsigned int ctinfo_host_cpus(struct ctinfo_host *host);

/* Is it a CT's number? */
bool ctinfo_has_conf(const struct vz *vz, uint32_t ctid);

/* Those of the live containers (container_list) that are CTs, for an engine's have ids too: ascending,
 * in fresh memory. */
int ctinfo_pick(const struct vz *vz, char *const *live, uint32_t **ret, size_t *ret_n,
		struct err *err);

enum ctinfo_status { CTINFO_RUNNING, CTINFO_STOPPED, CTINFO_MOUNTED, CTINFO_SUSPENDED };

struct ctinfo {
	struct ctinfo_host *host;
	uint32_t ctid;
	char id[CTID_SIZE];
	struct container_state *live; /* NULL: it does not run */
	/* The rest is for the functions below. */
	struct ct *ct;
	const char *name;
	bool conf_read, conf_bad, name_read, limits_read, mount_read, mounted, cgroup_read;
	struct ubc_limits limits[UBC_N];
	uint32_t limited; /* bit 1 << UBC_… */
	struct cgroup_stats_usage pids, memory, swap;
	uint64_t ooms;
	bool loads_given;
	double loads[3];
	char *addresses;
};

/* live: is there a live container of that id? */
void ctinfo_init(struct ctinfo *info, struct ctinfo_host *host, uint32_t ctid, bool live);
void ctinfo_done(struct ctinfo *info);

/* Is there still such a CT, with a private area? (A conf that can't be read says nothing against
 * it.) One that runs is there. */
bool ctinfo_is_there(struct ctinfo *info);

/* A key's value, or NULL where it is not set or empty. The conf's own; or else vz.conf's. */
const char *ctinfo_conf(struct ctinfo *info, const char *key);
const char *ctinfo_conf_or_global(struct ctinfo *info, const char *key);

enum ctinfo_status ctinfo_status(struct ctinfo *info);
const char *ctinfo_status_name(enum ctinfo_status status);

/* NULL: unknown. */
const char *ctinfo_private(struct ctinfo *info);
const char *ctinfo_root(struct ctinfo *info);
/* Its NAME, if the link of that name leads to it. */
const char *ctinfo_name(struct ctinfo *info);
/* IP_ADDRESS without masks. */
const char *ctinfo_addresses(struct ctinfo *info);

/* False: it does not run. */
bool ctinfo_uptime(struct ctinfo *info, double *ret_seconds);
bool ctinfo_loads(struct ctinfo *info, double ret[3]);

/* What has a counter in the kernel of today; for what has not, held is 0. */
struct ctinfo_ubc {
	bool running; /* held, maxheld and failcnt count */
	bool limited; /* barrier and limit do */
	uint64_t held, maxheld, barrier, limit, failcnt;
};
void ctinfo_ubc(struct ctinfo *info, enum ubc which, struct ctinfo_ubc *ret);

/* Of the CT's disk, in KiB, or of its inodes. The limits are the conf's. False: no limits are set,
 * and what is used is not counted. */
struct ctinfo_disk {
	bool used_known;
	uint64_t used, soft, hard;
};
bool ctinfo_disk(struct ctinfo *info, bool inodes, struct ctinfo_disk *ret);

#endif
