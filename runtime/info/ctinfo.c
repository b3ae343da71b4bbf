/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/info/ctinfo.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/ct/ctquota.h"
#include "runtime/kernel/cgroup.h"

/* ---- the host ---- */

void ctinfo_host_init(struct ctinfo_host *host, const struct vz *vz, unsigned int need)
{
	struct timespec now;

	*host = (struct ctinfo_host){ .vz = vz, .need = need };
	clock_gettime(CLOCK_BOOTTIME, &now); /* what start times of processes count from */
	host->now_usec = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	if (need & CTINFO_LOAD)
		ctload_read(vz->set->root, &host->load);
}

void ctinfo_host_done(struct ctinfo_host *host)
{
	if (host->vz)
		ctload_write(&host->load, host->vz->set->root, host->now_usec);
	ctload_done(&host->load);
}

unsigned int ctinfo_host_cpus(struct ctinfo_host *host)
{
	if (host->cpus == 0) /* sysconf reads a file of sysfs each time */
		host->cpus = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
	return host->cpus;
}

/* ---- which ---- */

bool ctinfo_has_conf(const struct vz *vz, uint32_t ctid)
{
	auto_free char *path = str_dupf("%s/%" PRIu32 ".conf", vz->conf_dir, ctid);

	return path && access(path, F_OK) == 0;
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

int ctinfo_pick(const struct vz *vz, char *const *live, uint32_t **ret, size_t *ret_n,
		struct err *err)
{
	auto_free uint32_t *list = NULL;
	uint32_t id, *slot;
	size_t n = 0;

	for (; *live; live++) {
		if (!ctid_parse(*live, &id) || !ctinfo_has_conf(vz, id))
			continue;
		slot = mem_append(&list, &n, sizeof(*slot));
		if (!slot)
			return err_sys(err, "list the containers");
		*slot = id;
	}
	if (n > 1)
		qsort(list, n, sizeof(*list), compare_ids);
	*ret = steal_ptr(&list);
	*ret_n = n;
	return 0;
}

/* ---- one CT ---- */

static void load_live(struct ctinfo *info)
{
	struct err why;

	/* One that was created and never started is a leftover, not a running CT. */
	if (container_load(info->host->vz->set, info->id, &info->live, &why) == 0 &&
	    info->live->status != STATUS_RUNNING && info->live->status != STATUS_PAUSED)
		container_state_freep(&info->live);
}

void ctinfo_init(struct ctinfo *info, struct ctinfo_host *host, uint32_t ctid, bool live)
{
	*info = (struct ctinfo){ .host = host, .ctid = ctid };
	snprintf(info->id, sizeof(info->id), "%" PRIu32, ctid);
	if (live)
		load_live(info);
}

void ctinfo_done(struct ctinfo *info)
{
	container_state_freep(&info->live);
	info->live = NULL;
	ct_freep(&info->ct);
	info->ct = NULL;
	mem_free_ptr(&info->addresses);
	info->addresses = NULL;
}

/* One whose conf can't be read is shown with what holds for all: it hides no other. */
static const struct ct *open_ct(struct ctinfo *info)
{
	const struct vz *vz = info->host->vz;
	struct err why = { 0 };

	if (info->conf_read)
		return info->ct;
	info->conf_read = true;
	if (ct_open(vz, info->id, 0, &info->ct, &why) == 0 || why.code == VZ_ERR(VZ_NO_CONF))
		return info->ct;
	info->conf_bad = true;
	log_error("CT %s: %s", info->id, why.msg);
	if (ct_open(vz, info->id, CT_ANY_CONF, &info->ct, &why) < 0)
		info->ct = NULL;
	return info->ct;
}

static const struct storage *open_storage(struct ctinfo *info, struct storage *ret)
{
	const struct ct *ct = open_ct(info);

	return ct && ct_storage(ct, false, ret, NULL) == 0 ? ret : NULL;
}

bool ctinfo_is_there(struct ctinfo *info)
{
	struct storage storage;

	return info->live ||
	       (open_storage(info, &storage) && (info->conf_bad || storage_exists(&storage)));
}

/* ---- the conf ---- */

static const char *not_empty(const char *text)
{
	return text && *text ? text : NULL;
}

const char *ctinfo_conf(struct ctinfo *info, const char *key)
{
	const struct ct *ct = open_ct(info);

	return ct ? not_empty(conf_get(ct->conf, key)) : NULL;
}

const char *ctinfo_conf_or_global(struct ctinfo *info, const char *key)
{
	const struct ct *ct = open_ct(info);

	return ct ? not_empty(ct_get(ct, key)) : NULL;
}

const char *ctinfo_private(struct ctinfo *info)
{
	const struct ct *ct = open_ct(info);

	return ct ? ct->private : NULL;
}

const char *ctinfo_root(struct ctinfo *info)
{
	const struct ct *ct = open_ct(info);

	return ct ? ct->root : NULL;
}

const char *ctinfo_name(struct ctinfo *info)
{
	const char *name = info->name_read ? NULL : ctinfo_conf(info, "NAME");
	uint32_t ctid;

	info->name_read = true;
	if (name && ctid_find(info->host->vz->conf_dir, name, &ctid, NULL) > 0 &&
	    ctid == info->ctid)
		info->name = name;
	return info->name;
}

const char *ctinfo_addresses(struct ctinfo *info)
{
	const char *text = ctinfo_conf(info, "IP_ADDRESS");
	auto_strbuf struct strbuf sb = { 0 };

	while (text && !info->addresses && *text) {
		size_t len = strcspn(text, " \t"), bare = strcspn(text, " \t/");

		strbuf_add_mem(&sb, text, bare);
		strbuf_add_char(&sb, ' ');
		text += len + strspn(text + len, " \t");
	}
	if (text && !info->addresses)
		info->addresses = strbuf_steal(&sb);
	return info->addresses;
}

/* ---- status ---- */

static bool is_mounted(struct ctinfo *info)
{
	struct storage storage;

	if (!info->mount_read)
		info->mounted = open_storage(info, &storage) && storage_mounted(&storage);
	info->mount_read = true;
	return info->mounted;
}

static bool is_dumped(const struct ctinfo *info)
{
	auto_free char *dump = str_dupf("%s/Dump.%s", info->host->vz->dump_dir, info->id);

	return dump && access(dump, F_OK) == 0;
}

enum ctinfo_status ctinfo_status(struct ctinfo *info)
{
	if (info->live)
		return CTINFO_RUNNING;
	if (is_mounted(info))
		return CTINFO_MOUNTED;
	return is_dumped(info) ? CTINFO_SUSPENDED : CTINFO_STOPPED;
}

const char *ctinfo_status_name(enum ctinfo_status status)
{
	static const char *const names[] = {
		[CTINFO_RUNNING] = "running",
		[CTINFO_STOPPED] = "stopped",
		[CTINFO_MOUNTED] = "mounted",
		[CTINFO_SUSPENDED] = "suspended",
	};

	return names[status];
}

/* ---- what a running one uses ---- */

static uint64_t start_usec(const struct ctinfo *info)
{
	return info->live->pid_start * (1000000 / (uint64_t)sysconf(_SC_CLK_TCK));
}

bool ctinfo_uptime(struct ctinfo *info, double *ret_seconds)
{
	uint64_t start = info->live ? start_usec(info) : 0;

	if (!info->live)
		return false;
	*ret_seconds =
		info->host->now_usec > start ? (double)(info->host->now_usec - start) / 1000000 : 0;
	return true;
}

static void read_loads(struct ctinfo *info, int cgroup)
{
	struct cgroup_stats_psi psi = { 0 };
	struct ctload_now now = {
		.ctid = info->ctid,
		.pid_start = info->live->pid_start,
		.started_usec = start_usec(info),
		.now_usec = info->host->now_usec,
	};

	if (cgroup_stats_value(cgroup, "cpu.stat", "usage_usec", &now.used_usec) < 0)
		return;
	cgroup_stats_read_psi(cgroup, "cpu.pressure", &psi);
	now.used_usec += psi.some.total_usec;
	info->loads_given = ctload_get(&info->host->load, &now, info->loads);
}

/* Without its controller processes can still be counted. */
static void read_pids(struct ctinfo *info, int cgroup)
{
	auto_free pid_t *pids = NULL;
	size_t n;

	cgroup_stats_read_usage(cgroup, "pids", &info->pids);
	if (!info->pids.given && cgroup_pids(cgroup, &pids, &n, NULL) == 0)
		info->pids = (struct cgroup_stats_usage){ .current = n, .max = UINT64_MAX };
}

static void read_cgroup(struct ctinfo *info)
{
	unsigned int need = info->host->need;
	auto_fd int cgroup = -1;

	if (info->cgroup_read || !info->live || !*info->live->cgroup)
		return;
	info->cgroup_read = true;
	cgroup = cgroup_open(info->live->cgroup, NULL);
	if (cgroup < 0)
		return;
	if (need & CTINFO_PIDS)
		read_pids(info, cgroup);
	if (need & CTINFO_MEMORY) {
		cgroup_stats_read_usage(cgroup, "memory", &info->memory);
		cgroup_stats_value(cgroup, "memory.events", "oom", &info->ooms);
	}
	if (need & CTINFO_SWAP)
		cgroup_stats_read_usage(cgroup, "memory.swap", &info->swap);
	if (need & CTINFO_LOAD)
		read_loads(info, cgroup);
}

bool ctinfo_loads(struct ctinfo *info, double ret[3])
{
	read_cgroup(info);
	if (info->loads_given)
		memcpy(ret, info->loads, sizeof(info->loads));
	return info->loads_given;
}

/* ---- beancounters ---- */

static void read_limits(struct ctinfo *info)
{
	for (unsigned int i = 0; i < UBC_N; i++) {
		const struct ubc_param *param = &ubc_params[i];
		const char *text = ctinfo_conf(info, param->key);

		if (!text && param->old_key[0])
			text = ctinfo_conf(info, param->old_key);
		if (!text)
			text = ctinfo_conf_or_global(info, param->key);
		if (text && ubc_parse(text, param->unit, &info->limits[i]))
			info->limited |= 1U << i;
	}
	info->limits_read = true;
}

/* NULL: the conf has none. */
static const struct ubc_limits *conf_limits(struct ctinfo *info, enum ubc which)
{
	if (!info->limits_read)
		read_limits(info);
	return info->limited & (1U << which) ? &info->limits[which] : NULL;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a > UBC_UNLIMITED - b ? UBC_UNLIMITED : a + b;
}

/* What a kernel with VSwap is given besides where only memory and swap are limited. */
static void derived_limits(struct ctinfo *info, enum ubc which, struct ubc_limits *ret)
{
	const char *factor = ctinfo_conf(info, "VM_OVERCOMMIT");
	double overcommit = factor ? strtod(factor, NULL) : 0;
	const struct ubc_limits *ram = conf_limits(info, UBC_PHYSPAGES),
				*swap = conf_limits(info, UBC_SWAPPAGES);
	uint64_t both;

	*ret = (struct ubc_limits){ UBC_UNLIMITED, UBC_UNLIMITED };
	if (!ram || !swap || ram->limit == UBC_UNLIMITED)
		return;
	both = sum(ram->limit, swap->limit);
	if (which == UBC_LOCKEDPAGES)
		*ret = (struct ubc_limits){ ram->limit, ram->limit };
	if (which == UBC_OOMGUARPAGES)
		ret->barrier = ram->limit;
	if (which == UBC_VMGUARPAGES)
		ret->barrier = both;
	if (which == UBC_PRIVVMPAGES && overcommit > 0 &&
	    (double)both * overcommit < (double)UBC_UNLIMITED)
		ret->barrier = ret->limit = (uint64_t)((double)both * overcommit);
}

/* What the kernel counts and limits by itself. scale: bytes that are one of the unit. */
static void take_usage(const struct cgroup_stats_usage *usage, uint64_t scale, uint64_t failures,
		       struct ctinfo_ubc *ret)
{
	ret->held = usage->current / scale;
	ret->maxheld = usage->peak > usage->current ? usage->peak / scale : ret->held;
	ret->failcnt = failures;
	if (!usage->given)
		return;
	ret->limit = usage->max / scale < UBC_UNLIMITED && usage->max != UINT64_MAX ?
			     usage->max / scale :
			     UBC_UNLIMITED;
	if (scale == 1)
		ret->barrier = ret->limit;
}

static void live_ubc(struct ctinfo *info, enum ubc which, struct ctinfo_ubc *ret)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	read_cgroup(info);
	/* What holds for all is not asked of a host that can't limit it. */
	if (which == UBC_NUMPROC && !info->pids.given)
		ret->barrier = ret->limit = UBC_UNLIMITED;
	if (which == UBC_NUMPROC)
		take_usage(&info->pids, 1, info->pids.failures, ret);
	if (which == UBC_PHYSPAGES)
		take_usage(&info->memory, page, info->ooms, ret);
	if (which == UBC_SWAPPAGES)
		take_usage(&info->swap, page, info->swap.failures, ret);
	if (which == UBC_OOMGUARPAGES) /* as there: what is in memory or swapped out */
		ret->held = ret->maxheld = (info->memory.current + info->swap.current) / page;
}

void ctinfo_ubc(struct ctinfo *info, enum ubc which, struct ctinfo_ubc *ret)
{
	const struct ubc_limits *given = conf_limits(info, which);
	struct ubc_limits limits = given ? *given : (struct ubc_limits){ 0, 0 };

	*ret = (struct ctinfo_ubc){ .running = info->live, .limited = given || info->live };
	if (info->live && !given)
		derived_limits(info, which, &limits);
	ret->barrier = limits.barrier;
	ret->limit = limits.limit;
	if (info->live)
		live_ubc(info, which, ret);
}

/* ---- disk ---- */

/* What its project uses, running or not. A file system without projects counts nothing for it. */
static bool quota_used(struct ctinfo *info, bool inodes, uint64_t *ret)
{
	struct quota_usage usage;
	struct storage storage;

	if (!open_storage(info, &storage) || ctquota_usage(info->ct, &usage, NULL) < 0)
		return false;
	*ret = inodes ? usage.inodes : usage.kib;
	return usage.inodes > 0;
}

bool ctinfo_disk(struct ctinfo *info, bool inodes, struct ctinfo_disk *ret)
{
	const char *text = ctinfo_conf(info, inodes ? "DISKINODES" : "DISKSPACE");
	struct ubc_limits limits = { 0, 0 };
	bool limited = text && ubc_parse(text, inodes ? UBC_BYTES : UBC_KIB, &limits);

	*ret = (struct ctinfo_disk){ .soft = limits.barrier, .hard = limits.limit };
	ret->used_known = limited && quota_used(info, inodes, &ret->used);
	return limited;
}
