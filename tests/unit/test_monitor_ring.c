/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console's last bytes, and readers of different speed. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/monitor/ring.h"
#include "tests/unit/unit.h"

static struct ring ring;

static int begin(void **state)
{
	(void)state;
	memset(&ring, 0, sizeof(ring));
	return 0;
}

/* Byte n of the stream is n % 251. */
static void say(size_t n)
{
	while (n > 0) {
		size_t room;
		char *at = ring_room(&ring, &room);

		room = room < n ? room : n;
		for (size_t i = 0; i < room; i++)
			at[i] = (char)((ring.end + i) % 251);
		ring_add(&ring, room);
		n -= room;
	}
}

/* Reads to the end; each byte is the right one. */
static size_t read_all(uint64_t *at)
{
	size_t total = 0, n;

	while (*at < ring.end) {
		const char *data = ring_piece(&ring, *at, 1000, &n);

		assert_true(n > 0 && n <= 1000);
		for (size_t i = 0; i < n; i++)
			assert_int_equal((unsigned char)data[i], (*at + i) % 251);
		*at += n;
		total += n;
	}
	return total;
}

static void a_reader_gets_all_of_it(void **state)
{
	uint64_t at = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		say(7777);
		assert_int_equal(ring_skip(&ring, &at), 0);
		assert_int_equal(read_all(&at), 7777);
	}
}

static void who_comes_later_gets_the_last_64_kib(void **state)
{
	uint64_t at;

	(void)state;
	say(100);
	assert_int_equal(ring_begin(&ring), 0);
	say(RING_SIZE - 100);
	assert_int_equal(ring_begin(&ring), 0);
	say(1);
	at = ring_begin(&ring);
	assert_int_equal(at, 1);
	assert_int_equal(read_all(&at), RING_SIZE);
}

static void who_is_too_slow_misses_the_oldest(void **state)
{
	uint64_t at = 0;

	(void)state;
	say(3 * (size_t)RING_SIZE + 5);
	assert_int_equal(ring_skip(&ring, &at), 2 * (uint64_t)RING_SIZE + 5);
	assert_int_equal(read_all(&at), RING_SIZE);
	assert_int_equal(ring_skip(&ring, &at), 0);
	assert_int_equal(read_all(&at), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_reader_gets_all_of_it, begin),
		cmocka_unit_test_setup(who_comes_later_gets_the_last_64_kib, begin),
		cmocka_unit_test_setup(who_is_too_slow_misses_the_oldest, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
