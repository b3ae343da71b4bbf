/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limits: what a CT's conf says of resources, as numbers: one table of the keys that OpenVZ has,
 * each with its form and with what the kernel does for it. What becomes of them is
 * limits_effects.h's.
 */
#ifndef RUNTIME_CT_LIMITS_H
#define RUNTIME_CT_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/base/str.h"
#include "runtime/ct/limit_value.h"

struct limits_number {
	bool given;
	int64_t value;
};

struct limits {
	/* The beancounters: bytes, pages or items, as their names say. */
	struct limit_range avnumproc, dcachesize, dgramrcvbuf, kmemsize, lockedpages, numfile,
		numflock, numiptent, numothersock, numproc, numpty, numsiginfo, numtcpsock,
		oomguarpages, othersockbuf, physpages, privvmpages, shmpages, swappages, tcprcvbuf,
		tcpsndbuf, vmguarpages;
	struct limits_number cpuunits, cpuweight, cpus, ioprio;
	struct limits_number cpulimit, burst_cpulimit; /* per cent of one CPU; 0: none */
	struct limits_number iolimit, iopslimit;       /* bytes, operations a second; 0: none */
	struct limits_number memguarantee;             /* per cent of the memory; 0: none */
	struct limits_number memguarantee_bytes;       /* 0: none */
	const char *cpumask, *nodemask;                /* or NULL; the conf's own text */
};

/* What values are measured by. */
struct limits_host {
	unsigned int cpus;
};

struct limits_row;
typedef int (*limits_parse)(const struct limits_row *row, const struct limits_host *host,
			    const char *value, const char *what, void *at, struct err *err);

struct limits_row {
	const char *key;
	const char *effect; /* the kernel's file, or other means; NULL: accepted, no effect */
	limits_parse parse;
	size_t offset; /* in struct limits */
	enum ubc_unit unit;
	int64_t min, max; /* of a plain number */
};

#define LIMITS_ROWS 40
extern const struct limits_row limits_rows[LIMITS_ROWS];

/* NULL: it is no resource's key. */
const struct limits_row *limits_find(const char *key);

/* Reads one value into its member. `what` begins errors (ERR_INPUT). */
int limits_parse_key(struct limits *limits, const struct limits_host *host,
		     const struct limits_row *row, const char *value, const char *what,
		     struct err *err);

/* Adds the text that vzctl would write into the conf for the value, which has been parsed. */
void limits_emit_key(const struct limits *limits, const struct limits_row *row, const char *value,
		     struct strbuf *sb);

/* All keys. get returns a key's text or NULL; where ("/etc/vz/conf/101.conf") begins errors. */
typedef const char *(*limits_get)(const void *of, const char *key);
int limits_read(limits_get get, const void *of, const char *where, const struct limits_host *host,
		struct limits *ret, struct err *err);

#endif
