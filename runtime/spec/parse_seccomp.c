/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The section "linux.seccomp" (runtime-spec config-linux.md, "Seccomp"). */
#include "config.h"

#include <linux/seccomp.h>

#include "runtime/spec/parse.h"

/* The kernel keeps 16 bits of a filter's return value for data (seccomp(2)), and returns no
 * errno above MAX_ERRNO. */
#define MAX_ERRNO 4095

static const struct parse_range index_range = { 0, 5 };

static const struct parse_row arg_rows[] = {
	PARSE_ROW("index", parse_uint, struct spec_seccomp_arg, index, .arg = &index_range,
		  .required = true),
	PARSE_ROW("value", parse_uint, struct spec_seccomp_arg, value, .required = true),
	PARSE_ROW("valueTwo", parse_uint, struct spec_seccomp_arg, value_two),
	PARSE_ROW("op", parse_name, struct spec_seccomp_arg, op, .arg = &names_seccomp_operators,
		  .required = true),
};
static const struct parse_table arg_table = PARSE_TABLE(arg_rows, struct spec_seccomp_arg);

/* "When the action doesn't support an errno, the runtime MUST print and error and fail." */
static int check_errno(const struct parse *p, const struct json *node,
		       enum spec_seccomp_action action, const struct spec_u64 *ret)
{
	if (!ret->given)
		return 0;
	if (action != SECCOMP_DO_ERRNO && action != SECCOMP_DO_TRACE)
		return parse_err(p, node,
				 "only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take an error number");
	if (action == SECCOMP_DO_ERRNO && ret->value > MAX_ERRNO)
		return parse_err(p, node, "%s is not an error number (0 to %d)", node->text,
				 MAX_ERRNO);
	return 0;
}

static int check_rule(const struct parse *p, const struct json *node, void *at)
{
	const struct spec_seccomp_rule *rule = at;

	json_for_each(name, json_get(node, "names")) {
		if (!*name->text)
			return parse_err(p, name, "must not be empty");
	}
	return check_errno(p, parse_at(node, "errnoRet"), rule->action, &rule->errno_ret);
}

static const struct parse_row rule_rows[] = {
	PARSE_ROW("names", parse_strv, struct spec_seccomp_rule, names, .required = true),
	PARSE_ROW("action", parse_name, struct spec_seccomp_rule, action,
		  .arg = &names_seccomp_actions, .required = true),
	PARSE_ROW("errnoRet", parse_opt_uint, struct spec_seccomp_rule, errno_ret,
		  .arg = &parse_u16),
	PARSE_LIST("args", parse_objects, struct spec_seccomp_rule, args, args_n,
		   .arg = &arg_table),
};
static const struct parse_table rule_table =
	PARSE_TABLE(rule_rows, struct spec_seccomp_rule, .check = check_rule);

static int parse_archs(const struct parse *p, const struct json *node, const struct parse_row *row,
		       void *at)
{
	if (parse_strv(p, node, row, at) < 0)
		return -1;
	json_for_each(arch, node) {
		uint32_t unused;

		if (parse_lookup(p, arch, &names_seccomp_archs, &unused) < 0)
			return -1;
	}
	return 0;
}

static int parse_filter_flags(const struct parse *p, const struct json *node,
			      const struct parse_row *row, void *at)
{
	struct spec_seccomp *seccomp = at;
	struct parse_row flags = { .arg = &names_seccomp_flags, .size = sizeof(uint32_t) };
	uint32_t set;

	(void)row;
	if (parse_flags(p, node, &flags, &set) < 0)
		return -1;
	seccomp->flag_tsync = set & SECCOMP_FILTER_FLAG_TSYNC;
	seccomp->flag_log = set & SECCOMP_FILTER_FLAG_LOG;
	seccomp->flag_spec_allow = set & SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	seccomp->flag_wait_killable_recv = set & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	return 0;
}

static bool uses_notify(const struct spec_seccomp *seccomp)
{
	for (size_t i = 0; i < seccomp->rules_n; i++)
		if (seccomp->rules[i].action == SECCOMP_DO_NOTIFY)
			return true;
	return false;
}

static int check_listener(const struct parse *p, const struct json *node,
			  const struct spec_seccomp *seccomp)
{
	/* Nothing could run to hand the listener over: its own calls would wait for it. */
	if (seccomp->default_action == SECCOMP_DO_NOTIFY)
		return parse_err(p, json_get(node, "defaultAction"),
				 "SCMP_ACT_NOTIFY can't be the default");
	if (seccomp->listener_metadata && !seccomp->listener_path)
		return parse_err(p, json_get(node, "listenerMetadata"),
				 "is given without listenerPath");
	if (uses_notify(seccomp) && !seccomp->listener_path)
		return parse_err(p, node, "SCMP_ACT_NOTIFY is used without listenerPath");
	return 0;
}

static int check_seccomp(const struct parse *p, const struct json *node, void *at)
{
	struct spec_seccomp *seccomp = at;

	/* As runc: Go programs write an empty section where they mean none. */
	if (seccomp->default_action == SECCOMP_DO_NONE) {
		if (seccomp->rules_n)
			return parse_err(p, node, "\"defaultAction\" is missing");
		seccomp->given = false;
		return 0;
	}
	/* As runc and crun: without a word on flags, no mitigation is forced on the process. */
	if (!json_get(node, "flags") || json_get(node, "flags")->type == JSON_NULL)
		seccomp->flag_spec_allow = true;
	seccomp->json = node;
	if (check_errno(p, parse_at(node, "defaultErrnoRet"), seccomp->default_action,
			&seccomp->default_errno_ret) < 0)
		return -1;
	return check_listener(p, node, seccomp);
}

static int parse_default_action(const struct parse *p, const struct json *node,
				const struct parse_row *row, void *at)
{
	if (node->type == JSON_STRING && !*node->text)
		return 0;
	return parse_name(p, node, row, at);
}

static const struct parse_row seccomp_rows[] = {
	PARSE_ROW("defaultAction", parse_default_action, struct spec_seccomp, default_action,
		  .arg = &names_seccomp_actions),
	PARSE_ROW("defaultErrnoRet", parse_opt_uint, struct spec_seccomp, default_errno_ret,
		  .arg = &parse_u16),
	PARSE_ROW("architectures", parse_archs, struct spec_seccomp, architectures),
	/* Four places: .at is 0. */
	{ .name = "flags", .fn = parse_filter_flags },
	PARSE_ROW("listenerPath", parse_host_path, struct spec_seccomp, listener_path),
	PARSE_ROW("listenerMetadata", parse_str, struct spec_seccomp, listener_metadata),
	PARSE_LIST("syscalls", parse_objects, struct spec_seccomp, rules, rules_n,
		   .arg = &rule_table),
};
const struct parse_table parse_seccomp_table =
	PARSE_TABLE(seccomp_rows, struct spec_seccomp, .given = true, .check = check_seccomp);
