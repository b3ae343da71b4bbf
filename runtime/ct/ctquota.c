/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/ctquota.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"

#define FIRST_PROJECT 0x80000000U

static const char *const keys[] = { "DISKSPACE", "DISKINODES", "QUOTATIME", "QUOTAUGIDLIMIT",
				    "DISK_QUOTA" };

/* ---- the conf ---- */

static int parse_yes_no(struct ctquota *quota, const char *value, const char *what, struct err *err)
{
	char shown[STR_SHOW_SIZE];

	quota->off = str_eq(value, "no");
	if (quota->off || str_eq(value, "yes"))
		return 0;
	return err_set(err, ERR_INPUT, "%s: %s is neither yes nor no", what,
		       str_show(shown, value));
}

int ctquota_parse_key(struct ctquota *quota, const char *key, const char *value, const char *what,
		      struct err *err)
{
	int64_t users;

	if (str_eq(key, "DISKSPACE"))
		return limit_parse_range(value, what, UBC_KIB, &quota->space_kib, err);
	if (str_eq(key, "DISKINODES"))
		return limit_parse_range(value, what, UBC_ITEMS, &quota->inodes, err);
	if (str_eq(key, "DISK_QUOTA"))
		return parse_yes_no(quota, value, what, err);
	if (str_eq(key, "QUOTAUGIDLIMIT"))
		return num_parse(value, what, 0, INT_MAX, &users, err);
	if (num_parse(value, what, 0, UINT32_MAX, &quota->grace_sec, err) < 0)
		return -1;
	quota->grace_given = true;
	return 0;
}

int ctquota_read(const struct ct *ct, const struct conf *conf, struct ctquota *ret, struct err *err)
{
	struct ctquota quota = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *value = conf_get(conf, keys[i]);
		char what[512];

		if (!value)
			value = vz_get(ct->vz, keys[i]);
		if (!value || !value[0])
			continue;
		snprintf(what, sizeof(what), "%.440s: %s", ct->conf_path, keys[i]);
		if (ctquota_parse_key(&quota, keys[i], value, what, err) < 0)
			return -1;
	}
	*ret = quota;
	return 0;
}

/* ---- for the kernel ---- */

static uint64_t or_none(int64_t value)
{
	return value == LIMIT_UNLIMITED ? 0 : (uint64_t)value;
}

/* 0 would be none for the kernel; a CT without any block is no use, but that is what was asked. */
static void pair(const struct limit_range *range, bool at_once, uint64_t *soft, uint64_t *hard)
{
	if (!range->given)
		return;
	*soft = or_none(range->barrier ? range->barrier : 1);
	*hard = or_none(range->limit ? range->limit : 1);
	if (at_once && *soft > 0 && (*hard == 0 || *soft < *hard))
		*hard = *soft;
}

struct quota_limits ctquota_limits(const struct ctquota *quota)
{
	bool at_once = quota->grace_given && quota->grace_sec == 0;
	struct quota_limits limits = { 0 };

	if (quota->off)
		return limits;
	pair(&quota->space_kib, at_once, &limits.soft_kib, &limits.hard_kib);
	pair(&quota->inodes, at_once, &limits.soft_inodes, &limits.hard_inodes);
	return limits;
}

bool ctquota_limits_anything(const struct ctquota *quota)
{
	struct quota_limits limits = ctquota_limits(quota);

	return limits.soft_kib || limits.hard_kib || limits.soft_inodes || limits.hard_inodes;
}

uint32_t ctquota_project(uint32_t ctid)
{
	return FIRST_PROJECT + ctid;
}

static int open_private(const struct ct *ct, struct err *err)
{
	int fd = open(ct->private, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? err_sys(err, "open \"%s\"", ct->private) : fd;
}

/* The limits first: only a file system that has them is changed. */
static int apply(const struct ct *ct, const struct ctquota *quota,
		 const struct quota_limits *limits, int fd, struct err *err)
{
	uint32_t project = ctquota_project(ct->ctid);

	if (quota_set(fd, project, limits, err) < 0)
		return -1;
	if (quota->grace_sec > 0 && quota_set_grace(fd, (uint64_t)quota->grace_sec, err) < 0)
		return -1;
	return quota_tag(fd, project, err);
}

static int put(const struct ct *ct, bool limited, struct err *err)
{
	struct quota_limits limits = { 0 };
	struct ctquota quota;
	auto_fd int fd = -1;

	if (ctquota_read(ct, ct->conf, &quota, err) < 0)
		return -1;
	if (!ctquota_limits_anything(&quota)) {
		ctquota_clear(ct);
		return 0;
	}
	if (limited)
		limits = ctquota_limits(&quota);
	fd = open_private(ct, err);
	if (fd < 0)
		return -1;
	if (apply(ct, &quota, &limits, fd, err) == 0)
		return 0;
	err_wrap(err, "\"%s\"", ct->private);
	return vz_fail(err, VZ_QUOTA_SET);
}

int ctquota_prepare(const struct ct *ct, struct err *err)
{
	return put(ct, false, err);
}

int ctquota_apply(const struct ct *ct, struct err *err)
{
	return put(ct, true, err);
}

void ctquota_clear(const struct ct *ct)
{
	static const struct quota_limits none;
	auto_fd int fd = open_private(ct, NULL);
	struct quota_usage usage;

	if (fd >= 0 && quota_get(fd, ctquota_project(ct->ctid), &usage, NULL) == 0)
		quota_set(fd, ctquota_project(ct->ctid), &none, NULL);
}

void ctquota_release(const struct ct *ct, const char *path)
{
	auto_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct quota_usage usage;

	if (fd >= 0 && quota_get(fd, ctquota_project(ct->ctid), &usage, NULL) == 0)
		quota_tag(fd, 0, NULL);
}

int ctquota_usage(const struct ct *ct, struct quota_usage *ret, struct err *err)
{
	auto_fd int fd = open_private(ct, err);

	return fd < 0 ? -1 : quota_get(fd, ctquota_project(ct->ctid), ret, err);
}
