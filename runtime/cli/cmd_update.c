/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_update: new limits for a live container. The options are written as the document that
 * --resources takes, so that there is one reader, and one check, of limits.
 */
#include "config.h"

#include <fcntl.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/json.h"
#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/cli/cmd.h"

struct update_opts {
	const char *resources;
	struct spec_u64 blkio_weight;
	struct spec_u64 cpu_burst, cpu_period, cpu_rt_period, cpu_share;
	struct spec_i64 cpu_idle, cpu_quota, cpu_rt_runtime;
	const char *cpuset_cpus, *cpuset_mems;
	struct spec_i64 memory, memory_reservation, memory_swap;
	struct spec_i64 pids_limit;
	const char *l3_cache_schema, *mem_bw_schema;
};

#define AT(member) offsetof(struct update_opts, member)

static const struct cli_option update_rows[] = {
	{ "blkio-weight", 0, CLI_U64, 0, AT(blkio_weight), "N", "share of the disks, 10 to 1000" },
	{ "cpu-burst", 0, CLI_U64, 0, AT(cpu_burst), "USEC", "CPU time that may be saved up" },
	{ "cpu-idle", 0, CLI_I64, 0, AT(cpu_idle), "0|1", "1: runs only when nothing else would" },
	{ "cpu-period", 0, CLI_U64, 0, AT(cpu_period), "USEC",
	  "the period that --cpu-quota is of" },
	{ "cpu-quota", 0, CLI_I64, 0, AT(cpu_quota), "USEC",
	  "CPU time in each period; -1: no limit" },
	{ "cpu-rt-period", 0, CLI_U64, 0, AT(cpu_rt_period), "USEC",
	  "the same for realtime tasks" },
	{ "cpu-rt-runtime", 0, CLI_I64, 0, AT(cpu_rt_runtime), "USEC",
	  "the same for realtime tasks" },
	{ "cpu-share", 0, CLI_U64, 0, AT(cpu_share), "N", "share of the CPUs, 2 to 262144" },
	{ "cpuset-cpus", 0, CLI_TEXT, 0, AT(cpuset_cpus), "LIST", "the CPUs to run on: 0-3,7" },
	{ "cpuset-mems", 0, CLI_TEXT, 0, AT(cpuset_mems), "LIST", "the memory nodes to use" },
	{ "kernel-memory", 0, CLI_TEXT, CLI_NO_EFFECT, 0, "BYTES", "obsolete in the kernel" },
	{ "kernel-memory-tcp", 0, CLI_TEXT, CLI_NO_EFFECT, 0, "BYTES", "obsolete in the kernel" },
	{ "l3-cache-schema", 0, CLI_TEXT, 0, AT(l3_cache_schema), "SCHEMA", "Intel RDT: cache" },
	{ "mem-bw-schema", 0, CLI_TEXT, 0, AT(mem_bw_schema), "SCHEMA", "Intel RDT: bandwidth" },
	{ "memory", 0, CLI_SIZE, 0, AT(memory), "BYTES", "memory; -1: no limit" },
	{ "memory-reservation", 0, CLI_SIZE, 0, AT(memory_reservation), "BYTES",
	  "memory that is left to it when the host runs short" },
	{ "memory-swap", 0, CLI_SIZE, 0, AT(memory_swap), "BYTES",
	  "memory and swap together; -1: no limit" },
	{ "pids-limit", 0, CLI_I64, 0, AT(pids_limit), "N", "how many processes; -1: no limit" },
	{ "resources", 'r', CLI_TEXT, 0, AT(resources), "FILE",
	  "read the limits from this JSON file (-: stdin); other options are not used" },
};
const struct cli_options cmd_update_options = CLI_OPTIONS(update_rows, struct update_opts);

static void put_i64(struct json_writer *w, const char *key, const struct spec_i64 *v)
{
	if (v->given)
		json_put_int(w, key, v->value);
}

static void put_u64(struct json_writer *w, const char *key, const struct spec_u64 *v)
{
	if (v->given)
		json_put_uint(w, key, v->value);
}

static void put_text(struct json_writer *w, const char *key, const char *v)
{
	if (v)
		json_put_str(w, key, v);
}

static void emit_cpu(const struct update_opts *o, struct json_writer *w)
{
	json_begin(w, "cpu", '{');
	put_u64(w, "shares", &o->cpu_share);
	put_i64(w, "quota", &o->cpu_quota);
	put_u64(w, "burst", &o->cpu_burst);
	put_u64(w, "period", &o->cpu_period);
	put_i64(w, "realtimeRuntime", &o->cpu_rt_runtime);
	put_u64(w, "realtimePeriod", &o->cpu_rt_period);
	put_text(w, "cpus", o->cpuset_cpus);
	put_text(w, "mems", o->cpuset_mems);
	put_i64(w, "idle", &o->cpu_idle);
	json_end(w, '}');
}

static void emit(const struct update_opts *o, struct strbuf *sb)
{
	struct json_writer w = { .sb = sb };

	json_begin(&w, NULL, '{');
	emit_cpu(o, &w);
	json_begin(&w, "memory", '{');
	put_i64(&w, "limit", &o->memory);
	put_i64(&w, "reservation", &o->memory_reservation);
	put_i64(&w, "swap", &o->memory_swap);
	json_end(&w, '}');
	json_begin(&w, "blockIO", '{');
	put_u64(&w, "weight", &o->blkio_weight);
	json_end(&w, '}');
	if (o->pids_limit.given) {
		json_begin(&w, "pids", '{');
		put_i64(&w, "limit", &o->pids_limit);
		json_end(&w, '}');
	}
	json_end(&w, '}');
}

static int load_file(const char *path, struct spec **ret, struct err *err)
{
	bool is_stdin = str_eq(path, "-");
	const char *what = is_stdin ? "stdin" : path;
	auto_free char *text = NULL;
	size_t len;
	int failed;

	if (is_stdin)
		failed = fd_read_file(STDIN_FILENO, what, SPEC_MAX_BYTES, &text, &len, err);
	else
		failed = fd_load_at(AT_FDCWD, path, SPEC_MAX_BYTES, &text, &len, err);
	return failed ? -1 : spec_parse_resources(text, len, what, ret, err);
}

static int from_options(const struct update_opts *opts, struct spec **ret, struct err *err)
{
	auto_strbuf struct strbuf sb = { 0 };

	if (opts->l3_cache_schema || opts->mem_bw_schema)
		return err_set(err, ERR_UNSUPPORTED,
			       "--%s: this version sets Intel RDT only when a container is made",
			       opts->l3_cache_schema ? "l3-cache-schema" : "mem-bw-schema");
	emit(opts, &sb);
	if (sb.failed) {
		errno = ENOMEM;
		return err_sys(err, "update");
	}
	return spec_parse_resources(sb.text, sb.len, "options", ret, err);
}

int cmd_update(struct cli *cli, struct err *err)
{
	const struct update_opts *opts = cli->opts;
	auto_spec struct spec *spec = NULL;

	if (opts->resources ? load_file(opts->resources, &spec, err) :
			      from_options(opts, &spec, err))
		return -1;
	return container_update(&cli->set, cli->id, &spec->lin.resources, err);
}
