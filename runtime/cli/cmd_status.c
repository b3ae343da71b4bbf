/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd_status: OpenVZ's line of status, and what of its limits a container has run into. With an
 * option it is for any live container, not for CTs alone.
 */
#include "config.h"

#include <string.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "runtime/cli/cmd_ct.h"
#include "runtime/cli/limit_hits.h"
#include "runtime/cli/output.h"
#include "runtime/ct/ct.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/cgroup_file.h"
#include "runtime/kernel/oom_log.h"

struct status_opts {
	bool json, verbose;
};

static const struct cli_option status_rows[] = {
	{ "json", 0, CLI_FLAG, 0, offsetof(struct status_opts, json), "",
	  "print it as JSON, with how often each limit was hit" },
	{ "verbose", 0, CLI_FLAG, 0, offsetof(struct status_opts, verbose), "",
	  "tell as well which limit was hit how often, and what to do" },
};
const struct cli_options cmd_status_options = CLI_OPTIONS(status_rows, struct status_opts);

/* What there is of it: a CT, a live container, or both. */
struct subject {
	const char *id;
	bool is_ct;
	struct ct_status ct;
	struct container_state *state; /* NULL: not live */
};

static void subject_done(struct subject *subject)
{
	container_state_freep(&subject->state);
}

static int look_up(struct cli *cli, struct subject *ret, struct err *err)
{
	uint32_t ctid;

	ret->id = cli->id;
	if (container_load(&cli->set, cli->id, &ret->state, err) < 0 && err->code != ERR_NOT_FOUND)
		return -1;
	/* A number that is nothing is to OpenVZ a CT that is not there, and no error. */
	ret->is_ct = cli->is_ct || (cli->cts && !ret->state && ctid_parse(cli->args[0], &ctid));
	if (ret->is_ct)
		return cmd_ct_get_status(cli, &ret->ct, err);
	return ret->state ? 0 : -1;
}

static const char *why_missing(const char *controller)
{
	auto_fd int host = cgroup_open_host(NULL);
	char have[512];

	if (host >= 0 && cgroup_file_read(host, "cgroup.controllers", have, sizeof(have)) > 0 &&
	    (cgroup_controllers_parse(have) & cgroup_controllers_parse(controller)))
		return "nobody asked for it: a limit by vzrun update does";
	return cgroup_why_missing(controller);
}

/* Opens its cgroup and reads the counts. 0 where there is something to tell, 1 where not. */
static int load_hits(const struct subject *subject, struct cgroup_stats *stats,
		     struct limit_hits *ret, struct err *err)
{
	const struct container_state *state = subject->state;
	auto_fd int cgroup = -1;

	if (!state || state->status == STATUS_STOPPED || !*state->cgroup)
		return 1;
	cgroup = cgroup_open(state->cgroup, err);
	if (cgroup < 0)
		return err->code == ENOENT ? 1 : -1; /* it ended just now */
	if (cgroup_stats_read(cgroup, true, stats, err) < 0)
		return -1;
	*ret = (struct limit_hits){
		.id = subject->id,
		.stats = stats,
		.why_missing = why_missing,
	};
	if (stats->memory_events.oom_kill > 0)
		ret->kill_dated = oom_log_last(state->cgroup, &ret->last_kill);
	return 0;
}

static const char *status_word(const struct subject *subject)
{
	return container_status_name(subject->state ? subject->state->status : STATUS_STOPPED);
}

static void emit_json(const struct subject *subject, const struct limit_hits *hits,
		      struct strbuf *sb)
{
	struct json_writer w = { .sb = sb, .pretty = true };

	json_begin(&w, NULL, '{');
	json_put_str(&w, "id", subject->id);
	json_put_str(&w, "status", status_word(subject));
	if (subject->is_ct) {
		json_put_bool(&w, "exists", subject->ct.exists);
		json_put_bool(&w, "mounted", subject->ct.mounted);
	}
	if (hits) {
		limit_hits_json(hits, &w);
	} else {
		json_put_null(&w, "limits");
		json_put_null(&w, "pressure");
		json_put_raw(&w, "advice", "[]");
	}
	json_end(&w, '}');
	strbuf_add_char(sb, '\n');
}

static void emit_text(const struct subject *subject, const struct limit_hits *hits,
		      struct strbuf *sb)
{
	if (subject->is_ct)
		cmd_ct_status_line(subject->id, &subject->ct, sb);
	else
		strbuf_addf(sb, "container %s %s\n", subject->id, status_word(subject));
	if (hits)
		limit_hits_text(hits, sb);
	else if (subject->state && !*subject->state->cgroup)
		strbuf_add(sb, "nothing is counted: it was made without a cgroup\n");
}

int cmd_status(struct cli *cli, struct err *err)
{
	const struct status_opts *opts = cli->opts;
	__attribute__((cleanup(subject_done))) struct subject subject = { 0 };
	auto_cgroup_stats struct cgroup_stats stats = { 0 };
	auto_strbuf struct strbuf sb = { 0 };
	struct limit_hits hits;
	int nothing;

	if (!opts->json && !opts->verbose)
		return cmd_ct_status(cli, err);
	if (look_up(cli, &subject, err) < 0)
		return -1;
	nothing = load_hits(&subject, &stats, &hits, err);
	if (nothing < 0)
		return -1;
	if (opts->json)
		emit_json(&subject, nothing ? NULL : &hits, &sb);
	else
		emit_text(&subject, nothing ? NULL : &hits, &sb);
	return output_write(&sb, err);
}
