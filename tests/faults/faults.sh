# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the fault tests share, on top of integration/lib.sh: a verb is run once for every call with
# which it creates, changes or removes something (calls.c), and spoiled there.
#
#   scenarios                   prints the names of what is tried
#   spoil_each MODE SCENARIO    MODE --nth: the call fails with ENOMEM. The verb must then say so
#                               in one line, or really have done its work.
#                               MODE --kill-at: the verb is killed just before the call.
#                               Either way, `delete --force` leaves nothing behind.
#
# The calls are named P.N (process, call), which depends little on scheduling. Of calls that look
# alike in one process, two are taken. VZ_FAULTS_EVERY=N takes only every N-th: 25 in the test VM,
# where each costs a second.

# shellcheck disable=SC2034,SC2154 # id and what begins with _ is integration/lib.sh's

INJECT=${INJECT:-${VZRUN%/*}/tests/faults/inject}
every=${VZ_FAULTS_EVERY:-${VZRUN_TEST_VM:+25}}

# What the container's two kinds of beginning have in common is in the first, what only a user
# namespace brings in the second.
plain='del(.process.capabilities.ambient)'
# shellcheck disable=SC2016 # jq's variables
rich='.linux.namespaces += [{ "type": "user" }]
	| [{ "containerID": 0, "hostID": 100000, "size": 65536 }] as $ids
	| .linux.uidMappings = $ids | .linux.gidMappings = $ids
	| .linux.sysctl = { "net.ipv4.ip_forward": "1" }
	| .linux.seccomp = { "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{ "names": ["kexec_load"], "action": "SCMP_ACT_ERRNO" }] }
	| .mounts += [{ "destination": "/mnt", "type": "tmpfs", "source": "tmpfs" }]
	| .process.oomScoreAdj = 100
	| .process.capabilities.inheritable = .process.capabilities.ambient
	| .hooks = { "createRuntime": [{ "path": "/bin/true" }], "poststop": [{ "path": "/bin/true" }] }'

# A scenario: what comes before, the verb, and the state that success leads to.
scenarios()
{
	echo create create_rich run start exec kill delete delete_force delete_force_disabled
}

bundles_make()
{
	[ ! -d "$SCRATCH/plain" ] || return 0
	make_bundle "$SCRATCH/plain" "$plain" sleep 1000
	make_bundle "$SCRATCH/rich" "$rich" sleep 1000
	make_bundle "$SCRATCH/once" "$plain" true
	# The filter's cache is filled here, and isn't something left behind.
	new_id
	vzrun create --bundle "$SCRATCH/rich" "$id" >/dev/null 2>&1
	vzrun delete --force "$id"
}

# Sets $verb (an array) and $wanted for a container $id, after bringing about what it needs.
scenario_prepare() # SCENARIO
{
	local without_cgroup=()
	wanted=running
	[[ $1 != *_disabled ]] || without_cgroup=(--cgroup-manager disabled)
	case $1 in
	create) verb=(create --bundle "$SCRATCH/plain" "$id") wanted=created ;;
	create_rich) verb=(create --bundle "$SCRATCH/rich" "$id") wanted=created ;;
	run) verb=(run --bundle "$SCRATCH/once" "$id") wanted=gone ;;
	start) verb=(start "$id") ;;
	exec) verb=(exec "$id" true) ;;
	kill) verb=(kill "$id" WINCH) ;;
	delete) verb=(delete "$id") wanted=gone ;;
	delete_force*) verb=("${without_cgroup[@]}" delete --force "$id") wanted=gone ;;
	esac
	case $1 in
	start | exec | kill | delete*) quietly "${without_cgroup[@]}" create --bundle "$SCRATCH/plain" "$id" ;;
	esac
	case $1 in
	exec | kill | delete*) quietly start "$id" ;;
	esac
	if [ "$1" = delete ]; then
		quietly kill "$id" KILL
		until_true is_stopped "$id"
	fi
}

quietly() # VZRUN-ARG...
{
	vzrun "$@" >"$_tmp/prepare" 2>&1 || tap_bail "vzrun $*: $(<"$_tmp/prepare")"
}

state_of() # ID
{
	local state
	if state=$(vzrun state "$1" 2>/dev/null); then
		jq -r .status <<<"$state"
	else
		echo gone
	fi
}

is_stopped() # ID
{
	[ "$(state_of "$1")" = stopped ]
}

inject() # MODE [POINT]: runs $verb, sets $status
{
	status=0
	: >"$_tmp/found"
	timeout -k 5 120 "$INJECT" -o "$_tmp/found" "$@" "$VZRUN" --root "$ROOT" "${verb[@]}" \
		>"$_tmp/verb.out" 2>"$_tmp/verb.err" || status=$?
}

# "P.N name(arguments)" of the calls to spoil, a line each.
points_list() # SCENARIO
{
	new_id
	scenario_prepare "$1"
	inject --list
	vzrun delete --force "$id"
	awk -v every="${every:-1}" -v id="$id" '
		{
			process = $2
			sub(/\..*/, "", process)
			point = $2
			sub(/^[0-9]+ [0-9.]+ /, "")
			alike = $0
			gsub(id, "ID", alike)
			gsub(/[0-9]+/, "N", alike)
			if (++seen[process, alike] <= 2)
				points[n++] = point " " $0
		}
		END {
			for (i = int((n < every ? n : every) / 2); i < n; i += every)
				print points[i]
		}' "$_tmp/found" >"$_tmp/points"
}

# Adds to $fault what is wrong with how the verb ended.
verdict() # MODE
{
	local lines state
	lines=$(wc -l <"$_tmp/verb.err")
	if [ "$status" = 124 ] || { [ "$status" = 137 ] && [ "$1" = --nth ]; }; then
		fault+="it hung, or was killed"
	elif [ "$status" = 125 ]; then
		fault+="inject failed: $(<"$_tmp/verb.err")"
	elif [ "$1" = --kill-at ] && [ -s "$_tmp/found" ]; then
		[ "$status" = 137 ] || fault+="it ended with $status before it was killed"
	elif [ "$status" = 0 ]; then
		state=$(state_of "$id")
		[ "$state" = "$wanted" ] || fault+="it succeeded, but the container is $state"
		[ "$wanted" != gone ] || nothing_is_left || fault+="it succeeded, but left: ${_left[*]}"
	elif [ "$lines" != 1 ]; then
		fault+="status $status and $lines lines on stderr: $(<"$_tmp/verb.err")"
	fi
}

# Not in a subshell: that would be one process more.
nothing_is_left()
{
	_retry 40 _nothing_is_left
}

# How often a verb makes a call may depend on how far the container's processes are, so a call
# that wasn't made is tried again.
spoil() # MODE SCENARIO POINT CALL
{
	local fault='' attempt
	for attempt in 1 2 3 4 5; do
		new_id
		scenario_prepare "$2"
		inject "$1" "$3"
		verdict "$1"
		clean_up_check
		if [ -n "$fault" ] || [ -s "$_tmp/found" ]; then
			break
		fi
	done
	[ -s "$_tmp/found" ] || fault+="the call was not made in $attempt runs"
	is "$2, ${1#--} $3 $4$([ "$status" != 0 ] || echo ' (goes on)')" "$fault" ""
}

# Adds to $fault what `delete --force` leaves.
clean_up_check()
{
	if ! vzrun delete --force "$id" >"$_tmp/delete" 2>&1; then
		fault+=" delete --force failed: $(<"$_tmp/delete")"
	fi
	if ! nothing_is_left; then
		fault+=" left behind: ${_left[*]}"
		_things_before=("${_things[@]}")
	fi
}

spoil_each() # MODE SCENARIO
{
	local point call
	bundles_make
	points_list "$2"
	is "$2: it works when nothing fails" "$status$(<"$_tmp/verb.err")" 0
	check "$2: it has calls to spoil" test -s "$_tmp/points"
	while read -r point call <&3; do
		spoil "$1" "$2" "$point" "$call"
	done 3<"$_tmp/points"
}

[ -x "$INJECT" ] || tap_skip_all "$INJECT is not built (x86-64 only)"
