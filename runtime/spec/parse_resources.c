/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The section "linux.resources" (runtime-spec config-linux.md, "Control groups"). */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "runtime/spec/parse.h"

static const struct parse_range bytes_range = { -1, INT64_MAX };
static const struct parse_range swappiness_range = { 0, 100 };
static const struct parse_range switch_range = { 0, 1 };
/* The kernel's PID_MAX_LIMIT (linux/threads.h); -1 is no limit. */
static const struct parse_range pids_range = { -1, 4 * 1024 * 1024 };
/* The kernel's MKDEV: 12 bits and 20 bits. */
static const struct parse_range major_range = { 0, (1U << 12) - 1 };
static const struct parse_range minor_range = { 0, (1U << 20) - 1 };
static const struct parse_range major_rule_range = { -1, (1U << 12) - 1 };
static const struct parse_range minor_rule_range = { -1, (1U << 20) - 1 };
static const uint16_t cpu_limit = SPEC_MAX_CPUS, node_limit = SPEC_MAX_NODES;

/* ---- devices ---- */

static int parse_rule_type(const struct parse *p, const struct json *node,
			   const struct parse_row *row, void *at)
{
	(void)row;
	if (parse_expect(p, node, JSON_STRING) < 0)
		return -1;
	if (!*node->text)
		return 0;
	if (node->count != 1 || !strchr("abc", *node->text))
		return parse_err(p, node, "%s is none of a, b, c", parse_show(node->text));
	*(char *)at = *node->text;
	return 0;
}

static int parse_access(const struct parse *p, const struct json *node, const struct parse_row *row,
			void *at)
{
	struct spec_device_rule *rule = at;

	(void)row;
	if (parse_expect(p, node, JSON_STRING) < 0)
		return -1;
	if (!*node->text || strspn(node->text, "rwm") < node->count)
		return parse_err(p, node, "%s is not made of r, w, m", parse_show(node->text));
	rule->read = strchr(node->text, 'r');
	rule->write = strchr(node->text, 'w');
	rule->mknod = strchr(node->text, 'm');
	return 0;
}

static const struct spec_device_rule any_device = { .type = 'a', .major = -1, .minor = -1 };

static const struct parse_row rule_rows[] = {
	PARSE_ROW("allow", parse_bool, struct spec_device_rule, allow, .required = true),
	PARSE_ROW("type", parse_rule_type, struct spec_device_rule, type),
	PARSE_ROW("major", parse_int, struct spec_device_rule, major, .arg = &major_rule_range),
	PARSE_ROW("minor", parse_int, struct spec_device_rule, minor, .arg = &minor_rule_range),
	/* Three places: .at is 0. Optional by the specification, but a rule about nothing is a
	 * mistake (as runc). */
	{ .name = "access", .fn = parse_access, .required = true },
};
static const struct parse_table rule_table =
	PARSE_TABLE(rule_rows, struct spec_device_rule, .initial = &any_device);

/* ---- memory, cpu, pids ---- */

static int check_memory(const struct parse *p, const struct json *node, void *at)
{
	const struct spec_memory *memory = at;

	/* swap counts memory and swap together. */
	if (memory->limit.value > 0 && memory->swap.value > 0 &&
	    memory->swap.value < memory->limit.value)
		return parse_err(p, json_get(node, "swap"),
				 "is memory and swap together, so can't be below the limit");
	return 0;
}

static const struct parse_row memory_rows[] = {
	PARSE_ROW("limit", parse_opt_int, struct spec_memory, limit, .arg = &bytes_range),
	PARSE_ROW("reservation", parse_opt_int, struct spec_memory, reservation,
		  .arg = &bytes_range),
	PARSE_ROW("swap", parse_opt_int, struct spec_memory, swap, .arg = &bytes_range),
	PARSE_ROW("kernel", parse_opt_int, struct spec_memory, kernel, .arg = &bytes_range),
	PARSE_ROW("kernelTCP", parse_opt_int, struct spec_memory, kernel_tcp, .arg = &bytes_range),
	PARSE_ROW("swappiness", parse_opt_uint, struct spec_memory, swappiness,
		  .arg = &swappiness_range),
	PARSE_ROW("disableOOMKiller", parse_opt_bool, struct spec_memory, disable_oom_killer),
	PARSE_ROW("useHierarchy", parse_opt_bool, struct spec_memory, use_hierarchy),
	PARSE_ROW("checkBeforeUpdate", parse_opt_bool, struct spec_memory, check_before_update),
};
static const struct parse_table memory_table =
	PARSE_TABLE(memory_rows, struct spec_memory, .check = check_memory);

/* 0 is "not given", as in v1, and may stand beside the range. */
static int check_usec(const struct parse *p, const struct json *node, uint64_t value,
		      const struct parse_range *range)
{
	if (value == 0 || (value >= (uint64_t)range->min && value <= range->max))
		return 0;
	return parse_err(p, node, "%s is out of range (%" PRId64 " to %" PRIu64 " usec)",
			 node->text, range->min, range->max);
}

/* The kernel's tg_set_cfs_bandwidth: a period of 1 ms to 1 s, a quota of 1 ms at least. */
static const struct parse_range period_range = { 1000, 1000000 };
static const struct parse_range quota_range = { 1000, (UINT64_C(1) << 44) - 1 };

static int check_cpu(const struct parse *p, const struct json *node, void *at)
{
	const struct spec_cpu *cpu = at;

	if (check_usec(p, json_get(node, "period"), cpu->period.value, &period_range) < 0)
		return -1;
	if (cpu->quota.value > 0 &&
	    check_usec(p, json_get(node, "quota"), (uint64_t)cpu->quota.value, &quota_range) < 0)
		return -1;
	if (cpu->quota.value > 0 && cpu->burst.value > (uint64_t)cpu->quota.value)
		return parse_err(p, json_get(node, "burst"), "is larger than the quota");
	return 0;
}

static const struct parse_row cpu_rows[] = {
	PARSE_ROW("shares", parse_opt_uint, struct spec_cpu, shares),
	PARSE_ROW("quota", parse_opt_int, struct spec_cpu, quota, .arg = &bytes_range),
	PARSE_ROW("burst", parse_opt_uint, struct spec_cpu, burst),
	PARSE_ROW("period", parse_opt_uint, struct spec_cpu, period),
	PARSE_ROW("realtimeRuntime", parse_opt_int, struct spec_cpu, realtime_runtime,
		  .arg = &bytes_range),
	PARSE_ROW("realtimePeriod", parse_opt_uint, struct spec_cpu, realtime_period),
	PARSE_ROW("cpus", parse_number_list, struct spec_cpu, cpus, .arg = &cpu_limit),
	PARSE_ROW("mems", parse_number_list, struct spec_cpu, mems, .arg = &node_limit),
	PARSE_ROW("idle", parse_opt_int, struct spec_cpu, idle, .arg = &switch_range),
};
static const struct parse_table cpu_table =
	PARSE_TABLE(cpu_rows, struct spec_cpu, .check = check_cpu);

static const struct parse_row pids_rows[] = {
	{ .name = "limit", .fn = parse_opt_int, .arg = &pids_range },
};
static const struct parse_table pids_table = PARSE_TABLE(pids_rows, struct spec_i64);

/* ---- block I/O ---- */

/* cgroup-v1/blkio-controller: 10 to 1000; 0 is unset (as runc). */
static int parse_weight(const struct parse *p, const struct json *node, const struct parse_row *row,
			void *at)
{
	static const struct parse_row plain = { 0 };
	struct spec_u64 *weight = at;

	(void)row;
	if (parse_opt_uint(p, node, &plain, weight) < 0)
		return -1;
	if (weight->value > 1000 || (weight->value && weight->value < 10))
		return parse_err(p, node, "%s is out of range (10 to 1000, or 0 for none)",
				 node->text);
	return 0;
}

static int check_weight(const struct parse *p, const struct json *node, void *at)
{
	const struct spec_weight_device *device = at;

	if (!device->weight.given && !device->leaf_weight.given)
		return parse_err(p, node, "has neither weight nor leafWeight");
	return 0;
}

static const struct parse_row weight_rows[] = {
	PARSE_ROW("major", parse_int, struct spec_weight_device, major, .arg = &major_range,
		  .required = true),
	PARSE_ROW("minor", parse_int, struct spec_weight_device, minor, .arg = &minor_range,
		  .required = true),
	PARSE_ROW("weight", parse_weight, struct spec_weight_device, weight),
	PARSE_ROW("leafWeight", parse_weight, struct spec_weight_device, leaf_weight),
};
static const struct parse_table weight_table =
	PARSE_TABLE(weight_rows, struct spec_weight_device, .check = check_weight);

static const struct parse_row throttle_rows[] = {
	PARSE_ROW("major", parse_int, struct spec_throttle_device, major, .arg = &major_range,
		  .required = true),
	PARSE_ROW("minor", parse_int, struct spec_throttle_device, minor, .arg = &minor_range,
		  .required = true),
	PARSE_ROW("rate", parse_uint, struct spec_throttle_device, rate, .required = true),
};
static const struct parse_table throttle_table =
	PARSE_TABLE(throttle_rows, struct spec_throttle_device);

#define THROTTLE_ROW(name_, kind_)                                                                 \
	PARSE_LIST(name_, parse_objects, struct spec_block_io, throttle[kind_], throttle_n[kind_], \
		   .arg = &throttle_table)

static const struct parse_row block_io_rows[] = {
	PARSE_ROW("weight", parse_weight, struct spec_block_io, weight),
	PARSE_ROW("leafWeight", parse_weight, struct spec_block_io, leaf_weight),
	PARSE_LIST("weightDevice", parse_objects, struct spec_block_io, weight_devices,
		   weight_devices_n, .arg = &weight_table),
	THROTTLE_ROW("throttleReadBpsDevice", THROTTLE_READ_BPS),
	THROTTLE_ROW("throttleWriteBpsDevice", THROTTLE_WRITE_BPS),
	THROTTLE_ROW("throttleReadIOPSDevice", THROTTLE_READ_IOPS),
	THROTTLE_ROW("throttleWriteIOPSDevice", THROTTLE_WRITE_IOPS),
};
static const struct parse_table block_io_table = PARSE_TABLE(block_io_rows, struct spec_block_io);

/* ---- huge pages, network, RDMA ---- */

/* As the kernel spells it in hugetlb.<size>.max: 64KB, 2MB, 1GB. */
static int parse_page_size(const struct parse *p, const struct json *node,
			   const struct parse_row *row, void *at)
{
	size_t digits;

	if (parse_str(p, node, row, at) < 0)
		return -1;
	digits = strspn(node->text, "0123456789");
	if (!digits || digits > 9 || *node->text == '0' || !strchr("KMG", node->text[digits]) ||
	    !str_eq(node->text + digits + 1, "B"))
		return parse_err(p, node, "%s is not a page size like 64KB, 2MB or 1GB",
				 parse_show(node->text));
	return 0;
}

static const struct parse_row hugepage_rows[] = {
	PARSE_ROW("pageSize", parse_page_size, struct spec_hugepage_limit, page_size,
		  .required = true),
	PARSE_ROW("limit", parse_uint, struct spec_hugepage_limit, limit, .required = true),
};
static const struct parse_table hugepage_table =
	PARSE_TABLE(hugepage_rows, struct spec_hugepage_limit);

static const struct parse_row priority_rows[] = {
	PARSE_ROW("name", parse_str, struct spec_net_priority, name, .required = true),
	PARSE_ROW("priority", parse_uint, struct spec_net_priority, priority, .arg = &parse_u32,
		  .required = true),
};
static const struct parse_table priority_table =
	PARSE_TABLE(priority_rows, struct spec_net_priority);

static const struct parse_row network_rows[] = {
	PARSE_ROW("classID", parse_opt_uint, struct spec_resources, network_class_id,
		  .arg = &parse_u32),
	PARSE_LIST("priorities", parse_objects, struct spec_resources, network_priorities,
		   network_priorities_n, .arg = &priority_table),
};
static const struct parse_table network_table = PARSE_TABLE(network_rows, struct spec_resources);

static const struct parse_row rdma_rows[] = {
	PARSE_ROW("hcaHandles", parse_opt_uint, struct spec_rdma, hca_handles, .arg = &parse_u32),
	PARSE_ROW("hcaObjects", parse_opt_uint, struct spec_rdma, hca_objects, .arg = &parse_u32),
};

static int check_rdma(const struct parse *p, const struct json *node, void *at)
{
	struct spec_rdma *rdma = at;

	if (!rdma->hca_handles.given && !rdma->hca_objects.given)
		return parse_err(p, node, "has neither hcaHandles nor hcaObjects");
	/* It becomes a word of a line in rdma.max. */
	if (!*node->key || strpbrk(node->key, " \t\n"))
		return parse_err(p, node, "is not a device name");
	rdma->device = node->key;
	return 0;
}
static const struct parse_table rdma_table =
	PARSE_TABLE(rdma_rows, struct spec_rdma, .check = check_rdma);

/* ---- all of them ---- */

static int parse_unified(const struct parse *p, const struct json *node,
			 const struct parse_row *row, void *at)
{
	if (parse_pairs(p, node, row, at) < 0)
		return -1;
	json_for_each(child, node) {
		/* A file of the container's own cgroup, and one of a controller. */
		if (strchr(child->key, '/') || *child->key == '.' || !strchr(child->key, '.'))
			return parse_err(p, child, "is not a file of a cgroup controller");
	}
	return 0;
}

static const struct parse_row resources_rows[] = {
	PARSE_LIST("devices", parse_objects, struct spec_resources, devices, devices_n,
		   .arg = &rule_table),
	PARSE_ROW("memory", parse_object, struct spec_resources, memory, .arg = &memory_table),
	PARSE_ROW("cpu", parse_object, struct spec_resources, cpu, .arg = &cpu_table),
	PARSE_ROW("pids", parse_object, struct spec_resources, pids_limit, .arg = &pids_table),
	PARSE_ROW("blockIO", parse_object, struct spec_resources, block_io, .arg = &block_io_table),
	PARSE_LIST("hugepageLimits", parse_objects, struct spec_resources, hugepages, hugepages_n,
		   .arg = &hugepage_table),
	/* Places in the struct itself: .at is 0. */
	{ .name = "network", .fn = parse_object, .arg = &network_table },
	PARSE_LIST("rdma", parse_map, struct spec_resources, rdma, rdma_n, .arg = &rdma_table),
	PARSE_LIST("unified", parse_unified, struct spec_resources, unified, unified_n),
};
const struct parse_table parse_resources_table =
	PARSE_TABLE(resources_rows, struct spec_resources, .given = true);
