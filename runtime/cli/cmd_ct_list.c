/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_ct_list: the registered CTs, in the columns of vzlist and any order, once or again and again. */
#include "config.h"

#include "runtime/cli/cmd_ct.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/cli/duration.h"
#include "runtime/cli/listing.h"
#include "runtime/cli/output.h"
#include "runtime/cli/top_term.h"

struct list_opts {
	const char *output, *sort, *interval;
	char **filter;
	unsigned int iterations;
	bool all, stopped, no_header, json, fields, watch;
};

#define LIST(member) offsetof(struct list_opts, member)

static const struct cli_option list_rows[] = {
	{ "all", 'a', CLI_FLAG, 0, LIST(all), "", "list the registered CTs, stopped ones too" },
	{ "fields", 'L', CLI_FLAG, 0, LIST(fields), "",
	  "print what --output, --sort and --filter take" },
	{ "filter", 0, CLI_LIST, 0, LIST(filter), "FIELD=PATTERN",
	  "list only CTs of which the field matches; all of them must" },
	{ "interval", 0, CLI_TEXT, 0, LIST(interval), "DURATION",
	  "with --watch: time between lists: 2s if not given; 500ms, 1m" },
	{ "iterations", 'n', CLI_COUNT, 0, LIST(iterations), "N",
	  "with --watch: end after so many lists" },
	{ "json", 'j', CLI_FLAG, 0, LIST(json), "",
	  "print the CTs as JSON, all fields if not told" },
	{ "no-header", 'H', CLI_FLAG, 0, LIST(no_header), "",
	  "list the running CTs without the line of headings" },
	{ "output", 'o', CLI_TEXT, CLI_NOT_EMPTY, LIST(output), "FIELD,...",
	  "list the running CTs with these fields" },
	{ "sort", 's', CLI_TEXT, CLI_NOT_EMPTY, LIST(sort), "[-]FIELD",
	  "sort them by it; with -: backwards" },
	{ "stopped", 'S', CLI_FLAG, 0, LIST(stopped), "", "list the CTs that do not run" },
	{ "watch", 'w', CLI_FLAG, 0, LIST(watch), "", "list them again and again" },
};
const struct cli_options cmd_ct_list_options = CLI_OPTIONS(list_rows, struct list_opts);

#define INTERVAL_MIN_MSEC 100

/* ---- what is asked for ---- */

struct job {
	struct listing listing;
	const struct vz *vz;
	struct listing_filter *filters;
	uint32_t *ctids;
	bool watch;
	int interval_msec;
	unsigned int iterations;
};

static void job_done(struct job *job)
{
	free(job->listing.columns);
	free(job->filters);
	free(job->ctids);
}

static int no_field(const char *name, size_t len, struct err *err)
{
	char shown[STR_SHOW_SIZE];
	auto_free char *copy = strndup(name, len);

	err_set(err, ERR_USAGE, "there is no field %s", str_show(shown, copy ? copy : ""));
	return err_hint(err, "see vzrun list --fields");
}

static int find_field(const char *name, size_t len, const struct column **ret, struct err *err)
{
	const struct column *column = column_find(name, len);

	if (!column)
		return no_field(name, len, err);
	*ret = column;
	return 0;
}

static int read_filters(char *const *given, struct job *job, struct err *err)
{
	size_t n = given ? strv_len(given) : 0;

	job->filters = calloc(n + 1, sizeof(*job->filters));
	if (!job->filters)
		return err_sys(err, "list the containers");
	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(given[i], "=");

		if (!given[i][len])
			return err_set(err, ERR_USAGE, "--filter %s: not of the form FIELD=PATTERN",
				       given[i]);
		if (find_field(given[i], len, &job->filters[i].column, err) < 0)
			return -1;
		job->filters[i].pattern = given[i] + len + 1;
	}
	job->listing.filters = job->filters;
	job->listing.filters_n = n;
	return 0;
}

static int read_columns(const struct list_opts *opts, bool only_ids, struct job *job,
			struct err *err)
{
	struct listing *listing = &job->listing;
	const char *names = opts->output ? opts->output : only_ids ? "ctid" : LISTING_COLUMNS, *bad;
	size_t len;

	if (listing->json && !opts->output)
		return 0;
	if (column_parse(names, &listing->columns, &listing->columns_n, &bad, &len) < 0)
		return bad ? no_field(bad, len, err) : err_sys(err, "list the containers");
	return 0;
}

static int read_sort(const char *name, struct listing *listing, struct err *err)
{
	if (!name)
		return 0;
	listing->reverse = *name == '-';
	name += *name == '-';
	return find_field(name, strlen(name), &listing->sort, err);
}

static int read_ctids(const struct cli *cli, struct job *job, struct err *err)
{
	job->ctids = calloc((size_t)cli->args_n + 1, sizeof(*job->ctids));
	if (!job->ctids)
		return err_sys(err, "list the containers");
	for (int i = 0; i < cli->args_n; i++) {
		char shown[STR_SHOW_SIZE];
		int found = ctid_find(job->vz->conf_dir, cli->args[i], &job->ctids[i], err);

		if (found < 0)
			return -1;
		if (!found)
			return err_set(err, VZ_ERR(VZ_NO_CONF), "there is no CT %s",
				       str_show(shown, cli->args[i]));
	}
	job->listing.ctids = cli->args_n ? job->ctids : NULL;
	job->listing.ctids_n = (size_t)cli->args_n;
	return 0;
}

static int read_watch(const struct list_opts *opts, struct job *job, struct err *err)
{
	job->watch = opts->watch;
	job->iterations = opts->iterations;
	if (!opts->watch && (opts->interval || opts->iterations))
		return err_set(err, ERR_USAGE, "%s needs --watch",
			       opts->interval ? "--interval" : "--iterations");
	return duration_parse(opts->interval ? opts->interval : "2s", "--interval",
			      INTERVAL_MIN_MSEC, &job->interval_msec, err);
}

static int read_job(const struct cli *cli, const struct cmd_ct_list_how *how, struct job *job,
		    struct err *err)
{
	const struct list_opts *opts = cli->ct_opts;

	job->listing.all = opts->all;
	job->listing.stopped = opts->stopped;
	job->listing.json = opts->json || how->json;
	job->listing.no_header = opts->no_header || how->only_ids;
	if (read_watch(opts, job, err) < 0 || read_columns(opts, how->only_ids, job, err) < 0 ||
	    read_sort(opts->sort, &job->listing, err) < 0 ||
	    read_filters(opts->filter, job, err) < 0)
		return -1;
	return read_ctids(cli, job, err);
}

/* ---- again and again ---- */

/* What is wider than the window ends at its edge. */
#define CLEAR "\033[H\033[J\033[?7l"
#define WRAP_AGAIN "\033[?7h"

/* A page, on a terminal at the place of the one before; of it what fits. */
static int print_page(const struct job *job, bool terminal, struct err *err)
{
	auto_strbuf struct strbuf sb = { 0 };
	unsigned int width = 0, height = 0;
	size_t found, lines = 0, at;

	if (terminal)
		strbuf_add(&sb, CLEAR);
	if (listing_make(&job->listing, job->vz, &sb, &found, err) < 0)
		return -1;
	if (terminal)
		top_term_size(&width, &height);
	for (at = 0; terminal && at < sb.len && lines + 1 < height; at++)
		lines += sb.text[at] == '\n';
	if (terminal && at < sb.len)
		sb.len = at;
	if (terminal)
		strbuf_add(&sb, WRAP_AGAIN);
	return output_write(&sb, err);
}

static int watch_file(const struct job *job, struct err *err)
{
	struct timespec wait = { .tv_sec = job->interval_msec / 1000,
				 .tv_nsec = job->interval_msec % 1000 * 1000000L };
	const struct strbuf gap = { .text = (char[]){ "\n" }, .len = 1 };

	for (unsigned int i = 1;; i++) {
		if (print_page(job, false, err) < 0)
			return -1;
		if (i == job->iterations)
			return 0;
		nanosleep(&wait, NULL);
		if (!job->listing.json && output_write(&gap, err) < 0)
			return -1;
	}
}

static int watch_terminal(struct cli *cli, const struct job *job, struct err *err)
{
	auto_top_term struct top_term term = { .signals = -1 };
	int sig = 0;

	if (top_term_open(&term, err) < 0)
		return -1;
	for (unsigned int i = 1;; i++) {
		enum top_event event;
		char key = 0;

		if (print_page(job, true, err) < 0)
			return -1;
		if (i == job->iterations)
			break;
		event = top_term_wait(&term, job->interval_msec, &key, &sig);
		if (event == TOP_END || (event == TOP_KEY && (key == 'q' || key == 'Q')))
			break;
	}
	top_term_close(&term);
	if (sig != 0 && sig != SIGINT)
		cli->status = 128 + sig;
	return 0;
}

static int print_fields(struct err *err)
{
	auto_strbuf struct strbuf sb = { 0 };

	column_list(&sb);
	return output_write(&sb, err);
}

int cmd_ct_list(struct cli *cli, const struct cmd_ct_list_how *how, struct err *err)
{
	__attribute__((cleanup(job_done))) struct job job = { 0 };
	auto_vz struct vz *vz = NULL;
	int rc;

	if (((const struct list_opts *)cli->ct_opts)->fields)
		return print_fields(err);
	rc = vz_load(cli->global.config, &cli->set, NULL, &vz, err);
	job.vz = vz;
	if (rc == 0)
		rc = read_job(cli, how, &job, err);
	if (rc == 0 && job.watch && isatty(STDOUT_FILENO))
		rc = watch_terminal(cli, &job, err);
	else if (rc == 0 && job.watch)
		rc = watch_file(&job, err);
	else if (rc == 0)
		rc = print_page(&job, false, err);
	return cmd_ct_finish(cli, rc, err);
}
