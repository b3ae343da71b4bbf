/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which calls, in which order, make a process's ids and capabilities. */
#include "config.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/log.h"
#include "runtime/base/proc.h"
#include "runtime/kernel/caps.h"

#define BIT(cap) ((uint64_t)1 << (cap))

static struct entry entry;

static int setup(void **state)
{
	struct err err;

	(void)state;
	return entry_init(&entry, 8192, &err);
}

static int teardown(void **state)
{
	(void)state;
	entry_done(&entry);
	return 0;
}

static const uint32_t *at(const struct entry_call *call, int arg)
{
	return (const uint32_t *)(uintptr_t)call->arg[arg];
}

/* The planned calls as text. */
static void put_call(const struct entry_call *call, char *text, size_t size)
{
	const uint64_t *a = call->arg;

	switch (call->nr) {
	case SYS_prctl:
		snprintf(text, size, "%s %d",
			 a[0] == PR_SET_KEEPCAPS          ? "keepcaps" :
			 a[0] == PR_CAPBSET_DROP          ? "drop" :
			 a[1] == PR_CAP_AMBIENT_CLEAR_ALL ? "ambient clear" :
							    "ambient raise",
			 (int)(a[0] == PR_CAP_AMBIENT ? a[2] : a[1]));
		return;
	case SYS_setgroups:
		snprintf(text, size, "groups %d:%d,%d", (int)a[0],
			 a[0] > 0 ? (int)at(call, 1)[0] : 0, a[0] > 1 ? (int)at(call, 1)[1] : 0);
		return;
	case SYS_setresgid:
	case SYS_setresuid:
		snprintf(text, size, "%s %d %d %d", call->nr == SYS_setresgid ? "gid" : "uid",
			 (int)a[0], (int)a[1], (int)a[2]);
		return;
	case SYS_capset:
		snprintf(text, size, "capset e=%x.%x p=%x.%x i=%x.%x", at(call, 1)[3],
			 at(call, 1)[0], at(call, 1)[4], at(call, 1)[1], at(call, 1)[5],
			 at(call, 1)[2]);
		return;
	}
	fail_msg("unexpected call %d", call->nr);
}

static const char *planned(void)
{
	static char text[8192];
	size_t len = 0;
	struct err err;

	assert_ok(entry_ready(&entry, &err), &err);
	text[0] = '\0';
	for (uint32_t i = 0; i < entry.block->calls; i++) {
		char call[128];

		put_call(&entry.block->call[i], call, sizeof(call));
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? "; " : "",
					call);
	}
	return text;
}

static void root_keeps_its_uid_without_keepcaps(void **state)
{
	const struct spec_process process = {
		.caps = { .given = true,
			  .effective = BIT(CAP_KILL) | BIT(CAP_BPF),
			  .permitted = BIT(CAP_KILL) | BIT(CAP_BPF),
			  .bounding = BIT(CAP_KILL) },
	};

	(void)state;
	caps_plan_ids(&process, &entry);
	assert_string_equal(planned(), "groups 0:0,0; gid 0 0 0; uid 0 0 0; "
				       "capset e=80.20 p=80.20 i=0.0");
}

static void user_keeps_capabilities_over_setuid(void **state)
{
	uint32_t groups[] = { 5, 6 };
	const struct spec_process process = {
		.user = { .uid = 1000,
			  .gid = 100,
			  .additional_gids = groups,
			  .additional_gids_n = 2 },
		.caps = { .given = true,
			  .permitted = 1,
			  .inheritable = 1,
			  .ambient = 1,
			  .effective = 1,
			  .bounding = 1 },
	};

	(void)state;
	caps_plan_ids(&process, &entry);
	assert_string_equal(planned(), "keepcaps 1; groups 2:5,6; gid 100 100 100; "
				       "uid 1000 1000 1000; capset e=0.1 p=0.1 i=0.1; "
				       "ambient raise 0");
}

static void ambient_set_is_cleared_where_more_could_stay_in_it(void **state)
{
	const struct spec_process process = {
		.caps = { .given = true, .permitted = 7, .inheritable = 6, .ambient = 5 },
	};

	(void)state;
	caps_plan_ids(&process, &entry);
	assert_string_equal(planned(), "groups 0:0,0; gid 0 0 0; uid 0 0 0; "
				       "capset e=0.0 p=0.7 i=0.6; ambient clear 0; "
				       "ambient raise 2");
}

static void sets_that_are_not_given_are_empty(void **state)
{
	const struct spec_process process = { 0 };
	unsigned int drops;

	(void)state;
	caps_plan_bounding(&process.caps, &entry);
	drops = entry.block->calls;
	assert_int_equal(drops, caps_last() + 1);
	for (unsigned int i = 0; i < drops; i++)
		assert_int_equal(entry.block->call[i].arg[1], i);
	entry.block->calls = 0;
	caps_plan_ids(&process, &entry);
	assert_string_equal(planned(),
			    "groups 0:0,0; gid 0 0 0; uid 0 0 0; capset e=0.0 p=0.0 i=0.0");
}

static void bounding_set_loses_what_is_not_in_it(void **state)
{
	const struct spec_caps caps = { .given = true,
					.bounding = ~(BIT(CAP_CHOWN) | BIT(CAP_BPF)) };

	(void)state;
	caps_plan_bounding(&caps, &entry);
	assert_string_equal(planned(), "drop 0; drop 39");
}

static void last_capability_is_the_kernels(void **state)
{
	FILE *file = fopen("/proc/sys/kernel/cap_last_cap", "r");
	unsigned int last;

	(void)state;
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%u", &last), 1);
	fclose(file);
	assert_int_equal(caps_last(), last);
}

static void names_are_those_of_the_spec(void **state)
{
	char buf[CAPS_NAME_SIZE];

	(void)state;
	assert_string_equal(caps_name(CAP_CHOWN, buf), "CAP_CHOWN");
	assert_string_equal(caps_name(CAP_CHECKPOINT_RESTORE, buf), "CAP_CHECKPOINT_RESTORE");
	assert_string_equal(caps_name(63, buf), "capability 63");
}

/* ---- caps_check ---- */

static void sets_that_forbid_each_other_are_refused(void **state)
{
	struct err err;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_fails(caps_check(&(struct spec_caps){ .effective = BIT(CAP_KILL) }, &err), &err,
		     ERR_INPUT, "CAP_KILL is effective without being permitted");
	assert_fails(caps_check(&(struct spec_caps){ .inheritable = BIT(CAP_KILL) }, &err), &err,
		     ERR_INPUT, "CAP_KILL is inheritable without being in the bounding set");
	assert_ok(caps_check(&(struct spec_caps){ .bounding = BIT(CAP_KILL),
						  .inheritable = BIT(CAP_KILL) },
			     &err),
		  &err);
}

/* In a child, since a dropped capability does not come back: 0 where the error is right. */
static int check_without(int cap)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	struct err err = { 0 };

	syscall(SYS_capget, &header, data);
	data[cap / 32].permitted &= ~(1U << cap % 32);
	data[cap / 32].effective &= ~(1U << cap % 32);
	if (syscall(SYS_capset, &header, data) < 0)
		return 2;
	if (caps_check(&(struct spec_caps){ .bounding = BIT(cap) }, &err) == 0)
		return 3;
	return err.code == EPERM &&
			       strcmp(err.msg, "give CAP_BPF: we don't have it ourselves") == 0 ?
		       0 :
		       4;
}

static void capability_that_we_lack_is_refused(void **state)
{
	pid_t pid = proc_clone(0, -1, NULL);

	(void)state;
	if (pid == 0)
		_exit(check_without(CAP_BPF));
	assert_int_equal(proc_wait(pid), 0);
}

#define PLAN_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* The plan depends on whether there are groups to leave: here there always is one. */
static int take_a_group(void **state)
{
	const gid_t group = 7;

	(void)state;
	return geteuid() == 0 ? setgroups(1, &group) : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLAN_TEST(root_keeps_its_uid_without_keepcaps),
		PLAN_TEST(user_keeps_capabilities_over_setuid),
		PLAN_TEST(ambient_set_is_cleared_where_more_could_stay_in_it),
		PLAN_TEST(sets_that_are_not_given_are_empty),
		PLAN_TEST(bounding_set_loses_what_is_not_in_it),
		cmocka_unit_test(last_capability_is_the_kernels),
		cmocka_unit_test(names_are_those_of_the_spec),
		cmocka_unit_test(sets_that_forbid_each_other_are_refused),
		cmocka_unit_test(capability_that_we_lack_is_refused),
	};

	return cmocka_run_group_tests_name("caps", tests, take_a_group, NULL);
}
