#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a CT can't do to the host though its namespaces would let it: read its messages, use its
# keyrings, run its handler of crashes, leave its AppArmor profile, see other users' processes.
# shellcheck disable=SC2016 # what stands in single quotes is for the shell inside
. "${0%/*}/lib.sh"
. "$LIB_DIR/ct.sh"

TOOL=${VZRUN%/*}/tests/integration/guardtool
PROFILES=$LIB_DIR/../../conf/apparmor
LOADED=/sys/kernel/security/apparmor/profiles

set_conf() # LINE...
{
	printf '%s\n' "$@" >>"$CT_DIR/conf/$id.conf"
}

start_with_tool()
{
	start_ct
	ct exec "$id" sh -c 'mkdir -p /root; cat >/root/guardtool; chmod 755 /root/guardtool' <"$TOOL"
}

guardtool()
{
	ct exec "$id" /root/guardtool "$@"
}

end_ct()
{
	ct stop "$id" --fast >/dev/null 2>&1
	ct destroy "$id" >/dev/null
}

t_messages_and_keyrings()
{
	local key
	make_ct
	start_with_tool
	try guardtool dmesg
	is "syslog(2), whatever dmesg_restrict is" "$out" "Operation not permitted"
	try ct exec "$id" cat /proc/kmsg
	like "/proc/kmsg" "$err" 'not permitted|Permission denied'
	try ct exec "$id" sh -c 'mknod /dev/kmsg c 1 11 && head -c 1 /dev/kmsg'
	unlike "/dev/kmsg" "$status" '^0$'
	key=$("$TOOL" key)
	like "the host makes a key" "$key" '^[0-9]+$'
	for what in key session "read-key $key" request; do
		# shellcheck disable=SC2086 # words
		try guardtool $what
		is "keyrings: $what" "$out" "Function not implemented"
	done
	ct stop "$id" --fast >/dev/null 2>&1
	ct set "$id" --features keyctl:on --save >/dev/null 2>&1
	start_with_tool
	try guardtool session
	like "with keyctl:on it has keyrings" "$out" '^[0-9]+$'
	try guardtool read-key "$key"
	like "but not the host's key" "$out" 'Permission denied|Required key not available'
	unlike "nor sees it" "$(ct exec "$id" cat /proc/keys)" 'vztest'
	try guardtool request
	is "nor makes the kernel run the host's request-key" "$out" "Operation not permitted"
	check "the key goes" "$TOOL" end-key "$key"
	end_ct
}

# The handler runs as root of the host, with what the CT chose as its arguments.
t_crashes_are_no_affair_of_the_hosts()
{
	local before pattern outside ran=$SCRATCH/ran
	[ "${VZRUN_TEST_VM:-}" = 1 ] ||
		{ skip "core_pattern" "it is one for the whole machine"; return; }
	before=$(</proc/sys/kernel/core_pattern)
	# The kernel's own view: the first mount namespace, below what was mounted over its root.
	outside=/..$_storage
	printf '#!/../bin/busybox sh\n/../bin/busybox echo ran >>%s\n' "$outside/ran" >"$SCRATCH/handler"
	chmod 755 "$SCRATCH/handler"
	pattern="|$outside/handler"
	echo "$pattern" >/proc/sys/kernel/core_pattern
	("$TOOL" crash) >/dev/null 2>&1
	check "the host's crash runs it" until_true test -s "$ran"
	rm -f "$ran"
	make_ct
	start_with_tool
	is "init's limit" "$(awk '/core file/ { print $5, $6 }' \
		"/proc/$(ct state "$id" | jq .pid)/limits")" "1 1"
	for soft in '' 0 1 1000000; do
		# shellcheck disable=SC2086 # none, or one
		guardtool crash $soft >/dev/null 2>&1
	done
	ct exec "$id" sh -c 'ulimit -S -c 0; /root/guardtool crash' >/dev/null 2>&1
	is "a shell believes that it set it" "$(ct exec "$id" sh -c 'ulimit -c 0 && ulimit -c')" 0
	check "the handler did not run" test ! -e "$ran"
	ct stop "$id" --fast >/dev/null 2>&1
	set_conf 'HOST_CORE_HANDLER="yes"'
	start_with_tool
	unlike "where it is wanted no limit is set" "$(guardtool core)" '^1$'
	ct stop "$id" --fast >/dev/null 2>&1
	sed -i '/HOST_CORE/d' "$CT_DIR/conf/$id.conf"
	echo core >/proc/sys/kernel/core_pattern
	start_with_tool
	ct exec "$id" sh -c 'cd /root && ulimit -c unlimited && ./guardtool crash' >/dev/null 2>&1
	check "a file inside is the CT's own affair" ct exec "$id" sh -c 'test -s /root/core*'
	echo "$before" >/proc/sys/kernel/core_pattern
	end_ct
}

t_other_users_processes_are_hidden()
{
	make_ct
	set_conf 'HIDEPID="invisible"' 'HIDEPID_GID="7"'
	start_ct
	like "options of /proc" "$(ct exec "$id" grep ' /proc proc ' /proc/mounts)" \
		'gid=[0-9]*7.*hidepid=invisible'
	try "$VZRUN" --root "$ROOT" exec --user 1000 "$id" test -e /proc/1
	is "a user sees none but his own" "$status" 1
	check "but for one of the group" "$VZRUN" --root "$ROOT" exec --user 1000 --additional-gids 7 \
		"$id" test -e /proc/1
	check "root sees them" ct exec "$id" test -e /proc/1/stat
	end_ct
	make_ct
	set_conf 'HIDEPID="perhaps"'
	try ct start "$id"
	is "another word" "$status" 85
	like "told" "$err" 'HIDEPID: "perhaps" is not off, noaccess'
	ct destroy "$id" >/dev/null
}

_label() # PID
{
	cat "/proc/$1/attr/apparmor/current"
}

t_apparmor()
{
	if [ ! -r "$LOADED" ]; then
		make_ct
		set_conf 'APPARMOR="no-such-profile"'
		try ct start "$id"
		like "a profile that is not loaded" "$err" 'APPARMOR: "no-such-profile" is not'
		ct destroy "$id" >/dev/null
		skip "what the profile does" "the kernel does not run AppArmor"
		return
	fi
	local pid
	make_ct
	start_with_tool
	is "without our profiles a CT starts, and without a warning" "$(<"$_tmp/start")" \
		"$(grep -v -i apparmor "$_tmp/start")"
	is "and is not confined" "$(_label "$(ct state "$id" | jq .pid)")" unconfined
	ct stop "$id" --fast >/dev/null 2>&1
	check "they are loaded" apparmor_parser --quiet --skip-cache --replace -I "$PROFILES" \
		"$PROFILES/vzrun-ct"
	start_with_tool
	pid=$(ct state "$id" | jq .pid)
	is "its init" "$(_label "$pid")" 'vzrun-ct (enforce)'
	is "what is executed in it" "$(ct exec "$id" cat /proc/self/attr/apparmor/current)" \
		'vzrun-ct (enforce)'
	is "by the engine's exec too" "$("$VZRUN" --root "$ROOT" exec "$id" \
		cat /proc/self/attr/apparmor/current)" 'vzrun-ct (enforce)'
	# kallsyms is anybody's to read: only the profile denies it.
	try ct exec "$id" head -c 10 /proc/kallsyms
	like "the host's kernel" "$err" 'Permission denied'
	try ct exec "$id" sh -c 'mkdir /mnt/p && mount -t proc proc /mnt/p'
	like "another /proc" "$err" 'denied'
	check "its host name is its own" ct exec "$id" hostname mine
	check "and its network" ct exec "$id" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	check "a tmpfs" ct exec "$id" mount -t tmpfs t /mnt
	try ct exec "$id" sh -c 'echo changeprofile unconfined >/proc/self/attr/apparmor/current'
	unlike "nobody leaves it" "$status" '^0$'
	ct exec "$id" sleep 100 &
	until_true ct exec "$id" pidof sleep
	check "signals among themselves" ct exec "$id" killall sleep
	wait
	ct stop "$id" >/dev/null 2>&1
	is "the host ends it" "$(ct status "$id" | awk '{ print $5 }')" down
	set_conf 'APPARMOR="no"'
	start_ct
	is "APPARMOR=no" "$(_label "$(ct state "$id" | jq .pid)")" unconfined
	end_ct
	make_ct --features nesting:on
	start_ct
	is "one that nests" "$(_label "$(ct state "$id" | jq .pid)")" 'vzrun-ct-nesting (enforce)'
	check "mounts a /proc where it likes" \
		ct exec "$id" sh -c 'mkdir -p /mnt/p && mount -t proc proc /mnt/p'
	end_ct
	apparmor_parser --remove -I "$PROFILES" "$PROFILES/vzrun-ct"
}

# The helpers and vzprocd under theirs, which are told where this build has them.
t_apparmor_of_the_programs()
{
	local build=${VZRUN%/*} file=$SCRATCH/programs view=$SCRATCH/view pid
	[ -r "$LOADED" ] ||
		{ skip "what the profiles do" "the kernel does not run AppArmor"; return; }
	sed "s|/usr/{,local/}{lib,libexec}/vzrun/|$build/|; s|/usr/{,local/}sbin/|$build/|
		s|owner /run/|owner $SCRATCH/|" "$PROFILES/vzrun-programs" >"$file"
	check "they are loaded" apparmor_parser --quiet --skip-cache --replace "$file"
	(umask 077 && mkdir -p "$CT_DIR/template/cache")
	tar -C "$ROOTFS" -czf "$CT_DIR/template/cache/rootfs.tar.gz" .
	new_ct
	check "an archive is unpacked" ct create "$id" --ostemplate rootfs
	check "whole" test -s "$(find "$CT_DIR/template/rootfs" -path '*/bin/busybox')"
	ct destroy "$id" >/dev/null
	make_ct
	start_ct
	if [ -x "$build/vzprocd" ]; then
		check "vzprocd serves" "$build/vzprocd" --root "$ROOT" --config "$CT_DIR/vz.conf" "$view"
		pid=$(pgrep -f "^$build/vzprocd --root $ROOT ")
		is "under its profile" "$(_label "$pid")" 'vzprocd (enforce)'
		is "what it serves" "$(awk 'NR > 2 { print $1 }' "$view/vz/vestat")" "$id"
		kill "$pid"
		until_true sh -c "! mountpoint -q '$view'"
	fi
	end_ct
	for what in vzunpack vznft vzprocd; do
		try aa-exec -p "$what" -- busybox sh -c 'echo 1 >/proc/self/attr/current; busybox id'
		like "$what runs no program" "$err" 'Permission denied'
	done
	for what in vznft vzprocd; do
		try aa-exec -p "$what" -- busybox sh -c 'echo >/etc/vz/written'
		like "$what writes nothing of the host's" "$err" 'Permission denied'
	done
	apparmor_parser --remove "$file"
}

run_tests "$@"
