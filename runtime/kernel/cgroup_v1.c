/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the spec can ask for and cgroup v2 does not have. */
#include "config.h"

#include "runtime/kernel/cgroup_limits.h"

#include "runtime/base/mem.h"

static bool limits(const struct spec_i64 *v)
{
	return v->given && v->value != 0 && v->value != -1;
}

static bool positive(const struct spec_u64 *v)
{
	return v->given && v->value > 0;
}

static bool kernel_memory(const struct spec_resources *res)
{
	return limits(&res->memory.kernel);
}

static bool kernel_tcp(const struct spec_resources *res)
{
	return limits(&res->memory.kernel_tcp);
}

static bool swappiness(const struct spec_resources *res)
{
	return res->memory.swappiness.given;
}

static bool oom_killer(const struct spec_resources *res)
{
	return res->memory.disable_oom_killer.given && res->memory.disable_oom_killer.value;
}

static bool no_hierarchy(const struct spec_resources *res)
{
	return res->memory.use_hierarchy.given && !res->memory.use_hierarchy.value;
}

static bool realtime_period(const struct spec_resources *res)
{
	return positive(&res->cpu.realtime_period);
}

static bool realtime_runtime(const struct spec_resources *res)
{
	return limits(&res->cpu.realtime_runtime);
}

static bool leaf_weight(const struct spec_resources *res)
{
	return positive(&res->block_io.leaf_weight);
}

static bool leaf_weight_device(const struct spec_resources *res)
{
	for (size_t i = 0; i < res->block_io.weight_devices_n; i++)
		if (positive(&res->block_io.weight_devices[i].leaf_weight))
			return true;
	return false;
}

static bool class_id(const struct spec_resources *res)
{
	return positive(&res->network_class_id);
}

static bool priorities(const struct spec_resources *res)
{
	return res->network_priorities_n > 0;
}

/* The member, and where v1 has it: its file, which begins with its controller's name. */
static const struct {
	bool (*asked)(const struct spec_resources *res);
	const char *member, *file, *instead;
} rows[] = {
	{ kernel_memory, "memory.kernel", "memory.kmem.limit_in_bytes",
	  "memory.limit counts it too" },
	{ kernel_tcp, "memory.kernelTCP", "memory.kmem.tcp.limit_in_bytes",
	  "memory.limit counts it too" },
	{ swappiness, "memory.swappiness", "memory.swappiness",
	  "v2 has /proc/sys/vm/swappiness for all" },
	{ oom_killer, "memory.disableOOMKiller", "memory.oom_control",
	  "v2 can slow down by memory.high in place of killing" },
	{ no_hierarchy, "memory.useHierarchy", "memory.use_hierarchy", "v2 always counts so" },
	{ realtime_period, "cpu.realtimePeriod", "cpu.rt_period_us", "v2 has no realtime budget" },
	{ realtime_runtime, "cpu.realtimeRuntime", "cpu.rt_runtime_us",
	  "v2 has no realtime budget" },
	{ leaf_weight, "blockIO.leafWeight", "blkio.leaf_weight", "v2 has weight alone" },
	{ leaf_weight_device, "blockIO.weightDevice.leafWeight", "blkio.leaf_weight_device",
	  "v2 has weight alone" },
	{ class_id, "network.classID", "net_cls.classid",
	  "on v2 a packet filter matches the cgroup's path" },
	{ priorities, "network.priorities", "net_prio.ifpriomap",
	  "on v2 a packet filter matches the cgroup's path" },
};

int cgroup_v1_check(const struct spec_resources *res, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].asked(res))
			continue;
		err_set(err, ERR_UNSUPPORTED, "linux.resources.%s exists in cgroup v1 only, as %s",
			rows[i].member, rows[i].file);
		return err_hint(err, "%s", rows[i].instead);
	}
	return 0;
}
