/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "kvmshim/vmm/vsock.h"
#include "tests/unit/unit.h"
#include "tests/unit/virtio_driver.h"

enum {
	RX,
	TX,
	N = 64, /* of a queue */
	RX_BUFFERS = 16,
	RX_BYTES = 4096 + sizeof(struct virtio_vsock_hdr),
	RX_AT = DRIVER_BUFFERS,
	TX_AT = DRIVER_BUFFERS + (1 << 20),
	PORT = 1024,
	GUEST_PORT = 5000,
	ROOM = 8192, /* what the guest has for us */
};

struct fixture {
	struct driver driver;
	struct loop loop;
	struct vsock vsock;
	int listener;
	struct sockaddr_un address;
	int accepted[2]; /* ours, and what the device gets */
	uint32_t taken;  /* what the guest has taken of a connection */
	struct virtio_vsock_hdr heard;
	char data[RX_BYTES];
};

static int accept_port(void *self, uint32_t port)
{
	struct fixture *f = self;

	if (port != PORT)
		return -1;
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, f->accepted), 0);
	return f->accepted[1];
}

static void rx_offer(struct fixture *f, uint16_t i)
{
	driver_desc_set(&f->driver, RX, i, RX_AT + i * RX_BYTES, RX_BYTES, VRING_DESC_F_WRITE, 0);
	driver_offer(&f->driver, RX, i);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err;

	assert_non_null(f);
	f->accepted[0] = -1;
	driver_init(&f->driver, N);
	assert_ok(loop_init(&f->loop, &err), &err);
	f->address.sun_family = AF_UNIX;
	snprintf(f->address.sun_path + 1, 64, "vzrun-test-vsock-%d", getpid());
	f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(f->listener, (struct sockaddr *)&f->address, sizeof(f->address)), 0);
	assert_int_equal(listen(f->listener, 8), 0);
	assert_ok(vsock_init(&f->vsock, &f->driver.memory, &f->loop, f->listener, accept_port, f,
			     &err),
		  &err);
	driver_start(&f->driver, &f->vsock.device);
	for (uint16_t i = 0; i < RX_BUFFERS; i++)
		rx_offer(f, i);
	virtio_notify(&f->vsock.device, RX);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	vsock_done(&f->vsock);
	loop_done(&f->loop);
	driver_done(&f->driver);
	close(f->listener);
	if (f->accepted[0] >= 0)
		close(f->accepted[0]);
	free(f);
	return 0;
}

/* All that is ready is done. */
static void turn(struct fixture *f)
{
	struct err err;

	for (int i = 0; i < 8; i++)
		assert_ok(loop_turn(&f->loop, 0, &err), &err);
}

/* The guest's next packet: its operation, or 0; f->heard and f->data have it. */
static unsigned int hear(struct fixture *f)
{
	uint32_t len;
	int head;

	turn(f);
	head = driver_take(&f->driver, RX, &len);
	if (head < 0)
		return 0;
	memory_read(&f->driver.memory, RX_AT + (unsigned int)head * RX_BYTES, &f->heard,
		    sizeof(f->heard));
	assert_int_equal(len, sizeof(f->heard) + f->heard.len);
	assert_int_equal(f->heard.src_cid, VSOCK_HOST);
	assert_int_equal(f->heard.dst_cid, VSOCK_GUEST);
	memory_read(&f->driver.memory, RX_AT + (unsigned int)head * RX_BYTES + sizeof(f->heard),
		    f->data, f->heard.len ? f->heard.len : 1);
	rx_offer(f, (uint16_t)head);
	virtio_notify(&f->vsock.device, RX);
	return f->heard.op;
}

static struct virtio_vsock_hdr packet(const struct fixture *f, uint32_t guest_port,
				      uint32_t host_port, uint16_t op)
{
	return (struct virtio_vsock_hdr){ .src_cid = VSOCK_GUEST,
					  .dst_cid = VSOCK_HOST,
					  .src_port = guest_port,
					  .dst_port = host_port,
					  .type = VIRTIO_VSOCK_TYPE_STREAM,
					  .op = op,
					  .buf_alloc = ROOM,
					  .fwd_cnt = f->taken };
}

/* The guest sends a packet with `len` bytes of data. */
static void say(struct fixture *f, struct virtio_vsock_hdr header, const void *data, uint32_t len)
{
	uint32_t written;

	header.len = len;
	memory_write(&f->driver.memory, TX_AT, &header, sizeof(header));
	driver_desc_set(&f->driver, TX, 0, TX_AT, sizeof(header), len ? VRING_DESC_F_NEXT : 0, 1);
	if (len) {
		memory_write(&f->driver.memory, TX_AT + 4096, data, len);
		driver_desc_set(&f->driver, TX, 1, TX_AT + 4096, len, 0, 0);
	}
	driver_offer(&f->driver, TX, 0);
	virtio_notify(&f->vsock.device, TX);
	assert_int_equal(driver_take(&f->driver, TX, &written), 0);
}

/* A connection that the guest made to PORT. */
static void guest_connects(struct fixture *f)
{
	say(f, packet(f, GUEST_PORT, PORT, VIRTIO_VSOCK_OP_REQUEST), NULL, 0);
	assert_int_equal(hear(f), VIRTIO_VSOCK_OP_RESPONSE);
	assert_int_equal(f->heard.dst_port, GUEST_PORT);
	assert_int_equal(f->heard.src_port, PORT);
	assert_int_equal(f->heard.buf_alloc, VSOCK_CONN_BUFFER);
}

static int host_connects(const struct fixture *f, uint32_t port)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&f->address, sizeof(f->address)), 0);
	assert_int_equal(write(fd, &port, sizeof(port)), sizeof(port));
	return fd;
}

static bool is_at_end(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

/* ---- the tests ---- */

static void the_guest_connects_and_talks(void **state)
{
	struct fixture *f = *state;
	char text[16] = "";

	guest_connects(f);
	say(f, packet(f, GUEST_PORT, PORT, VIRTIO_VSOCK_OP_RW), "question", 8);
	assert_int_equal(read(f->accepted[0], text, sizeof(text)), 8);
	assert_string_equal(text, "question");
	assert_int_equal(write(f->accepted[0], "answer", 6), 6);
	assert_int_equal(hear(f), VIRTIO_VSOCK_OP_RW);
	assert_int_equal(f->heard.len, 6);
	assert_memory_equal(f->data, "answer", 6);
	assert_int_equal(f->heard.fwd_cnt, 8);
	assert_int_equal(hear(f), 0);
}

static void the_host_connects_and_talks(void **state)
{
	struct fixture *f = *state;
	int fd = host_connects(f, GUEST_PORT);
	uint32_t host_port;
	char text[8] = "";

	assert_int_equal(hear(f), VIRTIO_VSOCK_OP_REQUEST);
	assert_int_equal(f->heard.dst_port, GUEST_PORT);
	host_port = f->heard.src_port;
	assert_int_equal(write(fd, "early", 5), 5);
	assert_int_equal(hear(f), 0);
	say(f, packet(f, GUEST_PORT, host_port, VIRTIO_VSOCK_OP_RESPONSE), NULL, 0);
	assert_int_equal(hear(f), VIRTIO_VSOCK_OP_RW);
	assert_memory_equal(f->data, "early", 5);
	say(f, packet(f, GUEST_PORT, host_port, VIRTIO_VSOCK_OP_RW), "yes", 3);
	assert_int_equal(read(fd, text, sizeof(text)), 3);
	assert_string_equal(text, "yes");
	close(fd);
}

static void whom_nobody_answers_hears_it(void **state)
{
	struct fixture *f = *state;
	int fd = host_connects(f, GUEST_PORT);

	assert_int_equal(hear(f), VIRTIO_VSOCK_OP_REQUEST);
	say(f, packet(f, GUEST_PORT, f->heard.src_port, VIRTIO_VSOCK_OP_RST), NULL, 0);
	assert_true(is_at_end(fd));
	close(fd);
	say(f, packet(f, GUEST_PORT, PORT + 1, VIRTIO_VSOCK_OP_REQUEST), NULL, 0);
	assert_int_equal(hear(f), VIRTIO_VSOCK_OP_RST);
	assert_int_equal(f->heard.src_port, PORT + 1);
}

static void ends_are_passed_on_one_by_one(void **state)
{
	struct fixture *f = *state;
	struct virtio_vsock_hdr end;

	guest_connects(f);
	shutdown(f->accepted[0], SHUT_WR);
	assert_int_equal(hear(f), VIRTIO_VSOCK_OP_SHUTDOWN);
	assert_int_equal(f->heard.flags, VIRTIO_VSOCK_SHUTDOWN_SEND);
	say(f, packet(f, GUEST_PORT, PORT, VIRTIO_VSOCK_OP_RW), "s", 1);
	assert_false(is_at_end(f->accepted[0])); /* takes the byte */
	end = packet(f, GUEST_PORT, PORT, VIRTIO_VSOCK_OP_SHUTDOWN);
	end.flags = VIRTIO_VSOCK_SHUTDOWN_SEND | VIRTIO_VSOCK_SHUTDOWN_RCV;
	say(f, end, NULL, 0);
	assert_int_equal(hear(f), VIRTIO_VSOCK_OP_RST);
	assert_true(is_at_end(f->accepted[0]));
}

/* The device's buffer, the socket's and no more. */
static void a_program_that_does_not_read_holds_the_guest_up(void **state)
{
	struct fixture *f = *state;
	static const char data[4096];
	uint32_t sent = 0, read_bytes = 0;
	ssize_t n;
	char part[4096];

	guest_connects(f);
	f->heard = (struct virtio_vsock_hdr){ .buf_alloc = VSOCK_CONN_BUFFER };
	while (sent - f->heard.fwd_cnt + sizeof(data) <= f->heard.buf_alloc) {
		say(f, packet(f, GUEST_PORT, PORT, VIRTIO_VSOCK_OP_RW), data, sizeof(data));
		sent += sizeof(data);
		(void)hear(f); /* of its credit */
	}
	assert_true(sent >= VSOCK_CONN_BUFFER);
	while (read_bytes < sent) {
		n = recv(f->accepted[0], part, sizeof(part), MSG_DONTWAIT);
		if (n > 0)
			read_bytes += (uint32_t)n;
		else
			turn(f);
	}
	assert_int_equal(hear(f), VIRTIO_VSOCK_OP_CREDIT_UPDATE);
	assert_int_equal(f->heard.fwd_cnt, sent);
}

static void more_than_there_is_room_for_ends_it(void **state)
{
	struct fixture *f = *state;
	static const char data[32768];
	unsigned int op = 0;

	guest_connects(f);
	for (int i = 0; i < 64 && op != VIRTIO_VSOCK_OP_RST; i++) {
		say(f, packet(f, GUEST_PORT, PORT, VIRTIO_VSOCK_OP_RW), data, sizeof(data));
		op = hear(f);
	}
	assert_int_equal(op, VIRTIO_VSOCK_OP_RST);
}

static void the_guest_is_not_sent_more_than_it_has_room_for(void **state)
{
	struct fixture *f = *state;
	static const char data[3 * ROOM];
	uint32_t got = 0;

	guest_connects(f);
	assert_int_equal(write(f->accepted[0], data, sizeof(data)), sizeof(data));
	while (hear(f) == VIRTIO_VSOCK_OP_RW)
		got += f->heard.len;
	assert_int_equal(got, ROOM);
	f->taken = ROOM;
	say(f, packet(f, GUEST_PORT, PORT, VIRTIO_VSOCK_OP_CREDIT_UPDATE), NULL, 0);
	while (hear(f) == VIRTIO_VSOCK_OP_RW)
		got += f->heard.len;
	assert_int_equal(got, 2 * ROOM);
}

static void packets_that_make_no_sense_reach_nobody(void **state)
{
	struct fixture *f = *state;
	struct virtio_vsock_hdr header;
	uint32_t len;

	guest_connects(f);
	header = packet(f, GUEST_PORT, PORT, VIRTIO_VSOCK_OP_RW);
	header.src_cid = 77;
	say(f, header, "x", 1);
	header = packet(f, GUEST_PORT, PORT, VIRTIO_VSOCK_OP_RW);
	header.dst_cid = 1;
	say(f, header, "x", 1);
	/* longer than the chain */
	header = packet(f, GUEST_PORT, PORT, VIRTIO_VSOCK_OP_RW);
	header.len = 100;
	memory_write(&f->driver.memory, TX_AT, &header, sizeof(header));
	driver_desc_set(&f->driver, TX, 0, TX_AT, sizeof(header), 0, 0);
	driver_offer(&f->driver, TX, 0);
	/* shorter than a header */
	driver_desc_set(&f->driver, TX, 1, TX_AT, 8, 0, 0);
	driver_offer(&f->driver, TX, 1);
	virtio_notify(&f->vsock.device, TX);
	assert_int_equal(driver_take(&f->driver, TX, &len), 0);
	assert_int_equal(driver_take(&f->driver, TX, &len), 1);
	assert_int_equal(hear(f), 0);
	assert_int_equal(recv(f->accepted[0], &len, 1, MSG_DONTWAIT), -1);
	/* of a type, to a connection, that is none: told so */
	header = packet(f, GUEST_PORT + 1, PORT, VIRTIO_VSOCK_OP_RW);
	say(f, header, "x", 1);
	assert_int_equal(hear(f), VIRTIO_VSOCK_OP_RST);
	header = packet(f, GUEST_PORT, PORT, VIRTIO_VSOCK_OP_RW);
	header.type = VIRTIO_VSOCK_TYPE_SEQPACKET;
	say(f, header, "x", 1);
	assert_int_equal(hear(f), VIRTIO_VSOCK_OP_RST);
	assert_true(is_at_end(f->accepted[0]));
}

static void a_guest_can_not_take_all_rows_of_resets(void **state)
{
	struct fixture *f = *state;
	unsigned int resets = 0;

	for (uint32_t i = 0; i < 10 * VSOCK_RESETS_MAX; i++)
		say(f, packet(f, i, 1, VIRTIO_VSOCK_OP_REQUEST), NULL, 0);
	while (hear(f) == VIRTIO_VSOCK_OP_RST)
		resets++;
	assert_true(resets >= VSOCK_RESETS_MAX);
	guest_connects(f);
}

static void a_reset_closes_all(void **state)
{
	struct fixture *f = *state;

	guest_connects(f);
	driver_write(&f->vsock.device, VIRTIO_MMIO_STATUS, 0);
	assert_true(is_at_end(f->accepted[0]));
	turn(f);
}

static void connections_are_bounded(void **state)
{
	struct fixture *f = *state;
	unsigned int ups = 0;

	for (uint32_t i = 0; i < 2 * VSOCK_CONNS_MAX; i++) {
		say(f, packet(f, i, PORT, VIRTIO_VSOCK_OP_REQUEST), NULL, 0);
		ups += hear(f) == VIRTIO_VSOCK_OP_RESPONSE;
		close(f->accepted[0]);
		f->accepted[0] = -1;
		while (hear(f))
			;
	}
	assert_int_equal(ups, VSOCK_CONNS_MAX);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_guest_connects_and_talks),
		T(the_host_connects_and_talks),
		T(whom_nobody_answers_hears_it),
		T(ends_are_passed_on_one_by_one),
		T(a_program_that_does_not_read_holds_the_guest_up),
		T(more_than_there_is_room_for_ends_it),
		T(the_guest_is_not_sent_more_than_it_has_room_for),
		T(packets_that_make_no_sense_reach_nobody),
		T(a_guest_can_not_take_all_rows_of_resets),
		T(a_reset_closes_all),
		T(connections_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
