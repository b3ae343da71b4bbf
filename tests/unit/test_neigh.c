/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proxy entries, announcements and probes between the two ends of a veth pair: "near" in the test's
 * fresh network namespace, "far" in another one with the neighbour that has addresses. */
#include "config.h"

#include "tests/unit/unit.h"
#include "tests/unit/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <netlink/route/addr.h>
#include <netlink/route/neighbour.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsetup/neigh.h"
#include "netsetup/netlink.h"
#include "runtime/base/mem.h"

/* Longer than anything here takes: a test that waits for an answer ends with it. */
#define LONG_MSEC 20000
#define SHORT_MSEC 200

static int near_ns = -1, far_ns = -1;

static struct nl_sock *open_sock(void)
{
	struct nl_sock *sock = netlink_open(NETLINK_ROUTE, NULL);

	assert_non_null(sock);
	return sock;
}

static void set_up(const char *name, bool up)
{
	struct ifreq req = { .ifr_flags = up ? IFF_UP : 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(req.ifr_name, name);
	assert_return_code(ioctl(fd, SIOCSIFFLAGS, &req), errno);
	close(fd);
}

/* Until the kernel has seen the carrier, a while after the other end came up, all that is sent is
 * dropped. */
static void wait_until_running(const char *name)
{
	struct ifreq req = { .ifr_flags = 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(req.ifr_name, name);
	for (int tries = 0; tries < 5000 && !(req.ifr_flags & IFF_RUNNING); tries++) {
		usleep(1000);
		assert_return_code(ioctl(fd, SIOCGIFFLAGS, &req), errno);
	}
	assert_true(req.ifr_flags & IFF_RUNNING);
	close(fd);
}

/* On "far", usable at once. */
static void add_address(const char *text)
{
	struct nl_sock *sock = open_sock();
	struct rtnl_addr *addr = rtnl_addr_alloc();
	struct nl_addr *local;

	assert_return_code(nl_addr_parse(text, AF_UNSPEC, &local), 0);
	rtnl_addr_set_local(addr, local);
	rtnl_addr_set_ifindex(addr, (int)if_nametoindex("far"));
	if (nl_addr_get_family(local) == AF_INET6)
		rtnl_addr_set_flags(addr, 2); /* IFA_F_NODAD */
	assert_return_code(rtnl_addr_add(sock, addr, 0), 0);
	nl_addr_put(local);
	rtnl_addr_put(addr);
	nl_socket_free(sock);
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
	far_ns = open_netns();
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	near_ns = open_netns();
	sock = nl_socket_alloc();
	rc = nl_connect(sock, NETLINK_ROUTE);
	if (rc == 0)
		rc = veth_add(sock, "near", 0, "far", far_ns);
	nl_socket_free(sock);
	if (rc < 0)
		return -1;
	set_up("near", true);
	enter(far_ns);
	set_up("far", true);
	add_address("10.0.0.2/24");
	add_address("2001:db8::2/64");
	enter(near_ns);
	return 0;
}

static int close_pair(void **state)
{
	(void)state;
	close(near_ns);
	close(far_ns);
	return 0;
}

static struct net_addr addr_of(const char *text)
{
	struct net_addr addr;

	assert_int_equal(addr_parse(text, "test", &addr, NULL), 0);
	return addr;
}

static void read_mac(const char *name, uint8_t mac[6])
{
	struct ifreq req = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strcpy(req.ifr_name, name);
	assert_return_code(ioctl(fd, SIOCGIFHWADDR, &req), errno);
	memcpy(mac, req.ifr_hwaddr.sa_data, 6);
	close(fd);
}

/* ---- probes ---- */

static void assert_conflict(const char *text)
{
	struct net_addr addr = addr_of(text);
	struct neigh_conflict conflict;
	uint8_t mac[6];
	struct err err;

	assert_int_equal(neigh_probe("near", &addr, 1, LONG_MSEC, &conflict, &err), 1);
	assert_true(addr_same(&conflict.addr, &addr));
	enter(far_ns);
	read_mac("far", mac);
	enter(near_ns);
	assert_memory_equal(conflict.mac, mac, 6);
}

static void neighbours_v4_address_is_found(void **state)
{
	NEED_ROOT;
	assert_conflict("10.0.0.2");
}

static void neighbours_v6_address_is_found(void **state)
{
	NEED_ROOT;
	assert_conflict("2001:db8::2");
}

static void free_addresses_are_free(void **state)
{
	struct net_addr addrs[2];
	struct neigh_conflict conflict;
	struct err err;
	int rc;

	NEED_ROOT;
	addrs[0] = addr_of("10.0.0.3");
	addrs[1] = addr_of("2001:db8::3");
	rc = neigh_probe("near", addrs, 2, SHORT_MSEC, &conflict, &err);
	if (rc < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(rc, 0);
	assert_int_equal(neigh_probe("near", NULL, 0, SHORT_MSEC, &conflict, &err), 0);
}

static void one_of_a_thousand_is_found(void **state)
{
	static struct net_addr addrs[1024];
	struct neigh_conflict conflict;
	char text[ADDR_TEXT_SIZE];
	struct err err;
	int rc;

	NEED_ROOT;
	for (unsigned int i = 0; i < ARRAY_SIZE(addrs); i++) {
		snprintf(text, sizeof(text), "10.1.%u.%u", i / 250, i % 250 + 1);
		addrs[i] = addr_of(text);
	}
	addrs[1023] = addr_of("2001:db8::2");
	rc = neigh_probe("near", addrs, ARRAY_SIZE(addrs), 2000, &conflict, &err);
	if (rc < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(rc, 1);
	assert_string_equal(addr_show(&conflict.addr, text), "2001:db8::2");
}

/* Another host that is about to take the address: its probe is a conflict too. */
static void someone_elses_probe_is_a_conflict(void **state)
{
	struct net_addr addr;
	struct neigh_conflict conflict;
	struct err err;
	pid_t child;
	int rc;

	NEED_ROOT;
	addr = addr_of("10.0.0.77");
	child = fork();
	if (child == 0) {
		enter(far_ns);
		for (int i = 0; i < 200; i++)
			neigh_probe("far", &addr, 1, 100, &conflict, NULL);
		_exit(0);
	}
	rc = neigh_probe("near", &addr, 1, LONG_MSEC, &conflict, &err);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(rc, 1);
}

static void links_that_can_not_are_refused(void **state)
{
	struct net_addr addr;
	struct neigh_conflict conflict;
	struct err err;

	NEED_ROOT;
	addr = addr_of("10.0.0.3");
	assert_fails(neigh_probe("none", &addr, 1, SHORT_MSEC, &conflict, &err), &err, ENODEV,
		     "find the interface \"none\": No such device");
	assert_fails(neigh_announce("a-name-beyond-all-length", &addr, &err), &err, ENODEV,
		     "find the interface \"a-name-beyond-all-length\": No such device");
	assert_fails(neigh_announce("lo", &addr, &err), &err, ERR_UNSUPPORTED,
		     "the interface \"lo\" has no neighbours: it is not Ethernet");
	set_up("near", false);
	assert_fails(neigh_probe("near", &addr, 1, SHORT_MSEC, &conflict, &err), &err, ENETDOWN,
		     "the interface \"near\" is down");
}

static void link_without_arp_is_refused(void **state)
{
	struct net_addr addr;
	struct ifreq req = { .ifr_name = "near", .ifr_flags = IFF_UP | IFF_NOARP };
	struct err err;
	int fd;

	NEED_ROOT;
	addr = addr_of("10.0.0.3");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_return_code(ioctl(fd, SIOCSIFFLAGS, &req), errno);
	close(fd);
	assert_fails(neigh_announce("near", &addr, &err), &err, ERR_UNSUPPORTED,
		     "the interface \"near\" has no neighbours: ARP is off there");
}

/* ---- entries of neighbours ---- */

/* The MAC that far's kernel remembers for that address; false: none. */
static bool recall(const char *text, uint8_t mac[6])
{
	struct nl_sock *sock = open_sock();
	struct nl_cache *cache;
	struct rtnl_neigh *neigh;
	struct nl_addr *dst;
	bool found;

	assert_return_code(nl_addr_parse(text, AF_UNSPEC, &dst), 0);
	assert_return_code(rtnl_neigh_alloc_cache(sock, &cache), 0);
	neigh = rtnl_neigh_get(cache, (int)if_nametoindex("far"), dst);
	found = neigh && rtnl_neigh_get_lladdr(neigh);
	if (found)
		memcpy(mac, nl_addr_get_binary_addr(rtnl_neigh_get_lladdr(neigh)), 6);
	if (neigh)
		rtnl_neigh_put(neigh);
	nl_addr_put(dst);
	nl_cache_free(cache);
	nl_socket_free(sock);
	return found;
}

/* An entry with a wrong MAC, as of a host that had the address before. */
static void remember(const char *text)
{
	struct nl_sock *sock = open_sock();
	struct rtnl_neigh *neigh = rtnl_neigh_alloc();
	struct nl_addr *dst, *mac;

	assert_return_code(nl_addr_parse(text, AF_UNSPEC, &dst), 0);
	assert_return_code(nl_addr_parse("02:00:00:00:00:99", AF_LLC, &mac), 0);
	rtnl_neigh_set_ifindex(neigh, (int)if_nametoindex("far"));
	rtnl_neigh_set_dst(neigh, dst);
	rtnl_neigh_set_lladdr(neigh, mac);
	rtnl_neigh_set_state(neigh, 4 /* NUD_STALE */);
	assert_return_code(rtnl_neigh_add(sock, neigh, NLM_F_CREATE), 0);
	nl_addr_put(dst);
	nl_addr_put(mac);
	rtnl_neigh_put(neigh);
	nl_socket_free(sock);
}

static void announcement_corrects_neighbours(void **state)
{
	static const char *const addrs[] = { "10.0.0.5", "2001:db8::5" };
	uint8_t mac[6], want[6];
	struct err err;

	NEED_ROOT;
	read_mac("near", want);
	wait_until_running("near");
	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++) {
		struct net_addr addr = addr_of(addrs[i]);

		enter(far_ns);
		remember(addrs[i]);
		enter(near_ns);
		assert_ok(neigh_announce("near", &addr, &err), &err);
		enter(far_ns);
		/* Frames cross a veth pair when the kernel gets to it. */
		for (int tries = 0; tries < 5000; tries++) {
			assert_true(recall(addrs[i], mac));
			if (memcmp(mac, want, 6) == 0)
				break;
			usleep(1000);
		}
		enter(near_ns);
		assert_memory_equal(mac, want, 6);
	}
}

struct search {
	struct nl_addr *dst;
	bool found;
};

static int look_at(struct nl_msg *msg, void *arg)
{
	struct search *search = arg;
	struct rtnl_neigh *neigh = NULL;

	if (rtnl_neigh_parse(nlmsg_hdr(msg), &neigh) < 0)
		return NL_SKIP;
	search->found |= rtnl_neigh_get_dst(neigh) &&
			 nl_addr_cmp(rtnl_neigh_get_dst(neigh), search->dst) == 0 &&
			 rtnl_neigh_get_ifindex(neigh) == (int)if_nametoindex("near");
	rtnl_neigh_put(neigh);
	return NL_OK;
}

/* libnl's cache has no proxy entries: the kernel lists them only to who asks for them. */
static bool is_proxied(const char *text)
{
	struct nl_sock *sock = open_sock();
	struct ndmsg ask = { .ndm_flags = NTF_PROXY };
	struct search search = { 0 };

	assert_return_code(nl_addr_parse(text, AF_UNSPEC, &search.dst), 0);
	ask.ndm_family = (uint8_t)nl_addr_get_family(search.dst);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, look_at, &search);
	assert_true(nl_send_simple(sock, RTM_GETNEIGH, NLM_F_DUMP, &ask, sizeof(ask)) > 0);
	assert_return_code(nl_recvmsgs_default(sock), 0);
	nl_addr_put(search.dst);
	nl_socket_free(sock);
	return search.found;
}

static void proxy_entries_come_and_go(void **state)
{
	static const char *const addrs[] = { "10.0.0.5", "2001:db8::5" };
	struct nl_sock *sock;
	int ifindex;
	struct err err;

	NEED_ROOT;
	sock = open_sock();
	ifindex = (int)if_nametoindex("near");
	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++) {
		struct net_addr addr = addr_of(addrs[i]);

		assert_ok(neigh_proxy_del(sock, ifindex, &addr, &err), &err);
		assert_ok(neigh_proxy_add(sock, ifindex, &addr, &err), &err);
		assert_ok(neigh_proxy_add(sock, ifindex, &addr, &err), &err);
		assert_true(is_proxied(addrs[i]));
		assert_ok(neigh_proxy_del(sock, ifindex, &addr, &err), &err);
		assert_false(is_proxied(addrs[i]));
		assert_ok(neigh_proxy_del(sock, ifindex, &addr, &err), &err);
	}
	nl_socket_free(sock);
}

static void proxy_entry_on_no_link_is_an_error(void **state)
{
	struct net_addr addr;
	struct nl_sock *sock;
	struct err err;

	NEED_ROOT;
	addr = addr_of("10.0.0.5");
	sock = open_sock();
	assert_fails(neigh_proxy_add(sock, 99999, &addr, &err), &err, ENODEV,
		     "answer neighbours for \"10.0.0.5\": No such device");
	assert_ok(neigh_proxy_del(sock, 99999, &addr, &err), &err);
	nl_socket_free(sock);
}

#define NEIGH_TEST(name) cmocka_unit_test_setup_teardown(name, make_pair, close_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NEIGH_TEST(neighbours_v4_address_is_found),
		NEIGH_TEST(neighbours_v6_address_is_found),
		NEIGH_TEST(free_addresses_are_free),
		NEIGH_TEST(one_of_a_thousand_is_found),
		NEIGH_TEST(someone_elses_probe_is_a_conflict),
		NEIGH_TEST(links_that_can_not_are_refused),
		NEIGH_TEST(link_without_arp_is_refused),
		NEIGH_TEST(announcement_corrects_neighbours),
		NEIGH_TEST(proxy_entries_come_and_go),
		NEIGH_TEST(proxy_entry_on_no_link_is_an_error),
	};

	return cmocka_run_group_tests_name("neigh", tests, NULL, NULL);
}
