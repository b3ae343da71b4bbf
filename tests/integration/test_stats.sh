#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a container uses and which limits it runs into, as events tells.
# shellcheck disable=SC2016 # what stands in single quotes is for the shell in the container
. "${0%/*}/lib.sh"

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

run_tests "$@"
