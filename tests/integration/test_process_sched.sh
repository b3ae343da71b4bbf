#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scheduler, I/O priority, CPUs, memory nodes and execution domain.
. "${0%/*}/lib.sh"
. "${0%/*}/probe.sh"

refused() # NAME FILTER REGEX: creating fails with that message, and nothing is made
{
	new_id
	make_bundle "$SCRATCH/$id" "$2" true
	try vzrun run --bundle "$SCRATCH/$id" "$id"
	is "$1: status" "$status" 1
	like "$1: message" "$err" "$3"
}

t_scheduling_policies_are_set()
{
	like "batch with a nice value" \
		"$(seen '.process.scheduler = {policy: "SCHED_BATCH", nice: 7}' scheduler)" \
		'^policy 3 nice 7 priority 0 flags 0 '
	like "idle" "$(seen '.process.scheduler = {policy: "SCHED_IDLE"}' scheduler)" '^policy 5 '
	like "other" "$(seen '.process.scheduler = {policy: "SCHED_OTHER", nice: -3}' scheduler)" \
		'^policy 0 nice -3 '
}

t_real_time_policies_are_set()
{
	like "fifo" "$(seen '.process.scheduler = {policy: "SCHED_FIFO", priority: 11}' scheduler)" \
		'^policy 1 nice 0 priority 11 flags 0 '
	like "round robin, reset on fork" \
		"$(seen '.process.scheduler = {policy: "SCHED_RR", priority: 3, flags: ["SCHED_FLAG_RESET_ON_FORK"]}' scheduler)" \
		'^policy 2 nice 0 priority 3 flags 1 '
}

t_deadline_policy_is_set()
{
	is "deadline" "$(seen '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 2000000,
		deadline: 30000000, period: 40000000}' scheduler)" \
		"policy 6 nice 0 priority 0 flags 0 runtime 2000000 deadline 30000000 period 40000000"
}

t_deadline_that_can_not_be_met_is_refused()
{
	refused "runtime beyond deadline" '.process.scheduler = {policy: "SCHED_DEADLINE",
		runtime: 50000000, deadline: 30000000, period: 40000000}' 'scheduler'
}

t_scheduler_without_the_capability_is_refused()
{
	make_bundle "$SCRATCH/rt" '.process.scheduler = {policy: "SCHED_FIFO", priority: 1}' true
	try setpriv --bounding-set -sys_nice --inh-caps -sys_nice \
		"$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/rt" rt
	is "status" "$status" 1
	like "message" "$err" 'process.scheduler: Operation not permitted .*CAP_SYS_NICE'
}

t_io_priorities_are_set()
{
	is "best effort" "$(seen '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}' ioprio)" \
		"class 2 priority 6"
	is "real time" "$(seen '.process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 1}' ioprio)" \
		"class 1 priority 1"
	like "idle" "$(seen '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 0}' ioprio)" \
		'^class 3 '
}

t_exec_has_the_priorities_of_its_process()
{
	make_bundle "$SCRATCH/exec" '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}
		| .process.scheduler = {policy: "SCHED_BATCH", nice: 7}' sleep 1000
	vzrun run --detach --bundle "$SCRATCH/exec" priorities
	is "the container's" "$(vzrun exec priorities probe ioprio)" "class 2 priority 6"
	jq '.process | .args = ["probe", "ioprio", "scheduler"]
		| .ioPriority = {class: "IOPRIO_CLASS_BE", priority: 2} | .scheduler.nice = 9' \
		"$SCRATCH/exec/config.json" >"$SCRATCH/process.json"
	try vzrun exec --process "$SCRATCH/process.json" priorities
	like "its own" "${out//$'\n'/ }" '^class 2 priority 2 policy 3 nice 9 '
	vzrun delete --force priorities
}

# ---- CPUs ----

t_affinity_of_the_caller_is_not_inherited()
{
	[ "$(nproc --all)" -gt 1 ] || { skip "affinity" "there is only one CPU"; return; }
	local all
	all=$(seen . cpus)
	make_bundle "$SCRATCH/cpus" . probe cpus
	is "run" "$(taskset -c 0 "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/cpus" cpus)" "$all"
}

exec_cpus() # AFFINITY-JSON
{
	jq ".process | .args = [\"probe\", \"cpus\"] | .execCPUAffinity = $1" \
		"$SCRATCH/aff/config.json" >"$SCRATCH/process.json"
	taskset -c 0 "$VZRUN" --root "$ROOT" exec --process "$SCRATCH/process.json" aff
}

t_exec_affinity_is_set()
{
	[ "$(nproc --all)" -gt 1 ] || { skip "execCPUAffinity" "there is only one CPU"; return; }
	make_bundle "$SCRATCH/aff" . sleep 1000
	vzrun run --detach --bundle "$SCRATCH/aff" aff
	is "final" "$(exec_cpus '{"initial": "0", "final": "1"}')" 1
	is "initial alone" "$(exec_cpus '{"initial": "1"}')" 1
	is "final alone" "$(exec_cpus '{"final": "0-1"}')" 0,1
	is "none" "$(exec_cpus null)" "$(seen . cpus)"
	try exec_cpus '{"final": "4000"}'
	is "a CPU that is not there: status" "$status" 255
	like "and message" "$err" '4000.*Invalid argument'
	vzrun delete --force aff
}

# ---- memory nodes ----

t_memory_policies_are_set()
{
	is "bind" "$(seen '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0"}' mempolicy)" \
		"mode 0x2 nodes 0"
	is "preferred" "$(seen '.linux.memoryPolicy = {mode: "MPOL_PREFERRED", nodes: "0"}' mempolicy)" \
		"mode 0x1 nodes 0"
	is "interleave, static nodes" "$(seen '.linux.memoryPolicy = {mode: "MPOL_INTERLEAVE", nodes: "0",
		flags: ["MPOL_F_STATIC_NODES"]}' mempolicy)" "mode 0x8003 nodes 0"
	is "local" "$(seen '.linux.memoryPolicy = {mode: "MPOL_LOCAL"}' mempolicy)" "mode 0x4 nodes "
	is "default" "$(seen '.linux.memoryPolicy = {mode: "MPOL_DEFAULT"}' mempolicy)" "mode 0 nodes "
}

# Of the heap and the stack of a program: its policy, and the nodes that have its memory.
# shellcheck disable=SC2016 # for the shell in the container
NUMA_MAPS='awk "/ (heap|stack) / && /anon=/ { print \$2; for (i = 3; i <= NF; i++)
	if (\$i ~ /^N[0-9]+=/) print substr(\$i, 1, 2) }" /proc/self/numa_maps | sort -u'

t_memory_comes_from_the_nodes_of_the_policy()
{
	[ -d /sys/devices/system/node/node1 ] ||
		{ skip "memoryPolicy" "there is only one memory node"; return; }
	is "node 0" "$(in_container '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0"}' \
		sh -c "$NUMA_MAPS" | paste -s -d ' ')" "N0 bind:0"
	is "node 1" "$(in_container '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "1"}' \
		sh -c "$NUMA_MAPS" | paste -s -d ' ')" "N1 bind:1"
	is "both" "$(seen '.linux.memoryPolicy = {mode: "MPOL_INTERLEAVE", nodes: "0-1"}' mempolicy)" \
		"mode 0x3 nodes 0,1"
}

t_memory_policy_that_the_kernel_lacks_is_refused()
{
	if kernel_is 6.9; then
		is "weighted interleave" \
			"$(seen '.linux.memoryPolicy = {mode: "MPOL_WEIGHTED_INTERLEAVE", nodes: "0"}' mempolicy)" \
			"mode 0x6 nodes 0"
	else
		refused "weighted interleave" \
			'.linux.memoryPolicy = {mode: "MPOL_WEIGHTED_INTERLEAVE", nodes: "0"}' \
			'memoryPolicy: Invalid argument'
	fi
	refused "a node that is not there" '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "63"}' \
		'memoryPolicy: Invalid argument'
}

# ---- execution domain ----

t_personality_is_set()
{
	is "LINUX32" "$(seen '.linux.personality = {domain: "LINUX32"}' personality)" 0x8
	is "LINUX" "$(seen '.linux.personality = {domain: "LINUX"}' personality)" 0
	[ "$(uname -m)" != x86_64 ] ||
		is "uname -m" "$(in_container '.linux.personality = {domain: "LINUX32"}' uname -m)" i686
}

# ---- resctrl, labels ----

t_intel_rdt_without_resctrl_is_refused()
{
	[ ! -e /sys/fs/resctrl/schemata ] || { skip "intelRdt" "this machine has resctrl"; return; }
	refused "intelRdt" '.linux.intelRdt = {closID: "vztest"}' 'intelRdt: resctrl is not mounted'
}

t_label_without_its_module_is_a_warning()
{
	[ ! -e /sys/fs/selinux/enforce ] || { skip "selinuxLabel" "this machine runs SELinux"; return; }
	make_bundle "$SCRATCH/label" '.process.selinuxLabel = "system_u:system_r:container_t:s0"
		| .linux.mountLabel = "system_u:object_r:container_file_t:s0"' echo runs
	try vzrun --log "$SCRATCH/label.log" run --bundle "$SCRATCH/label" label
	is "it runs" "$status/$out" 0/runs
	like "selinuxLabel" "$(cat "$SCRATCH/label.log")" 'level=warning.*selinuxLabel'
	like "mountLabel" "$(cat "$SCRATCH/label.log")" 'level=warning.*mountLabel'
}

t_apparmor_profile_confines()
{
	local profile=vztest-$$
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] ||
		{ skip "apparmorProfile" "the kernel does not run AppArmor"; return; }
	echo "profile $profile flags=(attach_disconnected) { file, capability, deny /etc/passwd r, }" \
		>"$SCRATCH/profile"
	check "it is loaded" apparmor_parser --quiet --skip-cache --add "$SCRATCH/profile"
	try in_container ".process.apparmorProfile = \"$profile\"" sh -c \
		'cat /proc/self/attr/apparmor/current; grep -c root /etc/group /etc/passwd'
	is "label, and what it lets read" "$out" "$profile (enforce)"$'\n'/etc/group:1
	like "what it denies" "$err" '/etc/passwd: Permission denied'
	apparmor_parser --remove "$SCRATCH/profile"
}

t_apparmor_profile_is_set_where_the_host_runs_it()
{
	local filter='.process.apparmorProfile = "unconfined"'
	if [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ]; then
		is "label" "$(in_container "$filter" cat /proc/self/attr/apparmor/current)" unconfined
		refused "unknown profile" '.process.apparmorProfile = "vztest-none"' \
			'set the security label: No such file or directory'
	else
		make_bundle "$SCRATCH/apparmor" "$filter" echo runs
		try vzrun --log "$SCRATCH/apparmor.log" run --bundle "$SCRATCH/apparmor" apparmor
		is "it runs" "$status/$out" 0/runs
		like "warning" "$(cat "$SCRATCH/apparmor.log")" 'level=warning.*apparmorProfile.*AppArmor'
	fi
}

run_tests "$@"
