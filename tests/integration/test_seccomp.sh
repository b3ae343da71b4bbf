#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The system call filter: what it answers inside, the cache of compiled ones, the notify action.
. "${0%/*}/lib.sh"
. "${0%/*}/probe.sh"

AGENT=${PROBE%/*}/seccomp_agent
CACHE=${VAR_VZ%/lib/vz}/cache/vzrun/seccomp
ENGINE_PROFILE=${LIB_DIR%/*}/bench/podman-config.json

[ "$(uname -m)" = x86_64 ] || tap_skip_all "the numbers in it are x86-64's"

# Numbers that no shell or libc uses by itself.
declare -A NR=([getpid]=39 [getpgid]=121 [getsid]=124 [personality]=135 [getpriority]=140
	[sched_getscheduler]=145 [init_module]=175 [gettid]=186 [pidfd_open]=434)
X86_GETPID=20

call() # SECCOMP NAME [ARG...]: what that system call returns under this filter
{
	in_container ".linux.seccomp = $1" probe call "${NR[$2]}" "${@:3}"
}

calls() # SECCOMP "NAME [ARG...]"...: the same of several, with the status of a process that was ended
{
	local seccomp=$1 line name rest lines=()
	shift
	for line; do
		read -r name rest <<<"$line"
		lines+=("${NR[$name]} $rest")
	done
	# shellcheck disable=SC2016 # for the shell inside
	in_container ".linux.seccomp = $seccomp" \
		sh -c 'for call; do probe call $call 2>/dev/null || echo $?; done' sh "${lines[@]}" | paste -sd ' '
}

profile() # RULE...: the rules over a default of allow
{
	local IFS=,
	echo "{defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [$*]}"
}

rule() # NAME ACTION [MORE]
{
	echo "{names: [\"$1\"], action: \"SCMP_ACT_$2\"${3:+, $3}}"
}

refused() # NAME SECCOMP REGEX: creating fails with that message, and nothing is made
{
	new_id
	make_bundle "$SCRATCH/$id" ".linux.seccomp = $2" true
	try vzrun run --bundle "$SCRATCH/$id" "$id"
	is "$1: status" "$status" 1
	like "$1: message" "$err" "$3"
}

t_no_filter_without_a_section()
{
	is "mode" "$(seen . seccomp)" 0
}

t_filter_is_loaded()
{
	is "mode" "$(seen ".linux.seccomp = $(profile "$(rule mkdir ERRNO)")" seccomp)" 2
}

t_actions_are_taken()
{
	is "errno, another errno, none, log, trace without a tracer" "$(calls "$(profile \
		"$(rule getpgid ERRNO)" "$(rule getsid ERRNO 'errnoRet: 95')" "$(rule getpriority LOG)" \
		"$(rule sched_getscheduler TRACE)")" \
		getpgid getsid gettid getpriority sched_getscheduler)" "EPERM EOPNOTSUPP 4 20 ENOSYS"
	is "kill, kill thread, kill process, trap" "$(calls "$(profile \
		"$(rule getpgid KILL)" "$(rule getsid KILL_THREAD)" "$(rule getpriority KILL_PROCESS)" \
		"$(rule sched_getscheduler TRAP)")" \
		getpgid getsid getpriority sched_getscheduler)" "159 159 159 159"
}

t_arguments_are_compared()
{
	is "one value, another, these bits, others" "$(calls "$(profile \
		"$(rule getpgid ERRNO 'args: [{index: 0, value: 1, op: "SCMP_CMP_EQ"}]')" \
		"$(rule gettid ERRNO 'args: [{index: 1, value: 240, valueTwo: 16, op: "SCMP_CMP_MASKED_EQ"}]')")" \
		"getpgid 1" "getpgid 0" "gettid 0 0x1f" "gettid 0 0x2f")" "EPERM 1 EPERM 5"
}

t_32_bit_calls_are_filtered_where_listed()
{
	local both='{defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
		syscalls: [{names: ["getpid"], action: "SCMP_ACT_ERRNO"}]}'
	[ "$("$PROBE" call --x86 "$X86_GETPID")" != ENOSYS ] ||
		{ skip "32-bit calls" "this kernel has no 32-bit calls"; return; }
	is "listed" "$(in_container ".linux.seccomp = $both" probe call --x86 "$X86_GETPID")" EPERM
	is "not listed" "$(in_container ".linux.seccomp = $(profile "$(rule mkdir ERRNO)")" \
		probe call --x86 "$X86_GETPID" >/dev/null; echo $?)" 159
}

t_calls_newer_than_the_profile_fail_with_enosys()
{
	# What a static program needs, and nothing above rseq (334).
	local list='["access", "arch_prctl", "brk", "close", "execve", "execveat", "exit_group", "fstat",
		"getrandom", "gettid", "ioctl", "mprotect", "munmap", "mmap", "newfstatat", "prctl",
		"prlimit64", "read", "readlink", "readlinkat", "rseq", "set_robust_list",
		"set_tid_address", "uname", "write", "writev"]'
	local seccomp="{defaultAction: \"SCMP_ACT_ERRNO\", syscalls: [{names: $list, action: \"SCMP_ACT_ALLOW\"}]}"
	is "not in the profile" "$(call "$seccomp" getpid)" EPERM
	is "newer than it" "$(call "$seccomp" pidfd_open 1)" ENOSYS
}

t_unknown_names_are_ignored()
{
	is "known one" "$(call "$(profile '{names: ["vztest_call", "getpid"], action: "SCMP_ACT_ERRNO"}')" getpid)" \
		EPERM
}

t_profile_of_an_engine_works()
{
	local filter
	filter=$(jq -c .linux.seccomp "$ENGINE_PROFILE")
	is "an allowed call and one that is not" "$(calls "$filter" getpgid init_module)" "1 EPERM"
	filter=".linux.seccomp = $filter"
	is "as a user with privileges to gain" "$(seen "$filter | .process.noNewPrivileges = false
		| .process.user = {uid: 1000, gid: 1000}" seccomp uid | paste -sd ' ')" "2 1000 1000 1000"
}

# With no_new_privs the filter is loaded last, so it may deny what making the process takes.
t_filter_may_deny_what_the_runtime_does_before()
{
	local seccomp
	seccomp=$(profile '{names: ["setgroups", "setresgid", "setresuid", "capset", "chdir", "getcwd", "setsid",
		"umask", "close_range", "openat2", "sendmsg", "sched_setaffinity"], action: "SCMP_ACT_KILL_PROCESS"}')
	is "ids" "$(seen ".linux.seccomp = $seccomp | .process.user = {uid: 5, gid: 6}" uid gid | paste -sd ' ')" \
		"5 5 5 6 6 6"
}

t_exec_has_the_filter_too()
{
	make_bundle "$SCRATCH/exec" ".linux.seccomp = $(profile "$(rule getpid ERRNO)")" sleep 1000
	vzrun run --detach --bundle "$SCRATCH/exec" filtered
	is "call" "$(vzrun exec filtered probe call "${NR[getpid]}")" EPERM
	is "as a user with privileges to gain" \
		"$(jq '.process | .args = ["probe", "call", "39"] | .noNewPrivileges = false | .user = {uid: 5, gid: 5}' \
			"$SCRATCH/exec/config.json" >"$SCRATCH/process.json" &&
			vzrun exec --process "$SCRATCH/process.json" filtered)" EPERM
	vzrun delete --force filtered
}

t_flags_are_taken()
{
	local flags='["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
		"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
	is "all" "$(call "$(profile "$(rule getpid ERRNO)") + {flags: $flags}" getpid)" EPERM
	is "none" "$(call "$(profile "$(rule getpid ERRNO)") + {flags: []}" getpid)" EPERM
}

t_bad_profiles_are_refused()
{
	refused "unknown action" '{defaultAction: "SCMP_ACT_MAYBE"}' 'linux.seccomp.defaultAction: '
	refused "unknown architecture" '{defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_Z80"]}' \
		'linux.seccomp.architectures.*Z80'
	refused "foreign architecture" '{defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_S390X"]}' \
		'linux.seccomp: '
	refused "errno of an action without" "$(profile "$(rule getpid KILL 'errnoRet: 5')")" 'errnoRet: '
	refused "argument that is not there" \
		"$(profile "$(rule getpid ERRNO 'args: [{index: 6, value: 0, op: "SCMP_CMP_EQ"}]')")" 'index: '
}

# ---- the cache ----

entries()
{
	find "$CACHE" -type f | wc -l
}

t_compiled_filter_is_kept()
{
	local seccomp before
	seccomp=$(profile "$(rule getpid ERRNO 'errnoRet: 101')")
	before=$(entries)
	is "first run" "$(call "$seccomp" getpid)" ENETUNREACH
	is "entries" "$(entries)" $((before + 1))
	is "second run" "$(call "$seccomp" getpid)" ENETUNREACH
	is "entries then" "$(entries)" $((before + 1))
	is "folder" "$(stat -c '%u %a' "$CACHE")" "0 700"
}

t_damaged_cache_is_harmless()
{
	local seccomp file
	seccomp=$(profile "$(rule getpid ERRNO 'errnoRet: 102')")
	is "first run" "$(call "$seccomp" getpid)" ENETRESET
	for file in "$CACHE"/*; do
		printf '\377\377\377\377' | dd of="$file" bs=1 seek=40 conv=notrunc status=none
	done
	is "damaged" "$(call "$seccomp" getpid)" ENETRESET
	for file in "$CACHE"/*; do
		: >"$file"
	done
	is "emptied" "$(call "$seccomp" getpid)" ENETRESET
}

t_cache_that_others_can_write_is_not_read()
{
	local seccomp file
	seccomp=$(profile "$(rule getpid ERRNO 'errnoRet: 103')")
	is "first run" "$(call "$seccomp" getpid)" ECONNABORTED
	chmod o+w "$CACHE"/*
	is "second run" "$(call "$seccomp" getpid)" ECONNABORTED
	is "entries that others can write" "$(find "$CACHE" -type f -perm /022 -newer "$SCRATCH/rootfs" |
		while read -r file; do grep -l getpid "$file"; done | wc -l)" \
		"$(find "$CACHE" -type f -perm /022 -exec grep -l getpid {} + | wc -l)"
	chmod o-w "$CACHE"/*
}

t_unwritable_cache_is_no_error()
{
	mount --bind -o ro "$CACHE" "$CACHE"
	mount -o remount,bind,ro "$CACHE"
	is "run" "$(call "$(profile "$(rule getpid ERRNO 'errnoRet: 104')")" getpid)" ECONNRESET
	umount "$CACHE"
}

# ---- notify ----

start_agent() # NR VALUE: sets $agent, its messages go to $messages
{
	socket=$SCRATCH/agent.sock
	messages=$SCRATCH/messages
	rm -f "$socket"
	"$AGENT" "$socket" "$@" >"$messages" &
	agent=$!
	until_true [ -S "$socket" ]
}

stop_agent()
{
	kill "$agent" 2>/dev/null
	wait "$agent"
}

notify() # NAMES [MORE]: a section that notifies the agent
{
	echo "$(profile "{names: [$1], action: \"SCMP_ACT_NOTIFY\"}") + {listenerPath: \"$socket\"${2:+, $2}}"
}

t_agent_answers_system_calls()
{
	start_agent "${NR[getpid]}" 4711
	is "its value" "$(call "$(notify '"getpid"' 'listenerMetadata: "some \"data\""')" getpid)" 4711
	wait "$agent"
	is "one message" "$(wc -l <"$messages")" 1
	like "one fd" "$(cat "$messages")" '^1 \{'
	sed 's/^1 //' "$messages" >"$SCRATCH/message.json"
	is "its members" "$(jq -c '[.fds, .metadata, (.pid | type), .state.id]' "$SCRATCH/message.json")" \
		"[[\"seccompFd\"],\"some \\\"data\\\"\",\"number\",$(jq .state.id "$SCRATCH/message.json")]"
	is "pid of the state" "$(jq '.pid == .state.pid' "$SCRATCH/message.json")" true
	like "version" "$(jq -r .ociVersion "$SCRATCH/message.json")" '^1\.'
	like "bundle" "$(jq -r .state.bundle "$SCRATCH/message.json")" "^$SCRATCH/"
}

t_agent_may_get_every_call_of_the_runtime()
{
	# Among them those by which others hand the listener over.
	start_agent "${NR[getpid]}" 4712
	is "with no_new_privs" "$(call "$(notify '"getpid", "write", "sendmsg", "sendto", "close", "futex", "wait4"')" \
		getpid)" 4712
	wait "$agent"
	start_agent "${NR[getpid]}" 4713
	is "without" "$(in_container ".process.noNewPrivileges = false
		| .linux.seccomp = $(notify '"getpid", "write", "sendmsg", "setresuid", "capset", "prctl", "execve"')" \
		probe call "${NR[getpid]}")" 4713
	wait "$agent"
}

t_exec_has_a_listener_of_its_own()
{
	start_agent "${NR[getpid]}" 4714
	make_bundle "$SCRATCH/notify" ".linux.seccomp = $(notify '"getpid"')" sleep 1000
	vzrun run --detach --bundle "$SCRATCH/notify" notify
	is "its value" "$(vzrun exec notify probe call "${NR[getpid]}")" 4714
	is "two messages" "$(wc -l <"$messages")" 2
	vzrun delete --force notify
	wait "$agent"
}

t_agent_that_is_not_there_is_an_error()
{
	socket=$SCRATCH/none.sock
	refused "no socket" "$(notify '"getpid"')" 'seccomp agent.*none.sock": No such file'
}

t_listener_path_without_notify_is_ignored()
{
	is "run" "$(call "$(profile "$(rule getpid ERRNO)") + {listenerPath: \"/nowhere\"}" getpid)" EPERM
}

t_listener_does_not_stay_open()
{
	start_agent "${NR[getpid]}" 4715
	is "fds" "$(seen ".linux.seccomp = $(notify '"getpid"')" fds)" "0 1 2"
	stop_agent
}

run_tests "$@"
