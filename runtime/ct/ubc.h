/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ubc: OpenVZ's user beancounters as they stand in a conf, PHYSPAGES="0:512M". Pure; what the
 * kernel of today makes of them is another's business.
 */
#ifndef RUNTIME_CT_UBC_H
#define RUNTIME_CT_UBC_H

#include <stdbool.h>
#include <stdint.h>

enum ubc {
	UBC_KMEMSIZE,
	UBC_LOCKEDPAGES,
	UBC_PRIVVMPAGES,
	UBC_SHMPAGES,
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
	UBC_NUMIPTENT,
	UBC_SWAPPAGES,
	UBC_N,
};

/* What a number without a suffix counts. Items take no suffix. */
enum ubc_unit { UBC_ITEMS, UBC_PAGES, UBC_BYTES, UBC_KIB };

#define UBC_UNLIMITED ((uint64_t)INT64_MAX)

struct ubc_param {
	char key[16];     /* in the conf */
	char old_key[12]; /* what it was once called, or "" */
	enum ubc_unit unit;
};
extern const struct ubc_param ubc_params[UBC_N];

struct ubc_limits {
	uint64_t barrier, limit;
};

/* "BARRIER[:LIMIT]", in the unit: 12, 12:15, 0:512M, 2G:2.2G, unlimited; the suffixes are T, G, M,
 * K, B and P (pages). Without a limit it is the barrier. What is more than UBC_UNLIMITED is as
 * much (OpenVZ). False where the text is none of this. */
bool ubc_parse(const char *text, enum ubc_unit unit, struct ubc_limits *ret);

#endif
