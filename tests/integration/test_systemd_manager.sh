#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --cgroup-manager systemd: the container is a scope of systemd's, as systemctl and the kernel's
# files tell.
# vm: systemd
# shellcheck disable=SC2016 # what stands in single quotes is for the shell in the container
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

[ -n "$CGROUP_DIR" ] || tap_bail "no cgroup v2 hierarchy is mounted"

INJECT=${VZRUN%/*}/tests/faults/inject
SLICE=vztest$$-a.slice
SLICE_PATH=/vztest$$.slice/$SLICE

with_systemd()
{
	vzrun --systemd-cgroup "$@"
}

# Sets $id and $unit, and starts a container in that scope. Without CMD it sleeps.
start_one() # [FILTER [CMD...]]
{
	local filter=${1:-.}
	[ $# = 0 ] || shift
	[ $# != 0 ] || set -- sleep 1000
	new_id
	unit=vz-$id.scope
	make_bundle "$SCRATCH/$id" ".linux.cgroupsPath = \"$SLICE:vz:$id\" | $filter" "$@"
	try with_systemd run --detach --bundle "$SCRATCH/$id" "$id"
	[ "$status" = 0 ] || tap_note "$err"
}

end_one()
{
	vzrun delete --force "$id"
}

show() # PROPERTY [UNIT]
{
	systemctl show -P "$1" "${2:-$unit}"
}

file() # NAME: of the container's cgroup
{
	cat "$CGROUP2$SLICE_PATH/$unit/$1"
}

cgroup_of() # ID
{
	sed -n 's/^0:://p' "/proc/$(vzrun state "$1" | jq .pid)/cgroup"
}

# Every unit of this file's slices but the slices.
units()
{
	systemctl list-units --all --plain --no-legend "*$$-*.scope" | awk '{ print $1 }'
}

units_are_gone()
{
	[ -z "$(units)" ]
}

is_gone() # the last container with all that it had
{
	is "no unit is left" "$(show LoadState)" not-found
	check "nor a cgroup" test ! -e "$CGROUP2$SLICE_PATH/$unit"
	check "nor a state" test ! -e "$ROOT/$id"
}

# A container that is not to come about: one line says why, and nothing is left.
refuses() # MESSAGE FILTER
{
	start_one "$2"
	is "status" "$status" 1
	like "message" "$err" "$1"
	is "lines" "$(wc -l <<<"$err")" 1
	is_gone
}

# ---- what it is ----

t_it_is_a_scope_in_its_slice()
{
	start_one
	is "the cgroup" "$(cgroup_of "$id")" "$SLICE_PATH/$unit"
	is "seen from inside" "$(vzrun exec "$id" sed -n 's/^0:://p' /proc/1/cgroup)" /
	is "the state's" "$(jq -r '.cgroup, .systemdUnit' "$ROOT/$id/state.json")" \
		"$SLICE_PATH/$unit"$'\n'"$unit"
	is "systemd's" "$(show ControlGroup)" "$SLICE_PATH/$unit"
	is "it runs" "$(show ActiveState)" active
	is "its slice" "$(show Slice)" "$SLICE"
	is "it may have cgroups below" "$(show Delegate)" yes
	is "it does not wait for others" "$(show DefaultDependencies)" no
	like "it says what it is" "$(show Description)" "container $id of $ROOT\$"
	is "one process is in it" "$(file cgroup.procs)" "$(vzrun state "$id" | jq .pid)"
	end_one
	is_gone
}

t_without_a_path_the_id_names_it()
{
	start_one 'del(.linux.cgroupsPath)'
	unit=vzrun-$id.scope
	is "the cgroup" "$(cgroup_of "$id")" "/system.slice/$unit"
	end_one
	is "no unit is left" "$(show LoadState)" not-found
}

t_run_leaves_nothing()
{
	new_id
	unit=vz-$id.scope
	make_bundle "$SCRATCH/$id" ".linux.cgroupsPath = \"$SLICE:vz:$id\"" sh -c 'echo here; exit 7'
	try with_systemd run --bundle "$SCRATCH/$id" "$id"
	is "its output" "$out" here
	is "its status" "$status" 7
	is "no word of warning" "$err" ""
	is_gone
}

t_create_and_start()
{
	new_id
	unit=vz-$id.scope
	make_bundle "$SCRATCH/$id" ".linux.cgroupsPath = \"$SLICE:vz:$id\"" sleep 1000
	try with_systemd create --bundle "$SCRATCH/$id" "$id"
	is "create" "$status $err" "0 "
	is "its scope is there" "$(show ActiveState)" active
	check "start" vzrun start "$id"
	is "it runs" "$(vzrun state "$id" | jq -r .status)" running
	check "kill" vzrun kill "$id" KILL
	until_true eval '[ "$(vzrun state "$id" | jq -r .status)" = stopped ]'
	check "delete" vzrun delete "$id"
	is_gone
}

# ---- limits ----

t_limits_are_properties_and_files()
{
	start_one '.linux.resources += {
		memory: { limit: 67108864, reservation: 8388608, swap: 100663296 },
		cpu: { shares: 2048, quota: 12345, burst: 1000, cpus: "0" },
		pids: { limit: 50 },
		unified: { "memory.high": "50331648", "memory.oom.group": "1" } }'
	is "MemoryMax" "$(show MemoryMax) $(file memory.max)" "67108864 67108864"
	is "MemoryHigh" "$(show MemoryHigh) $(file memory.high)" "50331648 50331648"
	is "MemoryLow" "$(show MemoryLow) $(file memory.low)" "8388608 8388608"
	is "MemorySwapMax" "$(show MemorySwapMax) $(file memory.swap.max)" "33554432 33554432"
	is "TasksMax" "$(show TasksMax) $(file pids.max)" "50 50"
	is "AllowedCPUs" "$(show AllowedCPUs) $(file cpuset.cpus)" "0 0"
	is "CPUWeight" "$(show CPUWeight)" "$(file cpu.weight)"
	unlike "CPUWeight is not the default" "$(file cpu.weight)" '^100$'
	# systemd has whole percents.
	is "CPUQuota" "$(show CPUQuotaPerSecUSec) $(file cpu.max)" "130ms 13000 100000"
	is "what has no property" "$(file cpu.max.burst) $(file memory.oom.group)" "1000 1"
	systemctl daemon-reload
	show ActiveState >/dev/null # answered only once all is done
	is "they survive a reload" "$(file memory.max) $(file memory.high) $(file pids.max) $(file cpu.max)" \
		"67108864 50331648 50 13000 100000"
	end_one
	is_gone
}

t_idle_is_kept_by_systemd()
{
	start_one '.linux.resources.cpu = { idle: 1 }'
	is "cpu.idle" "$(file cpu.idle)" 1
	systemctl set-property --runtime "$unit" CPUQuota=50%
	show ActiveState >/dev/null
	is "it stays" "$(file cpu.idle)" 1
	echo '{"cpu": {"idle": 0}}' >"$SCRATCH/limits.json"
	check "not idle any more" vzrun update --resources "$SCRATCH/limits.json" "$id"
	systemctl set-property --runtime "$unit" CPUQuota=40%
	show ActiveState >/dev/null
	is "that stays too" "$(file cpu.idle) $(file cpu.weight)" "0 100"
	end_one
}

t_the_kernel_enforces_them()
{
	start_one '.linux.resources.pids = { limit: 3 }' \
		sh -c 'sh -c "sleep 1000 & sleep 1000 & sleep 1000" 2>/dev/null; sleep 1000'
	until_true eval 'file pids.events | grep -q "^max [1-9]"'
	like "pids.events" "$(file pids.events)" '^max [1-9]'
	is "no more than" "$(file pids.max)" 3
	end_one
}

# The scope is made around a process, and the container's first one takes its place.
t_a_limit_of_one_process()
{
	start_one '.linux.resources.pids = { limit: 1 }'
	is "it starts" "$status" 0
	is "alone" "$(file pids.current) $(file pids.max) $(show TasksMax)" "1 1 1"
	is "in its cgroup" "$(cgroup_of "$id")" "$SLICE_PATH/$unit"
	is "which it sees as the root" "$(nsenter -t "$(vzrun state "$id" | jq .pid)" -C -- \
		sed -n 's/^0:://p' "/proc/$(vzrun state "$id" | jq .pid)/cgroup")" /
	end_one
	is_gone
}

t_devices_are_the_specs()
{
	local rule='{ allow: true, type: "c", major: 1, minor: 11, access: "rw" }'
	start_one '.linux.devices += [{ path: "/dev/kmsg", type: "c", major: 1, minor: 11 }]'
	try vzrun exec "$id" sh -c ': >/dev/null && ! (: >/dev/kmsg) 2>/dev/null'
	is "the usual ones only" "$status" 0
	systemctl daemon-reload
	try vzrun exec "$id" sh -c ': >/dev/null && ! (: >/dev/kmsg) 2>/dev/null'
	is "after a reload too" "$status" 0
	end_one
	start_one ".linux.devices += [{ path: \"/dev/kmsg\", type: \"c\", major: 1, minor: 11 }]
		| .linux.resources.devices += [$rule]"
	check "one more by a rule" vzrun exec "$id" sh -c ': >/dev/kmsg'
	end_one
}

t_a_limit_that_systemd_refuses()
{
	refuses 'systemd: start unit "vz-.*": .*(range|CPUWeight)' \
		'.linux.resources.unified = { "cpu.weight": "20000" }'
}

t_a_limit_that_the_kernel_refuses()
{
	refuses 'set "cpu.max.burst" to "much": Invalid argument' \
		'.linux.resources.unified = { "cpu.max.burst": "much" }'
}

# ---- annotations ----

t_annotations_are_properties()
{
	start_one '.annotations = {
		"org.systemd.property.TimeoutStopSec": "uint16 77",
		"org.systemd.property.CollectMode": "\u0027inactive-or-failed\u0027",
		"org.systemd.property.After": "[\u0027basic.target\u0027]" }'
	is "in seconds" "$(show TimeoutStopUSec)" "1min 17s"
	is "a text" "$(show CollectMode)" inactive-or-failed
	like "a list" "$(show After)" 'basic\.target'
	end_one
	is_gone
}

t_a_bad_annotation_is_refused()
{
	refuses 'annotations: "org.systemd.property.TimeoutStopSec": .*whole number' \
		'.annotations = { "org.systemd.property.TimeoutStopSec": "soon" }'
	refuses 'systemd: start unit .*NoSuchThing' \
		'.annotations = { "org.systemd.property.NoSuchThing": "5" }'
	refuses 'annotations: "org.systemd.property.PIDs"' \
		'.annotations = { "org.systemd.property.PIDs": "[uint32 1]" }'
}

# ---- names ----

t_another_form_of_path_is_refused()
{
	refuses 'linux.cgroupsPath: "/vztest/x": .*SLICE:PREFIX:NAME' '.linux.cgroupsPath = "/vztest/x"'
	refuses 'linux.cgroupsPath: "a--b.slice" is no name' '.linux.cgroupsPath = "a--b.slice:vz:x"'
	refuses 'linux.cgroupsPath: "x.slice" is a slice' '.linux.cgroupsPath = "a.slice:vz:x.slice"'
}

t_a_name_that_is_taken()
{
	local first
	start_one
	first=$id
	new_id
	make_bundle "$SCRATCH/$id" ".linux.cgroupsPath = \"$SLICE:vz:$first\"" sleep 1000
	try with_systemd run --detach --bundle "$SCRATCH/$id" "$id"
	is "status" "$status" 1
	like "message" "$err" "unit \"$unit\" exists already"
	check "no state is left" test ! -e "$ROOT/$id"
	is "the first one runs on" "$(vzrun state "$first" | jq -r .status) $(show ActiveState)" \
		"running active"
	id=$first
	end_one
	is_gone
}

t_the_name_of_one_that_ended_can_be_taken()
{
	local first
	start_one . true
	first=$id
	until_true eval '[ "$(vzrun state "$first" | jq -r .status)" = stopped ]'
	new_id
	make_bundle "$SCRATCH/$id" ".linux.cgroupsPath = \"$SLICE:vz:$first\"" sleep 1000
	try with_systemd run --detach --bundle "$SCRATCH/$id" "$id"
	is "by another container" "$status $err" "0 "
	check "the first is deleted" vzrun delete "$first"
	is "which the other does not notice" "$(vzrun state "$id" | jq -r .status) $(show ActiveState)" \
		"running active"
	end_one
	is_gone
}

t_a_failed_unit_is_in_nobodys_way()
{
	new_id
	unit=vz-$id.scope
	systemd-run --quiet --scope --unit "$unit" --slice "$SLICE" -p RuntimeMaxSec=1 \
		sleep 1000 >/dev/null 2>&1
	until_true eval '[ "$(show ActiveState)" = failed ]'
	is "a unit that failed" "$(show ActiveState)" failed
	make_bundle "$SCRATCH/$id" ".linux.cgroupsPath = \"$SLICE:vz:$id\"" sleep 1000
	try with_systemd run --detach --bundle "$SCRATCH/$id" "$id"
	is "the container takes its name" "$status $(show ActiveState)" "0 active"
	end_one
	is_gone
}

# ---- the other verbs, which take the manager from the state ----

t_update_changes_both()
{
	start_one '.linux.resources.memory = { limit: 67108864 }'
	check "update" vzrun update --memory 33554432 --memory-swap 41943040 --pids-limit 9 \
		--cpu-quota 50000 --cpu-share 512 "$id"
	is "MemoryMax" "$(show MemoryMax) $(file memory.max)" "33554432 33554432"
	is "MemorySwapMax" "$(show MemorySwapMax) $(file memory.swap.max)" "8388608 8388608"
	is "TasksMax" "$(show TasksMax) $(file pids.max)" "9 9"
	is "CPUQuota" "$(show CPUQuotaPerSecUSec) $(file cpu.max)" "500ms 50000 100000"
	is "CPUWeight" "$(show CPUWeight)" "$(file cpu.weight)"
	check "the period" vzrun update --cpu-period 50000 --cpu-quota 10000 "$id"
	is "CPUQuota" "$(show CPUQuotaPerSecUSec) $(file cpu.max)" "200ms 10000 50000"
	check "a quota of that period" vzrun update --cpu-quota 20000 "$id"
	is "CPUQuota again" "$(show CPUQuotaPerSecUSec) $(file cpu.max)" "400ms 20000 50000"
	check "no limits" vzrun update --memory -1 --pids-limit -1 --cpu-quota -1 "$id"
	is "are none" "$(show MemoryMax) $(show TasksMax) $(show CPUQuotaPerSecUSec)" \
		"infinity infinity infinity"
	like "in the files too" "$(file memory.max) $(file pids.max) $(file cpu.max)" '^max max max '
	check "a quota after none" vzrun update --cpu-quota 30000 "$id"
	is "is of the period that was set" "$(show CPUQuotaPerSecUSec) $(file cpu.max)" \
		"600ms 30000 50000"
	end_one
}

t_update_that_is_refused_changes_nothing()
{
	start_one '.linux.resources += { memory: { limit: 67108864 }, pids: { limit: 40 } }'
	echo '{"memory": {"limit": 33554432}, "unified": {"cpu.weight": "20000"}}' >"$SCRATCH/limits.json"
	try vzrun update --resources "$SCRATCH/limits.json" "$id"
	is "by systemd: status" "$status" 1
	like "message" "$err" "systemd: change unit \"$unit\": "
	is "nothing is changed" "$(show MemoryMax) $(file memory.max)" "67108864 67108864"
	echo '{"memory": {"limit": 33554432}, "pids": {"limit": 30},
		"unified": {"cpu.max.burst": "much"}}' >"$SCRATCH/limits.json"
	try vzrun update --resources "$SCRATCH/limits.json" "$id"
	is "by the kernel: status" "$status" 1
	like "message" "$err" 'set "cpu.max.burst"'
	is "the memory is what it was" "$(show MemoryMax) $(file memory.max)" "67108864 67108864"
	is "and the pids" "$(show TasksMax) $(file pids.max)" "40 40"
	end_one
}

# Each limit's file and what it holds.
limit_files()
{
	(cd "$CGROUP2$SLICE_PATH/$unit" &&
		grep -H . cpu.idle cpu.max* cpu.weight io.bfq.weight io.max io.weight \
			memory.{high,low,max,min,oom.group,swap.max} pids.max 2>/dev/null)
}

t_update_leaves_the_other_limits()
{
	local before
	start_one '.linux.resources += { memory: { limit: 67108864, reservation: 8388608 },
		cpu: { shares: 2048, quota: 50000, burst: 1000 },
		blockIO: { weight: 300 }, unified: { "memory.oom.group": "1" } }'
	like "a word on what this systemd resets" "$([ "$(systemctl --version |
		awk 'NR == 1 { print $2 }')" -ge 253 ] || echo "$err")" '^$|memory.oom.group: systemd'
	is "no limit of tasks" "$(show TasksMax) $(file pids.max)" "infinity max"
	is "the weight, for BFQ" "$(file io.bfq.weight)" "default 300"
	is "and as systemd has it" "$(show IOWeight)" 2300
	before=$(limit_files)
	like "the group is killed as one" "$before" 'memory.oom.group:1'
	check "update of tasks" vzrun update --pids-limit 90 "$id"
	is "changed nothing else" "$(limit_files)" "${before/pids.max:max/pids.max:90}"
	check "update of memory" vzrun update --memory 50331648 "$id"
	before=${before/pids.max:max/pids.max:90}
	is "nor does that" "$(limit_files)" "${before/memory.max:67108864/memory.max:50331648}"
	systemctl daemon-reload
	show ActiveState >/dev/null
	is "the weight survives a reload" "$(file io.bfq.weight)" "default 300"
	end_one
}

# The kernel takes a file's pages away before it kills: they tell that no lower limit was there.
t_a_refused_update_never_lowers_the_memory()
{
	local dir=$SCRATCH/pages
	mkdir "$dir"
	start_one ".linux.resources.memory = { limit: 134217728 }
		| .mounts += [{ destination: \"/dev/big\", type: \"bind\", source: \"$dir\", options: [\"rbind\"] }]" \
		sh -c 'dd if=/dev/zero of=/dev/big/file bs=1M count=64 2>/dev/null; sync; : >/dev/big/done; sleep 1000'
	check "a file is written" until_true test -e "$dir/done"
	check "its pages are there" test "$(file memory.current)" -ge 67108864
	echo '{"unified": {"memory.max": "33554432", "cpu.max.burst": "much"}}' >"$SCRATCH/limits.json"
	try vzrun update --resources "$SCRATCH/limits.json" "$id"
	like "it is refused" "$status $err" '^1 .*set "cpu.max.burst"'
	check "they are still there" test "$(file memory.current)" -ge 67108864
	is "the limit is the old one" "$(show MemoryMax) $(file memory.max)" "134217728 134217728"
	end_one
}

t_the_other_verbs_work()
{
	start_one
	is "state" "$(vzrun state "$id" | jq -r .status)" running
	is "exec" "$(vzrun exec "$id" echo here)" here
	like "ps" "$(vzrun ps "$id")" 'sleep 1000'
	check "events" eval 'vzrun events --stats "$id" | jq -e ".data.pids.current == 1"'
	check "pause" vzrun pause "$id"
	is "is paused" "$(vzrun state "$id" | jq -r .status)" paused
	check "resume" vzrun resume "$id"
	is "is running" "$(vzrun state "$id" | jq -r .status)" running
	check "kill --all" vzrun kill --all "$id" KILL
	until_true eval '[ "$(vzrun state "$id" | jq -r .status)" = stopped ]'
	is "is stopped" "$(vzrun state "$id" | jq -r .status)" stopped
	check "delete" vzrun delete "$id"
	is_gone
}

t_delete_takes_a_paused_one_with_cgroups_below()
{
	start_one '.mounts |= map(select(.destination != "/sys/fs/cgroup"))
		+ [{ destination: "/sys/fs/cgroup", type: "cgroup2", source: "cgroup" }]
		| .root.readonly = false' \
		sh -c 'mkdir -p /sys/fs/cgroup/a/b && echo 1 >/sys/fs/cgroup/a/b/cgroup.procs && sleep 1000'
	until_true test -e "$CGROUP2$SLICE_PATH/$unit/a/b"
	check "pause" vzrun pause "$id"
	check "delete" vzrun delete --force "$id"
	is_gone
}

# ---- for a user ----

# Out of this file's mount namespace, which has no part in what systemd mounts for a user.
on_host()
{
	nsenter --mount=/proc/1/ns/mnt -- "$@"
}

# As that user, in a scope of the user's manager and as root of a user namespace of one id: what an
# engine of an ordinary user calls us from.
as_user() # CMD...
{
	on_host setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups env HOME=/ "XDG_RUNTIME_DIR=/run/user/$USER_ID" \
		systemd-run --user --scope --quiet -- unshare --map-root-user --mount "$@"
}
USER_ID=15000

rootless()
{
	as_user /usr/sbin/vzrun --root "/run/user/$USER_ID/vz" --systemd-cgroup "$@"
}

t_rootless_delegation()
{
	local dir=/var/lib/vz/rootless unit=vz-$$.scope
	[ -n "${VZRUN_TEST_VM:-}" ] || { skip "rootless" "makes a user and installs vzrun: in the test VM only"; return; }
	# Where nobody but root can have put it, as seen from a user namespace without the host's root.
	on_host mkdir -p /usr/libexec/vzrun "$dir"
	on_host cp "$VZRUN" /usr/sbin/vzrun
	on_host cp "${VZRUN%/*}/vzrun-shared" /usr/libexec/vzrun/
	on_host useradd --no-create-home --uid "$USER_ID" vztest
	systemctl start "user@$USER_ID.service"
	until_true on_host test -S "/run/user/$USER_ID/systemd/private"
	make_rootfs "$SCRATCH/rootless/rootfs"
	make_bundle "$SCRATCH/rootless" ".linux.cgroupsPath = \"user.slice:vz:$$\" | .linux.resources.pids.limit = 50
		| .mounts |= map(select(.destination != \"/dev/mqueue\"))
		| (.mounts[] | select(.destination == \"/dev/pts\").options) |= map(select(startswith(\"gid=\") | not))" \
		sh -c 'cat /proc/self/cgroup >/tmp/out; echo x >/dev/null && echo written >>/tmp/out; exec sleep 1000'
	jq '.root.path = "rootfs" | .root.readonly = false' "$SCRATCH/rootless/config.json" >"$SCRATCH/rootless/config"
	mv "$SCRATCH/rootless/config" "$SCRATCH/rootless/config.json"
	tar -C "$SCRATCH/rootless" -c . | on_host tar -C "$dir" -x
	on_host chown -R "$USER_ID:$USER_ID" "$dir"
	try rootless run --detach --bundle "$dir" two
	is "run" "$status/$err" 0/
	is "its limit" "$(cat "/sys/fs/cgroup/user.slice/user-$USER_ID.slice/user@$USER_ID.service/user.slice/$unit/pids.max")" 50
	until_true on_host grep -q written "$dir/rootfs/tmp/out"
	is "its cgroup namespace's root, and a device" "$(on_host cat "$dir/rootfs/tmp/out")" $'0::/\nwritten'
	try rootless update --pids-limit 40 two
	is "update" "$status/$(cat "/sys/fs/cgroup/user.slice/user-$USER_ID.slice/user@$USER_ID.service/user.slice/$unit/pids.max")" 0/40
	try rootless delete --force two
	is "delete" "$status/$err" 0/
	check "nothing is left" test ! -e "/sys/fs/cgroup/user.slice/user-$USER_ID.slice/user@$USER_ID.service/user.slice/$unit"
	systemctl stop "user@$USER_ID.service"
	on_host rm -r "$dir"
}

# ---- killed, and without systemd ----

t_create_is_killed_anywhere()
{
	local calls call every=${VZ_FAULTS_EVERY:-5} n=0
	[ -x "$INJECT" ] || { skip "killed creates" "$INJECT is not built (x86-64 only)"; return; }
	make_bundle "$SCRATCH/killed" . sleep 1000
	create()
	{
		unit=vz-$id.scope
		jq --arg path "$SLICE:vz:$id" '.linux.cgroupsPath = $path' "$SCRATCH/killed/config.json" \
			>"$SCRATCH/killed/new" && mv "$SCRATCH/killed/new" "$SCRATCH/killed/config.json"
		"$INJECT" -o "$SCRATCH/calls" "$@" "$VZRUN" --root "$ROOT" --systemd-cgroup \
			create --bundle "$SCRATCH/killed" "$id" >/dev/null 2>&1
	}
	new_id
	create --list
	vzrun delete --force "$id"
	mapfile -t calls < <(awk '$2 ~ /^1\./ { print $2 }' "$SCRATCH/calls")
	check "there are calls to be killed at" test ${#calls[@]} -gt $((2 * every))
	for call in "${calls[@]}"; do
		n=$((n + 1))
		[ $((n % every)) = 0 ] || continue
		new_id
		create --kill-at "$call"
		check "delete after a kill at $call" vzrun delete --force "$id"
		check "its unit is gone" until_true units_are_gone
		[ -z "$(units)" ] || tap_note "$(units)"
	done
	unset -f create
}

t_without_systemd_it_says_so()
{
	new_id
	make_bundle "$SCRATCH/$id" ".linux.cgroupsPath = \"$SLICE:vz:$id\"" true
	try unshare --mount "$BASH" -c 'mount -t tmpfs none /run || exit
		exec "$0" --root "$1" --systemd-cgroup run --bundle "$2" "$3"' \
		"$VZRUN" "$ROOT" "$SCRATCH/$id" "$id"
	is "status" "$status" 1
	is "message" "$err" "vzrun: run $id: the systemd cgroup manager: this host was not booted with systemd (use --cgroup-manager cgroupfs)"
	check "nothing is left" test ! -e "$ROOT/$id"
}

t_without_its_library_it_says_so()
{
	local library
	library=$(ldconfig -p | awk '$1 == "libsystemd.so.0" { print $NF; exit }')
	[ -n "$library" ] || { skip "a damaged library" "there is no libsystemd here"; return; }
	new_id
	make_bundle "$SCRATCH/$id" ".linux.cgroupsPath = \"$SLICE:vz:$id\"" true
	try unshare --mount "$BASH" -c 'mount --bind /dev/null "$4" && mount -t tmpfs none /run &&
		mkdir -p /run/systemd/system || exit
		exec "$0" --root "$1" --systemd-cgroup run --bundle "$2" "$3"' \
		"$VZRUN" "$ROOT" "$SCRATCH/$id" "$id" "$library"
	is "status" "$status" 1
	like "message" "$err" "^vzrun: run $id: the systemd cgroup manager: open libsystemd.so.0: "
	check "nothing is left" test ! -e "$ROOT/$id"
}

if [ -d /run/systemd/system ]; then
	# Slices stay when nothing is in them any more.
	trap '[ $BASHPID != $$ ] || systemctl --quiet stop "vztest$$.slice"; _clean_up' EXIT
elif [ $# = 0 ]; then
	t_with_systemd()
	{
		skip "with systemd" "it is not the first process here"
	}
	set -- t_without_systemd_it_says_so t_without_its_library_it_says_so t_with_systemd
fi
# An installation that lacks the program that talks to systemd.
alone()
{
	unshare --mount "$BASH" -c 'mount -t tmpfs none /usr/libexec && exec "$@"' alone \
		"$SCRATCH/alone/vzrun" --root "$ROOT" --config "$CT_DIR/vz.conf" "$@"
}

without_its_twin()
{
	[ -x "${VZRUN%/*}/vzrun-shared" ] || { skip "without vzrun-shared" "this vzrun needs none"; return 1; }
	mkdir -p "$SCRATCH/alone"
	cp "$VZRUN" "$SCRATCH/alone/vzrun"
}

MISSING="the systemd cgroup manager: the program vzrun-shared is missing (is vzrun installed completely?)"

t_delete_works_without_its_twin()
{
	without_its_twin || return
	start_one
	try alone update --pids-limit 5 "$id"
	is "update is refused" "$status" 1
	like "message" "$err" 'run ".*/vzrun-shared".*is vzrun installed completely'
	try alone delete "$id"
	is "delete of a running one" "$status" 1
	is "runs on" "$(vzrun state "$id" | jq -r .status)" running
	try alone delete --force "$id"
	is "delete" "$status" 0
	is "one line warns" "${err#*warning: }" "$MISSING: unit \"$unit\" is left to end by itself"
	check "it ends" until_true units_are_gone
	is_gone
}

# A scope that was never noted may be another's by now: it is only told of.
t_delete_without_its_twin_says_what_is_left()
{
	without_its_twin || return
	start_one
	check "it was noted" jq -e .systemdInvocation "$ROOT/$id/state.json"
	jq 'del(.systemdInvocation)' "$ROOT/$id/state.json" >"$SCRATCH/state"
	cat "$SCRATCH/state" >"$ROOT/$id/state.json"
	try alone delete --force "$id"
	is "delete" "$status" 0
	is "one line warns" "${err#*warning: }" "$MISSING: unit \"$unit\" is left to end by itself"
	check "it ends" until_true units_are_gone
}

t_a_ct_stops_without_its_twin()
{
	without_its_twin || return
	# shellcheck disable=SC2119 # it takes options, this file's arguments are none
	make_ct
	ct --systemd-cgroup start "$id" >/dev/null 2>&1
	unit=$(jq -r .systemdUnit "$ROOT/$id/state.json")
	is "it runs" "$(show ActiveState)" active
	try alone restart --fast "$id"
	is "restart is refused" "$status" 1
	like "message" "$err" 'run ".*/vzrun-shared".*is vzrun installed completely'
	is "it runs on" "$(show ActiveState)" active
	try alone stop --fast "$id"
	is "stop" "$status" 0
	like "one line warns" "$err" "vzrun-shared is missing .*: unit \"$unit\" is left to end by itself\$"
	is "no unit is left" "$(until_true eval '[ "$(show LoadState)" = not-found ]'; show LoadState)" not-found
	try alone --systemd-cgroup destroy "$id"
	is "destroy" "$status/$err" 0/
	is "nothing is left" "$(ct_traces "$id")" ""
}

run_tests "$@"
