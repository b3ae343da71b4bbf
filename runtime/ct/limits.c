/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/limits.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/spec/spec.h"

/* ---- forms ---- */

static int parse_range(const struct limits_row *row, const struct limits_host *host,
		       const char *value, const char *what, void *at, struct err *err)
{
	(void)host;
	return limit_parse_range(value, what, row->unit, at, err);
}

static int parse_number(const struct limits_row *row, const struct limits_host *host,
			const char *value, const char *what, void *at, struct err *err)
{
	struct limits_number *number = at;

	(void)host;
	if (num_parse(value, what, row->min, row->max, &number->value, err) < 0)
		return -1;
	number->given = true;
	return 0;
}

static int parse_cpulimit(const struct limits_row *row, const struct limits_host *host,
			  const char *value, const char *what, void *at, struct err *err)
{
	struct limits_number *number = at;

	(void)row;
	if (limit_parse_cpulimit(value, what, host->cpus, &number->value, err) < 0)
		return -1;
	number->given = true;
	return 0;
}

/* In a conf bytes; the command line's MiB are set_limits.c's. */
static int parse_iolimit(const struct limits_row *row, const struct limits_host *host,
			 const char *value, const char *what, void *at, struct err *err)
{
	struct limits_number *number = at;

	(void)row;
	(void)host;
	if (limit_parse_iolimit(value, what, 1, &number->value, err) < 0)
		return -1;
	number->given = true;
	return 0;
}

static int parse_iopslimit(const struct limits_row *row, const struct limits_host *host,
			   const char *value, const char *what, void *at, struct err *err)
{
	struct limits_number *number = at;

	(void)row;
	(void)host;
	if (limit_parse_iopslimit(value, what, &number->value, err) < 0)
		return -1;
	number->given = true;
	return 0;
}

/* "auto" leaves it to the host, which guarantees nothing. */
static int parse_memguarantee(const struct limits_row *row, const struct limits_host *host,
			      const char *value, const char *what, void *at, struct err *err)
{
	struct limits_number *number = at;

	if (!str_eq(value, "auto"))
		return parse_number(row, host, value, what, at, err);
	*number = (struct limits_number){ true, 0 };
	return 0;
}

static int parse_cpumask(const struct limits_row *row, const struct limits_host *host,
			 const char *value, const char *what, void *at, struct err *err)
{
	(void)row;
	(void)host;
	if (limit_check_mask(value, what, SPEC_MAX_CPUS, true, err) < 0)
		return -1;
	*(const char **)at = value;
	return 0;
}

static int parse_nodemask(const struct limits_row *row, const struct limits_host *host,
			  const char *value, const char *what, void *at, struct err *err)
{
	(void)row;
	(void)host;
	if (limit_check_mask(value, what, SPEC_MAX_NODES, false, err) < 0)
		return -1;
	*(const char **)at = value;
	return 0;
}

static int check_meminfo(const struct limits_row *row, const struct limits_host *host,
			 const char *value, const char *what, void *at, struct err *err)
{
	(void)row;
	(void)host;
	(void)at;
	return limit_check_meminfo(value, what, err);
}

static int check_factor(const struct limits_row *row, const struct limits_host *host,
			const char *value, const char *what, void *at, struct err *err)
{
	(void)row;
	(void)host;
	(void)at;
	return limit_check_factor(value, what, err);
}

static int check_yes_no(const struct limits_row *row, const struct limits_host *host,
			const char *value, const char *what, void *at, struct err *err)
{
	char shown[STR_SHOW_SIZE];

	(void)row;
	(void)host;
	(void)at;
	if (str_eq(value, "yes") || str_eq(value, "no"))
		return 0;
	return err_set(err, ERR_INPUT, "%s: %s is neither yes nor no", what,
		       str_show(shown, value));
}

static int check_number(const struct limits_row *row, const struct limits_host *host,
			const char *value, const char *what, void *at, struct err *err)
{
	int64_t number;

	(void)host;
	(void)at;
	return num_parse(value, what, row->min, row->max, &number, err);
}

/* ---- the table ---- */

#define AT(member) offsetof(struct limits, member)
#define ITEMS(key, member, effect)                                            \
	{                                                                     \
		key, effect, parse_range, AT(member), UBC_ITEMS, 0, INT64_MAX \
	}
#define BYTES(key, member, effect)                                            \
	{                                                                     \
		key, effect, parse_range, AT(member), UBC_BYTES, 0, INT64_MAX \
	}
#define PAGES(key, member, effect)                                            \
	{                                                                     \
		key, effect, parse_range, AT(member), UBC_PAGES, 0, INT64_MAX \
	}
#define NUMBER(key, member, min, max, effect)                              \
	{                                                                  \
		key, effect, parse_number, AT(member), UBC_ITEMS, min, max \
	}
#define OTHER(key, member, parse, effect)                               \
	{                                                               \
		key, effect, parse, AT(member), UBC_ITEMS, 0, INT64_MAX \
	}
#define CHECKED(key, check, min, max)                    \
	{                                                \
		key, NULL, check, 0, UBC_ITEMS, min, max \
	}

/* tests/meta/limits reads these rows: each in ctid.conf(5), and each effect in a test. */
const struct limits_row limits_rows[LIMITS_ROWS] = {
	/* clang-format off */
	ITEMS("AVNUMPROC", avnumproc, NULL),
	NUMBER("BURST_CPULIMIT", burst_cpulimit, 0, INT_MAX, "cpu.max.burst"),
	CHECKED("BURST_CPU_AVG_USAGE", check_number, 0, INT_MAX),
	OTHER("CPULIMIT", cpulimit, parse_cpulimit, "cpu.max"),
	OTHER("CPUMASK", cpumask, parse_cpumask, "cpuset.cpus"),
	NUMBER("CPUS", cpus, 0, SPEC_MAX_CPUS, "cpu.max"),
	NUMBER("CPUUNITS", cpuunits, 8, 500000, "cpu.weight"),
	NUMBER("CPUUWEIGHT", cpuweight, 1, 65535, "cpu.weight"),
	BYTES("DCACHESIZE", dcachesize, NULL),
	BYTES("DGRAMRCVBUF", dgramrcvbuf, NULL),
	OTHER("IOLIMIT", iolimit, parse_iolimit, "io.max"),
	OTHER("IOPSLIMIT", iopslimit, parse_iopslimit, "io.max"),
	NUMBER("IOPRIO", ioprio, 0, 7, "io.weight"),
	BYTES("KMEMSIZE", kmemsize, NULL),
	PAGES("LOCKEDPAGES", lockedpages, "RLIMIT_MEMLOCK"),
	{ "MEMGUARANTEE", "memory.min", parse_memguarantee, AT(memguarantee), UBC_ITEMS, 0, 100 },
	NUMBER("MEMGUARANTEE_BYTES", memguarantee_bytes, 0, INT64_MAX, "memory.min"),
	CHECKED("MEMINFO", check_meminfo, 0, 0),
	OTHER("NODEMASK", nodemask, parse_nodemask, "cpuset.mems"),
	ITEMS("NUMFILE", numfile, "RLIMIT_NOFILE"),
	ITEMS("NUMFLOCK", numflock, NULL),
	ITEMS("NUMIPTENT", numiptent, NULL),
	CHECKED("NUMMEMORYSUBGROUPS", check_number, 0, INT_MAX),
	CHECKED("NUMNETIF", check_number, 0, INT_MAX),
	ITEMS("NUMOTHERSOCK", numothersock, NULL),
	ITEMS("NUMPROC", numproc, "pids.max"),
	ITEMS("NUMPTY", numpty, "devpts max="),
	ITEMS("NUMSIGINFO", numsiginfo, "RLIMIT_SIGPENDING"),
	ITEMS("NUMTCPSOCK", numtcpsock, NULL),
	PAGES("OOMGUARPAGES", oomguarpages, "oom_score_adj"),
	BYTES("OTHERSOCKBUF", othersockbuf, NULL),
	CHECKED("PAGECACHE_ISOLATION", check_yes_no, 0, 0),
	PAGES("PHYSPAGES", physpages, "memory.max"),
	PAGES("PRIVVMPAGES", privvmpages, NULL),
	PAGES("SHMPAGES", shmpages, "kernel.shmall"),
	PAGES("SWAPPAGES", swappages, "memory.swap.max"),
	BYTES("TCPRCVBUF", tcprcvbuf, NULL),
	BYTES("TCPSNDBUF", tcpsndbuf, NULL),
	PAGES("VMGUARPAGES", vmguarpages, "memory.low"),
	CHECKED("VM_OVERCOMMIT", check_factor, 0, 0),
	/* clang-format on */
};

const struct limits_row *limits_find(const char *key)
{
	for (size_t i = 0; i < LIMITS_ROWS; i++)
		if (str_eq(limits_rows[i].key, key))
			return &limits_rows[i];
	return NULL;
}

int limits_parse_key(struct limits *limits, const struct limits_host *host,
		     const struct limits_row *row, const char *value, const char *what,
		     struct err *err)
{
	return row->parse(row, host, value, what, (char *)limits + row->offset, err);
}

static bool is_number(const struct limits_row *row)
{
	return row->parse == parse_number || row->parse == parse_cpulimit ||
	       row->parse == parse_iolimit || row->parse == parse_iopslimit;
}

void limits_emit_key(const struct limits *limits, const struct limits_row *row, const char *value,
		     struct strbuf *sb)
{
	const void *at = (const char *)limits + row->offset;

	if (row->parse == parse_range)
		limit_emit_range(at, sb);
	else if (is_number(row))
		strbuf_addf(sb, "%" PRId64, ((const struct limits_number *)at)->value);
	else
		strbuf_add(sb, value);
}

/* Panels write keys with nothing in them. */
int limits_read(limits_get get, const void *of, const char *where, const struct limits_host *host,
		struct limits *ret, struct err *err)
{
	struct limits limits = { 0 };

	for (size_t i = 0; i < LIMITS_ROWS; i++) {
		const struct limits_row *row = &limits_rows[i];
		const char *value = get(of, row->key);
		char what[512];

		if (!value || !value[0])
			continue;
		snprintf(what, sizeof(what), "%.440s: %s", where, row->key);
		if (limits_parse_key(&limits, host, row, value, what, err) < 0)
			return -1;
	}
	*ret = limits;
	return 0;
}
