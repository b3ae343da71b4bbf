# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the tests of netsetup's core share: a node, a router on its uplink, two containers' namespaces.
# To be read after net.sh.
#
#   core_begin          node (10.9.0.1, 2001:db8:9::1), router (.254, ::fe), ct1, ct2
#   net VERB ARG...     nettool in the node's namespace
#   venet ID ADDR... [-- JSON]  a network with a routed NIC of these addresses, and more members
#   core_state          all that netsetup may change on the node and inside, for comparing

# shellcheck disable=SC2154 # the build gives it
NETTOOL=$abs_top_builddir/tests/integration/nettool

net()
{
	on node "$NETTOOL" "$@"
}

core_begin()
{
	net_begin node router ct1 ct2
	ip -n node link add eth0 type veth peer name eth0 netns router
	ip -n node -batch - <<-'END'
		addr add 10.9.0.1/24 dev eth0
		addr add 2001:db8:9::1/64 dev eth0 nodad
		link set eth0 addrgenmode none up
		route add default via 10.9.0.254
	END
	ip -n node -6 route add default via 2001:db8:9::fe
	ip -n router -batch - <<-'END'
		addr add 10.9.0.254/24 dev eth0
		addr add 2001:db8:9::fe/64 dev eth0 nodad
		link set eth0 up
	END
	net_settled node router
	pings router 2001:db8:9::1
}

core_fresh() # NAME...: namespaces anew
{
	local name
	for name; do
		umount "/run/netns/$name"
		unshare --net="/run/netns/$name" busybox ip link set lo up
	done
}

venet() # ID ADDRESS... [-- MEMBERS]
{
	local id=$1 list=() more=
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		list+=("\"$1\"")
		shift
	done
	[ $# -lt 2 ] || more=,$2
	printf '{"id":"%s","skipDetect":true,"nics":[{"kind":"routed","name":"venet0","addresses":[%s]%s}]}' \
		"$id" "$(
			IFS=,
			echo "${list[*]}"
		)" "$more"
}

# What is learnt, counted or timed is left out.
core_state() # NAMESPACE...
{
	local name
	for name; do
		ip -n "$name" -d -o link
		ip -n "$name" -o addr
		ip -n "$name" -4 route show table all
		ip -n "$name" -6 route show table all
		ip -n "$name" -4 neigh show proxy
		ip -n "$name" -6 neigh show proxy
		on "$name" tc qdisc
		# fq_codel shows a flow that has just passed as a class
		on "$name" tc class show dev vzup 2>&1 | grep -v "^class fq_codel"
		on "$name" nft list ruleset
		# shellcheck disable=SC2016 # the inner shell's
		on "$name" busybox sh -c 'for at in /proc/sys/net/ipv[46]/*/*/forwarding \
			/proc/sys/net/ipv6/conf/*/accept_ra /proc/sys/net/ipv6/conf/*/proxy_ndp \
			/proc/sys/net/ipv[46]/neigh/*/proxy_delay; do echo "$at $(cat "$at")"; done'
	done | sed 's/ state [A-Z]* / /; s/_timer *[0-9.]*//g; s/counter packets [0-9]* bytes [0-9]*//
		s/ expires [0-9]*sec//; s/numtxqueues.*//; s/ direct_packets_stat [0-9]*//
		s/fifo [0-9a-f]*:/fifo/; s/leaf [0-9a-f]*:/leaf/; s/fq_codel [0-9a-f]*:/fq_codel/'
	find /run/vznet -type f ! -path '*/locks/*' ! -name '*lock' ! -path '*/traffic/*' | sort
}
