/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd_top: what all live containers use, again and again, until the user has seen enough. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/base/time.h"
#include "runtime/cli/cmd.h"
#include "runtime/cli/duration.h"
#include "runtime/cli/output.h"
#include "runtime/cli/top_json.h"
#include "runtime/cli/top_sample.h"
#include "runtime/cli/top_screen.h"
#include "runtime/cli/top_term.h"

struct top_opts {
	const char *interval;
	unsigned int sort, iterations;
	bool batch, json, reverse;
};

static const struct cli_option top_rows[] = {
	{ "batch", 'b', CLI_FLAG, 0, offsetof(struct top_opts, batch), "",
	  "print page after page, for a file or a pipe" },
	{ "interval", 0, CLI_TEXT, 0, offsetof(struct top_opts, interval), "DURATION",
	  "time between pages: 2s if not given; 500ms, 1m" },
	{ "iterations", 'n', CLI_COUNT, 0, offsetof(struct top_opts, iterations), "N",
	  "with --batch: end after so many pages" },
	{ "json", 0, CLI_FLAG, 0, offsetof(struct top_opts, json), "",
	  "with --batch: a JSON object a line instead of each page" },
	{ "reverse", 0, CLI_FLAG, 0, offsetof(struct top_opts, reverse), "", "the least first" },
	{ "sort", 0, CLI_CHOICE, 0, offsetof(struct top_opts, sort), "cpu|mem|io|net|psi|pids|id",
	  "what to sort by" },
};
const struct cli_options cmd_top_options = CLI_OPTIONS(top_rows, struct top_opts);

#define INTERVAL_MIN_MSEC 100
#define INTERVAL_MAX_MSEC 86400000
/* How long the first page, which has no rates yet, stays. */
#define FIRST_MSEC 500
/* A file's page: wide enough for all columns. */
#define BATCH_WIDTH 120

struct top {
	const struct container_settings *set;
	const struct vz *vz; /* or NULL */
	struct top_sample before, now;
	struct top_row *rows; /* of now */
	struct top_view view;
	bool json, printed;
};

static void top_done(struct top *top)
{
	top_sample_done(&top->before);
	top_sample_done(&top->now);
	free(top->rows);
}

static int64_t now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int take_sample(struct top *top, struct err *err)
{
	struct top_sample next;

	if (top_sample_read(top->set, top->vz, &top->now, &next, err) < 0)
		return -1;
	top_sample_done(&top->before);
	top->before = top->now;
	top->now = next;
	free(top->rows);
	top->rows = NULL;
	return top_rows_make(top->before.at_usec ? &top->before : NULL, &top->now, &top->rows, err);
}

static int print_page(struct top *top, struct err *err)
{
	auto_strbuf struct strbuf sb = { 0 };
	char clock[TIME_TEXT_SIZE] = "";
	time_t now = time(NULL);
	struct tm tm;

	top_rows_sort(top->rows, top->now.n, top->view.sort, top->view.reverse);
	if (top->json) {
		top_json_emit(top->rows, top->now.n, time_now(3, clock), &sb);
		return output_write(&sb, err);
	}
	if (localtime_r(&now, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	top->view.clock = clock;
	if (top->printed && !top->view.terminal)
		strbuf_add_char(&sb, '\n');
	top->printed = true;
	top_screen_emit(top->rows, top->now.n, &top->view, &sb);
	return output_write(&sb, err);
}

/* ---- pages in a row ---- */

static void sleep_until(int64_t due)
{
	struct timespec until = { .tv_sec = due / 1000, .tv_nsec = due % 1000 * 1000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

/* The first page comes after the first interval, so that it has rates. */
static int run_batch(struct top *top, unsigned int iterations, struct err *err)
{
	int64_t due = now_msec();

	if (take_sample(top, err) < 0)
		return -1;
	for (unsigned int i = 0; iterations == 0 || i < iterations; i++) {
		int64_t now = now_msec();

		due += top->view.interval_msec;
		if (due <= now) /* after a stall not all the missed pages at once */
			due = now + top->view.interval_msec;
		sleep_until(due);
		if (take_sample(top, err) < 0 || print_page(top, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- the terminal ---- */

static void change_interval(struct top_view *view, bool longer)
{
	int msec = longer ? view->interval_msec * 2 : view->interval_msec / 2;

	if (msec >= INTERVAL_MIN_MSEC && msec <= INTERVAL_MAX_MSEC / 2)
		view->interval_msec = msec;
}

static void scroll(struct top *top, bool down)
{
	size_t fit = top_screen_rows(&top->view);

	if (!down && top->view.offset > 0)
		top->view.offset--;
	else if (down && top->now.n > fit && top->view.offset < top->now.n - fit)
		top->view.offset++;
}

/* False: enough seen. */
static bool on_key(struct top *top, char key)
{
	static const char sorts[] = {
		[TOP_BY_CPU] = 'c', [TOP_BY_MEMORY] = 'm',   [TOP_BY_IO] = 'i',
		[TOP_BY_NET] = 'n', [TOP_BY_PRESSURE] = 'p', [TOP_BY_PIDS] = 't',
		[TOP_BY_ID] = 'd',
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(sorts); i++)
		if (key == sorts[i])
			top->view.sort = (enum top_sort)i;
	if (key == 'r')
		top->view.reverse = !top->view.reverse;
	if (key == '+' || key == '-')
		change_interval(&top->view, key == '+');
	if (key == TOP_KEY_UP || key == TOP_KEY_DOWN)
		scroll(top, key == TOP_KEY_DOWN);
	return key != 'q' && key != 'Q';
}

/* Shows pages until the end is asked for. *ret_signal: by which, or 0. */
static int show(struct top *top, struct top_term *term, int *ret_signal, struct err *err)
{
	int64_t due;

	for (int wait = FIRST_MSEC;; wait = top->view.interval_msec) {
		enum top_event event;

		if (take_sample(top, err) < 0)
			return -1;
		due = now_msec() +
		      (wait < top->view.interval_msec ? wait : top->view.interval_msec);
		do {
			int64_t left;
			char key = 0;

			top_term_size(&top->view.width, &top->view.height);
			if (print_page(top, err) < 0)
				return -1;
			left = due - now_msec();
			event = top_term_wait(term, left > 0 ? (int)left : 0, &key, ret_signal);
			if (event == TOP_END || (event == TOP_KEY && !on_key(top, key)))
				return 0;
		} while (event != TOP_TIMEOUT);
	}
}

static int run_screen(struct cli *cli, struct top *top, struct err *err)
{
	auto_top_term struct top_term term = { .signals = -1 };
	int sig = 0, rc;

	if (top_term_open(&term, err) < 0)
		return -1;
	rc = show(top, &term, &sig, err);
	top_term_close(&term);
	if (rc == 0 && sig != 0 && sig != SIGINT)
		cli->status = 128 + sig;
	return rc;
}

static int check_options(const struct top_opts *opts, struct err *err)
{
	if (!opts->batch && opts->json)
		return err_set(err, ERR_USAGE, "--json needs --batch");
	if (!opts->batch && opts->iterations)
		return err_set(err, ERR_USAGE, "--iterations needs --batch");
	return 0;
}

int cmd_top(struct cli *cli, struct err *err)
{
	const struct top_opts *opts = cli->opts;
	__attribute__((cleanup(top_done))) struct top top = { .set = &cli->set,
							      .json = opts->json };
	auto_free char *missing = top_sample_missing();
	const char *no_color = getenv("NO_COLOR");
	auto_vz struct vz *vz = NULL;

	if (check_options(opts, err) < 0 ||
	    duration_parse(opts->interval ? opts->interval : "2s", "--interval", INTERVAL_MIN_MSEC,
			   &top.view.interval_msec, err) < 0 ||
	    (cli->cts && vz_load(cli->global.config, &cli->set, NULL, &vz, err) < 0))
		return -1;
	top.vz = vz;
	top.view.missing = missing;
	top.view.sort = (enum top_sort)opts->sort;
	top.view.reverse = opts->reverse;
	top.view.width = BATCH_WIDTH;
	top.view.terminal = !opts->batch;
	top.view.color = !no_color || !*no_color;
	return opts->batch ? run_batch(&top, opts->iterations, err) : run_screen(cli, &top, err);
}
