/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows a CT's end. */
#include "config.h"

#include <signal.h>

#include "runtime/ct/attend.h"
#include "runtime/monitor/protocol.h"
#include "tests/unit/unit.h"

static struct ended ended(uint32_t status, bool oom)
{
	struct ended now = { .uptime_sec = 1 };

	ended_of_status(status, oom, &now);
	return now;
}

static void the_status_tells_how_it_ended(void **state)
{
	(void)state;
	assert_int_equal(ended(MONITOR_EXITED(0), false).how, ENDED_EXIT);
	assert_int_equal(ended(MONITOR_EXITED(255), false).exit_code, 255);
	assert_int_equal(ended(MONITOR_KILLED(SIGHUP), false).how, ENDED_REBOOT);
	assert_int_equal(ended(MONITOR_KILLED(SIGINT), true).how, ENDED_POWEROFF);
	assert_int_equal(ended(MONITOR_KILLED(SIGKILL), false).how, ENDED_SIGNAL);
	assert_int_equal(ended(MONITOR_KILLED(SIGKILL), true).how, ENDED_OOM);
	assert_int_equal(ended(MONITOR_KILLED(SIGSEGV), true).signal, SIGSEGV);
	assert_int_equal(ended(MONITOR_KILLED(SIGSEGV), true).how, ENDED_SIGNAL);
	assert_int_equal(ended(MONITOR_NOT_KNOWN, true).how, ENDED_UNKNOWN);
}

static void a_reboot_is_started_again_and_a_crash_if_told_to(void **state)
{
	static const struct {
		uint32_t status;
		bool autorestart, again;
	} rows[] = {
		{ MONITOR_KILLED(SIGHUP), false, true },   { MONITOR_KILLED(SIGINT), true, false },
		{ MONITOR_KILLED(SIGSEGV), false, false }, { MONITOR_KILLED(SIGSEGV), true, true },
		{ MONITOR_EXITED(0), true, false },        { MONITOR_EXITED(1), true, true },
		{ MONITOR_NOT_KNOWN, true, false },
	};
	unsigned int pause;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ended now = ended(rows[i].status, false);

		assert_int_equal(attend_decide(&now, NULL, rows[i].autorestart, &pause),
				 rows[i].again);
		assert_int_equal(now.again, rows[i].again);
		assert_int_equal(pause, 0);
	}
}

/* A thousand reboots as fast as they come: each waits, and the waits grow to a minute. */
static void a_loop_of_reboots_is_slowed_down(void **state)
{
	struct ended last = { 0 };
	uint64_t sec = 0;
	unsigned int pause;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct ended now = ended(MONITOR_KILLED(SIGHUP), false);

		assert_true(attend_decide(&now, i > 0 ? &last : NULL, false, &pause));
		sec += monitor_pause_sec(pause);
		last = now;
	}
	assert_int_equal(monitor_pause_sec(0), 0);
	assert_int_equal(monitor_pause_sec(1), 1);
	assert_int_equal(monitor_pause_sec(pause), 64);
	assert_true(sec > 990 * 64);
}

static void who_ran_for_long_begins_anew(void **state)
{
	struct ended last = { .again = true, .quick = 5 };
	struct ended now = ended(MONITOR_KILLED(SIGHUP), false);
	unsigned int pause;

	(void)state;
	now.uptime_sec = ATTEND_QUICK_SEC;
	assert_true(attend_decide(&now, &last, false, &pause));
	assert_int_equal(now.quick, 0);
	assert_int_equal(pause, 0);
	/* So does one that was stopped and started in between. */
	now.uptime_sec = 1;
	last.again = false;
	assert_true(attend_decide(&now, &last, false, &pause));
	assert_int_equal(pause, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_status_tells_how_it_ended),
		cmocka_unit_test(a_reboot_is_started_again_and_a_crash_if_told_to),
		cmocka_unit_test(a_loop_of_reboots_is_slowed_down),
		cmocka_unit_test(who_ran_for_long_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
