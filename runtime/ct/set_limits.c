/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set: resources. What their values mean is limits.h's. */
#include "config.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/str.h"
#include "runtime/ct/limits.h"
#include "runtime/ct/set.h"

static int keep(const struct set_job *job, const struct strbuf *text, struct err *err)
{
	if (text->failed)
		return err_set(err, ENOMEM, "--%s: out of memory", job->row->option);
	return conf_set(job->ct->conf, job->row->key, text->text, err);
}

/* The row's key by the form of that key; it is kept as vzctl writes it. */
static int limit(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	struct limits_host host = { .cpus = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN) };
	const struct limits_row *row = limits_find(job->row->key);
	auto_strbuf struct strbuf text = { 0 };
	struct limits limits = { 0 };

	if (limits_parse_key(&limits, &host, row, value, what, err) < 0)
		return -1;
	limits_emit_key(&limits, row, value, &text);
	return keep(job, &text, err);
}

/* PHYSPAGES and SWAPPAGES, by their limits alone. */
static int memory(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	struct limit_range range = { .given = true };
	auto_strbuf struct strbuf text = { 0 };

	if (limit_parse_memory(value, what, &range.limit, err) < 0)
		return -1;
	limit_emit_range(&range, &text);
	return keep(job, &text, err);
}

/* Nothing can run in no memory at all. */
static int ram(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	int64_t pages;

	if (limit_parse_memory(value, what, &pages, err) < 0)
		return -1;
	if (pages == 0)
		return err_set(err, ERR_INPUT, "%s: a CT needs memory", what);
	return memory(job, value, what, err);
}

/* Here, unlike in the conf, a number is of MiB. */
static int iolimit(const struct set_job *job, const char *value, const char *what, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	int64_t rate;

	if (limit_parse_iolimit(value, what, 1 << 20, &rate, err) < 0)
		return -1;
	strbuf_addf(&text, "%" PRId64, rate);
	return keep(job, &text, err);
}

/* clang-format off */
const struct set_row set_limits_rows[] = {
	{ "avnumproc", limit, "AVNUMPROC", SET_NO_EFFECT, 0, 0 },
	{ "cpulimit", limit, "CPULIMIT", SET_LIMITS, 0, 0 },
	{ "cpumask", limit, "CPUMASK", SET_LIMITS, 0, 0 },
	{ "cpus", limit, "CPUS", SET_LIMITS, 0, 0 },
	{ "cpuunits", limit, "CPUUNITS", SET_LIMITS, 0, 0 },
	{ "cpuweight", limit, "CPUUWEIGHT", SET_LIMITS, 0, 0 },
	{ "dcachesize", limit, "DCACHESIZE", SET_NO_EFFECT, 0, 0 },
	{ "dgramrcvbuf", limit, "DGRAMRCVBUF", SET_NO_EFFECT, 0, 0 },
	{ "iolimit", iolimit, "IOLIMIT", SET_LIMITS, 0, 0 },
	{ "iopslimit", limit, "IOPSLIMIT", SET_LIMITS, 0, 0 },
	{ "ioprio", limit, "IOPRIO", SET_LIMITS, 0, 0 },
	{ "kmemsize", limit, "KMEMSIZE", SET_NO_EFFECT, 0, 0 },
	{ "lockedpages", limit, "LOCKEDPAGES", SET_LIMITS, 0, 0 },
	{ "memguarantee", limit, "MEMGUARANTEE", SET_LIMITS, 0, 0 },
	{ "meminfo", limit, "MEMINFO", SET_NO_EFFECT, 0, 0 },
	{ "nodemask", limit, "NODEMASK", SET_LIMITS, 0, 0 },
	{ "numfile", limit, "NUMFILE", SET_LIMITS, 0, 0 },
	{ "numflock", limit, "NUMFLOCK", SET_NO_EFFECT, 0, 0 },
	{ "numiptent", limit, "NUMIPTENT", SET_NO_EFFECT, 0, 0 },
	{ "numnetif", limit, "NUMNETIF", SET_NO_EFFECT, 0, 0 },
	{ "numothersock", limit, "NUMOTHERSOCK", SET_NO_EFFECT, 0, 0 },
	{ "numproc", limit, "NUMPROC", SET_LIMITS, 0, 0 },
	{ "numpty", limit, "NUMPTY", SET_NEXT_START, 0, 0 },
	{ "numsiginfo", limit, "NUMSIGINFO", SET_LIMITS, 0, 0 },
	{ "numtcpsock", limit, "NUMTCPSOCK", SET_NO_EFFECT, 0, 0 },
	{ "oomguarpages", limit, "OOMGUARPAGES", SET_LIMITS, 0, 0 },
	{ "othersockbuf", limit, "OTHERSOCKBUF", SET_NO_EFFECT, 0, 0 },
	{ "pagecache-isolation", limit, "PAGECACHE_ISOLATION", SET_NO_EFFECT, 0, 0 },
	{ "physpages", limit, "PHYSPAGES", SET_LIMITS, 0, 0 },
	{ "privvmpages", limit, "PRIVVMPAGES", SET_NO_EFFECT, 0, 0 },
	{ "ram", ram, "PHYSPAGES", SET_LIMITS, 0, 0 },
	{ "shmpages", limit, "SHMPAGES", SET_LIMITS, 0, 0 },
	{ "swap", memory, "SWAPPAGES", SET_LIMITS, 0, 0 },
	{ "swappages", limit, "SWAPPAGES", SET_LIMITS, 0, 0 },
	{ "tcprcvbuf", limit, "TCPRCVBUF", SET_NO_EFFECT, 0, 0 },
	{ "tcpsndbuf", limit, "TCPSNDBUF", SET_NO_EFFECT, 0, 0 },
	{ "vm_overcommit", limit, "VM_OVERCOMMIT", SET_NO_EFFECT, 0, 0 },
	{ "vmguarpages", limit, "VMGUARPAGES", SET_LIMITS, 0, 0 },
	{ "", NULL, NULL, 0, 0, 0 },
};
/* clang-format on */
