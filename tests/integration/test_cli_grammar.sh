#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line's grammar, where no container is needed: how options may be written, help, and
# what is said of a wrong line.
. "${0%/*}/lib.sh"

# refused "MESSAGE" ARG...: status 1, nothing on stdout, this one line on stderr.
refused()
{
	local message=$1
	shift
	try "$VZRUN" "$@"
	is "$*" "$status/$out/$err" "1//vzrun: $message"
}

t_wrong_lines_are_refused_in_one_line()
{
	refused 'unknown command "strat" (did you mean start?)' strat x
	refused 'unknown command "frobnicate" (see vzrun help)' frobnicate
	refused 'unknown option "--rooot" (did you mean --root?)' --rooot /x list
	refused 'state: unknown option "--root" (it goes before the command)' state --root /x c1
	refused 'delete: unknown option "--forse" (did you mean --force?)' delete --forse c1
	refused 'create: --bundle needs a value (DIR)' create --bundle
	refused 'state: too few arguments (usage: vzrun state ID)' state
	refused 'state: too many arguments (usage: vzrun state ID)' state a b
	refused 'delete: too few arguments (usage: vzrun delete [OPTION]... ID)' delete --force
	refused '--log-format: "xml" is none of text|json' --log-format xml list
	refused '--cgroup-manager: "none" is none of cgroupfs|systemd|disabled' --cgroup-manager=none list
	refused '--rootless: "maybe" is none of auto|true|false' --rootless=maybe list
	refused '--root is empty (DIR)' --root= list
	refused '--root must not be "/"' --root / list
	try "$VZRUN" $'uncom\nmon'
	is "a line break" "$err" 'vzrun: unknown command "uncom?mon" (see vzrun help)'
}

t_what_is_not_built_is_no_command()
{
	refused 'unknown command "mounts" (this version of vzrun does not have it)' mounts c1
	unlike "help" "$("$VZRUN" help)" '^ *mounts'
}

t_wrong_values_are_refused()
{
	refused 'state: invalid container ID format: "../x" (letters, digits and _+-. only)' state ../x
	refused 'delete: invalid container ID format: ".." (letters, digits and _+-. only)' delete -f ..
	refused 'kill c1: unknown signal "NOPE"' kill c1 NOPE
	refused 'events c1: --interval: "5" is no duration of 1ms to 24h (5s, 1m30s)' events --interval 5 c1
	refused 'events c1: --interval: "0s" is no duration of 1ms to 24h (5s, 1m30s)' events --interval=0s c1
	refused 'update: --cpu-share: "1x" is not a whole number of 0 or more' update --cpu-share 1x c1
	refused 'update: --memory: "1Q" is not a size (use K, M, G, T or P)' update --memory 1Q c1
	refused 'list: --format: "yaml" is none of table|json' list -f yaml
}

t_unknown_containers()
{
	local verb
	mkdir -p "$ROOT"
	for verb in state start kill delete pause resume ps update events; do
		try vzrun "$verb" nobody
		is "$verb: status" "$status" 1
		like "$verb: message" "$err" "^vzrun: $verb nobody: container does not exist[^
]*$"
	done
	try vzrun exec nobody true
	is "exec: status" "$status" 255
	like "exec: message" "$err" "^vzrun: exec nobody: container does not exist"
	try vzrun delete --force nobody
	is "delete --force" "$status/$out/$err" 0//
}

t_help_comes_from_the_tables()
{
	try "$VZRUN"
	is "status without a command" "$status" 0
	like "all" "$out" 'Usage: vzrun .*  create .*  state .*--root DIR'
	local all=$out
	try "$VZRUN" help
	is "help" "$out" "$all"
	try "$VZRUN" --help
	is "--help" "$out" "$all"
	try "$VZRUN" help kill
	like "one command" "$out" '^vzrun kill \[OPTION\]\.\.\. ID \[SIGNAL\]: .*-a, --all'
	local kill=$out
	try "$VZRUN" kill --help
	is "its own --help" "$out" "$kill"
	try "$VZRUN" kill -h c1
	is "its own -h" "$out" "$kill"
	refused 'help: unknown command "nope"' help nope
}

t_version()
{
	local lines
	mapfile -t lines < <("$VZRUN" --version)
	# What go-runc reads (runc.go, parseVersion).
	like "line 1" "${lines[0]}" '^vzrun version [0-9]+\.[0-9]+\.[0-9]+'
	like "line 2" "${lines[1]}" '^commit: [^ ]+$'
	is "line 3" "${lines[2]}" 'spec: 1.3.0'
	like "line 4" "${lines[3]}" '^libseccomp: [0-9.]+$'
	is "-v" "$("$VZRUN" -v)" "$(printf '%s\n' "${lines[@]}")"
	is "version" "$("$VZRUN" version)" "$(printf '%s\n' "${lines[@]}")"
}

t_output_that_cannot_be_written_is_an_error()
{
	local status=0
	"$VZRUN" version >/dev/full 2>"$SCRATCH/err" || status=$?
	is "status" "$status" 1
	like "message" "$(<"$SCRATCH/err")" 'stdout: No space left on device'
}

t_closed_stdio_is_not_reused()
{
	# The log would become fd 2, and the message would go into it twice.
	"$VZRUN" --log "$SCRATCH/log" state nobody 0<&- 1>&- 2>&-
	is "lines in the log" "$(wc -l <"$SCRATCH/log")" 1
}

t_errors_go_to_the_log()
{
	local log=$SCRATCH/json
	mkdir -p "$ROOT"
	try vzrun --log "$log" --log-format json state nobody
	like "stderr" "$err" '^vzrun: state nobody: container does not exist'
	is "level" "$(jq -r .level "$log")" error
	like "message" "$(jq -r .msg "$log")" '^container does not exist'
	like "time" "$(jq -r .time "$log")" '^20[0-9-]+T[0-9:.]+Z$'
	try vzrun --log "$log" --log-format=json kill nobody
	is "appended" "$(jq -r .level "$log" | wc -l)" 2
	try vzrun --log "$SCRATCH/text" state nobody
	like "text" "$(<"$SCRATCH/text")" '^time="[^"]*" level=error msg="container does not exist'
	try vzrun --log-format json state nobody
	is "JSON on stderr without --log" "$(jq -r .level <<<"$err")" error
	try vzrun --log /nonexistent/log list
	is "a log that cannot be opened" "$status/$err" \
		'1/vzrun: open log "/nonexistent/log": No such file or directory'
}

run_tests "$@"
