/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/unit.h"

#include "runtime/kernel/oom_log.h"

#define HEAD "6,339,5140900,-;"
#define BEGIN "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,"

static bool tells(const char *record, const char *cgroup)
{
	uint64_t usec = 0;

	if (!oom_log_parse(record, cgroup, &usec))
		return false;
	assert_int_equal(usec, 5140900);
	return true;
}

static void a_kill_by_its_own_limit(void **state)
{
	const char *record = HEAD BEGIN
		"oom_memcg=/vzrun/101,task_memcg=/vzrun/101,task=dd,pid=9,uid=0\n SUBSYSTEM=x\n";

	(void)state;
	assert_true(tells(record, "/vzrun/101"));
	assert_false(tells(record, "/vzrun/10"));
	assert_false(tells(record, "/vzrun/1011"));
	assert_true(tells(record, "/vzrun") && "those below count");
}

static void a_kill_for_the_hosts_sake(void **state)
{
	(void)state;
	assert_true(tells(HEAD
			  "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,"
			  "mems_allowed=0,global_oom,task_memcg=/vzrun/7/a,task=dd,pid=9,uid=0",
			  "/vzrun/7"));
}

static void what_others_wrote_does_not_count(void **state)
{
	(void)state;
	/* By a program: its facility is another. */
	assert_false(tells("14,339,5140900,-;" BEGIN
			   "oom_memcg=/a,task_memcg=/vzrun/7,task=d,pid=9",
			   "/vzrun/7"));
	/* By the name of a cgroup that a container made. */
	assert_false(tells(HEAD "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),"
				"cpuset=b,task_memcg=/vzrun/7,mems_allowed=0,oom_memcg=/vzrun/8,"
				"task_memcg=/vzrun/8,task=d,pid=9,uid=0",
			   "/vzrun/7"));
	/* By the name of a process. */
	assert_false(tells(HEAD BEGIN "oom_memcg=/a,task_memcg=/vzrun/8,task=,task_memcg=/vzrun/7,",
			   "/vzrun/7"));
	assert_false(tells(HEAD "usb 1-1: ,task_memcg=/vzrun/7,", "/vzrun/7"));
	assert_false(tells("oom-kill:,task_memcg=/vzrun/7,", "/vzrun/7"));
	assert_false(tells("", "/vzrun/7"));
}

static void a_record_cut_short_does_not_count(void **state)
{
	(void)state;
	/* Cut within the limit's path, which a container chose. */
	assert_false(tells(HEAD BEGIN "oom_memcg=/vzrun/8/a,task_memcg=/vzrun/7,", "/vzrun/7"));
	assert_false(tells(HEAD BEGIN "oom_memcg=/vzrun/8/a,task_memcg=/vzrun/7,task=d,pid=9,uid=0",
			   "/vzrun/7"));
	assert_false(tells(HEAD BEGIN "oom_memcg=/vzrun/8/a,oom_memcg=/vzrun/7,"
				      "task_memcg=/vzrun/7,task=d,pid=9,uid=0",
			   "/vzrun/7"));
	assert_false(tells(HEAD BEGIN "oom_memcg=/vzrun/7,task_memcg=/vzrun/7,task=d,pid=9",
			   "/vzrun/7"));
}

static void a_comm_may_have_commas(void **state)
{
	(void)state;
	assert_true(tells(HEAD BEGIN "oom_memcg=/vzrun,task_memcg=/vzrun/7,task=a,pid=1,b,"
				     "pid=9,uid=0",
			  "/vzrun/7"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kill_by_its_own_limit),
		cmocka_unit_test(a_kill_for_the_hosts_sake),
		cmocka_unit_test(a_record_cut_short_does_not_count),
		cmocka_unit_test(a_comm_may_have_commas),
		cmocka_unit_test(what_others_wrote_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
