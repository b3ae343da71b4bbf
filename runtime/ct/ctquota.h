/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctquota: a CT's disk quota: DISKSPACE, DISKINODES, QUOTATIME, QUOTAUGIDLIMIT, DISK_QUOTA. Its
 * private area is a project of its own in the host's file system.
 */
#ifndef RUNTIME_CT_CTQUOTA_H
#define RUNTIME_CT_CTQUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/ct/ct.h"
#include "runtime/ct/limit_value.h"
#include "runtime/ct/quota.h"

struct ctquota {
	bool off;                             /* DISK_QUOTA="no" */
	struct limit_range space_kib, inodes; /* barrier: soft, limit: hard */
	bool grace_given;
	int64_t grace_sec;
};

/* One key's value; what is no key of these is none of its business: ERR_INPUT with `what`. */
int ctquota_parse_key(struct ctquota *quota, const char *key, const char *value, const char *what,
		      struct err *err);
/* All of the conf's, or vz.conf's. */
int ctquota_read(const struct ct *ct, const struct conf *conf, struct ctquota *ret,
		 struct err *err);

/* What the kernel is told. Soft limits without any grace are hard ones. */
struct quota_limits ctquota_limits(const struct ctquota *quota);

/* Is there anything that it limits? */
bool ctquota_limits_anything(const struct ctquota *quota);

/* The id of the CT's project: nobody else's, for ids so large are not in /etc/projid. */
uint32_t ctquota_project(uint32_t ctid);

/* Before the private area, which is there, is mounted: counts it, and limits nothing yet. xfs lets
 * root himself make no file in a project that is full, and a mount makes some. VZ_ERR(VZ_QUOTA_SET)
 * where it can't be done. */
int ctquota_prepare(const struct ct *ct, struct err *err);

/* Counts and limits it: before anything of the CT runs. */
int ctquota_apply(const struct ct *ct, struct err *err);

/* Lifts the limits of a CT that goes; what can't be is not there. */
void ctquota_clear(const struct ct *ct);

/* No longer counts what lies there, which was its private area; what can't be is not counted. */
void ctquota_release(const struct ct *ct, const char *path);

/* What it uses, and its limits, as the kernel counts. ERR_UNSUPPORTED where it does not. */
int ctquota_usage(const struct ct *ct, struct quota_usage *ret, struct err *err);

#endif
