#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The container's cgroup: where it is, its limits and device rules, as seen from inside and from
# the kernel's files; freezing, killing and removing it with all that the container made below.
# shellcheck disable=SC2016 # what stands in single quotes is for the shell in the container
. "${0%/*}/lib.sh"

[ -n "$CGROUP_DIR" ] || tap_bail "no cgroup v2 hierarchy is mounted"

# Starts a container that sleeps, in $CGROUP_DIR/$id.
start_one() # [FILTER [CMD...]]
{
	new_id
	[ $# -gt 1 ] || set -- "${1:-.}" sleep 1000
	make_bundle "$SCRATCH/$id" "$@"
	try vzrun run --detach --bundle "$SCRATCH/$id" "$id"
	[ "$status" = 0 ] || tap_note "$err"
}

end_one()
{
	vzrun delete --force "$id"
}

init_pid()
{
	vzrun state "$id" | jq .pid
}

cgroup_of() # PID
{
	sed -n 's/^0:://p' "/proc/$1/cgroup"
}

file() # NAME: of the container's cgroup
{
	cat "$CGROUP_DIR/$id/$1"
}

# Adds a writable view of the cgroup hierarchy at /sys/fs/cgroup.
WRITABLE='.mounts |= map(select(.destination != "/sys/fs/cgroup"))
	+ [{destination: "/sys/fs/cgroup", type: "cgroup2", source: "cgroup"}]'

# ---- where it is ----

t_path_is_the_specs()
{
	start_one
	is "absolute" "$(cgroup_of "$(init_pid)")" "$CGROUP/$id"
	is "seen from inside" "$(vzrun exec "$id" sed -n 's/^0:://p' /proc/1/cgroup)" /
	end_one
	check "is removed" test ! -e "$CGROUP_DIR/$id"
}

t_default_path_is_below_vzrun()
{
	start_one 'del(.linux.cgroupsPath)'
	is "no path" "$(cgroup_of "$(init_pid)")" "/vzrun/$id"
	end_one
	check "is removed" test ! -e "$CGROUP2/vzrun/$id"
	start_one '.linux.cgroupsPath = "pod-'$$'/x"'
	is "relative path" "$(cgroup_of "$(init_pid)")" "/vzrun/pod-$$/x"
	end_one
	check "is removed with its parent" test ! -e "$CGROUP2/vzrun/pod-$$"
}

t_path_that_goes_up_is_refused()
{
	try in_container '.linux.cgroupsPath = "/a/../b"' true
	is "status" "$status" 1
	like "message" "$err" 'linux.cgroupsPath: "/a/../b"'
}

t_a_cgroup_in_use_is_refused()
{
	local used
	start_one
	used=$id
	try in_container ".linux.cgroupsPath = \"$CGROUP/$used\"" true
	is "status" "$status" 1
	like "message" "$err" "cgroup \"$CGROUP/$used\" holds processes already"
	id=$used
	is "who was in it lives" "$(vzrun state "$id" | jq -r .status)" running
	end_one
}

# ---- limits ----

t_unified()
{
	start_one '.linux.resources.unified = {"cgroup.max.depth": "5", "cgroup.max.descendants": "7"}'
	is "values" "$(file cgroup.max.depth) $(file cgroup.max.descendants)" "5 7"
	end_one
}

t_refused_values()
{
	try in_container '.linux.resources.unified = {"cgroup.max.depth": "deep"}' true
	is "status" "$status" 1
	like "the kernel's refusal" "$err" 'set "cgroup.max.depth" to "deep": Invalid argument'
	try in_container '.linux.resources.memory = {swappiness: 60}' true
	is "status" "$status" 1
	like "only v1 has it" "$err" 'linux.resources.memory.swappiness exists in cgroup v1 only'
	try in_container '.linux.resources.memory = {limit: 2000000, swap: 1000000}' true
	is "status" "$status" 1
	like "swap below memory" "$err" 'linux.resources.memory.swap: .* below the limit'
}

t_limits_or_why_not() # the same spec where the controllers are and where they are not
{
	start_one '.linux.resources += {pids: {limit: 20}, memory: {limit: 67108864, swap: 67108864},
		cpu: {shares: 1024, quota: 50000, period: 100000, cpus: "0"}}'
	is "starts" "$status" 0
	if has_controller memory; then
		is "memory.max" "$(file memory.max)" 67108864
		is "memory.swap.max" "$(file memory.swap.max)" 0
		is "pids.max" "$(file pids.max)" 20
		is "cpu.max" "$(file cpu.max)" "50000 100000"
		is "cpu.weight" "$(file cpu.weight)" 100
		is "cpuset.cpus" "$(file cpuset.cpus)" 0
	else
		like "the warning" "$err" 'cgroup controller "pids" is not in'
		like "state" "$(vzrun state "$id" | jq -c .)" 'memory'
	fi
	end_one
}

t_pids_limit_stops_forks()
{
	has_controller pids || { skip "pids" "no pids controller in cgroup v2 here"; return; }
	try in_container '.linux.resources.pids.limit = 4' sh -c \
		'for i in 1 2 3 4 5 6; do sleep 1000 & done; echo never'
	unlike "output" "$out" never
	like "message" "$err" "can't fork"
}

t_memory_limit_kills()
{
	has_controller memory || { skip "memory" "no memory controller in cgroup v2 here"; return; }
	try in_container '.linux.resources.memory = {limit: 8388608, swap: 8388608}' sh -c \
		'dd if=/dev/zero of=/dev/null bs=64M count=1; echo "dd: $?"'
	like "output" "$out" 'dd: 137'
}

t_update_changes_limits()
{
	start_one
	if has_controller pids; then
		try vzrun update --pids-limit 33 "$id"
		is "status" "$status/$err" 0/
		is "pids.max" "$(file pids.max)" 33
	else
		try vzrun update --pids-limit 33 "$id"
		is "status" "$status" 1
		like "message" "$err" 'cgroup v2 has no controller pids here \(in use by cgroup v1\)'
	fi
	end_one
}

# ---- devices ----

# /dev/kmsg is no device of every container. To open it for writing takes no capability.
KMSG='.linux.devices += [{path: "/dev/kmsg", type: "c", major: 1, minor: 11}]'
OPEN='for d in null zero full random urandom kmsg; do
	if (: >/dev/$d) 2>/dev/null; then echo "$d yes"; else echo "$d no"; fi; done'

opens_kmsg() # RULES, put behind those of config.json
{
	in_container "$KMSG | .linux.resources.devices += $1" sh -c "$OPEN" | sed -n 's/kmsg //p'
}

t_devices_are_denied_but_for_the_usual_ones()
{
	local allow='{allow: true, type: "c", major: 1, minor: 11, access: "rw"}'
	(: >/dev/kmsg) || { skip "devices" "/dev/kmsg can't be opened here"; return; }
	is "a rule for all" "$(in_container "$KMSG" sh -c "$OPEN")" \
		$'null yes\nzero yes\nfull yes\nrandom yes\nurandom yes\nkmsg no'
	is "a later rule for it" "$(opens_kmsg "[$allow]")" yes
	is "to read only" "$(opens_kmsg "[$allow | .access = \"r\"]")" no
	is "a still later rule" "$(opens_kmsg "[$allow, ($allow | .allow = false | .access = \"w\")]")" no
	is "everything" "$(opens_kmsg '[{allow: true, access: "rwm"}]')" yes
}

t_a_node_that_is_made_inside_opens_nothing()
{
	try in_container '.process.capabilities.bounding += ["CAP_MKNOD"]
		| .process.capabilities.effective += ["CAP_MKNOD"]
		| .process.capabilities.permitted += ["CAP_MKNOD"]' sh -c \
		'mknod /dev/mem2 c 1 1 && echo made; : </dev/mem2'
	is "output" "$out" made
	like "message" "$err" 'Operation not permitted'
}

# ---- all processes at once ----

t_pause_stops_what_is_nested()
{
	local count
	start_one "$WRITABLE" sh -c 'mkdir /sys/fs/cgroup/a /sys/fs/cgroup/a/b
		echo $$ >/sys/fs/cgroup/a/b/cgroup.procs
		while :; do echo x; done >/dev/shm/count'
	until_true test -s "/proc/$(init_pid)/root/dev/shm/count"
	vzrun pause "$id"
	is "state" "$(vzrun state "$id" | jq -r .status)" paused
	count=$(stat -c %s "/proc/$(init_pid)/root/dev/shm/count")
	sleep 0.1
	is "stands still" "$(stat -c %s "/proc/$(init_pid)/root/dev/shm/count")" "$count"
	vzrun resume "$id"
	is "state" "$(vzrun state "$id" | jq -r .status)" running
	vzrun pause "$id"
	end_one
	check "a paused one is removed" test ! -e "$CGROUP_DIR/$id"
}

t_kill_all_reaches_what_is_nested()
{
	start_one "$WRITABLE | .linux.namespaces |= map(select(.type != \"pid\"))" sh -c \
		'mkdir /sys/fs/cgroup/a
		sleep 1001 & echo $! >/sys/fs/cgroup/a/cgroup.procs
		sleep 1002 & exec sleep 1000'
	until_true grep -q . "$CGROUP_DIR/$id/a/cgroup.procs"
	is "ps tells of all" "$(vzrun ps --format json "$id" | jq length)" 3
	vzrun kill --all "$id" KILL
	until_true grep -qx 'populated 0' "$CGROUP_DIR/$id/cgroup.events"
	is "nobody is left" "$(cat "$CGROUP_DIR/$id/cgroup.procs" "$CGROUP_DIR/$id/a/cgroup.procs")" ""
	end_one
	check "is removed with what was below" test ! -e "$CGROUP_DIR/$id"
}

t_any_depth_is_removed()
{
	start_one "$WRITABLE" sh -c 'cd /sys/fs/cgroup
		i=0; while [ $i -lt 60 ]; do mkdir d e; cd d; i=$((i + 1)); done; echo >/dev/shm/done; sleep 1000'
	until_true test -e "/proc/$(init_pid)/root/dev/shm/done"
	end_one
	check "is removed" test ! -e "$CGROUP_DIR/$id"
}

# A container can nest cgroups deeper than we could hold an fd for each, or say in one path. All
# that goes through them is tried on such a nest with a process at its bottom.
nested() # LEVELS NAME
{
	start_one "$WRITABLE | .linux.namespaces |= map(select(.type != \"pid\"))" sh -c \
		'cd -P /sys/fs/cgroup
		i=0; while [ $i -lt '"$1"' ]; do mkdir e '"$2"' && cd -P '"$2"' || exit; i=$((i + 1)); done
		sleep 1001 & echo $! >cgroup.procs && echo $i >/dev/shm/done; exec sleep 1000'
	until_true test -s "/proc/$(init_pid)/root/dev/shm/done"
	is "levels" "$(cat "/proc/$(init_pid)/root/dev/shm/done")" "$1"
	try vzrun ps --format json "$id"
	is "ps" "$status/$err" 0/
	is "its processes" "$(jq length <<<"$out")" 2
	check "pause" vzrun pause "$id"
	is "is paused" "$(vzrun state "$id" | jq -r .status)" paused
	check "resume" vzrun resume "$id"
}

killed_with_its_nest()
{
	try vzrun kill --all "$id" TERM
	is "kill --all" "$status/$err" 0/
	check "nobody is left" until_true grep -qx 'populated 0' "$CGROUP_DIR/$id/cgroup.events"
	removed_with_its_nest
}

removed_with_its_nest() # [OPTION]
{
	try vzrun delete "$@" "$id"
	is "delete" "$status/$err" 0/
	check "is removed" test ! -e "$CGROUP_DIR/$id"
}
LONG_NAME=$(printf 'n%.0s' {1..250})

t_a_nest_of_many_levels()
{
	nested 200 d
	killed_with_its_nest
}

# Twenty such names make more than PATH_MAX; the kernel lets them.
t_a_nest_with_a_path_too_long_to_say()
{
	nested 20 "$LONG_NAME"
	killed_with_its_nest
}

t_a_paused_nest_is_deleted()
{
	nested 200 "$LONG_NAME"
	check "pause" vzrun pause "$id"
	removed_with_its_nest --force
}

t_strict_limits_of_vz_conf()
{
	# perf_event is on all the time in cgroup v2, so it is never among the controllers.
	local dir=$SCRATCH/strict
	make_bundle "$dir" '.linux.resources.unified = {"perf_event.x": "1"}' true
	echo 'STRICT_LIMITS="yes"' >"$dir/vz.conf"
	new_id
	try vzrun --config "$dir/vz.conf" run --bundle "$dir" "$id"
	is "status" "$status" 1
	like "message" "$err" 'controller "perf_event" is not in this host.*STRICT_LIMITS is yes'
	echo 'STRICT_LIMITS="no"' >"$dir/vz.conf"
	try vzrun --config "$dir/vz.conf" run --bundle "$dir" "$id"
	is "status where it is a warning" "$status" 0
	like "warning" "$err" 'warning: cgroup controller "perf_event"'
}

run_tests "$@"
