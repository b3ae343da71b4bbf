#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a container uses and which limits it runs into, as events and status tell.
# shellcheck disable=SC2016 # what stands in single quotes is for the shell in the container
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

has_status() # ID STATUS
{
	[ "$(vzrun state "$1" | jq -r .status)" = "$2" ]
}

has_lines() # FILE N
{
	[ "$(wc -l <"$1")" -ge "$2" ]
}

# Starts container $id, which does a thing each time it is told to: `tell WORD`, and answers.
start_one() # [FILTER]
{
	new_id
	mkdir "$SCRATCH/$id"
	mkfifo "$SCRATCH/$id/in"
	: >"$SCRATCH/$id/out"
	make_bundle "$SCRATCH/$id" "${1:-.} | .mounts += [{destination: \"/mnt\", type: \"bind\",
		source: \"$SCRATCH/$id\", options: [\"bind\"]}]" sh -c '
		exec 3<>/mnt/in
		while read -r word <&3; do
			case $word in
			hog) tail /dev/zero ;;
			forks) (for i in 1 2 3 4 5 6 7 8; do sleep 1000 & done); killall sleep ;;
			spin) i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done ;;
			send) nc 127.0.0.1 9 </dev/null ;;
			end) exit ;;
			esac
			echo "$word" >>/mnt/out
		done'
	try vzrun run --detach --bundle "$SCRATCH/$id" "$id"
	[ "$status" = 0 ] || tap_bail "can't start a container: $err"
}

tell() # WORD
{
	local n
	n=$(wc -l <"$SCRATCH/$id/out")
	echo "$1" >"$SCRATCH/$id/in"
	until_true has_lines "$SCRATCH/$id/out" $((n + 1)) || tap_note "no answer to $1"
}

end_one()
{
	vzrun delete --force "$id"
}

# ---- events ----

t_each_network_interface()
{
	local sent stats
	start_one
	# Inside its network namespace any name goes but one with blanks, "/" and ":".
	nsenter --net="/proc/$(vzrun state "$id" | jq .pid)/ns/net" ip link add $'v"\e[31m' type veth peer v1
	tell send
	stats=$(vzrun events --stats "$id")
	is "names" "$(jq -r '.data.network_interfaces[].Name' <<<"$stats" | sort)" \
		"$(printf '%s\n' lo $'v"\e[31m' v1 | sort)"
	sent=$(jq '.data.network_interfaces[] | select(.Name == "lo") | .TxBytes' <<<"$stats")
	check "bytes were sent" test "$sent" -gt 0
	is "as inside" "$sent" "$(vzrun exec "$id" sed -n 's/^ *lo: *//p' /proc/net/dev | awk '{print $9}')"
	is "keys" "$(jq -c '.data.network_interfaces[0] | keys_unsorted' <<<"$stats")" \
		'["Name","RxBytes","RxPackets","RxErrors","RxDropped","TxBytes","TxPackets","TxErrors","TxDropped"]'
	end_one
	start_one '.linux.namespaces |= map(select(.type != "network"))'
	is "the host's is not the container's" \
		"$(vzrun events --stats "$id" | jq .data.network_interfaces)" null
	end_one
}

# Every key that runc prints is there. (Its network_interfaces are always null.)
t_the_keys_are_runcs()
{
	local paths='.data | [paths | map(if type == "number" then 0 else . end) | join(".")] | unique[]'
	if ! has_controller memory || ! type -P runc >/dev/null; then
		skip "runc's keys" "no runc, or no memory controller for cgroup v2"
		return
	fi
	start_one '.linux.resources = {memory: {limit: 1073741824}, pids: {limit: 100}}'
	vzrun events --stats "$id" | jq -r "$paths" >"$SCRATCH/ours"
	end_one
	make_bundle "$SCRATCH/$id" '.linux.resources = {memory: {limit: 1073741824}, pids: {limit: 100}}' \
		sleep 1000
	runc --root "$SCRATCH/runc" run --detach --bundle "$SCRATCH/$id" "$id" >"$SCRATCH/out" 2>&1 ||
		tap_note "$(<"$SCRATCH/out")"
	runc --root "$SCRATCH/runc" events --stats "$id" | jq -r "$paths" >"$SCRATCH/theirs"
	runc --root "$SCRATCH/runc" delete --force "$id"
	check "runc printed some" has_lines "$SCRATCH/theirs" 30
	is "keys that only runc has" "$(comm -13 <(sort "$SCRATCH/ours") <(sort "$SCRATCH/theirs"))" ""
}

t_pressure()
{
	start_one
	if [ -e "$CGROUP_DIR/$id/cpu.pressure" ]; then
		tell spin
		is "cpu" "$(vzrun events --stats "$id" | jq -c '.data.cpu.psi.some | keys_unsorted')" \
			'["avg10","avg60","avg300","total"]'
	else
		skip "pressure" "the kernel counts none (psi=1)"
	fi
	end_one
}

t_counts_of_limits()
{
	has_controller memory || { skip "counts" "no memory controller in cgroup v2 here"; return; }
	local stats
	start_one '.linux.resources = {memory: {limit: 16777216, swap: 16777216}, pids: {limit: 6},
		cpu: {quota: 20000, period: 100000, cpus: "0"}}'
	tell hog
	tell forks
	tell spin
	stats=$(vzrun events --stats "$id")
	is "killed" "$(jq .data.memory.event_count.oom_kill <<<"$stats")" 1
	check "the limit was hit" jq -e '.data.memory.event_count.max > 0 and .data.memory.usage.failcnt > 0' <<<"$stats"
	check "throttled" jq -e '.data.cpu.throttling | .throttledPeriods > 0 and .throttledTime > 0' <<<"$stats"
	is "limits" "$(jq -c '[.data.memory.usage.limit, .data.pids.limit, .data.cpuset.cpus]' <<<"$stats")" \
		'[16777216,6,[0]]'
	end_one
}

# ---- status ----

t_limit_hits_are_explained()
{
	has_controller memory || { skip "limit hits" "no memory controller in cgroup v2 here"; return; }
	local json before
	start_one '.linux.resources = {memory: {limit: 16777216, swap: 16777216}, pids: {limit: 6},
		cpu: {quota: 20000, period: 100000}}'
	try vzrun status --verbose "$id"
	is "status" "$status/$err/${out%%$'\n'*}" "0//container $id running"
	unlike "nothing was hit yet" "$out" 'memory: .*; |processes: .*; '
	before=$(date +%s)
	tell hog
	tell forks
	tell spin
	try vzrun status "$id" --verbose
	like "memory" "$out" "memory: .* the limit is 16 MiB; the limit was hit [0-9]+ times, 1 process was killed, the last on 20[0-9-]+ [0-9:]+ \(raise it: vzrun update --memory 32M $id\)"
	like "processes" "$out" "processes: [0-9]+, the limit is 6; starting one more was refused [0-9]+ times? \(raise it: vzrun update --pids-limit 12 $id\)"
	like "cpu" "$out" "cpu: .* the limit is 0.20 of a CPU; it was held back in [0-9]+ of [0-9]+ periods, for .* s in all \(raise it: vzrun update --cpu-quota 40000 $id\)"
	[ ! -e "$CGROUP_DIR/$id/cpu.pressure" ] || like "pressure" "$out" "waiting for a CPU: [0-9.]+% of the last 10 s"
	json=$(vzrun status --json "$id")
	is "counts" "$(jq -c '[.status, .limits.memory.limit, .limits.memory.killed, .limits.memory.hits > 0, .limits.pids.limit, .limits.pids.hits > 0, .limits.cpu.hits > 0]' <<<"$json")" \
		'["running",16777216,1,true,6,true,true]'
	# The log's clock is not quite the wall's.
	check "the kill was after that" test "$(date +%s -d "$(jq -r .limits.memory.lastKill <<<"$json")")" -ge $((before - 2))
	check "and not in the future" test "$(date +%s -d "$(jq -r .limits.memory.lastKill <<<"$json")")" -le $(($(date +%s) + 2))
	is "advice" "$(jq '.advice | length' <<<"$json")" 3
	end_one
	start_one '.linux.resources = {memory: {limit: 16777216}}'
	like "another's kills are not its" "$(vzrun status --verbose "$id" | grep ^memory:)" 'the limit is 16 MiB$'
	end_one
}

t_status_without_controllers()
{
	local bare=(without_controllers "$VZRUN" --root "$ROOT")
	make_bundle "$SCRATCH/bare" . sleep 1000
	"${bare[@]}" run --detach --bundle "$SCRATCH/bare" bare
	try "${bare[@]}" status --verbose bare
	like "it says what is missing" "$out" 'processes: not counted: its cgroup has no controller pids \((in use by cgroup v1|not passed on to this cgroup v2 mount)\)'
	is "json" "$("${bare[@]}" status --json bare | jq -c '[.limits.cpu, .limits.memory, .limits.pids, .advice]')" '[null,null,null,[]]'
	"${bare[@]}" delete --force bare
}

t_status_where_nobody_asked_for_controllers()
{
	if ! has_controller pids; then
		skip "it says how to get them" "no cgroup v2 controllers here (the test VM has them)"
		return
	fi
	mkdir "$CGROUP_DIR/bare" # a parent that passes nothing on
	start_one ".linux.cgroupsPath = \"$CGROUP/bare/x\""
	like "it says how to get them" "$(vzrun status --verbose "$id")" \
		'memory: not counted: its cgroup has no controller memory \(nobody asked for it: a limit by vzrun update does\)'
	vzrun update --memory 64M "$id"
	like "then it counts" "$(vzrun status --verbose "$id")" 'memory: .* the limit is 64 MiB'
	end_one
	rmdir "$CGROUP_DIR/bare"
}

t_status_of_what_is_not_running()
{
	start_one
	vzrun kill "$id" KILL
	until_true has_status "$id" stopped
	is "stopped" "$(vzrun status --verbose "$id")" "container $id stopped"
	is "json" "$(vzrun status --json "$id" | jq -c .)" \
		"{\"id\":\"$id\",\"status\":\"stopped\",\"limits\":null,\"pressure\":null,\"advice\":[]}"
	end_one
	try vzrun status --verbose "$id"
	like "gone" "$status/$err" "^1/vzrun: status $id: container does not exist"
}

t_status_of_a_ct()
{
	make_ct --name "web$$"
	is "stopped" "$(ct status "$id" --verbose)" "CTID $id exist unmounted down"
	is "json of a stopped one" "$(ct status --json "web$$" | jq -c .)" \
		"{\"id\":\"$id\",\"status\":\"stopped\",\"exists\":true,\"mounted\":false,\"limits\":null,\"pressure\":null,\"advice\":[]}"
	start_ct
	is "plain" "$(ct status "$id")" "CTID $id exist mounted running"
	try ct status "web$$" --verbose
	is "the first line is the same" "$status/${out%%$'\n'*}" "0/CTID $id exist mounted running"
	like "and the others" "$out" $'\ncpu: .*\nmemory: .*\nprocesses: '
	is "json" "$(ct status --json "$id" | jq -c '[.id, .status, .exists, .mounted]')" "[\"$id\",\"running\",true,true]"
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
	try ct status --verbose "$id"
	is "destroyed" "$status/$out" "0/CTID $id deleted unmounted down"
}

run_tests "$@"
