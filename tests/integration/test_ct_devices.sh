#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: long
# Devices of a CT: DEVNODES, DEVICES, the features that are a device, and mknod inside.
# shellcheck disable=SC2154,SC2119 # out, err and status are lib.sh's, id is ct.sh's; make_ct alone
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

DEVTOOL=${DEVTOOL:-${VZRUN%/*}/tests/integration/devtool}
[ -x "$DEVTOOL" ] || tap_bail "$DEVTOOL is missing (make check builds it)"

INJECT=${INJECT:-${VZRUN%/*}/tests/faults/inject}

# A CT with devtool in it.
make_tooled() # [OPT...]
{
	make_ct "$@"
	mkdir -p "$(ct_private bin)"
	cp "$DEVTOOL" "$(ct_private bin/devtool)"
}

conf() # LINE...
{
	printf '%s\n' "$@" >>"$CT_DIR/conf/$id.conf"
}

inside() # CMD...
{
	ct exec "$id" "$@" 2>&1
}

node() # PATH: its type and number, owner and mode, as the CT sees them
{
	inside stat -c '%F %t:%T %u:%g %a' "$1"
}

t_features_bring_their_device()
{
	local before
	before=$(stat -c '%u:%g %a' /dev/net/tun)
	make_tooled --features tun:on,fuse:on,ppp:on
	start_ct
	is "tun" "$(node /dev/net/tun)" "character special file a:c8 0:0 666"
	is "fuse" "$(node /dev/fuse)" "character special file a:e5 0:0 666"
	is "ppp" "$(node /dev/ppp)" "character special file 6c:0 0:0 600"
	is "a tun interface" "$(inside devtool tun vpn0)" vpn0
	is "fuse can be opened" "$(inside devtool open /dev/fuse)" ok
	is "chmod" "$(inside sh -c 'chmod 600 /dev/net/tun && stat -c %a /dev/net/tun')" 600
	is "the host's own" "$(stat -c '%u:%g %a' /dev/net/tun)" "$before"
	ct stop "$id" --fast >/dev/null
}

t_without_features_there_is_none()
{
	make_tooled
	start_ct
	like "tun" "$(node /dev/net/tun)" "No such file"
	is "by mknod neither" "$(inside devtool mknod /tun c 10 200)" EPERM
	is "fuse by mknod" "$(inside devtool mknod /fuse c 10 229)" EPERM
	ct stop "$id" --fast >/dev/null
}

t_devnodes_are_there_at_start()
{
	make_tooled
	conf 'DEVNODES="net/tun:rw fuse:r kmsg:none "' 'DEVICES="c:10:237:rw b:7:all:none "'
	start_ct
	like "tun" "$(node /dev/net/tun)" "^character special file a:c8 0:0 "
	like "fuse" "$(node /dev/fuse)" "^character special file a:e5 0:0 "
	is "which is only for reading" "$(inside devtool open /dev/fuse)" EPERM
	like "reading" "$(inside head -c 0 /dev/fuse && echo good)" good
	like "none" "$(node /dev/kmsg)" "No such file"
	ct stop "$id" --fast >/dev/null
}

t_node_that_the_host_lacks()
{
	make_ct
	conf 'DEVNODES="no/such:rw"'
	try ct start "$id"
	is "status" "$status" 86
	like "message" "$err" "look at the host's \"/dev/no/such\": No such file or directory"
	is "one line" "$(wc -l <<<"$err")" 1
	is "status of the CT" "$(ct status "$id")" "CTID $id exist unmounted down"
}

t_bad_values_in_the_conf()
{
	local line
	for line in 'DEVNODES="../x:rw"' 'DEVICES="c:10:rw"' 'DEVICES="x"' 'CAPABILITY="x:on"' \
		'BINDMOUNT="x"' 'FEATURES="x"'; do
		make_ct
		conf "$line"
		try ct start "$id"
		is "$line" "$status" 85
		is "one line" "$(wc -l <<<"$err")" 1
		is "status of the CT" "$(ct status "$id")" "CTID $id exist unmounted down"
	done
}

# What a CT has put in the place of a node before leads to nothing of the host's: /dev is new at
# each start, and a link on the way is followed inside only.
t_links_in_the_way()
{
	make_tooled --features tun:on
	mkdir -p "$(ct_private etc)"
	start_ct
	inside sh -c 'umount /dev/net/tun && rm -r /dev/net && ln -s /etc /dev/net'
	check "the node is gone" test "$(inside readlink /dev/net)" = /etc
	ct stop "$id" --fast >/dev/null
	start_ct
	is "tun" "$(node /dev/net/tun)" "character special file a:c8 0:0 666"
	ct stop "$id" --fast >/dev/null
}

# Sets: --devnodes
t_devnodes_of_a_running_ct()
{
	make_tooled
	start_ct
	like "before" "$(node /dev/net/tun)" "No such file"
	try ct set "$id" --devnodes net/tun:rw --devnodes fuse:rw --save
	is "set" "$status" 0
	is "its messages" "$out" "CT configuration saved to $CT_DIR/conf/$id.conf"
	like "the conf" "$(<"$CT_DIR/conf/$id.conf")" 'DEVNODES="net/tun:rw fuse:rw"'
	is "a tun interface" "$(inside devtool tun vpn0)" vpn0
	is "fuse can be opened" "$(inside devtool open /dev/fuse)" ok
	try ct set "$id" --devnodes fuse:r --save
	is "less" "$status" 0
	is "fuse can't be opened for writing" "$(inside devtool open /dev/fuse)" EPERM
	try ct set "$id" --devnodes fuse:none --save
	is "none" "$status" 0
	like "it is gone" "$(inside ls -l /dev/fuse)" "No such file"
	like "the other stays" "$(node /dev/net/tun)" "^character special file a:c8"
	ct stop "$id" --fast >/dev/null
	start_ct
	like "after a restart" "$(node /dev/net/tun)" "^character special file a:c8"
	like "and" "$(node /dev/fuse)" "No such file"
	ct stop "$id" --fast >/dev/null
}

# Sets: --features
key() # KEY
{
	sed -n "s/^$1=\"\(.*\)\"\$/\1/p" "$CT_DIR/conf/$id.conf"
}

# What was set without --save can be taken away again, and is nobody's in the end.
t_what_was_not_saved()
{
	local conf
	make_ct
	conf=$CT_DIR/conf/$id.conf
	mkdir -p "$SCRATCH/unsaved"
	echo shared >"$SCRATCH/unsaved/file"
	start_ct
	cp "$conf" "$SCRATCH/before"
	ct set "$id" --bindmount_add "$SCRATCH/unsaved:/srv/a" --devnodes net/tun:rw >/dev/null
	is "a mount" "$(ct exec "$id" cat /srv/a/file)" shared
	is "a node" "$(ct exec "$id" stat -c %t:%T /dev/net/tun)" a:c8
	try ct set "$id" --bindmount_add "$SCRATCH/unsaved:/srv/b" --save
	is "another one is saved" "$status$err" 0
	is "alone" "$(key BINDMOUNT)/$(key DEVNODES)" "$SCRATCH/unsaved:/srv/b/"
	is "both are there" "$(ct exec "$id" cat /srv/a/file /srv/b/file | sort -u)" shared
	try ct set "$id" --bindmount_del /srv/a
	is "the first goes" "$status$err" 0
	is "and is not mounted" "$(ct exec "$id" ls /srv/a)" ""
	is "the other is" "$(ct exec "$id" cat /srv/b/file)" shared
	try ct set "$id" --bindmount_del /srv/a
	is "a second time" "$status" 21
	ct set "$id" --devnodes net/tun:none >/dev/null
	is "the node goes" "$(ct exec "$id" ls /dev/net)" ""
	ct set "$id" --bindmount_add "$SCRATCH/unsaved:/srv/c" >/dev/null
	try ct set "$id" --bindmount_del all --save
	is "all go" "$status$err" 0
	is "from the CT" "$(ct exec "$id" ls /srv/b /srv/c | grep -c file)" 0
	is "and from the conf" "$(key BINDMOUNT)" ""
	ct set "$id" --bindmount_add "$SCRATCH/unsaved:/srv/a" >/dev/null
	ct restart "$id" --fast >/dev/null
	is "a restart knows nothing of it" "$(ct exec "$id" ls /srv/a)" ""
	try ct set "$id" --bindmount_del /srv/a
	is "nor what comes behind it" "$status" 21
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

t_features_of_a_running_ct()
{
	make_tooled
	start_ct
	try ct set "$id" --features tun:on,fuse:on --save
	is "set" "$status" 0
	is "no warning" "$err" ""
	is "a tun interface" "$(inside devtool tun vpn0)" vpn0
	is "fuse can be opened" "$(inside devtool open /dev/fuse)" ok
	try ct set "$id" --features fuse:off --save
	like "off" "$(inside ls -l /dev/fuse)" "No such file"
	try ct set "$id" --features nfs:on --save
	is "one of OpenVZ's" "$status" 0
	like "message" "$err" "nfs:on has no effect"
	ct stop "$id" --fast >/dev/null
}

# Sets: --devices
t_devices_of_a_running_ct()
{
	make_tooled --devnodes fuse:none
	start_ct
	is "a rule alone" "$(ct set "$id" --devices c:10:229:rw --save >/dev/null && node /dev/fuse)" \
		"stat: can't stat '/dev/fuse': No such file or directory"
	is "is one for its number" "$(node /dev/.vzrun/nodes/c10:229)" \
		"character special file a:e5 0:0 600"
	is "which can be opened" "$(inside devtool open /dev/.vzrun/nodes/c10:229)" ok
	ct set "$id" --devices c:10:229:none --save >/dev/null
	like "and goes with it" "$(inside ls /dev/.vzrun/nodes/c10:229)" "No such file"
	ct stop "$id" --fast >/dev/null
}

t_bad_devices_are_refused()
{
	local bad
	make_tooled
	for bad in "--devnodes ../etc/passwd:rw" "--devnodes fuse" "--devnodes fuse:x" "--devices x" \
		"--devices c:10:rw" "--devices c:10:999999999:rw" "--features rubbish:on"; do
		# shellcheck disable=SC2086 # an option and its value
		try ct set "$id" $bad --save
		is "$bad" "$status" 21
		is "$bad: one line" "$(wc -l <<<"$err")" 1
	done
	try ct set "$id" --devnodes no/such:rw --save
	is "what the host lacks" "$status" 86
	like "message" "$err" '"/dev/no/such": No such file or directory'
	is "nothing is kept" "$(grep -E '^(DEVNODES|DEVICES|FEATURES)=' "$CT_DIR/conf/$id.conf")" ""
}

# What the CT put there is not overwritten, followed or mounted over.
t_something_else_in_a_nodes_place()
{
	make_tooled
	start_ct
	inside sh -c 'mkdir /dev/net; echo mine >/secret; ln -s /secret /dev/net/tun'
	try ct set "$id" --features tun:on --save
	is "a link" "$status" 3
	like "message" "$err" '"/dev/net/tun": something else is in its place'
	is "it leads where it led" "$(inside cat /dev/net/tun)" mine
	is "nothing is kept" "$(grep FEATURES= "$CT_DIR/conf/$id.conf")" ""
	like "nor mounted" "$(inside ls /dev/.vzrun/nodes/c10:200)" "No such file"
	inside sh -c 'rm /dev/net/tun; rmdir /dev/net; ln -s /etc /dev/net'
	try ct set "$id" --features tun:on
	is "a link on the way is followed inside" "$(node /etc/tun)" \
		"character special file a:c8 0:0 666"
	check "the host's /etc is as it was" test ! -e /etc/tun
	ct stop "$id" --fast >/dev/null
}

t_mknod_of_a_device_that_was_given()
{
	make_tooled --devices c:10:200:rw --devnodes fuse:rw
	start_ct
	is "as panels do it" "$(inside mkdir -p /dev/net && inside mknod /dev/net/tun c 10 200)" ""
	is "mode" "$(inside chmod 600 /dev/net/tun && node /dev/net/tun)" \
		"character special file a:c8 0:0 600"
	is "a tun interface" "$(inside devtool tun vpn0)" vpn0
	is "again" "$(inside devtool mknod /dev/net/tun c 10 200)" EEXIST
	is "where there is something" "$(inside devtool mknod /etc c 10 200)" EEXIST
	is "elsewhere" "$(inside sh -c 'umask 027; mknod /root/t c 10 200') $(node /root/t)" \
		" character special file a:c8 0:0 640"
	is "from a folder" "$(inside devtool mknod f c 10 229 /srv/../root)" ok
	is "which is the device" "$(inside devtool open /root/f)" ok
	is "from the working directory" \
		"$(inside sh -c 'cd /root && devtool mknod ./g c 10 229 && stat -c %F g')" \
		"ok
character special file"
	is "by a 32-bit program" "$(inside devtool mknod32 /root/h c 10 229)" ok
	is "in a chroot" "$(inside sh -c 'mkdir -p /jail/d && devtool chrooted /jail /d/../e c 10 229 &&
		stat -c %F /jail/e')" "ok
character special file"
	is "through a link that is absolute in it" "$(inside sh -c 'ln -s /d /jail/l &&
		devtool chrooted /jail /l/n c 10 229 && stat -c %F /jail/d/n')" "ok
character special file"
	is "no folder there" "$(inside devtool mknod /none/x c 10 200)" ENOENT
	is "a file for a folder" "$(inside devtool mknod /bin/sh/x c 10 200)" ENOTDIR
	is "nothing that lies on the disk is a device" "$(find "$CT_DIR/private/$id" -type c)" ""
	ct stop "$id" --fast >/dev/null
}

# What was started before has no listener; what exec starts from then on has.
t_mknod_of_a_device_that_came_later()
{
	make_tooled
	start_ct
	is "before" "$(inside devtool mknod /x c 10 200)" EPERM
	try ct set "$id" --devices c:10:200:rw --save
	is "set" "$status" 0
	is "after" "$(inside devtool mknod /x c 10 200)" ok
	is "no warning" "$(inside true)" ""
	is "a tun interface" "$(inside sh -c 'mkdir /dev/net && mknod /dev/net/tun c 10 200 &&
		devtool tun vpn0')" vpn0
	is "the filter is the same else" "$(inside devtool mknod /p p 0 0)" ok
	ct set "$id" --devices c:10:200:none --save >/dev/null
	is "taken away" "$(inside devtool mknod /y c 10 200)" EPERM
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
	is "nothing is left" "$(ct_traces "$id")" ""
}

ct_injected() # MODE [POINT] ARG...: as ct, with a call spoilt
{
	local mode=$1 point=()
	shift
	[ "$mode" = --list ] || { point=("$1"); shift; }
	timeout -k 5 60 "$INJECT" -o "$_tmp/found" "$mode" "${point[@]}" "$VZRUN" --root "$ROOT" \
		--config "$CT_DIR/vz.conf" "$@"
}

# Of calls that differ in numbers only the first; in the test VM, which is slow, each tenth.
points() # FILE
{
	awk -v every="${VZRUN_TEST_VM:+10}" '{ alike = $0; gsub(/[0-9]+/, "N", alike); split($2, at, ".")
		if (!seen[at[1], alike]++ && ++n % (every ? every : 1) == 0) print $2 }' "$1"
}

# Each creating call of the verb: it fails with one line and leaves nothing, or does without.
t_each_call_of_set_fails_once()
{
	local point fault='' left n=0
	make_tooled
	mkdir "$SCRATCH/source$id"
	start_ct
	set -- set "$id" --devnodes net/tun:rw --bindmount_add "$SCRATCH/source$id:/srv/data"
	ct_injected --list "$@" >/dev/null 2>&1
	ct set "$id" --devnodes net/tun:none --bindmount_add /nothing >/dev/null 2>&1
	points "$_tmp/found" >"$_tmp/points"
	ct set "$id" --bindmount_del all >/dev/null
	while read -r point; do
		n=$((n + 1))
		status=0
		ct_injected --nth "$point" "$@" >/dev/null 2>"$_tmp/err" || status=$?
		left=$(inside sh -c 'grep -cE " (/srv/data|/dev/net/tun|/dev/.vzrun/nodes/.*) " /proc/self/mountinfo')
		case $status/$left/$(wc -l <"$_tmp/err") in
		0/3/*) ct set "$id" --devnodes net/tun:none --bindmount_del all >/dev/null 2>&1 ;;
		0/* | 12[45]/* | 137/*) fault+="$(<"$_tmp/found"): status $status, $left mounts; " ;;
		*/0/1) ;;
		*) fault+="$(<"$_tmp/found"): status $status, $left mounts, $(<"$_tmp/err"); " ;;
		esac
	done <"$_tmp/points"
	check "there are such calls" test "$n" -gt 5
	is "each" "$fault" ""
	ct stop "$id" --fast >/dev/null
}

# A CT that never answers for what it mounted holds up neither the host's verb nor other callers.
t_file_system_that_hangs()
{
	make_tooled --features fuse:on,sysinfo:on
	start_ct
	inside mkdir /dev/net /hung
	ct exec --detach "$id" devtool hang /dev/net >/dev/null
	until_true inside grep -q " /dev/net " /proc/self/mountinfo
	try ct set "$id" --devnodes net/tun:rw --save
	is "set" "$status" 3
	like "message" "$err" "a file system in the container does not answer for [0-9]* s"
	is "nothing is kept" "$(grep DEVNODES= "$CT_DIR/conf/$id.conf")" ""
	for _ in 1 2 3; do
		ct exec --detach "$id" devtool mknod /dev/net/x c 10 229 >/dev/null
	done
	is "mknod elsewhere" "$(inside devtool mknod /fuse c 10 229)" ok
	check "sysinfo" inside free
	try ct stop "$id" --fast
	is "stop" "$status" 0
}

t_mknod_of_anything_else()
{
	make_tooled --features tun:on --devices b:7:0:none
	start_ct
	is "another device" "$(inside devtool mknod /x c 1 1)" EPERM
	is "the same number as a block device" "$(inside devtool mknod /x b 10 200)" EPERM
	is "one of none" "$(inside devtool mknod /x b 7 0)" EPERM
	is "a large number" "$(inside devtool mknod /x c 4095 1048575)" EPERM
	is "a fifo" "$(inside devtool mknod /p p 0 0) $(inside stat -c %F /p)" "ok fifo"
	is "a socket" "$(inside devtool mknod /s s 0 0) $(inside stat -c %F /s)" "ok socket"
	is "a file" "$(inside devtool mknod /f f 0 0) $(inside stat -c %F /f)" "ok regular empty file"
	is "the mark of an overlay" "$(inside devtool mknod /run/w c 0 0)" ok
	is "by a user" "$(ct exec --user 1000 "$id" devtool mknod /run/lock/u c 10 200)" EACCES
	is "where a user may write" "$(inside mkdir -m 777 /run/u &&
		ct exec --user 1000 "$id" devtool mknod /run/u/u c 10 200)" EPERM
	ct stop "$id" --fast >/dev/null
}

# Whatever is exchanged under its hands, nothing but the device is made, and nothing of the host's
# is reached.
t_mknod_with_a_path_that_is_exchanged()
{
	local i made=0
	make_tooled --features tun:on
	start_ct
	inside sh -c "mkdir -p /a/x '$SCRATCH' && ln -s '$SCRATCH' /a/y"
	ct exec "$id" devtool swap /a/x /a/y 4 &
	for i in {1..40}; do
		[ "$(inside devtool mknod "/a/x/n$i" c 10 200)" != ok ] || made=$((made + 1))
	done
	wait
	check "some were made" test "$made" -gt 0
	is "none outside" "$(find "$SCRATCH" -maxdepth 1 -name 'n[0-9]*')" ""
	is "all are the device" "$(inside find /a "$SCRATCH" -name 'n[0-9]*' -exec stat -c %t:%T {} + |
		sort | uniq -c | xargs)" "$made a:c8"
	ct stop "$id" --fast >/dev/null
}

made_later()
{
	[ "$(inside devtool mknod /run/later c 10 200)" != ENOMEM ]
}

# The work is the host's and not counted as the CT's, so there is an end to it.
t_mknod_again_and_again()
{
	make_tooled --features tun:on
	start_ct
	like "some are made, some refused" "$(inside devtool flood /run/x 1000 c 10 200)" \
		"^[1-9][0-9]* ok, [1-9][0-9]* ENOMEM, 0 else$"
	until_true made_later
	is "later there are more" "$(node /run/later)" "character special file a:c8 0:0 600"
	ct stop "$id" --fast >/dev/null
}

# What the CT made of the hidden nodes is what it gets.
t_mknod_where_the_hidden_node_was_exchanged()
{
	make_tooled --features tun:on,fuse:on
	start_ct
	inside sh -c 'umount /dev/.vzrun/nodes/c10:200 && rm /dev/.vzrun/nodes/c10:200 &&
		ln -s /dev/fuse /dev/.vzrun/nodes/c10:200'
	is "a link" "$(inside devtool mknod /x c 10 200)" EPERM
	inside sh -c 'rm /dev/.vzrun/nodes/c10:200; touch /dev/.vzrun/nodes/c10:200 &&
		mount --bind /dev/fuse /dev/.vzrun/nodes/c10:200'
	is "another device" "$(inside devtool mknod /x c 10 200)" EPERM
	ct stop "$id" --fast >/dev/null
}

run_tests "$@"
