#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernel parameters of the container's namespaces.
. "${0%/*}/lib.sh"

OWN_USERNS='.linux.namespaces += [{type: "user"}]
	| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
	| .linux.gidMappings = .linux.uidMappings'

refused() # NAME FILTER REGEX: creating fails with that message, and nothing is made
{
	new_id
	make_bundle "$SCRATCH/$id" "$2" true
	try vzrun run --bundle "$SCRATCH/$id" "$id"
	is "$1: status" "$status" 1
	like "$1: message" "$err" "$3"
}

sysctls() # NAME...: their values in our own namespaces
{
	local name
	for name; do cat "/proc/sys/$name"; done
}

inside() # FILTER NAME...: the same in a container
{
	local filter=$1 name
	shift
	in_container "$filter" cat "${@/#//proc/sys/}"
}

t_sysctls_are_set()
{
	local before
	before=$(sysctls net/ipv4/ip_forward kernel/msgmax kernel/shm_rmid_forced)
	is "inside" "$(inside '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.msgmax": "4711",
		"kernel.shm_rmid_forced": "1"}' net/ipv4/ip_forward kernel/msgmax kernel/shm_rmid_forced)" \
		$'1\n4711\n1'
	is "ours stay" "$(sysctls net/ipv4/ip_forward kernel/msgmax kernel/shm_rmid_forced)" "$before"
}

t_slashes_separate_too()
{
	is "inside" "$(inside '.linux.sysctl = {"net/ipv4/ip_forward": "1"}' net/ipv4/ip_forward)" 1
}

t_values_of_several_numbers_are_set()
{
	is "inside" "$(inside '.linux.sysctl = {"net.ipv4.ip_local_port_range": "20000 30000"}' \
		net/ipv4/ip_local_port_range)" $'20000\t30000'
}

has_no_link()
{
	! ip link show "$1" >/dev/null 2>&1
}

t_interface_names_may_have_dots()
{
	ip link add vz.1 type veth peer name vzp1
	local filter='.linux.netDevices = {"vz.1": {}}'
	is "as sysctl(8) writes it" "$(inside "$filter
		| .linux.sysctl = {\"net.ipv4.conf.vz/1.forwarding\": \"1\"}" net/ipv4/conf/vz.1/forwarding)" 1
	until_true has_no_link vzp1 # the kernel destroys the pair with the namespace
	ip link add vz.1 type veth peer name vzp1
	is "with slashes" "$(inside "$filter
		| .linux.sysctl = {\"net/ipv4/conf/vz.1/forwarding\": \"1\"}" net/ipv4/conf/vz.1/forwarding)" 1
	until_true has_no_link vzp1
}

t_sysctls_of_an_own_user_namespace_are_set()
{
	is "inside" "$(inside "$OWN_USERNS | .linux.sysctl = {\"net.ipv4.ip_forward\": \"1\",
		\"kernel.msgmax\": \"4711\", \"user.max_net_namespaces\": \"3\"}" \
		net/ipv4/ip_forward kernel/msgmax user/max_net_namespaces)" $'1\n4711\n3'
}

t_hostname_is_a_sysctl_too()
{
	is "domain name" "$(inside '.linux.sysctl = {"kernel.domainname": "example.net"}' kernel/domainname)" \
		example.net
}

t_read_only_proc_sys_is_no_obstacle()
{
	is "inside" "$(inside '.linux.readonlyPaths = ["/proc/sys"]
		| .linux.sysctl = {"net.ipv4.ip_forward": "1"}' net/ipv4/ip_forward)" 1
}

t_image_can_not_lead_the_write_elsewhere()
{
	# A folder of the image in place of /proc: the write must not land there.
	make_rootfs "$SCRATCH/fake"
	mkdir -p "$SCRATCH/fake/proc/sys/net/ipv4"
	echo untouched >"$SCRATCH/fake/proc/sys/net/ipv4/ip_forward"
	new_id
	make_bundle "$SCRATCH/$id" ".root = {path: \"$SCRATCH/fake\", readonly: false}
		| del(.mounts[] | select(.destination == \"/proc\"))
		| .linux.maskedPaths = [] | .linux.readonlyPaths = []
		| .linux.sysctl = {\"net.ipv4.ip_forward\": \"1\"}" true
	try vzrun run --bundle "$SCRATCH/$id" "$id"
	is "the image's file" "$(cat "$SCRATCH/fake/proc/sys/net/ipv4/ip_forward")" untouched
	rm -rf "$SCRATCH/fake"
}

t_sysctl_of_the_host_is_refused()
{
	refused "of no namespace" '.linux.sysctl = {"vm.swappiness": "10"}' 'vm.swappiness: .*host'
	refused "without the namespace" '.linux.sysctl = {"net.ipv4.ip_forward": "1"}
		| del(.linux.namespaces[] | select(.type == "network"))' 'ip_forward: needs the "network" namespace'
	refused "path that leads out" '.linux.sysctl = {"net/../kernel/core_pattern": "x"}' 'is not a sysctl name'
}

t_unknown_sysctl_is_an_error()
{
	refused "unknown" '.linux.sysctl = {"net.ipv4.vztest": "1"}' \
		'linux.sysctl: .*net/ipv4/vztest": No such file or directory'
}

t_bad_value_is_an_error()
{
	refused "no number" '.linux.sysctl = {"net.ipv4.ip_forward": "many"}' \
		'linux.sysctl: .*ip_forward": Invalid argument'
}

run_tests "$@"
