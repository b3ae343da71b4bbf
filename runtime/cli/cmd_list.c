/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_list: the live containers below --root, and where CTs count the stopped ones too. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/cli/cmd.h"
#include "runtime/cli/cmd_ct.h"
#include "runtime/cli/output.h"
#include "runtime/ct/ct.h"

enum { FORMAT_TABLE, FORMAT_JSON };

struct list_opts {
	unsigned int format;
	bool quiet;
};

static const struct cli_option list_rows[] = {
	{ "format", 'f', CLI_CHOICE, 0, offsetof(struct list_opts, format), "table|json",
	  "how to print it" },
	{ "quiet", 'q', CLI_FLAG, 0, offsetof(struct list_opts, quiet), "", "print only the ids" },
};
const struct cli_options cmd_list_options = CLI_OPTIONS(list_rows, struct list_opts);

struct states {
	struct container_state **list;
	size_t n;
};

static void states_done(struct states *states)
{
	for (size_t i = 0; i < states->n; i++)
		container_state_freep(&states->list[i]);
	free(states->list);
}

/* Takes the state, which may be NULL (ENOMEM). */
static int add(struct states *states, struct container_state *state, struct err *err)
{
	struct container_state **slot = NULL;

	if (state)
		slot = mem_append(&states->list, &states->n, sizeof(*slot));
	if (!slot) {
		container_state_freep(&state);
		errno = ENOMEM;
		return err_sys(err, "list");
	}
	*slot = state;
	return 0;
}

static int add_live(struct cli *cli, const char *id, struct states *states, struct err *err)
{
	struct container_state *state = NULL;
	struct err why;

	if (container_load(&cli->set, id, &state, &why) < 0) {
		/* One deleted meanwhile is no news; one that can't be read hides no other. */
		if (why.code != ERR_NOT_FOUND)
			log_warning("list: %s: %s", id, why.msg);
		return 0;
	}
	return add(states, state, err);
}

/* When the conf was written: what comes nearest to a CT's birth. */
static char *conf_time(const struct ct *ct)
{
	struct stat st;
	struct tm tm;
	char text[32];

	if (stat(ct->conf_path, &st) < 0 || !gmtime_r(&st.st_mtime, &tm))
		return strdup("");
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return strdup(text);
}

/* A registered CT as if it were a stopped container. */
static struct container_state *stopped_ct(const struct ct *ct)
{
	auto_container_state struct container_state *state = calloc(1, sizeof(*state));

	if (!state)
		return NULL;
	state->id = strdup(ct->id);
	state->bundle = strdup(ct->private);
	state->rootfs = strdup(ct->root);
	state->cgroup = strdup("");
	state->created = conf_time(ct);
	state->owner = strdup("root");
	state->status = STATUS_STOPPED;
	if (!state->id || !state->bundle || !state->rootfs || !state->cgroup || !state->created ||
	    !state->owner)
		return NULL;
	return steal_ptr(&state);
}

static bool is_in(const struct states *states, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(states->list[i]->id, id))
			return true;
	return false;
}

/* Those of the registered CTs that are not among the live containers already there. */
static int add_cts(struct cli *cli, struct states *states, struct err *err)
{
	auto_vz struct vz *vz = NULL;
	auto_free uint32_t *ctids = NULL;
	size_t n, live = states->n;

	if (vz_load(cli->global.config, &cli->set, NULL, &vz, err) < 0 ||
	    ct_list(vz, &ctids, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		auto_ct struct ct *ct = NULL;
		char id[CTID_SIZE];
		struct err why;

		snprintf(id, sizeof(id), "%" PRIu32, ctids[i]);
		if (is_in(states, live, id))
			continue;
		if (ct_open(vz, id, 0, &ct, &why) < 0) {
			if (why.code != VZ_ERR(VZ_NO_CONF))
				log_warning("list: CT %s: %s", id, why.msg);
			continue;
		}
		if (add(states, stopped_ct(ct), err) < 0)
			return -1;
	}
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct container_state *const *left = a, *const *right = b;

	return strverscmp((*left)->id, (*right)->id);
}

static int collect(struct cli *cli, struct states *states, struct err *err)
{
	auto_strv char **ids = NULL;

	if (cli->global.root && access(cli->set.root, F_OK) < 0)
		return err_sys(err, "open \"%.256s\"", cli->set.root);
	ids = container_list(&cli->set, err);
	if (!ids)
		return -1;
	for (char **id = ids; *id; id++)
		if (add_live(cli, *id, states, err) < 0)
			return -1;
	if (cli->cts && add_cts(cli, states, err) < 0)
		return -1;
	if (states->n > 1)
		qsort(states->list, states->n, sizeof(states->list[0]), by_id);
	return 0;
}

static void emit_ids(const struct states *states, struct strbuf *sb)
{
	for (size_t i = 0; i < states->n; i++) {
		strbuf_add(sb, states->list[i]->id);
		strbuf_add_char(sb, '\n');
	}
}

static void emit_json(const struct states *states, struct strbuf *sb)
{
	strbuf_add_char(sb, '[');
	for (size_t i = 0; i < states->n; i++) {
		if (i > 0)
			strbuf_add_char(sb, ',');
		container_state_emit(states->list[i], false, sb);
	}
	strbuf_add(sb, "]\n");
}

static void emit_table(const struct states *states, struct strbuf *sb)
{
	static const char *const head[] = { "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER" };
	auto_output_table struct output_table table = { .columns = ARRAY_SIZE(head) };

	for (unsigned int i = 0; i < ARRAY_SIZE(head); i++)
		output_table_add(&table, head[i]);
	for (size_t i = 0; i < states->n; i++) {
		const struct container_state *s = states->list[i];

		output_table_add(&table, s->id);
		output_table_add_int(&table, s->pid);
		output_table_add(&table, container_status_name(s->status));
		output_table_add(&table, s->bundle);
		output_table_add(&table, s->created);
		output_table_add(&table, s->owner);
	}
	output_table_emit(&table, sb);
}

int cmd_list(struct cli *cli, struct err *err)
{
	const struct list_opts *opts = cli->opts;
	__attribute__((cleanup(states_done))) struct states states = { 0 };
	auto_strbuf struct strbuf sb = { 0 };

	if (cli->ct_opts_given || cli->args_n > 0)
		return cmd_ct_list(cli,
				   &(struct cmd_ct_list_how){ .json = opts->format == FORMAT_JSON,
							      .only_ids = opts->quiet },
				   err);
	if (collect(cli, &states, err) < 0)
		return -1;
	if (opts->quiet)
		emit_ids(&states, &sb);
	else if (opts->format == FORMAT_JSON)
		emit_json(&states, &sb);
	else
		emit_table(&states, &sb);
	return output_write(&sb, err);
}
