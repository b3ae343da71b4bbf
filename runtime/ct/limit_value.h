/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limit_value: the forms in which OpenVZ writes the value of a resource: text to number, and the
 * text that vzctl writes into a conf. Pure; what the numbers do is limits.h's.
 *
 * All errors are ERR_INPUT and begin with `what` ("--ram", "/etc/vz/conf/101.conf: NUMPROC").
 * A number above LIMIT_UNLIMITED becomes that, with a warning, as in vzctl.
 */
#ifndef RUNTIME_CT_LIMIT_VALUE_H
#define RUNTIME_CT_LIMIT_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/base/str.h"
#include "runtime/ct/ubc.h"

/* "unlimited": LONG_MAX. */
#define LIMIT_UNLIMITED INT64_MAX

/* "BARRIER[:LIMIT]" in its unit; without LIMIT both are the same. */
struct limit_range {
	bool given;
	int64_t barrier, limit;
};

/* "12", "512M:1G", "2.2G", "0:unlimited" (ubc_parse). */
int limit_parse_range(const char *text, const char *what, enum ubc_unit unit,
		      struct limit_range *ret, struct err *err);
/* "12", "0:131072", "unlimited": always in the unit. */
void limit_emit_range(const struct limit_range *range, struct strbuf *sb);

/* --ram and --swap: bytes without a suffix, rounded up to pages. */
int limit_parse_memory(const char *text, const char *what, int64_t *ret_pages, struct err *err);

/* Per cent of one CPU; "50%" is half of the `cpus` of the node. 0: no limit. */
int limit_parse_cpulimit(const char *text, const char *what, unsigned int cpus, int64_t *ret,
			 struct err *err);

/* "10", "10M", "unlimited" (0) → bytes a second, at most 2^31 - 1; unsuffixed: unit_bytes each. */
int limit_parse_iolimit(const char *text, const char *what, int64_t unit_bytes, int64_t *ret,
			struct err *err);
/* The same in operations a second, without suffixes. */
int limit_parse_iopslimit(const char *text, const char *what, int64_t *ret, struct err *err);

/* A list "0-3,7" below max, "all", or where that is allowed "auto". */
int limit_check_mask(const char *text, const char *what, unsigned int max, bool may_be_auto,
		     struct err *err);

/* "none", "pages:N", "privvmpages:N". */
int limit_check_meminfo(const char *text, const char *what, struct err *err);

/* A number with a point or without, above 0: "1.5". */
int limit_check_factor(const char *text, const char *what, struct err *err);

/* Bytes that so many pages are, at most LIMIT_UNLIMITED. */
int64_t limit_pages_to_bytes(int64_t pages);

#endif
