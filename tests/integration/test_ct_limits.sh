#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A CT's limits: each is read back from the kernel's own file, after start, after `set`, and taken
# away again. "# Keys:" names the keys of CTID.conf that a test is about (tests/meta/limits).
# shellcheck disable=SC2119,SC2154,SC2016 # out, err and status are lib.sh's, id is ct.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

MIB=1048576
PAGE=$(getconf PAGE_SIZE)

conf_add() # LINE...
{
	printf '%s\n' "$@" >>"$CT_DIR/conf/$id.conf"
}

conf_line() # KEY
{
	grep "^$1=" "$CT_DIR/conf/$id.conf"
}

# A file of its cgroup, on one line.
cg()
{
	local text
	text=$(<"$CGROUP2/vzrun/$id/$1") || return
	echo "${text//$'\n'/ }"
}

# "SOFT HARD" of its init.
rlimit() # NAME
{
	sed -nE "s/^$1 +([0-9]+|unlimited) +([0-9]+|unlimited).*/\1 \2/p" "/proc/$(init_pid)/limits"
}

init_pid()
{
	ct state "$id" | jq .pid
}

# MAJOR:MINOR of the whole disk that private areas are on.
disk()
{
	mountpoint -d "$(stat -c %m "$CT_DIR/private")"
}

end_ct()
{
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

need() # CONTROLLER...
{
	local controller
	for controller; do
		has_controller "$controller" && continue
		skip "limits" "no $controller controller in cgroup v2 here"
		return 1
	done
}

# Keys: PHYSPAGES SWAPPAGES NUMPROC VMGUARPAGES MEMGUARANTEE
t_memory_and_processes_at_start()
{
	need memory pids || return
	make_ct
	conf_add 'PHYSPAGES="0:256M"' 'SWAPPAGES="0:64M"' 'NUMPROC="90:100"' 'VMGUARPAGES="32M:unlimited"' \
		'MEMGUARANTEE="25"'
	start_ct
	is "memory.max" "$(cg memory.max)" $((256 * MIB))
	is "memory.swap.max" "$(cg memory.swap.max)" $((64 * MIB))
	is "pids.max" "$(cg pids.max)" 100
	is "memory.low" "$(cg memory.low)" $((32 * MIB))
	is "memory.min" "$(cg memory.min)" $((64 * MIB))
	end_ct
}

# Keys: MEMGUARANTEE_BYTES
t_guaranteed_bytes()
{
	need memory || return
	make_ct
	conf_add 'PHYSPAGES="0:256M"' "MEMGUARANTEE_BYTES=\"$((16 * MIB))\""
	start_ct
	is "memory.min" "$(cg memory.min)" $((16 * MIB))
	is "memory.swap.max" "$(cg memory.swap.max)" max
	end_ct
}

# Keys: CPUUNITS CPULIMIT CPUS CPUMASK NODEMASK BURST_CPULIMIT
t_cpus_at_start()
{
	need cpu cpuset || return
	make_ct
	conf_add 'CPUUNITS="500"' 'CPULIMIT="50"' 'CPUS="1"' 'CPUMASK="0"' 'NODEMASK="0"' \
		'BURST_CPULIMIT="70"'
	try ct start "$id"
	is "start" "$status" 0
	like "says so" "$out" "Container is mounted
Setting CPU limit: 50
Setting CPU units: 500
Setting CPUs: 1
Container start in progress...$"
	is "cpu.weight" "$(cg cpu.weight)" 50
	is "cpu.max" "$(cg cpu.max)" "50000 100000"
	is "cpu.max.burst" "$(cg cpu.max.burst)" 20000
	is "cpuset.cpus" "$(cg cpuset.cpus)" 0
	is "cpuset.mems" "$(cg cpuset.mems)" 0
	end_ct
	# CPUs alone limit too; so does the weight's older form; auto means the node's CPUs.
	make_ct
	conf_add 'CPUS="1"' 'CPUUWEIGHT="100"' 'CPUMASK="auto"' 'NODEMASK="1"'
	start_ct
	is "cpu.max" "$(cg cpu.max)" "100000 100000"
	is "cpu.weight" "$(cg cpu.weight)" 500
	is "cpuset.cpus" "$(cg cpuset.cpus)" "$(</sys/devices/system/node/node1/cpulist)"
	end_ct
}

# Keys: CPUUWEIGHT
# Sets: --cpuweight
t_older_weight()
{
	need cpu || return
	make_ct
	conf_add 'CPUUWEIGHT="1000"'
	start_ct
	is "cpu.weight" "$(cg cpu.weight)" 50
	set_to --cpuweight 2000
	is "cpu.weight, live" "$(cg cpu.weight)" 25
	end_ct
}

# Keys: IOPRIO IOLIMIT IOPSLIMIT
t_disk_at_start()
{
	need io || return
	make_ct
	conf_add 'IOPRIO="7"' 'IOLIMIT="10485760"' 'IOPSLIMIT="500"'
	start_ct
	is "io.max" "$(cg io.max)" "$(disk) rbps=10485760 wbps=10485760 riops=500 wiops=500"
	is "io.weight" "$(cg io.weight)" "default 128"
	end_ct
}

# Keys: NUMFILE NUMSIGINFO LOCKEDPAGES NUMPTY SHMPAGES
t_counts_of_the_init_at_start()
{
	make_ct
	conf_add 'NUMFILE="500:1000"' 'NUMSIGINFO="256"' 'LOCKEDPAGES="64"' 'NUMPTY="9"' \
		'SHMPAGES="100:200"'
	start_ct
	is "open files" "$(rlimit "Max open files")" "500 1000"
	is "signals" "$(rlimit "Max pending signals")" "256 256"
	is "locked memory" "$(rlimit "Max locked memory")" "$((64 * PAGE)) $((64 * PAGE))"
	is "in a command, too" "$(ct exec "$id" sh -c 'ulimit -n')" 500
	# One of them is the console.
	like "terminals" "$(ct exec "$id" grep devpts /proc/mounts)" 'max=10'
	is "shmall" "$(ct exec "$id" cat /proc/sys/kernel/shmall)" 200
	is "shmmax" "$(ct exec "$id" cat /proc/sys/kernel/shmmax)" $((200 * PAGE))
	end_ct
}

# Keys: OOMGUARPAGES
# Sets: --oomguarpages
t_promised_memory_counts_for_the_oom_killer()
{
	make_ct
	conf_add 'OOMGUARPAGES="unlimited"'
	start_ct
	is "what can't be kept" "$(<"/proc/$(init_pid)/oom_score_adj")" 0
	end_ct
	need memory || return
	make_ct
	conf_add 'OOMGUARPAGES="128M:unlimited"'
	start_ct
	is "memory.low" "$(cg memory.low)" $((128 * MIB))
	check "oom_score_adj" test "$(<"/proc/$(init_pid)/oom_score_adj")" -lt 0
	set_to --oomguarpages 64M:unlimited
	is "memory.low, live" "$(cg memory.low)" $((64 * MIB))
	end_ct
}

set_to() # OPTION... of the running CT
{
	try ct set "$id" "$@"
	is "set $*" "$status" 0
	[ "$status" = 0 ] || tap_note "$err"
}

# Sets: --ram --swap --numproc --vmguarpages --memguarantee --physpages --swappages
t_memory_and_processes_live()
{
	need memory pids || return
	make_ct
	start_ct
	set_to --ram 256M --swap 64M --numproc 90:100 --vmguarpages 32M:unlimited --memguarantee 25 --save
	like "says so" "$out" "^UB limits were set successfully
CT configuration saved to $CT_DIR/conf/$id.conf$"
	is "memory.max" "$(cg memory.max)" $((256 * MIB))
	is "memory.swap.max" "$(cg memory.swap.max)" $((64 * MIB))
	is "pids.max" "$(cg pids.max)" 100
	is "memory.low" "$(cg memory.low)" $((32 * MIB))
	is "memory.min" "$(cg memory.min)" $((64 * MIB))
	is "the conf" "$(conf_line PHYSPAGES) $(conf_line SWAPPAGES) $(conf_line NUMPROC)" \
		"PHYSPAGES=\"0:$((256 * MIB / PAGE))\" SWAPPAGES=\"0:$((64 * MIB / PAGE))\" NUMPROC=\"90:100\""
	set_to --ram 512M
	is "memory alone" "$(cg memory.max) $(cg memory.swap.max)" "$((512 * MIB)) $((64 * MIB))"
	is "its share grows with it" "$(cg memory.min)" $((128 * MIB))
	set_to --memguarantee auto --ram unlimited --numproc unlimited --vmguarpages 0
	is "taken away" "$(cg memory.max) $(cg memory.swap.max) $(cg pids.max) $(cg memory.low) $(cg memory.min)" \
		"max $((64 * MIB)) max 0 0"
	set_to --swap unlimited
	is "and the swap's" "$(cg memory.swap.max)" max
	ct restart "$id" >/dev/null
	is "after a restart, what was saved" "$(cg memory.max) $(cg memory.swap.max) $(cg pids.max)" \
		"$((256 * MIB)) $((64 * MIB)) 100"
	set_to --physpages 0:128M --swappages 0:0
	is "the older options" "$(cg memory.max) $(cg memory.swap.max)" "$((128 * MIB)) 0"
	end_ct
}

# Sets: --cpuunits --cpulimit --cpus --cpumask --nodemask
t_cpus_live()
{
	need cpu cpuset || return
	make_ct
	start_ct
	set_to --cpuunits 2000 --cpulimit 50 --cpus 1 --cpumask 0 --nodemask 0 --save
	like "says so" "$out" "^Setting CPU limit: 50
Setting CPU units: 2000
Setting CPUs: 1
"
	is "weight, quota" "$(cg cpu.weight) $(cg cpu.max)" "200 50000 100000"
	is "masks" "$(cg cpuset.cpus) $(cg cpuset.mems)" "0 0"
	set_to --cpulimit 50%
	is "half of the host, but one CPU" "$(cg cpu.max)" "$(($(nproc) > 2 ? 100000 : 50000 * $(nproc))) 100000"
	set_to --cpulimit 0
	is "one CPU" "$(cg cpu.max)" "100000 100000"
	set_to --cpulimit 0 --cpus 0 --cpumask all --nodemask all --cpuunits 1000
	is "taken away" "$(cg cpu.max) $(cg cpu.weight)" "max 100000 100"
	is "all CPUs and nodes" "$(cg cpuset.cpus.effective) $(cg cpuset.mems.effective)" \
		"$(</sys/devices/system/cpu/online) $(</sys/devices/system/node/online)"
	set_to --cpumask auto --nodemask 1
	is "the CPUs of a node" "$(cg cpuset.cpus)" "$(</sys/devices/system/node/node1/cpulist)"
	ct restart "$id" >/dev/null
	is "after a restart, what was saved" "$(cg cpu.weight) $(cg cpu.max) $(cg cpuset.cpus)" \
		"200 50000 100000 0"
	end_ct
}

# Sets: --ioprio --iolimit --iopslimit
t_disk_live()
{
	need io || return
	make_ct
	start_ct
	set_to --ioprio 0 --iolimit 5 --iopslimit 100 --save
	like "says so" "$out" "^Set up iolimit: 5242880
Set up iopslimit: 100
"
	is "io.max" "$(cg io.max)" "$(disk) rbps=5242880 wbps=5242880 riops=100 wiops=100"
	is "io.weight" "$(cg io.weight)" "default 64"
	is "the conf" "$(conf_line IOLIMIT)" 'IOLIMIT="5242880"'
	set_to --iolimit 100K --iopslimit unlimited --ioprio 4
	is "a suffix" "$(cg io.max)" "$(disk) rbps=102400 wbps=102400 riops=max wiops=max"
	set_to --iolimit 5
	is "what is saved, again" "$(cg io.max)" "$(disk) rbps=5242880 wbps=5242880 riops=max wiops=max"
	set_to --iolimit 0 --ioprio 4
	is "taken away" "$(cg io.max) $(cg io.weight)" " default 100"
	end_ct
}

# Sets: --numfile --numsiginfo --lockedpages --shmpages --numpty
t_counts_of_the_init_live()
{
	make_ct
	start_ct
	set_to --numfile 300:400 --numsiginfo 99 --lockedpages 32 --shmpages 50 --save
	is "open files" "$(rlimit "Max open files")" "300 400"
	is "signals" "$(rlimit "Max pending signals")" "99 99"
	is "locked memory" "$(rlimit "Max locked memory")" "$((32 * PAGE)) $((32 * PAGE))"
	is "shared memory" "$(ct exec "$id" cat /proc/sys/kernel/shmall /proc/sys/kernel/shmmax | paste -sd ' ')" \
		"50 $((50 * PAGE))"
	set_to --shmpages unlimited
	is "taken away" "$(ct exec "$id" cat /proc/sys/kernel/shmall)" "$(</proc/sys/kernel/shmall)"
	try ct set "$id" --numpty 5 --save
	is "terminals: set" "$status" 0
	like "from the next start on" "$err" "Unable to set numpty on a running container"
	ct restart "$id" >/dev/null
	is "after a restart" "$(rlimit "Max open files")" "300 400"
	is "shared memory" "$(ct exec "$id" cat /proc/sys/kernel/shmall)" 50
	like "terminals" "$(ct exec "$id" grep devpts /proc/mounts)" 'max=6'
	end_ct
}

t_limit_that_is_missed_kills_nothing_else()
{
	need memory pids || return
	make_ct
	start_ct
	set_to --ram 256M --numproc 200 --save
	# Neither half of it: the second is none that the kernel takes.
	try ct set "$id" --numproc 50 --cpumask 4000 --save
	is "a CPU that is not there" "$status" 1
	is "the other is as it was" "$(cg pids.max)" 200
	is "and so is the conf" "$(conf_line NUMPROC)$(conf_line CPUMASK)" 'NUMPROC="200"'
	try ct set "$id" --cpumask 4000
	is "alone" "$status" 146
	try ct set "$id" --ram 4K --save
	is "less than what is in use" "$status" 1
	is "it stays" "$(cg memory.max) $(ct exec "$id" echo runs)" "$((256 * MIB)) runs"
	end_ct
}

t_bad_values_change_nothing()
{
	local bad before
	make_ct
	before=$(<"$CT_DIR/conf/$id.conf")
	for bad in "--ram -1" "--ram x" "--ram 0" "--ram 1:2" "--swap 1Q" "--numproc 1M" "--numproc 5:" \
		"--cpuunits 7" "--cpuunits 500001" "--cpulimit 101%" "--cpulimit -5" "--cpus -1" \
		"--cpumask 1-" "--cpumask auto" "--nodemask x" "--ioprio 8" "--iolimit 1:1" "--iopslimit 1K" \
		"--meminfo pages" "--vm_overcommit 0" "--memguarantee 101" "--memguarantee 50" \
		"--kmemsize 12Z" "--cpuweight 0"; do
		# shellcheck disable=SC2086 # two words
		try ct set "$id" $bad --save
		is "$bad" "$status" 21
	done
	is "the conf" "$(<"$CT_DIR/conf/$id.conf")" "$before"
	try ct set "$id" --ram '' --save
	is "an empty value" "$status" 21
	try ct set "$id" --numproc
	is "none" "$status" 1
	ct destroy "$id" >/dev/null
}

t_values_are_kept_as_vzctl_writes_them()
{
	make_ct
	try ct set "$id" --kmemsize 14M:15M --privvmpages 256M --numfile 9312 --physpages 0:unlimited \
		--avnumproc 180 --cpuunits 1500 --cpus 2 --iolimit 10 --vm_overcommit 1.5 --meminfo none \
		--vmguarpages 33792:9223372036854775807 --save
	is "set" "$status" 0
	is "the conf" "$(grep -E '^(KMEM|PRIV|NUMF|PHYS|AVN|CPU|IOL|VM_|MEMI|VMG)' "$CT_DIR/conf/$id.conf" | sort)" \
		"AVNUMPROC=\"180\"
CPUS=\"2\"
CPUUNITS=\"1500\"
IOLIMIT=\"10485760\"
KMEMSIZE=\"14680064:15728640\"
MEMINFO=\"none\"
NUMFILE=\"9312\"
PHYSPAGES=\"0:unlimited\"
PRIVVMPAGES=\"$((256 * MIB / PAGE))\"
VMGUARPAGES=\"33792:unlimited\"
VM_OVERCOMMIT=\"1.5\""
	try ct set "$id" --numproc 99999999999999999999 --save
	is "an absurd number" "$status" 0
	like "is truncated, with a word" "$err" "truncated"
	is "to none" "$(conf_line NUMPROC)" 'NUMPROC="unlimited"'
	ct destroy "$id" >/dev/null
}

t_limits_at_create()
{
	new_ct
	try ct create "$id" --ostemplate minimal --numfile 500:600 --kmemsize 1M
	is "create" "$status" 0
	is "the conf" "$(conf_line NUMFILE) $(conf_line KMEMSIZE)" 'NUMFILE="500:600" KMEMSIZE="1048576"'
	start_ct
	is "open files" "$(rlimit "Max open files")" "500 600"
	end_ct
	try ct create "$id" --ostemplate minimal --ram nothing
	is "a bad one" "$status" 21
	is "leaves nothing" "$(ct_traces "$id")" ""
}

t_limits_without_any_of_its_own()
{
	make_ct
	start_ct
	like "open files" "$(rlimit "Max open files")" "^1024 [0-9]+$"
	if has_controller pids; then
		is "pids.max" "$(cg pids.max)" 32768
	else
		skip "pids.max" "no pids controller in cgroup v2 here"
	fi
	ct stop "$id" --fast >/dev/null
	cp "$CT_DIR/vz.conf" "$SCRATCH/vz.conf.kept"
	echo 'NUMFILE="200:300"' >>"$CT_DIR/vz.conf"
	start_ct
	is "those of vz.conf" "$(rlimit "Max open files")" "200 300"
	end_ct
	mv "$SCRATCH/vz.conf.kept" "$CT_DIR/vz.conf"
}

t_what_has_no_effect_does_no_harm()
{
	make_ct
	conf_add 'KMEMSIZE="14372700:14790164"' 'PRIVVMPAGES="65536:69632"' 'AVNUMPROC="180:180"' \
		'TCPSNDBUF="1720320:2703360"' 'DCACHESIZE="3409920:3624960"' 'NUMIPTENT="128"' \
		'NUMFLOCK="188:206"' 'NUMTCPSOCK="360"' 'MEMINFO="privvmpages:1"' 'VM_OVERCOMMIT="1.5"' \
		'NUMOTHERSOCK="360"' 'OTHERSOCKBUF="1126080:2097152"' 'DGRAMRCVBUF="262144"'
	try ct start "$id"
	is "start" "$status" 0
	is "says nothing of it" "$err" ""
	end_ct
}

t_bad_conf_is_refused_by_file_and_key()
{
	local bad
	make_ct
	for bad in 'NUMPROC="many"' 'CPUUNITS="5"' 'CPULIMIT="200%"' 'IOPRIO="9"' 'PHYSPAGES="1Q"' \
		'CPUMASK="auto"'; do
		cp "$CT_DIR/conf/$id.conf" "$SCRATCH/kept"
		conf_add "$bad"
		try ct start "$id"
		is "start with $bad" "$status" 85
		like "says where" "$err" "conf/$id.conf: ${bad%%=*}"
		is "nothing is left" "$(ct status "$id")" "CTID $id exist unmounted down"
		mv "$SCRATCH/kept" "$CT_DIR/conf/$id.conf"
	done
	ct destroy "$id" >/dev/null
}

run_tests "$@"
