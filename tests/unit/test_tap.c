/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tap in a fresh network namespace, "inner", connected with its NIC "in", whose other end "out" is in
 * another namespace, where the test runs. */
#include "config.h"

#include "tests/unit/unit.h"
#include "tests/unit/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netlink/route/link.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netsetup/netlink.h"
#include "netsetup/tap.h"
#include "netsetup/tc.h"
#include "runtime/base/mem.h"

#define HEADER 10       /* struct virtio_net_hdr */
#define PROTOCOL 0x88b5 /* IEEE 802's for local experiments */
#define FRAME 100
#define PATIENCE_MSEC 10000

static int outer_ns = -1, inner_ns = -1;

static void change(const char *name, uint32_t mtu)
{
	struct ifreq req = { .ifr_mtu = (int)mtu };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(req.ifr_name, name);
	assert_return_code(ioctl(fd, SIOCSIFMTU, &req), errno);
	req.ifr_flags = IFF_UP;
	assert_return_code(ioctl(fd, SIOCSIFFLAGS, &req), errno);
	close(fd);
}

static int make_pair(void **state)
{
	struct nl_sock *sock;
	int rc;

	(void)state;
	if (geteuid() != 0)
		return 0;
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	inner_ns = open_netns();
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	outer_ns = open_netns();
	sock = netlink_open(NETLINK_ROUTE, NULL);
	rc = veth_add(sock, "out", 0, "in", inner_ns);
	nl_socket_free(sock);
	if (rc < 0)
		return -1;
	change("out", 1400);
	enter(inner_ns);
	change("in", 1400);
	enter(outer_ns);
	return 0;
}

static int close_pair(void **state)
{
	(void)state;
	close(inner_ns);
	close(outer_ns);
	return 0;
}

static int open_out(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(PROTOCOL));
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(PROTOCOL),
				  .sll_ifindex = (int)if_nametoindex("out") };

	assert_return_code(fd, errno);
	assert_return_code(bind(fd, (struct sockaddr *)&at, sizeof(at)), errno);
	return fd;
}

/* To a MAC that neither end has: nobody but a cable passes that on. */
static void fill(uint8_t frame[FRAME], uint8_t mark)
{
	memset(frame, mark, FRAME);
	memcpy(frame, "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x88\xb5", 14);
}

/* Waits for our frame on one of the fds, behind `skip` bytes; others (of IPv6) are passed over. */
static void assert_arrives(const int *fds, size_t n, size_t skip, const uint8_t frame[FRAME])
{
	struct pollfd polled[TAP_QUEUES_MAX];
	uint8_t got[2048];

	for (size_t i = 0; i < n; i++)
		polled[i] = (struct pollfd){ fds[i], POLLIN, 0 };
	while (poll(polled, n, PATIENCE_MSEC) > 0) {
		for (size_t i = 0; i < n; i++) {
			ssize_t len = polled[i].revents ? read(fds[i], got, sizeof(got)) : 0;

			if (len == (ssize_t)(skip + FRAME) && memcmp(got + skip, frame, FRAME) == 0)
				return;
		}
	}
	fail_msg("the frame does not arrive");
}

static void send_by(int queue, const uint8_t frame[FRAME])
{
	uint8_t message[HEADER + FRAME] = { 0 };

	memcpy(message + HEADER, frame, FRAME);
	assert_int_equal(write(queue, message, sizeof(message)), sizeof(message));
}

static void frames_pass_both_ways(size_t queues)
{
	struct tap tap;
	struct err err;
	uint8_t frame[FRAME];
	int fd = open_out();

	assert_ok(tap_make(inner_ns, "in", "tap0", queues, &tap, &err), &err);
	assert_int_equal(tap.n, queues);
	for (size_t i = 0; i < queues; i++) {
		fill(frame, (uint8_t)(i + 1));
		send_by(tap.fds[i], frame);
		assert_arrives(&fd, 1, 0, frame);
	}
	fill(frame, 0x77);
	assert_int_equal(send(fd, frame, FRAME, 0), FRAME);
	assert_arrives(tap.fds, tap.n, HEADER, frame);
	tap_done(&tap);
	close(fd);
}

static void one_queue_is_a_cable(void **state)
{
	NEED_ROOT;
	frames_pass_both_ways(1);
}

static void each_queue_is_a_cable(void **state)
{
	NEED_ROOT;
	frames_pass_both_ways(4);
}

static void most_queues_are_had(void **state)
{
	NEED_ROOT;
	frames_pass_both_ways(TAP_QUEUES_MAX);
}

static struct rtnl_link *read_link(const char *name)
{
	struct nl_sock *sock = netlink_open_in(inner_ns, NETLINK_ROUTE, NULL);
	struct rtnl_link *link = NULL;

	assert_non_null(sock);
	rtnl_link_get_kernel(sock, 0, name, &link);
	nl_socket_free(sock);
	return link;
}

static void guest_is_told_what_the_nic_is(void **state)
{
	struct rtnl_link *link;
	struct tap tap;
	struct err err;

	NEED_ROOT;
	assert_ok(tap_make(inner_ns, "in", "tap0", 2, &tap, &err), &err);
	link = read_link("in");
	assert_memory_equal(tap.mac, nl_addr_get_binary_addr(rtnl_link_get_addr(link)), 6);
	rtnl_link_put(link);
	assert_int_equal(tap.mtu, 1400);
	assert_true(tap.offloads & TUN_F_CSUM && tap.offloads & TUN_F_TSO4);
	link = read_link("tap0");
	assert_int_equal(rtnl_link_get_mtu(link), 1400);
	assert_true(rtnl_link_get_flags(link) & IFF_UP);
	rtnl_link_put(link);
	tap_done(&tap);
	assert_null(read_link("tap0"));
}

/* The caller stays where it is, and a second tap at the same NIC takes over. */
static void new_tap_takes_over(void **state)
{
	struct tap tap;
	struct err err;

	NEED_ROOT;
	assert_ok(tap_make(inner_ns, "in", "old", 1, &tap, &err), &err);
	assert_int_not_equal(if_nametoindex("out"), 0);
	frames_pass_both_ways(1);
	tap_done(&tap);
	frames_pass_both_ways(2);
}

static bool is_redirected(const char *name)
{
	struct nl_sock *sock = netlink_open_in(inner_ns, NETLINK_ROUTE, NULL);
	struct rtnl_link *link = read_link(name);
	bool redirected;

	assert_return_code(tc_is_redirected(sock, rtnl_link_get_ifindex(link), &redirected, NULL),
			   0);
	rtnl_link_put(link);
	nl_socket_free(sock);
	return redirected;
}

static void errors_leave_nothing(void **state)
{
	struct tap tap, first;
	struct err err;

	NEED_ROOT;
	assert_fails(tap_make(inner_ns, "none", "tap0", 1, &tap, &err), &err, ENODEV,
		     "find the container's interface \"none\": No such device");
	assert_fails(tap_make(inner_ns, "in", "tap0", 0, &tap, &err), &err, ERR_INPUT,
		     "make the tap \"tap0\": 0 queues are not 1 to 16");
	assert_fails(tap_make(inner_ns, "in", "a-much-too-long-name", 1, &tap, &err), &err,
		     ERR_INPUT, "make the tap \"a-much-too-long-name\": no name of an interface");
	assert_fails(tap_make(inner_ns, "in", "in", 1, &tap, &err), &err, EBUSY,
		     "make the tap \"in\": Device or resource busy");
	assert_null(read_link("tap0"));
	assert_false(is_redirected("in"));
	assert_ok(tap_make(inner_ns, "in", "tap0", 1, &first, &err), &err);
	assert_fails(tap_make(inner_ns, "in", "tap0", 1, &tap, &err), &err, EBUSY,
		     "make the tap \"tap0\": Device or resource busy");
	tap_done(&first);
}

static void link_without_frames_is_refused(void **state)
{
	struct tap tap;
	struct err err;

	NEED_ROOT;
	enter(inner_ns);
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	struct ifreq req = { .ifr_name = "tun0", .ifr_flags = IFF_TUN | IFF_NO_PI };

	assert_return_code(ioctl(fd, TUNSETIFF, &req), errno);
	enter(outer_ns);
	assert_fails(tap_make(inner_ns, "tun0", "tap0", 1, &tap, &err), &err, ERR_UNSUPPORTED,
		     "the container's interface \"tun0\" is not Ethernet");
	close(fd);
}

#define TAP_TEST(name) cmocka_unit_test_setup_teardown(name, make_pair, close_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TAP_TEST(one_queue_is_a_cable),
		TAP_TEST(each_queue_is_a_cable),
		TAP_TEST(most_queues_are_had),
		TAP_TEST(guest_is_told_what_the_nic_is),
		TAP_TEST(new_tap_takes_over),
		TAP_TEST(errors_leave_nothing),
		TAP_TEST(link_without_frames_is_refused),
	};

	return cmocka_run_group_tests_name("tap", tests, NULL, NULL);
}
