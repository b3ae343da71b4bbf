#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What can lie in the place of a CT's conf, or be wrong with it: verbs refuse it in one line, wait
# for nothing and lose nothing.
# shellcheck disable=SC2119,SC2154 # make_ct's options; out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

conf=

one()
{
	make_ct --hostname one
	conf=$CT_DIR/conf/$id.conf
	echo data >"$(ct_private data)"
	cp "$conf" "$SCRATCH/good"
}

# Not longer than any of them takes, if it waits for something.
bounded() # ARG...
{
	try timeout 60 "$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" "$@"
}

# Each verb that needs the conf says so in a line, and changes nothing.
all_refuse() # WHAT PATTERN
{
	local verb
	for verb in start mount "set --hostname two --save" reinstall unregister; do
		# shellcheck disable=SC2086 # a verb and its arguments
		bounded ${verb%% *} "$id" ${verb#"${verb%% *}"}
		check "$1: ${verb%% *} fails" test "$status" -ne 0 -a "$status" -ne 124
		is "$1: ${verb%% *}: one line" "$(wc -l <<<"$err")$(grep -c '^vzrun: ' <<<"$err")" 11
		like "$1: ${verb%% *}: says why" "$err" "$2"
		is "$1: ${verb%% *}: as a bad configuration" "$status" 85
	done
	bounded status "$id"
	is "$1: status tells what is known" "$status/$out" "0/CTID $id exist unmounted down"
	like "$1: and of the fault" "$err" "$2"
	is "$1: its data is there" "$(<"$(ct_private data)")" data
}

gone()
{
	rm -rf "$conf"
	cp "$SCRATCH/good" "$conf"
	ct start "$id" >/dev/null
	is "with its conf it is what it was" "$(ct exec "$id" cat /data)" data
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
	is "what is left" "$(ct_traces "$id")" ""
}

t_read_only_file()
{
	one
	chmod 444 "$conf"
	try ct set "$id" --hostname two --save
	is "root writes it all the same" "$status$err" 0
	check "it is changed" grep -qx 'HOSTNAME="two"' "$conf"
	is "its mode stays" "$(stat -c %a "$conf")" 444
	gone
}

t_immutable_file()
{
	one
	if ! chattr +i "$conf" 2>/dev/null; then
		skip "immutable" "the file system of $SCRATCH has no such attribute"
		gone
		return
	fi
	try ct set "$id" --hostname two --save
	check "it is refused" test "$status" -ne 0
	is "in one line" "$(grep -c '^vzrun: ' <<<"$err")$(wc -l <<<"$err")" 11
	like "that says which" "$err" "$id\.conf.*Operation not permitted"
	check "it is as it was" cmp -s "$conf" "$SCRATCH/good"
	check "nothing is beside it" test ! -e "$conf.new"
	chattr -i "$conf"
	gone
}

t_read_only_mount()
{
	local first
	one
	first=$id
	for verb in "set $id --hostname two --save" "create $((id + 50)) --ostemplate minimal"; do
		# shellcheck disable=SC2086 # a verb and its arguments
		try unshare --mount sh -c "mount --bind '$CT_DIR/conf' '$CT_DIR/conf' && mount -o remount,bind,ro '$CT_DIR/conf' &&
			exec \"\$@\"" sh "$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" $verb
		check "${verb%% *} is refused" test "$status" -ne 0
		is "${verb%% *}: in one line" "$(grep -c '^vzrun: ' <<<"$err")$(wc -l <<<"$err")" 11
		like "${verb%% *}: says why" "$err" "Read-only file system"
	done
	check "the conf is as it was" cmp -s "$conf" "$SCRATCH/good"
	is "nothing is made" "$(ct_traces $((first + 50)))" ""
	gone
}

t_cut_in_a_quote()
{
	local lines
	one
	lines=$(($(grep -n ^HOSTNAME= "$conf" | cut -d: -f1)))
	sed "$lines,\$d" "$SCRATCH/good" >"$conf"
	printf 'HOSTNAME="on' >>"$conf"
	all_refuse "cut" "conf/$id\.conf:$lines: the quote is not closed"
	gone
}

t_a_folder()
{
	one
	rm "$conf"
	mkdir "$conf"
	all_refuse "a folder" "$id\.conf.*Is a directory"
	gone
}

t_a_fifo()
{
	one
	rm "$conf"
	mkfifo "$conf"
	all_refuse "a fifo" "$id\.conf\" is a fifo"
	bounded list -a
	check "list does not wait" test "$status" -ne 124
	bounded status "$id"
	check "nor status" test "$status" -ne 124
	bounded create $((id + 50)) --ostemplate minimal
	check "nor another's create" test "$status" -ne 124
	ct destroy $((id + 50)) >/dev/null 2>&1
	gone
}

t_a_large_one()
{
	one
	{
		cat "$SCRATCH/good"
		head -c 1100000 /dev/zero | tr '\0' '#'
		echo
	} >"$conf"
	all_refuse "large" "$id\.conf.*larger than 1048576 bytes"
	gone
}

t_another_users()
{
	local how
	one
	for how in "chown 1000 $conf" "chmod 666 $conf" "chgrp 1000 $conf; chmod 664 $conf"; do
		eval "$how"
		try ct start "$id"
		is "$how: it starts" "$status" 0
		like "$how: with a warning" "$err" "others than root may write \"$conf\""
		ct stop "$id" --fast >/dev/null 2>&1
		chown 0:0 "$conf"
		chmod 644 "$conf"
	done
	chown 1000 "$conf"
	ct set "$id" --hostname two --save >/dev/null 2>&1
	is "what is saved is root's" "$(stat -c '%u:%g' "$conf")" 0:0
	chmod 664 "$conf"
	try ct start "$id"
	is "root's own group is no other" "$status$err" 0
	ct stop "$id" --fast >/dev/null
	gone
}

t_two_verbs_at_once()
{
	local verb pid
	one
	mkfifo "$SCRATCH/go"
	printf '#!/bin/sh\necho here >"%s"\nread line <"%s"\n' "$SCRATCH/here" "$SCRATCH/go" >"$CT_DIR/conf/$id.premount"
	chmod 755 "$CT_DIR/conf/$id.premount"
	ct start "$id" >/dev/null &
	pid=$!
	until_true test -s "$SCRATCH/here"
	for verb in start stop mount "set --hostname two --save" reinstall unregister destroy; do
		# shellcheck disable=SC2086 # a verb and its arguments
		bounded ${verb%% *} "$id" ${verb#"${verb%% *}"}
		is "${verb%% *}" "$status" 9
		like "${verb%% *} says who holds it" "$err" "locked by: pid [0-9]+, cmdline .* start $id\)$"
	done
	echo >"$SCRATCH/go"
	wait "$pid"
	is "the first is not disturbed" "$? $(ct status "$id")" "0 CTID $id exist mounted running"
	ct stop "$id" --fast >/dev/null
	rm "$CT_DIR/conf/$id.premount"
	gone
}

run_tests "$@"
