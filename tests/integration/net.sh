# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the tests of networks share: network namespaces that play hosts, with a /run of this file's
# own. To be read after lib.sh.
#
#   net_begin NAME...   makes them, each with lo up, where no address waits to be used; /run is an empty one (/run/netns, /run/vznet)
#   net_settled NAME... waits until what is sent from there is sent
#   net_world           node (10.9.0.1), a router (.254) beyond its eth0, ct1 and ct2
#   net_end             all of that ends, and what net_serve started
#   on NAME CMD...      runs CMD there
#   pings NAME ADDRESS  whether it answers from there; the first packets may be lost
#   pings_not NAME ADDRESS
#   net_serve NAME PORT a TCP server there (netpeer serve), until net_end
#   net_ask NAME ADDRESS PORT
#                       which address such a server sees; "nothing", "refused"

NETPEER=${VZRUN%/*}/tests/integration/netpeer
_net_servers=()

net_begin()
{
	local name
	mount -t tmpfs vznet /run
	mkdir /run/netns /run/vznet
	for name; do
		touch "/run/netns/$name"
		# shellcheck disable=SC2016 # for the inner shell
		unshare --net="/run/netns/$name" busybox sh -c 'ip link set lo up
			for conf in all default; do echo 0 >/proc/sys/net/ipv6/conf/$conf/accept_dad; done'
	done
}

net_world()
{
	net_begin node router ct1 ct2
	ip -n node link add eth0 type veth peer name eth0 netns router
	ip -n node addr add 10.9.0.1/24 dev eth0
	ip -n router addr add 10.9.0.254/24 dev eth0
	ip -n node link set eth0 up
	ip -n router link set eth0 up
	ip -n node route add default via 10.9.0.254
	net_settled node router
}

net_end()
{
	[ ${#_net_servers[@]} = 0 ] || kill "${_net_servers[@]}"
	[ ${#_net_servers[@]} = 0 ] || wait "${_net_servers[@]}" 2>/dev/null
	_net_servers=()
	umount -l /run
}

# Until a link's carrier has been seen, a while after its other end came up, all that is sent is dropped.
net_settled() # NAME...
{
	local name
	for name; do
		until_true _all_are_up "$name" || tap_note "$name: $(ip -n "$name" -o link)"
	done
}

_all_are_up()
{
	! ip -n "$1" -o link show type veth | grep -v "state UP"
}

pings()
{
	local tries
	for tries in 1 2 3 4 5; do
		! on "$1" busybox ping -c 1 -W 1 "$2" >/dev/null 2>&1 || return 0
	done
	tap_note "no answer to $tries"
	return 1
}

pings_not()
{
	! on "$1" busybox ping -c 1 -W 1 "$2" >/dev/null 2>&1
}

on()
{
	local name=$1
	shift
	nsenter --net="/run/netns/$name" "$@"
}

_net_listens() # NAME PORT
{
	on "$1" "$NETPEER" ask 127.0.0.1 "$2" | grep -qx 127.0.0.1
}

net_serve()
{
	nsenter --net="/run/netns/$1" "$NETPEER" serve "$2" &
	_net_servers+=($!)
	until_true _net_listens "$1" "$2"
}

net_ask()
{
	on "$1" "$NETPEER" ask "$2" "$3"
}
