/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * texts: what the files of OpenVZ's /proc/vz and /proc/bc say, in its columns and widths, made of what
 * the kernel of today counts. What it does not count is 0. A text is made anew for who opens the
 * file, and tells of the CTs that run.
 *
 * Times are in OpenVZ's jiffies, of which a second has 1000; its processor cycles are nanoseconds here.
 */
#ifndef RUNTIME_VZPROC_TEXTS_H
#define RUNTIME_VZPROC_TEXTS_H

#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/base/str.h"
#include "runtime/ct/vz.h"

/* Adds the text; ctid counts for a file of one CT. */
typedef int (*texts_make)(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err);

int texts_version(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err);
/* Empty: that the file is there says that RAM and swap can be limited. */
int texts_vswap(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err);
int texts_vestat(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err);
int texts_veinfo(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err);
/* Those with a quota. */
int texts_vzquota(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err);
/* user_beancounters: the first 24, with those that OpenVZ no longer has; without swappages. */
int texts_beancounters(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err);
/* bc/resources, and bc/CTID/resources. */
int texts_resources(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err);
int texts_resources_of(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err);
/* vz/beancounter/CTID/blkio.io_service_bytes. */
int texts_blkio(const struct vz *vz, uint32_t ctid, struct strbuf *sb, struct err *err);

/* The CTs that run, ascending, in fresh memory. */
int texts_ids(const struct vz *vz, uint32_t **ret, size_t *ret_n, struct err *err);
bool texts_runs(const struct vz *vz, uint32_t ctid);

#endif
