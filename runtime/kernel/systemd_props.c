/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/systemd_props.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/base/str.h"

/* ---- the list ---- */

static void drop_items(struct systemd_prop *prop)
{
	for (size_t i = 0; i < prop->n; i++)
		free(prop->item[i].text);
	free(prop->item);
	prop->item = NULL;
	prop->n = 0;
}

void systemd_props_done(struct systemd_props *props)
{
	for (size_t i = 0; i < props->n; i++) {
		drop_items(&props->prop[i]);
		free(props->prop[i].name);
	}
	free(props->prop);
	*props = (struct systemd_props){ NULL, 0 };
}

static struct systemd_prop *find(const struct systemd_props *props, const char *name)
{
	for (size_t i = 0; i < props->n; i++)
		if (str_eq(props->prop[i].name, name))
			return &props->prop[i];
	return NULL;
}

struct systemd_prop *systemd_props_put(struct systemd_props *props, const char *name,
				       const char *signature)
{
	struct systemd_prop *prop = find(props, name);
	char *copy;

	if (prop) {
		drop_items(prop);
	} else {
		copy = strdup(name);
		prop = copy ? mem_append(&props->prop, &props->n, sizeof(*prop)) : NULL;
		if (!prop) {
			free(copy);
			return NULL;
		}
		prop->name = copy;
	}
	snprintf(prop->signature, sizeof(prop->signature), "%s", signature);
	return prop;
}

struct systemd_item *systemd_prop_add(struct systemd_prop *prop)
{
	return mem_append(&prop->item, &prop->n, sizeof(*prop->item));
}

int systemd_props_put_number(struct systemd_props *props, const char *name, char type,
			     uint64_t value)
{
	struct systemd_prop *prop = systemd_props_put(props, name, (char[]){ type, '\0' });
	struct systemd_item *item = prop ? systemd_prop_add(prop) : NULL;

	if (!item)
		return -1;
	item->number = value;
	return 0;
}

int systemd_props_put_text(struct systemd_props *props, const char *name, const char *text)
{
	struct systemd_prop *prop = systemd_props_put(props, name, "s");
	struct systemd_item *item = prop ? systemd_prop_add(prop) : NULL;

	if (item)
		item->text = strdup(text);
	return item && item->text ? 0 : -1;
}

/* ---- limits ---- */

#define NO_LIMIT UINT64_MAX /* "infinity" */
#define USEC_PER_SEC 1000000
#define QUOTA_STEP 10000 /* usec of each second: one percent */
/* The first version that takes a weight of 0 for cpu.idle, and that lets a scope have OOMPolicy. */
#define VERSION_CPU_IDLE 252
#define VERSION_OOM_POLICY SYSTEMD_VERSION_OOM_POLICY

struct mapping {
	struct systemd_props *props;
	const struct systemd_limits *limits;
	bool idle; /* the weight is 0, whatever cpu.weight says */
};

static int no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "list the systemd unit's properties: out of memory");
}

static int put(struct mapping *m, const char *name, uint64_t value, struct err *err)
{
	return systemd_props_put_number(m->props, name, 't', value) < 0 ? no_memory(err) : 0;
}

static int map_bytes(struct mapping *m, const char *name, const struct cgroup_write *write,
		     struct err *err)
{
	uint64_t value = NO_LIMIT;

	if (!str_eq(write->value, "max") &&
	    num_parse_size(write->value, write->file, &value, err) < 0)
		return -1;
	/* It is told last, when a refusal would be too late. */
	if (value == 0 && str_eq(write->file, "memory.max"))
		return err_set(err, ERR_INPUT, "systemd takes no memory limit of 0");
	return put(m, name, value, err);
}

/* systemd takes no limit of 0 tasks; 1 means the same to everyone in it. */
static int map_pids(struct mapping *m, const char *name, const struct cgroup_write *write,
		    struct err *err)
{
	uint64_t value = NO_LIMIT;

	if (!str_eq(write->value, "max") &&
	    num_parse_u(write->value, write->file, UINT64_MAX, &value, err) < 0)
		return -1;
	return put(m, name, value ? value : 1, err);
}

static int map_weight(struct mapping *m, const char *name, const struct cgroup_write *write,
		      struct err *err)
{
	uint64_t value;

	if (m->idle)
		return 0;
	if (num_parse_u(write->value, write->file, UINT64_MAX, &value, err) < 0)
		return -1;
	return put(m, name, value, err);
}

/* Out of idle, what there is no property for, the kernel gives the default weight. */
static int map_idle(struct mapping *m, const char *name, const struct cgroup_write *write,
		    struct err *err)
{
	if (m->limits->version < VERSION_CPU_IDLE)
		return 0;
	m->idle = str_eq(write->value, "1");
	if (!m->idle && !m->limits->was_idle)
		return 0;
	return put(m, name, m->idle ? 0 : NO_LIMIT, err);
}

static uint64_t per_second(uint64_t quota, uint64_t period)
{
	return (uint64_t)((__extension__(unsigned __int128) quota) * USEC_PER_SEC / period);
}

static uint64_t whole_percents(uint64_t usec_per_sec)
{
	return (usec_per_sec + QUOTA_STEP - 1) / QUOTA_STEP * QUOTA_STEP;
}

/* "QUOTA [PERIOD]" */
static int map_cpu_max(struct mapping *m, const char *name, const struct cgroup_write *write,
		       struct err *err)
{
	auto_strv char **word = strv_split(write->value, " \t");
	uint64_t quota = NO_LIMIT, period = m->limits->cpu_period;
	size_t n = word ? strv_len(word) : 0;

	if (!word)
		return no_memory(err);
	if (n < 1 || n > 2)
		return err_set(err, ERR_INPUT, "cpu.max: \"%.64s\" is no QUOTA PERIOD",
			       write->value);
	/* Far above what the kernel takes, and far below what overflows here. */
	if (!str_eq(word[0], "max") && num_parse_u(word[0], "cpu.max", 1U << 31, &quota, err) < 0)
		return -1;
	if (n == 2) {
		if (num_parse_u(word[1], "cpu.max", USEC_PER_SEC, &period, err) < 0)
			return -1;
		if (put(m, "CPUQuotaPeriodUSec", period, err) < 0)
			return -1;
	}
	if (quota != NO_LIMIT && period > 0)
		quota = whole_percents(per_second(quota, period));
	return put(m, name, quota, err);
}

/* "0-3,7" as bits, the lowest first. */
static int map_list(struct mapping *m, const char *name, const struct cgroup_write *write,
		    struct err *err)
{
	unsigned char mask[SPEC_MAX_CPUS / 8];
	struct systemd_prop *prop;
	size_t len = sizeof(mask);

	if (!write->value[strspn(write->value, " \t")])
		return 0; /* systemd leaves alone what it has no property of */
	if (spec_parse_list(write->value, mask, SPEC_MAX_CPUS, err) < 0)
		return err_wrap(err, "%s", write->file);
	while (len > 0 && mask[len - 1] == 0)
		len--;
	prop = systemd_props_put(m->props, name, "ay");
	for (size_t i = 0; prop && i < len; i++) {
		struct systemd_item *item = systemd_prop_add(prop);

		if (!item)
			return no_memory(err);
		item->number = mask[i];
	}
	return prop ? 0 : no_memory(err);
}

/* "[default ]WEIGHT"; those of devices are left to the file. */
static bool default_weight(const struct cgroup_write *write, uint64_t max, uint64_t *ret)
{
	const char *text = write->value;

	if (str_starts(text, "default "))
		text += strlen("default ");
	return num_parse_u(text, write->file, max, ret, NULL) == 0 && *ret > 0;
}

/* What systemd brings down to BFQ's range again, each number to itself. */
static int map_bfq_weight(struct mapping *m, const char *name, const struct cgroup_write *write,
			  struct err *err)
{
	uint64_t weight;

	if (!default_weight(write, 1000, &weight))
		return 0;
	return put(m, name, weight <= 100 ? weight : 100 + (weight - 100) * 11, err);
}

/* In the place of a weight for BFQ it means the same, which that has told already. */
static int map_io_weight(struct mapping *m, const char *name, const struct cgroup_write *write,
			 struct err *err)
{
	uint64_t weight;

	if ((write->flags & CGROUP_WRITE_ELSE) || !default_weight(write, 10000, &weight))
		return 0;
	return put(m, name, weight, err);
}

/* A scope gets it when it is made, or never. */
static int map_oom_group(struct mapping *m, const char *name, const struct cgroup_write *write,
			 struct err *err)
{
	if (!m->limits->is_new || m->limits->version < VERSION_OOM_POLICY)
		return 0;
	return systemd_props_put_text(m->props, name,
				      str_eq(write->value, "1") ? "kill" : "continue") < 0 ?
		       no_memory(err) :
		       0;
}

static const struct row {
	const char *file, *name;
	int (*map)(struct mapping *m, const char *name, const struct cgroup_write *write,
		   struct err *err);
	bool by_version;
} rows[] = {
	{ "cpu.idle", "CPUWeight", map_idle, true },
	{ "cpu.max", "CPUQuotaPerSecUSec", map_cpu_max, false },
	{ "cpu.weight", "CPUWeight", map_weight, false },
	{ "cpuset.cpus", "AllowedCPUs", map_list, false },
	{ "cpuset.mems", "AllowedMemoryNodes", map_list, false },
	{ "io.bfq.weight", "IOWeight", map_bfq_weight, false },
	{ "io.weight", "IOWeight", map_io_weight, false },
	{ "memory.high", "MemoryHigh", map_bytes, false },
	{ "memory.low", "MemoryLow", map_bytes, false },
	{ "memory.max", "MemoryMax", map_bytes, false },
	{ "memory.min", "MemoryMin", map_bytes, false },
	{ "memory.oom.group", "OOMPolicy", map_oom_group, true },
	{ "memory.swap.max", "MemorySwapMax", map_bytes, false },
	{ "pids.max", "TasksMax", map_pids, false },
};

static const struct row *row_of(const char *file)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (str_eq(rows[i].file, file))
			return &rows[i];
	return NULL;
}

bool systemd_limits_need_version(const struct cgroup_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct row *row = row_of(plan->write[i].file);

		if (row && row->by_version)
			return true;
	}
	return false;
}

int systemd_props_put_limits(struct systemd_props *props, const struct systemd_limits *limits,
			     struct err *err)
{
	struct mapping m = { .props = props, .limits = limits };

	for (size_t i = 0; i < limits->plan->n; i++) {
		const struct cgroup_write *write = &limits->plan->write[i];
		const struct row *row = row_of(write->file);

		if (row && row->map(&m, row->name, write, err) < 0)
			return err_wrap(err, "linux.resources.%s", write->member);
	}
	return 0;
}

void systemd_round_quota(struct spec_cpu *cpu, uint64_t cpu_period)
{
	uint64_t period = cpu->period.given && cpu->period.value ? cpu->period.value : cpu_period;
	uint64_t rate;

	/* Outside of these the kernel will refuse it anyway. */
	if (!cpu->quota.given || cpu->quota.value <= 0 || cpu->quota.value > (INT64_C(1) << 31) ||
	    period == 0 || period > USEC_PER_SEC)
		return;
	rate = per_second((uint64_t)cpu->quota.value, period);
	if (rate % QUOTA_STEP != 0)
		cpu->quota.value = (int64_t)(whole_percents(rate) * period / USEC_PER_SEC);
}

/* ---- annotations ---- */

#define PREFIX "org.systemd.property."

static int check_name(const char *name, struct err *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (strlen(name) < 3 || name[strspn(name, letters)])
		return err_set(err, ERR_INPUT, "no name of a property (three letters at least)");
	/* Which processes are in the unit is what the runtime is there for. */
	if (str_starts(name, "PIDs") || str_starts(name, "PIDFDs"))
		return err_set(err, ERR_INPUT, "a container's processes are not chosen by it");
	return 0;
}

/* Is it a time in seconds, as unit files have it and D-Bus does not? */
static bool is_seconds(const char *name)
{
	size_t len = strlen(name);

	return str_ends(name, "Sec") && len > 3 && name[len - 4] >= 'a' && name[len - 4] <= 'z';
}

static int to_usec(struct systemd_prop *prop, struct err *err)
{
	struct systemd_item *item = prop->item;
	bool is_real = prop->signature[0] == 'd';

	if (!strchr("ynqiuxtd", prop->signature[0]))
		return err_set(err, ERR_INPUT, "a time in seconds is a number");
	if (is_real ? item->real < 0 || item->real > (double)(INT64_MAX / USEC_PER_SEC) :
		      item->number > UINT64_MAX / USEC_PER_SEC)
		return err_set(err, ERR_INPUT, "a time in seconds is not below 0, nor that long");
	item->number =
		is_real ? (uint64_t)(item->real * USEC_PER_SEC) : item->number * USEC_PER_SEC;
	strcpy(prop->signature, "t");
	return 0;
}

static int put_annotation(struct systemd_props *props, const char *name, const char *value,
			  struct err *err)
{
	auto_free char *usec = NULL;
	struct systemd_prop *prop;

	if (check_name(name, err) < 0)
		return -1;
	if (is_seconds(name)) {
		usec = str_dupf("%.*sUSec", (int)strlen(name) - 3, name);
		if (!usec)
			return no_memory(err);
	}
	prop = systemd_props_put(props, usec ? usec : name, "");
	if (!prop)
		return no_memory(err);
	if (systemd_variant_parse(value, prop, err) < 0)
		return -1;
	return usec ? to_usec(prop, err) : 0;
}

int systemd_props_put_annotations(struct systemd_props *props, const struct spec *spec,
				  struct err *err)
{
	for (size_t i = 0; i < spec->annotations_n; i++) {
		const struct spec_pair *pair = &spec->annotations[i];

		if (str_starts(pair->key, PREFIX) &&
		    put_annotation(props, pair->key + strlen(PREFIX), pair->value, err) < 0)
			return err_wrap(err, "config.json: annotations: \"%.100s\"", pair->key);
	}
	return 0;
}
