/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates: the numbers, and the kernel's, in a fresh network namespace with the host end "out" of a veth
 * pair. */
#include "config.h"

#include "tests/unit/unit.h"
#include "tests/unit/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsetup/netlink.h"
#include "netsetup/shape.h"
#include "netsetup/shape_htb.h"
#include "netsetup/shape_up.h"
#include "netsetup/tc.h"
#include "runtime/base/mem.h"

static struct nl_sock *sock;
static int out;

static int make_pair(void **state)
{
	int rc;

	(void)state;
	if (geteuid() != 0)
		return 0;
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	sock = netlink_open(NETLINK_ROUTE, NULL);
	if (!sock)
		return -1;
	rc = veth_add(sock, "out", 0, "in", -1);
	out = (int)if_nametoindex("out");
	return rc;
}

static int close_pair(void **state)
{
	(void)state;
	if (sock)
		nl_socket_free(sock);
	return 0;
}

/* ---- numbers ---- */

static void bucket_holds_what_passes_between_two_timers(void **state)
{
	struct shape_htb_numbers n;

	(void)state;
	shape_htb_reckon(&(struct shape_htb_rates){ 1000000, 1000000, 0 }, &n);
	assert_int_equal(n.rate, 125000000);
	assert_int_equal(n.ceil, 125000000);
	assert_int_equal(n.buffer, 312750); /* 20 ms and a frame */
	assert_int_equal(n.cbuffer, 312750);
}

static void slow_rates_keep_a_frame(void **state)
{
	struct shape_htb_numbers n;

	(void)state;
	shape_htb_reckon(&(struct shape_htb_rates){ 64, 64, 0 }, &n);
	assert_int_equal(n.ceil, 8000);
	assert_int_equal(n.cbuffer, 2160 * 1000 / 8 * 1000 / 64);
	assert_int_equal(n.target_usec, 375000);
	assert_int_equal(n.queue_bytes, 0x11000);
}

static void given_burst_is_taken(void **state)
{
	struct shape_htb_numbers n;

	(void)state;
	shape_htb_reckon(&(struct shape_htb_rates){ 8000, 8000, 100000 }, &n);
	assert_int_equal(n.cbuffer, 1562500); /* 100 ms */
}

static void numbers_beyond_all_bounds_are_cut(void **state)
{
	struct shape_htb_numbers n;

	(void)state;
	shape_htb_reckon(&(struct shape_htb_rates){ UINT64_MAX, UINT64_MAX, UINT32_MAX }, &n);
	assert_int_equal(n.ceil, 125000000000);
	assert_true(n.cbuffer > 0);
	shape_htb_reckon(&(struct shape_htb_rates){ 1, 1, UINT32_MAX }, &n);
	assert_int_equal(n.cbuffer, UINT32_MAX);
	shape_htb_reckon(&(struct shape_htb_rates){ 2000, 1000, 0 }, &n);
	assert_int_equal(n.rate, 125000);
}

static void greater_share_gets_longer_turns(void **state)
{
	struct shape_htb_numbers n, m;

	(void)state;
	shape_htb_reckon(&(struct shape_htb_rates){ 30000, 0, 0 }, &n);
	shape_htb_reckon(&(struct shape_htb_rates){ 10000, 0, 0 }, &m);
	assert_int_equal(n.quantum, 3 * m.quantum);
	shape_htb_reckon(&(struct shape_htb_rates){ 0, 10000, 0 }, &n);
	assert_int_equal(n.quantum, 1600);
	assert_int_equal(n.rate, 100);
}

static void minors_are_those_of_classes(void **state)
{
	(void)state;
	assert_int_equal(shape_up_minor(1), 1);
	assert_int_equal(shape_up_minor(12345), 12345);
	assert_int_equal(shape_up_minor(0xfffd), 0xfffd);
	assert_int_equal(shape_up_minor(0xfffe), 1);
	assert_int_equal(shape_up_minor(0x10000), 3);
	assert_in_range(shape_up_minor(INT32_MAX), 1, 0xfffd);
}

/* ---- the kernel ---- */

static void apply(uint64_t up, uint64_t share, uint64_t down, uint32_t burst)
{
	struct net_rate rate = { up, share, down, burst };
	struct err err;

	assert_ok(shape_apply(sock, out, &rate, &err), &err);
}

static void assert_rates(uint64_t up, uint64_t share, uint64_t down)
{
	struct net_rate rate;
	struct err err;

	assert_ok(shape_read(sock, out, &rate, &err), &err);
	assert_int_equal(rate.up_kbit, up);
	assert_int_equal(rate.up_share_kbit, share);
	assert_int_equal(rate.down_kbit, down);
}

struct list {
	int ifindex;
	char kinds[512]; /* "kind kind " */
	size_t n;
};

static int see(struct nl_msg *msg, void *arg)
{
	struct list *list = arg;
	const struct tcmsg *head = nlmsg_data(nlmsg_hdr(msg));
	struct nlattr *kind = nlmsg_find_attr(nlmsg_hdr(msg), sizeof(*head), TCA_KIND);

	if (head->tcm_ifindex == list->ifindex && kind) {
		const char *name = nla_get_string(kind);

		strcat(strcat(list->kinds, name), " ");
		/* fq_codel shows each flow that has just passed as a class. */
		list->n += nlmsg_hdr(msg)->nlmsg_type != RTM_NEWTCLASS || strcmp(name, "htb") == 0;
	}
	return NL_OK;
}

/* All objects of the link. */
static const struct list *list(int type, const char *link)
{
	static struct list list;
	struct nl_sock *own = netlink_open(NETLINK_ROUTE, NULL);
	struct tcmsg ask = { .tcm_ifindex = (int)if_nametoindex(link) };

	list = (struct list){ .ifindex = ask.tcm_ifindex };
	nl_socket_modify_cb(own, NL_CB_VALID, NL_CB_CUSTOM, see, &list);
	assert_true(nl_send_simple(own, type, NLM_F_DUMP, &ask, sizeof(ask)) > 0);
	assert_return_code(nl_recvmsgs_default(own), 0);
	nl_socket_free(own);
	return &list;
}

static size_t count_classes(const char *link)
{
	return list(RTM_GETTCLASS, link)->n;
}

static const char *qdiscs(const char *link)
{
	return list(RTM_GETQDISC, link)->kinds;
}

static void rates_are_read_back(void **state)
{
	static const uint64_t rates[] = { 1, 64, 1000, 100000, 10000000, 34000000, 400000000 };

	NEED_ROOT;
	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		apply(rates[i], 0, rates[i], 0);
		assert_rates(rates[i], 0, rates[i]);
		apply(rates[i], rates[i], rates[i] + 1, 0);
		assert_rates(rates[i], rates[i], rates[i] + 1);
	}
}

static void burst_is_read_back(void **state)
{
	struct net_rate rate;
	struct err err;

	NEED_ROOT;
	apply(100000, 0, 0, 150000);
	assert_ok(shape_read(sock, out, &rate, &err), &err);
	assert_in_range(rate.burst_bytes, 149990, 150010);
	apply(0, 0, 100000, 32000);
	assert_ok(shape_read(sock, out, &rate, &err), &err);
	assert_in_range(rate.burst_bytes, 31990, 32010);
}

static void nothing_wanted_is_nothing_made(void **state)
{
	char before[256];

	NEED_ROOT;
	strcpy(before, qdiscs("out"));
	apply(0, 0, 0, 0);
	assert_rates(0, 0, 0);
	assert_string_equal(qdiscs("out"), before);
	assert_int_equal(if_nametoindex(SHAPE_UP_LINK), 0);
}

static void each_way_alone(void **state)
{
	NEED_ROOT;
	apply(0, 0, 1000, 0);
	assert_rates(0, 0, 1000);
	assert_int_equal(if_nametoindex(SHAPE_UP_LINK), 0);
	apply(2000, 500, 0, 0);
	assert_rates(2000, 500, 0);
	apply(0, 700, 0, 0);
	assert_rates(0, 700, 0);
}

static void limits_go_without_a_trace(void **state)
{
	char before[256];

	NEED_ROOT;
	strcpy(before, qdiscs("out"));
	apply(1000, 0, 1000, 0);
	assert_string_not_equal(qdiscs("out"), before);
	assert_int_equal(count_classes(SHAPE_UP_LINK), 2);
	apply(0, 0, 0, 0);
	assert_string_equal(qdiscs("out"), before);
	assert_int_equal(count_classes("out"), 0);
	assert_int_equal(count_classes(SHAPE_UP_LINK), 1);
}

static void removal_twice_is_no_error(void **state)
{
	struct err err;

	NEED_ROOT;
	assert_ok(shape_remove(sock, out, &err), &err);
	apply(1000, 0, 0, 0);
	assert_ok(shape_remove(sock, out, &err), &err);
	assert_ok(shape_remove(sock, out, &err), &err);
	assert_int_equal(count_classes(SHAPE_UP_LINK), 1);
	assert_rates(0, 0, 0);
}

static void foreign_root_qdisc_is_replaced(void **state)
{
	struct tc_at at = { .parent = TC_H_ROOT, .handle = SHAPE_HTB_HANDLE };

	NEED_ROOT;
	at.ifindex = out;
	assert_return_code(tc_send(sock, tc_new(RTM_NEWQDISC, NLM_F_CREATE, &at, "pfifo")), 0);
	apply(0, 0, 1000, 0);
	assert_rates(0, 0, 1000);
	apply(0, 0, 0, 0);
	at.handle = 0x50000;
	assert_return_code(tc_send(sock, tc_new(RTM_NEWQDISC, NLM_F_CREATE, &at, "pfifo")), 0);
	apply(0, 0, 1000, 0);
	assert_rates(0, 0, 1000);
}

static void total_is_set_and_lifted(void **state)
{
	const struct shape_htb_class total = { .minor = SHAPE_UP_TOTAL };
	struct shape_htb_class class = total;
	struct shape_htb_rates rates;
	struct err err;

	NEED_ROOT;
	assert_ok(shape_total(sock, 0, &err), &err);
	assert_int_equal(if_nametoindex(SHAPE_UP_LINK), 0);
	assert_ok(shape_total(sock, 50000, &err), &err);
	class.ifindex = (int)if_nametoindex(SHAPE_UP_LINK);
	assert_return_code(shape_htb_read(sock, &class, &rates), 0);
	assert_int_equal(rates.ceil, 50000);
	apply(1000, 0, 0, 0); /* leaves it */
	assert_return_code(shape_htb_read(sock, &class, &rates), 0);
	assert_int_equal(rates.ceil, 50000);
	assert_ok(shape_total(sock, 0, &err), &err);
	assert_return_code(shape_htb_read(sock, &class, &rates), 0);
	assert_int_equal(rates.ceil, 0);
}

/* Thirty processes want the first rate at once, each for a link of its own. */
static void shared_link_is_made_once(void **state)
{
	int status, failed = 0, n = 30;
	char name[IFNAMSIZ], peer[IFNAMSIZ];

	NEED_ROOT;
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "a%d", i);
		snprintf(peer, sizeof(peer), "b%d", i);
		assert_return_code(rtnl_link_veth_add(sock, name, peer, getpid()), 0);
	}
	for (int i = 0; i < n; i++) {
		if (fork() == 0) {
			struct net_rate rate = { 1000, 0, 1000, 0 };
			struct nl_sock *own = netlink_open(NETLINK_ROUTE, NULL);
			struct err err = { 0 };

			snprintf(name, sizeof(name), "a%d", i);
			status = shape_apply(own, (int)if_nametoindex(name), &rate, &err);
			if (status < 0)
				fprintf(stderr, "%s\n", err.msg);
			_exit(status < 0);
		}
	}
	for (int i = 0; i < n; i++)
		failed += wait(&status) < 0 || status != 0;
	assert_int_equal(failed, 0);
	assert_int_equal(count_classes(SHAPE_UP_LINK), n + 1);
}

/* Whoever made it was killed before it was complete. */
static void half_made_shared_link_is_completed(void **state)
{
	struct rtnl_link *link;

	NEED_ROOT;
	link = rtnl_link_alloc();
	assert_return_code(rtnl_link_set_type(link, "ifb"), 0);
	rtnl_link_set_name(link, SHAPE_UP_LINK);
	assert_return_code(rtnl_link_add(sock, link, NLM_F_CREATE), 0);
	rtnl_link_put(link);
	apply(1000, 0, 0, 0);
	assert_rates(1000, 0, 0);
}

/* An administrator's tc qdisc del. */
static void emptied_shared_link_is_completed(void **state)
{
	NEED_ROOT;
	apply(1000, 0, 0, 0);
	assert_return_code(shape_htb_del(sock, (int)if_nametoindex(SHAPE_UP_LINK)), 0);
	apply(2000, 0, 0, 0);
	assert_rates(2000, 0, 0);
}

/* It would take its rate, and at its end its limit. */
static void class_of_a_living_link_is_not_shared(void **state)
{
	struct net_rate rate = { 1000, 0, 0, 0 };
	struct err err;

	NEED_ROOT;
	assert_return_code(veth_add(sock, "old", 1000, "x", -1), 0);
	assert_return_code(veth_add(sock, "new", 1000 + 2 * 0xfffd, "y", -1), 0);
	assert_ok(shape_apply(sock, 1000, &rate, &err), &err);
	assert_fails(
		shape_apply(sock, 1000 + 2 * 0xfffd, &rate, &err), &err, ERR_BUSY,
		"the rate from the container: interface 1000 has the class of interface 132066 on \"vzup\" (try again: a new "
		"one has another)");
	assert_ok(shape_remove(sock, 1000 + 2 * 0xfffd, &err), &err);
	assert_ok(shape_read(sock, 1000, &rate, &err), &err);
	assert_int_equal(rate.up_kbit, 1000);
	rate.up_kbit = 0;
	assert_ok(shape_apply(sock, 1000, &rate, &err), &err);
	rate.up_kbit = 3000;
	assert_ok(shape_apply(sock, 1000 + 2 * 0xfffd, &rate, &err), &err);
	assert_ok(shape_remove(sock, 1000, &err), &err);
	assert_ok(shape_read(sock, 1000 + 2 * 0xfffd, &rate, &err), &err);
	assert_int_equal(rate.up_kbit, 3000);
}

static void missing_piece_is_named(void **state)
{
	struct tc_at at = { .parent = TC_H_ROOT, .handle = SHAPE_HTB_HANDLE };
	struct err err;
	int rc;

	NEED_ROOT;
	at.ifindex = out;
	rc = tc_send(sock, tc_new(RTM_NEWQDISC, NLM_F_CREATE, &at, "nosuch"));
	assert_fails(tc_fail(&err, rc, "the rate", "sch_nosuch"), &err, ERR_UNSUPPORTED,
		     "the rate: the kernel lacks sch_nosuch (modprobe, or its configuration)");
}

static void link_of_another_kind_is_refused(void **state)
{
	struct net_rate rate = { 1000, 0, 0, 0 };
	struct err err;

	NEED_ROOT;
	assert_return_code(rtnl_link_veth_add(sock, SHAPE_UP_LINK, "x", getpid()), 0);
	assert_fails(shape_apply(sock, out, &rate, &err), &err, ERR_UNSUPPORTED,
		     "the interface \"vzup\" is not of the kind ifb: rename or remove it, "
		     "rates need that name");
}

static void no_link_is_an_error(void **state)
{
	struct net_rate rate = { 0, 0, 1000, 0 };
	struct err err;

	NEED_ROOT;
	assert_fails(shape_apply(sock, 99999, &rate, &err), &err, ENODEV,
		     "set up \"the rate to the container\": No such device");
}

#define SHAPE_TEST(name) cmocka_unit_test_setup_teardown(name, make_pair, close_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bucket_holds_what_passes_between_two_timers),
		cmocka_unit_test(slow_rates_keep_a_frame),
		cmocka_unit_test(given_burst_is_taken),
		cmocka_unit_test(numbers_beyond_all_bounds_are_cut),
		cmocka_unit_test(greater_share_gets_longer_turns),
		cmocka_unit_test(minors_are_those_of_classes),
		SHAPE_TEST(rates_are_read_back),
		SHAPE_TEST(burst_is_read_back),
		SHAPE_TEST(nothing_wanted_is_nothing_made),
		SHAPE_TEST(each_way_alone),
		SHAPE_TEST(limits_go_without_a_trace),
		SHAPE_TEST(removal_twice_is_no_error),
		SHAPE_TEST(foreign_root_qdisc_is_replaced),
		SHAPE_TEST(total_is_set_and_lifted),
		SHAPE_TEST(shared_link_is_made_once),
		SHAPE_TEST(half_made_shared_link_is_completed),
		SHAPE_TEST(emptied_shared_link_is_completed),
		SHAPE_TEST(class_of_a_living_link_is_not_shared),
		SHAPE_TEST(missing_piece_is_named),
		SHAPE_TEST(link_of_another_kind_is_refused),
		SHAPE_TEST(no_link_is_an_error),
	};

	return cmocka_run_group_tests_name("shape", tests, NULL, NULL);
}
