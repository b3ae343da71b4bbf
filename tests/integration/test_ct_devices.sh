#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Devices of a CT: DEVNODES, DEVICES, the features that are a device, and mknod inside.
# shellcheck disable=SC2154 # out, err and status are lib.sh's, id is ct.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

DEVTOOL=${DEVTOOL:-${VZRUN%/*}/tests/integration/devtool}
[ -x "$DEVTOOL" ] || tap_bail "$DEVTOOL is missing (make check builds it)"

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

run_tests "$@"
