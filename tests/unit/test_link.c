/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interfaces, in two fresh network namespaces: "here", where the test runs, and "there". */
#include "config.h"

#include "tests/unit/unit.h"
#include "tests/unit/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netsetup/link.h"
#include "runtime/base/mem.h"

static int here = -1, there = -1;

/* Each test begins with two empty namespaces. */
static int make_namespaces(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return 0;
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	there = open_netns();
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	here = open_netns();
	return here < 0 || there < 0 ? -1 : 0;
}

static int close_namespaces(void **state)
{
	(void)state;
	close(here);
	close(there);
	return 0;
}

static struct nl_sock *open_sock(void)
{
	struct nl_sock *sock = nl_socket_alloc();

	assert_return_code(nl_connect(sock, NETLINK_ROUTE), 0);
	return sock;
}

static void make_veth(const char *name, const char *peer)
{
	struct nl_sock *sock = open_sock();

	assert_return_code(rtnl_link_veth_add(sock, name, peer, getpid()), 0);
	nl_socket_free(sock);
}

static void add_address(const char *link, const char *text, unsigned int lifetime_sec)
{
	struct nl_sock *sock = open_sock();
	struct rtnl_addr *addr = rtnl_addr_alloc();
	struct nl_addr *local;

	assert_return_code(nl_addr_parse(text, AF_UNSPEC, &local), 0);
	rtnl_addr_set_local(addr, local);
	rtnl_addr_set_ifindex(addr, (int)if_nametoindex(link));
	if (lifetime_sec) {
		rtnl_addr_set_valid_lifetime(addr, lifetime_sec);
		rtnl_addr_set_preferred_lifetime(addr, lifetime_sec);
	}
	assert_return_code(rtnl_addr_add(sock, addr, 0), 0);
	nl_addr_put(local);
	rtnl_addr_put(addr);
	nl_socket_free(sock);
}

/* All global addresses of the link, sorted as the kernel lists them: "10.0.0.1/24 …". */
static const char *addresses(const char *link)
{
	static char text[512];
	struct nl_sock *sock = open_sock();
	struct nl_cache *cache;

	text[0] = '\0';
	assert_return_code(rtnl_addr_alloc_cache(sock, &cache), 0);
	for (struct nl_object *at = nl_cache_get_first(cache); at; at = nl_cache_get_next(at)) {
		struct rtnl_addr *addr = (struct rtnl_addr *)at;
		char one[64];

		if (rtnl_addr_get_ifindex(addr) != (int)if_nametoindex(link) ||
		    rtnl_addr_get_scope(addr) != RT_SCOPE_UNIVERSE)
			continue;
		nl_addr2str(rtnl_addr_get_local(addr), one, sizeof(one));
		strcat(strcat(text, *text ? " " : ""), one);
	}
	nl_cache_free(cache);
	nl_socket_free(sock);
	return text;
}

static bool is_up(const char *name)
{
	struct ifreq req = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	assert_return_code(ioctl(fd, SIOCGIFFLAGS, &req), errno);
	close(fd);
	return req.ifr_flags & IFF_UP;
}

static void move(const char *name, const char *new_name)
{
	struct err err;

	assert_ok(link_move(name, new_name, there, &err), &err);
}

static void loopback_is_set_up(void **state)
{
	struct err err;

	NEED_ROOT;
	assert_false(is_up("lo"));
	assert_ok(link_loopback_up(&err), &err);
	assert_true(is_up("lo"));
}

static void interface_moves_under_a_new_name(void **state)
{
	NEED_ROOT;
	make_veth("vz0", "vz1");
	move("vz0", "eth0");
	assert_int_equal(if_nametoindex("vz0"), 0);
	assert_int_not_equal(if_nametoindex("vz1"), 0);
	enter(there);
	assert_true(is_up("eth0"));
	enter(here);
}

static void caller_stays_where_it_is(void **state)
{
	NEED_ROOT;
	make_veth("vz0", "vz1");
	move("vz0", "vz0");
	assert_int_not_equal(if_nametoindex("vz1"), 0);
}

static void permanent_global_addresses_come_along(void **state)
{
	NEED_ROOT;
	make_veth("vz0", "vz1");
	add_address("vz0", "10.1.2.3/24", 0);
	add_address("vz0", "10.1.2.4/24", 0);
	add_address("vz0", "fd00::7/64", 0);
	add_address("vz0", "10.9.9.9/32", 1000);
	add_address("vz1", "10.1.2.5/24", 0);
	move("vz0", "eth0");
	enter(there);
	assert_string_equal(addresses("eth0"), "10.1.2.3/24 10.1.2.4/24 fd00::7/64");
	enter(here);
	assert_string_equal(addresses("vz1"), "10.1.2.5/24");
}

static void mtu_comes_along(void **state)
{
	struct ifreq req = { .ifr_name = "vz0", .ifr_mtu = 1234 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	NEED_ROOT;
	make_veth("vz0", "vz1");
	assert_return_code(ioctl(fd, SIOCSIFMTU, &req), errno);
	close(fd);
	move("vz0", "vz0");
	enter(there);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	req.ifr_mtu = 0;
	assert_return_code(ioctl(fd, SIOCGIFMTU, &req), errno);
	close(fd);
	enter(here);
	assert_int_equal(req.ifr_mtu, 1234);
}

static void template_takes_the_first_free_number(void **state)
{
	NEED_ROOT;
	make_veth("a0", "b0");
	make_veth("a1", "b1");
	move("a0", "eth%d");
	move("a1", "eth%d");
	enter(there);
	assert_true(is_up("eth0"));
	assert_true(is_up("eth1"));
	enter(here);
}

static void name_that_is_taken_is_refused(void **state)
{
	struct err err;

	NEED_ROOT;
	make_veth("a0", "b0");
	make_veth("a1", "b1");
	move("a0", "eth0");
	assert_fails(link_move("a1", "eth0", there, &err), &err, EEXIST,
		     "name the container's interface \"eth0\": File exists");
	assert_int_not_equal(if_nametoindex("a1"), 0);
}

static void old_name_may_be_taken_there(void **state)
{
	NEED_ROOT;
	make_veth("a0", "b0");
	move("a0", "a0");
	make_veth("a0", "b1");
	move("a0", "a1");
	enter(there);
	assert_true(is_up("a0"));
	assert_true(is_up("a1"));
	enter(here);
}

static void interface_that_is_not_there_is_an_error(void **state)
{
	struct err err;

	NEED_ROOT;
	assert_fails(link_move("none0", "eth0", there, &err), &err, ENODEV,
		     "find the interface \"none0\": No such device");
}

static void loopback_does_not_move(void **state)
{
	struct err err;

	NEED_ROOT;
	assert_int_equal(link_move("lo", "lo1", there, &err), -1);
	assert_int_not_equal(if_nametoindex("lo"), 0);
}

#define LINK_TEST(name) cmocka_unit_test_setup_teardown(name, make_namespaces, close_namespaces)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LINK_TEST(loopback_is_set_up),
		LINK_TEST(interface_moves_under_a_new_name),
		LINK_TEST(caller_stays_where_it_is),
		LINK_TEST(permanent_global_addresses_come_along),
		LINK_TEST(mtu_comes_along),
		LINK_TEST(template_takes_the_first_free_number),
		LINK_TEST(name_that_is_taken_is_refused),
		LINK_TEST(old_name_may_be_taken_there),
		LINK_TEST(interface_that_is_not_there_is_an_error),
		LINK_TEST(loopback_does_not_move),
	};

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
