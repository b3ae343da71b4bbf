#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Terminals: one that is sent over --console-socket, and our own passed through.
# shellcheck disable=SC2016,SC2154 # single quotes are for jq or the shell inside; status, out and err: try
. "${0%/*}/lib.sh"
. "${0%/*}/probe.sh"

PEER=${VZRUN%/*}/tests/integration/peer
[ -x "$PEER" ] || tap_bail "$PEER is missing (make check builds it)"

TERMINAL='.process.terminal = true'
USERNS='.linux.namespaces += [{type: "user"}]
	| ([{containerID: 0, hostID: 100000, size: 65536}] as $ids
		| .linux.uidMappings = $ids | .linux.gidMappings = $ids)'
SOCKET=$SCRATCH/console.sock
SCREEN=$SCRATCH/screen

# Someone who takes a terminal at $SOCKET. What is written to fd 9 is typed there.
open_screen()
{
	rm -f "$SOCKET" "$SCRATCH/keys"
	mkfifo "$SCRATCH/keys"
	"$PEER" terminal "$SOCKET" <"$SCRATCH/keys" >"$SCREEN" 2>&1 &
	screen_pid=$!
	exec 9>"$SCRATCH/keys"
	until_true test -S "$SOCKET"
}

close_screen()
{
	exec 9>&-
	kill "$screen_pid" 2>/dev/null
	wait "$screen_pid" 2>/dev/null
}

shows() # REGEX
{
	grep -qE "$1" "$SCREEN"
}

# The screen's text without the terminal's line ends.
screen()
{
	tr -d '\r' <"$SCREEN"
}

is_stopped() # ID
{
	[ "$(vzrun state "$1" | jq -r .status)" = stopped ]
}

gone() # ID
{
	! vzrun state "$1" >/dev/null 2>&1 && { [ -z "$CGROUP_DIR" ] || [ ! -e "$CGROUP_DIR/$1" ]; }
}

# Runs CMD on a terminal of 80x25 and keeps what it shows, without line ends, in $out.
on_terminal() # CMD...
{
	try "$PEER" pty 80x25 "$@" </dev/null
	out=${out//$'\r'/}
}

t_the_terminal_is_sent()
{
	new_id
	make_bundle "$SCRATCH/$id" "$TERMINAL | .process.consoleSize = {width: 101, height: 47}" \
		sh -c 'test -t 0 && test -t 1 && test -t 2 && echo is-a-terminal; stty size; read -r line; echo "got $line"; sleep 1000'
	open_screen
	try vzrun create --console-socket "$SOCKET" --bundle "$SCRATCH/$id" "$id"
	is "create" "$status/$out$err" 0/
	check "it comes with create" until_true shows '^size'
	is "what came" "$(head -n 2 "$SCREEN")" $'text /dev/ptmx fds 1\nsize 101x47'
	vzrun start "$id"
	check "stdio is a terminal" until_true shows is-a-terminal
	check "its size" until_true shows '^47 101'
	echo hello >&9
	check "what is typed is read" until_true shows '^got hello'
	check "what is typed is shown" shows '^hello'
	vzrun delete --force "$id"
	close_screen
}

t_what_is_the_terminal()
{
	local name filter
	for name in plain userns; do
		filter="$TERMINAL | .process.user = {uid: 7, gid: 8}"
		[ "$name" = plain ] || filter+=" | $USERNS"
		new_id
		make_bundle "$SCRATCH/$id" "$filter" sh -c '
			tty
			stat -c "stdin %t:%T owner %u" -L /proc/self/fd/0
			stat -c "console %t:%T" /dev/console
			stat -fc "console is of %T" /dev/console
			awk "\$5 == \"/dev/console\" { print \"mounted from\", \$4, \$9, \$10 }" /proc/self/mountinfo
			echo "by its name" >/dev/tty
			set -- $(cat /proc/$$/stat)
			echo "pid $1 session $6 terminal $7 foreground $8"'
		open_screen
		vzrun run --detach --console-socket "$SOCKET" --bundle "$SCRATCH/$id" "$id"
		check "$name: it ends" until_true is_stopped "$id"
		until_true shows foreground
		like "$name: name" "$(screen)" $'\n/dev/pts/0\n'
		like "$name: device and owner" "$(screen)" 'stdin 88:0 owner 7'
		like "$name: /dev/console is the same device" "$(screen)" 'console 88:0'
		like "$name: /dev/console is of devpts" "$(screen)" 'mounted from /0 .*devpts'
		like "$name: it is the controlling one" "$(screen)" 'by its name'
		like "$name: of its own session" "$(screen)" 'pid 1 session 1 terminal 34816 foreground 1'
		vzrun delete "$id"
		close_screen
	done
}

t_keys_are_signals()
{
	new_id
	make_bundle "$SCRATCH/$id" "$TERMINAL" sh -c 'trap "echo interrupted; exit 3" INT; echo ready; while :; do sleep 0.05; done'
	open_screen
	vzrun run --detach --console-socket "$SOCKET" --bundle "$SCRATCH/$id" "$id"
	until_true shows ready
	printf '\003' >&9
	check "Ctrl-C" until_true shows interrupted
	check "it ended" until_true is_stopped "$id"
	vzrun delete "$id"
	close_screen
}

t_a_closed_screen_hangs_up()
{
	new_id
	make_bundle "$SCRATCH/$id" "$TERMINAL" sh -c 'trap "exit 0" HUP; echo ready; while :; do sleep 0.05; done'
	open_screen
	vzrun run --detach --console-socket "$SOCKET" --bundle "$SCRATCH/$id" "$id"
	until_true shows ready
	close_screen
	check "it ends: nobody else holds the terminal" until_true is_stopped "$id"
	vzrun delete "$id"
}

t_exec_sends_its_own()
{
	new_id
	make_bundle "$SCRATCH/$id" . sleep 1000
	vzrun run --detach --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
	open_screen
	jq -n '{cwd: "/", args: ["sh", "-c", "tty; stty size; read -r line; echo got $line"], terminal: true,
		env: ["PATH=/bin"], user: {uid: 0, gid: 0}, consoleSize: {width: 99, height: 33}}' >"$SCRATCH/process"
	try vzrun exec --detach --console-socket "$SOCKET" --process "$SCRATCH/process" "$id"
	is "exec" "$status/$err" 0/
	check "its name" until_true shows '^/dev/pts/0'
	check "its size" until_true shows '^33 99'
	echo hello >&9
	check "what is typed is read" until_true shows '^got hello'
	close_screen
	vzrun delete --force "$id"
}

# ---- refusals ----

refused() # NAME REGEX VERB...
{
	try vzrun "${@:3}"
	is "$1: status" "$status" 1
	like "$1: message" "$err" "$2"
	is "$1: lines" "$(wc -l <<<"$err")" 1
	check "$1: nothing is left" gone "$id"
}

t_refusals()
{
	new_id
	make_bundle "$SCRATCH/$id" "$TERMINAL" true
	refused "create without a socket" 'needs --console-socket' create --bundle "$SCRATCH/$id" "$id"
	refused "run --detach without one" 'needs --console-socket' run --detach --bundle "$SCRATCH/$id" "$id"
	refused "a socket that is not there" '--console-socket: connect to .*: No such file' \
		create --console-socket "$SCRATCH/nowhere" --bundle "$SCRATCH/$id" "$id"
	touch "$SCRATCH/file"
	refused "one that is none" '--console-socket: connect to .*: Connection refused' \
		create --console-socket "$SCRATCH/file" --bundle "$SCRATCH/$id" "$id"
	refused "one with too long a name" '--console-socket: connect to .*: longer than 107 bytes' \
		create --console-socket "$SCRATCH/$(printf 'x%.0s' {1..120})" --bundle "$SCRATCH/$id" "$id"
	open_screen
	make_bundle "$SCRATCH/$id" . true
	refused "a socket without a terminal" '--console-socket is for' create --console-socket "$SOCKET" --bundle "$SCRATCH/$id" "$id"
	make_bundle "$SCRATCH/$id" "$TERMINAL | del(.mounts[] | select(.type == \"devpts\"))" true
	refused "no devpts" 'open a terminal from the container.s /dev/pts \(is devpts mounted there' \
		create --console-socket "$SOCKET" --bundle "$SCRATCH/$id" "$id"
	close_screen
}

# CVE-2025-52565: what the image has in the place of the console is no way out.
t_a_link_in_the_place_of_the_console()
{
	cp -al "$ROOTFS" "$SCRATCH/image"
	mkdir -p "$SCRATCH/image/dev/pts"
	echo secret >"$SCRATCH/outside"
	ln -s "$SCRATCH/outside" "$SCRATCH/image/dev/console"
	new_id
	make_bundle "$SCRATCH/$id" ".root.path = \"$SCRATCH/image\" | .root.readonly = false | $TERMINAL
		| del(.mounts[] | select(.destination == \"/dev\" or .destination == \"/dev/shm\" or .destination == \"/dev/mqueue\"))" \
		sh -c 'cat /dev/console </dev/null; echo written >/dev/console; tty'
	open_screen
	try vzrun run --detach --console-socket "$SOCKET" --bundle "$SCRATCH/$id" "$id"
	is "the file outside" "$(<"$SCRATCH/outside")" secret
	unlike "what is seen" "$(screen)" secret
	check "no mount outside" [ "$(grep -c " $SCRATCH/outside" /proc/self/mountinfo)" = 0 ]
	vzrun delete --force "$id"
	close_screen
}

# ---- our own terminal ----

t_run_passes_our_terminal_through()
{
	new_id
	make_bundle "$SCRATCH/$id" "$TERMINAL" sh -c 'tty; stty size; exit 9'
	on_terminal "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/$id" "$id"
	is "status" "$status" 9
	is "name and size" "$out" $'/dev/pts/0\n25 80'
	check "it is deleted" gone "$id"
}

t_our_terminal_is_as_it_was()
{
	local lines
	new_id
	make_bundle "$SCRATCH/$id" "$TERMINAL" sh -c 'stty raw; echo x'
	on_terminal sh -c "stty -g; '$VZRUN' --root '$ROOT' run --bundle '$SCRATCH/$id' '$id'; stty -g"
	mapfile -t lines <<<"$out"
	is "settings" "${lines[2]}" "${lines[0]}"
	on_terminal sh -c "stty -g; '$VZRUN' --root '$ROOT' run --bundle '$SCRATCH/none' '$id' 2>/dev/null; stty -g"
	mapfile -t lines <<<"$out"
	is "settings after a failure" "${lines[1]}" "${lines[0]}"
}

t_keys_go_through()
{
	local pid
	new_id
	make_bundle "$SCRATCH/$id" "$TERMINAL" \
		sh -c 'trap "echo interrupted; i=1" INT; echo ready; while [ -z "$i" ]; do sleep 0.05; done; read -r line; echo "got $line"; read -r line; echo "got $line"; exit 4'
	mkfifo "$SCRATCH/typed"
	"$PEER" pty 80x25 "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/$id" "$id" <"$SCRATCH/typed" >"$SCREEN" 2>&1 &
	pid=$!
	exec 9>"$SCRATCH/typed"
	until_true shows ready
	printf '\003' >&9
	check "Ctrl-C is the container's" until_true shows interrupted
	echo hello >&9
	check "a line" until_true shows '^got hello'
	is "it is echoed once" "$(grep -c '^hello' "$SCREEN")" 1
	echo world >&9
	wait "$pid"
	is "status" $? 4
	exec 9>&-
}

t_a_new_size_goes_through()
{
	local pid
	new_id
	make_bundle "$SCRATCH/$id" "$TERMINAL" sh -c 'trap "stty size" WINCH; echo ready; while :; do sleep 0.05; done'
	"$PEER" pty 80x25 "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/$id" "$id" </dev/null >"$SCREEN" 2>&1 &
	pid=$!
	until_true shows ready
	kill -USR1 "$pid"
	check "resized" until_true shows '^33 111'
	vzrun kill "$id" KILL
	wait "$pid"
	is "status" $? 137
}

t_exec_passes_our_terminal_through()
{
	new_id
	make_bundle "$SCRATCH/$id" . sleep 1000
	vzrun run --detach --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
	on_terminal "$VZRUN" --root "$ROOT" exec --tty "$id" sh -c 'tty; stty size; set -- $(cat /proc/$$/stat); echo $7; exit 6'
	is "status" "$status" 6
	is "name, size and device" "$out" $'/dev/pts/0\n25 80\n34816'
	on_terminal "$VZRUN" --root "$ROOT" exec "$id" tty
	is "without --tty" "$out" "not a tty"
	# Nothing that is no terminal is in the way.
	try vzrun exec -t "$id" sh -c 'read -r line; echo "got $line"' <<<hello
	like "from a file: $status" "${out//$'\r'/}" 'got hello'
	vzrun delete --force "$id"
}

t_nothing_of_the_output_is_lost()
{
	local n
	new_id
	make_bundle "$SCRATCH/$id" "$TERMINAL" sh -c 'i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i + 1)); done'
	for n in 1 2 3; do
		on_terminal "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/$id" "$id"
		is "lines ($n)" "$(wc -l <<<"$out")/${out##*$'\n'}" 3000/2999
	done
}

t_a_program_that_reads_late()
{
	# More comes out than goes in, so whoever only writes for a while waits for ever.
	local program='stty raw -echo; echo ready; sleep 1; head -n 100000 | sed "p;p"'
	new_id
	make_bundle "$SCRATCH/$id" "$TERMINAL" sh -c "$program"
	seq 100000 >"$SCRATCH/sent"
	: >"$SCREEN"
	{
		until_true shows ready
		cat "$SCRATCH/sent"
	} | "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/$id" "$id" >"$SCREEN"
	is "status" "${PIPESTATUS[1]}" 0
	check "all that it wrote is there" cmp <(sed 'p;p' "$SCRATCH/sent") <(tail -n +2 "$SCREEN")
}

t_what_holds_the_terminal_holds_up_nobody()
{
	new_id
	make_bundle "$SCRATCH/$id" . sleep 1000
	vzrun run --detach --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
	on_terminal timeout 60 "$VZRUN" --root "$ROOT" exec --tty "$id" sh -c 'trap "" HUP; sleep 1000 & echo done'
	is "exec ends with its program" "$status/$out" 0/done
	vzrun delete --force "$id"
}

# ---- pidfds ----

t_the_pidfd_is_sent()
{
	local peer
	new_id
	make_bundle "$SCRATCH/$id" . sleep 1000
	rm -f "$SOCKET"
	"$PEER" pidfd "$SOCKET" >"$SCREEN" &
	peer=$!
	until_true test -S "$SOCKET"
	vzrun create --pidfd-socket "$SOCKET" --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
	wait "$peer"
	is "create" "$(tail -n 1 "$SCREEN")" "pid $(vzrun state "$id" | jq .pid)"
	vzrun start "$id"
	rm -f "$SOCKET"
	"$PEER" pidfd "$SOCKET" >"$SCREEN" &
	peer=$!
	until_true test -S "$SOCKET"
	vzrun exec --detach --pid-file "$SCRATCH/pid" --pidfd-socket "$SOCKET" "$id" sleep 1000
	wait "$peer"
	is "exec" "$(tail -n 1 "$SCREEN")" "pid $(<"$SCRATCH/pid")"
	vzrun delete --force "$id"
}

run_tests "$@"
