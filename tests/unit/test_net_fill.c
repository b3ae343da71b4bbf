/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A container's network: what is filled in, what is refused, and its JSON. */
#include "config.h"

#include "tests/unit/unit.h"

#include <linux/if_link.h>

#include "netsetup/options.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"

static struct net_config *parse(const char *text)
{
	struct net_config *config = NULL;
	struct err err;

	assert_ok(net_parse(text, strlen(text), "net", &config, &err), &err);
	return config;
}

#define NICS(id, nics) "{\"id\":\"" id "\",\"nics\":[" nics "]}"
#define VENET(name) "{\"kind\":\"routed\",\"name\":\"" name "\"}"
#define VETH(name) "{\"kind\":\"bridged\",\"name\":\"" name "\"}"

static void ct_gets_openvz_names(void **state)
{
	auto_net struct net_config *config =
		parse(NICS("101", VENET("venet0") "," VENET("venet1") "," VETH("eth7")));

	(void)state;
	assert_string_equal(config->nics[0].host_name, "venet101");
	assert_string_equal(config->nics[1].host_name, "venet101.1");
	assert_string_equal(config->nics[2].host_name, "veth101.7");
}

static void position_names_a_nic_without_number(void **state)
{
	auto_net struct net_config *config = parse(NICS("101", VETH("eth1") "," VETH("lan")));

	(void)state;
	assert_string_equal(config->nics[0].host_name, "veth101.1");
	assert_string_equal(config->nics[1].host_name, "veth101.65");
}

static void other_ids_give_short_stable_names(void **state)
{
	auto_net struct net_config *a = parse(NICS("a-long-id-of-a-container", VETH("eth0")));
	auto_net struct net_config *b = parse(NICS("a-long-id-of-a-container", VETH("eth0")));
	auto_net struct net_config *c = parse(NICS("a-long-id-of-a-containes", VETH("eth0")));
	auto_net struct net_config *d = parse(NICS("12345678", VENET("venet0")));

	(void)state;
	assert_int_equal(strlen(a->nics[0].host_name), 12);
	assert_memory_equal(a->nics[0].host_name, "vz", 2);
	assert_string_equal(a->nics[0].host_name + 10, ".0");
	assert_string_equal(a->nics[0].host_name, b->nics[0].host_name);
	assert_string_not_equal(a->nics[0].host_name, c->nics[0].host_name);
	assert_memory_equal(d->nics[0].host_name, "vz", 2);
}

static void macs_are_stable_and_of_their_kind(void **state)
{
	auto_net struct net_config *a = parse(NICS("101", VETH("eth0") "," VETH("eth1")));
	auto_net struct net_config *b = parse(NICS("101", VETH("eth0") "," VETH("eth1")));
	static const uint8_t openvz[] = { 0x00, 0x18, 0x51 };

	(void)state;
	assert_memory_equal(a->nics[0].mac, openvz, 3);
	assert_int_equal(a->nics[0].host_mac[0], 0xfe);
	assert_memory_equal(a->nics[0].mac, b->nics[0].mac, 6);
	assert_memory_equal(a->nics[1].host_mac, b->nics[1].host_mac, 6);
	assert_memory_not_equal(a->nics[0].mac, a->nics[1].mac, 6);
}

static void what_is_given_stays(void **state)
{
	auto_net struct net_config *config =
		parse(NICS("101", "{\"kind\":\"bridged\",\"name\":\"eth0\",\"hostName\":\"up0\","
				  "\"mac\":\"00:11:22:33:44:55\"}"));
	static const uint8_t mac[] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55 };

	(void)state;
	assert_string_equal(config->nics[0].host_name, "up0");
	assert_memory_equal(config->nics[0].mac, mac, 6);
}

/* ---- JSON ---- */

static const char *const full =
	"{\"id\":\"101\",\"nics\":[{\"kind\":\"routed\",\"name\":\"venet0\",\"hostName\":\"venet101\","
	"\"mac\":\"00:18:51:00:00:01\",\"hostMac\":\"fe:00:00:00:00:01\",\"mtu\":1400,"
	"\"addresses\":[\"10.0.0.1\",\"2001:db8::1\"],\"rate\":{\"upKbit\":2000,"
	"\"upShareKbit\":1000,\"downKbit\":5000,\"burstBytes\":3000}},"
	"{\"kind\":\"bridged\",\"name\":\"eth0\",\"hostName\":\"veth101.0\","
	"\"mac\":\"00:18:51:00:00:02\",\"hostMac\":\"fe:00:00:00:00:02\",\"parent\":\"vzbr0\","
	"\"macFilter\":true,\"vlan\":5,\"trunk\":[6,7],\"addresses\":[\"192.168.1.2/24\","
	"\"2001:db8:1::2/64\"],\"gateway4\":\"192.168.1.1\",\"gateway6\":\"fe80::1\"},"
	"{\"kind\":\"macvlan\",\"name\":\"mac0\",\"mac\":\"00:18:51:00:00:03\",\"parent\":\"eth0\","
	"\"mode\":\"vepa\"},{\"kind\":\"ipvlan\",\"name\":\"ip0\",\"parent\":\"eth0\","
	"\"mode\":\"l3\"},{\"kind\":\"physical\",\"name\":\"nic0\",\"parent\":\"eth1\","
	"\"dhcp4\":true,\"dhcp6\":true}],"
	"\"nat\":\"on\",\"isolated\":true,\"guarded\":true,"
	"\"open\":[{\"protocol\":\"tcp\",\"port\":22}],\"publish\":[{\"protocol\":\"udp\","
	"\"address\":\"192.0.2.1\",\"hostPort\":53,\"port\":5353}],"
	"\"neighbourDevices\":\"list:eth0 eth1\",\"skipDetect\":true}";

static void json_goes_both_ways(void **state)
{
	auto_net struct net_config *config = parse(full);
	auto_strbuf struct strbuf out = { 0 };

	(void)state;
	net_emit(config, &out);
	assert_string_equal(out.text, full);
	assert_int_equal(config->nics[2].mode, MACVLAN_MODE_VEPA);
	assert_int_equal(config->nics[1].addrs[0].prefix, 24);
}

/* ---- what is refused ---- */

static const struct {
	const char *text, *error;
} refused[] = {
	{ "[]", "net: must be an object, not an array" },
	{ "{\"nics\":[]}", "net: the network's id is missing" },
	{ NICS("../x", ""), "net: the id \"../x\" can't be a file's name" },
	{ NICS("a/b", ""), "net: the id \"a/b\" can't be a file's name" },
	{ "{\"id\":\"1\",\"speed\":1}", "net: speed: is unknown" },
	{ NICS("1", "{\"kind\":\"tun\"}"), "net: nics[0].kind: \"tun\" is unknown" },
	{ NICS("1", VETH("")), "net: NIC \"\": that can't be an interface's name" },
	{ NICS("1", VETH("lo")),
	  "net: NIC \"lo\": each container has an interface of this name already" },
	{ NICS("1", VETH("eth0123456789abc")),
	  "net: nics[0].name: \"eth0123456789abc\" is longer than an interface's name (15)" },
	{ NICS("1", VETH("eth0") "," VETH("eth0")), "net: two NICs have the name \"eth0\"" },
	{ NICS("1", "{\"name\":\"a\",\"hostName\":\"h\"},{\"name\":\"b\",\"hostName\":\"h\"}"),
	  "net: two NICs have the host name \"h\"" },
	{ NICS("1", "{\"name\":\"a\",\"addresses\":[\"10.0.0.1\"]},"
		    "{\"name\":\"b\",\"addresses\":[\"10.0.0.1/24\"]}"),
	  "net: the address 10.0.0.1 is given twice" },
	{ NICS("1", "{\"name\":\"a\",\"addresses\":[\"127.0.0.1\"]}"),
	  "net: nics[0].addresses[0]: \"127.0.0.1\" is a loopback address" },
	{ NICS("1", "{\"name\":\"a\",\"parent\":\"br0\"}"),
	  "net: NIC \"a\": a routed one has no parent (\"br0\")" },
	{ NICS("1", "{\"kind\":\"macvlan\",\"name\":\"a\"}"),
	  "net: NIC \"a\": being macvlan, it needs the host's interface as its parent" },
	{ NICS("1", "{\"kind\":\"macvlan\",\"name\":\"a\",\"parent\":\"p\",\"mode\":\"l2\"}"),
	  "net: nics[0].mode: being macvlan, \"a\" has no mode \"l2\"" },
	{ NICS("1", "{\"kind\":\"ipvlan\",\"name\":\"a\",\"parent\":\"p\","
		    "\"mode\":\"passthru\"}"),
	  "net: nics[0].mode: being ipvlan, \"a\" has no mode \"passthru\"" },
	{ NICS("1", "{\"name\":\"a\",\"rate\":{\"upKbit\":5,\"upShareKbit\":6}}"),
	  "net: NIC \"a\": the share of 6 kbit/s is above the rate of 5 kbit/s" },
	{ NICS("1", "{\"kind\":\"bridged\",\"name\":\"a\",\"parent\":\"b\",\"vlan\":4095}"),
	  "net: NIC \"a\": the VLAN 4095 is not in 1…4094" },
	{ NICS("1", "{\"kind\":\"bridged\",\"name\":\"a\",\"vlan\":5}"),
	  "net: NIC \"a\": VLANs need a bridge as its parent" },
	{ NICS("1", "{\"kind\":\"bridged\",\"name\":\"a\",\"parent\":\"b\",\"trunk\":[5,5]}"),
	  "net: NIC \"a\": the VLAN 5 is given twice" },
	{ NICS("1", "{\"name\":\"a\",\"mtu\":60}"),
	  "net: NIC \"a\": the MTU 60 is not in 68…65535" },
	{ NICS("1", "{\"name\":\"a\",\"mtu\":1279,\"addresses\":[\"2001:db8::1\"]}"),
	  "net: NIC \"a\": the MTU 1279 is not in 1280…65535" },
	{ NICS("1", "{\"kind\":\"bridged\",\"name\":\"a\",\"gateway4\":\"10.0.0.1\"}"),
	  "net: NIC \"a\": the gateway 10.0.0.1 needs an address of its family" },
	{ NICS("1", "{\"name\":\"a\",\"gateway4\":\"10.0.0.1\"}"),
	  "net: NIC \"a\": the gateway of a routed one is the host, not 10.0.0.1" },
	{ NICS("1", "{\"name\":\"a\",\"dhcp4\":true}"),
	  "net: NIC \"a\": a routed one has no DHCP" },
	{ NICS("1", "{\"kind\":\"bridged\",\"name\":\"a\",\"dhcp6\":true,"
		    "\"addresses\":[\"10.0.0.2/24\"]}"),
	  "net: NIC \"a\": it has DHCP, so it can't be given 10.0.0.2" },
	{ "{\"id\":\"1\",\"publish\":[{\"protocol\":\"tcp\",\"hostPort\":80,\"port\":80}]}",
	  "net: publish: the container has no address to publish ports of" },
	{ "{\"id\":\"1\",\"nics\":[{\"name\":\"a\",\"addresses\":[\"10.0.0.1\"]}],"
	  "\"publish\":[{\"protocol\":\"tcp\",\"hostPort\":80,\"port\":80},"
	  "{\"protocol\":\"tcp\",\"address\":\"192.0.2.1\",\"hostPort\":80,\"port\":81}]}",
	  "net: publish: port 80/tcp is given twice" },
	{ "{\"id\":\"1\",\"open\":[{\"protocol\":\"tcp\",\"port\":0}]}",
	  "net: open: 0 is no port" },
	{ "{\"id\":\"1\",\"neighbourDevices\":\"eth0\"}",
	  "net: neighbour devices: \"eth0\" is not \"detect\", \"all\" or \"list:NAME…\"" },
};

static void nonsense_is_refused_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct net_config *config = NULL;
		struct err err = { 0 };
		const char *text = refused[i].text;

		assert_int_equal(net_parse(text, strlen(text), "net", &config, &err), -1);
		assert_null(config);
		if (refused[i].error)
			assert_string_equal(err.msg, refused[i].error);
		assert_int_equal(err.code, ERR_INPUT);
	}
}

/* The lists of a parsed network have room for what it has, and may be gone on with: a build with
 * sanitizers sees who writes beyond that. */
static void what_was_parsed_can_grow(void **state)
{
	static const char text[] = NICS(
		"101",
		"{\"kind\":\"bridged\",\"name\":\"eth0\",\"parent\":\"br0\",\"trunk\":[1,2,3,4],"
		"\"addresses\":[\"10.0.0.1/24\",\"10.0.0.2/24\"]},"
		"{\"kind\":\"routed\",\"name\":\"venet0\",\"addresses\":[\"10.9.0.1\"]}");
	auto_net struct net_config *config = parse(text);
	struct net_nic *nic;
	struct err err;

	(void)state;
	assert_ok(options_set_nic(&config->nics[0], "trunk", "5+6", "trunk", &err), &err);
	assert_ok(options_set_nic(&config->nics[0], "ip", "10.0.0.3/24", "ip", &err), &err);
	assert_non_null(options_ip_add(config, "10.9.0.2,10.9.0.3", "ip", &err));
	assert_ok(options_add_publish(config, "80:80,81:81", "publish", &err), &err);
	assert_ok(options_add_open(config, "22", "allow", &err), &err);
	assert_ok(options_ip_del(config, "10.9.0.1,10.9.0.2", "ip", &err), &err);
	assert_non_null(options_netif_add(config, "eth1,bridge=br0", "nic", &err));
	assert_ok(options_del_nic(config, "eth0", "nic", &err), &err);
	nic = options_netif_add(config, "eth2,bridge=br0", "nic", &err);
	assert_non_null(nic);
	assert_ok(options_set_nic(nic, "trunk", "9", "trunk", &err), &err);
	assert_ok(net_fill(config, &err), &err);
	assert_int_equal(config->n_nics, 3);
	assert_int_equal(config->nics[0].n_addrs, 1);
	assert_string_equal(config->nics[2].name, "eth2");
	assert_int_equal(config->n_publish, 2);
}

/* It would not be the same id any more when it is read from the record. */
static void an_id_that_json_cannot_say_is_refused(void **state)
{
	static const char *const ids[] = { "a\xff", "a\xc3", "\xed\xa0\x80" };
	struct net_nic nic = { .kind = NET_BRIDGED, .name = "eth0" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		auto_free char *id = strdup(ids[i]);
		struct net_config config = { .id = id, .nics = &nic, .n_nics = 1 };

		assert_int_equal(net_fill(&config, &err), -1);
		assert_int_equal(err.code, ERR_INPUT);
		assert_non_null(strstr(err.msg, "is no UTF-8"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ct_gets_openvz_names),
		cmocka_unit_test(position_names_a_nic_without_number),
		cmocka_unit_test(other_ids_give_short_stable_names),
		cmocka_unit_test(macs_are_stable_and_of_their_kind),
		cmocka_unit_test(what_is_given_stays),
		cmocka_unit_test(json_goes_both_ways),
		cmocka_unit_test(nonsense_is_refused_by_name),
		cmocka_unit_test(what_was_parsed_can_grow),
		cmocka_unit_test(an_id_that_json_cannot_say_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
