#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A CT sees its own limits: sysinfo(2) with --features sysinfo:on, /proc with lxcfs.
# shellcheck disable=SC2154,SC2016 # out, err and status are lib.sh's, id is ct.sh's; awk's $1
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

SYSINFO=${SYSINFO:-${VZRUN%/*}/tests/integration/sysinfo}
[ -x "$SYSINFO" ] || tap_bail "$SYSINFO is missing (make check builds it)"

INJECT=${INJECT:-${VZRUN%/*}/tests/faults/inject}

MIB=1048576

# A running CT with the feature, and the caller of sysinfo(2) in it.
start_viewed()
{
	make_ct --features sysinfo:on
	mkdir -p "$(ct_private bin)"
	cp "$SYSINFO" "$(ct_private bin/sysinfo)"
	start_ct
	uid=$(last_id)
}

last_id()
{
	local line
	while read -r line; do
		[[ $line != LOCAL_UID=* ]] || echo $((${line//[^0-9]/} + 65535))
	done <"$CT_DIR/conf/$id.conf"
}

# The processes that answer for the user, in $pids; $server is the parent of the other, $twin.
# Without other programs: starting one takes 0.2 s in the test VM.
look_for_answerers()
{
	local dir name text parents=() pid i
	local format='State:[[:space:]]+([A-Z]).*PPid:[[:space:]]+([0-9]+).*Uid:[[:space:]]+([0-9]+)'
	pids=() server='' twin=''
	for dir in /proc/[0-9]*; do
		{ read -r name <"$dir/comm"; } 2>/dev/null || continue
		[ "$name" = vzrun-sysinfo ] || continue
		{ text=$(<"$dir/status"); } 2>/dev/null
		[[ $text =~ $format && ${BASH_REMATCH[1]} != [ZX] && ${BASH_REMATCH[3]} = "$uid" ]] ||
			continue
		pids+=("${dir#/proc/}")
		parents+=("${BASH_REMATCH[2]}")
	done
	for i in "${!pids[@]}"; do
		for pid in "${pids[@]}"; do
			[ "$pid" != "${parents[i]}" ] || { server=$pid twin=${pids[i]}; }
		done
	done
}

# Twice the same: after an exec the server, which has one more listener then, makes a new twin.
two_answer()
{
	local before
	look_for_answerers
	before="$server $twin"
	[[ ${#pids[@]} = 2 && $twin ]] || return
	sleep 0.1
	look_for_answerers
	[ "$server $twin" = "$before" ]
}

# check runs what it checks in a shell of its own, whose variables are lost.
check_two() # WHAT
{
	until_true two_answer
	check "$1" [ "${#pids[@]}${twin:+ and a twin}" = "2 and a twin" ]
}

none_answers()
{
	look_for_answerers
	[ ${#pids[@]} = 0 ]
}

in_ct()
{
	ct exec "$id" "$@"
}

field() # NAME
{
	in_ct sysinfo | awk -v name="$1" '$1 == name { print $2 }'
}

end_ct()
{
	ct stop "$id" --fast >/dev/null 2>&1
	ct destroy "$id" >/dev/null
}

t_features_are_kept_in_the_conf()
{
	make_ct --features sysinfo:on
	like "on" "$(<"$CT_DIR/conf/$id.conf")" 'FEATURES="sysinfo:on"'
	ct destroy "$id" >/dev/null
	make_ct
	unlike "not asked for" "$(<"$CT_DIR/conf/$id.conf")" FEATURES
	ct destroy "$id" >/dev/null
}

t_bad_features_are_refused()
{
	local bad
	for bad in sysinfo sysinfo:yes nothing:on sysinfo:on,rubbish; do
		new_ct
		try ct create "$id" --ostemplate minimal --features "$bad"
		is "$bad" "$status" 21
		like "$bad: message" "$err" "FEATURES: \"[a-z:]*\" is not "
		is "$bad: nothing is made" "$(ct_traces "$id")" ""
	done
}

t_two_listeners_are_refused_at_start()
{
	make_ct --features sysinfo:on
	sed -i 's/^FEATURES=.*/FEATURES="nesting:on sysinfo:on"/' "$CT_DIR/conf/$id.conf"
	try ct start "$id"
	is "status" "$status" 85
	like "message" "$err" 'sysinfo:on and nesting:on exclude each other'
	is "it is not mounted" "$(ct status "$id")" "CTID $id exist unmounted down"
	ct destroy "$id" >/dev/null
}

t_without_the_feature_it_is_the_hosts()
{
	make_ct
	mkdir -p "$(ct_private bin)"
	cp "$SYSINFO" "$(ct_private bin/sysinfo)"
	start_ct
	is "memory" "$(field totalram)" "$("$SYSINFO" | awk '$1 == "totalram" { print $2 }')"
	uid=$(last_id)
	check "nobody answers" none_answers
	end_ct
}

t_sysinfo_tells_of_the_ct()
{
	local now total
	start_viewed
	read -r now _ </proc/uptime
	check "the uptime is the CT's" [ "$(field uptime)" -lt "${now%.*}" ]
	total=$("$SYSINFO" | awk '$1 == "totalram" { print $2 }')
	is "without a limit the memory is the host's" "$(field totalram)" "$total"
	if has_controller memory; then
		try ct update --memory 128M --memory-swap 128M "$id"
		is "update" "$status$err" 0
		is "the memory is the limit" "$(field totalram)" $((128 * MIB))
		check "free is less" [ "$(field freeram)" -lt $((128 * MIB)) ]
		check "but not nothing" [ "$(field freeram)" -gt $((64 * MIB)) ]
		is "no swap" "$(field totalswap)" 0
		# "used" is nonsense without lxcfs, as it counts with /proc/meminfo too.
		like "free(1) says so" "$(in_ct free -b)" "Mem: *$((128 * MIB))"
		ct update --memory 64M --memory-swap 64M "$id"
		is "a new limit is seen at once" "$(field totalram)" $((64 * MIB))
	fi
	if has_controller pids; then
		check "the tasks are the CT's" [ "$(field procs)" -lt 30 ]
	fi
	end_ct
}

# A host of which cgroup /vzrun passes on the number of processes alone, when the CT is started: a
# mount namespace where a cgroup of ours is the root. $there runs vzrun in it.
make_host()
{
	local root=$CGROUP_DIR/host level
	mkdir -p "$root/vzrun"
	for level in "$CGROUP2" "$CGROUP_DIR" "$root"; do # as every start does with those above
		echo "+memory +pids" >"$level/cgroup.subtree_control"
	done
	echo "+pids" >"$root/vzrun/cgroup.subtree_control"
	unshare --mount sh -c 'mount --bind "$1" "$2" && : >"$3" && exec sleep 1000' \
		sh "$root" "$CGROUP2" "$SCRATCH/host.ready" &
	host=$! there=$SCRATCH/there
	printf '#!/bin/sh\nexec nsenter --target=%s --mount %s "$@"\n' "$host" "$VZRUN" >"$there"
	chmod 755 "$there"
	until_true test -e "$SCRATCH/host.ready" || tap_bail "no mount namespace with a host of its own"
}

end_host()
{
	kill "$host"
	wait "$host" 2>/dev/null
	rmdir "$CGROUP_DIR/host/vzrun" "$CGROUP_DIR/host"
}

t_a_limit_that_comes_later_is_seen()
{
	has_controller memory || {
		skip "a later limit" "no memory controller in cgroup v2 here (the test VM has it)"
		return
	}
	make_host
	local VZRUN=$there place=$CGROUP_DIR/host/vzrun
	start_viewed
	is "the memory is the host's" "$(field totalram)" "$("$SYSINFO" | awk '$1 == "totalram" { print $2 }')"
	is "no limit is set" "$(<"$place/$id/memory.max") $(<"$place/$id/memory.low")" "max 0"
	try ct update --memory 64M "$id"
	is "update" "$status$err" 0
	is "the memory is the limit" "$(field totalram)" $((64 * MIB))
	end_ct
	end_host
}

t_the_oom_killer_spares_them()
{
	local pid caps want=-1000
	caps=$(awk '$1 == "CapEff:" { print $2 }' /proc/self/status)
	# CAP_SYS_RESOURCE, without which nobody may lower it: then it is the caller's.
	[ $((0x$caps >> 24 & 1)) = 1 ] || want=$(</proc/self/oom_score_adj)
	start_viewed
	check_two "two hold it"
	for pid in "$server" "$twin"; do
		is "oom_score_adj" "$(<"/proc/$pid/oom_score_adj")" "$want"
	done
	end_ct
}

# What the init itself and its children are told, by the listener that came first.
t_the_init_is_told_too()
{
	make_ct --features sysinfo:on
	mkdir -p "$(ct_private bin)" "$(ct_private etc)"
	cp "$SYSINFO" "$(ct_private bin/sysinfo)"
	printf '%s\n' '#!/bin/sh' 'while sleep 1; do sysinfo >/said.new 2>&1; mv /said.new /said; done &' \
		'mkdir -p /run/lock' >"$(ct_private etc/rc)"
	printf '%s\n' ::sysinit:/etc/rc >"$(ct_private etc/inittab)"
	chmod 755 "$(ct_private etc/rc)"
	start_ct
	check "it says something" until_true test -s "$(ct_private said)"
	like "it is an answer" "$(<"$(ct_private said)")" "mem_unit 1"
	read -r now _ </proc/uptime
	check "of ours" [ "$(awk '$1 == "uptime" { print $2 }' "$(ct_private said)")" -lt "${now%.*}" ]
	end_ct
}

t_32_bit_callers_are_told()
{
	start_viewed
	if [ "$(uname -m)" != x86_64 ]; then
		skip "no 32-bit call here"
		end_ct
		return
	fi
	! has_controller memory || ct update --memory 128M --memory-swap 128M "$id"
	try in_ct sysinfo --x86
	is "status" "$status" 0
	unlike "no byte too many" "$out" "beyond"
	is "the same memory" "$(($(awk '$1 == "totalram" { t = $2 } $1 == "mem_unit" { print t "*" $2 }' <<<"$out")))" \
		"$(($(field totalram) / 4096 * 4096))"
	end_ct
}

t_bad_addresses_are_efault()
{
	start_viewed
	try in_ct sysinfo bad
	is "status" "$status" 0
	is "each" "$out" "$(printf 'EFAULT\n%.0s' 1 2 3 4 5 6 7)
not written"
	check "and it goes on" in_ct sysinfo
	end_ct
}

t_callers_that_die_do_no_harm()
{
	local before
	start_viewed
	check_two "two hold it"
	before=$server
	check "200 of them" in_ct sysinfo die 200
	check "it goes on" in_ct sysinfo
	check_two "two hold it still"
	is "by the same server" "$server" "$before"
	end_ct
}

t_one_that_is_killed_is_replaced()
{
	local who flood _
	start_viewed
	check_two "two hold it"
	for who in server twin server twin; do
		check "kill the $who" kill -KILL "${!who}"
		check "the $who is gone: it goes on" in_ct sysinfo
		check_two "and there are two again"
	done
	in_ct sysinfo flood 8 4000 >"$SCRATCH/flood" 2>&1 &
	flood=$!
	for _ in 1 2 3 4 5 6; do
		until_true two_answer
		kill -KILL "$server" 2>/dev/null
	done
	wait "$flood"
	is "32000 calls from 8 threads while the server is killed" "$(<"$SCRATCH/flood")" "0 failed"
	end_ct
}

t_both_killed_at_once()
{
	start_viewed
	in_ct sh -c 'until [ -e /go ]; do sleep 0.1; done; sysinfo' >"$SCRATCH/old" 2>&1 &
	old=$!
	check_two "two hold it"
	kill -STOP "${pids[@]}"
	kill -KILL "${pids[@]}"
	check "both are gone" until_true none_answers
	try in_ct sysinfo
	is "what is executed later is answered" "$status" 0
	like "and that is told" "$err" "had been killed"
	check_two "by two again"
	in_ct touch /go
	wait "$old"
	is "who was there before gets ENOSYS" "$(<"$SCRATCH/old")" ENOSYS
	try ct stop "$id" --fast
	is "stop" "$status$err" 0
	check "they are gone" none_answers
	ct destroy "$id" >/dev/null
	is "what is left" "$(ct_traces "$id")" ""
}

# One that waits for a line before it asks, and stays after that.
start_caller()
{
	ct exec --detach "$id" sh -c 'read -r _ && sysinfo >/dev/null && echo told; exec sleep 1000' \
		<"$SCRATCH/lines" >>"$SCRATCH/told" 2>"$SCRATCH/refused"
}

all_told()
{
	[ "$(grep -c told "$SCRATCH/told")" = "$callers" ]
}

# With as few places as a low limit of open files gives, that may not be raised.
t_exec_is_refused_when_all_places_are_taken()
{
	local callers=0
	make_ct --features sysinfo:on
	mkdir -p "$(ct_private bin)"
	cp "$SYSINFO" "$(ct_private bin/sysinfo)"
	uid=$(last_id)
	(
		ulimit -n 60
		exec setpriv --bounding-set -sys_resource --inh-caps -sys_resource \
			"$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" start "$id"
	) >"$SCRATCH/start" 2>&1
	status=$?
	[ "$status" = 0 ] || tap_bail "can't start CT $id: $(<"$SCRATCH/start")"
	mkfifo "$SCRATCH/lines"
	: >"$SCRATCH/told"
	exec 9<>"$SCRATCH/lines"
	while [ "$callers" -lt 45 ] && start_caller; do
		callers=$((callers + 1))
	done
	check "some, not all: $callers" [ "$callers" -gt 20 -a "$callers" -lt 38 ]
	like "the next is refused" "$(<"$SCRATCH/refused")" "no room for one more command"
	is "in one line" "$(wc -l <"$SCRATCH/refused")" 1
	try in_ct true
	is "so is another" "$status" 255
	printf '%*s' "$callers" '' | tr ' ' '\n' >&9
	check "the others are answered" until_true all_told
	kill -KILL "$(sort -n "$CGROUP2/vzrun/$id/cgroup.procs" | tail -n 1)"
	check "then there is room again" until_true in_ct sysinfo
	exec 9>&-
	check_two "two hold them"
	end_ct
	rm "$SCRATCH/lines"
}

t_their_limit_of_open_files_is_their_own()
{
	make_ct --features sysinfo:on
	uid=$(last_id)
	(
		ulimit -Sn 64
		ct start "$id"
	) >/dev/null 2>&1
	check_two "two hold it"
	is "not the caller's" "$(awk '/^Max open files/ { print ($4 >= 1024) }' "/proc/$server/limits")" 1
	end_ct
}

# As a stop finds them, with nobody to answer.
t_verbs_do_not_need_them()
{
	start_viewed
	check_two "two hold it"
	kill -STOP "${pids[@]}"
	try ct stop "$id" --fast
	is "stop" "$status" 0
	is "the CT is down" "$(ct status "$id")" "CTID $id exist unmounted down"
	kill -CONT "${pids[@]}"
	check "they end" until_true none_answers
	end_ct
}

# All containers' answerers share it, those of another test too: nobody uses it, or it is gone.
cgroup_of_others_or_none()
{
	[ ! -e "$CGROUP2/vzrun/.sysinfo" ] || grep -q '^populated 1' "$CGROUP2/vzrun/.sysinfo/cgroup.events" 2>/dev/null
}

t_they_end_with_the_ct()
{
	start_viewed
	try ct restart "$id"
	is "restart" "$status" 0
	check_two "they are new"
	if has_controller pids || [ -n "$CGROUP_DIR" ]; then
		check "pause" ct pause "$id"
		check "resume" ct resume "$id"
		check "it goes on" in_ct sysinfo
	fi
	try ct stop "$id"
	is "stop" "$status" 0
	check "nobody is left" none_answers
	start_ct
	check_two "two again"
	check "delete --force" ct delete --force "$id"
	check "nobody is left of it" none_answers
	check "nor their cgroup" until_true cgroup_of_others_or_none
	ct umount "$id" >/dev/null
	ct destroy "$id" >/dev/null
	is "nor anything else" "$(ct_traces "$id")" ""
}

t_they_hold_next_to_nothing()
{
	local pid fd others=''
	start_viewed
	in_ct true
	check_two "two hold it"
	for pid in "${pids[@]}"; do
		is "supplementary groups" "$(awk '$1 == "Groups:" { print $2 }' "/proc/$pid/status")" ""
		is "capability: SYS_PTRACE, of the CT" "$(awk '$1 ~ /^Cap(Eff|Prm)/ { print $2 }' "/proc/$pid/status" | sort -u)" 0000000000080000
		is "no new privileges, a filter" "$(awk '$1 == "NoNewPrivs:" || $1 == "Seccomp:" { printf "%s ", $2 }' "/proc/$pid/status")" "1 2 "
		is "its user namespace" "$(readlink "/proc/$pid/ns/user")" "$(readlink "/proc/$(ct state "$id" | jq .pid)/ns/user")"
		is "its folder" "$(readlink "/proc/$pid/cwd")" /
		is "not in the CT's cgroup" "$(sed -n 's/^0:://p' "/proc/$pid/cgroup")" /vzrun/.sysinfo
		for fd in "/proc/$pid/fd"/*; do
			case $(readlink "$fd") in
			anon_inode:* | socket:* | "$CGROUP2/vzrun/$id/"*) ;;
			*) others+=" $(readlink "$fd")" ;;
			esac
		done
	done
	is "no other fd" "$others" ""
	check "the state's lock is free" flock -n "$ROOT/$id/lock" true
	check "less than 50 KiB each" awk '$1 == "Pss:" { exit !($2 > 0 && $2 < 50) }' "/proc/$server/smaps_rollup"
	end_ct
}

# The calls of the process that becomes them, a line each: P.N NAME(…
calls_to_spoil()
{
	ct_under_inject --list
	ct stop "$id" --fast >/dev/null 2>&1
	awk '{ split($2, at, ".") } /memfd_create\("vzrun-sysinfo"\)/ { p = at[1] }
		p && at[1] == p { sub(/^[0-9]+ /, ""); print }' "$SCRATCH/calls"
}

ct_under_inject() # MODE [POINT]
{
	: >"$SCRATCH/calls"
	try timeout -k 5 60 "$INJECT" -o "$SCRATCH/calls" "$@" \
		"$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" start "$id"
}

t_a_start_that_fails_there_leaves_nothing()
{
	local point call n=0 every=${VZRUN_TEST_VM:+5}
	[ -x "$INJECT" ] || {
		skip "$INJECT is not built (x86-64 only)"
		return
	}
	start_viewed
	ct stop "$id" --fast >/dev/null
	calls_to_spoil >"$SCRATCH/points"
	check "there are calls to spoil" test -s "$SCRATCH/points"
	while read -r point call <&3; do
		n=$((n + 1))
		[ $((n % ${every:-1})) = 0 ] || continue
		ct_under_inject --nth "$point"
		if [ "$status" = 0 ]; then # what is only for order's sake may fail
			ct stop "$id" --fast >/dev/null 2>&1
		else
			is "$call: one line" "$(wc -l <<<"$err")" 1
		fi
		check "$call: nobody is left" until_true none_answers
		is "$call: it is down" "$(ct status "$id")" "CTID $id exist unmounted down"
	done 3<"$SCRATCH/points"
	check "it starts when nothing fails" ct start "$id"
	end_ct
}

# The clone into their cgroup: which of the calls that is, is told by who becomes them.
t_a_clone_that_finds_no_cgroup()
{
	local error point
	[ -x "$INJECT" ] || {
		skip "$INJECT is not built (x86-64 only)"
		return
	}
	start_viewed
	ct stop "$id" --fast >/dev/null
	ct_under_inject --list
	ct stop "$id" --fast >/dev/null 2>&1
	point=$(awk '/clone3?\(/ { last = $2 } /memfd_create\("vzrun-sysinfo"\)/ { print last; exit }' "$SCRATCH/calls")
	check "the clone is found" [ -n "$point" ]
	for error in ENODEV ENOENT; do
		ct_under_inject --nth "$point" --errno "$error"
		is "$error: it starts" "$status" 0
		check_two "$error: two hold it"
		is "$error: in the cgroup that was made anew" \
			"$(sed -n 's/^0:://p' "/proc/$server/cgroup")" /vzrun/.sysinfo
		ct stop "$id" --fast >/dev/null
	done
	ct_under_inject --nth "$point" --errno EBUSY
	is "EBUSY: it starts" "$status" 0
	check_two "EBUSY: two hold it"
	unlike "EBUSY: elsewhere" "$(sed -n 's/^0:://p' "/proc/$server/cgroup")" '/vzrun/.sysinfo'
	ct stop "$id" --fast >/dev/null
	ct_under_inject --nth "$point" --errno ENOMEM
	check "another error is told" [ "$status" != 0 ]
	like "with the cgroup" "$err" 'fork into "/vzrun/.sysinfo"'
	end_ct
}

# ---- lxcfs ----

LXCFS_FILES='/proc/cpuinfo /proc/diskstats /proc/loadavg /proc/meminfo /proc/stat /proc/swaps /proc/uptime /sys/devices/system/cpu/online'

have_lxcfs()
{
	command -v lxcfs >/dev/null && [ -c /dev/fuse ] && [ -d /var/lib/lxcfs ]
}

start_lxcfs()
{
	lxcfs -f --pidfile="$SCRATCH/lxcfs.pid" /var/lib/lxcfs >"$SCRATCH/lxcfs.log" 2>&1 &
	lxcfs=$!
	until_true test -e /var/lib/lxcfs/proc/meminfo || tap_bail "lxcfs: $(tail -n 3 "$SCRATCH/lxcfs.log")"
}

stop_lxcfs()
{
	kill -KILL "$lxcfs" 2>/dev/null
	wait "$lxcfs" 2>/dev/null
	umount -l /var/lib/lxcfs
}

lxcfs_mounts()
{
	in_ct cat /proc/self/mountinfo | awk '/ - fuse.lxcfs / { print $5 }' | sort | xargs
}

t_lxcfs_shows_the_ct()
{
	have_lxcfs || {
		skip "lxcfs or /dev/fuse is missing (./bootstrap deps installs it)"
		return
	}
	start_lxcfs
	make_ct
	start_ct
	is "its files are there" "$(lxcfs_mounts)" "$LXCFS_FILES"
	like "they can be read" "$(in_ct cat /proc/meminfo)" "MemTotal:"
	check "also by a user" ct exec --user 1000:1000 "$id" cat /proc/uptime /proc/stat
	in_ct cat /sys/devices/system/cpu/online >"$SCRATCH/online" 2>&1
	like "processors" "$(<"$SCRATCH/online")" '^[0-9,-]*$'
	if has_controller memory; then
		ct update --memory 128M --memory-swap 128M "$id"
		is "MemTotal is the limit" "$(in_ct awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo)" $((128 * 1024))
		like "no swap" "$(in_ct cat /proc/meminfo)" 'SwapTotal: *0 kB'
	fi
	read -r now _ </proc/uptime
	check "uptime is the CT's" [ "$(in_ct cut -d. -f1 /proc/uptime)" -lt "${now%.*}" ]
	check "a container inside can have a /proc of its own" \
		in_ct unshare -U -r -m -p -f sh -c 'mount -t proc proc /mnt && cat /mnt/self/comm'
	end_ct
	is "nothing is left" "$(ct_traces "$id")" ""
	stop_lxcfs
}

t_lxcfs_that_dies_hangs_nothing()
{
	have_lxcfs || {
		skip "lxcfs or /dev/fuse is missing (./bootstrap deps installs it)"
		return
	}
	start_lxcfs
	make_ct
	start_ct
	kill -KILL "$lxcfs"
	wait "$lxcfs" 2>/dev/null
	try in_ct cat /proc/meminfo
	is "its files fail" "$status" 1
	is "exec goes on" "$(in_ct echo hello)" hello
	like "status" "$(ct status "$id")" "running"
	try ct stop "$id"
	is "stop" "$status" 0
	try ct start "$id"
	is "start" "$status" 0
	like "it tells" "$err" 'lxcfs is mounted at "/var/lib/lxcfs" and does not answer'
	is "and does without" "$(lxcfs_mounts)" ""
	end_ct
	umount -l /var/lib/lxcfs
}

t_lxcfs_that_hangs_hangs_nothing()
{
	have_lxcfs || {
		skip "lxcfs or /dev/fuse is missing (./bootstrap deps installs it)"
		return
	}
	start_lxcfs
	make_ct
	start_ct
	kill -STOP "$lxcfs"
	try ct status "$id"
	is "status" "$status" 0
	is "exec" "$(in_ct echo hello)" hello
	try ct stop "$id" --fast
	is "stop" "$status" 0
	# Nothing of its files is in the kernel's memory any more.
	echo 2 >/proc/sys/vm/drop_caches
	try ct start "$id"
	is "start" "$status" 0
	is "without it" "$(lxcfs_mounts)" ""
	kill -CONT "$lxcfs"
	end_ct
	stop_lxcfs
}

t_a_folder_is_no_lxcfs()
{
	[ -d /var/lib/lxcfs ] || {
		skip "there is no /var/lib/lxcfs"
		return
	}
	mount -t tmpfs lxcfs /var/lib/lxcfs
	mkdir /var/lib/lxcfs/proc
	echo 'MemTotal: 1 kB' >/var/lib/lxcfs/proc/meminfo
	make_ct
	start_ct
	unlike "it is not taken" "$(in_ct cat /proc/meminfo)" 'MemTotal: 1 kB'
	end_ct
	umount /var/lib/lxcfs
}

t_that_lxcfs_is_missing_is_said_once()
{
	rm -f "$CT_DIR/lock/lxcfs.missing"
	make_ct
	try ct start "$id"
	is "start" "$status" 0
	like "the first time" "$err" 'lxcfs is not running here.*install the package lxcfs'
	ct stop "$id" --fast >/dev/null
	try ct start "$id"
	is "the second time" "$status$err" 0
	ct stop "$id" --fast >/dev/null
	if have_lxcfs; then
		start_lxcfs
		try ct start "$id"
		is "nothing with it" "$status$err" 0
		ct stop "$id" --fast >/dev/null
		stop_lxcfs
		try ct start "$id"
		like "again when it is gone again" "$err" 'lxcfs is not running here'
	fi
	end_ct
}

run_tests "$@"
