#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The program by OpenVZ's names vzpid and vzcfgvalidate.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/vzctl.sh"

pid_of() # NAME: of a process of the CT $id
{
	local p
	while read -r p; do
		[ "$(<"/proc/$p/comm")" != "$1" ] || { echo "$p"; return; }
	done <"$CGROUP2/vzrun/$id/cgroup.procs"
	false
}

t_vzpid()
{
	local init inner sleep
	make_ct --hostname a.b
	start_ct
	init=$(vzrun state "$id" | jq .pid)
	vzrun exec --detach "$id" sleep 1000
	until_true pid_of sleep
	sleep=$(pid_of sleep)
	inner=$(awk '/^NSpid/ { print $3 }' "/proc/$sleep/status")
	try vzpid "$init" $$ "$sleep"
	said "of a CT, and of the host" "Pid	CTID	Name
$init	$id	init
$$	0	bash
$sleep	$id	sleep"
	try vzpid -p "$init" $$ "$sleep"
	said "with -p" "Pid	CT/Pid	CTID	Name
$init	1	$id	init
$$	$$	0	bash
$sleep	$inner	$id	sleep"
	echo "$init $sleep" >"$SCRATCH/pids"
	try vzpid - <"$SCRATCH/pids"
	said "from stdin" "Pid	CTID	Name
$init	$id	init
$sleep	$id	sleep"
	# What InterServer's panel runs.
	is "a panel's way" "$(vzpid $$ "$sleep" | grep "[[:space:]]${id}[[:space:]]" | awk '{print $1}')" "$sleep"
	try vzpid 0 -1 999999999 x
	said "none" "Pid	CTID	Name"
	try vzpid
	like "no argument" "$status/$out/$err" '^1//Usage: vzpid'
	try vzpid -h
	like "-h" "$status/$out/$err" '^0/Usage: vzpid.*/$'
	gone_ct
}

# Neither the name of a cgroup inside nor that of the host's makes a CT of a process.
t_vzpid_is_not_deceived()
{
	local pid
	make_ct
	start_ct
	mkdir "$CGROUP_DIR/$id"
	sleep 1000 &
	pid=$!
	echo "$pid" >"$CGROUP_DIR/$id/cgroup.procs"
	is "the host's" "$(vzpid "$pid" | tail -n 1)" "$pid	0	sleep"
	kill "$pid"
	wait "$pid" 2>/dev/null
	until_true rmdir "$CGROUP_DIR/$id"
	vzrun exec "$id" sh -c 'mkdir -p /sys/fs/cgroup/2/3 && echo $$ >/sys/fs/cgroup/2/3/cgroup.procs && exec sleep 1000' &
	until_true grep -q . "$CGROUP2/vzrun/$id/2/3/cgroup.procs"
	pid=$(<"$CGROUP2/vzrun/$id/2/3/cgroup.procs")
	until_true grep -qx sleep "/proc/$pid/comm"
	is "below" "$(vzpid "$pid" | tail -n 1)" "$pid	$id	sleep"
	gone_ct
	wait
}

t_vzcfgvalidate()
{
	local conf=$SCRATCH/x.conf
	make_ct --hostname a.b --ipadd 10.1.2.3
	try vzcfgvalidate "$CONF/$id.conf"
	said "a CT's" "" "Validation completed: success"
	gone_ct
	printf '%s\n' '# a comment' 'PHYSPAGES="0:512M"' 'SWAPPAGES="0:1G"' 'DISKSPACE="2G:2.2G"' \
		'KMEMSIZE="14372700:14790164"' 'NUMPROC="unlimited"' 'ONBOOT="yes"' 'MYKEY="x y"' >"$conf"
	try vzcfgvalidate "$conf"
	said "limits" "" "Validation completed: success"
	echo 'NUMFILE="10:5"' >>"$conf"
	cp "$conf" "$SCRATCH/before"
	try vzcfgvalidate "$conf"
	said "a barrier above its limit" "" \
		"$conf:9: NUMFILE: the barrier should be <= the limit (they are 10:5)" 2
	check "nothing is changed" cmp "$conf" "$SCRATCH/before"
	try vzcfgvalidate -r "$conf"
	said "repaired" "" "$conf:9: NUMFILE: the barrier should be <= the limit (they are 10:5)
set to 10:10
Validation completed: success"
	is "it alone is changed" "$(diff "$SCRATCH/before" "$conf")" '9c9
< NUMFILE="10:5"
---
> NUMFILE="10:10"'
	printf '%s\n' 'PHYSPAGES="1:512M"' >"$conf"
	try vzcfgvalidate -r "$conf"
	is "a barrier of memory" "$status/$(<"$conf")" '0/PHYSPAGES="0:131072"'
}

t_vzcfgvalidate_bad_input()
{
	local conf=$SCRATCH/x.conf line
	try vzcfgvalidate "$SCRATCH/none"
	said "no file" "" "Container configuration file $SCRATCH/none not found" 1
	try vzcfgvalidate
	like "no argument" "$status/$err" '^1/Usage: vzcfgvalidate'
	try vzcfgvalidate -x "$conf"
	like "bad option" "$status/$err" '^1/.*Usage: vzcfgvalidate'
	for line in 'ONBOOT="perhaps"' 'NUMPROC="x"' 'NUMPROC="-1"' 'IP_ADDRESS="1.2.3"' 'HOSTNAME="a b"' \
		'DISKSPACE="1:2:3"' 'STOP_TIMEOUT="-1"' 'NETIF="foo"' 'ONBOOT=yes no' 'nonsense' 'X="'; do
		printf '# first\n%s\n' "$line" >"$conf"
		cp "$conf" "$SCRATCH/before"
		try vzcfgvalidate -r "$conf"
		is "$line" "$status/$out" 2/
		like "$line: tells where" "$err" "^$conf(:2)?: "
		check "$line: is left" cmp "$conf" "$SCRATCH/before"
	done
}

run_tests "$@"
