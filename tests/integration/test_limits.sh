#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every limit of cgroup v2: a process is driven into it, and the kernel's own counters say that it
# held. One container has many limits, since each costs seconds in the test VM.
#
# "# Proves:" names the members of linux.resources that a test is about (tests/meta/resources).
# shellcheck disable=SC2016 # what stands in single quotes is for the shell in the container
# shellcheck disable=SC2119,SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/hog.sh"

MB=1048576

# Whether the machine's own settings may be changed.
disposable()
{
	[ -n "${VZRUN_TEST_VM:-}" ] || { skip "$1" "changes the machine: only in the test VM"; return 1; }
}

more() # NAME NUMBER THAN
{
	check "$1 ($2 > $3)" test "$2" -gt "$3"
}

# ---- memory, pids, cpu, cpuset, io in one container ----

DATA='.mounts += [{destination: "/data", type: "bind", source: "'$SCRATCH'/data", options: ["bind", "rw"]}]'

# Proves: memory.limit memory.reservation memory.swap cpu.shares cpu.quota cpu.period cpu.burst
# Proves: cpu.cpus cpu.mems pids.limit blockIO.throttleReadBpsDevice
# Proves: blockIO.throttleWriteBpsDevice blockIO.throttleReadIOPSDevice
# Proves: blockIO.throttleWriteIOPSDevice unified
t_limits_hold()
{
	local device=${1:-$(disk)} before
	mkdir -p "$SCRATCH/data"
	start_one "$DATA"' | .linux.resources += {
		memory: {limit: 67108864, swap: 83886080, reservation: 16777216},
		cpu: {shares: 2048, quota: 50000, period: 100000, burst: 10000, cpus: "0", mems: "0"},
		pids: {limit: 30}, unified: {"memory.high": "66060288", "memory.oom.group": "0"},
		blockIO: (["Read", "Write"] | map({key: "throttle\(.)BpsDevice", value: "8388608"},
				{key: "throttle\(.)IOPSDevice", value: "2000"})
			| map(.value = [{major: '"${device%:*}, minor: ${device#*:}"', rate: (.value | tonumber)}])
			| from_entries)}'
	is "memory.max swap.max low high" "$(file memory.max) $(file memory.swap.max) $(file memory.low) $(file memory.high)" \
		"67108864 16777216 16777216 66060288"
	is "cpu.weight max burst" "$(file cpu.weight) $(file cpu.max) $(file cpu.max.burst)" "174 50000 100000 10000"
	is "cpuset" "$(file cpuset.cpus) $(file cpuset.mems)" "0 0"
	is "pids.max" "$(file pids.max)" 30
	is "io.max" "$(file io.max)" "$device rbps=8388608 wbps=8388608 riops=2000 wiops=2000"

	like "forks beyond pids.max fail" "$(vzrun exec "$id" hog forks 100)" '^2[0-9] EAGAIN$'
	more "pids.events counts them" "$(event pids.events max)" 0

	before=$(event cpu.stat nr_throttled)
	vzrun exec "$id" hog spin 250
	more "beyond cpu.max it is throttled" "$(event cpu.stat nr_throttled)" "$before"
	is "affinity and nodes" "$(vzrun exec "$id" sh -c 'nproc
		sed -n "s/^\(Cpus\|Mems\)_allowed_list:.//p" /proc/self/status' | tr '\n' ' ')" "1 0 0 "

	vzrun exec "$id" dd if=/dev/zero of=/data/file bs=64k count=32 oflag=direct status=none
	vzrun exec "$id" dd if=/data/file of=/dev/null bs=64k iflag=direct status=none
	more "written with direct I/O is in io.stat" "$(io_stat "$device" wbytes)" $((2 * MB - 1))
	more "and so is what was read" "$(io_stat "$device" rbytes)" $((2 * MB - 1))

	try vzrun exec "$id" hog memory $((300 * MB))
	is "beyond memory.max it is killed" "$status/$out" 137/
	more "memory.events counts the kill" "$(event memory.events oom_kill)" 0
	more "and the limit" "$(event memory.events max)" 0
	more "memory.high slows it down before" "$(event memory.events high)" 0
	end_one
}

io_stat() # DEVICE KEY
{
	sed -n "s/^$1 .*\<$2=\([0-9]*\).*/\1/p" "$CGROUP_DIR/$id/io.stat"
}

# Proves: memory.swap
t_swap()
{
	local tries
	disposable "swap" || return
	dd if=/dev/zero of="$SCRATCH/swap" bs=1M count=64 status=none
	chmod 600 "$SCRATCH/swap"
	busybox mkswap "$SCRATCH/swap" >/dev/null
	busybox swapon "$SCRATCH/swap"
	start_one '.linux.resources.memory = {limit: 33554432, swap: 83886080}'
	is "what fits into memory and swap runs" "$(vzrun exec "$id" hog memory $((40 * MB)))" touched
	is "no kill" "$(event memory.events oom_kill)" 0
	# Where the disk is slow the kernel may kill before the swap is full.
	for ((tries = 0; tries < 5; tries++)); do
		try vzrun exec "$id" hog memory $((120 * MB))
		[ "$(event memory.swap.events max)" = 0 ] || break
	done
	is "what does not is killed" "$status/$out" 137/
	more "memory.swap.events counts the limit" "$(event memory.swap.events max)" 0
	update_to '{"memory": {"limit": 33554432, "swap": 33554432}}'
	is "no swap at all" "$status $(file memory.swap.max)" "0 0"
	try vzrun exec "$id" hog memory $((40 * MB))
	is "then the first is killed too" "$status/$out" 137/
	update_to '{"memory": {"swap": 41943040}}'
	is "a new sum goes by the limit that is set" "$status $(file memory.swap.max)" "0 8388608"
	update_to '{"memory": {"limit": -1}}'
	is "no limit of memory lifts that of swap" "$status $(file memory.max) $(file memory.swap.max)" "0 max max"
	end_one
	busybox swapoff "$SCRATCH/swap"
	rm "$SCRATCH/swap"
}

# The hard protection keeps what is cached; the soft one is broken, and counted, where nothing
# else is left to take.
# Proves: memory.reservation unified
t_protections()
{
	local kept
	[ -w "$CGROUP_DIR/memory.reclaim" ] || kernel_is 5.19 || {
		skip "protections" "memory.reclaim came with Linux 5.19"
		return
	}
	mkdir -p "$SCRATCH/data"
	dd if=/dev/zero of="$SCRATCH/data/cached" bs=1M count=24 oflag=direct status=none
	start_one "$DATA"' | .linux.resources.unified = {"memory.min": "64M"}' \
		sh -c 'cat /data/cached >/dev/null; echo >/data/read; sleep 1000'
	until_true test -e "$SCRATCH/data/read"
	kept=$(event memory.stat file)
	more "its files are cached" "$kept" $((20 * MB))
	echo 64M 2>/dev/null >"$CGROUP_DIR/memory.reclaim"
	is "memory.min protects" "$(event memory.stat file)" "$kept"
	update_to '{"memory": {"reservation": 67108864}, "unified": {"memory.min": "0"}}'
	is "memory.low" "$status $(file memory.low)" "0 67108864"
	echo 64M 2>/dev/null >"$CGROUP_DIR/memory.reclaim"
	more "memory.low is taken last, and counted" "$(event memory.events low)" 0
	end_one
}

# Proves: unified
t_oom_group()
{
	try in_container '.linux.resources += {memory: {limit: 16777216, swap: 16777216},
		unified: {"memory.oom.group": "1"}}' sh -c "hog memory $((64 * MB)); echo survived"
	is "all end together" "$status/$out" 137/
}

# Proves: cpu.shares cpu.idle
t_cpu_weights_share_out()
{
	local heavy light before
	start_one '.linux.resources.cpu = {shares: 262144, cpus: "0"}' hog spin 1000000
	heavy=$CGROUP_DIR/$id
	is "the most" "$(file cpu.weight)" 10000
	start_one '.linux.resources.cpu = {shares: 262144, cpus: "0"}' hog spin 1000000
	light=$CGROUP_DIR/$id
	update_to '{"cpu": {"shares": 2}}'
	is "the least" "$status $(file cpu.weight)" "0 1"
	before="$(usage_of "$heavy") $(usage_of "$light")"
	until_true used_more_than "$heavy" $((${before% *} + 500000))
	more "of one processor the heavy one gets more" $(($(usage_of "$heavy") - ${before% *})) \
		$((4 * ($(usage_of "$light") - ${before#* })))
	update_to '{"cpu": {"idle": 1}}'
	is "idle" "$status $(file cpu.idle)" "0 1"
	update_to '{"cpu": {"idle": 0, "shares": 1024}}'
	is "not idle" "$status $(file cpu.idle) $(file cpu.weight)" "0 0 100"
	end_one "${heavy##*/}" # first: the other would hardly get the time to die
	end_one
}

usage_of() # CGROUP
{
	awk '$1 == "usage_usec" { print $2 }' "$1/cpu.stat"
}

used_more_than() # CGROUP USEC
{
	[ "$(usage_of "$1")" -gt "$2" ]
}

# Proves: blockIO.weight blockIO.weightDevice
t_io_weights()
{
	local device scheduler
	device=$(disk)
	scheduler=/sys/dev/block/$device/queue/scheduler
	disposable "I/O weights" || return
	start_one '.linux.resources.blockIO.weight = 500'
	if [ -e "$CGROUP_DIR/$id/io.bfq.weight" ]; then
		is "v1's number for BFQ" "$(file io.bfq.weight)" "default 500"
	else
		is "converted for io.cost" "$(file io.weight)" "default 4950"
	fi
	echo bfq >"$scheduler"
	update_to '{"blockIO": {"weight": 300, "weightDevice":
		[{"major": '"${device%:*}"', "minor": '"${device#*:}"', "weight": 700}]}}'
	is "with BFQ" "$status$err $(file io.bfq.weight)" "0 default 300 $device 700"
	echo none >"$scheduler"
	update_to '{"blockIO": {"weightDevice": [{"major": '"${device%:*}"', "minor": '"${device#*:}"', "weight": 600}]}}'
	is "a device that shares out nothing" "$status" 1
	like "says what to do" "$err" "blockIO.weightDevice: set \"io.weight\" to \"$device .*knows no weights"
	echo "$device enable=1" >"$CGROUP2/io.cost.qos"
	update_to '{"blockIO": {"weightDevice": [{"major": '"${device%:*}"', "minor": '"${device#*:}"', "weight": 600}]}}'
	is "with io.cost" "$status$err $(file io.weight)" "0 default 100 $device 5960"
	echo "$device enable=0" >"$CGROUP2/io.cost.qos"
	echo mq-deadline >"$scheduler"
	end_one
}

# Proves: hugepageLimits
t_hugetlb()
{
	disposable "huge pages" || return
	echo 8 >/proc/sys/vm/nr_hugepages
	start_one '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}]'
	is "hugetlb.2MB.max and rsvd.max" "$(file hugetlb.2MB.max) $(file hugetlb.2MB.rsvd.max)" "4194304 4194304"
	is "two pages fit" "$(vzrun exec "$id" hog pages 2)" touched
	is "three do not" "$(vzrun exec "$id" hog pages 3)" "mmap: ENOMEM"
	more "hugetlb.2MB.events counts it" "$(event hugetlb.2MB.events max)" 0
	vzrun exec --detach "$id" hog pages 2 hold >"$SCRATCH/held"
	until_true grep -qx 4194304 "$CGROUP_DIR/$id/hugetlb.2MB.current"
	update_to '{"hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}]}'
	is "below what is in use" "$status" 1
	like "says so" "$err" 'hugepageLimits: set "hugetlb.2MB.max" to "2097152": .*in use: 4194304'
	is "no change" "$(file hugetlb.2MB.max)" 4194304
	end_one
	echo 0 >/proc/sys/vm/nr_hugepages
	try in_container '.linux.resources.hugepageLimits = [{pageSize: "3MB", limit: 1}]' true
	is "a size that there is not" "$status" 1
	like "message" "$err" 'linux.resources.hugepageLimits: set "hugetlb.3MB.max"'
}

# Proves: rdma
t_rdma()
{
	local device number
	if ! has_controller rdma || ! ip link add vzrdma type dummy || ! ip link set vzrdma up ||
		! rdma link add vzrxe type rxe netdev vzrdma; then
		ip link del vzrdma
		skip "rdma" "no rdma controller, or no software RDMA device (rdma_rxe)"
		return
	fi
	for device in /sys/class/infiniband_verbs/uverbs*; do
		[ "$(<"$device/ibdev")" != vzrxe ] || number=$(<"$device/dev")
	done
	start_one '.linux.resources += {rdma: {vzrxe: {hcaHandles: 2, hcaObjects: 100}}}
		| .linux.devices += [{path: "/dev/uverbs", type: "c", major: '"${number%:*}"', minor: '"${number#*:}"'}]
		| .linux.resources.devices += [{allow: true, type: "c", major: '"${number%:*}"', access: "rw"}]'
	is "rdma.max" "$(file rdma.max)" "vzrxe hca_handle=2 hca_object=100 "
	is "a third context is refused" "$(vzrun exec "$id" hog contexts /dev/uverbs 3)" "2 EAGAIN"
	# Not only for the sake of it: Linux 6.1 keeps what a removed cgroup had limited, and falls over
	# it when the device goes (rdmacg_unregister_device).
	update_to '{"unified": {"rdma.max": "vzrxe hca_handle=max hca_object=max"}}'
	is "no limit" "$status$err $(file rdma.max)" "0 vzrxe hca_handle=max hca_object=max "
	end_one
	try in_container '.linux.resources.rdma = {nothere: {hcaHandles: 1}}' true
	is "a device that there is not" "$status" 1
	like "message" "$err" 'linux.resources.rdma: set "rdma.max" to "nothere hca_handle=1": '
	rdma link delete vzrxe
	ip link del vzrdma
}

t_misc() # none of its resources is there without special hardware
{
	has_controller misc || { skip "misc" "no misc controller here"; return; }
	try in_container '.linux.resources.unified = {"misc.max": "nothing 1"}' true
	is "status" "$status" 1
	like "message" "$err" 'linux.resources.unified: set "misc.max" to "nothing 1": Invalid argument'
}

# ---- cgroups of the container's own ----

USERNS='.linux.namespaces += [{type: "user"}]
	| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
	| .linux.gidMappings = .linux.uidMappings
	| .mounts |= map(select(.destination != "/sys/fs/cgroup"))
	| .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup2", source: "cgroup"}]'

t_root_in_a_user_namespace_has_its_own_cgroups()
{
	try in_container "$USERNS"' | .linux.resources.pids = {limit: 40}' sh -c '
		cat /proc/self/cgroup
		cd /sys/fs/cgroup
		mkdir init app && echo 0 >init/cgroup.procs && echo "+pids +memory" >cgroup.subtree_control
		cat /proc/self/cgroup
		echo 5 >app/pids.max
		(echo 0 >app/cgroup.procs && hog forks 20)
		echo 1000 >pids.max; cat pids.max
		echo $$ >/sys/fs/cgroup/../cgroup.procs
		rmdir app && echo gone'
	is "its root, its own subtree and limits there" "$out" "0::/
0::/init
4 EAGAIN
40
gone"
	like "its own limit is not its own to change" "$err" "can't create pids.max: Permission denied"
}

# ---- what is refused: one line, and no change ----

all_values()
{
	(cd "$CGROUP_DIR/$id" && grep -H . cpu.max cpu.max.burst cpu.weight cpu.idle cpuset.cpus cpuset.mems \
		io.max memory.high memory.low memory.max memory.min memory.swap.max pids.max hugetlb.*.max)
}

refused() # NAME JSON MESSAGE: an update
{
	update_to "$2"
	is "$1: status, lines" "$status $(wc -l <<<"$err")" "1 1"
	like "$1" "$err" "$3"
}

# As a parent's: the cgroup of this file.
set_parent() # FILE VALUE
{
	echo "$2" >"$CGROUP_DIR/$1"
}

t_above_the_parents()
{
	local before device limits
	device=$(disk)
	start_one '.linux.resources.cpu = {cpus: "0"}'
	limits="memory.max:128M memory.high:100M memory.swap.max:32M pids.max:200 cpu.max:50000 hugetlb.2MB.max:4M cpuset.cpus:0"
	for limit in $limits; do
		set_parent "${limit%:*}" "${limit#*:}"
	done
	set_parent io.max "$device wbps=1000000"
	before=$(all_values)
	local around="above the limit of the cgroup around it \(\"$CGROUP_DIR"
	refused "memory" '{"memory": {"limit": 134217729}}' \
		"linux.resources.memory.limit: \"134217729\" for memory.max is $around/memory.max\" is 134217728\)"
	refused "swap" '{"memory": {"limit": 1048576, "swap": 44040193}}' \
		"linux.resources.memory.swap: .*$around/memory.swap.max\" is 33554432\)"
	refused "pids" '{"memory": {"limit": 67108864}, "pids": {"limit": 201}}' \
		"linux.resources.pids.limit: .*$around/pids.max\" is 200\)"
	refused "cpu" '{"cpu": {"quota": 120000, "period": 200000}}' \
		"linux.resources.cpu.quota: .*$around/cpu.max\" is 50000 100000\)"
	refused "cpuset" '{"cpu": {"cpus": "0-1"}}' \
		"linux.resources.cpu.cpus: .*$around/cpuset.cpus.effective\" is 0\)"
	refused "memory nodes" '{"cpu": {"mems": "0-63"}}' "linux.resources.cpu.mems: .*$around/cpuset.mems.effective"
	refused "hugetlb" '{"hugepageLimits": [{"pageSize": "2MB", "limit": 6291456}]}' \
		"linux.resources.hugepageLimits: .*$around/hugetlb.2MB.max\" is 4194304\)"
	refused "io" '{"blockIO": {"throttleWriteBpsDevice": [{"major": '"${device%:*}, \"minor\": ${device#*:}"', "rate": 1000001}]}}' \
		"linux.resources.blockIO.throttleWriteBpsDevice: .*$around/io.max\" is 1000000\)"
	refused "unified" '{"unified": {"memory.high": "101M"}}' \
		"linux.resources.unified: \"101M\" for memory.high is $around/memory.high\" is 104857600\)"
	is "no change" "$(all_values)" "$before"
	update_to '{"memory": {"limit": 134217728}, "pids": {"limit": 200}, "cpu": {"quota": 50000, "period": 100000}}'
	is "as much as the parent's is fine" "$status$err" 0
	end_one
	try in_container '.linux.resources.pids = {limit: 201}' true
	is "create: status" "$status" 1
	like "create" "$err" "linux.resources.pids.limit: .*$around/pids.max\" is 200\)"
	for limit in $limits; do
		[ "${limit%:*}" = cpuset.cpus ] || set_parent "${limit%:*}" max
	done
	set_parent cpuset.cpus "$(<"$CGROUP2/cpuset.cpus.effective")"
	set_parent io.max "$device wbps=max"
}

# Proves: memory.checkBeforeUpdate
t_below_what_is_in_use()
{
	local before
	mkdir -p "$SCRATCH/data"
	dd if=/dev/zero of="$SCRATCH/data/cached" bs=1M count=16 oflag=direct status=none
	start_one "$DATA"' | .linux.resources.memory = {limit: 134217728}' sh -c \
		"cat /data/cached >/dev/null; hog hold $((40 * MB)) >/data/held; :"
	until_true test -s "$SCRATCH/data/held"
	before=$(all_values)
	refused "memory" '{"pids": {"limit": 50}, "memory": {"limit": 33554432}}' \
		"linux.resources.memory.limit: 33554432 is below what is in use \(4[0-9]{7} besides files' pages\)"
	refused "by its other name" '{"unified": {"memory.max": "32M"}}' \
		"linux.resources.unified: 33554432 is below what is in use"
	refused "checkBeforeUpdate counts all" '{"memory": {"limit": '$((50 * MB))', "checkBeforeUpdate": true}}' \
		"linux.resources.memory.limit: $((50 * MB)) is below what is in use \([56][0-9]{7}, checkBeforeUpdate\)"
	is "no change" "$(all_values)" "$before"
	is "nobody was killed" "$(event memory.events oom_kill) $(vzrun state "$id" | jq -r .status)" "0 running"
	update_to '{"memory": {"limit": '$((50 * MB))'}}'
	is "files' pages make room" "$status$err $(event memory.events oom_kill)" "0 0"
	update_to '{"pids": {"limit": 1}}'
	is "fewer processes than there are only stops new ones" "$status$err $(file pids.max) $(file pids.current)" "0 1 2"
	end_one
}

# Proves: memory.kernel memory.kernelTCP memory.swappiness memory.disableOOMKiller
# Proves: memory.useHierarchy cpu.realtimeRuntime cpu.realtimePeriod blockIO.leafWeight
# Proves: blockIO.weightDevice.leafWeight network.classID network.priorities
t_what_only_v1_has()
{
	local before only='exists in cgroup v1 only, as'
	start_one .
	before=$(all_values)
	refused "kernel memory" '{"pids": {"limit": 9}, "memory": {"kernel": 1000000}}' \
		"linux.resources.memory.kernel $only memory.kmem.limit_in_bytes"
	refused "TCP memory" '{"memory": {"kernelTCP": 1000000}}' "memory.kernelTCP $only memory.kmem.tcp.limit_in_bytes"
	refused "swappiness" '{"memory": {"swappiness": 60}}' "memory.swappiness $only memory.swappiness"
	refused "no OOM killer" '{"memory": {"disableOOMKiller": true}}' "memory.disableOOMKiller $only memory.oom_control"
	refused "no hierarchy" '{"memory": {"useHierarchy": false}}' "memory.useHierarchy $only memory.use_hierarchy"
	refused "realtime" '{"cpu": {"realtimeRuntime": 1000}}' "cpu.realtimeRuntime $only cpu.rt_runtime_us"
	refused "realtime period" '{"cpu": {"realtimePeriod": 1000}}' "cpu.realtimePeriod $only cpu.rt_period_us"
	refused "leaf weight" '{"blockIO": {"leafWeight": 100}}' "blockIO.leafWeight $only blkio.leaf_weight"
	refused "leaf weight of a device" '{"blockIO": {"weightDevice": [{"major": 8, "minor": 0, "leafWeight": 100}]}}' \
		"blockIO.weightDevice.leafWeight $only blkio.leaf_weight_device"
	refused "class id" '{"network": {"classID": 1048577}}' "network.classID $only net_cls.classid"
	refused "priorities" '{"network": {"priorities": [{"name": "lo", "priority": 1}]}}' \
		"network.priorities $only net_prio.ifpriomap"
	refused "a file of v1" '{"pids": {"limit": 9}, "unified": {"memory.limit_in_bytes": "1"}}' \
		'linux.resources.unified: set "memory.limit_in_bytes" to "1": No such file'

	refused "out of range: memory" '{"memory": {"limit": -2}}' 'memory.limit: -2 is out of range'
	refused "out of range: swap" '{"memory": {"limit": 2000000, "swap": 1000000}}' "memory.swap: .*can't be below the limit"
	refused "out of range: pids" '{"pids": {"limit": 4194305}}' 'pids.limit: 4194305 is out of range \(-1 to 4194304\)'
	refused "out of range: period" '{"cpu": {"quota": 5000, "period": 1000001}}' \
		'cpu.period: 1000001 is out of range \(1000 to 1000000 usec\)'
	refused "out of range: quota" '{"cpu": {"quota": 999}}' 'cpu.quota: 999 is out of range'
	refused "out of range: burst" '{"cpu": {"quota": 5000, "burst": 6000}}' 'cpu.burst: is larger than the quota'
	refused "out of range: idle" '{"cpu": {"idle": 2}}' 'cpu.idle: 2 is out of range \(0 to 1\)'
	refused "out of range: cpus" '{"cpu": {"cpus": "0-9999"}}' 'cpu.cpus: .*9999 is too large'
	refused "out of range: I/O weight" '{"blockIO": {"weight": 9}}' 'blockIO.weight: 9 is out of range \(10 to 1000'
	refused "out of range: device" '{"blockIO": {"throttleReadBpsDevice": [{"major": 4096, "minor": 0, "rate": 1}]}}' \
		'blockIO.throttleReadBpsDevice\[0\].major: 4096 is out of range'
	refused "no such device" '{"blockIO": {"throttleReadBpsDevice": [{"major": 4000, "minor": 0, "rate": 1}]}}' \
		'throttleReadBpsDevice: set "io.max" to "4000:0 rbps=1": No such device \(no such block device'
	refused "page size" '{"hugepageLimits": [{"pageSize": "2M", "limit": 0}]}' \
		'hugepageLimits\[0\].pageSize: "2M" is not a page size'
	is "no change" "$(all_values)" "$before"
	end_one
}

# Proves: pids.limit
t_pids_limit_of_0_and_none()
{
	try in_container '.linux.resources.pids.limit = 0' hog forks 1
	is "0: the container's own process, and no more" "$status/$out" "0/0 EAGAIN"
	start_one '.linux.resources.pids.limit = -1'
	is "-1: no limit" "$(file pids.max)" max
	end_one
}

need_controllers
run_tests "$@"
