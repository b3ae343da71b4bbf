/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quota: project quotas of ext4 and xfs: a tree of files that is counted, and limited, as one.
 * Knows trees and project ids, no CT. Source: quotactl(2), ioctl_xfs_fsgetxattr(2).
 */
#ifndef RUNTIME_CT_QUOTA_H
#define RUNTIME_CT_QUOTA_H

#include <stdint.h>

#include "runtime/base/err.h"

/* 0: no limit. */
struct quota_limits {
	uint64_t soft_kib, hard_kib;
	uint64_t soft_inodes, hard_inodes;
};

struct quota_usage {
	uint64_t kib, inodes;
	struct quota_limits limits;
};

/* All below the folder, and what is made there from now on, belongs to the project. What did
 * already is not looked at again. `fd` is a folder that only root writes to, and is marked last:
 * if a call is killed, the next one does it all. Links and device nodes are not counted that were
 * there before. ERR_UNSUPPORTED: the file system counts no projects. */
int quota_tag(int fd, uint32_t project, struct err *err);

/* Limits the project in the file system of fd. ERR_UNSUPPORTED as above. */
int quota_set(int fd, uint32_t project, const struct quota_limits *limits, struct err *err);

/* How long the file system lets any project be above its soft limits. */
int quota_set_grace(int fd, uint64_t seconds, struct err *err);

/* What the project has. ERR_UNSUPPORTED as above. */
int quota_get(int fd, uint32_t project, struct quota_usage *ret, struct err *err);

#endif
