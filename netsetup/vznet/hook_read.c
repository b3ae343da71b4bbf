/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state on stdin and its annotations. */
#include "config.h"

#include "netsetup/vznet/hook.h"

#include <limits.h>
#include <string.h>

#include "netsetup/options.h"
#include "netsetup/vznet/cmd.h"
#include "runtime/base/json.h"

#define PREFIX "org.vzrun.net."

/* In the order in which they are obeyed, whatever that of the annotations: NICs, then what is about
 * the first one, then the rest. */
static const struct {
	const char *annotation, *option;
} known[] = {
	{ "ip", "ipadd" },
	{ "nic", NULL },
	{ "macvlan", "macvlan" },
	{ "ipvlan", "ipvlan" },
	{ "netdev", "netdev_add" },
	{ "rate", "rate" },
	{ "burst", "burst" },
	{ "mtu", "mtu" },
	{ "nat", "nat" },
	{ "publish", "publish" },
	{ "allow", "allow" },
	{ "isolate", "isolate" },
	{ "neighbour_devs", "neighbour_devs" },
};

static const char *text_of(const struct json *object, const char *key)
{
	const struct json *node = json_get(object, key);

	return node && node->type == JSON_STRING ? node->text : NULL;
}

/* A misspelt one would be a rule that is not kept. */
static int check_names(const struct json *annotations, struct err *err)
{
	if (annotations && annotations->type != JSON_OBJECT && annotations->type != JSON_NULL)
		return json_err(err, "the state on stdin", annotations, "must be an object");
	json_for_each(child, annotations) {
		bool found = !str_starts(child->key, PREFIX);

		for (size_t i = 0; !found && i < ARRAY_SIZE(known); i++)
			found = str_eq(child->key + strlen(PREFIX), known[i].annotation);
		if (!found)
			return err_set(err, ERR_INPUT, "the annotation \"%.128s\" is unknown",
				       child->key);
		if (str_starts(child->key, PREFIX) && child->type != JSON_STRING)
			return err_set(err, ERR_INPUT, "the annotation \"%.128s\" is no text",
				       child->key);
	}
	return 0;
}

static int read_annotations(struct args *args, const struct json *annotations, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		char name[64] = PREFIX;
		const char *value;
		int rc;

		strcat(name, known[i].annotation);
		value = text_of(annotations, name);
		if (!value)
			continue;
		if (known[i].option)
			rc = args_set(args, known[i].option, value, err);
		else
			rc = options_parse_netif(args->config, value, "NIC", err);
		if (rc < 0)
			return err_wrap(err, "annotation \"%s\"", name);
		if (args->config->n_nics)
			memcpy(args->nic, args->config->nics[0].name, sizeof(args->nic));
	}
	return 0;
}

/* Which of both is meant: the argument, else the state: createRuntime, prestart and createContainer
 * come before the program, with "creating" or "created"; poststop with "stopped". */
static int hook_way(const struct args *args, const struct json *state, bool *ret_up,
		    struct err *err)
{
	const char *status = text_of(state, "status");
	const char *way = args->n_ids ? args->ids[0] : NULL;

	if (way && !str_eq(way, "up") && !str_eq(way, "down"))
		return err_set(err, ERR_USAGE, "\"%.32s\" is neither up nor down", way);
	if (!way && !status)
		return err_set(err, ERR_INPUT, "the state on stdin has no status");
	if (!way && str_eq(status, "running"))
		return err_set(err, ERR_STATE,
			       "the container runs already (be a hook of createRuntime)");
	*ret_up = way ? str_eq(way, "up") : !str_eq(status, "stopped");
	return 0;
}

static int read_wanted(struct args *args, const struct json *state, pid_t *ret_pid, struct err *err)
{
	const struct json *annotations = json_get(state, "annotations");
	const struct json *node = json_get(state, "pid");
	int64_t pid;

	if (check_names(annotations, err) < 0 || read_annotations(args, annotations, err) < 0)
		return -1;
	if (!args->config->n_nics)
		return 0;
	if (!node || json_int(node, 1, INT_MAX, &pid) < 0)
		return err_set(err, ERR_INPUT, "the state on stdin has no pid");
	*ret_pid = (pid_t)pid;
	return net_fill(args->config, err);
}

int hook_read(const char *text, size_t len, struct args *args, struct hook *ret, struct err *err)
{
	auto_json struct json_doc *doc = NULL;
	const struct json *state;
	struct hook hook = { 0 };
	const char *id;

	if (json_parse(text, len, "the state on stdin", &doc, err) < 0)
		return -1;
	state = json_root(doc);
	id = state->type == JSON_OBJECT ? text_of(state, "id") : NULL;
	if (!id)
		return err_set(err, ERR_INPUT, "the state on stdin has no id");
	if (hook_way(args, state, &hook.up, err) < 0 || cmd_new_config(args, id, err) < 0)
		return -1;
	if (hook.up && read_wanted(args, state, &hook.pid, err) < 0)
		return -1;
	*ret = hook;
	return 0;
}
