/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/pool.h"

#define JOBS 40

/* What the children do, seen by all. */
static struct seen {
	unsigned int begun, at_work, most, order[JOBS];
	unsigned int release;
} * seen;

static struct ended {
	unsigned int calls;
	int code[JOBS];
	char msg[JOBS][ERR_MSG_SIZE];
} ended;

static int set_up(void **state)
{
	(void)state;
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(&ended, 0, sizeof(ended));
	return seen == MAP_FAILED;
}

static int tear_down(void **state)
{
	(void)state;
	return munmap(seen, sizeof(*seen));
}

static void note_end(void *arg, size_t job, const struct err *err)
{
	(void)arg;
	ended.calls++;
	ended.code[job] = err ? err->code : 0;
	if (err)
		memcpy(ended.msg[job], err->msg, ERR_MSG_SIZE);
}

static void count_in(size_t job)
{
	unsigned int now = __atomic_add_fetch(&seen->at_work, 1, __ATOMIC_SEQ_CST);

	seen->order[__atomic_fetch_add(&seen->begun, 1, __ATOMIC_SEQ_CST)] = (unsigned int)job;
	for (unsigned int most = __atomic_load_n(&seen->most, __ATOMIC_SEQ_CST);
	     now > most && !__atomic_compare_exchange_n(&seen->most, &most, now, false,
							__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);)
		;
}

static int briefly(void *arg, size_t job, struct err *err)
{
	(void)arg;
	count_in(job);
	usleep(2000);
	__atomic_sub_fetch(&seen->at_work, 1, __ATOMIC_SEQ_CST);
	return job % 10 == 3 ? err_set(err, EPERM, "job %zu may not", job) : 0;
}

static void no_more_at_once_than_slots(void **state)
{
	struct pool pool = {
		.jobs = JOBS, .slots = 4, .slow_msec = 60000, .run = briefly, .ended = note_end
	};

	(void)state;
	assert_int_equal(pool_run(&pool, NULL), 0);
	assert_int_equal(ended.calls, JOBS);
	assert_int_equal(seen->begun, JOBS);
	assert_in_range(seen->most, 1, 4);
	for (unsigned int i = 0; i < JOBS; i++)
		assert_int_equal(ended.code[i], i % 10 == 3 ? EPERM : 0);
	assert_string_equal(ended.msg[13], "job 13 may not");
}

static int meet(void *arg, size_t job, struct err *err)
{
	(void)arg;
	(void)err;
	count_in(job);
	while (__atomic_load_n(&seen->begun, __ATOMIC_SEQ_CST) < 4)
		usleep(1000);
	return 0;
}

static void as_many_at_once_as_slots(void **state)
{
	struct pool pool = {
		.jobs = 4, .slots = 4, .slow_msec = 60000, .run = meet, .ended = note_end
	};

	(void)state;
	assert_int_equal(pool_run(&pool, NULL), 0);
	assert_int_equal(ended.calls, 4);
}

static void one_by_one_is_in_order(void **state)
{
	struct pool pool = {
		.jobs = JOBS, .slots = 1, .slow_msec = 60000, .run = briefly, .ended = note_end
	};

	(void)state;
	assert_int_equal(pool_run(&pool, NULL), 0);
	for (unsigned int i = 0; i < JOBS; i++)
		assert_int_equal(seen->order[i], i);
}

static void nothing_to_do(void **state)
{
	struct pool pool = { .slots = 1, .run = briefly, .ended = note_end };

	(void)state;
	assert_int_equal(pool_run(&pool, NULL), 0);
	assert_int_equal(ended.calls, 0);
}

static int crash(void *arg, size_t job, struct err *err)
{
	(void)arg;
	(void)err;
	if (job == 1)
		raise(SIGKILL);
	if (job == 2)
		_exit(7);
	return 0;
}

static void a_crash_is_that_jobs_alone(void **state)
{
	struct pool pool = {
		.jobs = 4, .slots = 2, .slow_msec = 60000, .run = crash, .ended = note_end
	};

	(void)state;
	assert_int_equal(pool_run(&pool, NULL), 0);
	assert_int_equal(ended.calls, 4);
	assert_int_equal(ended.code[0], 0);
	assert_string_equal(ended.msg[1], "its process was killed by signal 9 (Killed)");
	assert_string_equal(ended.msg[2], "its process ended with status 7");
	assert_int_equal(ended.code[3], 0);
}

/* The first ends only when the last has begun. */
static int hang(void *arg, size_t job, struct err *err)
{
	(void)arg;
	(void)err;
	if (job == 5)
		__atomic_store_n(&seen->release, 1, __ATOMIC_SEQ_CST);
	while (job == 0 && !__atomic_load_n(&seen->release, __ATOMIC_SEQ_CST))
		usleep(1000);
	return 0;
}

static void a_slow_one_holds_no_slot(void **state)
{
	struct pool pool = {
		.jobs = 6, .slots = 1, .slow_msec = 20, .run = hang, .ended = note_end
	};

	(void)state;
	assert_int_equal(pool_run(&pool, NULL), 0);
	assert_int_equal(ended.calls, 6);
}

static int never_end(void *arg, size_t job, struct err *err)
{
	(void)arg;
	(void)err;
	seen->order[job] = (unsigned int)getpid();
	while (!seen->release)
		pause();
	return 0;
}

static void late_ones_are_killed(void **state)
{
	struct pool pool = {
		.jobs = 3,
		.slots = 2,
		.slow_msec = 60000,
		.deadline_msec = pool_now_msec() + 200,
		.run = never_end,
		.ended = note_end,
	};

	(void)state;
	assert_int_equal(pool_run(&pool, NULL), 0);
	assert_int_equal(ended.calls, 3);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(ended.code[i], ETIMEDOUT);
	assert_string_equal(ended.msg[0], "not done in time");
	assert_string_equal(ended.msg[2], "not begun in time");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nor is there a child */
}

static void late_ones_are_left(void **state)
{
	struct pool pool = {
		.jobs = 1,
		.slots = 1,
		.slow_msec = 60000,
		.deadline_msec = pool_now_msec() + 200,
		.leave = true,
		.run = never_end,
		.ended = note_end,
	};

	(void)state;
	assert_int_equal(pool_run(&pool, NULL), 0);
	assert_int_equal(ended.code[0], ETIMEDOUT);
	while (!__atomic_load_n(&seen->order[0], __ATOMIC_SEQ_CST))
		usleep(1000);
	assert_int_equal(kill((pid_t)seen->order[0], SIGKILL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_more_at_once_than_slots, set_up, tear_down),
		cmocka_unit_test_setup_teardown(as_many_at_once_as_slots, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_by_one_is_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_to_do, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_crash_is_that_jobs_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_slow_one_holds_no_slot, set_up, tear_down),
		cmocka_unit_test_setup_teardown(late_ones_are_killed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(late_ones_are_left, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
