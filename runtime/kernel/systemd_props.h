/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd_props: the properties of a systemd unit that a spec comes to. Pure; systemd.h sends
 * them.
 *
 * Names and types are those of org.freedesktop.systemd1(5), the meaning of those for resources is
 * in systemd.resource-control(5). What systemd has no property for is left to the cgroup's files
 * (cgroup_apply), which get all limits anyway: a property is there so that systemd knows and does
 * not put its own value in.
 */
#ifndef RUNTIME_KERNEL_SYSTEMD_PROPS_H
#define RUNTIME_KERNEL_SYSTEMD_PROPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/kernel/cgroup_limits.h"
#include "runtime/spec/spec.h"

/* One value of a basic D-Bus type: text for s, o and g, real for d, number for the others (a
 * negative one in two's complement). */
struct systemd_item {
	uint64_t number;
	double real;
	char *text;
};

/* The signature is a basic type, or a list: "a" with a basic type or with "(ss)" behind it. A list
 * of pairs has both texts of each among its items. */
#define SYSTEMD_SIGNATURE_SIZE 8
struct systemd_prop {
	char *name;
	char signature[SYSTEMD_SIGNATURE_SIZE];
	struct systemd_item *item;
	size_t n;
};

struct systemd_props {
	struct systemd_prop *prop;
	size_t n;
};
void systemd_props_done(struct systemd_props *props);
#define auto_systemd_props __attribute__((cleanup(systemd_props_done)))

/* A property of this name without a value yet, in the place of one that was there. NULL: ENOMEM. */
struct systemd_prop *systemd_props_put(struct systemd_props *props, const char *name,
				       const char *signature);
/* Another item of it. NULL: ENOMEM. */
struct systemd_item *systemd_prop_add(struct systemd_prop *prop);
/* Both; type is one of those with a number. -1: ENOMEM. */
int systemd_props_put_number(struct systemd_props *props, const char *name, char type,
			     uint64_t value);
int systemd_props_put_text(struct systemd_props *props, const char *name, const char *text);

/* New limits, as the plan of writes that they come to (cgroup_limits.h): those whose files systemd
 * has properties for, by the same table that runc has for linux.resources.unified. */
struct systemd_limits {
	const struct cgroup_plan *plan;
	int version;         /* systemd's, where systemd_limits_need_version, else 0 */
	bool is_new;         /* for a unit that is yet to be made */
	bool was_idle;       /* cpu.idle is 1 so far */
	uint64_t cpu_period; /* usec; what a quota without a period of its own is of */
};
#define SYSTEMD_CPU_PERIOD 100000
/* The first version that keeps a scope's memory.oom.group, which others reset. */
#define SYSTEMD_VERSION_OOM_POLICY 253
int systemd_props_put_limits(struct systemd_props *props, const struct systemd_limits *limits,
			     struct err *err);
/* Has the plan a limit that only some versions have a property for? */
bool systemd_limits_need_version(const struct cgroup_plan *plan);

/* systemd keeps a quota in whole percents of a CPU, so one that is none is rounded up, as runc
 * does, for the file too: or systemd would put its own number there later. */
void systemd_round_quota(struct spec_cpu *cpu, uint64_t cpu_period);

/* Annotations "org.systemd.property.NAME": the value is in GVariant's text format (a basic type
 * or a list of one), and NAMESec in seconds becomes NAMEUSec (runc's docs/systemd.md). */
int systemd_props_put_annotations(struct systemd_props *props, const struct spec *spec,
				  struct err *err);

/* ---- systemd_variant.c ---- */

/* One such text: "uint64 5", "true", "'abc'", "['a', 'b']", "@as []". ERR_INPUT, without saying
 * where it stood; prop then has some of it. */
int systemd_variant_parse(const char *text, struct systemd_prop *prop, struct err *err);

#endif
