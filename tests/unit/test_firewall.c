/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firewall's elements in the kernel, in a fresh network namespace with a /run of its own. nft(8)
 * tells what is in the tables. */
#include "config.h"

#include "tests/unit/unit.h"
#include "tests/unit/nft.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsetup/firewall.h"
#include "netsetup/link.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"

/* ---- containers ---- */

#define CTS 8

struct ct {
	struct net_config config;
	char id[16];
	struct net_nic nic;
	struct net_addr addrs[2 + NET_ADDRS_MAX];
	struct net_port open[NET_PORTS_MAX];
	struct net_publish publish[2];
};

static struct ct cts[CTS];
static bool recorded[CTS];

/* A routed one with an address of each family, a function of its number. */
static struct ct *ct(unsigned int n)
{
	struct ct *ct = &cts[n];

	*ct = (struct ct){ 0 };
	snprintf(ct->id, sizeof(ct->id), "%u", 100 + n);
	snprintf(ct->nic.host_name, IFNAMSIZ, "venet%u", 100 + n);
	snprintf(ct->nic.name, IFNAMSIZ, "venet0");
	ct->nic.kind = NET_ROUTED;
	memcpy(ct->nic.mac, (uint8_t[]){ 2, 0, 0, 0, 0, (uint8_t)n }, 6);
	ct->addrs[0] = (struct net_addr){ AF_INET, 32, { 10, 0, 0, (uint8_t)n } };
	ct->addrs[1] = (struct net_addr){ AF_INET6, 128, { 0xfd, [15] = (uint8_t)n } };
	ct->nic.addrs = ct->addrs;
	ct->nic.n_addrs = 2;
	ct->config = (struct net_config){ .id = ct->id,
					  .nics = &ct->nic,
					  .n_nics = 1,
					  .nat = NET_NAT_ON,
					  .open = ct->open,
					  .publish = ct->publish };
	return ct;
}

static void publish(struct ct *ct, uint16_t host_port, uint16_t port)
{
	ct->publish[ct->config.n_publish++] =
		(struct net_publish){ .proto = IPPROTO_TCP, .host_port = host_port, .port = port };
}

static struct ct *port_of_bridge(struct ct *ct)
{
	ct->nic.kind = NET_BRIDGED;
	snprintf(ct->nic.parent, IFNAMSIZ, "vzbr0");
	ct->nic.mac_filter = true;
	return ct;
}

/* The records are those of this test. */
int __wrap_net_list(char ***ret, struct err *err);
int __wrap_net_list(char ***ret, struct err *err)
{
	(void)err;
	*ret = NULL;
	for (size_t i = 0; i < CTS; i++)
		if (recorded[i])
			assert_return_code(strv_add(ret, cts[i].id), 0);
	return 0;
}

int __wrap_net_load(const char *id, struct net_config **ret, struct err *err);
int __wrap_net_load(const char *id, struct net_config **ret, struct err *err)
{
	(void)err;
	*ret = &cts[atoi(id) - 100].config;
	return 0;
}

/* They are nobody's memory to free. */
void __wrap_net_free(struct net_config *config);
void __wrap_net_free(struct net_config *config)
{
	(void)config;
}

/* ---- the kernel ---- */

static int set_up(void **state)
{
	(void)state;
	memset(recorded, 0, sizeof(recorded));
	if (geteuid() != 0)
		return 0;
	return unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	       mount("run", "/run", "tmpfs", 0, NULL) < 0;
}

static int tear_down(void **state)
{
	(void)state;
	return geteuid() == 0 ? umount2("/run", MNT_DETACH) : 0;
}

/* "10.0.0.1, 10.0.0.2" of "inet vzrun masq4", as nft sorts them; "" where it is empty. */
static const char *elements(const char *set)
{
	auto_free char *args =
		str_dupf("-n list %s %s", strstr(set, "publish") ? "map" : "set", set);
	const char *said = nft(args), *from = strstr(said, "elements = { ");
	char *end;

	assert_null(strstr(said, "Error"));
	if (!from)
		return "";
	from += strlen("elements = { ");
	end = strstr(from, " }");
	if (end)
		*end = '\0';
	return from;
}

static void assert_elements(const char *set, const char *want)
{
	assert_string_equal(elements(set), want);
}

static void add(struct ct *ct)
{
	struct err err;

	assert_ok(firewall_change(NULL, &ct->config, &err), &err);
}

static void drop(struct ct *ct)
{
	struct err err;

	assert_ok(firewall_change(&ct->config, NULL, &err), &err);
}

/* ---- what is in the tables ---- */

static void routed_one_has_its_elements(void **state)
{
	NEED_ROOT;
	add(ct(1));
	assert_elements("inet vzrun links", "\"venet101\"");
	assert_elements("inet vzrun filtered", "\"venet101\"");
	assert_elements("inet vzrun routed", "\"venet101\"");
	assert_elements("inet vzrun macs", "\"venet101\" . 02:00:00:00:00:01");
	assert_elements("inet vzrun members4", "10.0.0.1");
	assert_elements("inet vzrun members6", "fd00::1");
	assert_elements("inet vzrun masq4", "10.0.0.1");
	assert_elements("inet vzrun masq6", "fd00::1");
	assert_elements("inet vzrun isolated", "");
	assert_elements("inet vzrun guarded", "");
	assert_non_null(strstr(nft("list set inet vzrun traffic_in"),
			       "\"venet101\" . ipv6 counter packets 0 bytes 0"));
	assert_non_null(strstr(nft("list set inet vzrun traffic_out"),
			       "\"venet101\" . ipv4 counter packets 0 bytes 0"));
}

static void policy_has_its_elements(void **state)
{
	struct ct *one = ct(1);

	NEED_ROOT;
	one->config.isolated = one->config.guarded = true;
	one->open[0] = (struct net_port){ IPPROTO_TCP, 22 };
	one->open[1] = (struct net_port){ IPPROTO_UDP, 53 };
	one->open[2] = (struct net_port){ IPPROTO_TCP, 22 };
	one->config.n_open = 3;
	add(one);
	assert_elements("inet vzrun isolated", "\"venet101\"");
	assert_elements("inet vzrun isolated4", "10.0.0.1");
	assert_elements("inet vzrun isolated6", "fd00::1");
	assert_elements("inet vzrun guarded", "\"venet101\"");
	assert_elements("inet vzrun open", "\"venet101\" . 6 . 22, \"venet101\" . 17 . 53");
	assert_elements("inet vzrun open4", "");
}

static void published_port_has_its_elements(void **state)
{
	struct ct *one = ct(1);

	NEED_ROOT;
	publish(one, 8080, 80);
	publish(one, 443, 443);
	one->publish[1].at = (struct net_addr){ AF_INET, 32, { 192, 0, 2, 1 } };
	add(one);
	assert_elements("inet vzrun publish4", "6 . 8080 : 10.0.0.1 . 80");
	assert_elements("inet vzrun publish6", "6 . 8080 : fd00::1 . 80");
	assert_elements("inet vzrun publish_at4", "192.0.2.1 . 6 . 443 : 10.0.0.1 . 443");
	assert_elements("inet vzrun publish_at6", "");
}

static void port_of_a_bridge_has_its_elements(void **state)
{
	NEED_ROOT;
	add(port_of_bridge(ct(1)));
	assert_elements("inet vzrun links", "");
	assert_elements("inet vzrun members4", "10.0.0.1");
	assert_elements("bridge vzrun links", "\"venet101\"");
	assert_elements("bridge vzrun macs", "\"venet101\" . 02:00:00:00:00:01");
	assert_elements("bridge vzrun addressed", "\"venet101\"");
	assert_elements("bridge vzrun addrs4", "\"venet101\" . 10.0.0.1");
	assert_non_null(
		strstr(nft("list set bridge vzrun traffic_in"), "\"venet101\" . ip6 counter"));
	drop(&cts[1]);
	assert_null(strstr(nft("list table bridge vzrun"), "venet101"));
}

static void port_without_a_filter_is_only_counted(void **state)
{
	struct ct *one = port_of_bridge(ct(1));

	NEED_ROOT;
	one->nic.mac_filter = false;
	add(one);
	assert_elements("bridge vzrun links", "\"venet101\"");
	assert_elements("bridge vzrun filtered", "");
	assert_elements("bridge vzrun macs", "");
	assert_elements("bridge vzrun addressed", "");
}

/* What of a container can be seen in the whole ruleset. */
static bool is_seen(const char *what)
{
	return strstr(nft("-n list ruleset"), what);
}

static void all_of_it_goes(void **state)
{
	struct ct *one = ct(1);

	NEED_ROOT;
	one->config.isolated = one->config.guarded = true;
	one->open[0] = (struct net_port){ IPPROTO_TCP, 22 };
	one->config.n_open = 1;
	publish(one, 8080, 80);
	add(one);
	add(ct(2));
	drop(one);
	assert_false(is_seen("venet101"));
	assert_false(is_seen("10.0.0.1"));
	assert_false(is_seen("fd00::1"));
	assert_elements("inet vzrun members4", "10.0.0.2");
}

static void removing_what_is_gone_is_no_error(void **state)
{
	struct ct *one = ct(1);

	NEED_ROOT;
	drop(one); /* no tables */
	assert_string_equal(nft("list tables"), "");
	add(one);
	assert_string_equal(nft("delete element inet vzrun masq4 { 10.0.0.1 }"), "");
	drop(one);
	drop(one);
	assert_false(is_seen("venet101"));
}

static void change_touches_only_the_difference(void **state)
{
	struct ct *one = ct(1), *two = ct(2);
	struct err err;

	NEED_ROOT;
	publish(one, 8080, 80);
	add(one);
	assert_string_equal(nft("'delete element inet vzrun traffic_in { venet101 . ipv4 };"
				"add element inet vzrun traffic_in"
				" { venet101 . ipv4 counter packets 7 bytes 700 }'"),
			    "");
	*two = *one;
	two->config.nics = &two->nic;
	two->config.publish = two->publish;
	two->nic.addrs = two->addrs;
	two->addrs[0].bytes[3] = 9;
	two->publish[0].port = 81;
	assert_ok(firewall_change(&one->config, &two->config, &err), &err);
	assert_elements("inet vzrun members4", "10.0.0.9");
	assert_elements("inet vzrun publish4", "6 . 8080 : 10.0.0.9 . 81");
	assert_non_null(strstr(nft("list set inet vzrun traffic_in"), "packets 7 bytes 700"));
}

/* ---- refused ---- */

static void port_of_another_is_refused(void **state)
{
	struct ct *one = ct(1), *two = ct(2);
	struct err err;

	NEED_ROOT;
	publish(one, 8080, 80);
	publish(two, 8080, 80);
	add(one);
	assert_fails(firewall_change(NULL, &two->config, &err), &err, EADDRINUSE,
		     "publish port 8080/tcp (IPv4): another container has it published");
	assert_elements("inet vzrun links", "\"venet101\"");
	drop(two); /* what never had it takes it from nobody */
	assert_elements("inet vzrun publish4", "6 . 8080 : 10.0.0.1 . 80");
}

static void policy_needs_a_link_of_the_host(void **state)
{
	struct ct *one = ct(1);
	struct err err;

	NEED_ROOT;
	one->nic.kind = NET_MACVLAN;
	one->config.guarded = true;
	assert_fails(firewall_change(NULL, &one->config, &err), &err, ERR_INPUT,
		     "interface \"venet0\": its packets don't pass this host's firewall, so the "
		     "container can't be guarded (use a routed or bridged one)");
	drop(one);
}

static void published_port_needs_an_address(void **state)
{
	struct ct *one = ct(1);
	struct err err;

	NEED_ROOT;
	one->nic.n_addrs = 1;
	publish(one, 80, 80);
	one->publish[0].at = (struct net_addr){ AF_INET6, 128, { 0xfd, [15] = 1 } };
	assert_fails(firewall_change(NULL, &one->config, &err), &err, ERR_INPUT,
		     "publish port 80: the container has no IPv6 address on a routed or bridged "
		     "interface");
}

/* Where the kernel can't (it says so, by name), the rest is none the worse. */
static void guarded_port_needs_connections_on_bridges(void **state)
{
	struct ct *one = port_of_bridge(ct(1));
	struct err err;

	NEED_ROOT;
	one->config.guarded = true;
	one->open[0] = (struct net_port){ IPPROTO_TCP, 22 };
	one->config.n_open = 1;
	if (firewall_change(NULL, &one->config, &err) == 0) {
		assert_elements("bridge vzrun guarded", "\"venet101\"");
		assert_elements("bridge vzrun open", "\"venet101\" . 6 . 22");
		assert_elements("inet vzrun guarded4", "10.0.0.1");
		assert_elements("inet vzrun open4", "10.0.0.1 . 6 . 22");
		return;
	}
	assert_string_equal(err.msg, "guard a port of a bridge: this kernel tracks no connections "
				     "there (module nf_conntrack_bridge)");
	assert_int_equal(err.code, ERR_UNSUPPORTED);
	assert_false(is_seen("venet101"));
	one->config.guarded = false;
	add(one);
	assert_elements("bridge vzrun links", "\"venet101\"");
}

/* ---- tables that are missing, old, or others' ---- */

static void flushed_ruleset_comes_back_with_all_elements(void **state)
{
	struct ct *one = ct(1);

	NEED_ROOT;
	publish(one, 8080, 80);
	add(one);
	recorded[1] = recorded[2] = true;
	assert_string_equal(nft("flush ruleset"), "");
	add(ct(2));
	assert_elements("inet vzrun members4", "10.0.0.1, 10.0.0.2");
	assert_elements("inet vzrun publish4", "6 . 8080 : 10.0.0.1 . 80");
	assert_true(is_seen("fib saddr . iif oif"));
}

static void change_brings_the_tables_back_with_all_that_stays(void **state)
{
	struct ct *one = ct(1), *two = ct(2);
	struct err err;

	NEED_ROOT;
	*two = *one;
	two->config.id = one->id;
	two->nic.n_addrs = 1;
	two->config.nics = &two->nic;
	assert_ok(firewall_change(&one->config, &two->config, &err), &err);
	assert_elements("inet vzrun members4", "10.0.0.1");
	assert_elements("inet vzrun members6", "");
	assert_elements("inet vzrun links", "\"venet101\"");
}

static void missing_bridge_table_comes_back(void **state)
{
	NEED_ROOT;
	add(ct(1));
	assert_string_equal(nft("delete table bridge vzrun"), "");
	add(port_of_bridge(ct(2)));
	assert_elements("bridge vzrun links", "\"venet102\"");
}

static void older_rules_are_renewed_and_counters_stay(void **state)
{
	NEED_ROOT;
	add(ct(1));
	assert_string_equal(nft("'delete set inet vzrun format3;"
				"add set inet vzrun format0 { type mark; };"
				"flush chain inet vzrun raw_prerouting;"
				"add rule inet vzrun raw_prerouting mark 7 accept;"
				"delete element inet vzrun traffic_in { venet101 . ipv4 };"
				"add element inet vzrun traffic_in"
				" { venet101 . ipv4 counter packets 7 bytes 700 }'"),
			    "");
	recorded[1] = true;
	add(ct(2));
	assert_elements("inet vzrun links", "\"venet101\", \"venet102\"");
	assert_non_null(strstr(nft("list set inet vzrun traffic_in"), "packets 7 bytes 700"));
	assert_false(is_seen("mark 0x00000007 accept"));
	assert_true(is_seen("fib saddr . iif oif"));
}

static void tables_of_others_are_left_alone(void **state)
{
	auto_free char *before = NULL;

	NEED_ROOT;
	assert_string_equal(
		nft("'add table ip vzrun; add table inet filter;"
		    "add set inet filter links { type ifname; elements = { lo }; };"
		    "add chain inet filter forward { type filter hook forward priority 0;"
		    " policy drop; };"
		    "add rule inet filter forward counter accept'"),
		"");
	before = strdup(nft("list ruleset"));
	add(ct(1));
	assert_true(is_seen("table inet vzrun"));
	drop(&cts[1]);
	assert_string_equal(nft("'delete table inet vzrun; delete table bridge vzrun'"), "");
	assert_string_equal(nft("list ruleset"), before);
}

/* The line at fault is named; and the kernel's modules that it wants, where these may be missing. */
static void tables_that_can_t_be_made_are_told_of(void **state)
{
	struct ct *one = ct(1);
	struct err err;

	NEED_ROOT;
	assert_string_equal(nft("'add table inet vzrun; add set inet vzrun links"
				" { type ipv4_addr; }'"),
			    "");
	assert_fails(
		firewall_change(NULL, &one->config, &err), &err, ERR_FAILED,
		"make the firewall's tables: \"add rule inet vzrun filter_forward iifname "
		"@isolated oifname @links drop\": datatype mismatch, expected network interface "
		"name, expression has type IPv4 address");
	assert_string_equal(nft("'flush ruleset; add table inet vzrun;"
				"add chain inet vzrun nat_output"
				" { type filter hook output priority 0; }'"),
			    "");
	assert_int_equal(firewall_change(NULL, &one->config, &err), -1);
	assert_non_null(strstr(err.msg, "nat_output"));
	assert_non_null(strstr(err.msg, "does this kernel have nft_chain_nat?"));
	assert_int_equal(err.code, ERR_UNSUPPORTED);
}

/* All at once in a namespace without tables, each with a record as net_up writes it first. */
static void many_can_begin_at_once(void **state)
{
	pid_t pids[CTS];

	NEED_ROOT;
	for (unsigned int i = 1; i < CTS; i++) {
		publish(ct(i), (uint16_t)(8000 + i), 80);
		recorded[i] = true;
	}
	for (unsigned int i = 1; i < CTS; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(firewall_change(NULL, &cts[i].config, NULL) < 0);
	}
	for (unsigned int i = 1; i < CTS; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	for (unsigned int i = 1; i < CTS; i++) {
		auto_free char *link = str_dupf("\"venet%u\"", 100 + i);

		assert_non_null(strstr(elements("inet vzrun links"), link));
	}
	assert_elements("inet vzrun members4",
			"10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5, 10.0.0.6, 10.0.0.7");
}

/* ---- numbers ---- */

static void many_addresses_and_ports_fit(void **state)
{
	struct ct *one = ct(1);
	size_t found = 0;

	NEED_ROOT;
	for (unsigned int i = 0; i < NET_ADDRS_MAX; i++) {
		one->addrs[i] = (struct net_addr){ AF_INET, 32, { 10, 1 } };
		one->addrs[i].bytes[2] = (uint8_t)(i >> 8);
		one->addrs[i].bytes[3] = (uint8_t)i;
		one->open[i] = (struct net_port){ IPPROTO_TCP, (uint16_t)(i + 1) };
	}
	one->nic.n_addrs = one->config.n_open = NET_ADDRS_MAX;
	one->config.guarded = true;
	add(one);
	for (const char *at = elements("inet vzrun open"); (at = strstr(at, "venet101")); at++)
		found++;
	assert_int_equal(found, NET_PORTS_MAX);
	drop(one);
	assert_elements("inet vzrun open", "");
	assert_elements("inet vzrun masq4", "");
}

/* The loopback link plays a host end. */
static void traffic_is_what_the_counters_say(void **state)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
					.sin_port = htons(9),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct net_traffic traffic = { .in_bytes = { 1000 }, .out_packets = { 0, 5 } };
	struct ct *one = ct(1);
	struct err err;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	NEED_ROOT;
	assert_ok(link_loopback_up(&err), &err);
	assert_ok(firewall_traffic(&one->config, &traffic, &err), &err); /* no tables */
	assert_int_equal(traffic.in_bytes[0], 1000);
	one->nic.kind = NET_BRIDGED;
	snprintf(one->nic.host_name, IFNAMSIZ, "lo");
	add(one);
	assert_int_equal(sendto(fd, "x", 1, 0, (const void *)&to, sizeof(to)), 1);
	close(fd);
	assert_ok(firewall_traffic(&one->config, &traffic, &err), &err);
	/* 20 bytes of IP, 8 of UDP, 1; and the answer that nobody listens, with ICMP's 8 and all
	 * of that again */
	assert_int_equal(traffic.in_bytes[0], 1000 + 29 + 57);
	assert_int_equal(traffic.in_packets[0], 2);
	assert_int_equal(traffic.out_bytes[0], 29 + 57);
	assert_int_equal(traffic.out_packets[0], 2);
	assert_int_equal(traffic.out_packets[1], 5);
	assert_int_equal(traffic.in_packets[1], 0);
}

/* ---- which addresses are masqueraded ---- */

static void run(const char *command)
{
	assert_int_equal(system(command), 0);
}

static void automatic_nat_is_for_private_addresses(void **state)
{
	struct ct *one = ct(1);

	NEED_ROOT;
	one->config.nat = NET_NAT_AUTO;
	memcpy(one->addrs[1].bytes, (uint8_t[]){ 0x20, 1, 0xd, 0xb8 }, 4);
	add(one);
	assert_elements("inet vzrun masq4", "10.0.0.1");
	assert_elements("inet vzrun masq6", "");
	drop(one);
	assert_elements("inet vzrun masq4", "");
	one->config.nat = NET_NAT_OFF;
	add(one);
	assert_elements("inet vzrun masq4", "");
}

/* Also when the host has a route to the container already, which hides the network. */
static void automatic_nat_is_not_for_an_uplinks_network(void **state)
{
	struct ct *one = ct(1), *two = ct(2), *three = ct(3);

	NEED_ROOT;
	run("ip link add up0 type veth peer name up1 && ip addr add 10.0.0.100/24 dev up0 &&"
	    " ip link set up0 up && ip link set up1 up && ip route add default via 10.0.0.254 &&"
	    " ip link add in0 type veth peer name in1 && ip addr add 10.2.0.100/24 dev in0 &&"
	    " ip link set in0 up && ip link set in1 up && ip route add 10.0.0.1 dev in0 &&"
	    " ip route add 10.2.0.2 dev up0");
	one->config.nat = two->config.nat = three->config.nat = NET_NAT_AUTO;
	two->addrs[0].bytes[1] = 2;
	three->addrs[0].bytes[1] = 3;
	add(one);
	add(two);
	add(three);
	assert_elements("inet vzrun masq4", "10.3.0.3");
}

/* A bridge of the host's own is no uplink for its ports. */
static void automatic_nat_is_for_ports_of_an_inner_bridge(void **state)
{
	struct ct *one = port_of_bridge(ct(1));

	NEED_ROOT;
	run("ip link add vzbr0 type bridge && ip addr add 10.0.0.254/24 dev vzbr0 &&"
	    " ip link set vzbr0 up");
	one->config.nat = NET_NAT_AUTO;
	add(one);
	assert_elements("inet vzrun masq4", "10.0.0.1");
}

/* What was masqueraded when it came goes also when its network has become an uplink's. */
static void automatic_nat_goes_whatever_has_changed(void **state)
{
	struct ct *one = ct(1);

	NEED_ROOT;
	one->config.nat = NET_NAT_AUTO;
	add(one);
	run("ip link add up0 type veth peer name up1 && ip addr add 10.0.0.100/24 dev up0 &&"
	    " ip link set up0 up && ip link set up1 up && ip route add default via 10.0.0.254");
	drop(one);
	assert_elements("inet vzrun masq4", "");
}

#define FW_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FW_TEST(routed_one_has_its_elements),
		FW_TEST(policy_has_its_elements),
		FW_TEST(published_port_has_its_elements),
		FW_TEST(port_of_a_bridge_has_its_elements),
		FW_TEST(port_without_a_filter_is_only_counted),
		FW_TEST(all_of_it_goes),
		FW_TEST(removing_what_is_gone_is_no_error),
		FW_TEST(change_touches_only_the_difference),
		FW_TEST(port_of_another_is_refused),
		FW_TEST(policy_needs_a_link_of_the_host),
		FW_TEST(published_port_needs_an_address),
		FW_TEST(guarded_port_needs_connections_on_bridges),
		FW_TEST(flushed_ruleset_comes_back_with_all_elements),
		FW_TEST(change_brings_the_tables_back_with_all_that_stays),
		FW_TEST(missing_bridge_table_comes_back),
		FW_TEST(older_rules_are_renewed_and_counters_stay),
		FW_TEST(tables_of_others_are_left_alone),
		FW_TEST(tables_that_can_t_be_made_are_told_of),
		FW_TEST(many_can_begin_at_once),
		FW_TEST(many_addresses_and_ports_fit),
		FW_TEST(traffic_is_what_the_counters_say),
		FW_TEST(automatic_nat_is_for_private_addresses),
		FW_TEST(automatic_nat_is_not_for_an_uplinks_network),
		FW_TEST(automatic_nat_is_for_ports_of_an_inner_bridge),
		FW_TEST(automatic_nat_goes_whatever_has_changed),
	};

	return cmocka_run_group_tests_name("firewall", tests, NULL, NULL);
}
