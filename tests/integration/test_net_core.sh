#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A container's network as a whole, with real packets: made, changed, taken down.
. "${0%/*}/lib.sh"
. "${0%/*}/net.sh"
. "${0%/*}/netcore.sh"

t_routed_addresses_are_reached_and_reach()
{
	core_begin
	try net up /run/netns/ct1 <<<"$(venet 101 10.9.0.101 2001:db8:9::101)"
	is "up" "$err$status" 0
	check "router to ct, v4" pings router 10.9.0.101
	check "router to ct, v6" pings router 2001:db8:9::101
	check "ct to router, v4" pings ct1 10.9.0.254
	check "ct to router, v6" pings ct1 2001:db8:9::fe
	check "node to ct, v4" pings node 10.9.0.101
	check "node to ct, v6" pings node 2001:db8:9::101
	try net up /run/netns/ct2 <<<"$(venet 102 10.9.0.102 2001:db8:9::102)"
	is "another" "$err$status" 0
	check "ct to ct, v4" pings ct1 10.9.0.102
	check "ct to ct, v6" pings ct2 2001:db8:9::101
	is "the host's address is the source" \
		"$(ip -n node route get 10.9.0.101 | grep -o 'src [0-9.]*')" "src 10.9.0.1"
	is "an advertisement of the ct's is not heard" \
		"$(on node cat /proc/sys/net/ipv6/conf/venet101/accept_ra)" 0
	net_end
}

t_addresses_come_and_go_on_a_running_container()
{
	core_begin
	net up /run/netns/ct1 <<<"$(venet 101 10.9.0.101)"
	try net change /run/netns/ct1 <<<"$(venet 101 10.9.0.101 10.9.0.111 2001:db8:9::101)"
	is "added" "$err$status" 0
	check "the old one" pings router 10.9.0.101
	check "the new one" pings router 10.9.0.111
	check "the first of IPv6" pings router 2001:db8:9::101
	try net change /run/netns/ct1 <<<"$(venet 101 10.9.0.111)"
	is "removed" "$err$status" 0
	check "what stays" pings router 10.9.0.111
	check "it is gone, v4" pings_not router 10.9.0.101
	check "it is gone, v6" pings_not router 2001:db8:9::101
	is "inside" "$(ip -n ct1 -o addr show dev venet0 scope global | awk '{ print $4 }')" 10.9.0.111/32
	is "proxied" "$(ip -n node neigh show proxy; ip -n node -6 neigh show proxy)" \
		"10.9.0.111 dev eth0 proxy "
	net_end
}

t_all_is_as_before_after_it()
{
	core_begin
	# The shared link and the tables are made once.
	net up /run/netns/ct1 <<<"$(venet 100 10.9.0.100 -- '"rate":{"upKbit":1000}')"
	net remove 100 /run/netns/ct1
	core_state node ct1 >"$SCRATCH/before"
	try net up /run/netns/ct1 <<<"$(venet 101 10.9.0.101 2001:db8:9::101 -- \
		'"rate":{"upKbit":10000,"downKbit":10000}')"
	is "up" "$err$status" 0
	core_state node >"$SCRATCH/between"
	check "something was done" test "$(grep -c venet101 "$SCRATCH/between")" -gt 5
	try net remove 101 /run/netns/ct1
	is "remove" "$err$status" 0
	core_state node ct1 >"$SCRATCH/after"
	is "as before" "$(diff "$SCRATCH/before" "$SCRATCH/after")" ""

	net up /run/netns/ct2 <<<"$(venet 101 10.9.0.101 2001:db8:9::101 -- '"rate":{"upKbit":10000}')"
	try net down 101
	is "down" "$err$status" 0
	core_fresh ct2
	until_true eval '! ip -n node link show venet101 >/dev/null 2>&1'
	core_state node ct1 >"$SCRATCH/after"
	is "as before, by the namespace's end" "$(diff "$SCRATCH/before" "$SCRATCH/after")" ""
	try net down 101
	is "down twice" "$err$status" 0
	net_end
}

t_restart_at_once_finds_its_name_free()
{
	local i
	core_begin
	for i in 1 2 3 4 5; do
		try net up /run/netns/ct1 <<<"$(venet 101 10.9.0.101)"
		is "start $i" "$err$status" 0
		try net down 101
		is "stop $i" "$err$status" 0
		[ "$i" = 5 ] || core_fresh ct1
	done
	# With the old namespace still there.
	try net up /run/netns/ct2 <<<"$(venet 101 10.9.0.101)"
	is "the old one lives" "$err$status" 0
	check "it is reached" pings router 10.9.0.101
	net_end
}

t_what_is_taken_is_refused()
{
	local addr
	core_begin
	net up /run/netns/ct1 <<<"$(venet 101 10.9.0.101 2001:db8:9::101)"
	core_state node ct1 ct2 >"$SCRATCH/before"
	try net up /run/netns/ct1 <<<"$(venet 101 10.9.0.101)"
	is "the id" "$err" '17: network of "101": "101" has a network already'
	try net up /run/netns/ct2 <<<"$(venet 102 10.9.0.102 10.9.0.101)"
	is "an address of another" "$err" \
		'98: network of "102": the address 10.9.0.101 belongs to another container of this host'
	try net up /run/netns/ct2 <<<"$(venet 102 2001:db8:9::101)"
	is "an address of another, v6" "$err" \
		'98: network of "102": the address 2001:db8:9::101 belongs to another container of this host'
	ip -n node route add blackhole 10.9.0.104
	ip -n node route add 10.9.0.105 via 10.9.0.254
	for addr in 10.9.0.104 10.9.0.105; do
		try net up /run/netns/ct2 <<<"$(venet 102 "$addr")"
		is "an address that the host routes elsewhere" "$err" \
			"98: network of \"102\": the host has a route of its own to $addr (see ip route; remove it)"
		ip -n node route del "$addr"
	done
	try net up /run/netns/ct2 <<<"$(venet 102 10.9.0.102 10.9.0.1)"
	is "an address of the host" "$err" \
		'98: network of "102": the address 10.9.0.1 belongs to this host itself'
	try net up /run/netns/ct2 <<<"$(venet 102 10.9.0.255)"
	is "a broadcast address" "$err" \
		'1002: network of "102": 10.9.0.255 is the broadcast address of a network here'
	try net up /run/netns/ct2 <<<"$(venet 102 10.9.0.102 -- '"hostName":"eth0"')"
	is "the name of a foreign link" "$err" \
		'17: network of "102": the host has a link "eth0" that is not ours: choose another host name'
	core_state node ct1 ct2 >"$SCRATCH/after"
	is "nothing was changed" "$(diff "$SCRATCH/before" "$SCRATCH/after")" ""
	check "the first one is well" pings router 10.9.0.101
	net_end
}

t_duplicates_are_found()
{
	core_begin
	ip -n router addr add 10.9.0.66/24 dev eth0
	ip -n router addr add 2001:db8:9::66/64 dev eth0 nodad
	mac=$(on router cat /proc/self/net/dev >/dev/null; ip -n router -o link show eth0 |
		grep -o 'link/ether [0-9a-f:]*' | cut -d ' ' -f 2)
	try net up /run/netns/ct1 <<<"$(venet 101 10.9.0.65 10.9.0.66 2001:db8:9::66 | sed 's/true/false/')"
	is "a start does not wait" "$err$status" 0
	check "withdrawn, v4" until_true eval '! ip -n ct1 addr | grep -q 10.9.0.66'
	check "withdrawn, v6" until_true eval '! ip -n ct1 addr | grep -q 2001:db8:9::66'
	is "noted for who watches" "$(sort /run/vznet/conflicts/101)" "{\"address\":\"10.9.0.66\",\"mac\":\"$mac\",\"link\":\"eth0\"}
{\"address\":\"2001:db8:9::66\",\"mac\":\"$mac\",\"link\":\"eth0\"}"
	is "routes" "$(ip -n node route | grep venet101 | cut -d ' ' -f 1)" 10.9.0.65
	is "proxied" "$(ip -n node neigh show proxy; ip -n node -6 neigh show proxy)" \
		"10.9.0.65 dev eth0 proxy "
	check "the other one works" pings router 10.9.0.65
	until_true eval '! net show 101 | grep -q ::66'
	until_true eval '! ip -n ct1 addr | grep -q tentative'
	core_state node ct1 >"$SCRATCH/before"
	try net change /run/netns/ct1 <<<"$(venet 101 10.9.0.65 10.9.0.66 | sed 's/true/false/')"
	is "a change waits, and says whose it is" "$err" \
		"98: network of \"101\": the address 10.9.0.66 is used by $mac on \"eth0\""
	core_state node ct1 >"$SCRATCH/after"
	is "nothing was changed" "$(diff "$SCRATCH/before" "$SCRATCH/after")" ""
	net_end
}

t_hundred_start_in_parallel()
{
	local i pids=() failed=0
	core_begin
	for i in {1..100}; do
		unshare --net=/run/netns/p"$i" true 2>/dev/null || {
			touch /run/netns/p"$i"
			unshare --net=/run/netns/p"$i" true
		}
	done
	for i in {1..100}; do
		net up /run/netns/p"$i" <<<"$(venet "2$i" "10.9.1.$i" "2001:db8:9:1::$i" -- '"rate":{"upKbit":10000}')" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || failed=$((failed + 1))
	done
	is "failed" "$failed" 0
	is "routes" "$(ip -n node route | grep -c 'dev venet2')" 100
	is "proxied" "$(ip -n node -6 neigh show proxy | sort -u | grep -c '')" 100
	is "records" "$(find /run/vznet -name '2*.json' | grep -c '')" 100
	pids=()
	for i in {1..100}; do
		net remove "2$i" /run/netns/p"$i" &
		pids+=($!)
	done
	failed=0
	for i in "${pids[@]}"; do
		wait "$i" || failed=$((failed + 1))
	done
	is "not removed" "$failed" 0
	is "links that are left" "$(ip -n node -o link | grep -c venet)" 0
	is "forwarding is as before" "$(on node cat /proc/sys/net/ipv4/conf/eth0/forwarding)" 0
	net_end
}

# ---- other kinds ----

bridged() # ID ADDRESS [MEMBERS [MEMBERS-OF-ALL]]
{
	printf '{"id":"%s","nics":[{"kind":"bridged","name":"eth0","parent":"vzbr0","addresses":["%s"]%s}]%s}' \
		"$1" "$2" "${3:+,$3}" "${4:+,$4}"
}

t_bridged_containers_talk()
{
	core_begin
	try net up /run/netns/ct1 <<<"$(bridged 101 192.168.7.11/24 '"gateway4":"192.168.7.1"')"
	is "the first" "$err$status" 0
	try net up /run/netns/ct2 <<<"$(bridged 102 192.168.7.12/24)"
	is "the second" "$err$status" 0
	ip -n node addr add 192.168.7.1/24 dev vzbr0
	check "to each other" pings ct1 192.168.7.12
	check "to the host" pings ct1 192.168.7.1
	is "its default route" "$(ip -n ct1 route show default)" \
		"default via 192.168.7.1 dev eth0 proto static onlink "
	check "the bridge's MAC is its own" \
		test "$(ip -n node -o link show vzbr0 | grep -o 'ether 02')" = "ether 02"
	try net change /run/netns/ct1 <<<"$(bridged 101 192.168.7.21/24 '"gateway4":"192.168.7.1","mtu":1400')"
	is "another address and size" "$err$status" 0
	check "to each other" pings ct2 192.168.7.21
	is "its size" "$(ip -n ct1 -o link show eth0 | grep -o 'mtu [0-9]*')" "mtu 1400"
	is "at the host, too" "$(ip -n node -o link show veth101.0 | grep -o 'mtu [0-9]*')" "mtu 1400"
	is "the default route stays" "$(ip -n ct1 route show default)" \
		"default via 192.168.7.1 dev eth0 proto static onlink "
	net change /run/netns/ct1 <<<"$(bridged 101 192.168.7.21/24 '' '"isolated":true')"
	like "isolated" "$(ip -n node -d -o link show veth101.0)" 'isolated on'
	is "back to its size" "$(ip -n ct1 -o link show eth0 | grep -o 'mtu [0-9]*')" "mtu 1500"
	is "no default route" "$(ip -n ct1 route show default)" ""
	net_end
}

t_bridge_must_be_one()
{
	core_begin
	core_state node ct1 >"$SCRATCH/before"
	try net up /run/netns/ct1 <<<"$(bridged 101 192.168.7.11/24 | sed s/vzbr0/eth0/)"
	is "no bridge" "$err" '1002: network of "101": the host'\''s link "eth0" is no bridge'
	try net up /run/netns/ct1 <<<"$(bridged 101 192.168.7.11/24 | sed s/vzbr0/br9/)"
	like "not there" "$err" '^19: network of "101": the host has no bridge "br9" \(make it: ip link add br9'
	core_state node ct1 >"$SCRATCH/after"
	is "nothing was changed" "$(diff "$SCRATCH/before" "$SCRATCH/after")" ""
	net_end
}

t_vlans_are_kept_apart()
{
	core_begin
	net up /run/netns/ct2 <<<"$(bridged 102 192.168.7.12/24)"
	ip -n node addr add 192.168.7.1/24 dev vzbr0
	if ! ip -n node link set vzbr0 type bridge vlan_filtering 1 2>/dev/null; then
		try net up /run/netns/ct1 <<<"$(bridged 101 192.168.7.11/24 '"vlan":7')"
		is "the kernel can't" "$err" \
			'1006: network of "101": this kernel'\''s bridges keep no VLANs apart (CONFIG_BRIDGE_VLAN_FILTERING)'
		is "no link is left" "$(ip -n node -o link show | grep -c veth101)" 0
		net_end
		return
	fi
	ip -n node link set vzbr0 type bridge vlan_filtering 0
	try net up /run/netns/ct1 <<<"$(bridged 101 192.168.7.11/24 '"vlan":7')"
	is "in a VLAN" "$err$status" 0
	check "not to one outside" pings_not ct1 192.168.7.12
	net change /run/netns/ct2 <<<"$(bridged 102 192.168.7.12/24 '"vlan":7')"
	check "in the same one" pings ct1 192.168.7.12
	check "the host is outside" pings_not ct1 192.168.7.1
	net change /run/netns/ct2 <<<"$(bridged 102 192.168.7.12/24 '"trunk":[7,8]')"
	check "tagged only" pings_not ct1 192.168.7.12
	# Or it would answer by the other one.
	ip -n ct2 addr del 192.168.7.12/24 dev eth0
	ip -n ct2 link add v7 link eth0 type vlan id 7
	ip -n ct2 addr add 192.168.7.13/24 dev v7
	ip -n ct2 link set v7 up
	check "tagged inside" pings ct1 192.168.7.13
	net change /run/netns/ct1 <<<"$(bridged 101 192.168.7.11/24)"
	check "out of it again" pings ct1 192.168.7.1
	net_end
}

child() # KIND [MEMBERS]
{
	printf '{"id":"103","nics":[{"kind":"%s","name":"up0","parent":"eth0","addresses":["10.9.0.77/24"],
		"gateway4":"10.9.0.254"%s}]}' "$1" "${2:+,$2}"
}

t_macvlan_is_on_the_uplink()
{
	core_begin
	net up /run/netns/ct1 <<<"$(child macvlan)" # the tables are made once
	net remove 103 /run/netns/ct1
	core_state node ct1 >"$SCRATCH/before"
	try net up /run/netns/ct1 <<<"$(child macvlan)"
	is "up" "$err$status" 0
	check "reaches" pings ct1 10.9.0.254
	check "is reached" pings router 10.9.0.77
	like "its mode" "$(ip -n ct1 -d link show up0)" 'macvlan mode bridge'
	try net change /run/netns/ct1 <<<"$(child macvlan '"mode":"private"')"
	is "another mode" "$err$status" 0
	like "its mode" "$(ip -n ct1 -d link show up0)" 'macvlan mode private'
	net remove 103 /run/netns/ct1
	core_state node ct1 >"$SCRATCH/after"
	is "as before" "$(diff "$SCRATCH/before" "$SCRATCH/after")" ""
	net_end
}

t_ipvlan_is_on_the_uplink()
{
	core_begin
	try net up /run/netns/ct1 <<<"$(child ipvlan)"
	if [ "$status" != 0 ]; then
		is "the kernel can't" "$err" \
			'1006: network of "103": make "up0": this kernel has no ipvlan links (module ipvlan)'
		net_end
		return
	fi
	check "reaches" pings ct1 10.9.0.254
	net remove 103 /run/netns/ct1
	is "gone" "$(ip -n ct1 -o link | grep -c up0)" 0
	net_end
}

# Linux 6.1 looks on the host whether the name is free.
t_a_child_has_the_name_of_its_parent()
{
	local kind
	core_begin
	net up /run/netns/ct1 <<<"$(child macvlan)" # the tables are made once
	net remove 103 /run/netns/ct1
	core_state node ct1 >"$SCRATCH/before"
	for kind in macvlan ipvlan; do
		try net up /run/netns/ct1 <<<"$(child "$kind" | sed s/up0/eth0/)"
		if [[ $err = *"no ipvlan links"* ]]; then
			skip "$kind" "this kernel has no $kind"
			continue
		fi
		is "$kind" "$err$status" 0
		check "$kind reaches" pings ct1 10.9.0.254
		is "$kind is all there is" "$(ip -n ct1 -br link | grep -vc '^lo')" 1
		net remove 103 /run/netns/ct1
	done
	core_state node ct1 >"$SCRATCH/after"
	is "as before" "$(diff "$SCRATCH/before" "$SCRATCH/after")" ""
	net_end
}

t_physical_link_is_lent()
{
	core_begin
	ip -n node link add ph0 type veth peer name ph1
	try net up /run/netns/ct1 <<<"$(child physical | sed s/eth0/ph0/)"
	is "up" "$err$status" 0
	like "inside" "$(ip -n ct1 -br addr show up0)" '10.9.0.77/24'
	is "not here" "$(ip -n node -o link | grep -c ph0:)" 0
	try net remove 103 /run/netns/ct1
	is "removed" "$err$status" 0
	is "given back" "$(ip -n node -o link | grep -c 'ph0@')" 1
	net_end
}

# By then the link was moved: an address that the host has.
t_physical_link_comes_back_as_it_was()
{
	core_begin
	ip -n node -batch - <<-'END'
		link add ph0 mtu 1400 type veth peer name ph1
		link set ph1 up
		addr add 10.8.0.1/24 dev ph0
		addr add 2001:db8:8::1/64 dev ph0 nodad
		link set ph0 up
		route add 10.8.1.0/24 via 10.8.0.2
		route add 2001:db8:81::/64 via 2001:db8:8::2
	END
	net_settled node
	net up /run/netns/ct2 <<<"$(venet 101 10.9.0.101)" # the tables are made once
	net remove 101 /run/netns/ct2
	core_state node ct1 | sort >"$SCRATCH/before"
	try net up /run/netns/ct1 <<<"$(child physical ',"mtu":1300},{"kind":"routed","name":"venet0",
		"addresses":["10.9.0.1"]' | sed 's/,,/,/; s/eth0/ph0/')"
	check "it fails" test "$status" != 0
	like "for the address" "$err" 10.9.0.1
	net_settled node
	core_state node ct1 | sort >"$SCRATCH/after"
	is "as before" "$(diff "$SCRATCH/before" "$SCRATCH/after")" ""
	net_end
}

t_traffic_is_counted_over_restarts()
{
	core_begin
	net up /run/netns/ct1 <<<"$(venet 101 10.9.0.101)"
	on router busybox ping -c 3 -i 0.2 -s 1000 10.9.0.101 >/dev/null
	first=$(net traffic 101)
	net down 101
	core_fresh ct1
	is "after a stop" "$(net traffic 101)" "$first"
	net up /run/netns/ct1 <<<"$(venet 101 10.9.0.101)"
	on router busybox ping -c 3 -i 0.2 -s 1000 10.9.0.101 >/dev/null
	check "it goes on" test "$(net traffic 101 | cut -d ' ' -f 1)" -ge 6000
	check "the first part" test "$(cut -d ' ' -f 1 <<<"$first")" -ge 3000
	net remove 101 /run/netns/ct1
	net forget 101
	is "forgotten" "$(net traffic 101)" "0 0 0 0 0 0 0 0"
	net_end
}

run_tests "$@"
