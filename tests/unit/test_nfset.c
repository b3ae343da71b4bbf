/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements of nftables' sets: as bytes, and in a fresh network namespace. nft(8) makes the sets and
 * tells what is in them. */
#include "config.h"

#include "tests/unit/unit.h"
#include "tests/unit/nft.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <sched.h>
#include <unistd.h>

#include "netsetup/nfset.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"

#define MANY 3000 /* elements of one change */

static struct nfset_elem elem_of(const char *set)
{
	return (struct nfset_elem){ .family = NFPROTO_INET, .set = set };
}

static void assert_bytes(const uint8_t *have, size_t len, const char *want)
{
	char text[128] = "";

	for (size_t i = 0; i < len; i++)
		snprintf(text + 2 * i, sizeof(text) - 2 * i, "%02x", have[i]);
	assert_string_equal(text, want);
}

static void parts_of_a_key_are_padded(void **state)
{
	struct nfset_elem elem = elem_of("s");
	uint8_t proto = IPPROTO_TCP;
	const uint8_t mac[6] = { 2, 3, 4, 5, 6, 7 };

	(void)state;
	nfset_key(&elem, &proto, 1);
	nfset_key_port(&elem, 8080);
	nfset_key(&elem, mac, sizeof(mac));
	assert_bytes(elem.key, elem.key_len,
		     "06000000"
		     "1f900000"
		     "0203040506070000");
}

static void name_of_a_link_has_sixteen_bytes(void **state)
{
	struct nfset_elem elem = elem_of("s");
	uint8_t proto = NFPROTO_IPV6;

	(void)state;
	nfset_key_link(&elem, "venet101");
	nfset_key(&elem, &proto, 1);
	assert_bytes(elem.key, elem.key_len,
		     "76656e65743130310000000000000000"
		     "0a000000");
}

static void data_is_address_and_port(void **state)
{
	struct nfset_elem elem = elem_of("m");
	const uint8_t addr[4] = { 10, 0, 0, 1 };

	(void)state;
	nfset_data(&elem, addr, sizeof(addr));
	nfset_data_port(&elem, 80);
	assert_bytes(elem.data, elem.data_len,
		     "0a000001"
		     "00500000");
}

static void order_looks_at_all_of_an_element(void **state)
{
	struct nfset_elem a = elem_of("a"), b = elem_of("b"), c = a;

	(void)state;
	assert_true(nfset_compare(&a, &b) < 0);
	assert_int_equal(nfset_compare(&a, &c), 0);
	nfset_key_port(&a, 1);
	nfset_key_port(&c, 2);
	assert_true(nfset_compare(&a, &c) < 0);
	c = a;
	nfset_data_port(&c, 2);
	assert_true(nfset_compare(&a, &c) < 0);
	c = a;
	c.family = NFPROTO_BRIDGE;
	assert_true(nfset_compare(&a, &c) < 0);
}

/* ---- in the kernel ---- */

static struct nl_sock *sock;

static int make_table(void **state)
{
	struct err err;

	(void)state;
	if (geteuid() != 0)
		return 0;
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	sock = netlink_open(NETLINK_NETFILTER, &err);
	return !sock || *nft("'add table inet t; add set inet t s { type inet_service; };"
			     "add set inet t c { type inet_service; counter; };"
			     "add map inet t m { type inet_service : ipv4_addr . inet_service; }'");
}

static int close_sock(void **state)
{
	(void)state;
	netlink_sock_freep(&sock);
	sock = NULL;
	return 0;
}

static struct nfset_change port(const char *set, uint16_t number, bool removed)
{
	struct nfset_change change = { .elem = elem_of(set), .remove = removed };

	nfset_key_port(&change.elem, number);
	return change;
}

static struct nfset_change map(uint16_t number, uint8_t host)
{
	struct nfset_change change = port("m", number, false);
	const uint8_t addr[4] = { 10, 0, 0, host };

	nfset_data(&change.elem, addr, sizeof(addr));
	nfset_data_port(&change.elem, 80);
	return change;
}

static int commit(struct nfset_change *changes, size_t n, struct err *err)
{
	return nfset_commit(sock, "t", changes, n, err);
}

static void elements_come_and_go(void **state)
{
	struct nfset_change changes[] = { port("s", 80, false), port("s", 443, false), map(22, 1) };
	struct nfset_change gone = port("s", 80, true);
	struct err err;

	NEED_ROOT;
	assert_ok(commit(changes, 3, &err), &err);
	assert_string_equal(nft("-n list set inet t s"), "table inet t { set s { type inet_service "
							 "elements = { 80, 443 } } } ");
	assert_non_null(strstr(nft("-n list map inet t m"), "{ 22 : 10.0.0.1 . 80 }"));
	assert_ok(commit(&gone, 1, &err), &err);
	assert_non_null(strstr(nft("-n list set inet t s"), "elements = { 443 }"));
}

static void all_or_nothing(void **state)
{
	struct nfset_change changes[] = { port("s", 80, false), port("none", 1, false),
					  port("s", 7, true), port("s", 81, false) };
	struct err err;

	NEED_ROOT;
	assert_fails(commit(changes, 4, &err), &err, ENOENT,
		     "add an element of nftables' set \"none\": No such file or directory");
	assert_int_equal(changes[0].error, 0);
	assert_int_equal(changes[1].error, ENOENT);
	assert_int_equal(changes[2].error, ENOENT);
	assert_int_equal(changes[3].error, 0);
	assert_null(strstr(nft("list set inet t s"), "elements"));
}

static void what_is_there_may_be_added_again_but_not_changed(void **state)
{
	struct nfset_change same[] = { map(22, 1), port("s", 80, false) }, other = map(22, 2);
	struct err err;

	NEED_ROOT;
	assert_ok(commit(same, 2, &err), &err);
	assert_ok(commit(same, 2, &err), &err);
	assert_int_equal(commit(&other, 1, &err), -1);
	assert_true(other.error == EBUSY || other.error == EEXIST);
	assert_non_null(strstr(nft("-n list map inet t m"), "10.0.0.1"));
}

static void removed_and_added_in_one_change(void **state)
{
	struct nfset_change first = map(22, 1), changes[] = { port("m", 22, true), map(22, 2) };
	struct err err;

	NEED_ROOT;
	assert_ok(commit(&first, 1, &err), &err);
	assert_ok(commit(changes, 2, &err), &err);
	assert_non_null(strstr(nft("-n list map inet t m"), "10.0.0.2"));
}

/* More than the buffers of a socket hold by themselves, of requests and of answers. */
static void many_at_once(void **state)
{
	auto_free struct nfset_change *changes = calloc(MANY, sizeof(*changes));
	struct nfset_counter none;
	struct err err;

	NEED_ROOT;
	for (size_t i = 0; i < MANY; i++)
		changes[i] = port("s", (uint16_t)(i + 1), true);
	assert_int_equal(commit(changes, MANY, &err), -1);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(changes[i].error, ENOENT);
	for (size_t i = 0; i < MANY; i++)
		changes[i].remove = false;
	assert_ok(commit(changes, MANY, &err), &err);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(nfset_get(sock, "t", &changes[i].elem, &none, &err), 1);
}

static void question_is_answered(void **state)
{
	struct nfset_change set = port("s", 80, false), one = map(22, 1), other = map(22, 2);
	struct nfset_change none = port("none", 80, false);
	struct nfset_counter counter;
	struct err err;

	NEED_ROOT;
	assert_int_equal(nfset_get(sock, "t", &set.elem, &counter, &err), 0);
	assert_int_equal(nfset_get(sock, "t", &none.elem, &counter, &err), 0);
	assert_ok(commit(&set, 1, &err), &err);
	assert_ok(commit(&one, 1, &err), &err);
	assert_int_equal(nfset_get(sock, "t", &set.elem, &counter, &err), 1);
	assert_int_equal(nfset_get(sock, "t", &one.elem, &counter, &err), 1);
	assert_int_equal(nfset_get(sock, "t", &other.elem, &counter, &err), 0);
}

static void counter_is_read(void **state)
{
	struct nfset_change change = port("c", 80, false);
	struct nfset_counter counter;
	struct err err;

	NEED_ROOT;
	assert_string_equal(nft("'add element inet t c { 80 counter packets 7 bytes 70007 }'"), "");
	assert_int_equal(nfset_get(sock, "t", &change.elem, &counter, &err), 1);
	assert_int_equal(counter.packets, 7);
	assert_int_equal(counter.bytes, 70007);
}

static void nothing_to_change_is_no_change(void **state)
{
	struct err err;

	NEED_ROOT;
	assert_ok(commit(NULL, 0, &err), &err);
}

#define TABLE_TEST(name) cmocka_unit_test_setup_teardown(name, make_table, close_sock)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_of_a_key_are_padded),
		cmocka_unit_test(name_of_a_link_has_sixteen_bytes),
		cmocka_unit_test(data_is_address_and_port),
		cmocka_unit_test(order_looks_at_all_of_an_element),
		TABLE_TEST(elements_come_and_go),
		TABLE_TEST(all_or_nothing),
		TABLE_TEST(what_is_there_may_be_added_again_but_not_changed),
		TABLE_TEST(removed_and_added_in_one_change),
		TABLE_TEST(many_at_once),
		TABLE_TEST(question_is_answered),
		TABLE_TEST(counter_is_read),
		TABLE_TEST(nothing_to_change_is_no_change),
	};

	return cmocka_run_group_tests_name("nfset", tests, NULL, NULL);
}
