#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Private areas that are forgotten and taken up, and what that means for ranges of ids.
# shellcheck disable=SC2016,SC2119,SC2154 # what is eval'd stands in single quotes; make_ct's options; out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

CONF=$CT_DIR/conf

in_conf() # KEY
{
	sed -n "s/^$1=\"\(.*\)\"$/\1/p" "$CONF/$id.conf"
}

# A CT with a file, forgotten; its area is $area.
forgotten()
{
	make_ct --name "n$$-$RANDOM" --hostname web.example
	first=$(in_conf LOCAL_UID)
	name=$(in_conf NAME)
	start_ct
	ct exec "$id" sh -c 'echo data >/root/file; chown 1000:100 /root/file'
	ct stop "$id" --fast >/dev/null
	area=$CT_DIR/private/$id
	ct unregister "$id" >/dev/null || tap_bail "can't unregister CT $id"
}

t_unregister_leaves_the_data()
{
	local first name area
	make_ct --name gone
	echo true >"$CONF/$id.start"
	start_ct
	try ct unregister "$id"
	is "of a running one" "$status" 32
	ct stop "$id" --fast >/dev/null
	ct mount "$id" >/dev/null
	try ct unregister "$id"
	is "of a mounted one" "$status" 41
	ct umount "$id" >/dev/null
	cp "$CONF/$id.conf" "$SCRATCH/before"
	try ct unregister gone
	is "unregister" "$status/$out" "0/Container $id was successfully unregistered"
	is "it is none any more" "$(ct status "$id")" "CTID $id deleted unmounted down"
	is "its conf is with its data" "$(cat "$CT_DIR/private/$id/ve.conf")" "$(<"$SCRATCH/before")"
	is "for root only" "$(stat -c %a "$CT_DIR/private/$id/ve.conf")" 600
	check "its data stays" test -d "$CT_DIR/private/$id/upper"
	check "no script lies about for the next of that number" test ! -e "$CONF/$id.start"
	is "its name is free" "$(find "$CT_DIR/names" -name gone)" ""
	is "what is left" "$(ct_traces "$id")" "$CT_DIR/private/$id"
	try ct unregister "$id"
	is "again" "$status" 14
	rm -r "$CT_DIR/private/$id"
}

t_register_tells_what_it_grants()
{
	local first name area key
	forgotten
	cat >>"$area/ve.conf" <<-'END'
		BINDMOUNT="/etc:/mnt"
		CAPABILITY="NET_ADMIN:on"
		DEVICES="c:1:3:rw"
		DEVNODES="net/tun:rw"
		FEATURES="fuse:on"
		NETDEV=" "
	END
	try ct register "$area" "$id"
	is "register" "$status" 0
	for key in 'BINDMOUNT="/etc:/mnt"' 'CAPABILITY="NET_ADMIN:on"' 'DEVICES="c:1:3:rw"' \
		'DEVNODES="net/tun:rw"' 'FEATURES="fuse:on"'; do
		check "$key" grep -qxF "vzrun: warning: its configuration grants $key" <<<"$err"
	done
	is "nothing else" "$(wc -l <<<"$err")" 5
	ct destroy "$id" >/dev/null
}

t_register_takes_it_up()
{
	local first name area other
	forgotten
	mkdir -m 700 "$SCRATCH/moved"
	mv "$area" "$SCRATCH/moved/area"
	new_ct
	try ct register "$SCRATCH/moved/../moved//area" "$id"
	is "register" "$status$err" 0
	is "its messages" "$out" "CT configuration saved to $CONF/$id.conf
Container $id was successfully registered"
	is "where it is" "$(in_conf VE_PRIVATE) $(in_conf VE_ROOT)" "$SCRATCH/moved/area $CT_DIR/root/\$VEID"
	is "it keeps its ids" "$(in_conf LOCAL_UID) $(in_conf LOCAL_GID)" "$first $first"
	is "its name" "$(ct status "$name")" "CTID $id exist unmounted down"
	start_ct
	is "its data" "$(ct exec "$id" stat -c '%u:%g' /root/file)" 1000:100
	is "its host name" "$(ct exec "$id" hostname)" web.example
	ct stop "$id" --fast >/dev/null
	other=$id
	new_ct
	try ct register "$SCRATCH/moved/area" "$id"
	is "the same once more" "$status" 140
	like "says whose it is" "$err" "is CT $other's$"
	try ct register "$SCRATCH/moved/area" "$other"
	is "a number that is taken" "$status" 140
	is "what is left" "$(ct_traces "$id")" ""
	ct destroy "$other" >/dev/null
	check "destroy removes it there" test ! -e "$SCRATCH/moved/area"
}

t_ids_of_another_are_not_taken()
{
	local first name area second before
	forgotten
	second=$id
	make_ct # gets the range that is free again
	is "a range is free again once nothing names it" "$(in_conf LOCAL_UID)" "$first"
	ct set "$id" --name "$name" --save >/dev/null
	before=$(stat -c '%u:%g %Z' "$area/upper/root/file")
	try ct register "$area" "$second"
	is "register" "$status" 0
	like "it goes without its name" "$err" "without its name: .*is CT $id's"
	first=$(in_conf LOCAL_UID)
	ct destroy "$id" >/dev/null
	id=$second
	check "it has other ids" test "$(in_conf LOCAL_UID)" != "$first"
	is "the data was not touched" "$(stat -c '%u:%g %Z' "$area/upper/root/file")" "$before"
	start_ct
	is "and has its owners" "$(ct exec "$id" stat -c '%u:%g' /root/file)" 1000:100
	is "by the new map" "$(tr -s ' ' <"/proc/$(ct state "$id" | jq .pid)/uid_map")" " 0 $(in_conf LOCAL_UID) 65536"
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

# A range of a user's in /etc/subuid is nobody else's, a conf's own included.
t_ids_of_subuid_are_not_taken()
{
	local first name area
	forgotten
	cp -a /etc/subuid "$SCRATCH/subuid" 2>/dev/null || : >"$SCRATCH/subuid"
	echo "someone:$((first + 65535)):1" >>"$SCRATCH/subuid"
	[ -e /etc/subuid ] || { skip "subuid" "there is no /etc/subuid"; rm -r "$area"; return; }
	mount --bind "$SCRATCH/subuid" /etc/subuid
	try ct register "$area" "$id"
	umount /etc/subuid
	is "register" "$status" 0
	check "it has other ids" test "$(in_conf LOCAL_UID)" != "$first"
	ct destroy "$id" >/dev/null
}

t_bad_areas()
{
	local first name area bad
	forgotten
	mkdir -m 700 "$SCRATCH/bad" "$SCRATCH/bad/empty"
	mkdir "$SCRATCH/open"
	cp -a "$area" "$SCRATCH/open/area"
	for bad in "$SCRATCH/bad/none" "$SCRATCH/bad/empty" / "$SCRATCH/open/area"; do
		for how in "" --force; do
			# shellcheck disable=SC2086 # or nothing
			try ct register $how "$bad" "$id"
			check "register $how ${bad##*/}" test "$status" -ne 0
			is "what is left" "$(ct_traces "$id" | grep -v "^$area$")" ""
		done
	done
	for bad in 0 -- -1 2147483645 ../x $'1\n2' name ''; do
		try ct register "$area" "$bad"
		check "as $(printf %q "$bad")" test "$status" -ne 0
	done
	# What ve.conf may be.
	# shellcheck disable=SC2016 # eval below expands them
	for bad in 'rm ve.conf; ln -s /etc/passwd ve.conf' 'rm ve.conf; mkfifo ve.conf' 'rm ve.conf; mkdir ve.conf' \
		'echo HOSTNAME=\"x >>ve.conf' 'rm template; ln -s ../../../etc template' 'rm template; ln -s none template' 'rm template' \
		'rm -r upper work; mkdir -p $SCRATCH/h/u $SCRATCH/h/w; ln -s $SCRATCH/h/u upper; ln -s $SCRATCH/h/w work'; do
		cp -a "$area" "$SCRATCH/bad/area"
		(cd "$SCRATCH/bad/area" && eval "$bad")
		try timeout 60 "$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" register "$SCRATCH/bad/area" "$id"
		is "$bad" "$status" 140
		rm -r "$SCRATCH/bad/area"
	done
	is "nothing is registered" "$(find "$CONF" -name "$id.*" ! -name "*.destroyed")" ""
	rm "$area/ve.conf"
	try ct register "$area" "$id" --force
	is "--force without one" "$status" 0
	ct start "$id" >/dev/null
	is "it runs" "$(ct exec "$id" cat /root/file)" data
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

run_tests "$@"
