/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/nft/ruleset.h"

#include <string.h>

#include "netsetup/firewall_table.h"
#include "runtime/base/mem.h"

/* Protocols and priorities are numbers: their names come from files that a host may not have. */
#define TCP_UDP_SCTP "{ 6, 17, 132 }"
#define ICMP_ICMPV6 "{ 1, 58 }"
#define RAW "-300"

#define INET "inet " FIREWALL_TABLE " "
#define BRIDGE "bridge " FIREWALL_TABLE " "

/*
 * What passes this host's IP.
 *
 * raw_prerouting: a routed link's packets come from its own MAC, and from addresses that this host
 * routes to that link: the routing table is the truth, so an address that was taken away is
 * refused with its route. The kernel's fib expression lets neighbour discovery from :: pass, and
 * link-local sources by the link's own route.
 * forward: an isolated container meets no other, by link and by address (a bridged one's link
 * is not seen here); a guarded one gets answers, ICMP, open ports, and what was published. Nothing
 * is accepted here for other tables: these chains only drop. The host itself reaches all.
 * nat_*: published ports at any address of the host but loopback ones (a packet from there would
 * not leave the host); what goes from container to container by a published port comes back by
 * this host, so it leaves with the host's address.
 */
static const char inet[] =
	"add table " INET "\n"
	"add set " INET FIREWALL_FORMAT " { type mark; }\n"
	"add set " INET "links { type ifname; }\n"
	"add set " INET "filtered { type ifname; }\n"
	"add set " INET "macs { type ifname . ether_addr; }\n"
	"add set " INET "routed { type ifname; }\n"
	"add set " INET "traffic_in { type ifname . nf_proto; counter; }\n"
	"add set " INET "traffic_out { type ifname . nf_proto; counter; }\n"
	"add set " INET "members4 { type ipv4_addr; }\n"
	"add set " INET "members6 { type ipv6_addr; }\n"
	"add set " INET "isolated { type ifname; }\n"
	"add set " INET "isolated4 { type ipv4_addr; }\n"
	"add set " INET "isolated6 { type ipv6_addr; }\n"
	"add set " INET "guarded { type ifname; }\n"
	"add set " INET "guarded4 { type ipv4_addr; }\n"
	"add set " INET "guarded6 { type ipv6_addr; }\n"
	"add set " INET "open { type ifname . inet_proto . inet_service; }\n"
	"add set " INET "open4 { type ipv4_addr . inet_proto . inet_service; }\n"
	"add set " INET "open6 { type ipv6_addr . inet_proto . inet_service; }\n"
	"add set " INET "masq4 { type ipv4_addr; }\n"
	"add set " INET "masq6 { type ipv6_addr; }\n"
	"add map " INET "publish4 { type inet_proto . inet_service : ipv4_addr . inet_service; }\n"
	"add map " INET "publish6 { type inet_proto . inet_service : ipv6_addr . inet_service; }\n"
	"add map " INET "publish_at4"
	" { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }\n"
	"add map " INET "publish_at6"
	" { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }\n"

	"add chain " INET "raw_prerouting { type filter hook prerouting priority " RAW "; }\n"
	"flush chain " INET "raw_prerouting\n"
	"add rule " INET "raw_prerouting iifname @filtered iifname . ether saddr != @macs drop\n"
	"add rule " INET "raw_prerouting iifname @routed fib saddr . iif oif missing drop\n"
	"add rule " INET "raw_prerouting iifname . meta nfproto @traffic_out\n"

	"add chain " INET "count_postrouting { type filter hook postrouting priority 300; }\n"
	"flush chain " INET "count_postrouting\n"
	"add rule " INET "count_postrouting oifname . meta nfproto @traffic_in\n"

	"add chain " INET "guard\n"
	"flush chain " INET "guard\n"
	"add rule " INET "guard ct state established,related accept\n"
	"add rule " INET "guard ct status dnat accept\n"
	"add rule " INET "guard meta l4proto " ICMP_ICMPV6 " accept\n"
	"add rule " INET "guard oifname . meta l4proto . th dport @open accept\n"
	"add rule " INET "guard ip daddr . meta l4proto . th dport @open4 accept\n"
	"add rule " INET "guard ip6 daddr . meta l4proto . th dport @open6 accept\n"
	"add rule " INET "guard drop\n"

	"add chain " INET "filter_forward { type filter hook forward priority 0; }\n"
	"flush chain " INET "filter_forward\n"
	"add rule " INET "filter_forward iifname @isolated oifname @links drop\n"
	"add rule " INET "filter_forward iifname @links oifname @isolated drop\n"
	"add rule " INET "filter_forward ip saddr @isolated4 ip daddr @members4 drop\n"
	"add rule " INET "filter_forward ip saddr @members4 ip daddr @isolated4 drop\n"
	"add rule " INET "filter_forward ip6 saddr @isolated6 ip6 daddr @members6 drop\n"
	"add rule " INET "filter_forward ip6 saddr @members6 ip6 daddr @isolated6 drop\n"
	"add rule " INET "filter_forward oifname @guarded goto guard\n"
	"add rule " INET "filter_forward ip daddr @guarded4 goto guard\n"
	"add rule " INET "filter_forward ip6 daddr @guarded6 goto guard\n"

	"add chain " INET "published\n"
	"flush chain " INET "published\n"
	"add rule " INET "published ip daddr 127.0.0.0/8 return\n"
	"add rule " INET "published ip6 daddr ::1 return\n"
	"add rule " INET "published meta nfproto ipv4"
	" dnat ip to ip daddr . meta l4proto . th dport map @publish_at4\n"
	"add rule " INET "published meta nfproto ipv4"
	" dnat ip to meta l4proto . th dport map @publish4\n"
	"add rule " INET "published meta nfproto ipv6"
	" dnat ip6 to ip6 daddr . meta l4proto . th dport map @publish_at6\n"
	"add rule " INET "published meta nfproto ipv6"
	" dnat ip6 to meta l4proto . th dport map @publish6\n"

	"add chain " INET "nat_prerouting { type nat hook prerouting priority -100; }\n"
	"flush chain " INET "nat_prerouting\n"
	"add rule " INET "nat_prerouting meta l4proto " TCP_UDP_SCTP
	" fib daddr type local goto published\n"

	"add chain " INET "nat_output { type nat hook output priority -100; }\n"
	"flush chain " INET "nat_output\n"
	"add rule " INET "nat_output meta l4proto " TCP_UDP_SCTP
	" fib daddr type local goto published\n"

	"add chain " INET "nat_postrouting { type nat hook postrouting priority 100; }\n"
	"flush chain " INET "nat_postrouting\n"
	"add rule " INET "nat_postrouting"
	" ct status dnat ip saddr @members4 ip daddr @members4 masquerade\n"
	"add rule " INET "nat_postrouting"
	" ct status dnat ip6 saddr @members6 ip6 daddr @members6 masquerade\n"
	"add rule " INET "nat_postrouting"
	" oifname != @links ip saddr @masq4 ip daddr != @members4 masquerade\n"
	"add rule " INET "nat_postrouting"
	" oifname != @links ip6 saddr @masq6 ip6 daddr != @members6 masquerade\n";

/*
 * What passes a port of a bridge.
 *
 * check: a filtered port sends from its own MAC (in ARP too), nothing but IP and ARP, and does
 * not play router or DHCP server for its neighbours; one with addresses uses these alone, also
 * as the sender in ARP and as what a neighbour advertisement is for, whoever it says it is from. It
 * probes for no others (RFC 5227, RFC 4862): who probes for the same would let go of it.
 * Each rule asks for the protocol by meta: in a frame with a VLAN tag the one that nft would look for by
 * itself is the tag's, and no rule would hold. 547 and 67:
 * DHCP servers. @nh,64,128: the source of an IPv6 packet; @th,64,128: an advertisement's target.
 * A fragmented advertisement need not be looked for: nobody takes it (RFC 6980).
 */
static const char bridge[] =
	"add table " BRIDGE "\n"
	"add set " BRIDGE FIREWALL_FORMAT " { type mark; }\n"
	"add set " BRIDGE "links { type ifname; }\n"
	"add set " BRIDGE "filtered { type ifname; }\n"
	"add set " BRIDGE "macs { type ifname . ether_addr; }\n"
	"add set " BRIDGE "addressed { type ifname; }\n"
	"add set " BRIDGE "addrs4 { type ifname . ipv4_addr; }\n"
	"add set " BRIDGE "addrs6 { typeof iifname . @nh,64,128; }\n"
	"add set " BRIDGE "traffic_in { type ifname . ether_type; counter; }\n"
	"add set " BRIDGE "traffic_out { type ifname . ether_type; counter; }\n"
	"add set " BRIDGE "isolated { type ifname; }\n"

	"add chain " BRIDGE "check_arp\n"
	"flush chain " BRIDGE "check_arp\n"
	"add rule " BRIDGE "check_arp meta protocol arp arp htype != 1 drop\n"
	"add rule " BRIDGE "check_arp meta protocol arp arp ptype != 0x0800 drop\n"
	"add rule " BRIDGE "check_arp meta protocol arp arp hlen != 6 drop\n"
	"add rule " BRIDGE "check_arp meta protocol arp arp plen != 4 drop\n"
	"add rule " BRIDGE "check_arp meta protocol arp iifname . arp saddr ether != @macs drop\n"
	"add rule " BRIDGE "check_arp iifname != @addressed return\n"
	"add rule " BRIDGE "check_arp meta protocol arp"
	" arp operation 1 arp saddr ip 0.0.0.0 iifname . arp daddr ip @addrs4 return\n"
	"add rule " BRIDGE "check_arp meta protocol arp iifname . arp saddr ip != @addrs4 drop\n"

	"add chain " BRIDGE "check_ip\n"
	"flush chain " BRIDGE "check_ip\n"
	"add rule " BRIDGE "check_ip meta protocol ip udp sport 67 drop\n"
	"add rule " BRIDGE "check_ip iifname != @addressed return\n"
	"add rule " BRIDGE "check_ip meta protocol ip iifname . ip saddr != @addrs4 drop\n"

	"add chain " BRIDGE "check_ip6\n"
	"flush chain " BRIDGE "check_ip6\n"
	"add rule " BRIDGE "check_ip6 meta protocol ip6 udp sport 547 drop\n"
	"add rule " BRIDGE "check_ip6 meta protocol ip6"
	" icmpv6 type { nd-router-advert, nd-redirect } drop\n"
	"add rule " BRIDGE "check_ip6 iifname != @addressed return\n"
	"add rule " BRIDGE "check_ip6 meta protocol ip6 icmpv6 type nd-neighbor-advert"
	" iifname . @th,64,128 != @addrs6 drop\n"
	"add rule " BRIDGE "check_ip6 meta protocol ip6 ip6 saddr ::"
	" icmpv6 type nd-neighbor-solicit iifname . @th,64,128 != @addrs6 drop\n"
	"add rule " BRIDGE "check_ip6 meta protocol ip6 ip6 saddr :: ip6 daddr ff02::/16 return\n"
	"add rule " BRIDGE "check_ip6 meta protocol ip6 iifname . @nh,64,128 != @addrs6 drop\n"

	"add chain " BRIDGE "check\n"
	"flush chain " BRIDGE "check\n"
	"add rule " BRIDGE "check iifname . ether saddr != @macs drop\n"
	"add rule " BRIDGE "check meta protocol arp goto check_arp\n"
	"add rule " BRIDGE "check meta protocol ip goto check_ip\n"
	"add rule " BRIDGE "check meta protocol ip6 goto check_ip6\n"
	"add rule " BRIDGE "check drop\n"

	"add chain " BRIDGE "raw_prerouting { type filter hook prerouting priority " RAW "; }\n"
	"flush chain " BRIDGE "raw_prerouting\n"
	"add rule " BRIDGE "raw_prerouting iifname @filtered jump check\n"
	"add rule " BRIDGE "raw_prerouting iifname . meta protocol @traffic_out\n"

	"add chain " BRIDGE "count_postrouting { type filter hook postrouting priority 300; }\n"
	"flush chain " BRIDGE "count_postrouting\n"
	"add rule " BRIDGE "count_postrouting oifname . meta protocol @traffic_in\n"

	"add chain " BRIDGE "filter_forward { type filter hook forward priority 0; }\n"
	"flush chain " BRIDGE "filter_forward\n"
	"add rule " BRIDGE "filter_forward iifname @isolated oifname @links drop\n"
	"add rule " BRIDGE "filter_forward iifname @links oifname @isolated drop\n";

/* From port to port; what comes by the host's IP is guarded there. The kernel follows connections
 * on bridges only by a module of its own. Beside what a routed container gets, one here may
 * ask a DHCP server, whose answer belongs to no connection. */
static const char bridge_guard[] =
	"add set " BRIDGE "guarded { type ifname; }\n"
	"add set " BRIDGE "open { type ifname . inet_proto . inet_service; }\n"
	"add chain " BRIDGE "guard\n"
	"flush chain " BRIDGE "guard\n"
	"add rule " BRIDGE "guard ct state established,related accept\n"
	"add rule " BRIDGE "guard meta protocol arp accept\n"
	"add rule " BRIDGE "guard meta l4proto " ICMP_ICMPV6 " accept\n"
	"add rule " BRIDGE "guard meta protocol ip udp sport 67 udp dport 68 accept\n"
	"add rule " BRIDGE "guard meta protocol ip6 udp sport 547 udp dport 546 accept\n"
	"add rule " BRIDGE "guard oifname . meta l4proto . th dport @open accept\n"
	"add rule " BRIDGE "guard drop\n"
	"add chain " BRIDGE "guard_forward { type filter hook forward priority 1; }\n"
	"flush chain " BRIDGE "guard_forward\n"
	"add rule " BRIDGE "guard_forward oifname @guarded goto guard\n";

const struct ruleset_part ruleset_parts[] = {
	{ inet, false },
	{ bridge, true },
	{ bridge_guard, true },
};
const size_t ruleset_n_parts = ARRAY_SIZE(ruleset_parts);

struct need {
	const char *word, *modules;
};

/* Longer ones first: a line tells more by them. */
static const struct need needs[] = {
	{ "masquerade", "nft_masq, nft_chain_nat" },
	{ "dnat ip", "nft_nat, nft_chain_nat" },
	{ "fib ", "nft_fib_inet, nft_fib_ipv4, nft_fib_ipv6" },
	{ "type nat", "nft_chain_nat" },
	{ "ct ", "nft_ct, nf_conntrack" },
};

const char *ruleset_modules(const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (strstr(line, needs[i].word))
			return needs[i].modules;
	return NULL;
}
