/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of the files that a CT's network services read. */
#include "config.h"

#include <string.h>

#include "netsetup/options.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/ct/netfile.h"
#include "tests/unit/unit.h"

typedef void (*emit_fn)(const struct netfile_nics *nics, struct strbuf *out);

static struct netfile_nic two_fixed[] = { { .name = "venet0" }, { .name = "eth0" } };
static struct netfile_nic all_kinds[] = {
	{ .name = "venet0" },
	{ .name = "eth1", .dhcp4 = true },
	{ .name = "eth2", .dhcp6 = true },
	{ .name = "eth3", .dhcp4 = true, .dhcp6 = true },
};
static const struct netfile_nics none = { .all_fixed = true, .dns = true };
static const struct netfile_nics fixed = { .nic = two_fixed, .n = 2, .all_fixed = true };
static const struct netfile_nics mixed = { .nic = all_kinds, .n = 4, .dns = true };

static void assert_file(emit_fn run, const struct netfile_nics *nics, const char *expected)
{
	auto_strbuf struct strbuf out = { 0 };
	auto_free char *whole = str_dupf(NETFILE_MARK "%s", expected);

	run(nics, &out);
	if (*expected)
		assert_string_equal(out.text, whole);
	else
		assert_int_equal(out.len, 0);
}

static void only_nics_with_an_answer_are_told_of(void **state)
{
	auto_net struct net_config *config = calloc(1, sizeof(*config));
	struct netfile_nics nics;
	struct err err;

	(void)state;
	assert_ok(
		options_parse_netif(config,
				    "ifname=eth0;ifname=eth1,ip=10.0.0.1/24;ifname=eth2,dhcp6=yes;"
				    "ifname=e*,dhcp=yes;ifname=$(x),dhcp=yes;ifname=-x,dhcp=yes",
				    "NETIF", &err),
		&err);
	assert_ok(netfile_nics(config, &nics, &err), &err);
	assert_int_equal(nics.n, 2);
	assert_false(nics.all_fixed);
	assert_non_null(netfile_find(&nics, "eth1"));
	assert_true(netfile_find(&nics, "eth2")->dhcp6);
	assert_null(netfile_find(&nics, "eth0"));
	free(nics.nic);
	assert_ok(netfile_nics(NULL, &nics, &err), &err);
	assert_int_equal(nics.n, 0);
	free(nics.nic);
}

static void networkd_gets_a_file_for_each_way(void **state)
{
	(void)state;
	assert_file(netfile_networkd_fixed, &fixed,
		    "[Match]\nName=venet0 eth0\n\n[Link]\nUnmanaged=yes\n");
	assert_file(netfile_networkd_fixed, &none, "");
	assert_file(netfile_networkd_dhcp, &fixed, "");
	assert_file(netfile_networkd_dhcp4, &mixed, "[Match]\nName=eth1\n\n[Network]\nDHCP=ipv4\n");
	assert_file(netfile_networkd_dhcp6, &mixed, "[Match]\nName=eth2\n\n[Network]\nDHCP=ipv6\n");
	assert_file(netfile_networkd_dhcp, &mixed, "[Match]\nName=eth3\n\n[Network]\nDHCP=yes\n");
}

static void nobody_waits_where_nothing_comes(void **state)
{
	auto_strbuf struct strbuf out = { 0 }, other = { 0 };

	(void)state;
	netfile_no_wait(&fixed, "/f", &out);
	assert_string_equal(out.text, NETFILE_MARK "[Unit]\nConditionPathExists=!/f\n");
	netfile_no_wait(&mixed, "/f", &other);
	netfile_no_wait(&none, "/f", &other);
	assert_int_equal(other.len, 0);
}

static void networkmanager_is_told(void **state)
{
	auto_strbuf struct strbuf four = { 0 }, six = { 0 }, no = { 0 };

	(void)state;
	assert_file(netfile_nm_conf, &fixed,
		    "[keyfile]\nunmanaged-devices+=interface-name:venet0,interface-name:eth0\n"
		    "[device-vzrun]\nmatch-device=interface-name:venet0,interface-name:eth0\n"
		    "managed=0\n");
	assert_file(netfile_nm_conf, &mixed,
		    "[main]\ndns=none\n[keyfile]\nunmanaged-devices+=interface-name:venet0\n"
		    "[device-vzrun]\nmatch-device=interface-name:venet0\nmanaged=0\n");
	assert_file(netfile_nm_conf, &none, "");
	netfile_nm_profile(&all_kinds[1], &four);
	assert_string_equal(
		four.text, NETFILE_MARK
		"[connection]\nid=vzrun-eth1\ntype=ethernet\ninterface-name=eth1\n"
		"autoconnect-priority=999\n\n[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=auto\n");
	netfile_nm_profile(&all_kinds[2], &six);
	assert_non_null(strstr(six.text, "[ipv4]\nmethod=disabled\n"));
	netfile_nm_profile(&all_kinds[0], &no);
	assert_int_equal(no.len, 0);
}

static void netplan_and_cloud_init_are_told(void **state)
{
	static const struct netfile_nics two = { .nic = all_kinds, .n = 2 };

	(void)state;
	assert_file(netfile_netplan, &two,
		    "network:\n  version: 2\n  ethernets:\n"
		    "    \"venet0\":\n      dhcp4: false\n      dhcp6: false\n"
		    "      accept-ra: false\n      optional: true\n"
		    "    \"eth1\":\n      dhcp4: true\n      dhcp6: false\n");
	assert_file(netfile_netplan, &none, "");
	assert_file(netfile_cloud, &two, "network:\n  config: disabled\n");
	assert_file(netfile_cloud, &none, "");
}

static void ifcfg_files_say_dhcp_or_are_none(void **state)
{
	auto_strbuf struct strbuf rhel = { 0 }, rhel6 = { 0 }, suse = { 0 }, no = { 0 };

	(void)state;
	netfile_ifcfg_rhel(&all_kinds[1], &rhel);
	assert_string_equal(rhel.text, NETFILE_MARK
			    "DEVICE=eth1\nTYPE=Ethernet\nONBOOT=yes\nBOOTPROTO=dhcp\n");
	netfile_ifcfg_rhel(&all_kinds[2], &rhel6);
	assert_string_equal(rhel6.text, NETFILE_MARK "DEVICE=eth2\nTYPE=Ethernet\nONBOOT=yes\n"
						     "BOOTPROTO=none\nIPV6INIT=yes\nDHCPV6C=yes\n");
	netfile_ifcfg_suse(&all_kinds[1], &suse);
	assert_string_equal(suse.text, NETFILE_MARK "STARTMODE='auto'\nBOOTPROTO='dhcp4'\n");
	netfile_ifcfg_rhel(&all_kinds[0], &no);
	netfile_ifcfg_suse(&all_kinds[0], &no);
	assert_int_equal(no.len, 0);
}

static void an_ifcfg_file_names_its_device(void **state)
{
	static const struct {
		const char *name, *text, *device;
	} files[] = {
		{ "ifcfg-eth0", "", "eth0" },
		{ "ifcfg-eth0", "ONBOOT=yes\nDEVICE=eth1\n", "eth1" },
		{ "ifcfg-Wired", "\n DEVICE=\"eth0\" # x\n", "eth0" },
		{ "ifcfg-x", "DEVICE='eth0'", "eth0" },
		{ "ifcfg-x", "DEVICE=a\nDEVICE=b\r\n#DEVICE=c\nDEVICE=\n", "b" },
		{ "ifcfg-eth0:1", "IPADDR=1\n", "eth0" },
		{ "ifcfg-y", "DEVICE=eth0:1\n", "eth0" },
		{ "ifcfg-eth0-range0", "", "eth0" },
		{ "ifcfg-", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		auto_free char *device = netfile_ifcfg_device(files[i].name, files[i].text);

		assert_string_equal(device, files[i].device);
	}
}

static void dhcpcd_hears_of_fixed_ones(void **state)
{
	auto_strbuf struct strbuf out = { 0 }, no = { 0 };

	(void)state;
	netfile_dhcpcd(&fixed, &out);
	assert_string_equal(out.text, "denyinterfaces venet0 eth0\n");
	netfile_dhcpcd(&none, &no);
	assert_int_equal(no.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_nics_with_an_answer_are_told_of),
		cmocka_unit_test(networkd_gets_a_file_for_each_way),
		cmocka_unit_test(nobody_waits_where_nothing_comes),
		cmocka_unit_test(networkmanager_is_told),
		cmocka_unit_test(netplan_and_cloud_init_are_told),
		cmocka_unit_test(ifcfg_files_say_dhcp_or_are_none),
		cmocka_unit_test(an_ifcfg_file_names_its_device),
		cmocka_unit_test(dhcpcd_hears_of_fixed_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
