/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The section "process" (runtime-spec config.md, "Process"). */
#include "config.h"

#include <linux/sched.h>
#include <sched.h>

#include "runtime/spec/parse.h"

static const struct parse_range umask_range = { 0, 0777 };
static const struct parse_range oom_score_range = { -1000, 1000 };
static const struct parse_range nice_range = { -20, 19 };
static const struct parse_range rt_priority_range = { 0, 99 };
static const struct parse_range io_priority_range = { 0, 7 };
static const uint16_t cpu_limit = SPEC_MAX_CPUS;

/* ---- user ---- */

static int parse_ids(const struct parse *p, const struct json *node, const struct parse_row *row,
		     void *at)
{
	struct spec_user *user = (void *)((char *)at - row->at);
	uint32_t *gid;

	if (parse_expect(p, node, JSON_ARRAY) < 0 ||
	    parse_room(p, node->count, sizeof(*gid), at, &user->additional_gids_n) < 0)
		return -1;
	gid = user->additional_gids;
	json_for_each(child, node) {
		static const struct parse_row each = { .arg = &parse_id, .size = sizeof(*gid) };

		if (parse_uint(p, child, &each, gid++) < 0)
			return -1;
	}
	return 0;
}

static const struct parse_row user_rows[] = {
	PARSE_ROW("uid", parse_uint, struct spec_user, uid, .arg = &parse_id),
	PARSE_ROW("gid", parse_uint, struct spec_user, gid, .arg = &parse_id),
	PARSE_ROW("umask", parse_opt_uint, struct spec_user, umask, .arg = &umask_range),
	PARSE_ROW("additionalGids", parse_ids, struct spec_user, additional_gids),
};
static const struct parse_table user_table = PARSE_TABLE(user_rows, struct spec_user);

/* ---- capabilities ---- */

static int parse_cap_set(const struct parse *p, const struct json *node,
			 const struct parse_row *row, void *at)
{
	uint64_t *set = at;

	(void)row;
	if (parse_expect(p, node, JSON_ARRAY) < 0)
		return -1;
	json_for_each(child, node) {
		uint32_t bit;

		if (parse_lookup(p, child, &names_capabilities, &bit) < 0)
			return -1;
		*set |= 1ULL << bit;
	}
	return 0;
}

static const struct parse_row caps_rows[] = {
	PARSE_ROW("bounding", parse_cap_set, struct spec_caps, bounding),
	PARSE_ROW("effective", parse_cap_set, struct spec_caps, effective),
	PARSE_ROW("inheritable", parse_cap_set, struct spec_caps, inheritable),
	PARSE_ROW("permitted", parse_cap_set, struct spec_caps, permitted),
	PARSE_ROW("ambient", parse_cap_set, struct spec_caps, ambient),
};
static const struct parse_table caps_table =
	PARSE_TABLE(caps_rows, struct spec_caps, .given = true);

/* ---- rlimits ---- */

static int check_rlimit(const struct parse *p, const struct json *node, void *at)
{
	const struct spec_rlimit *limit = at;

	if (limit->soft > limit->hard)
		return parse_err(p, parse_at(node, "soft"), "is above the hard limit");
	return 0;
}

static const struct parse_row rlimit_rows[] = {
	PARSE_ROW("type", parse_name, struct spec_rlimit, resource, .arg = &names_rlimits,
		  .required = true),
	PARSE_ROW("soft", parse_uint, struct spec_rlimit, soft, .required = true),
	PARSE_ROW("hard", parse_uint, struct spec_rlimit, hard, .required = true),
};
static const struct parse_table rlimit_table =
	PARSE_TABLE(rlimit_rows, struct spec_rlimit, .check = check_rlimit);

static int parse_rlimits(const struct parse *p, const struct json *node,
			 const struct parse_row *row, void *at)
{
	const struct spec_process *process = (void *)((char *)at - row->at);
	uint32_t seen = 0;
	size_t i = 0;

	if (parse_objects(p, node, row, at) < 0)
		return -1;
	json_for_each(child, node) {
		uint32_t bit = 1U << process->rlimits[i++].resource;

		if (seen & bit)
			return parse_err(p, child, "%s is listed twice",
					 json_get(child, "type")->text);
		seen |= bit;
	}
	return 0;
}

/* ---- scheduler and I/O priority ---- */

/* sched_setattr(2) */
static int check_scheduler(const struct parse *p, const struct json *node, void *at)
{
	const struct spec_scheduler *s = at;
	bool real_time = s->policy == SCHED_FIFO || s->policy == SCHED_RR;

	if (real_time && s->priority == 0)
		return parse_err(p, parse_at(node, "priority"),
				 "this policy needs a priority of 1 to 99");
	if (!real_time && s->priority != 0)
		return parse_err(p, parse_at(node, "priority"),
				 "only SCHED_FIFO and SCHED_RR have one");
	if (s->policy != SCHED_DEADLINE) {
		if (s->runtime || s->deadline || s->period)
			return parse_err(p, node,
					 "only SCHED_DEADLINE has a runtime, deadline and period");
		return 0;
	}
	if (s->runtime > s->deadline || (s->period && s->deadline > s->period))
		return parse_err(p, node, "runtime <= deadline <= period does not hold");
	return 0;
}

static const struct parse_row scheduler_rows[] = {
	PARSE_ROW("policy", parse_name, struct spec_scheduler, policy, .arg = &names_sched_policies,
		  .required = true),
	PARSE_ROW("nice", parse_int, struct spec_scheduler, nice, .arg = &nice_range),
	PARSE_ROW("priority", parse_int, struct spec_scheduler, priority,
		  .arg = &rt_priority_range),
	PARSE_ROW("flags", parse_flags, struct spec_scheduler, flags, .arg = &names_sched_flags),
	PARSE_ROW("runtime", parse_uint, struct spec_scheduler, runtime),
	PARSE_ROW("deadline", parse_uint, struct spec_scheduler, deadline),
	PARSE_ROW("period", parse_uint, struct spec_scheduler, period),
};
static const struct parse_table scheduler_table =
	PARSE_TABLE(scheduler_rows, struct spec_scheduler, .given = true, .check = check_scheduler);

static const struct parse_row io_priority_rows[] = {
	PARSE_ROW("class", parse_name, struct spec_io_priority, class, .arg = &names_io_classes,
		  .required = true),
	PARSE_ROW("priority", parse_int, struct spec_io_priority, priority,
		  .arg = &io_priority_range, .required = true),
};
static const struct parse_table io_priority_table =
	PARSE_TABLE(io_priority_rows, struct spec_io_priority, .given = true);

/* ---- parts that live in struct spec_process itself ---- */

static const struct parse_row console_rows[] = {
	PARSE_ROW("height", parse_uint, struct spec_process, console_height, .arg = &parse_u16,
		  .required = true),
	PARSE_ROW("width", parse_uint, struct spec_process, console_width, .arg = &parse_u16,
		  .required = true),
};
static const struct parse_table console_table = PARSE_TABLE(console_rows, struct spec_process);

static const struct parse_row affinity_rows[] = {
	PARSE_ROW("initial", parse_number_list, struct spec_process, cpu_affinity_initial,
		  .arg = &cpu_limit),
	PARSE_ROW("final", parse_number_list, struct spec_process, cpu_affinity_final,
		  .arg = &cpu_limit),
};
static const struct parse_table affinity_table = PARSE_TABLE(affinity_rows, struct spec_process);

static int check_process(const struct parse *p, const struct json *node, void *at)
{
	struct spec_process *process = at;

	if (!**process->args)
		return parse_err(p, json_get(node, "args")->first, "must not be empty");
	/* "Runtimes MUST ignore consoleSize if terminal is false" */
	if (!process->terminal)
		process->console_width = process->console_height = 0;
	return 0;
}

static const struct parse_row process_rows[] = {
	PARSE_ROW("terminal", parse_bool, struct spec_process, terminal),
	/* Places in the struct itself: .at is 0. */
	{ .name = "consoleSize", .fn = parse_object, .arg = &console_table },
	PARSE_ROW("cwd", parse_host_path, struct spec_process, cwd, .required = true),
	PARSE_ROW("env", parse_env, struct spec_process, env),
	PARSE_ROW("args", parse_strv, struct spec_process, args, .required = true),
	PARSE_ROW("user", parse_object, struct spec_process, user, .arg = &user_table),
	PARSE_LIST("rlimits", parse_rlimits, struct spec_process, rlimits, rlimits_n,
		   .arg = &rlimit_table),
	PARSE_ROW("capabilities", parse_object, struct spec_process, caps, .arg = &caps_table),
	PARSE_ROW("noNewPrivileges", parse_bool, struct spec_process, no_new_privileges),
	PARSE_ROW("apparmorProfile", parse_str, struct spec_process, apparmor_profile),
	PARSE_ROW("selinuxLabel", parse_str, struct spec_process, selinux_label),
	PARSE_ROW("oomScoreAdj", parse_opt_int, struct spec_process, oom_score_adj,
		  .arg = &oom_score_range),
	PARSE_ROW("scheduler", parse_object, struct spec_process, scheduler,
		  .arg = &scheduler_table),
	PARSE_ROW("ioPriority", parse_object, struct spec_process, io_priority,
		  .arg = &io_priority_table),
	{ .name = "execCPUAffinity", .fn = parse_object, .arg = &affinity_table },
};
const struct parse_table parse_process_table =
	PARSE_TABLE(process_rows, struct spec_process, .given = true, .check = check_process);
