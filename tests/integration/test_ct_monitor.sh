#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A CT's monitor: what happens when its init ends without a verb of the host's.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

# A member of how it ended the last time; "" where there is none.
ended() # MEMBER
{
	sed -nE "s/.*\"$1\": ?\"?([^\",}]*).*/\1/p" "$ROOT/.ended/$id.json" 2>/dev/null
}

monitor_pid()
{
	local init
	init=$("$VZRUN" --root "$ROOT" state "$id" | sed -nE 's/.*"pid": ?([0-9]+).*/\1/p')
	sed -nE 's/^PPid:\t//p' "/proc/$init/status"
}

is_down()
{
	[ "$(ct status "$id")" = "CTID $id exist unmounted down" ]
}

t_a_monitor_is_the_parent_of_the_init()
{
	local pid
	make_ct
	start_ct
	pid=$(monitor_pid)
	is "the init's parent" "$(cat "/proc/$pid/comm")" vzrun-monitor
	is "its folder" "$(readlink "/proc/$pid/cwd")" /
	like "its cgroup" "$(sed -n 's/^0:://p' "/proc/$pid/cgroup")" "/vzrun/.monitors$|^/"
	ct stop "$id" --fast >/dev/null
	check "it goes with the stop" until_true gone "$pid"
	is "how" "$(ended how)" stopped
	ct destroy "$id" >/dev/null
	is "no record" "$(ls "$ROOT/.ended")" ""
}

gone()
{
	[ ! -e "/proc/$1" ]
}

t_poweroff_from_inside()
{
	make_ct
	start_ct
	ct exec "$id" poweroff -f
	check "it is cleaned up" until_true is_down
	is "how" "$(ended how)" poweroff
	check "no cgroup" test ! -e "$CGROUP2/vzrun/$id"
	check "no state" test ! -e "$ROOT/$id"
	start_ct
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
	is "what is left" "$(ct_traces "$id")" ""
}

runs_anew() # INIT
{
	local now
	now=$(init_pid)
	[ -n "$now" ] && [ "$now" != 0 ] && [ "$now" != "$1" ] && ct exec "$id" test -d /run/lock
}

init_pid()
{
	"$VZRUN" --root "$ROOT" state "$id" 2>/dev/null | jq .pid
}

# The monitor is slow: a stop comes between a reboot's end and its start.
t_stop_before_the_monitor_has_looked()
{
	local monitor
	make_ct
	start_ct
	monitor=$(monitor_pid)
	kill -STOP "$monitor"
	ct exec "$id" reboot -f
	until_true init_has_ended
	try ct stop "$id" --fast
	is "stop" "$status" 0
	check "it is cleaned up" is_down
	kill -CONT "$monitor"
	check "the monitor goes" until_true gone "$monitor"
	check "it is not started" is_down
	is "how" "$(ended how)" stopped
	ct destroy "$id" >/dev/null
	is "what is left" "$(ct_traces "$id")" ""
}

init_has_ended()
{
	[ "$("$VZRUN" --root "$ROOT" state "$id" | jq -r .status)" = stopped ]
}

t_reboot_from_inside()
{
	local before
	make_ct
	start_ct
	before=$(init_pid)
	ct set "$id" --hostname later.example --save >/dev/null
	ct exec "$id" sh -c 'echo data >/root/file'
	ct exec "$id" reboot -f
	check "it is started again" until_true runs_anew "$before"
	is "how" "$(ended how)" reboot
	is "its file" "$(ct exec "$id" cat /root/file)" data
	is "the conf as it is now" "$(ct exec "$id" hostname)" later.example
	is "a new monitor" "$(cat "/proc/$(monitor_pid)/comm")" vzrun-monitor
	# Once more, too soon for another: there is a pause, in which it can be stopped.
	before=$(init_pid)
	ct exec "$id" reboot -f
	check "it is cleaned up meanwhile" until_true is_down
	is "will come again" "$(ended again)" true
	is "not at once" "$(ended quick)" 1
	ct stop "$id" >/dev/null 2>&1
	is "called off" "$(ended again)" false
	check "its monitor goes" until_true no_monitor
	check "and it stays down" is_down
	ct destroy "$id" >/dev/null
}

# None is of this file's CTs: their arguments are nowhere, but the folder of state is.
no_monitor()
{
	! pgrep -f "vzrun .*$ROOT .*monitor $id" && [ ! -e "$ROOT/$id" ]
}

# Sets: --autorestart
t_a_crash()
{
	local before
	make_ct
	start_ct
	kill -9 "$(init_pid)"
	check "it stays down" until_true is_down
	is "how" "$(ended how) $(ended signal)" "signal 9"
	ct set "$id" --autorestart yes --save >/dev/null
	start_ct
	before=$(init_pid)
	kill -9 "$before"
	check "told to, it comes back" until_true runs_anew "$before"
	is "how" "$(ended how) $(ended again)" "signal true"
	ct exec "$id" poweroff -f
	check "poweroff is no crash" until_true is_down
	is "how" "$(ended how) $(ended again)" "poweroff false"
	try ct set "$id" --autorestart maybe --save
	is "yes or no" "$status" 21
	ct destroy "$id" >/dev/null
}

# Powers off as the first thing it does.
t_an_init_that_ends_at_once()
{
	local init='poweroff -f'
	ct_tree "$SCRATCH/brief"
	tar -C "$SCRATCH/brief" -cf "$SCRATCH/brief.tar" .
	new_ct
	ct create "$id" --ostemplate "$SCRATCH/brief.tar" >/dev/null
	try ct start "$id"
	is "start" "$status" 0
	check "it is cleaned up" until_true is_down
	is "how" "$(ended how)" poweroff
	ct destroy "$id" >/dev/null
	is "what is left" "$(ct_traces "$id")" ""
}

t_the_monitor_is_killed()
{
	local pid init
	make_ct
	start_ct
	pid=$(monitor_pid)
	init=$(init_pid)
	kill -9 "$pid"
	until_true gone "$pid"
	is "the CT runs on" "$(ct exec "$id" echo yes) $(init_pid)" "yes $init"
	try ct stop "$id" --fast
	is "stop" "$status" 0
	is "how" "$(ended how)" stopped
	ct destroy "$id" >/dev/null
	is "what is left" "$(ct_traces "$id")" ""
}

# A start that fails when the init is there already.
t_a_start_that_fails()
{
	make_ct
	printf '#!/bin/sh\nexit 1\n' >"$CT_DIR/conf/$id.start"
	chmod 755 "$CT_DIR/conf/$id.start"
	try ct start "$id"
	unlike "start" "$status" "^0$"
	is "status" "$(ct status "$id")" "CTID $id exist unmounted down"
	check "no state" test ! -e "$ROOT/$id"
	check "no record" test ! -e "$ROOT/.ended/$id.json"
	ct destroy "$id" >/dev/null
}

run_tests "$@"
