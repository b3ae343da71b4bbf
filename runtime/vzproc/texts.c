/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/vzproc/texts.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/fd.h"
#include "runtime/info/ctinfo.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/cgroup_stats.h"

#define USEC_PER_JIFFY 1000
#define NSEC_PER_USEC 1000

/* ---- which CTs ---- */

int texts_ids(const struct vz *vz, uint32_t **ret, size_t *ret_n, struct err *err)
{
	auto_strv char **live = container_list(vz->set, err);

	return live ? ctinfo_pick(vz, live, ret, ret_n, err) : -1;
}

bool texts_runs(const struct vz *vz, uint32_t ctid)
{
	auto_ctinfo_host struct ctinfo_host host = { 0 };
	struct ctinfo info;
	bool runs;

	ctinfo_host_init(&host, vz, 0);
	ctinfo_init(&info, &host, ctid, ctinfo_has_conf(vz, ctid));
	runs = info.live;
	ctinfo_done(&info);
	return runs;
}

typedef void (*put_ct)(struct ctinfo *info, struct strbuf *sb);

static void put_one(struct ctinfo_host *host, uint32_t ctid, put_ct put, struct strbuf *sb)
{
	struct ctinfo info;

	ctinfo_init(&info, host, ctid, true);
	if (info.live)
		put(&info, sb);
	ctinfo_done(&info);
}

/* need: of enum ctinfo_need. */
static int put_all(const struct vz *vz, unsigned int need, put_ct put, struct strbuf *sb,
		   struct err *err)
{
	auto_ctinfo_host struct ctinfo_host host = { 0 };
	auto_free uint32_t *ids = NULL;
	size_t n = 0;

	if (texts_ids(vz, &ids, &n, err) < 0)
		return -1;
	ctinfo_host_init(&host, vz, need);
	for (size_t i = 0; i < n; i++)
		put_one(&host, ids[i], put, sb);
	return 0;
}

static int put_of(const struct vz *vz, uint32_t ctid, unsigned int need, put_ct put,
		  struct strbuf *sb)
{
	auto_ctinfo_host struct ctinfo_host host = { 0 };

	ctinfo_host_init(&host, vz, need);
	put_one(&host, ctid, put, sb);
	return 0;
}

/* -1: it has none. */
static int open_cgroup(const struct ctinfo *info)
{
	return *info->live->cgroup ? cgroup_open(info->live->cgroup, NULL) : -1;
}

/* ---- vz ---- */

int texts_version(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err)
{
	(void)vz, (void)ctid, (void)err;
	strbuf_add(sb, PACKAGE_VERSION "\n");
	return 0;
}

int texts_vswap(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err)
{
	(void)vz, (void)ctid, (void)sb, (void)err;
	return 0;
}

struct cpu_use {
	uint64_t user, nice, system; /* usec */
	uint64_t waited;             /* by a task that had no processor, usec */
};

static void read_cpu(const struct ctinfo *info, struct cpu_use *ret)
{
	struct cgroup_stats_psi psi = { 0 };
	auto_fd int cgroup = open_cgroup(info);

	if (cgroup < 0)
		return;
	cgroup_stats_value(cgroup, "cpu.stat", "user_usec", &ret->user);
	cgroup_stats_value(cgroup, "cpu.stat", "system_usec", &ret->system);
	cgroup_stats_value(cgroup, "cpu.stat", "nice_usec",
			   &ret->nice); /* since 6.11, a part of user's */
	ret->user -= ret->nice < ret->user ? ret->nice : ret->user;
	cgroup_stats_read_psi(cgroup, "cpu.pressure", &psi);
	ret->waited = psi.some.total_usec;
}

/* What there was for it and it did not use is idle time, of all processors. */
static void put_vestat(struct ctinfo *info, struct strbuf *sb)
{
	struct cpu_use use = { 0 };
	double seconds = 0;
	uint64_t up, used, all;

	read_cpu(info, &use);
	ctinfo_uptime(info, &seconds);
	up = (uint64_t)(seconds * 1e6);
	used = use.user + use.nice + use.system;
	all = up * ctinfo_host_cpus(info->host);
	strbuf_addf(sb,
		    "%20s %20" PRIu64 " %20" PRIu64 " %20" PRIu64 " %20" PRIu64 " %20" PRIu64
		    " %20d %20" PRIu64 " %20" PRIu64 " %20d %20" PRIu64 " %20d\n",
		    info->id, use.user / USEC_PER_JIFFY, use.nice / USEC_PER_JIFFY,
		    use.system / USEC_PER_JIFFY, up / USEC_PER_JIFFY,
		    (all > used ? all - used : 0) * NSEC_PER_USEC, 0, up * NSEC_PER_USEC,
		    used * NSEC_PER_USEC, 0, use.waited * NSEC_PER_USEC, 0);
}

int texts_vestat(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err)
{
	static const char *const heads[] = { "VEID",   "user",   "nice",   "system",
					     "uptime", "idle",   "strv",   "uptime",
					     "used",   "maxlat", "totlat", "numsched" };

	(void)ctid;
	strbuf_addf(sb, "%-251s\n", "Version: 2.2"); /* as wide as the columns */
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		strbuf_addf(sb, "%s%20s", i ? " " : "", heads[i]);
	strbuf_add_char(sb, '\n');
	return put_all(vz, 0, put_vestat, sb, err);
}

/* The second column was a class for the network's rates, and is 0 there too. */
static void put_veinfo(struct ctinfo *info, struct strbuf *sb)
{
	const char *address = ctinfo_addresses(info);
	struct ctinfo_ubc processes;

	ctinfo_ubc(info, UBC_NUMPROC, &processes);
	strbuf_addf(sb, "%10s 0 %5" PRIu64, info->id, processes.held);
	while (address && *address) {
		size_t len = strcspn(address, " ");

		strbuf_addf(sb, " %15.*s", (int)len, address);
		address += len + strspn(address + len, " ");
	}
	strbuf_add_char(sb, '\n');
}

int texts_veinfo(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err)
{
	(void)ctid;
	return put_all(vz, CTINFO_PIDS, put_veinfo, sb, err);
}

static void put_quota(const char *what, const struct ctinfo_disk *disk, const char *grace,
		      struct strbuf *sb)
{
	int64_t seconds = 0;

	if (grace && num_parse(grace, "", 0, UINT32_MAX, &seconds, NULL) < 0)
		seconds = 0;
	strbuf_addf(sb, "%11s%15" PRIu64 "%15" PRIu64 "%15" PRIu64 "%11d%11" PRId64 "\n", what,
		    disk->used, disk->soft, disk->hard, 0, seconds);
}

static void put_vzquota(struct ctinfo *info, struct strbuf *sb)
{
	const char *grace = ctinfo_conf_or_global(info, "QUOTATIME");
	const char *private = ctinfo_private(info);
	struct ctinfo_disk blocks, inodes;
	bool limited = ctinfo_disk(info, false, &blocks);

	if (!ctinfo_disk(info, true, &inodes) && !limited)
		return;
	strbuf_addf(sb, "%s: %s\n", info->id, private ? private : "");
	put_quota("1k-blocks", &blocks, grace, sb);
	put_quota("inodes", &inodes, grace, sb);
}

int texts_vzquota(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err)
{
	(void)ctid;
	strbuf_addf(sb, "%-11s%15s%15s%15s%11s%11s\n", "qid: path", "usage", "softlimit",
		    "hardlimit", "time", "expire");
	return put_all(vz, 0, put_vzquota, sb, err);
}

static void put_blkio(struct ctinfo *info, struct strbuf *sb)
{
	auto_cgroup_stats struct cgroup_stats stats = { 0 };
	auto_fd int cgroup = open_cgroup(info);
	uint64_t total = 0;

	if (cgroup < 0 || cgroup_stats_read(cgroup, true, &stats, NULL) < 0)
		return;
	for (size_t i = 0; i < stats.io_n; i++) {
		const struct cgroup_stats_io *io = &stats.io[i];
		uint64_t sum = io->read_bytes + io->write_bytes;

		strbuf_addf(sb,
			    "%u:%u Read %" PRIu64 "\n%u:%u Write %" PRIu64 "\n%u:%u Total %" PRIu64
			    "\n",
			    io->major, io->minor, io->read_bytes, io->major, io->minor,
			    io->write_bytes, io->major, io->minor, sum);
		total += sum;
	}
	strbuf_addf(sb, "Total %" PRIu64 "\n", total);
}

int texts_blkio(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err)
{
	(void)err;
	return put_of(vz, ctid, 0, put_blkio, sb);
}

/* ---- beancounters ---- */

#define ALL_COUNTERS (CTINFO_PIDS | CTINFO_MEMORY | CTINFO_SWAP)
/* One that OpenVZ once had. */
#define DUMMY UBC_N

/* In OpenVZ's order: scripts count lines. */
static const unsigned int counters[] = {
	UBC_KMEMSIZE,
	UBC_LOCKEDPAGES,
	UBC_PRIVVMPAGES,
	UBC_SHMPAGES,
	DUMMY,
	UBC_NUMPROC,
	UBC_PHYSPAGES,
	UBC_VMGUARPAGES,
	UBC_OOMGUARPAGES,
	UBC_NUMTCPSOCK,
	UBC_NUMFLOCK,
	UBC_NUMPTY,
	UBC_NUMSIGINFO,
	UBC_TCPSNDBUF,
	UBC_TCPRCVBUF,
	UBC_OTHERSOCKBUF,
	UBC_DGRAMRCVBUF,
	UBC_NUMOTHERSOCK,
	UBC_DCACHESIZE,
	UBC_NUMFILE,
	DUMMY,
	DUMMY,
	DUMMY,
	UBC_NUMIPTENT,
	UBC_SWAPPAGES,
};

static void put_counter(struct ctinfo *info, unsigned int which, const char *id, struct strbuf *sb)
{
	struct ctinfo_ubc ubc = { 0 };
	char name[sizeof(ubc_params[0].key)] = "dummy";

	if (which != DUMMY) {
		ctinfo_ubc(info, which, &ubc);
		for (size_t i = 0; i < sizeof(name); i++)
			name[i] = (char)tolower((unsigned char)ubc_params[which].key[i]);
	}
	strbuf_addf(sb,
		    "%10s%c %-12.*s %20" PRIu64 " %20" PRIu64 " %20" PRIu64 " %20" PRIu64
		    " %20" PRIu64 "\n",
		    id, *id ? ':' : ' ', (int)sizeof(name), name, ubc.held, ubc.maxheld,
		    ubc.barrier, ubc.limit, ubc.failcnt);
}

static void put_heading(struct strbuf *sb)
{
	strbuf_addf(sb, "Version: 2.5\n%10s  %-12s %20s %20s %20s %20s %20s\n", "uid", "resource",
		    "held", "maxheld", "barrier", "limit", "failcnt");
}

static void put_beancounters(struct ctinfo *info, struct strbuf *sb)
{
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		if (counters[i] != UBC_SWAPPAGES)
			put_counter(info, counters[i], i == 0 ? info->id : "", sb);
}

int texts_beancounters(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err)
{
	(void)ctid;
	put_heading(sb);
	return put_all(vz, ALL_COUNTERS, put_beancounters, sb, err);
}

static void put_counters(struct ctinfo *info, const char *id, struct strbuf *sb)
{
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		if (counters[i] != DUMMY)
			put_counter(info, counters[i], i == 0 ? id : "", sb);
}

static void put_resources(struct ctinfo *info, struct strbuf *sb)
{
	put_counters(info, info->id, sb);
}

static void put_own_resources(struct ctinfo *info, struct strbuf *sb)
{
	put_counters(info, "", sb);
}

int texts_resources(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err)
{
	(void)ctid;
	put_heading(sb);
	return put_all(vz, ALL_COUNTERS, put_resources, sb, err);
}

int texts_resources_of(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err)
{
	(void)err;
	return put_of(vz, ctid, ALL_COUNTERS, put_own_resources, sb);
}
