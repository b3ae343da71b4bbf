/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/virtio_driver.h"

enum { N = 8, WRITE = VRING_DESC_F_WRITE, NEXT = VRING_DESC_F_NEXT };

struct fixture {
	struct driver driver;
	struct virtq q;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	driver_init(&f->driver, N);
	f->q = (struct virtq){
		.memory = &f->driver.memory, .size = N, .avail_gpa = 0x1000, .used_gpa = 0x2000
	};
	assert_int_equal(virtq_start(&f->q), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	driver_done(&f->driver);
	free(f);
	return 0;
}

static void a_chain_comes_as_it_was_offered(void **state)
{
	struct fixture *f = *state;
	struct virtq_chain chain;
	char text[8] = "";
	uint32_t len = 0;

	memory_write(&f->driver.memory, DRIVER_BUFFERS, "hello", 5);
	driver_desc_set(&f->driver, 0, 3, DRIVER_BUFFERS, 3, NEXT, 5);
	driver_desc_set(&f->driver, 0, 5, DRIVER_BUFFERS + 3, 2, NEXT, 0);
	driver_desc_set(&f->driver, 0, 0, DRIVER_BUFFERS + 16, 4, WRITE, 0);
	driver_offer(&f->driver, 0, 3);

	assert_int_equal(virtq_pop(&f->q, &chain), 1);
	assert_int_equal(chain.head, 3);
	assert_int_equal(chain.n_read, 2);
	assert_int_equal(chain.n_write, 1);
	assert_int_equal(chain.read_bytes, 5);
	assert_int_equal(chain.write_bytes, 4);
	assert_int_equal(virtq_copy_in(&chain, 0, text, sizeof(text)), 5);
	assert_string_equal(text, "hello");
	assert_int_equal(virtq_copy_in(&chain, 2, text, 2), 2);
	assert_memory_equal(text, "ll", 2);
	assert_int_equal(virtq_copy_in(&chain, 5, text, 2), 0);
	assert_int_equal(virtq_copy_out(&chain, 1, "abcd", 4), 3);
	virtq_push(&f->q, chain.head, 4);
	assert_int_equal(driver_take(&f->driver, 0, &len), 3);
	assert_int_equal(len, 4);
	memory_read(&f->driver.memory, DRIVER_BUFFERS + 17, text, 3);
	assert_memory_equal(text, "abc", 3);
	assert_int_equal(virtq_pop(&f->q, &chain), 0);
}

static void the_ring_wraps(void **state)
{
	struct fixture *f = *state;
	struct virtq_chain chain;
	uint32_t len = 0;

	driver_desc_set(&f->driver, 0, 1, DRIVER_BUFFERS, 1, WRITE, 0);
	for (uint32_t i = 0; i < 3 * UINT16_MAX; i++) {
		driver_offer(&f->driver, 0, 1);
		assert_int_equal(virtq_pop(&f->q, &chain), 1);
		virtq_push(&f->q, 1, i);
		assert_int_equal(driver_take(&f->driver, 0, &len), 1);
		assert_int_equal(len, i);
	}
}

/* What a driver must not do: each row breaks the queue, for good. */
static void rules_are_kept(void **state)
{
	static const struct {
		const char *what;
		struct vring_desc first, second;
		uint16_t head;
	} rows[] = {
		{ "a head outside of the table", { .addr = DRIVER_BUFFERS, .len = 1 }, { 0 }, N },
		{ "a next outside of the table",
		  { .addr = DRIVER_BUFFERS, .len = 1, .flags = NEXT, .next = N },
		  { 0 },
		  0 },
		{ "a loop", { .addr = DRIVER_BUFFERS, .len = 1, .flags = NEXT }, { 0 }, 0 },
		{ "no length", { .addr = DRIVER_BUFFERS }, { 0 }, 0 },
		{ "outside of memory", { .addr = DRIVER_MEMORY_BYTES, .len = 1 }, { 0 }, 0 },
		{ "across the end", { .addr = DRIVER_MEMORY_BYTES - 1, .len = 2 }, { 0 }, 0 },
		{ "an address that overflows", { .addr = UINT64_MAX, .len = 2 }, { 0 }, 0 },
		{ "a table of descriptors",
		  { .addr = DRIVER_BUFFERS, .len = 16, .flags = VRING_DESC_F_INDIRECT },
		  { 0 },
		  0 },
		{ "to read behind to write",
		  { .addr = DRIVER_BUFFERS, .len = 1, .flags = WRITE | NEXT, .next = 1 },
		  { .addr = DRIVER_BUFFERS, .len = 1 },
		  0 },
	};
	struct fixture *f = *state;
	struct virtq_chain chain;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct virtq fresh = { .memory = f->q.memory,
					     .size = N,
					     .avail_gpa = 0x1000,
					     .used_gpa = 0x2000,
					     .next_avail = f->driver.avail[0] };

		f->q = fresh;
		assert_int_equal(virtq_start(&f->q), 0);
		driver_desc(&f->driver, 0)[0] = rows[i].first;
		driver_desc(&f->driver, 0)[1] = rows[i].second;
		driver_offer(&f->driver, 0, rows[i].head);
		if (virtq_pop(&f->q, &chain) != -1)
			fail_msg("%s: accepted", rows[i].what);
		driver_desc_set(&f->driver, 0, 0, DRIVER_BUFFERS, 1, 0, 0);
		assert_int_equal(virtq_pop(&f->q, &chain), -1);
		assert_false(virtq_listen(&f->q));
		assert_false(virtq_interrupts(&f->q));
	}
}

static void an_index_that_jumps_breaks_it(void **state)
{
	struct fixture *f = *state;
	struct virtq_chain chain;

	driver_avail(&f->driver, 0)->idx = N + 1;
	assert_int_equal(virtq_pop(&f->q, &chain), -1);
}

static void a_setup_that_can_not_be_is_refused(void **state)
{
	static const struct virtq rows[] = {
		{ .size = 0 },
		{ .size = 3 },
		{ .size = 2 * VIRTQ_SIZE_MAX },
		{ .size = N, .desc_gpa = 8 },
		{ .size = N, .avail_gpa = 1 },
		{ .size = N, .used_gpa = 2 },
		{ .size = N, .desc_gpa = DRIVER_MEMORY_BYTES - 16 },
		{ .size = N, .avail_gpa = DRIVER_MEMORY_BYTES - 4 },
		{ .size = N, .used_gpa = UINT64_MAX - 3 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct virtq q = rows[i];

		q.memory = &f->driver.memory;
		assert_int_equal(virtq_start(&q), -1);
		assert_true(q.broken);
	}
}

static void interrupts_come_when_they_are_wanted(void **state)
{
	struct fixture *f = *state;

	assert_false(virtq_interrupts(&f->q)); /* nothing was pushed */
	virtq_push(&f->q, 0, 0);
	assert_true(virtq_interrupts(&f->q));
	assert_false(virtq_interrupts(&f->q));
	driver_avail(&f->driver, 0)->flags = VRING_AVAIL_F_NO_INTERRUPT;
	virtq_push(&f->q, 0, 0);
	assert_false(virtq_interrupts(&f->q));
}

static void event_indices_hold_interrupts_back(void **state)
{
	struct fixture *f = *state;
	uint16_t *used_event = &driver_avail(&f->driver, 0)->ring[N];

	f->q.event_idx = true;
	*used_event = 1;
	virtq_push(&f->q, 0, 0);
	assert_false(virtq_interrupts(&f->q));
	virtq_push(&f->q, 0, 0);
	assert_true(virtq_interrupts(&f->q));
	virtq_push(&f->q, 0, 0);
	assert_false(virtq_interrupts(&f->q));
}

static void listening_tells_of_what_came_meanwhile(void **state)
{
	struct fixture *f = *state;
	const uint16_t *avail_event = (const uint16_t *)&driver_used(&f->driver, 0)->ring[N];
	struct virtq_chain chain;

	f->q.event_idx = true;
	driver_desc_set(&f->driver, 0, 0, DRIVER_BUFFERS, 1, 0, 0);
	assert_false(virtq_listen(&f->q));
	driver_offer(&f->driver, 0, 0);
	assert_true(virtq_listen(&f->q));
	assert_int_equal(virtq_pop(&f->q, &chain), 1);
	assert_false(virtq_listen(&f->q));
	assert_int_equal(*avail_event, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_chain_comes_as_it_was_offered),
		T(the_ring_wraps),
		T(rules_are_kept),
		T(an_index_that_jumps_breaks_it),
		T(a_setup_that_can_not_be_is_refused),
		T(interrupts_come_when_they_are_wanted),
		T(event_indices_hold_interrupts_back),
		T(listening_tells_of_what_came_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
