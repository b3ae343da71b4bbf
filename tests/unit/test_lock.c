/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <sys/wait.h>

#include "runtime/base/fd.h"
#include "runtime/base/lock.h"
#include "tests/unit/scratch.h"

static void a_lock_keeps_others_out_until_it_is_closed(void **state)
{
	const struct scratch *scratch = *state;
	auto_fd int held = -1, again = -1;
	struct err err;

	assert_ok(held = lock_open(scratch->fd, "lock", false, &err), &err);
	assert_fails(lock_open(scratch->fd, "lock", false, &err), &err, ERR_BUSY,
		     "lock \"lock\": held by another command");
	fd_closep(&held);
	assert_ok(again = lock_open(scratch->fd, "lock", false, &err), &err);
}

static void a_lock_ends_with_the_last_copy_of_its_fd(void **state)
{
	const struct scratch *scratch = *state;
	auto_fd int held = -1, again = -1;
	int ready[2], go[2], status = 0;
	char c = 0;
	pid_t pid;
	struct err err;

	assert_int_equal(pipe2(ready, O_CLOEXEC) + pipe2(go, O_CLOEXEC), 0);
	assert_ok(held = lock_open(scratch->fd, "lock", false, &err), &err);
	pid = fork();
	if (pid == 0) { /* has a copy, and keeps it until told */
		close(go[1]);
		_exit(write(ready[1], "x", 1) != 1 || read(go[0], &c, 1) != 0);
	}
	close(go[0]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	fd_closep(&held);
	assert_int_equal(lock_open(scratch->fd, "lock", false, NULL), -1);
	close(go[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_ok(again = lock_open(scratch->fd, "lock", false, &err), &err);
	close(ready[0]);
	close(ready[1]);
}

static void a_waiting_lock_gets_its_turn(void **state)
{
	const struct scratch *scratch = *state;
	auto_fd int held = -1;
	int status = 0;
	pid_t pid;
	struct err err;

	assert_ok(held = lock_open(scratch->fd, "lock", true, &err), &err);
	pid = fork();
	if (pid == 0) {
		close(held);
		_exit(lock_open(scratch->fd, "lock", true, NULL) < 0);
	}
	fd_closep(&held);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void a_lock_file_is_private_and_no_link(void **state)
{
	const struct scratch *scratch = *state;
	auto_fd int held = -1;
	struct stat st;
	struct err err;

	assert_ok(held = lock_open(scratch->fd, "lock", true, &err), &err);
	assert_int_equal(fstat(held, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(fcntl(held, F_GETFD), FD_CLOEXEC);
	assert_int_equal(symlinkat("elsewhere", scratch->fd, "link"), 0);
	assert_fails(lock_open(scratch->fd, "link", true, &err), &err, ELOOP,
		     "open lock \"link\": Too many levels of symbolic links");
	assert_false(scratch_has(scratch, "elsewhere"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_lock_keeps_others_out_until_it_is_closed),
		scratch_test(a_lock_ends_with_the_last_copy_of_its_fd),
		scratch_test(a_waiting_lock_gets_its_turn),
		scratch_test(a_lock_file_is_private_and_no_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
