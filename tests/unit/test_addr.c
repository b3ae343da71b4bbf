/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IP and MAC addresses as values. */
#include "config.h"

#include "tests/unit/unit.h"

#include "netsetup/addr.h"
#include "runtime/base/mem.h"

static void addresses_are_parsed_and_shown(void **state)
{
	static const struct {
		const char *text, *shown;
	} good[] = {
		{ "10.0.0.1", "10.0.0.1" },         { "10.0.0.1/32", "10.0.0.1" },
		{ "10.0.0.1/24", "10.0.0.1/24" },   { "10.0.0.1/255.255.240.0", "10.0.0.1/20" },
		{ "2001:DB8:0::1", "2001:db8::1" }, { "2001:db8::1/64", "2001:db8::1/64" },
	};
	char shown[ADDR_TEXT_SIZE];
	struct net_addr addr;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_ok(addr_parse_host(good[i].text, "--ipadd", &addr, &err), &err);
		assert_string_equal(addr_show_prefix(&addr, shown), good[i].shown);
	}
}

static void what_no_host_can_have_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "", "--ipadd: \"\" is no IP address" },
		{ "10.0.0", "--ipadd: \"10.0.0\" is no IP address" },
		{ "0.0.0.0", "--ipadd: \"0.0.0.0\" is of the network 0.0.0.0/8" },
		{ "127.0.0.1", "--ipadd: \"127.0.0.1\" is a loopback address" },
		{ "169.254.1.1", "--ipadd: \"169.254.1.1\" is a link-local address" },
		{ "239.255.255.255", "--ipadd: \"239.255.255.255\" is a multicast address" },
		{ "255.255.255.255", "--ipadd: \"255.255.255.255\" is reserved" },
		{ "::", "--ipadd: \"::\" is the unspecified address" },
		{ "::1", "--ipadd: \"::1\" is a loopback address" },
		{ "::ffff:1.2.3.4",
		  "--ipadd: \"::ffff:1.2.3.4\" is an IPv4 address in IPv6's form" },
		{ "fe80::1", "--ipadd: \"fe80::1\" is a link-local address" },
		{ "ff02::1", "--ipadd: \"ff02::1\" is a multicast address" },
	};
	struct net_addr addr;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_fails(addr_parse_host(bad[i].text, "--ipadd", &addr, &err), &err, ERR_INPUT,
			     bad[i].why);
}

static void private_networks_end_where_they_do(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} some[] = {
		{ "10.255.255.255", true }, { "11.0.0.0", false },   { "172.16.0.1", true },
		{ "172.31.255.255", true }, { "172.32.0.0", false }, { "192.168.0.1", true },
		{ "192.169.0.1", false },   { "100.64.0.1", true },  { "100.128.0.1", false },
		{ "fdff::1", true },        { "fe00::1", false },    { "2001:db8::1", false },
	};
	struct net_addr addr;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(some); i++) {
		assert_ok(addr_parse(some[i].text, "", &addr, &err), &err);
		assert_int_equal(addr_is_private(&addr), some[i].is);
	}
}

static void macs_are_of_one_link(void **state)
{
	char shown[ADDR_MAC_SIZE];
	uint8_t mac[6];
	struct err err;

	(void)state;
	assert_ok(addr_mac_parse("00:18:51:Aa:bB:cc", "mac", mac, &err), &err);
	assert_string_equal(addr_mac_show(mac, shown), "00:18:51:aa:bb:cc");
	assert_fails(addr_mac_parse("01:18:51:aa:bb:cc", "mac", mac, &err), &err, ERR_INPUT,
		     "mac: \"01:18:51:aa:bb:cc\" is a multicast MAC address");
	assert_fails(addr_mac_parse("00:00:00:00:00:00", "mac", mac, &err), &err, ERR_INPUT,
		     "mac: \"00:00:00:00:00:00\" is no MAC address of a link");
	assert_fails(addr_mac_parse("00:18:51:aa:bb", "mac", mac, &err), &err, ERR_INPUT,
		     "mac: \"00:18:51:aa:bb\" is no MAC address");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_parsed_and_shown),
		cmocka_unit_test(what_no_host_can_have_is_refused),
		cmocka_unit_test(private_networks_end_where_they_do),
		cmocka_unit_test(macs_are_of_one_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
