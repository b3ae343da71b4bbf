#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A fork bomb, a memory hog and a loop that writes to the disk, all in one container with limits:
# another container and a service of the host live and answer, and afterwards nothing is left.
# shellcheck disable=SC2119,SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/hog.sh"

SECONDS_AT_MOST=300 # the hogs end by themselves then, whatever becomes of this test
FOLDER='.mounts += [{destination: "/shared", type: "bind", source: "'$SCRATCH'/shared", options: ["bind", "rw"]}]'

# What a hosting machine sells: memory, processes, disk; and a share of the CPUs like everyone's.
limits()
{
	local device
	device=$(disk)
	echo '.linux.resources += {pids: {limit: 50}, memory: {limit: 50331648, swap: 50331648},
		blockIO: {throttleWriteBpsDevice: [{major: '"${device%:*}, minor: ${device#*:}"', rate: 4194304}]}}'
}

# Each hog has met its limit.
rages()
{
	[ "$(event pids.events max)" -gt 100 ] && [ "$(event memory.events oom_kill)" -gt 1 ] &&
		grep -q "^$(disk) .*wbytes=[0-9]\{7\}" "$CGROUP_DIR/$id/io.stat"
}

# They have met them again.
rage_again()
{
	[ "$(event pids.events max)" -gt "$forks" ] && [ "$(event memory.events oom_kill)" -gt "$kills" ]
}

told() # NAME CMD...
{
	local name=$1
	shift
	check "$name" until_true "$@"
	"$@" || tap_note "$(file pids.events), $(file memory.events), $(file io.stat)"
}

answers() # NAME SOCKET N
{
	try "$HOG" ask "$SCRATCH/shared/$2" "$3"
	is "$1 answers" "$status/${out//[0-9]/}" "0/ "
}

t_the_neighbours_live()
{
	local host neighbour hogs events forks kills
	mkdir -p "$SCRATCH/shared"
	"$HOG" serve "$SCRATCH/shared/host" &
	host=$!
	start_one "$FOLDER" hog serve /shared/neighbour
	neighbour=$id
	until_true test -S "$SCRATCH/shared/neighbour" -a -S "$SCRATCH/shared/host"
	answers "in peace the neighbour" neighbour 5

	start_one "$FOLDER | $(limits)" hog rage "$SECONDS_AT_MOST" /shared/file
	hogs=$id
	until_true rages # in a VM on a busy machine it takes its time
	told "each hog meets its limit" rages
	forks=$(event pids.events max) kills=$(event memory.events oom_kill)
	answers "the neighbour" neighbour 50
	answers "the host's service" host 50
	is "a new process in the neighbour" "$(vzrun exec "$neighbour" echo works)" works
	is "and a new container" "$(in_container . echo works)" works
	told "all the while the hogs rage" rage_again
	check "no more processes than allowed" test "$(file pids.current)" -le 50
	check "no more memory than allowed" test "$(file memory.current)" -le 50331648
	events=$(file memory.events)
	id=$neighbour
	is "the neighbour was not killed for it" "$(event memory.events oom_kill) $(event pids.events max)" "0 0"
	like "the hogs were" "$events" 'oom_kill [1-9]'

	vzrun kill --all "$hogs" KILL
	until_true grep -qx 'populated 0' "$CGROUP_DIR/$hogs/cgroup.events"
	end_one "$hogs"
	check "nothing is left of the hogs" test ! -e "$CGROUP_DIR/$hogs"
	is "no process either" "$(grep -lsz '^rage' /proc/[0-9]*/cmdline)" ""
	answers "the neighbour still" neighbour 5
	end_one "$neighbour"
	kill "$host"
	wait "$host" 2>/dev/null
}

need_controllers
run_tests "$@"
