#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What netsetup changes of the host itself: sysctls of the links in use, which are put back when the last
# container that needs them has gone.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/net.sh"
. "${0%/*}/netcore.sh"

# Of the node's links, a line each. A link that is made meanwhile has none here.
sysctls()
{
	# shellcheck disable=SC2016 # the inner shell's
	on node busybox sh -c 'for link in all eth0 eth1 eth9; do
		for key in ipv4/conf/$link/forwarding ipv6/conf/$link/forwarding ipv6/conf/$link/accept_ra \
			ipv6/conf/$link/proxy_ndp ipv4/neigh/$link/proxy_delay ipv6/neigh/$link/proxy_delay; do
			[ ! -e /proc/sys/net/$key ] || echo "$key $(cat /proc/sys/net/$key)"
		done
	done'
}

# The value of one of them.
sysctl_of() # KEY
{
	on node cat "/proc/sys/net/$1"
}

set_sysctl() # KEY VALUE
{
	# shellcheck disable=SC2016 # the inner shell's
	on node busybox sh -c 'echo "$2" >/proc/sys/net/$1' sh "$1" "$2"
}

# eth0 leads to the router, eth9 nowhere; both are hosts, not routers, as is their like to come.
host_begin()
{
	core_begin
	ip -n node link add eth9 type veth peer name peer9
	ip -n node link set eth9 up
	set_sysctl ipv6/conf/eth0/accept_ra 1
	sysctls >"$SCRATCH/before"
}

# All as before, and nothing noted.
put_back() # WHAT
{
	sysctls >"$SCRATCH/now"
	is "$1: all is as before" "$(diff "$SCRATCH/before" "$SCRATCH/now")" ""
	check "$1: nothing is noted" test ! -e /run/vznet/host/sysctls -a ! -e /run/vznet/host/users
}

is_router() # WHAT
{
	is "$1: IPv4 is forwarded" "$(sysctl_of ipv4/conf/eth0/forwarding)" 1
	is "$1: IPv6 is forwarded" "$(sysctl_of ipv6/conf/all/forwarding) $(sysctl_of ipv6/conf/eth0/forwarding)" "1 1"
	is "$1: advertisements are heard all the same" "$(sysctl_of ipv6/conf/eth0/accept_ra)" 2
	is "$1: addresses are proxied" "$(sysctl_of ipv6/conf/eth0/proxy_ndp)" 1
	is "$1: at once" "$(sysctl_of ipv4/neigh/eth0/proxy_delay) $(sysctl_of ipv6/neigh/eth0/proxy_delay)" "0 0"
	is "$1: another link is no router" "$(sysctl_of ipv6/conf/eth9/forwarding)" 0
}

t_two_share_an_uplink()
{
	host_begin
	net up /run/netns/ct1 <<<"$(venet 101 10.9.0.101 2001:db8:9::101)"
	is_router "the first"
	net up /run/netns/ct2 <<<"$(venet 102 10.9.0.102 2001:db8:9::102)"
	net remove 101 /run/netns/ct1
	is_router "the second is left"
	check "and is reached" pings router 10.9.0.102
	check "by IPv6 too" pings router 2001:db8:9::102
	net remove 102 /run/netns/ct2
	put_back "the last goes"
	net_end
}

t_one_family_is_the_other_ones_no_business()
{
	host_begin
	net up /run/netns/ct1 <<<"$(venet 101 10.9.0.101)"
	is "IPv4" "$(sysctl_of ipv4/conf/eth0/forwarding)" 1
	is "IPv6" "$(sysctl_of ipv6/conf/all/forwarding)" 0
	net change /run/netns/ct1 <<<"$(venet 101 10.9.0.101 2001:db8:9::101)"
	is_router "IPv6 comes"
	net remove 101 /run/netns/ct1
	put_back "it goes"
	net_end
}

# It keeps a NIC that needs nothing of the host.
t_without_routed_addresses_the_host_is_let_go()
{
	local both bridged='{"kind":"bridged","name":"eth0","parent":"vzbr9"}'
	host_begin
	ip -n node link add vzbr9 up type bridge
	both=$(venet 101 10.9.0.101 2001:db8:9::101 | sed "s|}\]}\$|},$bridged]}|")
	net up /run/netns/ct1 <<<"$both"
	is_router "up"
	net change /run/netns/ct1 <<<"{\"id\":\"101\",\"nics\":[$bridged]}"
	put_back "its addresses are taken away"
	is "the record names no uplink" "$(jq -c .uplinks /run/vznet/101.json)" "[]"
	net change /run/netns/ct1 <<<"$both"
	is_router "they come back"
	check "it is reached" pings router 10.9.0.101
	net remove 101 /run/netns/ct1
	put_back "it goes"
	net_end
}

t_what_the_admin_changed_meanwhile_stays()
{
	host_begin
	net up /run/netns/ct1 <<<"$(venet 101 10.9.0.101 2001:db8:9::101)"
	set_sysctl ipv6/conf/eth0/accept_ra 0
	ip -n node link add eth1 type veth peer name peer1
	net remove 101 /run/netns/ct1
	is "what has another value than ours" "$(sysctl_of ipv6/conf/eth0/accept_ra)" 0
	is "the rest is put back" "$(sysctl_of ipv4/conf/eth0/forwarding)" 0
	is "a link that was not there before" "$(sysctl_of ipv6/conf/eth1/forwarding)" 0
	net_end
}

t_a_router_stays_one()
{
	host_begin
	set_sysctl ipv4/conf/all/forwarding 1
	set_sysctl ipv6/conf/all/forwarding 1
	sysctls >"$SCRATCH/before"
	net up /run/netns/ct1 <<<"$(venet 101 10.9.0.101 2001:db8:9::101)"
	is "other links too" "$(sysctl_of ipv6/conf/eth9/forwarding)" 1
	net remove 101 /run/netns/ct1
	put_back "it goes"
	net_end
}

t_an_uplink_that_is_gone_is_no_error()
{
	host_begin
	net up /run/netns/ct1 <<<"$(venet 101 10.9.0.101 2001:db8:9::101)"
	ip -n node link del eth0
	try net remove 101 /run/netns/ct1
	is "remove" "$status$err" 0
	sed -i '/eth0/d' "$SCRATCH/before"
	put_back "the rest"
	net_end
}

run_tests "$@"
