#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: long
# A container's life: what each state allows, who is told of its end, and what is left when a
# verb is killed half-way.
# shellcheck disable=SC2016,SC2154 # single quotes are for jq or the shell inside; status, out and err: try
. "${0%/*}/lib.sh"
. "${0%/*}/probe.sh"

PEER=${VZRUN%/*}/tests/integration/peer
[ -x "$PEER" ] || tap_bail "$PEER is missing (make check builds it)"

status_of() # ID
{
	vzrun state "$1" | jq -r .status
}

has_status() # ID STATUS
{
	[ "$(status_of "$1")" = "$2" ]
}

pid_of() # ID
{
	vzrun state "$1" | jq .pid
}

is_over() # PID: ended, if perhaps nobody has reaped it yet
{
	[ ! -e "/proc/$1" ] || grep -q '^State:.*Z' "/proc/$1/status"
}

# A fresh container $id of `sleep 1000` (or CMD) in a state.
bring_to() # STATE [FILTER [CMD...]]
{
	local filter=${2:-.}
	new_id
	[ $# -ge 3 ] || set -- "$1" "$filter" sleep 1000
	make_bundle "$SCRATCH/$id" "$filter" "${@:3}"
	vzrun create --bundle "$SCRATCH/$id" "$id" >"$SCRATCH/$id.out" 2>&1
	[ "$1" = created ] || vzrun start "$id"
	case $1 in
	paused) vzrun pause "$id" ;;
	stopped)
		vzrun kill "$id" KILL
		until_true has_status "$id" stopped
		;;
	esac
}

gone() # ID
{
	! vzrun state "$1" >/dev/null 2>&1 && { [ -z "$CGROUP_DIR" ] || [ ! -e "$CGROUP_DIR/$1" ]; }
}

# ---- what each state allows ----

allows() # VERB...
{
	try vzrun "$@"
	is "$state: $1 (allowed)" "$status/$err" 0/
}

refuses() # REGEX VERB...
{
	try vzrun "${@:2}"
	like "$state: $2 (refused)" "$status/$err" "^(1|255)/vzrun: $2 $id: $1\$"
	has_status "$id" "$state" || is "$state: $2 changes nothing" "$(status_of "$id")" "$state"
}

t_created()
{
	local state=created
	bring_to created
	is "status" "$(status_of "$id")" created
	check "its program does not run yet" [ "$(tr '\0' ' ' <"/proc/$(pid_of "$id")/cmdline")" != "sleep 1000 " ]
	refuses 'container with id ".*" already exists' create --bundle "$SCRATCH/$id" "$id"
	refuses '.*already exists' run --bundle "$SCRATCH/$id" "$id"
	refuses "cannot delete container $id that is not stopped: created" delete "$id"
	refuses 'container not paused.*' resume "$id"
	# As with runc.
	is "exec" "$(vzrun exec "$id" echo inside)" inside
	is "ps" "$(vzrun ps -f json "$id")" "[$(pid_of "$id")]"
	if [ -n "$CGROUP_DIR" ]; then
		allows pause "$id"
		is "paused" "$(status_of "$id")" paused
		state=paused
		refuses 'cannot start a container in the paused state' start "$id"
		state=created
		allows resume "$id"
		is "resumed" "$(status_of "$id")" created
	fi
	allows start "$id"
	is "started" "$(status_of "$id")" running
	allows delete --force "$id"
	check "nothing is left" gone "$id"
}

t_created_and_killed()
{
	bring_to created
	vzrun kill "$id" KILL
	check "it stops" until_true has_status "$id" stopped
	try vzrun start "$id"
	is "start" "$status/$err" "1/vzrun: start $id: cannot start a container that has stopped"
	try vzrun delete "$id"
	is "delete" "$status/$err" 0/
}

t_created_and_deleted_by_force()
{
	bring_to created
	try vzrun delete --force "$id"
	is "delete --force" "$status/$err" 0/
	check "nothing is left" gone "$id"
}

t_running()
{
	local state=running
	bring_to running
	is "status" "$(status_of "$id")" running
	refuses '.*already exists' create --bundle "$SCRATCH/$id" "$id"
	refuses 'cannot start an already running container' start "$id"
	refuses "cannot delete container $id that is not stopped: running" delete "$id"
	refuses 'container not paused.*' resume "$id"
	allows kill "$id" WINCH
	allows delete --force "$id"
	check "nothing is left" gone "$id"
}

t_paused()
{
	local state=paused pid
	if [ -z "$CGROUP_DIR" ]; then
		skip "pause" "no cgroup v2 here"
		return
	fi
	bring_to paused
	pid=$(pid_of "$id")
	is "frozen for the kernel" "$(grep frozen "$CGROUP_DIR/$id/cgroup.events")" "frozen 1"
	refuses 'cannot start a container in the paused state' start "$id"
	refuses 'container not running.*' pause "$id"
	refuses 'cannot exec in a paused container.*' exec "$id" true
	refuses "cannot delete container $id that is not stopped: paused" delete "$id"
	allows kill "$id" WINCH
	allows resume "$id"
	is "resumed" "$(status_of "$id")" running
	is "thawed for the kernel" "$(grep frozen "$CGROUP_DIR/$id/cgroup.events")" "frozen 0"
	vzrun pause "$id"
	allows kill "$id" KILL
	check "SIGKILL ends it nevertheless" until_true is_over "$pid"
	try vzrun delete "$id"
	is "delete" "$status/$err" 0/
	bring_to paused
	allows delete --force "$id"
	check "nothing is left" gone "$id"
}

t_exec_in_a_paused_container_waits()
{
	if [ -z "$CGROUP_DIR" ]; then
		skip "pause" "no cgroup v2 here"
		return
	fi
	bring_to paused
	"$VZRUN" --root "$ROOT" exec --ignore-paused "$id" echo late >"$SCRATCH/late" &
	until_true grep -q frozen "$CGROUP_DIR/$id/cgroup.events"
	check "nothing yet" [ ! -s "$SCRATCH/late" ]
	vzrun resume "$id"
	wait $!
	is "after resume" "$?/$(<"$SCRATCH/late")" 0/late
	vzrun delete --force "$id"
}

t_stopped()
{
	local state=stopped
	bring_to stopped
	is "pid" "$(pid_of "$id")" 0
	refuses '.*already exists' create --bundle "$SCRATCH/$id" "$id"
	refuses 'cannot start a container that has stopped' start "$id"
	refuses 'container not running' kill "$id" TERM
	refuses 'container not running.*' pause "$id"
	refuses 'container not paused.*' resume "$id"
	refuses 'cannot exec in a stopped container' exec "$id" true
	allows ps "$id" # none, as with runc
	allows kill --all "$id" KILL
	allows delete "$id"
	check "nothing is left" gone "$id"
	try vzrun delete "$id"
	like "delete again" "$status/$err" '^1/.*does not exist'
	allows delete --force "$id"
	try vzrun create --bundle "$SCRATCH/$id" "$id"
	is "the id is free again" "$status/$err" 0/
	vzrun delete --force "$id"
}

t_it_ends_by_itself()
{
	bring_to running . sh -c 'exit 3'
	check "it is stopped" until_true has_status "$id" stopped
	try vzrun delete "$id"
	is "delete" "$status/$err" 0/
	check "nothing is left" gone "$id"
}

t_what_an_init_leaves_behind_goes_with_it()
{
	local pid
	# Without a pid namespace its child lives on: the cgroup tells whose it is.
	if [ -z "$CGROUP_DIR" ]; then
		skip "children" "no cgroup v2 here"
		return
	fi
	bring_to running 'del(.linux.namespaces[] | select(.type == "pid"))' sh -c 'sleep 1000 & exit 0'
	until_true has_status "$id" stopped
	pid=$(<"$CGROUP_DIR/$id/cgroup.procs")
	check "the child lives" [ -d "/proc/$pid" ]
	try vzrun delete "$id"
	is "delete" "$status/$err" 0/
	check "no longer" until_true is_over "$pid"
}

# ---- files ----

t_pid_file()
{
	new_id
	make_bundle "$SCRATCH/$id" . sleep 1000
	echo 1234567890123 >"$SCRATCH/pid"
	vzrun create --pid-file "$SCRATCH/pid" --bundle "$SCRATCH/$id" "$id"
	is "of create" "$(<"$SCRATCH/pid")" "$(pid_of "$id")"
	vzrun delete --force "$id"
	(cd "$SCRATCH" && vzrun run --detach --pid-file pid.run --bundle "$id" "$id")
	is "of run, a relative one" "$(<"$SCRATCH/pid.run")" "$(pid_of "$id")"
	vzrun delete --force "$id"
	try vzrun create --pid-file "$SCRATCH/none/pid" --bundle "$SCRATCH/$id" "$id"
	like "one that can't be written" "$status/$err" '^1/.*--pid-file: .*No such file or directory$'
	check "nothing is left" gone "$id"
}

t_preserved_fds()
{
	local flags
	for flags in "" --detach; do
		new_id
		make_bundle "$SCRATCH/$id" . sh -c 'cat <&4; probe fds; echo written >&3'
		exec 3>"$SCRATCH/third" 4<<<fourth 5</dev/null 9</dev/null
		# shellcheck disable=SC2086 # perhaps no flag
		vzrun run $flags --preserve-fds 2 --bundle "$SCRATCH/$id" "$id" >"$SCRATCH/fds"
		exec 3>&- 4<&- 5<&- 9<&-
		check "run $flags: it ends" until_true grep -q written "$SCRATCH/third"
		is "run $flags: what it reads, and has" "$(<"$SCRATCH/fds")" $'fourth\n0 1 2 3 4'
		vzrun delete --force "$id"
	done
	new_id
	make_bundle "$SCRATCH/$id" . sh -c 'cat <&3; probe fds; exec sleep 1000'
	exec 3<<<third 4</dev/null
	vzrun create --preserve-fds 1 --bundle "$SCRATCH/$id" "$id" >"$SCRATCH/fds"
	exec 3<&- 4<&-
	vzrun start "$id"
	check "create and start" until_true grep -q '0 1' "$SCRATCH/fds"
	is "create and start" "$(<"$SCRATCH/fds")" $'third\n0 1 2 3'
	vzrun delete --force "$id"
}

# Someone may wait for the end of what a verb has open.
t_the_waiting_init_holds_little()
{
	local pid fds
	new_id
	make_bundle "$SCRATCH/$id" . true
	exec 3<"$SCRATCH" 8<"$SCRATCH" 19>"$SCRATCH/held"
	vzrun create --preserve-fds 1 --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
	exec 3<&- 8<&- 19>&-
	pid=$(pid_of "$id")
	fds=("/proc/$pid/fd"/*)
	is "stdio, what is preserved, the socket of start" ${#fds[@]} 5
	is "the preserved one" "$(readlink "/proc/$pid/fd/3")" "$SCRATCH"
	unlike "no other file" "$(readlink "${fds[@]}" | paste -sd ' ')" 'held|proc|cgroup'
	is "its folder" "$(readlink "/proc/$pid/cwd")" /
	vzrun delete --force "$id"
}

t_closed_stdio()
{
	new_id
	make_bundle "$SCRATCH/$id" . sh -c 'for fd in 0 1 2; do readlink /proc/1/fd/$fd; done >/mnt/out; probe fds >>/mnt/out'
	mkdir "$SCRATCH/$id/mnt"
	jq --arg dir "$SCRATCH/$id/mnt" '.mounts += [{destination: "/mnt", type: "bind", source: $dir, options: ["bind"]}]' \
		"$SCRATCH/$id/config.json" >"$SCRATCH/$id/c.json"
	vzrun run --config "$SCRATCH/$id/c.json" --bundle "$SCRATCH/$id" "$id" <&- >&- 2>&-
	is "status" $? 0
	like "nothing of ours is in their place" "$(paste -sd ' ' "$SCRATCH/$id/mnt/out")" \
		'^/dev/null /mnt/out /dev/null 0 1 2$'
}

t_a_long_root()
{
	local dir root
	dir=$(printf 'a-long-name-%.0s' {1..15})
	root=$SCRATCH/$dir/$dir
	new_id
	make_bundle "$SCRATCH/$id" . sleep 1000
	try "$VZRUN" --root "$root" create --bundle "$SCRATCH/$id" "$id"
	is "create" "$status/$err" 0/
	try "$VZRUN" --root "$root" start "$id"
	is "start" "$status/$err" 0/
	is "exec" "$("$VZRUN" --root "$root" exec "$id" echo inside)" inside
	try "$VZRUN" --root "$root" delete --force "$id"
	is "delete" "$status/$err" 0/
	check "it is empty" rmdir "$root"
	rm -r "${SCRATCH:?}/$dir"
}

# ---- run ----

t_exit_status_of_run()
{
	local code
	for code in 0 1 7 255; do
		try in_container . sh -c "exit $code"
		is "exit $code" "$status/$err" "$code/"
	done
	# pid 1 has no default actions: a signal of its own namespace does not kill it.
	try in_container 'del(.linux.namespaces[] | select(.type == "pid"))' sh -c 'kill -TERM $$'
	is "SIGTERM" "$status" 143
	try in_container 'del(.linux.namespaces[] | select(.type == "pid"))' sh -c 'kill -SEGV $$'
	is "SIGSEGV" "$status" 139
	try in_container . /bin/nowhere
	is "no program" "$status" 1
	gone "$id" || is "no program: what is left" "$id" ""
}

t_a_caller_that_ignores_its_children()
{
	new_id
	make_bundle "$SCRATCH/$id" . sh -c 'exit 7'
	try env --ignore-signal=CHLD "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/$id" "$id"
	is "status of run" "$status/$err" 7/
}

t_run_deletes()
{
	try in_container . true
	check "nothing is left" gone "$id"
	new_id
	make_bundle "$SCRATCH/$id" . sh -c 'exit 5'
	try vzrun run --keep --bundle "$SCRATCH/$id" "$id"
	is "run --keep" "$status" 5
	is "it is there" "$(status_of "$id")" stopped
	vzrun delete "$id"
}

t_run_is_outlived_by_nothing_but_detached()
{
	new_id
	make_bundle "$SCRATCH/$id" . sleep 1000
	try timeout 60 "$VZRUN" --root "$ROOT" run --detach --bundle "$SCRATCH/$id" "$id"
	is "run --detach" "$status/$out$err" 0/
	is "it runs" "$(status_of "$id")" running
	vzrun delete --force "$id"
}

t_somebody_else_deletes_what_run_waits_for()
{
	new_id
	make_bundle "$SCRATCH/$id" . sleep 1000
	"$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/$id" "$id" 2>"$SCRATCH/err" &
	until_true has_status "$id" running
	vzrun delete --force "$id"
	wait $!
	is "status and message" "$?/$(<"$SCRATCH/err")" 137/
	check "nothing is left" gone "$id"
}

# What run gets it passes on, to a program that says what it got and goes on, or dies of it.
t_run_passes_signals_on()
{
	local sig
	new_id
	make_bundle "$SCRATCH/$id" . sh -c 'for s in HUP INT QUIT USR1 USR2 TERM CONT WINCH ALRM; do trap "echo $s" $s; done
		echo ready; while :; do sleep 0.05; done'
	# A shell's background jobs ignore INT and QUIT, and so can't pass them on.
	rm -f "$SCRATCH/signals"
	env --default-signal "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/$id" "$id" >"$SCRATCH/signals" 2>&1 &
	until_true grep -q ready "$SCRATCH/signals"
	for sig in HUP INT QUIT USR1 USR2 TERM WINCH ALRM; do
		kill -"$sig" $!
		check "$sig" until_true grep -qx "$sig" "$SCRATCH/signals"
	done
	vzrun kill "$id" KILL
	wait $!
	is "its status" $? 137
}

# What a shell's background jobs, nohup, and daemons ignore.
t_nothing_is_ignored_because_the_caller_does()
{
	local ignore=--ignore-signal=HUP,INT,QUIT,PIPE,TERM,CHLD,TSTP,TTIN,TTOU
	new_id
	make_bundle "$SCRATCH/$id" . awk '/SigIgn/ { print; exit 3 }' /proc/self/status
	try env "$ignore" "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/$id" "$id"
	is "run" "$status/$out$err" $'3/SigIgn:\t0000000000000000'
	bring_to running
	try env "$ignore" "$VZRUN" --root "$ROOT" exec "$id" awk '/SigIgn/ { print; exit 3 }' /proc/self/status
	is "exec" "$status/$out$err" $'3/SigIgn:\t0000000000000000'
	vzrun delete --force "$id"
}

t_run_ends_with_what_a_signal_ended()
{
	new_id
	make_bundle "$SCRATCH/$id" . sh -c 'trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done'
	rm -f "$SCRATCH/signals"
	"$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/$id" "$id" >"$SCRATCH/signals" 2>&1 &
	until_true grep -q ready "$SCRATCH/signals"
	kill -TERM $!
	wait $!
	is "a handler's exit" $? 9
	check "it is deleted" gone "$id"
	make_bundle "$SCRATCH/$id" 'del(.linux.namespaces[] | select(.type == "pid"))' \
		sh -c 'echo ready; exec sleep 1000'
	rm -f "$SCRATCH/signals"
	"$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/$id" "$id" >"$SCRATCH/signals" 2>&1 &
	until_true grep -q ready "$SCRATCH/signals"
	kill -TERM $!
	wait $!
	is "killed by it" $? 143
	check "it is deleted" gone "$id"
}

t_exec_passes_signals_on()
{
	bring_to running
	rm -f "$SCRATCH/signals"
	"$VZRUN" --root "$ROOT" exec "$id" sh -c 'echo ready; exec sleep 1000' >"$SCRATCH/signals" &
	until_true grep -q ready "$SCRATCH/signals"
	kill -TERM $!
	wait $!
	is "status" $? 143
	is "the container runs on" "$(status_of "$id")" running
	vzrun delete --force "$id"
}

# ---- processes ----

t_init_is_the_subreapers_child()
{
	local init
	new_id
	make_bundle "$SCRATCH/$id" . sh -c 'exit 6'
	"$PEER" reap "$BASH" -c '
		"$1" --root "$2" create --bundle "$3" --pid-file "$3/pid" "$4"
		echo "parent $(awk "/^PPid/ { print \$2 }" "/proc/$(<"$3/pid")/status") reaper $PPID"
		"$1" --root "$2" start "$4"' sh "$VZRUN" "$ROOT" "$SCRATCH/$id" "$id" >"$SCRATCH/reap"
	init=$(<"$SCRATCH/$id/pid")
	like "its parent" "$(<"$SCRATCH/reap")" 'parent ([0-9]+) reaper ([0-9]+)'
	is "its parent" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
	like "who hears of its end" "$(<"$SCRATCH/reap")" "reaped $init 6"
	is "it stopped" "$(status_of "$id")" stopped
	vzrun delete "$id"
}

t_a_detached_exec_is_the_subreapers_child()
{
	bring_to running
	"$PEER" reap "$VZRUN" --root "$ROOT" exec --detach --pid-file "$SCRATCH/pid" "$id" sh -c 'exit 4' >"$SCRATCH/reap"
	is "who hears of its end" "$(<"$SCRATCH/reap")" "reaped $(<"$SCRATCH/pid") 4"
	vzrun delete --force "$id"
}

t_all_processes()
{
	local pid
	bring_to running . sh -c 'sleep 1000 & sleep 1000 & wait'
	pid=$(pid_of "$id")
	check "ps" until_true three_processes
	check "init is one" jq -e "index($pid) != null" <(vzrun ps -f json "$id")
	vzrun delete --force "$id"
}

three_processes() # [OPTION...]
{
	[ "$(vzrun "$@" ps -f json "$id" | jq length)" = 3 ]
}

# The pid namespace tells who belongs to it.
t_all_processes_without_a_cgroup()
{
	local pids pid
	new_id
	make_bundle "$SCRATCH/$id" . sh -c 'trap "" TERM; sh -c "trap : TERM; sleep 1000; sleep 1000" & unshare -p sleep 1000 & wait; exec sleep 1000'
	vzrun --cgroup-manager disabled run --detach --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
	check "ps" until_true three_processes
	pids=$(vzrun ps -f json "$id" | jq -r '.[]')
	vzrun exec "$id" sleep 1001 &
	pid=$!
	check "with an exec" until_true grep -qsx sleep /proc/[0-9]*/comm
	until_true [ "$(vzrun ps -f json "$id" | jq length)" -ge 4 ]
	like "kill --all reaches each" "$(vzrun kill --all "$id" KILL; echo $?)" '^0$'
	for pid in $pids; do
		check "process $pid has ended" until_true is_over "$pid"
	done
	wait
	try vzrun kill --all "$id" KILL
	is "kill --all again" "$status/$err" 0/
	vzrun delete "$id"
}

t_without_a_pid_namespace_and_a_cgroup()
{
	local pid
	new_id
	make_bundle "$SCRATCH/$id" 'del(.linux.namespaces[] | select(.type == "pid"))' sleep 1000
	vzrun --cgroup-manager disabled run --detach --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
	pid=$(pid_of "$id")
	is "only the init is known" "$(vzrun ps -f json "$id")" "[$pid]"
	vzrun kill --all "$id" TERM
	check "it has ended" until_true is_over "$pid"
	vzrun delete "$id"
}

# ---- many ----

t_one_of_many_creates_wins()
{
	local n pids=() won=0 code
	new_id
	make_bundle "$SCRATCH/$id" . sleep 1000
	for n in {1..8}; do
		"$VZRUN" --root "$ROOT" create --bundle "$SCRATCH/$id" "$id" >"$SCRATCH/create.$n" 2>&1 &
		pids+=($!)
	done
	for n in {1..8}; do
		code=0
		wait "${pids[n - 1]}" || code=$?
		if [ "$code" = 0 ]; then
			won=$((won + 1))
		else
			like "loser $n" "$code/$(<"$SCRATCH/create.$n")" '^1/vzrun: create .*already exists$'
		fi
	done
	is "winners" "$won" 1
	is "its state" "$(status_of "$id")" created
	vzrun delete --force "$id"
	check "nothing is left" gone "$id"
}

t_many_at_once()
{
	local n count=30 pids=() base
	[ -z "${VZRUN_TEST_VM:-}" ] || count=12
	new_id
	base=$id
	for ((n = 1; n <= count; n++)); do
		make_bundle "$SCRATCH/many$n" . sh -c "echo $n; exec sleep 1000"
		"$VZRUN" --root "$ROOT" run --detach --bundle "$SCRATCH/many$n" "$base-$n" >"$SCRATCH/many$n.out" 2>&1 &
		pids+=($!)
	done
	wait "${pids[@]}"
	is "all run" "$(vzrun list -f json | jq "map(select(.status == \"running\" and (.id | startswith(\"$base-\")))) | length")" "$count"
	is "each is another process" "$(vzrun list -f json | jq -r '.[].pid' | sort -u | wc -l)" "$count"
	pids=()
	for ((n = 1; n <= count; n++)); do
		"$VZRUN" --root "$ROOT" delete --force "$base-$n" &
		pids+=($!)
	done
	wait "${pids[@]}"
	is "none is left" "$(vzrun list -q)" ""
}

# ---- killed half-way, at moments that nobody chose ----

# Runs a verb and kills it after N thousandths of a second.
kill_after() # MSEC VERB...
{
	local pid
	"$VZRUN" --root "$ROOT" "${@:2}" >/dev/null 2>&1 &
	pid=$!
	sleep "$(printf '0.%03d' "$1")"
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

t_killed_verbs_leave_nothing_to_force()
{
	local verb n times=12 left=() step=1 bundle=$SCRATCH/killed
	if [ -n "${VZRUN_TEST_VM:-}" ]; then
		times=4 step=30
	fi
	make_bundle "$bundle" '.hooks = {createRuntime: [{path: "/bin/true"}], poststop: [{path: "/bin/true"}]}' sleep 1000
	for verb in create run start exec delete; do
		for ((n = 0; n < times; n++)); do
			new_id
			case $verb in
			create | run) kill_after $((n * step)) "$verb" --bundle "$bundle" "$id" ;;
			*)
				vzrun create --bundle "$bundle" "$id" >/dev/null 2>&1
				[ "$verb" = start ] || vzrun start "$id"
				case $verb in
				start) kill_after $((n * step)) start "$id" ;;
				exec) kill_after $((n * step)) exec "$id" sleep 1000 ;;
				delete) kill_after $((n * step)) delete --force "$id" ;;
				esac
				;;
			esac
			try vzrun delete --force "$id"
			[ "$status" = 0 ] || left+=("$verb $n: $err")
			gone "$id" || left+=("$verb $n: $id is left")
		done
		is "$verb" "${left[*]}" ""
	done
}

run_tests "$@"
