#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Interfaces that move into the container (linux.netDevices), and its loopback.
. "${0%/*}/lib.sh"

OWN_USERNS='.linux.namespaces += [{type: "user"}]
	| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
	| .linux.gidMappings = .linux.uidMappings'

# /sys shows another network namespace's.
has_link()
{
	ip link show "$1" >/dev/null 2>&1
}

has_no_link()
{
	! has_link "$1"
}

# A new pair vz0, vzp0. The container's namespace takes the last one along when it ends, a little
# later; an error leaves it here.
pair()
{
	! has_link vz0 || ip link del vz0
	until_true has_no_link vzp0
	ip link add vz0 type veth peer name vzp0
	ip link set vzp0 up
}

addresses() # FILTER LINK: the global addresses in a container that FILTER changes
{
	in_container "$1" busybox ip -o addr show dev "$2" | awk '/scope global/ { print $4 }' | paste -sd ' '
}

t_loopback_is_up()
{
	like "lo" "$(in_container . busybox ip link show lo)" '<LOOPBACK,UP'
	like "127.0.0.1" "$(in_container . busybox ip addr show lo)" 'inet 127.0.0.1/8'
}

t_loopback_of_a_joined_namespace_is_left_alone()
{
	touch "$SCRATCH/netns"
	unshare --net="$SCRATCH/netns" true
	unlike "lo" "$(in_container "(.linux.namespaces[] | select(.type == \"network\")).path = \"$SCRATCH/netns\"" \
		busybox ip link show lo)" 'UP'
	umount "$SCRATCH/netns"
}

t_interface_moves_with_its_name()
{
	pair
	like "inside" "$(in_container '.linux.netDevices = {vz0: {}}' busybox ip link show vz0)" 'vz0.*[<,]UP[,>]'
}

t_interface_moves_under_another_name()
{
	pair
	like "inside" "$(in_container '.linux.netDevices = {vz0: {name: "eth0"}}' busybox ip link show eth0)" \
		'eth0.*[<,]UP[,>]'
}

t_permanent_addresses_come_along()
{
	pair
	ip addr add 10.77.0.2/24 dev vz0
	ip addr add fd77::2/64 dev vz0 nodad
	ip addr add 10.77.0.3/32 dev vz0 valid_lft 1000 preferred_lft 1000
	is "addresses" "$(addresses '.linux.netDevices = {vz0: {name: "eth0"}}' eth0)" "10.77.0.2/24 fd77::2/64"
}

t_attributes_come_along()
{
	pair
	ip link set vz0 mtu 1300 address 02:00:00:00:77:01
	like "mtu and hardware address" \
		"$(in_container '.linux.netDevices = {vz0: {name: "eth0"}}' busybox ip link show eth0)" \
		'mtu 1300 .*02:00:00:00:77:01'
}

t_traffic_goes_through()
{
	pair
	ip addr add 10.77.0.1/24 dev vzp0
	ip addr add 10.77.0.2/24 dev vz0
	check "ping" in_container '.linux.netDevices = {vz0: {name: "eth0"}}
		| .process.capabilities[] += ["CAP_NET_RAW"]' busybox ping -c 1 -W 10 10.77.0.1
}

t_template_is_filled_in()
{
	pair
	like "inside" "$(in_container '.linux.netDevices = {vz0: {name: "eth%d"}}' busybox ip link show eth0)" 'eth0'
}

t_own_user_namespace_gets_interfaces_too()
{
	pair
	ip addr add 10.77.0.2/24 dev vz0
	is "addresses" "$(addresses "$OWN_USERNS | .linux.netDevices = {vz0: {name: \"eth0\"}}" eth0)" 10.77.0.2/24
}

t_peer_stays_outside()
{
	pair
	new_id
	make_bundle "$SCRATCH/$id" '.linux.netDevices = {vz0: {name: "eth0"}}' sleep 1000
	vzrun run --detach --bundle "$SCRATCH/$id" "$id"
	check "the peer is here" has_link vzp0
	check "the interface is not" has_no_link vz0
	vzrun delete --force "$id"
	check "both go with the container" until_true has_no_link vzp0
}

refused() # NAME FILTER REGEX: creating fails with that message; vz0 is not lost in a dead namespace
{
	pair
	new_id
	make_bundle "$SCRATCH/$id" "$2" true
	try vzrun run --bundle "$SCRATCH/$id" "$id"
	is "$1: status" "$status" 1
	like "$1: message" "$err" "$3"
	try vzrun state "$id"
	is "$1: nothing was made" "$status" 1
}

t_errors_leave_the_interface_here()
{
	refused "name that is taken" '.linux.netDevices = {vz0: {name: "lo"}}' '"lo": File exists'
	check "it is still here" has_link vz0
	refused "interface that is not there" '.linux.netDevices = {vztest9: {}}' \
		'find the interface "vztest9": No such device'
	refused "no network namespace" '.linux.netDevices = {vz0: {}}
		| del(.linux.namespaces[] | select(.type == "network"))' 'netDevices: needs the "network" namespace'
	check "it is still here" has_link vz0
	ip link del vz0
}

run_tests "$@"
