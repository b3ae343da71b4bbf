# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the tests of networks share: network namespaces that play hosts, with a /run of this file's
# own. To be read after lib.sh.
#
#   net_begin NAME...   makes them, each with lo up, where no address waits to be used; /run is an empty one (/run/netns, /run/vznet)
#   net_end             all of that ends, and what net_serve started
#   on NAME CMD...      runs CMD there
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

net_end()
{
	[ ${#_net_servers[@]} = 0 ] || kill "${_net_servers[@]}"
	[ ${#_net_servers[@]} = 0 ] || wait "${_net_servers[@]}" 2>/dev/null
	_net_servers=()
	umount -l /run
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
