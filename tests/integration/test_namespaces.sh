#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Namespaces: which are new, which are joined, whose ids map where.
. "${0%/*}/lib.sh"

USER_NS='.linux.namespaces += [{type: "user"}]
	| .linux.uidMappings = [{containerID: 0, hostID: 200000, size: 65536}]
	| .linux.gidMappings = [{containerID: 0, hostID: 300000, size: 65536}]'

ns_of_us() # KIND
{
	readlink "/proc/self/ns/$1"
}

ns_inside() # FILTER KIND
{
	in_container "$1" readlink "/proc/self/ns/$2"
}

t_listed_namespaces_are_new()
{
	local kind
	for kind in pid net ipc uts mnt cgroup; do
		unlike "$kind" "$(ns_inside . "$kind")" "^$(ns_of_us "$kind" | sed 's/[][]/\\&/g')\$"
	done
}

t_unlisted_namespaces_are_the_callers()
{
	local kind name
	for kind in net ipc uts cgroup user time; do
		name=$kind
		[ "$kind" != net ] || name=network
		is "$kind" "$(ns_inside "
			del(.linux.namespaces[] | select(.type == \"$name\"))
			| if \"$kind\" == \"uts\" then del(.hostname) else . end
			| if \"$kind\" == \"ipc\" then del(.mounts[] | select(.type == \"mqueue\")) else . end" "$kind")" \
			"$(ns_of_us "$kind")"
	done
}

t_program_is_pid_1_of_a_new_pid_namespace()
{
	is "its pid" "$(in_container . sh -c 'echo $$')" 1
}

t_program_has_a_pid_of_the_callers_namespace_without_one()
{
	local pid
	pid=$(in_container 'del(.linux.namespaces[] | select(.type == "pid"))' sh -c 'echo $$')
	check "pid $pid is not 1" [ "$pid" -gt 1 ]
}

t_user_namespace_maps_ids()
{
	local out
	out=$(in_container "$USER_NS" sh -c 'cat /proc/self/uid_map /proc/self/gid_map; id -u; id -g')
	is "maps and ids" "$(tr -s ' \n' ' ' <<<"$out")" " 0 200000 65536 0 300000 65536 0 0 "
}

t_several_id_maps()
{
	is "lines of uid_map" "$(in_container "$USER_NS"'
		| .linux.uidMappings = [{containerID: 0, hostID: 200000, size: 10},
		                        {containerID: 10, hostID: 210000, size: 5}]' \
		cat /proc/self/uid_map | tr -s ' \n' ' ')" " 0 200000 10 10 210000 5 "
}

t_ids_on_the_host_are_the_mapped_ones()
{
	local dir=$SCRATCH/ids pid
	new_id
	make_bundle "$dir" "$USER_NS | .process.user.uid = 7" sleep 100
	try vzrun run --detach --pid-file "$dir/pid" --bundle "$dir" "$id"
	is "status" "$status" 0
	pid=$(<"$dir/pid")
	is "real uid and gid" "$(awk '/^[UG]id:/ { print $2 }' "/proc/$pid/status" | tr '\n' ' ')" "200007 300000 "
	vzrun delete --force "$id"
}

t_supplementary_groups_of_the_caller_are_gone()
{
	is "groups" "$(in_container "$USER_NS" grep Groups /proc/self/status | tr -d ' \t')" "Groups:"
}

t_a_user_namespace_without_maps_is_refused()
{
	try in_container '.linux.namespaces += [{type: "user"}]' true
	is "status" "$status" 1
	like "message" "$err" 'linux: a new user namespace needs "uidMappings"'
}

# A process that holds new namespaces of all kinds that can be joined.
hold_namespaces()
{
	unshare --net --ipc --uts --cgroup --pid --fork --kill-child \
		sh -c 'hostname held; echo ready; exec sleep 1000' >"$SCRATCH/holder" &
	holder=$!
	until_true grep -q ready "$SCRATCH/holder"
	held=$(pgrep -P "$holder")
}

release_namespaces()
{
	kill -KILL "$holder" # unshare ignores SIGTERM; its child goes with it
	wait "$holder" 2>/dev/null
}

t_namespaces_are_joined_by_path()
{
	local kind name
	hold_namespaces
	for kind in net ipc uts cgroup; do
		name=$kind
		[ "$kind" != net ] || name=network
		is "$kind" "$(ns_inside "
			(.linux.namespaces[] | select(.type == \"$name\")).path = \"/proc/$held/ns/$kind\"
			| if \"$kind\" == \"uts\" then del(.hostname) else . end" "$kind")" \
			"$(readlink "/proc/$held/ns/$kind")"
	done
	is "pid" "$(ns_inside "(.linux.namespaces[] | select(.type == \"pid\")).path = \"/proc/$held/ns/pid\"" pid)" \
		"$(readlink "/proc/$held/ns/pid")"
	release_namespaces
}

t_a_path_of_another_kind_is_refused()
{
	try in_container '(.linux.namespaces[] | select(.type == "network")).path = "/proc/self/ns/uts"' true
	is "status" "$status" 1
	like "message" "$err" '/proc/self/ns/uts" is no network namespace'
	try in_container '(.linux.namespaces[] | select(.type == "network")).path = "/etc/passwd"' true
	is "status of no namespace at all" "$status" 1
	like "message" "$err" 'is no namespace'
	try in_container '(.linux.namespaces[] | select(.type == "network")).path = "/nowhere"' true
	like "message of a missing path" "$err" 'No such file or directory'
}

t_a_sysctl_of_the_host_by_path_is_refused()
{
	try in_container '(.linux.namespaces[] | select(.type == "network")).path = "/proc/self/ns/net"
		| .linux.sysctl = {"net.ipv4.ip_forward": "1"}' true
	is "status" "$status" 1
	like "message" "$err" 'net/ipv4/ip_forward" would be set for the host'
}

t_a_user_namespace_is_joined_by_path()
{
	local out
	unshare --user --map-root-user sh -c 'echo ready; exec sleep 1000' >"$SCRATCH/user" &
	held=$!
	until_true grep -q ready "$SCRATCH/user"
	out=$(in_container ".linux.namespaces += [{type: \"user\", path: \"/proc/$held/ns/user\"}]
		| del(.mounts[] | select(.type == \"devpts\"))" \
		sh -c 'readlink /proc/self/ns/user; id -u')
	is "namespace and id" "$out" "$(readlink "/proc/$held/ns/user")"$'\n0'
	kill "$held"
	wait "$held" 2>/dev/null
}

t_time_offsets()
{
	local there here
	here=$(cut -d. -f1 /proc/uptime)
	there=$(in_container '.linux.namespaces += [{type: "time"}]
		| .linux.timeOffsets = {boottime: {secs: 1000000, nanosecs: 0}, monotonic: {secs: 5, nanosecs: 7}}' \
		sh -c 'cut -d. -f1 /proc/uptime; cat /proc/self/timens_offsets')
	check "uptime is a million seconds more" [ "$(head -1 <<<"$there")" -ge $((here + 1000000)) ]
	is "offsets" "$(tail -2 <<<"$there" | tr -s ' \n' ' ')" "monotonic 5 7 boottime 1000000 0 "
}

t_time_offsets_in_a_user_namespace()
{
	like "offsets" "$(in_container "$USER_NS"' | .linux.namespaces += [{type: "time"}]
		| .linux.timeOffsets = {boottime: {secs: 1000, nanosecs: 0}}' cat /proc/self/timens_offsets)" \
		'boottime +1000 +0'
}

t_host_and_domain_name()
{
	is "names" "$(in_container '.hostname = "ct9" | .domainname = "example.org"' \
		sh -c 'cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname')" $'ct9\nexample.org'
}

t_loopback_is_up()
{
	like "flags of lo" "$(in_container . ip link show lo)" 'LOOPBACK,UP'
}

t_cgroup_namespace_root_is_the_containers_cgroup()
{
	is "cgroup as seen inside" "$(in_container . grep '^0:' /proc/self/cgroup)" "0::/"
}

t_without_a_mount_namespace_nothing_is_done()
{
	try in_container 'del(.linux.namespaces[] | select(.type == "mount"))
		| del(.mounts, .linux.maskedPaths, .linux.readonlyPaths)' true
	is "status" "$status" 1
	like "message" "$err" 'linux\.namespaces.*mount namespace'
}

t_a_terminal_needs_a_new_mount_namespace()
{
	try in_container '(.linux.namespaces[] | select(.type == "mount")).path = "/proc/self/ns/mnt"
		| del(.mounts, .linux.maskedPaths, .linux.readonlyPaths) | .process.terminal = true' true
	is "status" "$status" 1
	like "message" "$err" 'process\.terminal: needs a new mount namespace'
}

run_tests "$@"
