#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# update: what is given changes, what is not stays, and a refused value changes nothing at all.
. "${0%/*}/lib.sh"

[ -n "$CGROUP_DIR" ] || tap_bail "no cgroup v2 hierarchy is mounted"

# Starts a container that sleeps, in $CGROUP_DIR/$id.
start_one() # [FILTER]
{
	new_id
	make_bundle "$SCRATCH/$id" "${1:-.}" sleep 1000
	try vzrun run --detach --bundle "$SCRATCH/$id" "$id"
	[ "$status" = 0 ] || tap_bail "can't start a container: $err"
}

end_one()
{
	vzrun delete --force "$id"
}

# The files of limits that the container's cgroup has, "NAME: VALUE". A cpuset with processes in it
# can't lose its list again, so what it comes to counts.
limits()
{
	local file
	for file in "$CGROUP_DIR/$id"/{cgroup.max.*,cpu.idle,cpu.max*,cpu.weight,cpuset.{cpus,mems}.effective,hugetlb.*.max,io.max,io.weight,io.bfq.weight,memory.{high,low,max,min},memory.oom.group,memory.swap.max,pids.max}; do
		[ ! -e "$file" ] || echo "${file##*/}: $(<"$file")"
	done
}

t_a_refused_value_leaves_the_old_ones()
{
	local before
	start_one '.linux.resources.unified = {"cgroup.max.depth": "7"}'
	before=$(limits)
	like "before" "$before" 'cgroup.max.depth: 7'
	try vzrun update -r - "$id" <<<'{"unified": {"cgroup.max.depth": "5", "cgroup.max.descendants": "deep"}}'
	is "status" "$status" 1
	like "one line" "$err" '^vzrun: update [^ ]*: linux.resources.unified: set "cgroup.max.descendants" to "deep": Invalid argument$'
	is "after" "$(limits)" "$before"
	try vzrun update -r - "$id" <<<'{"unified": {"cgroup.max.depth": "5"}}'
	is "a good one" "$status/$err" 0/
	like "changes" "$(limits)" 'cgroup.max.depth: 5'
	end_one
}

# A disk whose number io.max takes: a partition's is refused.
disk()
{
	local dev
	for dev in /sys/block/*; do
		[[ ${dev##*/} == @(loop|ram|zram)* ]] || { cat "$dev/dev"; return; }
	done
}

t_of_all_controllers()
{
	has_controller memory || { skip "all controllers" "no memory controller in cgroup v2 here"; return; }
	local before disk all
	disk=$(disk)
	start_one '.linux.resources = {pids: {limit: 50}, memory: {limit: 67108864, swap: 100663296, reservation: 1048576},
		cpu: {shares: 512, quota: 50000, period: 100000, burst: 1000}, hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}'
	before=$(limits)
	like "before" "$before" 'cpu.max: 50000 100000'
	all='{"pids": {"limit": 60}, "memory": {"limit": 50331648, "swap": 50331648, "reservation": 2097152},
		"blockIO": {"weight": 500, "throttleWriteBpsDevice": [{"major": MAJ, "minor": MIN, "rate": 1000000}]},
		"cpu": {"shares": 2048, "quota": 20000, "period": 50000, "burst": 2000, "cpus": "0", "mems": "0"},
		"hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}],
		"unified": {"memory.high": "33554432", "cpu.idle": "1", LAST}}'
	all=${all/MAJ/${disk%:*}}
	all=${all/MIN/${disk#*:}}
	try vzrun update --resources - "$id" <<<"${all/LAST/\"memory.min\": \"much\"}"
	is "status" "$status" 1
	like "one line" "$err" '^vzrun: update [^ ]*: linux.resources.unified: set "memory.min" to "much": Invalid argument$'
	is "all are as they were" "$(limits)" "$before"
	try vzrun update --resources - "$id" <<<"${all/LAST/\"memory.min\": \"4096\"}"
	is "the same with a good one" "$status/$err" 0/
	is "was all of it" "$(limits | grep -E '^(pids.max|memory.max|memory.high|memory.swap.max|cpu.max|cpu.idle|cpuset|io.max)')" \
"cpu.idle: 1
cpu.max: 20000 50000
cpu.max.burst: 2000
cpuset.cpus.effective: 0
cpuset.mems.effective: 0
io.max: $disk rbps=max wbps=1000000 riops=max wiops=max
memory.high: 33554432
memory.max: 50331648
memory.swap.max: 0
pids.max: 60"
	before=$(limits)
	try vzrun update --resources - "$id" <<<'{"cpu": {"idle": 0, "shares": 100}, "unified": {"memory.min": "much"}}'
	is "back to idle" "$status/$(limits)" "1/$before"
	end_one
}

t_a_refused_update_kills_nobody()
{
	has_controller memory || { skip "kills" "no memory controller in cgroup v2 here"; return; }
	new_id
	make_bundle "$SCRATCH/$id" '.linux.resources.memory.limit = 1073741824' sh -c 'dd if=/dev/zero bs=20M count=2 | sleep 1000'
	vzrun run --detach --bundle "$SCRATCH/$id" "$id" >/dev/null
	check "it holds memory" until_true holds 20000000
	try vzrun update -r - "$id" <<<'{"memory": {"limit": 8388608, "swap": 8388608}, "unified": {"memory.min": "much"}}'
	like "it is refused" "$status/$err" '^1/.*memory.limit: 8388608 is below what is in use'
	is "nobody was killed" "$(sed -n 's/^oom_kill //p' "$CGROUP_DIR/$id/memory.events")" 0
	is "its limit stays" "$(<"$CGROUP_DIR/$id/memory.max")" 1073741824
	end_one
}

holds() # BYTES
{
	[ "$(<"$CGROUP_DIR/$id/memory.current")" -ge "$1" ]
}

t_only_what_is_given_changes()
{
	has_controller memory || { skip "what is given" "no memory controller in cgroup v2 here"; return; }
	local before
	start_one '.linux.resources = {pids: {limit: 50}, memory: {limit: 67108864}, cpu: {quota: 50000, period: 100000}}'
	before=$(limits)
	try vzrun update --cpu-period 50000 "$id"
	is "the period" "$status/$(diff <(echo "$before") <(limits) | grep '^>')" '0/> cpu.max: 50000 50000'
	before=$(limits)
	try vzrun update --memory-reservation 1M --cpu-quota=-1 "$id"
	is "two" "$status/$(diff <(echo "$before") <(limits) | grep '^>')" \
		$'0/> cpu.max: max 50000\n> memory.low: 1048576'
	before=$(limits)
	try vzrun update "$id"
	is "nothing" "$status/$(limits)" "0/$before"
	end_one
}

# As with runc, where 0 is "not set".
t_a_limit_of_0_changes_nothing()
{
	has_controller memory || { skip "memory of 0" "no memory controller in cgroup v2 here"; return; }
	local before
	start_one '.linux.resources.unified = {"memory.high": "1073741824"}
		| .linux.resources.memory = {limit: 0, reservation: 0, swap: 0}'
	is "of a spec" "$(cat "$CGROUP_DIR/$id"/memory.{max,low,swap.max})" $'max\n0\nmax'
	try vzrun update --memory 64M --memory-swap 96M --memory-reservation 1M "$id"
	before=$(limits)
	is "before" "$status/$(cat "$CGROUP_DIR/$id"/memory.{max,low,swap.max})" $'0/67108864\n1048576\n33554432'
	try vzrun update --memory 0 --memory-swap 0 --memory-reservation 0 "$id"
	is "of options" "$status/$err/$(limits)" "0//$before"
	try vzrun update -r - "$id" <<<'{"memory": {"limit": 0, "reservation": 0, "swap": 0}}'
	is "of a file" "$status/$err/$(limits)" "0//$before"
	end_one
}

run_tests "$@"
