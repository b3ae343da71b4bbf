/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Times command lines that alternate. The plan comes on stdin, one step a line:
 *
 *	LANE LABEL ARGV...
 *
 * A round runs every lane's steps in order; each round begins with another lane, so what the
 * machine does meanwhile hits all alike. Steps of one lane and label are summed within a round.
 * LABEL "-" is work that isn't timed, "~" the same where failing doesn't matter. The command
 * "@reap" waits for the processes that the lane's commands left behind (spawn is their subreaper).
 *
 * Result, one line a series: lane, label, median, minimum (microseconds), the median's ratio to
 * the first lane with that label, peak resident set of one command (KiB). A lane with a step that
 * fails is dropped, which is said on stderr and by exit status 1.
 *
 * Static and small on purpose: a child's ru_maxrss includes what its parent had at the exec.
 */
#include <errno.h>
#include <err.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	LANES_MAX = 16,
	STEPS_MAX = 128,
	WORDS_MAX = 96,
};

struct lane {
	const char *name;
	bool failed;
};

/* What one (lane, label) took, a sum for each round. */
struct series {
	int lane;
	const char *label;
	uint64_t *nsec;
	long peak_kib;
};

struct step {
	int lane;
	struct series *series; /* NULL: not timed */
	bool may_fail;
	char *argv[WORDS_MAX];
};

struct plan {
	struct lane lanes[LANES_MAX];
	struct step steps[STEPS_MAX];
	struct series series[STEPS_MAX];
	int lane_count, step_count, series_count, rounds;
};

static int plan_lane(struct plan *plan, const char *name)
{
	int i;

	for (i = 0; i < plan->lane_count; i++) {
		if (!strcmp(plan->lanes[i].name, name))
			return i;
	}
	if (i == LANES_MAX)
		errx(2, "more than %d lanes", LANES_MAX);
	plan->lane_count++;
	plan->lanes[i].name = name;
	return i;
}

static struct series *plan_series(struct plan *plan, int lane, const char *label)
{
	struct series *s;

	for (s = plan->series; s < plan->series + plan->series_count; s++) {
		if (s->lane == lane && !strcmp(s->label, label))
			return s;
	}
	plan->series_count++;
	s->lane = lane;
	s->label = label;
	s->nsec = calloc((size_t)plan->rounds, sizeof(*s->nsec));
	if (!s->nsec)
		err(2, "allocate");
	return s;
}

/* The words point into LINE, which the step keeps. */
static void plan_add(struct plan *plan, char *line)
{
	char *save, *lane = strtok_r(line, " \n", &save);
	char *label = strtok_r(NULL, " \n", &save);
	struct step *step = &plan->steps[plan->step_count];
	int words = 0;

	if (!lane || *lane == '#')
		return;
	if (plan->step_count++ == STEPS_MAX)
		errx(2, "more than %d steps", STEPS_MAX);
	while ((step->argv[words] = strtok_r(NULL, " \n", &save))) {
		if (++words == WORDS_MAX)
			errx(2, "%s %s: more than %d words", lane, label, WORDS_MAX - 1);
	}
	if (!words)
		errx(2, "a step needs LANE LABEL ARGV...");
	step->lane = plan_lane(plan, lane);
	step->may_fail = !strcmp(label, "~");
	if (!step->may_fail && strcmp(label, "-") != 0)
		step->series = plan_series(plan, step->lane, label);
}

static void plan_read(struct plan *plan, FILE *from)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, from) > 0) {
		plan_add(plan, line);
		line = NULL;
		size = 0;
	}
	if (!plan->step_count)
		errx(2, "no plan on stdin");
}

static uint64_t now_nsec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Runs ARGV with stdin and stdout on /dev/null and returns its wait status. */
static int command_run(char **argv, uint64_t *ret_nsec, long *ret_peak_kib)
{
	static posix_spawn_file_actions_t files;
	static bool ready;
	struct rusage usage;
	uint64_t begin;
	int status;
	pid_t pid;

	if (!ready) {
		posix_spawn_file_actions_init(&files);
		posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
		posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
		ready = true;
	}
	begin = now_nsec();
	errno = posix_spawnp(&pid, argv[0], &files, NULL, argv, environ);
	if (errno)
		err(2, "spawn %s", argv[0]);
	while (wait4(pid, &status, 0, &usage) < 0) {
		if (errno != EINTR)
			err(2, "wait for %s", argv[0]);
	}
	*ret_nsec = now_nsec() - begin;
	*ret_peak_kib = usage.ru_maxrss;
	return status;
}

static void orphans_reap(int flags)
{
	while (waitpid(-1, NULL, flags) > 0 || (!flags && errno == EINTR))
		;
}

/* Returns false where the lane can't go on. ROUND is negative while warming up. */
static bool step_run(struct plan *plan, struct step *step, int round)
{
	uint64_t nsec;
	long peak_kib;
	int status;

	if (!strcmp(step->argv[0], "@reap")) {
		orphans_reap(0);
		return true;
	}
	status = command_run(step->argv, &nsec, &peak_kib);
	if (status && !step->may_fail) {
		warnx("lane %s: \"%s\": %s %d", plan->lanes[step->lane].name,
		      step->series ? step->series->label : step->argv[0],
		      WIFEXITED(status) ? "exit status" : "signal",
		      WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
		return false;
	}
	if (step->series && round >= 0) {
		step->series->nsec[round] += nsec;
		if (peak_kib > step->series->peak_kib)
			step->series->peak_kib = peak_kib;
	}
	return true;
}

static void lane_run(struct plan *plan, int lane, int round)
{
	for (int i = 0; i < plan->step_count && !plan->lanes[lane].failed; i++) {
		if (plan->steps[i].lane == lane)
			plan->lanes[lane].failed = !step_run(plan, &plan->steps[i], round);
	}
	orphans_reap(WNOHANG);
}

static void plan_run(struct plan *plan, int warm_up)
{
	for (int round = -warm_up; round < plan->rounds; round++) {
		for (int i = 0; i < plan->lane_count; i++)
			lane_run(plan, (i + round + warm_up) % plan->lane_count, round);
	}
}

static int compare_nsec(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double series_median(const struct series *s, int rounds)
{
	return ((double)s->nsec[(rounds - 1) / 2] + (double)s->nsec[rounds / 2]) / 2000;
}

/* The first series of a lane that went through and has LABEL. */
static const struct series *plan_baseline(const struct plan *plan, const char *label)
{
	const struct series *s = plan->series;

	while (plan->lanes[s->lane].failed || strcmp(s->label, label) != 0)
		s++;
	return s;
}

static void plan_report(struct plan *plan)
{
	const struct series *s, *end = plan->series + plan->series_count;
	const int rounds = plan->rounds;

	for (s = plan->series; s < end; s++)
		qsort(s->nsec, (size_t)rounds, sizeof(*s->nsec), compare_nsec);
	for (s = plan->series; s < end; s++) {
		double median = series_median(s, rounds);

		if (plan->lanes[s->lane].failed)
			continue;
		printf("%s\t%s\t%.0f\t%.0f\t%.3f\t%ld\n", plan->lanes[s->lane].name, s->label,
		       median, (double)s->nsec[0] / 1000,
		       median / series_median(plan_baseline(plan, s->label), rounds), s->peak_kib);
	}
}

static int number_parse(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || end == text || n < 0 || n > 100000)
		errx(2, "\"%s\" is no number of rounds", text);
	return (int)n;
}

int main(int argc, char **argv)
{
	static struct plan plan = { .rounds = 30 };
	int opt, warm_up = 2;

	while ((opt = getopt(argc, argv, "n:w:")) >= 0) {
		if (opt == 'n')
			plan.rounds = number_parse(optarg);
		else if (opt == 'w')
			warm_up = number_parse(optarg);
		else
			errx(2, "usage: spawn [-n ROUNDS] [-w WARM-UP-ROUNDS] <PLAN");
	}
	if (!plan.rounds)
		errx(2, "at least one round");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		err(2, "become a subreaper");
	plan_read(&plan, stdin);
	plan_run(&plan, warm_up);
	plan_report(&plan);
	for (int i = 0; i < plan.lane_count; i++) {
		if (plan.lanes[i].failed)
			return 1;
	}
	return 0;
}
