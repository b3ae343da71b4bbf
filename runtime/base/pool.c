/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/proc.h"

#define KILLED_WAIT_MSEC 5000

struct worker {
	size_t job;
	pid_t pid;
	int pidfd;
	int64_t begun_msec;
	bool failed, told; /* it told how it ended */
	struct err err;
};

struct crew {
	const struct pool *pool;
	struct worker *workers; /* POOL_MAX */
	size_t n, next;
	int from, to; /* the pipe on which all tell */
};

/* A message, one write: smaller than PIPE_BUF, so never mixed with another's. */
struct report {
	size_t job;
	bool failed;
	struct err err;
};

int64_t pool_now_msec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void crew_done(struct crew *crew)
{
	free(crew->workers);
	fd_closep(&crew->from);
	fd_closep(&crew->to);
}

__attribute__((noreturn)) static void work(const struct crew *crew, size_t job)
{
	struct report report = { .job = job };

	report.failed = crew->pool->run(crew->pool->arg, job, &report.err) < 0;
	_exit(fd_write_all(crew->to, &report, sizeof(report)) < 0 || report.failed);
}

static int begin(struct crew *crew, struct err *err)
{
	struct worker *worker = &crew->workers[crew->n];

	*worker = (struct worker){ .job = crew->next, .pidfd = -1, .begun_msec = pool_now_msec() };
	worker->pid = proc_clone(0, -1, &worker->pidfd);
	if (worker->pid < 0)
		return err_sys(err, "fork");
	if (worker->pid == 0)
		work(crew, worker->job);
	crew->n++;
	crew->next++;
	return 0;
}

/* What the pipe holds; it never has half a report. */
static void take_reports(struct crew *crew)
{
	struct report report;

	while (read(crew->from, &report, sizeof(report)) == (ssize_t)sizeof(report))
		for (size_t i = 0; i < crew->n; i++)
			if (crew->workers[i].job == report.job) {
				crew->workers[i].told = true;
				crew->workers[i].failed = report.failed;
				crew->workers[i].err = report.err;
			}
}

static void tell_end(struct crew *crew, size_t at, int status)
{
	struct worker worker = crew->workers[at];

	if (!worker.told) {
		worker.failed = true;
		if (status > 128)
			err_set(&worker.err, ERR_FAILED, "its process was killed by signal %d (%s)",
				status - 128, strsignal(status - 128));
		else
			err_set(&worker.err, ERR_FAILED, "its process ended with status %d",
				status);
	}
	fd_closep(&worker.pidfd);
	crew->workers[at] = crew->workers[--crew->n];
	crew->pool->ended(crew->pool->arg, worker.job, worker.failed ? &worker.err : NULL);
}

/* A report is in the pipe before its process has ended. */
static void reap(struct crew *crew, const struct pollfd *fds)
{
	size_t n = crew->n;

	take_reports(crew);
	while (n-- > 0)
		if (fds[n].revents)
			tell_end(crew, n, proc_wait(crew->workers[n].pid));
}

static size_t count_quick(const struct crew *crew, int64_t now)
{
	size_t n = 0;

	for (size_t i = 0; i < crew->n; i++)
		n += now - crew->workers[i].begun_msec < crew->pool->slow_msec;
	return n;
}

static bool may_begin(const struct crew *crew, int64_t now)
{
	return crew->next < crew->pool->jobs && crew->n < POOL_MAX &&
	       count_quick(crew, now) < crew->pool->slots;
}

/* Until the next counts as slow, or time is over. */
static int time_left(const struct crew *crew, int64_t now)
{
	int64_t left = crew->pool->deadline_msec ? crew->pool->deadline_msec - now : INT_MAX;

	for (size_t i = 0; i < crew->n && crew->next < crew->pool->jobs; i++) {
		int64_t quick = crew->workers[i].begun_msec + crew->pool->slow_msec - now;

		if (quick > 0 && quick < left)
			left = quick;
	}
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static void wait_some(struct crew *crew)
{
	struct pollfd fds[POOL_MAX + 1];

	for (size_t i = 0; i < crew->n; i++)
		fds[i] = (struct pollfd){ .fd = crew->workers[i].pidfd, .events = POLLIN };
	fds[crew->n] = (struct pollfd){ .fd = crew->from, .events = POLLIN };
	if (poll(fds, crew->n + 1, time_left(crew, pool_now_msec())) > 0)
		reap(crew, fds);
}

/* Time is over. */
static void give_up(struct crew *crew)
{
	struct err late = { 0 };

	err_set(&late, ETIMEDOUT, "not done in time%s", crew->pool->leave ? ", it goes on" : "");
	take_reports(crew);
	while (crew->n > 0) {
		struct worker *worker = &crew->workers[crew->n - 1];

		if (!crew->pool->leave) {
			proc_pidfd_signal(worker->pidfd, SIGKILL);
			/* One that waits for a dead disk does not end: then it is left. */
			if (proc_pidfd_wait(worker->pidfd, KILLED_WAIT_MSEC) == 1)
				proc_wait(worker->pid);
		}
		if (!worker->told) {
			worker->told = worker->failed = true;
			worker->err = late;
		}
		tell_end(crew, crew->n - 1, 0);
	}
	err_set(&late, ETIMEDOUT, "not begun in time");
	while (crew->next < crew->pool->jobs)
		crew->pool->ended(crew->pool->arg, crew->next++, &late);
}

static bool is_late(const struct crew *crew)
{
	return crew->pool->deadline_msec && pool_now_msec() >= crew->pool->deadline_msec;
}

static int serve(struct crew *crew, struct err *err)
{
	int rc = 0;

	while (crew->n > 0 || (rc == 0 && crew->next < crew->pool->jobs)) {
		if (is_late(crew)) {
			give_up(crew);
			break;
		}
		while (rc == 0 && may_begin(crew, pool_now_msec()))
			rc = begin(crew, err);
		if (crew->n > 0)
			wait_some(crew);
	}
	return rc;
}

int pool_run(const struct pool *pool, struct err *err)
{
	__attribute__((
		cleanup(crew_done))) struct crew crew = { .pool = pool, .from = -1, .to = -1 };
	int pair[2];

	crew.workers = calloc(POOL_MAX, sizeof(*crew.workers));
	if (!crew.workers || pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(err, "prepare to do %zu things at once", pool->jobs);
	crew.from = pair[0];
	crew.to = pair[1];
	/* The children wait where the pipe is full, this process nowhere. */
	if (fcntl(crew.from, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, "prepare a pipe");
	return serve(&crew, err);
}
