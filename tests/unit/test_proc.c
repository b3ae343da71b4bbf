/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/proc.h"
#include "tests/unit/unit.h"

static void signals_have_names_and_numbers(void **state)
{
	const struct {
		const char *text;
		int sig;
	} rows[] = {
		{ "15", 15 },
		{ "0", 0 },
		{ "TERM", SIGTERM },
		{ "SIGTERM", SIGTERM },
		{ "sigkill", SIGKILL },
		{ "Hup", SIGHUP },
		{ "USR1", SIGUSR1 },
		{ "SIGSTKFLT", SIGSTKFLT },
		{ "IO", SIGIO },
		{ "POLL", SIGPOLL },
		{ "IOT", SIGABRT },
		{ "CLD", SIGCHLD },
		{ "SYS", SIGSYS },
		{ "RTMIN", SIGRTMIN },
		{ "SIGRTMIN+3", SIGRTMIN + 3 },
		{ "RTMAX", SIGRTMAX },
		{ "rtmax-2", SIGRTMAX - 2 },
		{ "64", 64 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (proc_signal_parse(rows[i].text) != rows[i].sig)
			fail_msg("%s: %d", rows[i].text, proc_signal_parse(rows[i].text));
}

static void other_words_are_no_signals(void **state)
{
	static const char *const bad[] = { "",        "SIG",      "SIGSIGTERM", "TERMX",  "-1",
					   "65",      "RTMIN+99", "RTMIN3",     "RTMIN+", "RTMIN-1",
					   "RTMAX+1", "RTMAX-99", " TERM",      "TERM\n", "9 " };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (proc_signal_parse(bad[i]) != -1)
			fail_msg("\"%s\": %d", bad[i], proc_signal_parse(bad[i]));
}

static void a_clone_is_a_child_with_a_pidfd(void **state)
{
	auto_fd int pidfd = -1;
	pid_t pid = proc_clone(0, -1, &pidfd);

	(void)state;
	if (pid == 0)
		_exit(7);
	assert_true(pid > 0);
	assert_true(pidfd >= 0);
	assert_int_equal(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(proc_pidfd_wait(pidfd, -1), 1);
	assert_int_equal(proc_wait(pid), 7);
}

static void a_clone_that_fails_has_no_pidfd(void **state)
{
	auto_fd int no_cgroup = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int pidfd = -1;

	(void)state;
	assert_true(no_cgroup >= 0);
	assert_int_equal(proc_clone(0, no_cgroup, &pidfd), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(pidfd, -1);
}

static void a_signal_is_128_more_as_an_exit_status(void **state)
{
	auto_fd int pidfd = -1;
	pid_t pid = proc_clone(0, -1, &pidfd);

	(void)state;
	if (pid == 0)
		for (;;)
			pause();
	assert_int_equal(proc_pidfd_wait(pidfd, 0), 0);
	assert_int_equal(proc_pidfd_signal(pidfd, SIGKILL), 0);
	assert_int_equal(proc_wait(pid), 128 + SIGKILL);
	assert_int_equal(proc_pidfd_signal(pidfd, SIGKILL), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(proc_wait(pid), -1);
	assert_int_equal(errno, ECHILD);
}

static void a_pidfd_is_had_for_a_pid(void **state)
{
	auto_fd int pidfd = proc_pidfd_open(getpid());

	(void)state;
	assert_true(pidfd >= 0);
	assert_int_equal(proc_pidfd_signal(pidfd, 0), 0);
}

/* The name stands in the line in brackets, and may hold anything. */
static void a_start_time_is_read_whatever_the_name(void **state)
{
	uint64_t before = 0, after = 1;
	char letter = 0, old[16];

	(void)state;
	assert_int_equal(proc_stat(getpid(), &before, &letter), 0);
	assert_true(before > 0);
	assert_int_equal(letter, 'R');
	prctl(PR_GET_NAME, old);
	prctl(PR_SET_NAME, ") Z 1 (x) 9 9");
	assert_int_equal(proc_stat(getpid(), &after, &letter), 0);
	prctl(PR_SET_NAME, old);
	assert_true(before == after);
	assert_int_equal(letter, 'R');
	assert_int_equal(proc_stat(getpid(), NULL, NULL), 0);
}

static void an_ended_process_has_no_start_time_once_it_is_waited_for(void **state)
{
	uint64_t start = 77;
	char letter = 0;
	auto_fd int pidfd = -1;
	pid_t pid = proc_clone(0, -1, &pidfd);

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_int_equal(proc_pidfd_wait(pidfd, -1), 1);
	assert_int_equal(proc_stat(pid, &start, &letter), 0);
	assert_int_equal(letter, 'Z');
	assert_int_equal(proc_wait(pid), 0);
	assert_int_equal(proc_stat(pid, &start, &letter), -1);
}

static void a_process_is_ending_until_it_is_gone(void **state)
{
	int pidfd;
	pid_t pid;

	(void)state;
	assert_false(proc_is_ending(getpid()));
	pid = proc_clone(0, -1, &pidfd);
	if (pid == 0)
		_exit(0);
	assert_true(pid > 0);
	assert_int_equal(proc_pidfd_wait(pidfd, -1), 1);
	assert_true(proc_is_ending(pid));
	assert_int_equal(proc_wait(pid), 0);
	assert_true(proc_is_ending(pid));
	close(pidfd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_have_names_and_numbers),
		cmocka_unit_test(other_words_are_no_signals),
		cmocka_unit_test(a_clone_is_a_child_with_a_pidfd),
		cmocka_unit_test(a_clone_that_fails_has_no_pidfd),
		cmocka_unit_test(a_signal_is_128_more_as_an_exit_status),
		cmocka_unit_test(a_pidfd_is_had_for_a_pid),
		cmocka_unit_test(a_start_time_is_read_whatever_the_name),
		cmocka_unit_test(an_ended_process_has_no_start_time_once_it_is_waited_for),
		cmocka_unit_test(a_process_is_ending_until_it_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
