#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Ids and capabilities of the container's process, as the kernel tells them to it.
. "${0%/*}/lib.sh"
. "${0%/*}/probe.sh"

OWN_USERNS='.linux.namespaces += [{type: "user"}]
	| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
	| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
NO_CAPS='.process.capabilities = {}'

caps() # SET NAME...: a filter that puts them into a set
{
	local set=$1
	shift
	jq -nr '".process.capabilities.\($set) = \($ARGS.positional)"' --arg set "$set" --args "$@"
}

without() # CAPABILITY CMD...: CMD by a root that lacks it for good
{
	setpriv --bounding-set "-$1" --inh-caps "-$1" "${@:2}"
}

t_root_has_the_sets_of_the_spec()
{
	local filter
	filter="$NO_CAPS | $(caps bounding CAP_CHOWN CAP_KILL CAP_BPF)
		| $(caps permitted CAP_CHOWN CAP_KILL CAP_BPF)
		| $(caps effective CAP_CHOWN CAP_KILL CAP_BPF)"
	is "bounding, permitted, effective, inheritable, ambient" \
		"$(seen "$filter" bounding permitted effective inheritable ambient | paste -sd ' ')" \
		"0000008000000021 0000008000000021 0000008000000021 0000000000000000 0000000000000000"
}

t_bounding_set_is_what_root_gets_from_a_program()
{
	local filter
	filter="$NO_CAPS | .process.noNewPrivileges = false | $(caps bounding CAP_CHOWN CAP_KILL)"
	is "permitted" "$(seen "$filter" permitted)" 0000000000000021
	is "with no_new_privs" "$(seen "$filter | .process.noNewPrivileges = true" permitted)" \
		0000000000000000
}

t_user_keeps_ambient_capabilities()
{
	local all="CAP_NET_BIND_SERVICE CAP_KILL" filter set
	filter="$NO_CAPS | .process.user = {uid: 1000, gid: 100}"
	for set in bounding permitted inheritable ambient; do
		# shellcheck disable=SC2086 # a list
		filter+=" | $(caps $set $all)"
	done
	is "sets" "$(seen "$filter" effective permitted inheritable ambient uid gid | paste -sd ' ')" \
		"0000000000000420 0000000000000420 0000000000000420 0000000000000420 1000 1000 1000 100 100 100"
}

t_user_without_ambient_capabilities_has_none()
{
	local filter
	filter="$NO_CAPS | .process.user = {uid: 1000, gid: 100}
		| $(caps bounding CAP_KILL) | $(caps permitted CAP_KILL) | $(caps effective CAP_KILL)"
	is "effective, bounding" "$(seen "$filter" effective bounding | paste -sd ' ')" \
		"0000000000000000 0000000000000020"
}

t_inheritable_capabilities_are_those_of_the_spec()
{
	local filter
	filter="$NO_CAPS | $(caps bounding CAP_KILL CAP_CHOWN) | $(caps inheritable CAP_KILL)"
	is "inheritable" "$(seen "$filter" inheritable)" 0000000000000020
}

t_spec_without_capabilities_gives_none()
{
	is "all sets" "$(seen 'del(.process.capabilities) | .process.noNewPrivileges = false' \
		effective permitted inheritable bounding ambient | uniq)" 0000000000000000
}

t_ambient_capability_that_can_not_be_is_a_warning()
{
	local filter
	filter="$NO_CAPS | $(caps bounding CAP_KILL) | $(caps permitted CAP_KILL) | $(caps ambient CAP_KILL)"
	make_bundle "$SCRATCH/ambient" "$filter" probe ambient
	try vzrun --log "$SCRATCH/ambient.log" run --bundle "$SCRATCH/ambient" ambient
	is "ambient" "$out" 0000000000000000
	like "log" "$(cat "$SCRATCH/ambient.log")" 'level=warning.*CAP_KILL.*ambient'
}

t_capability_that_we_lack_is_an_error()
{
	make_bundle "$SCRATCH/lease" "$(caps bounding CAP_LEASE) | $(caps permitted CAP_LEASE)" true
	try without lease "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/lease" lease
	is "status" "$status" 1
	like "message" "$err" 'CAP_LEASE: we don.t have it'
}

t_capability_that_we_lack_matters_only_where_asked_for()
{
	make_bundle "$SCRATCH/modest" . probe bounding
	try without lease "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/modest" modest
	is "bounding" "$status/$out" "0/$(seen . bounding)"
}

t_own_user_namespace_has_every_capability()
{
	make_bundle "$SCRATCH/userns" "$OWN_USERNS | $(caps bounding CAP_SYS_RESOURCE)
		| $(caps permitted CAP_SYS_RESOURCE) | $(caps effective CAP_SYS_RESOURCE)" probe effective
	try without sys_resource "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/userns" userns
	is "effective" "$status/$out" 0/0000000001000000
}

t_sets_that_forbid_each_other_are_refused()
{
	make_bundle "$SCRATCH/forbid" "$NO_CAPS | $(caps effective CAP_KILL)" true
	try vzrun run --bundle "$SCRATCH/forbid" forbid
	is "status" "$status" 1
	like "message" "$err" 'CAP_KILL is effective without being permitted'
}

t_setuid_bits_count_only_without_no_new_privs()
{
	# $SCRATCH may be mounted nosuid.
	mkdir "$SCRATCH/suid"
	mount -t tmpfs -o mode=755 vztest "$SCRATCH/suid"
	cp -a "$ROOTFS/." "$SCRATCH/suid"
	chmod u+s "$SCRATCH/suid/bin/probe"
	local filter=".root.path = \"$SCRATCH/suid\" | .process.user = {uid: 1000, gid: 1000}"
	is "with it" "$(seen "$filter" uid no_new_privs | paste -sd ' ')" "1000 1000 1000 1"
	is "without it" "$(seen "$filter | .process.noNewPrivileges = false" uid no_new_privs | paste -sd ' ')" \
		"1000 0 0 0"
	umount "$SCRATCH/suid"
}

# ---- ids ----

t_groups_are_those_of_the_spec_alone()
{
	local filter='.process.user = {uid: 3, gid: 4, additionalGids: [9, 8]}'
	is "ids" "$(seen "$filter" uid gid groups | paste -sd /)" "3 3 3/4 4 4/8 9"
	make_bundle "$SCRATCH/groups" . probe groups
	is "the caller's are left" \
		"$(setpriv --groups 27,28 "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/groups" groups)" ""
}

t_umask_is_that_of_the_spec()
{
	is "given" "$(seen '.process.user.umask = 23' umask)" 0027
}

t_id_without_a_mapping_is_refused()
{
	make_bundle "$SCRATCH/unmapped" "$OWN_USERNS | .process.user.uid = 70000" true
	try vzrun run --bundle "$SCRATCH/unmapped" unmapped
	is "status" "$status" 1
	like "message" "$err" 'user id.*(Invalid argument|not mapped)|70000'
}

t_securebits_stay_unset()
{
	is "securebits" "$(seen . securebits)" 0
}

run_tests "$@"
