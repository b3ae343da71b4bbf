#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# exec: what its options change, seen from inside; update: what it takes and refuses.
# shellcheck disable=SC2016 # what stands in single quotes is for the shell in the container
. "${0%/*}/lib.sh"

# One container for all, whose own process is user 3:4 with group 9 and some capabilities.
start_one()
{
	[ ! -e "$ROOT/c1" ] || return 0
	make_bundle "$SCRATCH/c1" '.process.user = {uid: 3, gid: 4, additionalGids: [9]}
		| .process.env += ["COLOUR=red", "SIZE=1"] | .process.cwd = "/tmp"
		| .process.noNewPrivileges = false
		| .process.capabilities.bounding += ["CAP_CHOWN"]' sleep 1000
	vzrun run --detach --bundle "$SCRATCH/c1" c1 >/dev/null 2>&1
}

# Bit number N of the capability set SET (Eff, Bnd, …) in the text of /proc/PID/status.
has_cap() # STATUS SET N
{
	local hex
	hex=$(sed -n "s/^Cap$2:\t*//p" <<<"$1")
	(((16#$hex >> $3) & 1))
}

lacks_cap() # STATUS SET N
{
	! has_cap "$@"
}

is_gone() # PID: ended, if perhaps nobody has reaped it yet
{
	[ ! -e "/proc/$1" ] || grep -q '^State:.*Z' "/proc/$1/status"
}

t_everything_is_the_containers_own()
{
	start_one
	is "user" "$(vzrun exec c1 id -u)/$(vzrun exec c1 id -g)/$(vzrun exec c1 id -G)" "3/4/4 9"
	try vzrun exec c1 sh -c 'echo $COLOUR $SIZE; pwd'
	is "environment and folder" "$out" $'red 1\n/tmp'
	is "no new privileges" "$(vzrun exec c1 grep NoNewPrivs /proc/self/status)" $'NoNewPrivs:\t0'
	is "host name" "$(vzrun exec c1 hostname)" "$(jq -r .hostname "$SCRATCH/c1/config.json")"
}

t_options_change_it()
{
	start_one
	is "--user" "$(vzrun exec --user 5:6 c1 sh -c 'echo $(id -u) $(id -g) $(id -G)')" "5 6 6 9"
	is "-u without a group" "$(vzrun exec -u 5 c1 sh -c 'echo $(id -u) $(id -g)')" "5 4"
	is "--additional-gids" "$(vzrun exec --additional-gids 7 -g 8 c1 id -G)" "4 7 8 9"
	is "--env" "$(vzrun exec -e COLOUR=blue --env NEW=2=3 c1 sh -c 'echo $COLOUR $SIZE $NEW')" "blue 1 2=3"
	is "a name stands once" "$(vzrun exec -e COLOUR=blue c1 env | grep -c ^COLOUR=)" 1
	is "--cwd" "$(vzrun exec --cwd /home c1 pwd)" /home
	is "--no-new-privs" "$(vzrun exec --no-new-privs c1 grep NoNewPrivs /proc/self/status)" $'NoNewPrivs:\t1'
	is "arguments are left alone" "$(vzrun exec c1 echo --cwd -e -- --help)" "--cwd -e -- --help"
}

t_a_user_that_is_no_number_is_refused()
{
	start_one
	local user
	for user in 0x 5:6:7 5: :6 root -1 ' 5' 4294967295 4294967296 5:-1; do
		try vzrun exec --user "$user" c1 id
		is "\"$user\": status and output" "$status/$out" 255/
		like "\"$user\": message" "$err" '^vzrun: exec c1: --user: '
	done
	try vzrun exec --user= c1 id
	is "none" "$status/$err" "1/vzrun: exec: --user is empty (UID[:GID])"
}

t_capabilities_are_added()
{
	start_one
	local inside
	inside=$(vzrun exec -u 0 c1 cat /proc/self/status)
	check "CAP_KILL is the container's" has_cap "$inside" Eff 5
	check "CAP_NET_RAW is not" lacks_cap "$inside" Bnd 13
	inside=$(vzrun exec -u 0 --cap CAP_NET_RAW -c CAP_CHOWN c1 cat /proc/self/status)
	check "--cap: bounding" has_cap "$inside" Bnd 13
	check "--cap: effective" has_cap "$inside" Eff 13
	check "--cap: the second one" has_cap "$inside" Eff 0
	# CVE-2022-29162: nothing may become inheritable by the way.
	is "inheritable" "$(sed -n 's/^CapInh:\t*//p' <<<"$inside")" 0000000000000000
	try vzrun exec --cap CAP_NONSENSE c1 true
	is "unknown" "$status/$err" '255/vzrun: exec c1: --cap: unknown capability "CAP_NONSENSE"'
}

t_process_file()
{
	start_one
	jq -n '{cwd: "/home", args: ["sh", "-c", "pwd; id -u; echo $ONE"],
		env: ["PATH=/bin", "ONE=1"], user: {uid: 11, gid: 12}}' >"$SCRATCH/process"
	is "--process" "$(vzrun exec --process "$SCRATCH/process" c1)" $'/home\n11\n1'
	is "-p" "$(vzrun exec -p "$SCRATCH/process" c1)" $'/home\n11\n1'
	try vzrun exec -p "$SCRATCH/none" c1
	like "no such file" "$status/$err" '^255/vzrun: exec c1: .*none": No such file or directory$'
	echo '{"cwd": "/"}' >"$SCRATCH/process"
	try vzrun exec -p "$SCRATCH/process" c1
	like "without args" "$status/$err" '^255/vzrun: exec c1: .*process.*args'
	try vzrun exec c1
	is "no command" "$status/$err" \
		"255/vzrun: exec c1: no command to run (give one, or --process FILE)"
}

t_status_and_streams_are_passed_on()
{
	start_one
	try vzrun exec c1 sh -c 'cat; echo err >&2; exit 7' <<<input
	is "status and streams" "$status/$out/$err" 7/input/err
	try vzrun exec c1 sh -c 'kill -9 $$'
	is "killed" "$status" 137
	try vzrun exec c1 /nope
	is "no such program" "$status/$err" '255/vzrun: exec c1: exec "/nope": No such file or directory'
	try vzrun exec c1 nope
	like "not in PATH" "$status/$err" '^255/vzrun: exec c1: .*executable file not found in .PATH$'
	try vzrun exec c1 /etc/passwd
	like "not executable" "$status/$err" '^255/vzrun: exec c1: .*: Permission denied'
}

t_detach()
{
	start_one
	local pid
	try vzrun exec --detach --pid-file "$SCRATCH/pid" c1 sleep 999
	is "it returns" "$status" 0
	pid=$(<"$SCRATCH/pid")
	is "pid file" "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "sleep 999 "
	check "ps lists it" jq -e "index($pid) != null" <(vzrun ps -f json c1)
	try vzrun exec --detach --tty c1 true
	is "a terminal needs a socket" "$status/$err" \
		"255/vzrun: exec c1: --detach with a terminal needs --console-socket"
	vzrun kill --all c1 TERM
	check "kill --all ends it" until_true is_gone "$pid"
}

t_preserved_files()
{
	start_one
	exec 3<<<three 4<<<four
	try vzrun exec --preserve-fds 1 c1 sh -c 'cat <&3; ls /proc/self/fd'
	exec 3<&- 4<&-
	# 0 1 2, the preserved one, and ls's own.
	is "what it has" "$out" $'three\n0\n1\n2\n3\n4'
	try vzrun exec --preserve-fds 9999999999 c1 true
	is "too many" "$status" 1
}

t_update()
{
	start_one
	try vzrun update --resources "$SCRATCH/none" c1
	like "no such file" "$status/$err" '^1/vzrun: update c1: .*none": No such file or directory$'
	try vzrun update --resources - c1 <<<'{"pids": {"limit": "many"}}'
	like "a wrong document" "$status/$err" '^1/vzrun: update c1: stdin: .*pids.limit: '
	try vzrun update --cpu-idle 7 c1
	is "a wrong value" "$status" 1
	try vzrun update --l3-cache-schema L3:0=f c1
	is "RDT" "$status" 1
	if has_controller pids; then
		local dir=$CGROUP_DIR/c1
		try vzrun update --pids-limit 77 c1
		is "--pids-limit" "$status/$err/$(<"$dir/pids.max")" 0//77
		try vzrun update -r - c1 <<<'{"pids": {"limit": 78}}'
		is "-r -" "$status/$err/$(<"$dir/pids.max")" 0//78
		try vzrun update --memory 64M --memory-swap=-1 c1
		is "--memory" "$status/$err/$(<"$dir/memory.max")" 0//67108864
		try vzrun update --cpu-share 2048 --cpu-quota 50000 --cpu-period 100000 c1
		is "--cpu-quota" "$status/$err/$(<"$dir/cpu.max")" "0//50000 100000"
	else
		try vzrun update --pids-limit 77 c1
		is "no pids controller" "$status" 1
		like "no pids controller" "$err" 'pids'
	fi
}

t_zz_the_last_one_is_deleted()
{
	start_one
	vzrun delete --force c1
	is "list" "$(vzrun list -q)" ""
}

mkdir -p "$ROOT"
run_tests "$@"
