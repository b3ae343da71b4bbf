#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vzprocd: /proc/vz and its fellows in a folder, in OpenVZ's columns, with the kernel's numbers.
# shellcheck disable=SC2016 # what stands in single quotes is for the shell inside
. "${0%/*}/lib.sh"
. "$LIB_DIR/ct.sh"

VZPROCD=${VZRUN%/*}/vzprocd
[ -x "$VZPROCD" ] || tap_skip_all "vzprocd was not built"
[ -c /dev/fuse ] || tap_skip_all "there is no /dev/fuse"
VIEW=$SCRATCH/view

serve() # ARG...
{
	"$VZPROCD" --root "$ROOT" --config "$CT_DIR/vz.conf" "$@" "$VIEW"
}

server_pid()
{
	pgrep -f -- "^$VZPROCD --root $ROOT "
}

# The number at KEY in a file of $id's cgroup, or the one number it holds.
counted() # FILE [KEY]
{
	awk -v key="${2:-}" 'key == "" { print $1; exit } $1 == key { print $2; exit }' \
		"$CGROUP2/vzrun/$id/$1" 2>/dev/null
}

# Columns of $id's line in vestat.
vestat() # COLUMN...
{
	awk -v id="$id" -v want="$*" '$1 == id {
		n = split(want, column, " ")
		for (i = 1; i <= n; i++)
			printf "%s%s", $column[i], i < n ? " " : "\n"
	}' "$VIEW/vz/vestat"
}

# held, limit and failcnt of one resource of $id.
counter() # RESOURCE [FILE]
{
	awk -v resource="$1" '$1 == resource { print $2, $5, $6 }' "$VIEW/bc/$id/resources"
}

shows_what_there_is()
{
	local dir
	dir=$(find "$VIEW" -mindepth 1 -printf '%M %P\n' | sort -k 2)
	is "what there is" "$dir" "$(sed "s/ID/$id/" <<-END
		dr-xr-xr-x bc
		dr-xr-xr-x bc/ID
		-r-------- bc/ID/resources
		-r-------- bc/resources
		-r-------- user_beancounters
		dr-xr-xr-x vz
		dr-xr-xr-x vz/beancounter
		dr-xr-xr-x vz/beancounter/ID
		-r-------- vz/beancounter/ID/blkio.io_service_bytes
		-r-------- vz/veinfo
		-r--r--r-- vz/version
		-r-------- vz/vestat
		-r--r--r-- vz/vswap
		-r-------- vz/vzquota
	END
	)"
	is "version" "$(<"$VIEW/vz/version")" "$("$VZRUN" --version | sed -n 's/^vzrun version //p')"
	check "root may write to it, as far as access(2) tells (libvirt)" test -w "$VIEW/vz"
	try touch "$VIEW/vz/new"
	unlike "but can't" "$status" '^0$'
	try sh -c 'echo 1 >"$1"' sh "$VIEW/vz/vestat"
	unlike "nor change a file" "$status" '^0$'
	check "others read the version" setpriv --reuid 1000 --clear-groups cat "$VIEW/vz/version"
	try setpriv --reuid 1000 --clear-groups cat "$VIEW/vz/vestat"
	like "and nothing of a CT's" "$err" 'Permission denied'
	try cat "$VIEW/bc/1/resources"
	like "of no CT that does not run" "$err" 'No such file'
}

vestat_is_the_cgroups_time()
{
	local before after user system nice up used start
	ct exec "$id" sh -c 'i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done'
	before=$(($(counted cpu.stat user_usec) / 1000)) system=$(($(counted cpu.stat system_usec) / 1000))
	read -r user nice used < <(vestat 2 3 9)
	after=$(($(counted cpu.stat user_usec) / 1000))
	check "user $user is between $before and $after" \
		test "$((user + nice))" -ge "$before" -a "$((user + nice))" -le "$after"
	check "system is no less than $system" test "$(vestat 4)" -ge "$system"
	check "used is all of it" test $((used / 1000000)) -ge $((before + system))
	read -r before _ </proc/uptime
	up=$(vestat 5)
	read -r after _ </proc/uptime
	start=$(cut -d' ' -f22 "/proc/$(ct state "$id" | jq .pid)/stat")
	check "uptime $up is since init was started" awk -v up="$up" -v start="$start" -v before="$before" \
		-v after="$after" 'BEGIN { exit !(up / 1000 > before - start / 100 - 0.02 &&
			up / 1000 < after - start / 100 + 0.02) }'
	like "heads" "$(head -n 1 "$VIEW/vz/vestat")" '^Version: 2\.2 {239}$'
	is "widths: 12 columns of 20" "$(awk 'NR > 1 { print length }' "$VIEW/vz/vestat" | sort -u)" 251
	# As libvirt reads it.
	is "the id is first" "$(awk 'NR > 2 { print $1 }' "$VIEW/vz/vestat")" "$id"
}

has_at_most() # PROCESSES
{
	[ "$(counted pids.current)" -le "$1" ]
}

beancounters_are_the_kernels()
{
	local limit=9223372036854775807 held
	if ! has_controller memory || ! has_controller pids; then
		held=$(wc -l <"$CGROUP2/vzrun/$id/cgroup.threads")
	else
		held=$(counted pids.current)
		ct set "$id" --ram 64M --swap 32M --numproc 120 >/dev/null
		limit=120
		is "physpages' limit" "$(counter physpages | cut -d' ' -f2)" \
			$(($(counted memory.max) / 4096))
		is "swappages' limit" "$(counter swappages | cut -d' ' -f2)" \
			$(($(counted memory.swap.max) / 4096))
		check "physpages held" test "$(counter physpages | cut -d' ' -f1)" -gt 0
		# Each fork above the limit is a failure.
		ct exec "$id" sh -c 'for i in $(seq 150); do sleep 30 & done' >/dev/null 2>&1
		check "failures were counted" test "$(counted pids.events max)" -gt 0
		is "failcnt" "$(counter numproc | cut -d' ' -f3)" "$(counted pids.events max)"
		ct exec "$id" killall sleep >/dev/null 2>&1
		until_true has_at_most "$((held + 1))"
		held=$(counted pids.current)
	fi
	is "numproc" "$(counter numproc | cut -d' ' -f1,2)" "$held $limit"
	is "lines of /proc/user_beancounters" "$(sed -n '3,26s/^[ 0-9]*:\?  *\([a-z]*\) .*/\1/p' \
		"$VIEW/user_beancounters" | tr '\n' ' ')" "$(tr '\n' ' ' <<-END
		kmemsize
		lockedpages
		privvmpages
		shmpages
		dummy
		numproc
		physpages
		vmguarpages
		oomguarpages
		numtcpsock
		numflock
		numpty
		numsiginfo
		tcpsndbuf
		tcprcvbuf
		othersockbuf
		dgramrcvbuf
		numothersock
		dcachesize
		numfile
		dummy
		dummy
		dummy
		numiptent
	END
	)"
	like "its head" "$(sed -n 2p "$VIEW/user_beancounters")" \
		'^ {7}uid  resource {21}held {14}maxheld {14}barrier {16}limit {14}failcnt$'
	like "the first line has the id" "$(sed -n 3p "$VIEW/user_beancounters")" \
		"^ *$id: kmemsize {5} *[0-9]+ "
	is "all are as wide" "$(awk 'NR > 1 { print length }' "$VIEW/bc/resources" | sort -u)" 129
	is "one CT's are the same without the id" \
		"$(grep -v numproc "$VIEW/bc/$id/resources" | sed 's/^ *//; s/  */ /g' | grep swappages)" \
		"$(grep swappages "$VIEW/bc/resources" | sed 's/^ *//; s/  */ /g')"
}

veinfo_and_quota_are_the_confs()
{
	is "processes, without addresses" "$(awk '{ print $1, $2, $3 }' "$VIEW/vz/veinfo")" \
		"$id 0 $(counter numproc | cut -d' ' -f1)"
	is "no quota, no line" "$(wc -l <"$VIEW/vz/vzquota")" 1
	if ct set "$id" --quotatime 600 --diskspace 2G:2252M --diskinodes 131072:144000 --save \
		>"$_tmp/set" 2>&1; then
		ct exec "$id" sh -c 'dd if=/dev/zero of=/root/f bs=64k count=16; sync' >/dev/null 2>&1
		check "what was written counts" test "$(awk '$1 == "1k-blocks" { print $2 }' \
			"$VIEW/vz/vzquota")" -ge 1024
	else # the file system counts nothing
		printf 'DISKSPACE="2G:2252M"\nDISKINODES="131072:144000"\nQUOTATIME="600"\n' \
			>>"$CT_DIR/conf/$id.conf"
	fi
	# As Proxmox reads it.
	like "quota" "$(<"$VIEW/vz/vzquota")" "qid: path {12}usage {6}softlimit {6}hardlimit {7}time {5}expire
$id: \\S+/private/$id
  1k-blocks +[0-9]+ {8}2097152 {8}2306048 {10}0 {8}600
 {5}inodes +[0-9]+ {9}131072 {9}144000 {10}0 {8}600"
}

blkio_is_io_stat()
{
	if [ ! -e "$CGROUP2/vzrun/$id/io.stat" ]; then
		is "without the controller io no device is told of" \
			"$(<"$VIEW/vz/beancounter/$id/blkio.io_service_bytes")" "Total 0"
		return
	fi
	ct exec "$id" sh -c 'dd if=/dev/zero of=/tmp/f bs=64k count=16; sync' >/dev/null 2>&1
	is "bytes" "$(awk '$2 == "Write" { n += $3 } END { print n + 0 }' \
		"$VIEW/vz/beancounter/$id/blkio.io_service_bytes")" \
		"$(sed 's/.*wbytes=\([0-9]*\).*/\1/' "$CGROUP2/vzrun/$id/io.stat" |
			awk '{ n += $1 } END { print n + 0 }')"
}

# What a reader sees is of one moment, however it reads.
text_stays_as_it_is_for_a_reader()
{
	local first rest
	exec 7<"$VIEW/user_beancounters"
	first=$(dd bs=100 count=1 <&7 2>/dev/null)
	ct exec "$id" sh -c 'sleep 20 & sleep 20 &' >/dev/null
	rest=$(cat <&7)
	exec 7<&-
	is "all lines are there, and are whole" \
		"$(awk 'NR > 1 { print length }' <<<"$first$rest" | sort | uniq -c | sed 's/^ *//')" "25 129"
	# One that stops half way holds up nobody.
	exec 7<"$VIEW/bc/resources"
	check "another reads" test -n "$(vestat 1)"
	exec 7<&-
}

killed_one_leaves_nothing_to_mend()
{
	local pid
	pid=$(server_pid)
	try serve
	is "a second one is refused" "$status" 1
	like "with the reason" "$err" 'one is there'
	kill -9 "$pid"
	until_true sh -c "! stat '$VIEW/vz'"
	check "the next one takes its place" serve
	is "and serves" "$(vestat 1)" "$id"
	ct stop "$id" --fast >/dev/null 2>&1
	is "a stopped CT is gone" "$(ls "$VIEW/bc")" resources
	kill "$(server_pid)"
	until_true sh -c "! mountpoint -q '$VIEW'"
	check "told to end it unmounts" sh -c "! mountpoint -q '$VIEW'"
	ct destroy "$id" >/dev/null
}

# One CT for all.
t_of_a_ct_that_runs()
{
	check "it serves" serve
	make_ct
	start_ct
	shows_what_there_is
	vestat_is_the_cgroups_time
	beancounters_are_the_kernels
	veinfo_and_quota_are_the_confs
	blkio_is_io_stat
	text_stays_as_it_is_for_a_reader
	killed_one_leaves_nothing_to_mend
}

t_wrong_use()
{
	try "$VZPROCD"
	is "no folder" "$status" 2
	try "$VZPROCD" --nonsense "$VIEW"
	is "no such option" "$status" 2
	try "$VZPROCD" --foreground /dev/null
	is "what is no folder" "$status" 1
	like "told" "$err" '^vzprocd: '
}

run_tests "$@"
