/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network of a CT, out of CTID.conf and vz.conf. */
#include "config.h"

#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/ct/netconf.h"
#include "tests/unit/unit.h"

static struct conf *parse(const char *text)
{
	struct conf *conf = NULL;
	struct err err;

	assert_ok(conf_parse(text, strlen(text), "f.conf", &conf, &err), &err);
	return conf;
}

static int read_both(const char *text, const char *global_text, struct net_config **ret,
		     struct err *err)
{
	auto_conf struct conf *conf = parse(text), *global = parse(global_text);
	struct netconf_source from = {
		.id = "101",
		.conf = conf,
		.global = global,
		.path = "101.conf",
		.global_path = "vz.conf",
	};

	*ret = NULL;
	return netconf_read(&from, ret, err);
}

static struct net_config *read_ok(const char *text, const char *global_text)
{
	struct net_config *config;
	struct err err;

	assert_ok(read_both(text, global_text, &config, &err), &err);
	return config;
}

static void assert_bad(const char *text, const char *expected)
{
	auto_net struct net_config *config = NULL;
	struct err err;

	assert_int_equal(read_both(text, "", &config, &err), -1);
	assert_int_equal(err.code, ERR_INPUT);
	if (!strstr(err.msg, expected))
		fail_msg("\"%s\" lacks \"%s\"", err.msg, expected);
}

static void without_a_nic_there_is_no_network(void **state)
{
	(void)state;
	assert_null(read_ok("", "NAT=\"on\"\nRATE=\"1mbit\"\n"));
	assert_null(read_ok("IP_ADDRESS=\"\"\nNETIF=\" \"\nHOSTNAME=\"a\"\n", ""));
}

static void addresses_are_the_routed_nics(void **state)
{
	auto_net struct net_config *config =
		read_ok("IP_ADDRESS=\"10.0.0.1 2001:db8::1\"\nRATE=\"20mbit:5mbit,30mbit\"\n", "");
	auto_strbuf struct strbuf text = { 0 };

	(void)state;
	assert_int_equal(config->n_nics, 1);
	assert_int_equal(config->nics[0].kind, NET_ROUTED);
	assert_string_equal(config->nics[0].name, "venet0");
	assert_string_equal(config->nics[0].host_name, "venet101");
	assert_int_equal(config->nics[0].rate.up_kbit, 20000);
	assert_int_equal(config->nics[0].rate.up_share_kbit, 5000);
	assert_int_equal(config->nics[0].rate.down_kbit, 30000);
	netconf_emit_addrs(config, &text);
	assert_string_equal(text.text, "10.0.0.1 2001:db8::1");
}

static void netif_and_netdev_are_nics(void **state)
{
	auto_net struct net_config *config =
		read_ok("NETIF=\"ifname=eth0,bridge=vmbr0;ifname=eth1\"\nNETDEV=\"eth7\"\n", "");

	(void)state;
	assert_int_equal(config->n_nics, 3);
	assert_string_equal(config->nics[0].parent, "vmbr0");
	assert_string_equal(config->nics[1].host_name, "veth101.1");
	assert_int_equal(config->nics[2].kind, NET_PHYSICAL);
	assert_string_equal(config->nics[2].parent, "eth7");
}

static void own_keys_are_read_the_ct_first(void **state)
{
	auto_net struct net_config *config =
		read_ok("IP_ADDRESS=\"10.0.0.1\"\nNAT=\"off\"\nPUBLISH=\"8080:80 53:53/udp\"\n"
			"ALLOW=\"22/tcp 80\"\nISOLATE=\"yes\"\n",
			"NAT=\"on\"\nISOLATE=\"no\"\nNEIGHBOUR_DEVS=\"list:eth0 eth1\"\n"
			"SKIP_ARPDETECT=\"yes\"\n");
	auto_strbuf struct strbuf text = { 0 };

	(void)state;
	assert_int_equal(config->nat, NET_NAT_OFF);
	assert_int_equal(config->n_publish, 2);
	assert_true(config->guarded);
	assert_int_equal(config->n_open, 2);
	assert_true(config->isolated);
	assert_true(config->no_detect);
	assert_string_equal(config->neighbour_devs, "list:eth0 eth1");
	netconf_emit_publish(config, &text);
	assert_string_equal(text.text, "8080:80/tcp 53:53/udp");
}

static void allow_none_opens_nothing_and_all_everything(void **state)
{
	auto_net struct net_config *none = read_ok("IP_ADDRESS=\"10.0.0.1\"\nALLOW=\"none\"\n", "");
	auto_net struct net_config *all =
		read_ok("IP_ADDRESS=\"10.0.0.1\"\nALLOW=\"all\"\n", "ALLOW=\"none\"\n");

	(void)state;
	assert_true(none->guarded);
	assert_int_equal(none->n_open, 0);
	assert_false(all->guarded);
}

static void assert_v7(const char *text, const char *global, uint64_t up, uint64_t share)
{
	auto_net struct net_config *config = read_ok(text, global);

	assert_int_equal(config->nics[0].rate.up_kbit, up);
	assert_int_equal(config->nics[0].rate.up_share_kbit, share);
}

static void virtuozzos_rate_is_a_share(void **state)
{
#define IP "IP_ADDRESS=\"10.0.0.1\"\n"
	(void)state;
	assert_v7(IP "RATE=\"eth0:1:8000\"\n", "", 0, 8000);
	assert_v7(IP "RATE=\"eth0:2:9 eth0:1:8000\"\nRATEBOUND=\"yes\"\n", "", 8000, 8000);
	assert_v7(IP "RATE=\"*:1:8000\"\n", "TOTALRATE=\"eth0:1:102400\"\n", 102400, 8000);
	assert_v7(IP, "TRAFFIC_SHAPING=\"no\"\nRATE=\"eth0:1:8\"\n", 0, 0);
}

static void a_bad_value_names_file_and_key(void **state)
{
	(void)state;
	assert_bad("IP_ADDRESS=\"10.0.0\"\n", "101.conf: IP_ADDRESS: \"10.0.0\"");
	assert_bad("NETIF=\"bridge=x\"\n", "101.conf: NETIF");
	assert_bad(IP "RATE=\"30\"\n", "101.conf: RATE: \"30\" needs one of the units");
	assert_bad(IP "RATE=\"eth0:1:fast\"\n", "101.conf: RATE");
	assert_bad(IP "RATE=\"eth0:1:2:3\"\n", "is not of the form DEV:CLASS:KBIT");
	assert_bad(IP "NAT=\"maybe\"\n", "101.conf: NAT");
	assert_bad(IP "ISOLATE=\"maybe\"\n", "101.conf: ISOLATE: \"maybe\" is neither yes nor no");
	assert_bad(IP "ALLOW=\"70000\"\n", "101.conf: ALLOW");
	assert_bad(IP "PUBLISH=\"80\"\n", "101.conf: PUBLISH");
	assert_bad(IP "NEIGHBOUR_DEVS=\"list:\"\n", "101.conf: NEIGHBOUR_DEVS");
	assert_bad(IP "SKIP_ARPDETECT=\"1\"\n", "101.conf: SKIP_ARPDETECT");
	assert_bad("NETIF=\"ifname=eth0;ifname=eth0\"\n", "eth0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_nic_there_is_no_network),
		cmocka_unit_test(addresses_are_the_routed_nics),
		cmocka_unit_test(netif_and_netdev_are_nics),
		cmocka_unit_test(own_keys_are_read_the_ct_first),
		cmocka_unit_test(allow_none_opens_nothing_and_all_everything),
		cmocka_unit_test(virtuozzos_rate_is_a_share),
		cmocka_unit_test(a_bad_value_names_file_and_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
