#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the verbs print and exit with, against what runc 1.3 was seen to print: engines parse it.
# shellcheck disable=SC2016 # what stands in single quotes is for the shell in the container
. "${0%/*}/lib.sh"

keys() # JSON: the names of its members, in one line
{
	jq -c 'keys_unsorted' <<<"$1"
}

has_status() # ID STATUS
{
	[ "$(vzrun state "$1" | jq -r .status)" = "$2" ]
}

has_lines() # FILE N: at least
{
	[ "$(wc -l <"$1")" -ge "$2" ]
}

watches() # PID: whether it has begun to
{
	grep -q ^inotify "/proc/$1/fdinfo/"*
}

# The container that the tests look at.
start_one()
{
	[ ! -e "$ROOT/c1" ] || return 0
	local filter='.annotations = {a: "b"}'
	# What nobody asks for the kernel may not count.
	! has_controller memory || filter+=' | .linux.resources.memory.limit = 1073741824'
	! has_controller pids || filter+=' | .linux.resources.pids.limit = 100'
	make_bundle "$SCRATCH/c1" "$filter" sleep 1000
	vzrun create --bundle "$SCRATCH/c1" c1 >/dev/null 2>&1
	vzrun start c1
}

t_life_of_a_container()
{
	make_bundle "$SCRATCH/life" '.process.args = ["sleep", "1000"]'
	try vzrun create --bundle "$SCRATCH/life" --pid-file "$SCRATCH/pid" life
	is "create" "$status/$out$err" 0/
	try vzrun state life
	is "status" "$(jq -r .status <<<"$out")" created
	is "pid file" "$(<"$SCRATCH/pid")" "$(jq .pid <<<"$out")"
	like "no line end in the pid file" "$(stat -c %s "$SCRATCH/pid")" "^$(tr -d '\n' <"$SCRATCH/pid" | wc -c)$"
	try vzrun create --bundle "$SCRATCH/life" life
	is "create again" "$status" 1
	like "create again" "$err" '^vzrun: create life: .*already exists'
	try vzrun start life
	is "start" "$status/$out$err" 0/
	try vzrun start life
	is "start again" "$status/$err" "1/vzrun: start life: cannot start an already running container"
	try vzrun delete life
	is "delete while it runs" "$status/$err" \
		"1/vzrun: delete life: cannot delete container life that is not stopped: running"
	try vzrun kill life KILL
	is "kill" "$status/$out$err" 0/
	check "it stops" until_true has_status life stopped
	is "pid of a stopped one" "$(vzrun state life | jq .pid)" 0
	try vzrun kill life KILL
	is "kill a stopped one" "$status/$err" "1/vzrun: kill life: container not running"
	try vzrun kill --all life KILL
	is "kill --all of a stopped one" "$status/$err" 0/
	try vzrun start life
	is "start a stopped one" "$status" 1
	try vzrun exec life true
	is "exec in a stopped one" "$status/$err" "255/vzrun: exec life: cannot exec in a stopped container"
	is "ps of a stopped one" "$(vzrun ps life | wc -l) $(vzrun ps --format json life)" "1 []"
	try vzrun events life
	is "events of a stopped one" "$status/$err" "1/vzrun: events life: container not running"
	try vzrun delete life
	is "delete" "$status/$out$err" 0/
	try vzrun delete life
	is "delete again" "$status" 1
}

t_state()
{
	start_one
	local state
	state=$(vzrun state c1)
	is "keys" "$(jq -c keys <<<"$state")" \
		'["annotations","bundle","created","id","ociVersion","owner","pid","rootfs","status"]'
	is "bundle" "$(jq -r .bundle <<<"$state")" "$SCRATCH/c1"
	is "rootfs" "$(jq -r .rootfs <<<"$state")" "$ROOTFS"
	is "annotations" "$(jq -c .annotations <<<"$state")" '{"a":"b"}'
	like "created" "$(jq -r .created <<<"$state")" '^20[0-9-]{8}T[0-9:]{8}\.[0-9]+Z$'
	is "pid" "$(tr '\0' ' ' <"/proc/$(jq .pid <<<"$state")/cmdline")" "sleep 1000 "
	like "it is indented" "$state" '^\{
  "ociVersion"'
}

t_list()
{
	start_one
	local lines
	try vzrun list
	mapfile -t lines <<<"$out"
	is "lines" ${#lines[@]} 2
	read -ra head <<<"${lines[0]}"
	is "head" "${head[*]}" "ID PID STATUS BUNDLE CREATED OWNER"
	read -ra row <<<"${lines[1]}"
	is "row" "${row[0]} ${row[2]} ${row[3]} ${row[5]}" "c1 running $SCRATCH/c1 root"
	# Columns begin where the head's do.
	local before=${lines[0]%%BUNDLE*}
	is "aligned" "${lines[1]:${#before}:1}" /
	is "-q" "$(vzrun list -q)" c1
	is "--quiet" "$(vzrun list --quiet)" c1
	is "json" "$(vzrun list --format=json | jq -c '.[0]')" "$(vzrun state c1 | jq -c .)"
	is "json is one line" "$(vzrun list -f json | wc -l)" 1
}

t_list_of_nothing()
{
	mkdir "$SCRATCH/empty"
	try "$VZRUN" --root "$SCRATCH/empty" list
	is "table" "$status/$out" "0/ID          PID         STATUS      BUNDLE      CREATED     OWNER"
	is "json" "$("$VZRUN" --root "$SCRATCH/empty" list -f json)" "[]"
	is "-q" "$("$VZRUN" --root "$SCRATCH/empty" list -q)" ""
	try "$VZRUN" --root "$SCRATCH/missing" list
	is "no such root" "$status/$err" \
		"1/vzrun: list: open \"$SCRATCH/missing\": No such file or directory"
}

t_relative_root()
{
	start_one
	is "--root run" "$(cd "$SCRATCH" && "$VZRUN" --root run list -q)" c1
	is "--root ../…" "$(cd "$SCRATCH/c1" && "$VZRUN" --root=../run/. list -q)" c1
}

t_ps()
{
	start_one
	local pid lines
	pid=$(vzrun state c1 | jq .pid)
	is "json" "$(vzrun ps --format json c1)" "[$pid]"
	mapfile -t lines < <(vzrun ps c1)
	read -ra head <<<"${lines[0]}"
	is "head" "${head[*]}" "UID PID PPID C STIME TTY TIME CMD"
	like "row" "${lines[1]}" "^root +$pid +[0-9]+ +[0-9]+ +[^ ]+ +\? +00:00:00 sleep 1000$"
	is "rows" ${#lines[@]} 2
	is "options of ps" "$(vzrun ps c1 -ef | wc -l)" 2
	is "its columns" "$(vzrun ps c1 -o pid,args)" "$(ps -o pid,args -p "$pid")"
	is "json is without them" "$(vzrun ps -f json c1 -o pid)" "[$pid]"
	try vzrun ps c1 -o args
	is "no column PID" "$status/$err" "1/vzrun: ps c1: ps: there is no column PID in what it printed"
	try vzrun ps c1 --nonsense
	like "its errors" "$status/$err" '^1/vzrun: ps c1: ps: exit status 1: error: unknown gnu long option'
	is "one line" "$(wc -l <<<"$err")" 1
	try env PATH="$SCRATCH" "$VZRUN" --root "$ROOT" ps c1 -ef
	is "no ps" "$status/$err" "1/vzrun: ps c1: ps is not to be found (install procps)"
}

t_pause_and_resume()
{
	start_one
	if [ -z "$CGROUP_DIR" ]; then
		skip "pause" "no cgroup v2 here"
		return
	fi
	try vzrun pause c1
	is "pause" "$status/$out$err" 0/
	is "state" "$(vzrun state c1 | jq -r .status)" paused
	is "list" "$(vzrun list -f json | jq -r '.[0].status')" paused
	try vzrun exec c1 true
	is "exec" "$status/$err" \
		"255/vzrun: exec c1: cannot exec in a paused container (use --ignore-paused to override)"
	try vzrun resume c1
	is "resume" "$status/$out$err" 0/
	is "state after" "$(vzrun state c1 | jq -r .status)" running
}

t_events_once()
{
	start_one
	local stats
	stats=$(vzrun events --stats c1)
	is "one line" "$(wc -l <<<"$stats")" 1
	is "keys" "$(keys "$stats")" '["type","id","data"]'
	is "type and id" "$(jq -r '.type + " " + .id' <<<"$stats")" "stats c1"
	is "data" "$(jq -c '.data | keys_unsorted' <<<"$stats")" \
		'["cpu","cpuset","memory","pids","blkio","hugetlb","intel_rdt","network_interfaces"]'
	check "CPU time was used" jq -e '.data.cpu.usage.total > 0' <<<"$stats"
	if has_controller pids; then
		is "processes" "$(jq .data.pids.current <<<"$stats")" 1
	else
		is "no pids controller" "$(jq .data.pids <<<"$stats")" null
	fi
	if has_controller memory; then
		check "memory is used" jq -e '.data.memory.usage.usage > 0 and .data.memory.raw.anon > 0' <<<"$stats"
	else
		is "no memory controller" "$(jq .data.memory <<<"$stats")" null
	fi
}

t_events_until_the_end()
{
	make_bundle "$SCRATCH/e1" . sleep 1000
	vzrun run --detach --bundle "$SCRATCH/e1" e1 >/dev/null 2>&1
	"$VZRUN" --root "$ROOT" events --interval 20ms e1 >"$SCRATCH/events" &
	check "a stream" until_true has_lines "$SCRATCH/events" 2
	vzrun kill e1 KILL
	wait $!
	is "it ends with the container" $? 0
	is "all are statistics" "$(jq -r .type "$SCRATCH/events" | sort -u)" stats
	vzrun delete -f e1
}

# A container, oom, that takes all memory when a line is written to $SCRATCH/oom/tmp/fifo.
start_oom() # FILTER
{
	make_bundle "$SCRATCH/oom" "$1" sh -c 'read line <>/tmp/fifo; tail /dev/zero; sleep 1000'
	mkdir "$SCRATCH/oom/tmp"
	mkfifo "$SCRATCH/oom/tmp/fifo"
	jq --arg dir "$SCRATCH/oom/tmp" '.mounts += [{destination: "/tmp", type: "bind", source: $dir,
		options: ["bind"]}]' "$SCRATCH/oom/config.json" >"$SCRATCH/oom/c"
	vzrun run --detach --bundle "$SCRATCH/oom" --config "$SCRATCH/oom/c" oom >/dev/null 2>&1
	"$VZRUN" --root "$ROOT" events --interval 1h oom >"$SCRATCH/events" &
	# The stream counts from its beginning: it must watch before the kill.
	check "it watches" until_true watches "$!"
}

one_kill_is_told()
{
	echo go >"$SCRATCH/oom/tmp/fifo"
	check "oom" until_true grep -qx '{"type":"oom","id":"oom"}' "$SCRATCH/events"
	vzrun delete -f oom
	wait $!
	is "told once" "$(grep -c '"type":"oom"' "$SCRATCH/events")" 1
	rm -r "$SCRATCH/oom"
}

t_events_tell_of_memory_kills()
{
	if ! has_controller memory; then
		skip "oom" "no memory controller for cgroup v2"
		return
	fi
	start_oom '.linux.resources.memory = {limit: 16777216, swap: 16777216}'
	one_kill_is_told

	mkdir "$CGROUP_DIR/bare" # a parent that passes nothing on
	start_oom ".linux.cgroupsPath = \"$CGROUP/bare/x\""
	check "without a controller" test ! -e "$CGROUP_DIR/bare/x/memory.events"
	vzrun update --memory 16M --memory-swap 16M oom
	one_kill_is_told
	rmdir "$CGROUP_DIR/bare"
}

t_spec()
{
	mkdir "$SCRATCH/s1"
	try vzrun spec --bundle "$SCRATCH/s1"
	is "status" "$status/$out$err" 0/
	is "keys" "$(jq -c keys "$SCRATCH/s1/config.json")" \
		'["hostname","linux","mounts","ociVersion","process","root"]'
	try vzrun spec -b "$SCRATCH/s1"
	is "again" "$status/$err" \
		"1/vzrun: spec: write \"$SCRATCH/s1/config.json\": File exists (remove it first)"
	try vzrun spec -b "$SCRATCH/s1" -f other.json --rootless
	is "rootless" "$(jq -c '[.linux.namespaces[].type] | index("user") != null' "$SCRATCH/s1/other.json")" true
	(cd "$SCRATCH/s1" && rm config.json && vzrun spec)
	check "in the current folder" test -s "$SCRATCH/s1/config.json"
	ln -sfn /nonexistent "$SCRATCH/s1/config.json"
	try vzrun spec -b "$SCRATCH/s1"
	is "a link is not followed" "$status" 1
	# As it is, but for a terminal that nobody holds here.
	mkdir "$SCRATCH/s2"
	vzrun spec -b "$SCRATCH/s2"
	jq --arg rootfs "$ROOTFS" --arg cgroup "$CGROUP/s2" '.process.terminal = false
		| .process.args = ["echo", "works"] | .root.path = $rootfs
		| .linux.cgroupsPath = $cgroup' "$SCRATCH/s2/config.json" >"$SCRATCH/s2/c"
	is "it runs" "$(vzrun run -b "$SCRATCH/s2" -f "$SCRATCH/s2/c" s2 2>&1)" works
}

t_features()
{
	local features
	features=$(vzrun features)
	is "versions" "$(jq -r '.ociVersionMin + " " + .ociVersionMax' <<<"$features")" "1.0.0 1.3.0"
	check "lists" jq -e '(.hooks | length) == 6 and (.mountOptions | index("rro")) != null
		and (.linux.namespaces | index("time")) != null' <<<"$features"
}

t_bundles()
{
	try vzrun create --bundle "$SCRATCH/nowhere" c9
	is "no such bundle" "$status/$err" \
		"1/vzrun: create c9: bundle \"$SCRATCH/nowhere\": No such file or directory"
	mkdir "$SCRATCH/void"
	try vzrun run --bundle "$SCRATCH/void" c9
	is "no config.json" "$status" 1
	like "no config.json" "$err" 'config.json.*: No such file or directory$'
	cd "$SCRATCH/void" || return
	try vzrun create c9
	cd /
	like "neither bundle nor template" "$err" 'No such file or directory \(give --bundle DIR, or --ostemplate'
	echo '{"ociVersion": "1.0.2", "root": {"path": "/"}, "process": {"cwd": "/", "args": 3}}' >"$SCRATCH/void/config.json"
	try vzrun create --bundle "$SCRATCH/void" c9
	like "a wrong one" "$status/$err" '^1/vzrun: create c9: .*config.json: process.args: '
	is "nothing was made" "$(vzrun list -q | grep c9)" ""
	make_bundle "$SCRATCH/here" . echo hello
	is "the current folder" "$(cd "$SCRATCH/here" && vzrun run here)" hello
	mkdir "$SCRATCH/conf"
	mv "$SCRATCH/here/config.json" "$SCRATCH/conf/other.json"
	is "--config" "$(cd "$SCRATCH/conf" && vzrun run -b ../here -f other.json here)" hello
}

t_run_passes_status_and_output()
{
	try in_container . sh -c 'echo out; echo err >&2; exit 7'
	is "exit status" "$status/$out/$err" 7/out/err
	make_bundle "$SCRATCH/killed" . sleep 1000
	vzrun run --bundle "$SCRATCH/killed" killed &
	check "it runs" until_true has_status killed running
	vzrun kill killed KILL
	wait $!
	is "killed" $? 137
	try in_container . /nope
	is "no such program" "$status" 1
	like "no such program" "$err" '^vzrun: run [^ ]+: exec "/nope": No such file or directory$'
	try in_container . nope
	like "not in PATH" "$status/$err" "^1/vzrun: run .*executable file not found in [$]PATH"
	try in_container . /etc
	like "no program" "$status/$err" '^1/vzrun: run .*: exec "/etc": Is a directory'
}

t_keep()
{
	make_bundle "$SCRATCH/keep" . true
	vzrun run --keep --bundle "$SCRATCH/keep" keep
	is "it is still there" "$(vzrun state keep | jq -r .status)" stopped
	vzrun delete keep
}

t_terminal_needs_somebody_to_hold_it()
{
	make_bundle "$SCRATCH/tty" '.process.terminal = true' true
	try vzrun create --bundle "$SCRATCH/tty" tty
	is "create" "$status/$err" \
		"1/vzrun: create tty: a terminal for a detached process needs --console-socket"
	try vzrun run --detach --bundle "$SCRATCH/tty" tty
	is "run --detach" "$status" 1
	make_bundle "$SCRATCH/tty" '.process.terminal = false' true
	try vzrun create --bundle "$SCRATCH/tty" --console-socket /nonexistent tty
	is "a socket without a terminal" "$status/$err" \
		"1/vzrun: create tty: --console-socket is for a detached process with a terminal"
}

# The same steps with runc, where it is: what it prints and exits with, but for what is new every
# time. Not in the test VM, where it would tell nothing more.
steps() # PROGRAM...
{
	local dir=$SCRATCH/as-runc
	"$@" create --bundle "$dir" r1 </dev/null >/dev/null 2>&1
	"$@" state r1 | jq -c '[keys, .id, .status, .bundle, .rootfs]'
	"$@" list | sed 's/  */ /g' | cut -d' ' -f 1,3,4,6
	"$@" list --format json | jq -c '[.[] | keys, .owner]'
	"$@" list -q
	"$@" start r1 2>/dev/null
	echo "start $?"
	"$@" start r1 2>/dev/null
	echo "start again $?"
	"$@" ps -f json r1 | jq -c 'map(type)'
	"$@" ps r1 | wc -l
	"$@" exec r1 sh -c 'exit 7'
	echo "exec $?"
	"$@" exec -e A=b --cwd /tmp --user 1:2 r1 sh -c 'echo $A $PWD $(id -u) $(id -g)'
	"$@" exec r1 /nope 2>/dev/null
	echo "exec /nope $?"
	"$@" events --stats r1 | jq -c 'keys, (.data | keys)'
	"$@" delete r1 2>/dev/null
	echo "delete $?"
	"$@" kill r1 NOSUCH 2>/dev/null
	echo "kill NOSUCH $?"
	"$@" delete --force r1
	echo "delete --force $?"
	"$@" delete --force r1
	echo "delete --force again $?"
	"$@" state r1 2>/dev/null
	echo "state $?"
	"$@" run --bundle "$dir" r1 --no-such-option 2>/dev/null >/dev/null
	echo "run --no-such-option $?"
}

if [ -z "${VZRUN_TEST_VM:-}" ]; then
	t_as_runc()
	{
		if ! command -v runc >/dev/null; then
			skip "what runc prints" "runc is missing"
			return
		fi
		make_bundle "$SCRATCH/as-runc" 'del(.linux.cgroupsPath)' sleep 1000
		is "what runc prints" "$(steps vzrun)" "$(steps runc --root "$SCRATCH/runc")"
	}
fi

t_zz_the_last_one_is_deleted()
{
	start_one
	try vzrun delete --force c1
	is "delete --force" "$status/$out$err" 0/
	is "list" "$(vzrun list -q)" ""
}

mkdir -p "$ROOT"
t_ps_shows_no_control_characters()
{
	new_id
	make_bundle "$SCRATCH/$id" . sh -c ": $(printf 'x\033[31my\233z'); sleep 1000; :"
	vzrun run --detach --bundle "$SCRATCH/$id" "$id" >/dev/null
	until_true test -n "$(vzrun ps "$id")"
	like "ps" "$(vzrun ps "$id")" ': x\?\[31my'
	unlike "ps: the escape" "$(vzrun ps "$id")" $'\033'
	like "the host's ps" "$(vzrun ps "$id" -o pid,args)" 'x.*31my'
	unlike "the host's ps: the escape" "$(vzrun ps "$id" -o pid,args)" $'\033'
	vzrun delete --force "$id"
}

run_tests "$@"
