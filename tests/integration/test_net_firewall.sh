#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The firewall with real packets: a node, a client on its uplink, and two containers of which
# netfw.c tells the firewall. Links and routes are made by hand, as vzrun makes them.
. "${0%/*}/lib.sh"
. "${0%/*}/net.sh"

NETFW=${VZRUN%/*}/tests/integration/netfw
CT1=(routed venet101 02:00:00:00:01:01 10.0.0.1 fd00::1)
CT2=(routed venet102 02:00:00:00:01:02 10.0.0.2 fd00::2)
PORT1=(bridged veth101.0 vzbr0 02:00:00:00:01:01 10.0.0.1 fd00::1)
PORT2=(bridged veth102.0 vzbr0 02:00:00:00:01:02 10.0.0.2 fd00::2)

fw() # VERB ID WORD...
{
	on node "$NETFW" "$@"
}

# The node is 10.9.0.1 and 2001:db8:9::1 on the client's network; the client is .2.
uplink()
{
	ip -n node link add up0 type veth peer name eth0 netns client
	ip -n node -batch - <<-'END'
		addr add 10.9.0.1/24 dev up0
		addr add 2001:db8:9::1/64 dev up0 nodad
		link set up0 up
	END
	ip -n client -batch - <<-'END'
		addr add 10.9.0.2/24 dev eth0
		addr add 2001:db8:9::2/64 dev eth0 nodad
		link set eth0 up
		route add 10.0.0.0/24 via 10.9.0.1
		route add fd00::/64 via 2001:db8:9::1
	END
	on node busybox sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
		echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
}

routed() # NUMBER
{
	ip -n node link add "venet10$1" address 02:00:00:00:00:01 type veth \
		peer name venet0 address "02:00:00:00:01:0$1" netns "ct$1"
	ip -n "ct$1" -batch - <<-END
		addr add 10.0.0.$1/32 dev venet0
		addr add fd00::$1/128 dev venet0 nodad
		link set venet0 up
		route add default via 169.254.1.1 dev venet0 onlink
		route add default via fe80::1 dev venet0
	END
	ip -n node -batch - <<-END
		link set venet10$1 addrgenmode none
		addr add 169.254.1.1/32 dev venet10$1 scope link
		addr add fe80::1/64 dev venet10$1 nodad
		link set venet10$1 up
		route add 10.0.0.$1 dev venet10$1 src 10.9.0.1
		route add fd00::$1 dev venet10$1
	END
}

world()
{
	net_begin node client ct1 ct2
	uplink
	routed 1
	routed 2
	net_settled node client ct1 ct2
}

# Ports of a bridge of the node's, which is 10.0.0.254 and fd00::fe there.
bridged() # NUMBER
{
	ip -n node link add "veth10$1.0" master vzbr0 type veth \
		peer name eth0 address "02:00:00:00:01:0$1" netns "ct$1"
	ip -n node link set "veth10$1.0" up
	ip -n "ct$1" -batch - <<-END
		addr add 10.0.0.$1/24 dev eth0
		addr add fd00::$1/64 dev eth0 nodad
		link set eth0 up
		route add default via 10.0.0.254
		route add default via fd00::fe
	END
}

bridged_world()
{
	net_begin node client ct1 ct2
	uplink
	ip -n node -batch - <<-'END'
		link add vzbr0 type bridge
		addr add 10.0.0.254/24 dev vzbr0
		addr add fd00::fe/64 dev vzbr0 nodad
		link set vzbr0 up
	END
	bridged 1
	bridged 2
	net_settled node client ct1 ct2
}

# What comes to NAME is counted before anything else there looks at it.
watch() # NAME
{
	on "$1" nft -f - <<-'END'
		table inet watch {
			set udp4 { type ipv4_addr; flags dynamic; counter; size 64; }
			set udp6 { type ipv6_addr; flags dynamic; counter; size 64; }
			set adverts { typeof icmpv6 type . @th,64,128; flags dynamic; counter; size 64; }
			set probes { typeof icmpv6 type . @th,64,128; flags dynamic; counter; size 64; }
			chain in {
				type filter hook prerouting priority -400
				udp dport 9 add @udp4 { ip saddr }
				udp dport 9 add @udp6 { ip6 saddr }
				icmpv6 type nd-neighbor-advert add @adverts { icmpv6 type . @th,64,128 }
				ip6 saddr :: icmpv6 type nd-neighbor-solicit add @probes { icmpv6 type . @th,64,128 }
			}
		}
		table arp watch {
			set senders { type ipv4_addr . ether_addr; flags dynamic; counter; size 64; }
			chain in {
				type filter hook input priority 0
				add @senders { arp saddr ip . arp saddr ether }
			}
		}
	END
}

saw() # NAME TEXT: whether it came, to there
{
	on "$1" nft -n list ruleset | grep -qF "$2"
}

not()
{
	! "$@"
}

send() # NAME LINK SRC-MAC SRC DST
{
	on "$1" "$NETPEER" udp "$2" "$3" "${GATEWAY:-02:00:00:00:00:01}" "$4" "$5"
}

# ---- spoofing ----

# Honest packets come behind the forged ones, so what was let through was seen before.
t_source_addresses_of_others_are_dropped()
{
	world
	check "rules" fw add ct1 "${CT1[@]}"
	check "rules of the other" fw add ct2 "${CT2[@]}"
	watch client
	for source in 10.0.0.2 10.9.0.1 10.9.0.7 192.0.2.1 127.0.0.1 fd00::2 2001:db8:9::1 2001:db8:9::7; do
		case $source in
		*:*) send ct1 venet0 02:00:00:00:01:01 "$source" 2001:db8:9::2 ;;
		*) send ct1 venet0 02:00:00:00:01:01 "$source" 10.9.0.2 ;;
		esac
	done
	send ct1 venet0 02:00:00:00:01:01 10.0.0.1 10.9.0.2
	send ct1 venet0 02:00:00:00:01:01 fd00::1 2001:db8:9::2
	check "its own IPv4 address" until_true saw client '10.0.0.1 counter'
	check "its own IPv6 address" until_true saw client 'fd00::1 counter'
	is "nothing else" "$(for set in udp4 udp6; do on client nft -n list set inet watch "$set"; done |
		grep -oE '[0-9a-f.:]+ counter packets [0-9]+')" \
		$'10.0.0.1 counter packets 1\nfd00::1 counter packets 1'
	net_end
}

# The proof that the test above sees what it looks for.
t_without_rules_forged_packets_pass()
{
	world
	watch client
	send ct1 venet0 02:00:00:00:01:01 10.0.0.77 10.9.0.2
	send ct1 venet0 02:00:00:00:01:77 fd00::77 2001:db8:9::2
	check "IPv4" until_true saw client '10.0.0.77 counter'
	check "IPv6, from another MAC address" until_true saw client 'fd00::77 counter'
	net_end
}

t_source_is_dropped_with_its_route()
{
	world
	fw add ct1 "${CT1[@]}"
	watch client
	ip -n node route del 10.0.0.1 dev venet101
	send ct1 venet0 02:00:00:00:01:01 10.0.0.1 10.9.0.2
	ip -n node route add 10.0.0.77 dev venet101
	send ct1 venet0 02:00:00:00:01:01 10.0.0.77 10.9.0.2
	check "another one that is routed there" until_true saw client '10.0.0.77 counter'
	check "not the withdrawn one" not saw client '10.0.0.1 counter'
	net_end
}

t_other_mac_addresses_are_dropped()
{
	world
	fw add ct1 "${CT1[@]}"
	watch client
	send ct1 venet0 02:00:00:00:01:02 10.0.0.1 10.9.0.2
	send ct1 venet0 02:00:00:00:01:02 fd00::1 2001:db8:9::2
	send ct1 venet0 02:00:00:00:01:01 10.0.0.1 10.9.0.2
	check "its own" until_true saw client '10.0.0.1 counter'
	like "once" "$(on client nft list table inet watch)" '10.0.0.1 counter packets 1 '
	check "no IPv6" not saw client 'fd00::1 counter'
	net_end
}

t_neighbour_discovery_of_a_routed_link_works()
{
	world
	fw add ct1 "${CT1[@]}"
	ip -n ct1 neigh flush all
	ip -n node neigh flush all
	net_serve client 80
	is "IPv4" "$(net_ask ct1 10.9.0.2 80)" 10.0.0.1
	is "IPv6" "$(net_ask ct1 2001:db8:9::2 80)" fd00::1
	net_serve ct1 81
	is "from outside" "$(net_ask client 10.0.0.1 81)" 10.9.0.2
	is "from outside, IPv6" "$(net_ask client fd00::1 81)" 2001:db8:9::2
	net_end
}

t_port_of_a_bridge_sends_from_its_own_addresses_only()
{
	local GATEWAY=02:00:00:00:01:02
	bridged_world
	check "rules" fw add ct1 "${PORT1[@]}"
	fw add ct2 "${PORT2[@]}"
	watch ct2
	send ct1 eth0 02:00:00:00:01:01 10.0.0.77 10.0.0.2
	send ct1 eth0 02:00:00:00:01:77 10.0.0.1 10.0.0.2
	send ct1 eth0 02:00:00:00:01:01 fd00::77 fd00::2
	send ct1 eth0 02:00:00:00:01:01 fe80::77 fd00::2
	on ct1 "$NETPEER" arp eth0 02:00:00:00:01:01 02:00:00:00:01:01 10.0.0.254 10.0.0.2
	on ct1 "$NETPEER" arp eth0 02:00:00:00:01:01 02:00:00:00:01:77 10.0.0.1 10.0.0.2
	on ct1 "$NETPEER" arp eth0 02:00:00:00:01:77 02:00:00:00:01:01 10.0.0.1 10.0.0.2
	on ct1 "$NETPEER" advert eth0 02:00:00:00:01:01 fe80::ff:fe00:101 fd00::fe
	on ct1 "$NETPEER" advert eth0 02:00:00:00:01:01 fe80::ff:fe00:101 fe80::1
	on ct1 "$NETPEER" advert eth0 02:00:00:00:01:01 :: fd00::fe
	on ct1 "$NETPEER" arp eth0 02:00:00:00:01:01 02:00:00:00:01:01 10.0.0.1 10.0.0.2
	on ct1 "$NETPEER" advert eth0 02:00:00:00:01:01 fe80::ff:fe00:101 fd00::1
	send ct1 eth0 02:00:00:00:01:01 10.0.0.1 10.0.0.2
	send ct1 eth0 02:00:00:00:01:01 fd00::1 fd00::2
	check "its own IPv4 address" until_true saw ct2 '10.0.0.1 counter'
	check "its own IPv6 address" until_true saw ct2 'fd00::1 counter'
	check "its own ARP" saw ct2 '10.0.0.1 . 02:00:00:00:01:01 counter'
	like "it once" "$(on ct2 nft -n list table inet watch)" '10.0.0.1 counter packets 1 '
	like "its own advertisements" "$(on ct2 nft -n list set inet watch adverts | tr -d '\n')" \
		'elements = \{ (136|nd-neighbor-advert) \. 0xfd0*1 counter packets [0-9]* bytes [0-9]* \}'
	unlike "no other addresses" "$(on ct2 nft -n list ruleset)" '77 |10.0.0.254 \.'
	net_end
}

# To another one that is about to take an address, a probe for it says that it is taken.
probe() # ADDRESS: ct1 looks whether somebody has it
{
	if [[ $1 == *:* ]]; then
		ip -n ct1 addr add "$1/64" dev eth0
	else
		on ct1 busybox arping -D -c 1 -w 1 -I eth0 "$1" >/dev/null 2>&1
	fi
}

t_port_of_a_bridge_probes_for_its_own_addresses_only()
{
	local GATEWAY=02:00:00:00:01:02
	bridged_world
	on ct1 busybox sh -c "cd /proc/sys/net/ipv6/conf/eth0; echo 1 >accept_dad; echo 0 >router_solicitation_delay"
	check "rules" fw add ct1 "${PORT1[@]}"
	watch ct2
	probe 10.0.0.77
	probe fd00::77
	ip -n ct1 addr del fd00::1/64 dev eth0
	probe fd00::1
	check "its own IPv6 address" until_true saw ct2 '135 . 0xfd000000000000000000000000000001 counter'
	check "no other" not saw ct2 '135 . 0xfd000000000000000000000000000077 counter'
	check "no other IPv4 address" not saw ct2 '0.0.0.0 . 02:00:00:00:01:01 counter'
	ip -n ct1 addr del 10.0.0.1/24 dev eth0
	probe 10.0.0.1
	check "its own" until_true saw ct2 '0.0.0.0 . 02:00:00:00:01:01 counter'
	net_end
}

# Both are in VLAN 7, too: by a filtering bridge where the kernel has one, else by one that lets any tag
# pass. What has two tags is neither IP nor ARP to the bridge.
tagged() # NUMBER
{
	! ip -n node link set vzbr0 type bridge vlan_filtering 1 2>/dev/null ||
		on node bridge vlan add dev "veth10$1.0" vid 7
	ip -n "ct$1" -batch - <<-END
		link add link eth0 name v7 type vlan id 7
		addr flush dev eth0
		addr add 10.0.0.$1/24 dev v7
		addr add fd00::$1/64 dev v7 nodad
		link set v7 up
		link add link v7 name v79 type vlan id 9
		link set v79 up
	END
}

t_tagged_frames_are_checked_as_others()
{
	local GATEWAY=02:00:00:00:01:02
	if ! unshare --net sh -c 'ip link add d0 type dummy && ip link add link d0 name v7 type vlan id 7' 2>/dev/null; then
		skip "tags" "this kernel has no VLAN links (module 8021q)"
		return
	fi
	bridged_world
	tagged 1
	tagged 2
	watch ct2
	send ct1 v7 02:00:00:00:01:77 10.0.0.66 10.0.0.2
	on ct1 "$NETPEER" arp v7 02:00:00:00:01:77 02:00:00:00:01:66 10.0.0.66 10.0.0.2
	check "without rules a forged packet comes" until_true saw ct2 '10.0.0.66 counter'
	check "and forged ARP" until_true saw ct2 '10.0.0.66 . 02:00:00:00:01:66 counter'
	on ct2 nft flush ruleset
	check "rules" fw add ct1 "${PORT1[@]}"
	watch ct2
	send ct1 v7 02:00:00:00:01:01 10.0.0.77 10.0.0.2
	send ct1 v7 02:00:00:00:01:77 10.0.0.1 10.0.0.2
	send ct1 v7 02:00:00:00:01:01 fd00::77 fd00::2
	send ct1 v79 02:00:00:00:01:01 10.0.0.77 10.0.0.2
	on ct1 "$NETPEER" arp v7 02:00:00:00:01:01 02:00:00:00:01:01 10.0.0.254 10.0.0.2
	on ct1 "$NETPEER" arp v7 02:00:00:00:01:01 02:00:00:00:01:77 10.0.0.1 10.0.0.2
	on ct1 "$NETPEER" arp v7 02:00:00:00:01:77 02:00:00:00:01:01 10.0.0.1 10.0.0.2
	on ct1 "$NETPEER" arp v79 02:00:00:00:01:77 02:00:00:00:01:77 10.0.0.77 10.0.0.2
	on ct1 "$NETPEER" advert v7 02:00:00:00:01:01 fe80::ff:fe00:101 fd00::fe
	on ct1 "$NETPEER" arp v7 02:00:00:00:01:01 02:00:00:00:01:01 10.0.0.1 10.0.0.2
	on ct1 "$NETPEER" advert v7 02:00:00:00:01:01 fe80::ff:fe00:101 fd00::1
	send ct1 v7 02:00:00:00:01:01 10.0.0.1 10.0.0.2
	send ct1 v7 02:00:00:00:01:01 fd00::1 fd00::2
	check "its own IPv4 address" until_true saw ct2 '10.0.0.1 counter'
	check "its own IPv6 address" until_true saw ct2 'fd00::1 counter'
	check "its own ARP" saw ct2 '10.0.0.1 . 02:00:00:00:01:01 counter'
	like "it once" "$(on ct2 nft -n list table inet watch)" '10.0.0.1 counter packets 1 '
	like "its own advertisements" "$(on ct2 nft -n list set inet watch adverts | tr -d '\n')" \
		'elements = \{ (136|nd-neighbor-advert) \. 0xfd0*1 counter packets [0-9]* bytes [0-9]* \}'
	unlike "no other addresses" "$(on ct2 nft -n list ruleset)" '77 |10.0.0.254 \.'
	net_end
}

t_port_without_addresses_has_its_own_mac_address_only()
{
	local GATEWAY=02:00:00:00:01:02
	bridged_world
	fw add ct1 bridged veth101.0 vzbr0 02:00:00:00:01:01
	watch ct2
	send ct1 eth0 02:00:00:00:01:77 10.0.0.66 10.0.0.2
	on ct1 "$NETPEER" arp eth0 02:00:00:00:01:01 02:00:00:00:01:77 10.0.0.66 10.0.0.2
	send ct1 eth0 02:00:00:00:01:01 10.0.0.77 10.0.0.2
	check "any address from its own" until_true saw ct2 '10.0.0.77 counter'
	unlike "none from another" "$(on ct2 nft -n list ruleset)" '10\.0\.0\.66'
	net_end
}

# ---- NAT ----

t_masquerade_hides_the_container()
{
	world
	fw add ct1 nat "${CT1[@]}"
	fw add ct2 "${CT2[@]}"
	net_serve client 80
	net_serve ct2 80
	is "IPv4" "$(net_ask ct1 10.9.0.2 80)" 10.9.0.1
	is "IPv6" "$(net_ask ct1 2001:db8:9::2 80)" 2001:db8:9::1
	is "not one that has none" "$(net_ask ct2 10.9.0.2 80)" 10.0.0.2
	is "not to other containers" "$(net_ask ct1 10.0.0.2 80)" 10.0.0.1
	fw remove ct1 nat "${CT1[@]}"
	is "not when it was taken away" "$(net_ask ct1 10.9.0.2 80)" 10.0.0.1
	net_end
}

t_published_port_is_reached_from_everywhere()
{
	world
	fw add ct1 nat publish=8080:80 "${CT1[@]}"
	fw add ct2 nat "${CT2[@]}"
	net_serve ct1 80
	is "from outside" "$(net_ask client 10.9.0.1 8080)" 10.9.0.2
	is "from outside, IPv6" "$(net_ask client 2001:db8:9::1 8080)" 2001:db8:9::2
	is "from the host" "$(net_ask node 10.9.0.1 8080)" 10.9.0.1
	is "from the host, IPv6" "$(net_ask node 2001:db8:9::1 8080)" 2001:db8:9::1
	is "from another container" "$(net_ask ct2 10.9.0.1 8080)" 10.9.0.1
	is "from another container, IPv6" "$(net_ask ct2 2001:db8:9::1 8080)" 2001:db8:9::1
	is "from itself" "$(net_ask ct1 10.9.0.1 8080)" 10.9.0.1
	is "from itself, IPv6" "$(net_ask ct1 2001:db8:9::1 8080)" 2001:db8:9::1
	is "no other port" "$(net_ask client 10.9.0.1 8081)" refused
	is "not at a loopback address" "$(net_ask node 127.0.0.1 8080)" refused
	fw remove ct1 nat publish=8080:80 "${CT1[@]}"
	is "gone with it" "$(net_ask client 10.9.0.1 8080)" refused
	net_end
}

# The answer between two ports of one bridge would not come by the host by itself. Where bridges run
# IP's hooks (br_netfilter), a port never gets back what it sent, so not from itself there.
t_published_port_is_reached_from_the_same_bridge()
{
	bridged_world
	# shellcheck disable=SC2016 # for the inner shell
	on node busybox sh -c 'for file in /proc/sys/net/bridge/bridge-nf-call-ip*; do
		[ ! -e $file ] || echo 0 >$file; done'
	fw add ct1 nat publish=8080:80 "${PORT1[@]}"
	fw add ct2 nat "${PORT2[@]}"
	net_serve ct1 80
	is "from outside" "$(net_ask client 10.9.0.1 8080)" 10.9.0.2
	like "from its neighbour" "$(net_ask ct2 10.9.0.1 8080)" '^10\.(9\.0\.1|0\.0\.254)$'
	like "from its neighbour, IPv6" "$(net_ask ct2 2001:db8:9::1 8080)" '^(2001:db8:9::1|fd00::fe)$'
	like "from itself" "$(net_ask ct1 10.9.0.1 8080)" '^10\.(9\.0\.1|0\.0\.254)$'
	net_end
}

# ---- policy ----

t_isolated_container_meets_no_other()
{
	world
	fw add ct1 nat isolated publish=8080:80 "${CT1[@]}"
	fw add ct2 nat publish=8082:80 "${CT2[@]}"
	net_serve ct1 80
	net_serve ct2 80
	net_serve client 80
	is "it reaches none" "$(net_ask ct1 10.0.0.2 80)" nothing
	is "nor by IPv6" "$(net_ask ct1 fd00::2 80)" nothing
	is "none reaches it" "$(net_ask ct2 10.0.0.1 80)" nothing
	is "nor by IPv6" "$(net_ask ct2 fd00::1 80)" nothing
	is "nor by a published port" "$(net_ask ct1 10.9.0.1 8082)" nothing
	is "the world is reached" "$(net_ask ct1 10.9.0.2 80)" 10.9.0.1
	is "and reaches it" "$(net_ask client 10.0.0.1 80)" 10.9.0.2
	is "the host too" "$(net_ask node 10.0.0.1 80)" 10.9.0.1
	net_end
}

t_isolated_port_of_a_bridge_meets_no_other()
{
	bridged_world
	fw add ct1 isolated "${PORT1[@]}"
	fw add ct2 "${PORT2[@]}"
	net_serve ct1 80
	net_serve ct2 80
	net_serve client 80
	is "it reaches none" "$(net_ask ct1 10.0.0.2 80)" nothing
	is "none reaches it" "$(net_ask ct2 fd00::1 80)" nothing
	is "the world is reached" "$(net_ask ct1 10.9.0.2 80)" 10.0.0.1
	is "the host too" "$(net_ask node 10.0.0.1 80)" 10.0.0.254
	net_end
}

t_guarded_container_has_its_open_ports_only()
{
	world
	fw add ct1 nat guarded open=80 publish=8081:81 "${CT1[@]}"
	fw add ct2 nat "${CT2[@]}"
	for port in 80 81; do net_serve ct1 "$port"; done
	net_serve client 80
	is "an open one" "$(net_ask client 10.0.0.1 80)" 10.9.0.2
	is "an open one, IPv6" "$(net_ask client fd00::1 80)" 2001:db8:9::2
	is "another" "$(net_ask client 10.0.0.1 81)" nothing
	is "another, IPv6" "$(net_ask client fd00::1 81)" nothing
	is "another, from a container" "$(net_ask ct2 10.0.0.1 81)" nothing
	is "by its published port" "$(net_ask client 10.9.0.1 8081)" 10.9.0.2
	is "answers come" "$(net_ask ct1 10.9.0.2 80)" 10.9.0.1
	is "the host reaches all" "$(net_ask node 10.0.0.1 81)" 10.9.0.1
	net_end
}

t_guarded_port_of_a_bridge_has_its_open_ports_only()
{
	bridged_world
	try fw add ct1 guarded open=80 "${PORT1[@]}"
	if [[ $err == *nf_conntrack_bridge* ]]; then
		is "the kernel's missing part is named" "$err" \
			"netfw: guard a port of a bridge: this kernel tracks no connections there (module nf_conntrack_bridge)"
		net_end
		return
	fi
	is "rules" "$status$err" 0
	fw add ct2 "${PORT2[@]}"
	for port in 80 81; do net_serve ct1 "$port"; done
	net_serve ct2 80
	is "an open one" "$(net_ask ct2 10.0.0.1 80)" 10.0.0.2
	is "an open one, IPv6" "$(net_ask ct2 fd00::1 80)" fd00::2
	is "another" "$(net_ask ct2 10.0.0.1 81)" nothing
	is "another, IPv6" "$(net_ask ct2 fd00::1 81)" nothing
	is "an open one, from outside" "$(net_ask client 10.0.0.1 80)" 10.9.0.2
	is "another, from outside" "$(net_ask client 10.0.0.1 81)" nothing
	is "another, from outside, IPv6" "$(net_ask client fd00::1 81)" nothing
	is "answers come" "$(net_ask ct1 10.0.0.2 80)" 10.0.0.1
	is "the host reaches all" "$(net_ask node 10.0.0.1 81)" 10.0.0.254
	net_end
}

# ---- counters ----

t_traffic_is_counted_both_ways()
{
	world
	fw add ct1 "${CT1[@]}"
	on ct1 "$NETPEER" udp venet0 02:00:00:00:01:01 02:00:00:00:00:01 10.0.0.1 10.9.0.2 5
	on ct1 "$NETPEER" udp venet0 02:00:00:00:01:01 02:00:00:00:00:01 10.0.0.66 10.9.0.2 9
	check "packets of 28 bytes, none of the forged ones; and the port is closed" \
		until_true traffic_is '^in 280 5 [0-9]+ [0-9]+ out 140 5 '
	net_end
}

# "Port unreachable" has 56 bytes. The kernel's own IPv6 packets, reports of groups, come when they come.
traffic_is() # REGEX
{
	[[ "$(fw traffic ct1 "${CT1[@]}")" =~ $1 ]]
}

t_traffic_of_a_port_is_counted()
{
	bridged_world
	fw add ct1 "${PORT1[@]}"
	ip -n ct2 link set eth0 arp off
	on ct1 "$NETPEER" udp eth0 02:00:00:00:01:01 02:00:00:00:01:02 10.0.0.1 10.0.0.99 5
	on ct1 "$NETPEER" udp eth0 02:00:00:00:01:01 02:00:00:00:01:02 10.0.0.66 10.0.0.99 9
	like "out" "$(fw traffic ct1 "${PORT1[@]}")" ' out 140 5 '
	on ct2 "$NETPEER" udp eth0 02:00:00:00:01:02 02:00:00:00:01:01 10.0.0.2 10.0.0.99 3
	# The bridge's own reports of 40 bytes to all may come as well.
	like "in" "$(fw traffic ct1 "${PORT1[@]}")" '^in (84 3|124 4|164 5|204 6) '
	net_end
}

# ---- others ----

t_foreign_tables_are_untouched_and_a_flush_is_repaired()
{
	local before
	world
	on node nft -f - <<-'END'
		table ip filter {
			set links { type ifname; elements = { "venet101" }; }
			chain FORWARD { type filter hook forward priority 0; policy accept; counter drop comment "none"; }
		}
		table bridge filter { chain forward { type filter hook forward priority 0; }; }
	END
	before=$(on node nft list ruleset)
	fw add ct1 nat "${CT1[@]}"
	fw remove ct1 nat "${CT1[@]}"
	is "as before" "$(on node nft list ruleset | awk '/^table (inet|bridge) vzrun/ { skip = 1 } !skip; /^}/ { skip = 0 }')" \
		"$before"
	on node nft flush ruleset
	fw add ct1 nat "${CT1[@]}"
	watch client
	send ct1 venet0 02:00:00:00:01:01 10.0.0.77 10.9.0.2
	send ct1 venet0 02:00:00:00:01:01 fd00::77 2001:db8:9::2
	net_serve client 80
	is "NAT is back" "$(net_ask ct1 10.9.0.2 80)" 10.9.0.1
	unlike "the anti-spoofing too" "$(on client nft -n list ruleset)" '77 counter'
	net_end
}

t_firewall_of_docker_is_recognised_and_the_advice_helps()
{
	local advice
	world
	fw add ct1 "${CT1[@]}"
	is "none" "$(on node "$NETFW" blocker)" none
	on node busybox sh -c 'iptables -P FORWARD DROP; iptables -N DOCKER-USER
		iptables -A DOCKER-USER -j RETURN; iptables -A FORWARD -j DOCKER-USER'
	net_serve client 80
	is "it blocks" "$(net_ask ct1 10.9.0.2 80)" nothing
	advice=$(on node "$NETFW" blocker)
	like "it is named" "$advice" "^docker's firewall lets no forwarded packets pass"
	advice=${advice#*\"}
	on node sh -c "${advice%\"*}"
	is "the advice" "$(net_ask ct1 10.9.0.2 80)" 10.0.0.1
	is "none any more" "$(on node "$NETFW" blocker)" none
	net_end
}

run_tests "$@"
