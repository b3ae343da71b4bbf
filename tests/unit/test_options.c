/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people write for a network, and what becomes of it. */
#include "config.h"

#include "tests/unit/unit.h"

#include <linux/if_link.h>
#include <netinet/in.h>

#include "netsetup/options.h"

static struct net_config *new_config(void)
{
	struct net_config *config = calloc(1, sizeof(*config));

	assert_non_null(config);
	config->id = strdup("101");
	return config;
}

/* ---- rates ---- */

static void rate_has_a_limit_a_share_and_a_way_back(void **state)
{
	struct net_rate rate = { .burst_bytes = 7 };
	struct err err;

	(void)state;
	assert_ok(options_parse_rate("100mbit:20mbit,1gbit", "--rate", &rate, &err), &err);
	assert_int_equal(rate.up_kbit, 100000);
	assert_int_equal(rate.up_share_kbit, 20000);
	assert_int_equal(rate.down_kbit, 1000000);
	assert_int_equal(rate.burst_bytes, 7);
	assert_ok(options_parse_rate("512kbit", "--rate", &rate, &err), &err);
	assert_int_equal(rate.up_kbit, 512);
	assert_int_equal(rate.up_share_kbit, 0);
	assert_int_equal(rate.down_kbit, 0);
	assert_ok(options_parse_rate("0,5Mbit", "--rate", &rate, &err), &err);
	assert_int_equal(rate.up_kbit, 0);
	assert_int_equal(rate.down_kbit, 5000);
}

static void bad_rate_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"",
		"100",
		"mbit",
		"10mbyte",
		"-1mbit",
		"1.5mbit",
		"0mbit",
		"10tbit1",
		"1mbit:",
		"1mbit,",
		"11tbit",
		"5mbit:6mbit",
		"1mbit,2mbit,3mbit",
		" 1mbit",
		"99999999999999999999tbit",
	};
	struct net_rate rate = { 1, 2, 3, 4 };
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(options_parse_rate(bad[i], "--rate", &rate, &err), -1);
		assert_int_equal(err.code, ERR_INPUT);
		assert_true(str_starts(err.msg, "--rate: "));
	}
	assert_int_equal(rate.up_kbit, 1);
	assert_int_equal(rate.up_share_kbit, 2);
	assert_int_equal(rate.down_kbit, 3);
}

static void rate_is_written_as_it_is_read(void **state)
{
	static const char *const texts[] = { "100mbit:20mbit,1gbit", "1500kbit", "unlimited,5mbit",
					     "10tbit" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		auto_strbuf struct strbuf out = { 0 };
		struct net_rate rate = { 0 };

		assert_ok(options_parse_rate(texts[i], "--rate", &rate, &err), &err);
		options_emit_rate(&rate, &out);
		assert_string_equal(out.text, texts[i]);
	}
}

/* ---- ports ---- */

static void publish_has_an_address_and_a_protocol(void **state)
{
	static const char *const texts[] = { "8080:80/tcp", "192.0.2.1:53:5353/udp",
					     "[2001:db8::1]:443:443/sctp" };
	auto_net struct net_config *config = new_config();
	struct err err;

	(void)state;
	assert_ok(options_add_publish(config, "8080:80, 192.0.2.1:53:5353/udp", "p", &err), &err);
	assert_ok(options_add_publish(config, "[2001:db8::1]:443:443/sctp", "p", &err), &err);
	assert_int_equal(config->n_publish, 3);
	assert_int_equal(config->publish[0].host_port, 8080);
	assert_int_equal(config->publish[0].port, 80);
	assert_int_equal(config->publish[0].at.family, 0);
	assert_int_equal(config->publish[2].proto, IPPROTO_SCTP);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		auto_strbuf struct strbuf out = { 0 };

		options_emit_publish(&config->publish[i], &out);
		assert_string_equal(out.text, texts[i]);
	}
}

static void any_address_publishes_everywhere(void **state)
{
	static const char *const texts[] = { "0.0.0.0:1:2", "[::]:1:2", ":1:2" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct net_publish publish;

		assert_ok(options_parse_publish(texts[i], "p", &publish, &err), &err);
		assert_int_equal(publish.at.family, 0);
		assert_int_equal(publish.host_port, 1);
	}
}

static void bad_publish_leaves_the_list(void **state)
{
	static const char *const bad[] = { "80",        "0:80",       "80:0",
					   "80:65536",  "80:80/icmp", "1.2.3:80:80",
					   "::1:80:80", "[::1:80:80", "1.2.3.4/24:80:80",
					   "80:80/",    "a:80" };
	auto_net struct net_config *config = new_config();
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		auto_free char *text = str_dupf("1:1,%s", bad[i]);

		assert_int_equal(options_add_publish(config, text, "p", &err), -1);
		assert_int_equal(err.code, ERR_INPUT);
	}
	assert_int_equal(config->n_publish, 0);
}

static void allow_takes_ports_with_and_without_protocol(void **state)
{
	auto_net struct net_config *config = new_config();
	auto_strbuf struct strbuf out = { 0 };
	struct err err;

	(void)state;
	assert_ok(options_add_open(config, "22/tcp,80 53/udp", "--allow", &err), &err);
	assert_int_equal(config->n_open, 3);
	for (size_t i = 0; i < 3; i++)
		options_emit_port(&config->open[i], &out);
	assert_string_equal(out.text, "22/tcp80/tcp53/udp");
	assert_int_equal(options_add_open(config, "80,http", "--allow", &err), -1);
	assert_int_equal(config->n_open, 3);
}

static void nat_has_three_words(void **state)
{
	enum net_nat nat = NET_NAT_AUTO;
	struct err err;

	(void)state;
	assert_ok(options_parse_nat("off", "--nat", &nat, &err), &err);
	assert_int_equal(nat, NET_NAT_OFF);
	assert_string_equal(options_nat_name(nat), "off");
	assert_int_equal(options_parse_nat("yes", "--nat", &nat, &err), -1);
	assert_int_equal(nat, NET_NAT_OFF);
}

/* ---- NICs ---- */

#define TWO_NICS                                                                               \
	"ifname=eth0,bridge=vmbr0,mac=00:18:51:01:02:03,host_ifname=veth101.0,"                \
	"host_mac=fe:18:51:01:02:03,mac_filter=off;"                                           \
	"ifname=eth1,bridge=br1,ip=192.0.2.5/24+2001:db8::5/64,gw=192.0.2.1,gw6=fe80::1,"      \
	"mtu=1400,vlan=10,trunk=20+30,rate_up=1000kbit,rate_share=500kbit,rate_down=2000kbit," \
	"burst=20000;"                                                                         \
	"ifname=eth2,type=macvlan,parent=eno1,mode=private;"                                   \
	"ifname=eth3,dhcp=yes,dhcp6=yes"

static void netif_is_written_as_it_is_read(void **state)
{
	auto_net struct net_config *config = new_config();
	auto_strbuf struct strbuf out = { 0 };
	struct err err;

	(void)state;
	assert_ok(options_parse_netif(config, TWO_NICS, "NETIF", &err), &err);
	assert_int_equal(config->n_nics, 4);
	assert_string_equal(config->nics[0].host_name, "veth101.0");
	assert_false(config->nics[0].mac_filter);
	assert_true(config->nics[1].mac_filter);
	assert_int_equal(config->nics[1].n_addrs, 2);
	assert_int_equal(config->nics[1].addrs[0].prefix, 24);
	assert_int_equal(config->nics[1].trunk[1], 30);
	assert_int_equal(config->nics[2].mode, MACVLAN_MODE_PRIVATE);
	assert_false(config->nics[1].dhcp4 || config->nics[1].dhcp6);
	assert_true(config->nics[3].dhcp4 && config->nics[3].dhcp6);
	options_emit_netif(config, &out);
	assert_string_equal(out.text, TWO_NICS);
	assert_ok(net_fill(config, &err), &err);
}

static void bad_netif_adds_no_nic(void **state)
{
	static const char *const bad[] = {
		"bridge=br0",
		"ifname=",
		"ifname=eth0",
		"ifname=a-name-that-is-too-long",
		"ifname=eth1,color=red",
		"ifname=eth1,mac",
		"ifname=eth1,mac=01:00:00:00:00:01",
		"ifname=eth1,vlan=4095",
		"ifname=eth1,trunk=0",
		"ifname=eth1,mac_filter=yes",
		"ifname=eth1,mode=bridge",
		"ifname=eth1,type=macvlan,mode=l2",
		"ifname=eth1,type=token",
		"ifname=eth1,ip=127.0.0.1",
		"ifname=eth1,gw6=192.0.2.1",
		"ifname=eth1,gw=192.0.2.1/24",
		"ifname=eth1,bridge=a/b",
		"ifname=eth1,mtu=99999",
		"ifname=eth1,dhcp=on",
		"ifname=eth1,dhcp6=",
		"ifname=eth1,burst=5G",
	};
	auto_net struct net_config *config = new_config();
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		auto_free char *text = str_dupf("ifname=eth0,ip=192.0.2.1;%s", bad[i]);

		assert_int_equal(options_parse_netif(config, text, "NETIF", &err), -1);
		assert_int_equal(err.code, ERR_INPUT);
		assert_int_equal(config->n_nics, 0);
	}
}

static void netif_add_is_vzctls(void **state)
{
	auto_net struct net_config *config = new_config();
	struct net_nic *nic;
	struct err err;

	(void)state;
	nic = options_netif_add(config, "eth0,,,,vmbr0", "--netif_add", &err);
	assert_non_null(nic);
	assert_string_equal(nic->parent, "vmbr0");
	assert_true(addr_mac_is_zero(nic->mac));
	nic = options_netif_add(config, "eth1,00:18:51:01:02:03,h1,,", "--netif_add", &err);
	assert_non_null(nic);
	assert_string_equal(nic->host_name, "h1");
	nic = options_netif_add(config, "eth2,bridge=br0,vlan=7", "--netif_add", &err);
	assert_non_null(nic);
	assert_int_equal(nic->vlan, 7);
	assert_null(options_netif_add(config, "eth2", "--netif_add", &err));
	assert_null(options_netif_add(config, "eth3,,,,br0,x", "--netif_add", &err));
	assert_int_equal(config->n_nics, 3);
	assert_ok(options_del_nic(config, "eth1", "--netif_del", &err), &err);
	assert_int_equal(options_del_nic(config, "eth1", "--netif_del", &err), -1);
	assert_string_equal(config->nics[1].name, "eth2");
}

static void netdev_is_given_or_has_children(void **state)
{
	auto_net struct net_config *config = new_config();
	struct net_nic *nic;
	struct err err;

	(void)state;
	nic = options_netdev_add(config, NET_PHYSICAL, "eno2", "--netdev_add", &err);
	assert_non_null(nic);
	assert_string_equal(nic->name, "eno2");
	assert_string_equal(nic->parent, "eno2");
	nic = options_netdev_add(config, NET_MACVLAN, "eno1", "--macvlan", &err);
	assert_non_null(nic);
	assert_string_equal(nic->name, "eth0");
	nic = options_netdev_add(config, NET_IPVLAN, "eno1,eth1,l3s", "--ipvlan", &err);
	assert_non_null(nic);
	assert_int_equal(nic->mode, IPVLAN_MODE_L3S);
	nic = options_netdev_add(config, NET_MACVLAN, "eno1,eth2,ip=192.0.2.7/24", "--macvlan",
				 &err);
	assert_non_null(nic);
	assert_int_equal(nic->n_addrs, 1);
	assert_null(options_netdev_add(config, NET_PHYSICAL, "eno3,a,b", "--netdev_add", &err));
	assert_null(options_netdev_add(config, NET_MACVLAN, "", "--macvlan", &err));
	assert_int_equal(config->n_nics, 4);
}

static void routed_addresses_come_and_go(void **state)
{
	auto_net struct net_config *config = new_config();
	struct err err;

	(void)state;
	assert_non_null(options_ip_add(config, "10.0.0.1 2001:db8::1", "--ipadd", &err));
	assert_non_null(options_ip_add(config, "10.0.0.1,10.0.0.2", "--ipadd", &err));
	assert_int_equal(config->n_nics, 1);
	assert_string_equal(config->nics[0].name, "venet0");
	assert_int_equal(config->nics[0].n_addrs, 3);
	assert_ok(options_ip_del(config, "10.0.0.1", "--ipdel", &err), &err);
	assert_int_equal(options_ip_del(config, "10.0.0.1", "--ipdel", &err), -1);
	assert_int_equal(config->nics[0].n_addrs, 2);
	assert_ok(options_ip_del(config, "all", "--ipdel", &err), &err);
	assert_int_equal(config->n_nics, 0);
}

static void bad_address_makes_no_nic(void **state)
{
	auto_net struct net_config *config = new_config();
	struct err err;

	(void)state;
	assert_null(options_ip_add(config, "10.0.0.1,10.0.0.256", "--ipadd", &err));
	assert_int_equal(err.code, ERR_INPUT);
	assert_int_equal(config->n_nics, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rate_has_a_limit_a_share_and_a_way_back),
		cmocka_unit_test(bad_rate_changes_nothing),
		cmocka_unit_test(rate_is_written_as_it_is_read),
		cmocka_unit_test(publish_has_an_address_and_a_protocol),
		cmocka_unit_test(any_address_publishes_everywhere),
		cmocka_unit_test(bad_publish_leaves_the_list),
		cmocka_unit_test(allow_takes_ports_with_and_without_protocol),
		cmocka_unit_test(nat_has_three_words),
		cmocka_unit_test(netif_is_written_as_it_is_read),
		cmocka_unit_test(bad_netif_adds_no_nic),
		cmocka_unit_test(netif_add_is_vzctls),
		cmocka_unit_test(netdev_is_given_or_has_children),
		cmocka_unit_test(routed_addresses_come_and_go),
		cmocka_unit_test(bad_address_makes_no_nic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
