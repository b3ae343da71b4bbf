#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The verb `set`: what it keeps, where it refuses, what it takes back. What single options do is tested
# with their subjects: "# Sets:" names the options whose effect a test reads back (tests/meta/options).
# shellcheck disable=SC2119,SC2154 # make_ct's options; out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

pid_of() # ID
{
	vzrun state "$1" | jq .pid
}

# A key's value in the CT's conf, as a shell that sources it has it.
key() # KEY
{
	VEID=$id bash -c '. "$1" && echo "${!2}"' - "$CT_DIR/conf/$id.conf" "$1"
}

# set ARG...: that it fails with STATUS, says TEXT and leaves the conf as it was
refuses() # STATUS TEXT ARG...
{
	local before
	before=$(<"$CT_DIR/conf/$id.conf")
	try ct set "$id" "${@:3}"
	local what=${*:3}
	what=${what//$'\n'/|}
	is "$what: refused" "$status" "$1"
	like "$what: says why" "$err" "$2"
	is "$what: in one line" "$(wc -l <<<"$err")" 1
	is "$what: changes nothing" "$(<"$CT_DIR/conf/$id.conf")" "$before"
}

# Sets: --onboot --bootorder --description --stop-timeout --disabled
t_plain_values_are_kept()
{
	local row
	make_ct
	for row in onboot:ONBOOT:yes bootorder:BOOTORDER:10 "description:DESCRIPTION:a \"quoted\" \$line" \
		stop-timeout:STOP_TIMEOUT:7 autostop:AUTOSTOP:suspend noatime:NOATIME:yes \
		netfilter:NETFILTER:full "mount_opts:MOUNT_OPTS:noatime,ro" disabled:DISABLED:yes; do
		IFS=: read -r option key value <<<"$row"
		try ct set "$id" "--$option" "$value" --save
		is "--$option" "$status$err" 0
		is "--$option: tells where it is kept" "$out" "CT configuration saved to $CT_DIR/conf/$id.conf"
		is "--$option: $key" "$(key "$key")" "$value"
		is "--$option again: nothing to do" "$(ct set "$id" "--$option" "$value" --save)" \
			"No changes in CT configuration, not saving"
	done
	try ct set "$id" --iptables ip_tables --iptables ipt_REJECT,ipt_tos --save
	is "--iptables twice" "$status$(key IPTABLES)" "0ip_tables ipt_REJECT,ipt_tos"
	try ct start "$id"
	is "one that is disabled does not start" "$status" 105
	ct destroy "$id" >/dev/null
}

# What the help says to have none.
# Sets: no-effect
t_options_without_effect_are_kept()
{
	local option value before
	make_ct
	while read -r option; do
		case $option in
		--autostop) value=suspend ;;
		--iptables) value=ip_tables ;;
		--meminfo) value=none ;;
		--netfilter) value=full ;;
		--noatime | --pagecache-isolation) value=yes ;;
		*) value=64 ;;
		esac
		before=$(<"$CT_DIR/conf/$id.conf")
		try ct set "$id" "$option" "$value" --save
		is "$option $value" "$status$err" 0
		like "$option: one line more in the conf" "$(diff <(echo "$before") "$CT_DIR/conf/$id.conf" | grep '^[<>]')" \
			"^> [A-Z_]+=\"[^\"]*${value}[^\"]*\"\$"
	done < <("$VZRUN" help --list | awk -F'\t' '$1 == "option" && $2 == "set" && $6 == "no-effect" { print $3 }')
	ct start "$id" >/dev/null
	is "and it starts" "$(ct status "$id")" "CTID $id exist mounted running"
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

# Sets: --root --private
t_its_places_are_moved()
{
	make_ct
	try ct set "$id" --root "$CT_DIR/elsewhere/\$VEID" --private "$CT_DIR/data/\$VEID" --save
	is "set" "$status$err" 0
	is "kept for any number" "$(grep -c "=\"$CT_DIR/[a-z]*/\$VEID\"" "$CT_DIR/conf/$id.conf")" 2
	try ct start "$id"
	is "without its data it does not start" "$status" 43
	mkdir -m 700 "$CT_DIR/data"
	mv "$CT_DIR/private/$id" "$CT_DIR/data/"
	check "with its data there it does" ct start "$id"
	check "and is mounted there" mountpoint -q "$CT_DIR/elsewhere/$id"
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
	check "destroy finds its data" test ! -e "$CT_DIR/data/$id"
}

t_bad_values_are_refused()
{
	make_ct
	refuses 20 "nothing to set"
	refuses 20 "nothing to set" --save
	refuses 21 '--onboot: "maybe" is not yes, no or auto' --onboot maybe --save
	refuses 21 '--onboot: "" is not yes, no or auto' --onboot "" --save
	refuses 21 '--bootorder: .*-1' --bootorder -1 --save
	refuses 21 '--bootorder: .*9999999999' --bootorder 9999999999 --save
	refuses 21 '--stop-timeout: .*86401' --stop-timeout 86401 --save
	refuses 21 '--stop-timeout: .*soon' --stop-timeout soon --save
	refuses 21 '--description: .* is not one line' --description $'two\nlines' --save
	refuses 21 '--root: ' --root relative --save
	refuses 70 'host name' --hostname 'a b' --save
	refuses 70 'host name' --hostname "$(printf %065d 1)" --save
	refuses 131 'name' --name ../x --save
	refuses 131 'name' --name 102 --save
	refuses 131 'name' --name $'x\ny' --save
	refuses 131 'needs --save' --name later
	refuses 20 'needs --save' --stop-timeout 7
	refuses 20 'without --save' --onboot yes --force
	refuses 20 'without --save' --onboot yes --setmode restart
	refuses 1 'neither|none of' --onboot yes --setmode maybe --save
	refuses 1 'needs a value' --save --onboot
	refuses 1 'did you mean --onboot' --onbot yes --save
	is "of two options one of which is bad none is kept" "$(
		ct set "$id" --onboot yes --bootorder x --save 2>/dev/null
		key ONBOOT
	)" ""
	ct destroy "$id" >/dev/null
}

# Sets: --name
t_a_name_is_moved()
{
	local first
	make_ct --name old
	first=$id
	check "the first name" ct status old
	is "renamed" "$(ct set old --name middle --save >/dev/null && ct status middle)" \
		"$(ct status "$id")"
	is "by rename" "$(ct rename middle new)" "CT configuration saved to $CT_DIR/conf/$id.conf"
	is "it is the same CT" "$(ct status new)" "$(ct status "$id")"
	try ct rename new ../x
	is "to what is no name" "$status" 131
	check "the old name is free" test ! -L "$CT_DIR/names/old"
	make_ct
	refuses 131 "CT $first" --name new --save
	try ct set "$id" --name old --save
	is "it may be another's" "$status$(key NAME)" 0old
	ct destroy "$id" >/dev/null
	check "and goes with it" test ! -L "$CT_DIR/names/old"
	id=$first
	ct set "$id" --name "" --save >/dev/null
	check "an empty one takes it away" test ! -L "$CT_DIR/names/new"
	ct destroy "$id" >/dev/null
}

t_what_only_a_start_brings()
{
	local init
	make_ct
	ct start "$id" >/dev/null
	init=$(pid_of "$id")
	try ct set "$id" --features sysinfo:on --save
	is "it is kept" "$status$(key FEATURES)" 0sysinfo:on
	like "and warned of" "$err" "Unable to set features on a running container"
	is "the CT runs on" "$(pid_of "$id")" "$init"
	try ct set "$id" --features sysinfo:on --save
	is "what it has is no news" "$err" ""
	try ct set "$id" --features sysinfo:off --save --setmode ignore
	is "--setmode ignore: kept" "$status$(key FEATURES)" 0sysinfo:off
	is "in silence" "$err" ""
	is "and the CT runs on" "$(pid_of "$id")" "$init"
	try ct set "$id" --features sysinfo:on --save --setmode restart
	is "--setmode restart: kept" "$status$(key FEATURES)" 0sysinfo:on
	check "it was started anew" test "$(pid_of "$id")" != "$init"
	refuses 32 'is running' --private "$CT_DIR/elsewhere" --save
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

t_what_fails_is_told_in_one_line()
{
	make_ct --hostname before
	ct start "$id" >/dev/null
	ct exec "$id" sh -c 'rm /etc/hostname && mkdir -p /etc/hostname/x'
	try ct set "$id" --hostname after --save
	check "a name that can't be written is refused" test "$status" != 0
	is "one line" "$(wc -l <<<"$err")" 1
	is "the name is as before" "$(ct exec "$id" uname -n)$(key HOSTNAME)" beforebefore
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

# Its conf is bind-mounted read-only: it can't be replaced.
t_what_can_not_be_kept_is_taken_back()
{
	local conf
	make_ct --hostname before
	conf=$CT_DIR/conf
	ct start "$id" >/dev/null
	mount --bind "$conf" "$conf"
	mount -o remount,ro,bind "$conf"
	try ct set "$id" --hostname after --save
	check "a conf that can't be written is refused" test "$status" != 0
	is "one line" "$(wc -l <<<"$err")" 1
	is "the host name is as before" "$(ct exec "$id" uname -n)" before
	is "and its file" "$(ct exec "$id" cat /etc/hostname)" before
	umount "$conf"
	is "and the conf" "$(key HOSTNAME)" before
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

run_tests "$@"
