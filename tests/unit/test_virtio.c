/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "kvmshim/vmm/bus.h"
#include "kvmshim/vmm/rng.h"
#include "tests/unit/virtio_driver.h"

/* A device that counts. */
struct counter {
	unsigned int starts, notifies, resets;
};

static void counter_start(struct virtio_device *device)
{
	((struct counter *)device->self)->starts++;
}

static void counter_notify(struct virtio_device *device, unsigned int queue)
{
	struct virtq_chain chain;

	((struct counter *)device->self)->notifies++;
	(void)virtq_pop(&device->queues[queue], &chain);
}

static void counter_reset(struct virtio_device *device)
{
	((struct counter *)device->self)->resets++;
}

static const struct virtio_ops counter_ops = {
	.name = "counter",
	.id = 42,
	.n_queues = 2,
	.features = 1ULL << 3,
	.start = counter_start,
	.notify = counter_notify,
	.reset = counter_reset,
};

struct fixture {
	struct driver driver;
	struct counter counter;
	struct virtio_device device;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	driver_init(&f->driver, 8);
	virtio_init(&f->device, &counter_ops, &f->counter, &f->driver.memory);
	f->device.interrupt_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close(f->device.interrupt_fd);
	virtio_done(&f->device);
	driver_done(&f->driver);
	free(f);
	return 0;
}

static uint64_t interrupts(const struct virtio_device *device)
{
	uint64_t n = 0;

	return read(device->interrupt_fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static void it_says_what_it_is(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(driver_read(&f->device, VIRTIO_MMIO_MAGIC_VALUE), 0x74726976);
	assert_int_equal(driver_read(&f->device, VIRTIO_MMIO_VERSION), 2);
	assert_int_equal(driver_read(&f->device, VIRTIO_MMIO_DEVICE_ID), 42);
	assert_int_equal(driver_read(&f->device, VIRTIO_MMIO_QUEUE_NUM_MAX), VIRTQ_SIZE_MAX);
	driver_write(&f->device, VIRTIO_MMIO_QUEUE_SEL, 2);
	assert_int_equal(driver_read(&f->device, VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
	assert_int_equal(driver_read(&f->device, VIRTIO_MMIO_SHM_LEN_LOW), UINT32_MAX);
}

static void a_driver_brings_it_to_work(void **state)
{
	struct fixture *f = *state;

	driver_start(&f->driver, &f->device);
	assert_true(virtio_runs(&f->device));
	assert_int_equal(f->counter.starts, 1);
	driver_write(&f->device, VIRTIO_MMIO_QUEUE_NOTIFY, 1);
	virtio_notify(&f->device, 0);
	assert_int_equal(f->counter.notifies, 2);
	driver_write(&f->device, VIRTIO_MMIO_QUEUE_NOTIFY, 2);
	assert_int_equal(f->counter.notifies, 2);
	driver_write(&f->device, VIRTIO_MMIO_STATUS, 0);
	assert_int_equal(driver_read(&f->device, VIRTIO_MMIO_STATUS), 0);
	virtio_notify(&f->device, 0);
	assert_int_equal(f->counter.notifies, 2);
	assert_int_equal(f->counter.resets, 2);
}

static void features_that_were_not_offered_are_refused(void **state)
{
	static const uint64_t sets[] = {
		1ULL << VIRTIO_F_VERSION_1 | 1ULL << 4, /* not offered */
		1ULL << 3,                              /* of before version 1 */
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		driver_write(&f->device, VIRTIO_MMIO_STATUS, 0);
		for (uint32_t half = 0; half < 2; half++) {
			driver_write(&f->device, VIRTIO_MMIO_DRIVER_FEATURES_SEL, half);
			driver_write(&f->device, VIRTIO_MMIO_DRIVER_FEATURES,
				     (uint32_t)(sets[i] >> 32 * half));
		}
		driver_write(&f->device, VIRTIO_MMIO_STATUS,
			     VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK);
		assert_int_equal(driver_read(&f->device, VIRTIO_MMIO_STATUS),
				 VIRTIO_CONFIG_S_DRIVER);
		driver_write(&f->device, VIRTIO_MMIO_STATUS,
			     VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK);
		assert_false(virtio_runs(&f->device));
		assert_int_equal(f->counter.starts, 0);
	}
}

/* CVE-2026-5747's way: the ring is moved after it was checked. */
static void a_queue_at_work_never_moves(void **state)
{
	struct fixture *f = *state;
	struct virtq before;

	driver_start(&f->driver, &f->device);
	before = f->device.queues[0];
	driver_write(&f->device, VIRTIO_MMIO_QUEUE_SEL, 0);
	driver_write(&f->device, VIRTIO_MMIO_QUEUE_NUM, VIRTQ_SIZE_MAX);
	driver_write(&f->device, VIRTIO_MMIO_QUEUE_DESC_LOW, DRIVER_MEMORY_BYTES - 16);
	driver_write(&f->device, VIRTIO_MMIO_QUEUE_USED_HIGH, UINT32_MAX);
	driver_write(&f->device, VIRTIO_MMIO_QUEUE_READY, 0);
	driver_write(&f->device, VIRTIO_MMIO_QUEUE_READY, 1);
	assert_memory_equal(&f->device.queues[0], &before, sizeof(before));
	driver_write(&f->device, VIRTIO_MMIO_DRIVER_FEATURES, 0);
	assert_true(f->device.accepted & 1ULL << VIRTIO_F_VERSION_1);
}

static void a_driver_that_breaks_a_rule_stops_the_device(void **state)
{
	struct fixture *f = *state;

	driver_start(&f->driver, &f->device);
	driver_desc_set(&f->driver, 0, 0, UINT64_MAX, 1, 0, 0);
	driver_offer(&f->driver, 0, 0);
	virtio_notify(&f->device, 0);
	assert_true(driver_read(&f->device, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET);
	assert_int_equal(interrupts(&f->device), 1);
	assert_int_equal(driver_read(&f->device, VIRTIO_MMIO_INTERRUPT_STATUS),
			 VIRTIO_MMIO_INT_CONFIG);
	virtio_notify(&f->device, 0);
	assert_int_equal(f->counter.notifies, 1);
	driver_write(&f->device, VIRTIO_MMIO_STATUS, 7);
	assert_false(virtio_runs(&f->device));
	driver_start(&(struct driver){ .memory = f->driver.memory, .size = 8 }, &f->device);
	assert_true(virtio_runs(&f->device));
}

static void registers_take_words_and_nothing_else(void **state)
{
	static const char config[] = "0123456";
	struct fixture *f = *state;
	uint64_t value = UINT64_MAX;

	virtio_read(&f->device, VIRTIO_MMIO_MAGIC_VALUE, &value, 1);
	assert_int_equal(value & 0xff, 0);
	virtio_read(&f->device, VIRTIO_MMIO_MAGIC_VALUE + 2, &value, 4);
	assert_int_equal(value & UINT32_MAX, 0);
	f->device.config = config;
	f->device.config_bytes = 7;
	virtio_read(&f->device, VIRTIO_MMIO_CONFIG + 1, &value, 2);
	assert_memory_equal(&value, "12", 2);
	virtio_read(&f->device, VIRTIO_MMIO_CONFIG + 4, &value, 4);
	assert_int_equal(value & UINT32_MAX, 0);
	virtio_read(&f->device, VIRTIO_MMIO_BYTES - 1, &value, 1);
	assert_int_equal(value & 0xff, 0);
	virtio_write(&f->device, VIRTIO_MMIO_CONFIG, &value, 4);
}

static void the_bus_finds_whose_access_it_is(void **state)
{
	struct fixture *f = *state;
	struct bus bus = { .n = 0 };
	uint32_t value;

	assert_int_equal(bus_add(&bus, &f->device, NULL), 0);
	bus_access(&bus, BUS_GPA + VIRTIO_MMIO_DEVICE_ID, &value, 4, false);
	assert_int_equal(value, 42);
	bus_access(&bus, BUS_GPA + VIRTIO_MMIO_BYTES, &value, 4, false);
	assert_int_equal(value, UINT32_MAX);
	bus_access(&bus, BUS_GPA - 4, &value, 4, false);
	assert_int_equal(value, UINT32_MAX);
	bus_access(&bus, UINT64_MAX - 3, &value, 4, true);
	while (bus.n < BUS_DEVICES_MAX)
		assert_int_equal(bus_add(&bus, &f->device, NULL), 0);
	assert_int_equal(bus_add(&bus, &f->device, NULL), -1);
}

static void entropy_fills_what_it_is_given(void **state)
{
	struct fixture *f = *state;
	struct virtio_device rng;
	unsigned char bytes[64], none[64] = { 0 };
	uint32_t len = 0;

	rng_init(&rng, &f->driver.memory);
	rng.interrupt_fd = f->device.interrupt_fd;
	driver_start(&f->driver, &rng);
	driver_desc_set(&f->driver, 0, 0, DRIVER_BUFFERS, sizeof(bytes), VRING_DESC_F_WRITE, 0);
	driver_offer(&f->driver, 0, 0);
	virtio_notify(&rng, 0);
	assert_int_equal(driver_take(&f->driver, 0, &len), 0);
	assert_int_equal(len, sizeof(bytes));
	memory_read(&f->driver.memory, DRIVER_BUFFERS, bytes, sizeof(bytes));
	assert_memory_not_equal(bytes, none, sizeof(bytes));
	assert_int_equal(interrupts(&rng), 1);
	virtio_done(&rng);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(it_says_what_it_is),
		T(a_driver_brings_it_to_work),
		T(features_that_were_not_offered_are_refused),
		T(a_queue_at_work_never_moves),
		T(a_driver_that_breaks_a_rule_stops_the_device),
		T(registers_take_words_and_nothing_else),
		T(the_bus_finds_whose_access_it_is),
		T(entropy_fills_what_it_is_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
