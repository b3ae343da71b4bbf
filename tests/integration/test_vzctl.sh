#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: long
# The program by OpenVZ's name vzctl: grammar, texts, streams and statuses of OpenVZ's own.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/vzctl.sh"

t_what_it_tells_of_itself()
{
	try vzctl --version
	like "--version" "$status/$out/$err" '^0/vzctl version [0-9]+\.[0-9]+\.[0-9]+/$'
	try vzctl --help
	is "--help" "$status/$err" 0/
	like "its first line" "${out%%$'\n'*}" '^vzctl version [0-9]+\.[0-9]+\.[0-9]+$'
	check "it tells of set" grep -q '^vzctl set ' <<<"$out"
	try vzctl
	is "without a word" "$status/$out" 20/
	like "tells how it is used" "$err" "Usage: vzctl"
	try vzctl --quiet --verbose
	is "flags alone" "$status" 20
}

t_bad_words_and_ids()
{
	local bad
	try vzctl foo 101
	said "a bad command" "" "Bad command: foo" 20
	try vzctl $'a\nb'
	said "one with a line break" "" "Bad command: a?b" 20
	try vzctl start
	said "no id" "" "CT ID missing" 21
	for bad in -1 2147483645 99999999999 ../x 01 1x x 'a b' '' /etc/passwd; do
		try vzctl start "$bad"
		said "start $(printf %q "$bad")" "" "Bad CT ID $bad" 21
		try vzctl create "$bad" --ostemplate minimal
		said "create $(printf %q "$bad")" "" "Bad CT ID $bad" 21
	done
	try vzctl stop $'1\n2'
	said "a name with a line break" "" "Bad CT ID 1?2" 21
	try vzctl start 0
	said "start 0" "" "Only set actions are allowed for CT0" 21
	try vzctl set 0 --hostname x --save
	is "set 0" "$status" 21
	new_ct
	for bad in start stop restart mount umount enter chkpnt restore quotaon quotaoff quotainit; do
		try vzctl "$bad" "$id"
		said "$bad of none" "" "Container config file does not exist" 14
	done
	try vzctl destroy "$id"
	said "destroy of none" "" "Container config file does not exist" 14
	try vzctl status "$id"
	said "status of none" "CTID $id deleted unmounted down"
	is "nothing is made" "$(find "$VZ" "$CONF" -name "*$id*")" ""
}

t_bad_options()
{
	make_ct
	try vzctl start "$id" --foo
	is "unknown, of start" "$status/$out" 20/
	try vzctl set "$id" --foo
	is "unknown, of set" "$status/$out" 21/
	try vzctl set "$id" --hostname
	is "without its value" "$status/$out" 21/
	try vzctl stop "$id" now
	said "an argument too many" "" "Invalid extra arguments: now " 20
	try vzctl set "$id" --ipadd 1.2.3 --save
	is "a bad address" "$status/$out" 21/
	like "its text" "$err" '^Bad parameter for --ipadd: '
	try vzctl chkpnt "$id" --suspend --kill
	said "two steps" "" "Invalid syntax: only one sub command may be used" 20
	gone_ct
}

t_life()
{
	new_ct
	try vzctl create "$id" --ostemplate minimal --hostname web1.example
	said create "Creating container private area (minimal)
Performing postcreate actions
CT configuration saved to $CONF/$id.conf
Container private area was created"
	try vzctl create "$id" --ostemplate minimal
	is "create again" "$status/$out" 44/
	is "its last line" "${err##*$'\n'}" "Creation of container private area failed"
	like "its reason" "$err" "Private area already exists in $VZ/private/$id"
	try vzctl start "$id"
	said start "Starting container...
Container is mounted
Container start in progress..."
	try vzctl start "$id"
	said "start again" "" "Container is already running" 32
	try vzctl status "$id"
	said status "CTID $id exist mounted running"
	try vzctl destroy "$id"
	said "destroy of a running one" "Container is currently running. Stop it first." "" 32
	try vzctl umount "$id"
	said "umount of a running one" "" "Container is running -- stop it first" 32
	try vzctl stop "$id"
	said stop "Stopping container ...
Container was stopped
Container is unmounted"
	try vzctl stop "$id"
	said "stop again" "" "Unable to stop: container is not running"
	try vzctl umount "$id"
	said umount "" "CT is not mounted" 40
	try vzctl mount "$id"
	said mount "Container is mounted"
	try vzctl mount "$id"
	said "mount again" "" "Container is already mounted"
	try vzctl delete "$id"
	said "delete of a mounted one" "Container is currently mounted (umount first)" "" 41
	try vzctl umount "$id"
	said umount "Container is unmounted"
	try vzctl delete "$id"
	said delete "Destroying container private area: $VZ/private/$id
Container private area was destroyed"
	try vzctl status "$id"
	said status "CTID $id deleted unmounted down"
}

t_quiet_but_for_the_log()
{
	new_ct
	: >"$LOG"
	try vzctl --quiet create "$id" --ostemplate minimal
	said create ""
	try vzctl --quiet start "$id"
	said start ""
	try vzctl --quiet start "$id"
	said "start again" "" "" 32
	try vzctl --quiet status "$id"
	said "status tells it all the same" "CTID $id exist mounted running"
	like "the log has it" "$(<"$LOG")" "CT $id : failed, status 32: Container is already running"
	try vzctl --quiet stop "$id" --fast
	said stop ""
	try vzctl --quiet destroy "$id"
	said destroy ""
}

# As OpenVZ's, it goes on when who reads it has gone.
t_a_reader_that_has_gone_stops_nothing()
{
	make_ct
	{
		vzctl start "$id"
		echo $? >"$SCRATCH/status"
	} 2>&1 | true
	is "start" "$(<"$SCRATCH/status")" 0
	is "it runs" "$(vzctl status "$id")" "CTID $id exist mounted running"
	is "SIGPIPE is kept from nothing inside" "$(vzctl exec "$id" cat /proc/1/status |
		while read -r name mask; do
			[[ $name != Sig@(Blk|Ign): ]] || echo $((16#$mask >> 12 & 1))
		done | sort -u)" 0
	{
		vzctl stop "$id"
		echo $? >"$SCRATCH/status"
	} 2>&1 | true
	is "stop" "$(<"$SCRATCH/status")" 0
	is "it is down" "$(vzctl status "$id")" "CTID $id exist unmounted down"
	gone_ct
}

t_set_what_only_a_start_brings()
{
	make_ct
	start_ct
	try vzctl set "$id" --features sysinfo:on --save
	said "--features" "CT configuration saved to $CONF/$id.conf" \
		"Unable to set features on a running container
WARNING: Some of the parameters could not be applied to a running container.
	Please consider using --setmode option"
	gone_ct
}

t_exec()
{
	make_ct
	start_ct
	try vzctl exec "$id" echo a "b  c" '&&' echo d
	said "its words are a line of shell" "a b c
d"
	try vzctl exec "$id" exit 7
	said "any failure is 8" "" "" 8
	try vzctl exec2 "$id" exit 7
	said "exec2 tells" "" "" 7
	try vzctl exec3 "$id" echo "a  b" '&&'
	said "exec3 has no shell" "a  b &&"
	echo 'echo from a script' >"$SCRATCH/script"
	try vzctl exec "$id" - <"$SCRATCH/script"
	said "exec -" "from a script"
	try vzctl runscript "$id" "$SCRATCH/script"
	said "runscript" "from a script"
	try vzctl exec "$id"
	said "nothing to run" "" "No command line given for exec" 20
	try vzctl runscript "$id"
	said "no script" "" "Script not specified" 20
	try vzctl exec "$id" mkdir -p /dev/net
	said "what panels run" ""
	vzctl --quiet stop "$id" --fast
	try vzctl exec "$id" true
	said "of a stopped one" "" "Container is not running" 8
	try vzctl exec2 "$id" true
	said "exec2 of a stopped one" "" "Container is not running" 31
	gone_ct
}

t_stop_fast_kills()
{
	make_ct
	start_ct
	try vzctl stop "$id" --fast
	said "stop --fast" "Killing container ...
Container was stopped
Container is unmounted"
	gone_ct
}

t_suspend_and_resume_as_a_pause()
{
	make_ct
	start_ct
	try vzctl chkpnt "$id" --suspend
	said "chkpnt --suspend" "Setting up checkpoint...
	suspend...
Checkpointing completed successfully"
	is "it is frozen" "$(grep '^frozen' "$CGROUP2/vzrun/$id/cgroup.events")" "frozen 1"
	is "and runs, for OpenVZ" "$(vzctl status "$id")" "CTID $id exist mounted running"
	try vzctl suspend "$id" --suspend
	is "again" "$status" 16
	is "its last line" "${err##*$'\n'}" "Checkpointing failed"
	try vzctl chkpnt "$id" --resume
	said "chkpnt --resume" "Resuming..."
	is "it runs" "$(grep '^frozen' "$CGROUP2/vzrun/$id/cgroup.events")" "frozen 0"
	try vzctl chkpnt "$id" --resume
	is "again" "$status" 16
	try vzctl resume "$id"
	said "restore of a running one" "" "Unable to perform restore: container already running" 32
	vzctl --quiet chkpnt "$id" --suspend
	try vzctl chkpnt "$id" --kill
	is "chkpnt --kill" "$status" 0
	is "it is down" "$(vzctl status "$id")" "CTID $id exist unmounted down"
	try vzctl chkpnt "$id" --suspend
	is "of a stopped one" "$status" 31
	like "its text" "$err" "^Unable to setup checkpointing: container is not running"
	try vzctl chkpnt "$id" --resume
	is "resume of a stopped one" "$status" 31
	try vzctl restore "$id"
	is "without a dump" "$status/$out" "17/Restoring container ..."
	like "its text" "$err" "^Unable to open $VZ/dump/Dump.$id: No such file"
	gone_ct
}

t_a_memory_is_not_kept_yet()
{
	make_ct
	start_ct
	try vzctl chkpnt "$id"
	is "chkpnt" "$status/$out" 16/
	is "its last line" "${err##*$'\n'}" "Checkpointing failed"
	is "it runs on" "$(grep '^frozen' "$CGROUP2/vzrun/$id/cgroup.events")" "frozen 0"
	check "no dump" test ! -e "$VZ/dump/Dump.$id"
	gone_ct
}

# OpenVZ and Proxmox lock by making the file with their pid in it.
t_locks_of_others()
{
	local lock pid
	make_ct
	lock=$VZ/lock/$id.lck
	check "none is left" test ! -e "$lock"
	sleep 1000 &
	pid=$!
	until_true grep -q ^sleep "/proc/$pid/cmdline"
	echo "$pid" >"$lock"
	try vzctl start "$id"
	said "locked by a living process" "" "Locked by: pid $pid, cmdline sleep 1000
Container already locked" 9
	is "its file stays" "$(<"$lock")" "$pid"
	try vzctl status "$id"
	said "status asks for none" "CTID $id exist unmounted down"
	try vzctl --skiplock mount "$id"
	said --skiplock "Container is mounted"
	is "the caller's file stays" "$(<"$lock")" "$pid"
	try vzctl --skiplock umount "$id"
	said --skiplock "Container is unmounted"
	kill "$pid"
	wait "$pid" 2>/dev/null
	try vzctl mount "$id"
	said "its process is gone" "Container is mounted"
	check "none is left" test ! -e "$lock"
	echo "garbage" >"$lock"
	try vzctl umount "$id"
	said "a file without a pid" "Container is unmounted"
	printf '%s\nvzrun\n' "$$" >"$lock"
	try vzctl mount "$id"
	said "what a killed verb left, whose pid is another's now" "Container is mounted"
	vzctl --quiet umount "$id"
	gone_ct
}

t_verbs_at_once()
{
	local pid lock
	make_ct
	start_ct
	lock=$VZ/lock/$id.lck
	vzctl stop "$id" >/dev/null 2>&1 &
	pid=$!
	until_true test -s "$lock"
	kill -STOP "$pid"
	is "the file has its pid" "$(head -n 1 "$lock")" "$pid"
	try vzctl start "$id"
	is "another" "$status" 9
	like "says by whom" "$err" "^Locked by: pid $pid, cmdline .*vzctl stop $id
Container already locked$"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	try vzctl stop "$id" --fast
	is "what was killed locks nothing" "$status" 0
	gone_ct
}

# What is for ploop alone is refused as OpenVZ refuses it for other layouts.
t_snapshots_and_convert()
{
	local code word uuid=01234567-89ab-cdef-0123-456789abcdef
	make_ct
	while read -r code word; do
		eval "try vzctl $word"
		said "$word" "" "Snapshot feature is only available for ploop-based CTs" "$code"
	done <<-END
		156 snapshot $id --name first --skip-suspend
		156 snapshot $id --id {$uuid}
		159 snapshot-switch $id --id $uuid
		158 snapshot-delete $id --id $uuid
		160 snapshot-mount $id --id $uuid --target /mnt
		161 snapshot-umount $id --uuid $uuid
		167 snapshot-list $id
		167 snapshot-list $id -H -o uuid,date
	END
	for word in switch delete mount umount; do
		try vzctl "snapshot-$word" "$id"
		said "snapshot-$word without one" "" "Invalid syntax: snapshot id is missing" 20
	done
	try vzctl snapshot-mount "$id" --id "$uuid"
	said "without a target" "" "Invalid syntax: mount target is missing" 20
	try vzctl snapshot-switch "$id" --id "$uuid" --skip-resume --must-resume
	said "both" "" "Invalid syntax: --skip-resume and --must-resume can not be used together" 20
	for word in "$uuid-" "{$uuid" "${uuid%?}g" ""; do
		try vzctl snapshot "$id" --id "$word"
		is "no UUID: $word" "$status/$out" 21/
	done
	is "the fields" "$(vzctl snapshot-list "$id" -L | awk '{ print $1 }' | paste -sd ' ')" \
		"uuid id parent_uuid parent_id current date name desc device target"
	try vzctl convert "$id"
	said "convert" "" "No ploop support in the kernel, or kernel is way too old." 99
	try vzctl convert "$id" --layout ploop:raw
	is "convert --layout ploop:raw" "$status" 99
	try vzctl convert "$id" --layout simfs
	said "convert --layout simfs" "" "Only conversion to ploop is supported" 21
	try vzctl convert "$id" --layout zfs
	is "convert --layout zfs" "$status/$out" 21/
	gone_ct
	try vzctl snapshot-list "$id"
	said "of none" "" "Container config file does not exist" 14
}

t_the_host()
{
	local bad weight=$CGROUP2/vzrun/cpu.weight
	try vzctl start 0
	said "start 0" "" "Only set actions are allowed for CT0" 21
	for bad in 7 500001 x "''" "1.5" -1; do
		eval "try vzctl set 0 --cpuunits $bad --save"
		is "set 0 --cpuunits $bad" "$status/$out" 21/
	done
	try vzctl set 0 --cpuunits 1000 --onboot yes --save
	said "of other options" "" "CT0 is the host: of it only --cpuunits can be set, not --onboot" 21
	try vzctl set 0
	is "nothing" "$status" 20
	check "nothing is kept" test ! -e "$CONF/0.conf"
	has_controller cpu || { skip "set 0 --cpuunits" "cgroup v2 has no cpu controller here"; return; }
	try vzctl set 0 --cpuunits 2000
	said "set 0" "Setting CPU units: 2000
WARNING: Settings were not saved to config (use --save flag)"
	is "the CTs weigh half" "$(<"$weight")" 50
	try vzctl set 0 --cpuunits 500 --save
	said "set 0 --save" "Setting CPU units: 500
CT configuration saved to $CONF/0.conf"
	is "the CTs weigh double" "$(<"$weight")" 200
	is "is kept" "$(<"$CONF/0.conf")" 'CPUUNITS="500"'
	try vzctl set 0 --cpuunits 500000
	is "the most" "$status/$(<"$weight")" 0/1
	try vzctl set 0 --cpuunits 8
	is "the least" "$status/$(<"$weight")" 0/10000
	check "boot brings it back" vzrun boot
	is "from the conf" "$(<"$weight")" 200
	rm "$CONF/0.conf"
	echo VE0CPUUNITS=4000 >>"$ETC_VZ/vz.conf"
	check "boot again" vzrun boot
	is "from vz.conf" "$(<"$weight")" 25
	sed -i '/VE0CPUUNITS/d' "$ETC_VZ/vz.conf"
	vzctl --quiet set 0 --cpuunits 1000
	is "as usual" "$(<"$weight")" 100
}

t_quota_and_compact()
{
	make_ct
	for word in quotaon quotaoff quotainit; do
		try vzctl --skiplock "$word" "$id"
		said "$word" "Disk usage is counted by the file system, skipping operation"
	done
	echo 'DISK_QUOTA=no' >>"$ETC_VZ/vz.conf"
	try vzctl quotaon "$id"
	said quotaon "" "Disk quota is not enabled, skipping operation" 60
	try vzctl quotaoff "$id"
	is quotaoff "$status" 66
	try vzctl quotainit "$id"
	is quotainit "$status" 61
	sed -i '/DISK_QUOTA/d' "$ETC_VZ/vz.conf"
	try vzctl compact "$id"
	said compact "Compact only makes sense for ploop containers"
	gone_ct
}

t_log()
{
	local date='^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{4} vzctl : CT'
	: >"$LOG"
	make_ct --hostname a.b
	is "each line has the format" "$(grep -vE "$date $id : [^ ]" "$LOG")" ""
	like "who ran what" "$(head -n 1 "$LOG")" \
		"CT $id : vzctl create $id --ostemplate minimal --hostname a.b \(uid 0(, logged in as uid [0-9]+)?, from .*\[[0-9]+\]\)$"
	like "what it told" "$(<"$LOG")" "CT $id : Creating container private area \(minimal\)"
	like "how it ended" "$(tail -n 1 "$LOG")" "CT $id : done, status 0$"
	: >"$LOG"
	vzctl --quiet umount "$id"
	like "a failure" "$(tail -n 1 "$LOG")" "CT $id : failed, status 40: CT is not mounted$"
	: >"$LOG"
	vzrun mount "$id" >/dev/null
	like "vzrun's verbs too" "$(head -n 1 "$LOG")" " vzctl : CT $id : vzrun mount $id \(uid 0"
	vzrun umount "$id" >/dev/null
	: >"$LOG"
	vzctl status "$id" >/dev/null
	is "what only looks is not in it" "$(<"$LOG")" ""
	vzctl --quiet set "$id" --searchdomain $'a\nb\e[31m' --save
	is "a line is a line" "$(grep -cvE "$date" "$LOG")" 0
	like "control characters are escaped" "$(head -n 1 "$LOG")" 'searchdomain "a\\nb\\x1b\[31m"'
	gone_ct
}

# Panels run things inside all the time: that is news for LOG_LEVEL=1, and what it was is nobody's.
t_log_of_what_runs_inside()
{
	make_ct
	start_ct
	: >"$LOG"
	vzctl exec "$id" "echo root:secret" >/dev/null
	vzctl exec2 "$id" true
	is "is not in it" "$(<"$LOG")" ""
	sed -i 's/^LOG_LEVEL=.*/LOG_LEVEL=1/' "$ETC_VZ/vz.conf"
	vzctl exec "$id" "echo root:secret" >/dev/null
	like "LOG_LEVEL=1: who" "$(head -n 1 "$LOG")" "CT $id : vzctl exec $id \.\.\. \(uid 0"
	unlike "but not what" "$(<"$LOG")" secret
	vzctl exec2 "$id" exit 7
	like "and how it ended" "$(tail -n 1 "$LOG")" "CT $id : done, status 7$"
	sed -i 's/^LOG_LEVEL=.*/LOG_LEVEL=0/' "$ETC_VZ/vz.conf"
	gone_ct
}

t_log_settings()
{
	make_ct
	: >"$LOG"
	sed -i 's/^LOGGING=.*/LOGGING=no/' "$ETC_VZ/vz.conf"
	vzctl --quiet mount "$id"
	is "LOGGING=no" "$(<"$LOG")" ""
	sed -i 's/^LOGGING=.*/LOGGING=yes/; s/^LOG_LEVEL=.*/LOG_LEVEL=-1/' "$ETC_VZ/vz.conf"
	vzctl --quiet umount "$id"
	is "LOG_LEVEL=-1" "$(<"$LOG")" ""
	vzctl --quiet umount "$id"
	is "has errors alone" "$(grep -c . "$LOG")" 1
	sed -i "s/^LOG_LEVEL=.*/LOG_LEVEL=0/; s|^LOGFILE=.*|LOGFILE=/proc/nowhere/log|" "$ETC_VZ/vz.conf"
	try vzctl mount "$id"
	is "one that can't be written" "$status/$out" "0/Container is mounted"
	like "is told" "$err" "nothing is logged"
	mkfifo "$SCRATCH/fifo"
	sed -i "s|^LOGFILE=.*|LOGFILE=$SCRATCH/fifo|" "$ETC_VZ/vz.conf"
	try vzctl umount "$id"
	is "a pipe that nobody reads" "$status" 0
	sed -i "s|^LOGFILE=.*|LOGFILE=$LOG|" "$ETC_VZ/vz.conf"
	gone_ct
}

t_register_and_unregister()
{
	local area
	make_ct --hostname moved
	area=$VZ/private/$id
	try vzctl unregister "$id"
	is "unregister" "$status$err" 0
	check "the conf is gone" test ! -e "$CONF/$id.conf"
	check "the data is not" test -d "$area"
	try vzctl register
	said "register alone" "" "CT ID missing" 21
	try vzctl register "$area"
	said "without a CT" "" "CT ID missing" 21
	try vzctl register "$area" ../x
	said "as no CT" "" "Bad CT ID ../x" 21
	try vzctl register "$area" "$id"
	is "register" "$status$err" 0
	like "its conf is back" "$(<"$CONF/$id.conf")" 'HOSTNAME="moved"'
	try vzctl start "$id"
	is "and it starts" "$status" 0
	vzctl stop "$id" --fast >/dev/null
	vzctl destroy "$id" >/dev/null
}

run_tests "$@"
