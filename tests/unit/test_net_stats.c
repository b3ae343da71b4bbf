/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "netsetup/link.h"
#include "runtime/base/proc.h"
#include "runtime/kernel/net_stats.h"

static void a_line_of_an_interface(void **state)
{
	struct net_stats_link link;

	(void)state;
	assert_true(net_stats_parse("    lo: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n", &link));
	assert_string_equal(link.name, "lo");
	assert_int_equal(link.rx.bytes, 1);
	assert_int_equal(link.rx.packets, 2);
	assert_int_equal(link.rx.errors, 3);
	assert_int_equal(link.rx.dropped, 4);
	assert_int_equal(link.tx.bytes, 5);
	assert_int_equal(link.tx.packets, 6);
	assert_int_equal(link.tx.errors, 7);
	assert_int_equal(link.tx.dropped, 8);
	assert_true(net_stats_parse("\x1b[2J|x:18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
				    &link));
	assert_string_equal(link.name, "\x1b[2J|x");
	assert_true(link.rx.bytes == UINT64_MAX);
}

static void what_is_no_interface(void **state)
{
	static const char *const lines[] = {
		"",
		"Inter-|   Receive                                                |  Transmit",
		" face |bytes    packets errs drop fifo frame compressed multicast|bytes",
		"eth0: 1 2 3",
		": 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0",
		"a-name-of-16-byt: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0",
		"half\neth0: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0",
	};
	struct net_stats_link link;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (net_stats_parse(lines[i], &link))
			fail_msg("taken for an interface: %s", lines[i]);
}

static void the_callers_own_network_is_not_told(void **state)
{
	auto_net_stats struct net_stats stats = { 0 };
	struct err err = { 0 };
	uint64_t start;

	(void)state;
	assert_int_equal(proc_stat(getpid(), &start, NULL), 0);
	assert_ok(net_stats_read(getpid(), start, &stats, &err), &err);
	assert_false(stats.given);
}

/* A child with a network of its own, which waits to be killed. */
static pid_t start_child(uint64_t *ret_start)
{
	int ready[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && link_loopback_up(NULL) == 0)
			(void)!write(ready[1], "x", 1);
		close(ready[1]);
		pause();
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1) {
		kill(pid, SIGKILL);
		proc_wait(pid);
		skip(); /* no user namespaces here */
	}
	close(ready[0]);
	assert_int_equal(proc_stat(pid, ret_start, NULL), 0);
	return pid;
}

static void another_network_is(void **state)
{
	auto_net_stats struct net_stats stats = { 0 }, none = { 0 };
	struct err err = { 0 };
	uint64_t start;
	pid_t pid = start_child(&start);

	(void)state;
	assert_ok(net_stats_read(pid, start, &stats, &err), &err);
	assert_ok(net_stats_read(pid, start + 1, &none, &err), &err);
	kill(pid, SIGKILL);
	proc_wait(pid);
	assert_true(stats.given);
	assert_true(stats.n >= 1);
	assert_string_equal(stats.link[0].name, "lo");
	assert_false(none.given);
	assert_ok(net_stats_read(pid, start, &none, &err), &err);
	assert_false(none.given);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_an_interface),
		cmocka_unit_test(what_is_no_interface),
		cmocka_unit_test(the_callers_own_network_is_not_told),
		cmocka_unit_test(another_network_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
