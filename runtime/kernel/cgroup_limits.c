/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/cgroup_limits.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/kernel/cgroup.h"

#define BIT(controller) (1U << (controller))

/* ---- conversions ---- */

#define LN2 0.693147180559945309417
#define LN10 2.302585092994045684018

/* These two save every start of the program from loading libm. x >= 1. */
static double log2_of(uint64_t x)
{
	int whole = 63 - __builtin_clzll(x);
	double m = (double)x / (double)(UINT64_C(1) << whole);
	double t = (m - 1) / (m + 1), power = t, sum = 0; /* t < 1/3 */

	for (int k = 1; k < 40; k += 2, power *= t * t)
		sum += power / k;
	return whole + 2 * sum / LN2;
}

/* 0 <= x <= 4 */
static double exp10_of(double x)
{
	double term = 1, sum = 1;

	for (int k = 1; k < 60; k++) {
		term *= x * LN10 / k;
		sum += term;
	}
	return sum;
}

/* The curve through (2, 1), (1024, 100) and (262144, 10000), rounded up. The straight line that
 * runtimes drew first gave the default of 1024 shares 39 of a weight of 100. */
uint64_t cgroup_cpu_weight(uint64_t shares)
{
	double l, weight;
	uint64_t whole;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2_of(shares);
	weight = exp10_of((l * l + 125 * l) / 612 - 7.0 / 34);
	whole = (uint64_t)weight;
	return weight - (double)whole > 1e-9 ? whole + 1 : whole;
}

uint64_t cgroup_io_weight(uint64_t weight)
{
	return weight <= 10 ? 1 : 1 + (weight - 10) * 9999 / 990;
}

/* ---- what is asked for ---- */

/* A limit in the proper sense. */
static bool limits(const struct spec_i64 *v)
{
	return v->given && v->value != 0 && v->value != -1;
}

static bool positive(const struct spec_u64 *v)
{
	return v->given && v->value > 0;
}

static bool wants_io(const struct spec_block_io *io)
{
	bool throttled = false;

	for (int kind = 0; kind < THROTTLE_KINDS; kind++)
		throttled |= io->throttle_n[kind] > 0;
	return throttled || io->weight_devices_n > 0 || positive(&io->weight);
}

static bool wants_cpu(const struct spec_cpu *cpu)
{
	return positive(&cpu->shares) || positive(&cpu->burst) || limits(&cpu->quota) ||
	       (cpu->idle.given && cpu->idle.value != 0);
}

static bool wants_memory(const struct spec_memory *memory)
{
	return limits(&memory->limit) || limits(&memory->reservation) || limits(&memory->swap);
}

static enum cgroup_controller key_controller(const char *key)
{
	return cgroup_controller_of(key, strcspn(key, "."));
}

uint32_t cgroup_wanted(const struct spec_resources *res)
{
	uint32_t wanted = 0;

	wanted |= wants_cpu(&res->cpu) ? BIT(CGROUP_CPU) : 0;
	wanted |= res->cpu.cpus || res->cpu.mems ? BIT(CGROUP_CPUSET) : 0;
	wanted |= res->hugepages_n > 0 ? BIT(CGROUP_HUGETLB) : 0;
	wanted |= wants_io(&res->block_io) ? BIT(CGROUP_IO) : 0;
	wanted |= wants_memory(&res->memory) ? BIT(CGROUP_MEMORY) : 0;
	wanted |= res->pids_limit.given && res->pids_limit.value >= 0 ? BIT(CGROUP_PIDS) : 0;
	wanted |= res->rdma_n > 0 ? BIT(CGROUP_RDMA) : 0;
	for (size_t i = 0; i < res->unified_n; i++)
		if (!str_eq(res->unified[i].value, "max"))
			wanted |= BIT(key_controller(res->unified[i].key));
	return wanted & (BIT(CGROUP_NONE) - 1);
}

/* ---- building the plan ---- */

static int add(struct cgroup_plan *plan, enum cgroup_controller controller, unsigned int flags,
	       char *file, char *value)
{
	struct cgroup_write *write = NULL;

	if (file && value)
		write = mem_append(&plan->write, &plan->n, sizeof(*write));
	if (!write) {
		free(file);
		free(value);
		return -1;
	}
	*write = (struct cgroup_write){ controller, flags, file, value, plan->member };
	return 0;
}

static int add_text(struct cgroup_plan *plan, enum cgroup_controller controller, const char *file,
		    unsigned int flags, const char *text)
{
	return add(plan, controller, flags, strdup(file), strdup(text));
}

static int add_uint(struct cgroup_plan *plan, enum cgroup_controller controller, const char *file,
		    unsigned int flags, uint64_t value)
{
	return add(plan, controller, flags, strdup(file), str_dupf("%" PRIu64, value));
}

/* v1's numbers for a limit. */
static int add_limit(struct cgroup_plan *plan, const char *member, const char *file,
		     const struct spec_i64 *v)
{
	plan->member = member;
	if (!v->given || v->value == 0)
		return 0;
	if (v->value == -1)
		return add_text(plan, CGROUP_MEMORY, file, 0, "max");
	return add(plan, CGROUP_MEMORY, 0, strdup(file), str_dupf("%" PRId64, v->value));
}

bool cgroup_plan_needs_memory_max(const struct spec_resources *res)
{
	const struct spec_memory *memory = &res->memory;

	return limits(&memory->swap) && !(memory->limit.given && memory->limit.value != 0);
}

/* v1 limits the sum of memory and swap, v2 swap alone. *ret: bytes, or -1 for none. */
static int swap_alone(const struct spec_memory *memory, const struct cgroup_now *now, int64_t *ret,
		      struct err *err)
{
	bool own = memory->limit.given && memory->limit.value != 0;
	int64_t limit = own ? memory->limit.value : now->memory_max, both = memory->swap.value;

	if (!own && limit == -1)
		return err_set(
			err, ERR_INPUT,
			"linux.resources.memory.swap limits memory and swap together: it needs memory.limit");
	if (limit == -1) {
		*ret = both;
		return 0;
	}
	if (both < limit)
		return err_set(err, ERR_INPUT,
			       "linux.resources.memory.swap: %" PRId64 " is memory and swap "
			       "together, so can't be below the limit (%" PRId64 ")",
			       both, limit);
	*ret = both - limit;
	return 0;
}

/* Where the kernel does not count swap, its file is not there, and neither is there any swap
 * to forbid; only a number is a limit that would be lost. */
static int plan_swap(struct cgroup_plan *plan, const struct spec_memory *memory,
		     const struct cgroup_now *now, struct err *err)
{
	bool given = memory->swap.given && memory->swap.value != 0;
	bool no_memory_limit = memory->limit.given && memory->limit.value == -1;
	int64_t swap = 0;
	int failed;

	plan->member = given ? "memory.swap" : "memory.limit";
	if (given && memory->swap.value != -1 && swap_alone(memory, now, &swap, err) < 0)
		return -1;
	if (given ? memory->swap.value == -1 : no_memory_limit)
		failed = add_text(plan, CGROUP_MEMORY, "memory.swap.max", CGROUP_WRITE_OPTIONAL,
				  "max");
	else if (given)
		failed = add_uint(plan, CGROUP_MEMORY, "memory.swap.max",
				  swap == 0 ? CGROUP_WRITE_OPTIONAL : 0, (uint64_t)swap);
	else
		failed = 0;
	return failed ? err_sys(err, "memory.swap") : 0;
}

static int plan_memory(struct cgroup_plan *plan, const struct spec_resources *res,
		       const struct cgroup_now *now, struct err *err)
{
	if (plan_swap(plan, &res->memory, now, err) < 0)
		return -1;
	if (add_limit(plan, "memory.limit", "memory.max", &res->memory.limit) < 0 ||
	    add_limit(plan, "memory.reservation", "memory.low", &res->memory.reservation) < 0)
		return err_sys(err, "memory limits");
	return 0;
}

bool cgroup_plan_needs_cpu_quota(const struct spec_resources *res)
{
	return positive(&res->cpu.period) && !(res->cpu.quota.given && res->cpu.quota.value != 0);
}

/* "QUOTA PERIOD"; the period may be left out and stays, the quota may not. */
static int add_cpu_max(struct cgroup_plan *plan, const struct spec_cpu *cpu,
		       const struct cgroup_now *now)
{
	bool own = cpu->quota.given && cpu->quota.value != 0, period = positive(&cpu->period);
	int64_t quota = own ? cpu->quota.value : now->cpu_quota;
	char value[64] = "max";
	size_t len = 3;

	if (!own && !period)
		return 0;
	plan->member = own ? "cpu.quota" : "cpu.period";
	if (quota > 0)
		len = (size_t)snprintf(value, sizeof(value), "%" PRId64, quota);
	if (period)
		snprintf(value + len, sizeof(value) - len, " %" PRIu64, cpu->period.value);
	return add_text(plan, CGROUP_CPU, "cpu.max", 0, value);
}

static int add_burst(struct cgroup_plan *plan, const struct spec_cpu *cpu, unsigned int flags)
{
	plan->member = "cpu.burst";
	return cpu->burst.given ?
		       add_uint(plan, CGROUP_CPU, "cpu.max.burst", flags, cpu->burst.value) :
		       0;
}

/* A burst may not be above the quota: one that falls comes before it, one that rises after it. */
static int plan_cpu(struct cgroup_plan *plan, const struct spec_resources *res,
		    const struct cgroup_now *now, struct err *err)
{
	const struct spec_cpu *cpu = &res->cpu;
	int failed = 0;

	plan->member = "cpu.idle";
	if (cpu->idle.given)
		failed |= add(plan, CGROUP_CPU, 0, strdup("cpu.idle"),
			      str_dupf("%" PRId64, cpu->idle.value));
	plan->member = "cpu.shares";
	if (positive(&cpu->shares))
		failed |= add_uint(plan, CGROUP_CPU, "cpu.weight", 0,
				   cgroup_cpu_weight(cpu->shares.value));
	failed |= add_burst(plan, cpu, CGROUP_WRITE_EARLY);
	failed |= add_cpu_max(plan, cpu, now);
	failed |= add_burst(plan, cpu, 0);
	return failed ? err_sys(err, "cpu limits") : 0;
}

static int plan_cpuset(struct cgroup_plan *plan, const struct spec_resources *res,
		       const struct cgroup_now *now, struct err *err)
{
	const struct spec_cpu *cpu = &res->cpu;
	int failed = 0;

	(void)now;
	plan->member = "cpu.cpus";
	if (cpu->cpus && cpu->cpus[0])
		failed |= add_text(plan, CGROUP_CPUSET, "cpuset.cpus", 0, cpu->cpus);
	plan->member = "cpu.mems";
	if (cpu->mems && cpu->mems[0])
		failed |= add_text(plan, CGROUP_CPUSET, "cpuset.mems", 0, cpu->mems);
	return failed ? err_sys(err, "cpuset limits") : 0;
}

/* 0 would keep even the first process out; 1 means the same to everyone but the kernel. */
static int plan_pids(struct cgroup_plan *plan, const struct spec_resources *res,
		     const struct cgroup_now *now, struct err *err)
{
	int64_t limit = res->pids_limit.value;
	int failed = 0;

	(void)now;
	plan->member = "pids.limit";
	if (res->pids_limit.given && limit < 0)
		failed = add_text(plan, CGROUP_PIDS, "pids.max", 0, "max");
	else if (res->pids_limit.given)
		failed = add_uint(plan, CGROUP_PIDS, "pids.max", 0, limit ? (uint64_t)limit : 1);
	return failed ? err_sys(err, "pids limit") : 0;
}

/* BFQ takes v1's numbers; where that scheduler is not there, io.cost takes its own. */
static int add_io_weights(struct cgroup_plan *plan, const struct spec_block_io *io)
{
	int failed = 0;

	plan->member = "blockIO.weight";
	if (positive(&io->weight)) {
		failed |= add_uint(plan, CGROUP_IO, "io.bfq.weight", CGROUP_WRITE_OPTIONAL,
				   io->weight.value);
		failed |= add_uint(plan, CGROUP_IO, "io.weight", CGROUP_WRITE_ELSE,
				   cgroup_io_weight(io->weight.value));
	}
	plan->member = "blockIO.weightDevice";
	for (size_t i = 0; i < io->weight_devices_n; i++) {
		const struct spec_weight_device *d = &io->weight_devices[i];

		if (!positive(&d->weight))
			continue;
		failed |= add(plan, CGROUP_IO, CGROUP_WRITE_OPTIONAL | CGROUP_WRITE_TRY,
			      strdup("io.bfq.weight"),
			      str_dupf("%" PRId64 ":%" PRId64 " %" PRIu64, d->major, d->minor,
				       d->weight.value));
		failed |= add(plan, CGROUP_IO, CGROUP_WRITE_ELSE, strdup("io.weight"),
			      str_dupf("%" PRId64 ":%" PRId64 " %" PRIu64, d->major, d->minor,
				       cgroup_io_weight(d->weight.value)));
	}
	return failed;
}

static const struct {
	const char *name, *member;
} throttles[THROTTLE_KINDS] = {
	[THROTTLE_READ_BPS] = { "rbps", "blockIO.throttleReadBpsDevice" },
	[THROTTLE_WRITE_BPS] = { "wbps", "blockIO.throttleWriteBpsDevice" },
	[THROTTLE_READ_IOPS] = { "riops", "blockIO.throttleReadIOPSDevice" },
	[THROTTLE_WRITE_IOPS] = { "wiops", "blockIO.throttleWriteIOPSDevice" },
};

static char *throttle_text(enum spec_throttle kind, const struct spec_throttle_device *d)
{
	char rate[24] = "max"; /* v1's 0 lifts the limit */

	if (d->rate > 0)
		snprintf(rate, sizeof(rate), "%" PRIu64, d->rate);
	return str_dupf("%" PRId64 ":%" PRId64 " %s=%s", d->major, d->minor, throttles[kind].name,
			rate);
}

static int plan_io(struct cgroup_plan *plan, const struct spec_resources *res,
		   const struct cgroup_now *now, struct err *err)
{
	const struct spec_block_io *io = &res->block_io;
	int failed = add_io_weights(plan, io);

	(void)now;
	for (unsigned int kind = 0; kind < THROTTLE_KINDS; kind++) {
		plan->member = throttles[kind].member;
		for (size_t i = 0; i < io->throttle_n[kind]; i++)
			failed |= add(plan, CGROUP_IO, 0, strdup("io.max"),
				      throttle_text(kind, &io->throttle[kind][i]));
	}
	return failed ? err_sys(err, "io limits") : 0;
}

/* Pages that are reserved count beside those in use; kernels before 5.7 lack that file. */
static int plan_hugetlb(struct cgroup_plan *plan, const struct spec_resources *res,
			const struct cgroup_now *now, struct err *err)
{
	int failed = 0;

	(void)now;
	plan->member = "hugepageLimits";
	for (size_t i = 0; i < res->hugepages_n; i++) {
		const struct spec_hugepage_limit *h = &res->hugepages[i];

		failed |= add(plan, CGROUP_HUGETLB, 0, str_dupf("hugetlb.%s.max", h->page_size),
			      str_dupf("%" PRIu64, h->limit));
		failed |= add(plan, CGROUP_HUGETLB, CGROUP_WRITE_OPTIONAL,
			      str_dupf("hugetlb.%s.rsvd.max", h->page_size),
			      str_dupf("%" PRIu64, h->limit));
	}
	return failed ? err_sys(err, "hugetlb limits") : 0;
}

static int plan_rdma(struct cgroup_plan *plan, const struct spec_resources *res,
		     const struct cgroup_now *now, struct err *err)
{
	int failed = 0;

	(void)now;
	plan->member = "rdma";
	for (size_t i = 0; i < res->rdma_n; i++) {
		const struct spec_rdma *r = &res->rdma[i];
		auto_strbuf struct strbuf text = { 0 };

		strbuf_add(&text, r->device);
		if (r->hca_handles.given)
			strbuf_addf(&text, " hca_handle=%" PRIu64, r->hca_handles.value);
		if (r->hca_objects.given)
			strbuf_addf(&text, " hca_object=%" PRIu64, r->hca_objects.value);
		if (r->hca_handles.given || r->hca_objects.given)
			failed |=
				add(plan, CGROUP_RDMA, 0, strdup("rdma.max"), strbuf_steal(&text));
	}
	return failed ? err_sys(err, "rdma limits") : 0;
}

/* One line a write: what takes several lines (io.max) takes them one by one. */
static int add_lines(struct cgroup_plan *plan, const struct spec_pair *pair)
{
	enum cgroup_controller controller = key_controller(pair->key);
	const char *line = pair->value;

	do {
		size_t len = strcspn(line, "\n");

		if (add(plan, controller, 0, strdup(pair->key), strndup(line, len)) < 0)
			return -1;
		line += len + (line[len] == '\n');
	} while (*line);
	return 0;
}

static int plan_unified(struct cgroup_plan *plan, const struct spec_resources *res,
			const struct cgroup_now *now, struct err *err)
{
	(void)now;
	plan->member = "unified";
	for (size_t i = 0; i < res->unified_n; i++) {
		const struct spec_pair *pair = &res->unified[i];

		if (strchr(pair->key, '/') || !strchr(pair->key, '.') || pair->key[0] == '.')
			return err_set(err, ERR_INPUT, "unified: \"%s\" is no CONTROLLER.FILE",
				       pair->key);
		if (add_lines(plan, pair) < 0)
			return err_sys(err, "unified: \"%s\"", pair->key);
	}
	return 0;
}

/* unified comes last: what it says of a file is the spec's last word. */
static int (*const planners[])(struct cgroup_plan *, const struct spec_resources *,
			       const struct cgroup_now *, struct err *) = {
	plan_pids,   plan_memory,  plan_io,   plan_cpu,
	plan_cpuset, plan_hugetlb, plan_rdma, plan_unified,
};

int cgroup_plan_init(struct cgroup_plan *plan, const struct spec_resources *res,
		     const struct cgroup_now *now, struct err *err)
{
	*plan = (struct cgroup_plan){ 0 };
	if (cgroup_v1_check(res, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(planners); i++) {
		if (planners[i](plan, res, now, err) < 0) {
			cgroup_plan_done(plan);
			return -1;
		}
	}
	return 0;
}

void cgroup_plan_done(struct cgroup_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		free(plan->write[i].file);
		free(plan->write[i].value);
	}
	free(plan->write);
	*plan = (struct cgroup_plan){ 0 };
}
