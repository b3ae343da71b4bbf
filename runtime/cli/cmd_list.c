/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_list: the live containers below --root, and without --root the registered CTs too. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/log.h"
#include "runtime/base/str.h"
#include "runtime/cli/cmd.h"
#include "runtime/cli/cmd_ct.h"
#include "runtime/cli/output.h"

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

static int add_live(struct cli *cli, const char *id, struct states *states, struct err *err)
{
	struct container_state **slot, *state = NULL;
	struct err why;

	if (container_load(&cli->set, id, &state, &why) < 0) {
		/* One deleted meanwhile is no news; one that can't be read hides no other. */
		if (why.code != ERR_NOT_FOUND)
			log_warning("list: %s: %s", id, why.msg);
		return 0;
	}
	slot = mem_append(&states->list, &states->n, sizeof(*slot));
	if (!slot) {
		container_state_free(state);
		return err_sys(err, "list");
	}
	*slot = state;
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

	if (cli->ct_opts_given)
		return cmd_ct_list(cli, err);
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
