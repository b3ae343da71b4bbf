#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vzrun doctor: each fault that can be made here is told of with what mends it, and what is left over
# of containers goes with --repair, and nothing else does.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"
. "${0%/*}/net.sh"
. "${0%/*}/ctnet.sh"

INJECT=${INJECT:-${VZRUN%/*}/tests/faults/inject}
world
trap 'net_end; _clean_up' EXIT

doctor()
{
	try ct doctor "$@"
}

# What it says to be mended is gone with --repair; before it is told of, and stays.
mends() # WHAT PATTERN CHECK...
{
	local what=$1 pattern=$2
	shift 2
	doctor
	is "$what: status" "$status" 1
	like "$what: told" "$out" "problem +[a-z]+ +$pattern"$'\n'" +mend it: vzrun doctor --repair"
	check "$what: still there" "$@"
	doctor --repair
	like "$what: mended" "$out" "ok +[a-z]+ +$pattern.*: mended"
	check "$what: gone" not "$@"
	doctor
	unlike "$what: told no more" "$out" "$pattern"
}

not()
{
	! "$@"
}

t_of_a_host_without_faults()
{
	doctor
	is "no problem" "$status $(grep ^problem <<<"$out")" "0 "
	like "the kernel" "$out" "ok +kernel +Linux $(uname -r)"
	like "where CTs are" "$out" "ok +storage +an overlay can be written to \"$SCRATCH"
	like "nothing left over" "$out" 'ok +leftover +nothing is left'
	doctor --json
	is "as JSON: the same" "$(jq -r '.[] | "\(.level) \(.check) \(.text)"' <<<"$out" | grep -v ' are used$')" \
		"$(ct doctor | sed -E '/^ /d; s/^([a-z]+) +([a-z]+) +/\1 \2 /' | grep -v ' are used$')"
	is "each warning but one for a program that is missing says what mends it" \
		"$(jq -r '.[] | select(.level != "ok" and .mend == null) | .text' <<<"$out")" ""
}

# Calls that ask the kernel in a child, or in a mount that nobody sees, and requests that only read.
t_looking_changes_nothing()
{
	make_ct
	echo 999999 >"$CT_DIR/lock/7.lck"
	mkdir "$ROOT/$id-left"
	try on node "$INJECT" -o "$_tmp/calls" --list "$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" doctor
	is "there is something to mend" "$status" 1
	is "calls that make, change or remove something" \
		"$(grep -vE ' (clone3?|pipe2?|prctl|open_tree|mount_setattr|socket|bind|sendto|sendmsg|setsockopt|fcntl|kill|pidfd_open)\(|_map"?|setgroups' "$_tmp/calls")" ""
	check "what could be mended is there" test -e "$CT_DIR/lock/7.lck" -a -d "$ROOT/$id-left"
	doctor --repair
	is "and goes" "$status" 0
	check "the lock" not test -e "$CT_DIR/lock/7.lck"
	check "the state" not test -d "$ROOT/$id-left"
	ct destroy "$id" >/dev/null
}

t_state_and_cgroup_of_a_ct_that_ended()
{
	make_ct
	start_ct
	cp -a "$ROOT/$id/state.json" "$SCRATCH/state.json"
	doctor --repair
	is "a CT that runs is none" "$status $(ct status "$id")" "0 CTID $id exist mounted running"
	ct stop "$id" --fast >/dev/null
	mkdir "$ROOT/$id"
	cp "$SCRATCH/state.json" "$ROOT/$id/"
	mends "its state" "CT $id ended by itself.*" test -e "$ROOT/$id"
	mkdir -p "$CGROUP2/vzrun/$id/below"
	mends "its cgroup" "the cgroup /vzrun/$id is of no container" test -e "$CGROUP2/vzrun/$id"
	mkdir "$CGROUP2/vzrun/$id"
	sleep 1000 &
	echo $! >"$CGROUP2/vzrun/$id/cgroup.procs"
	doctor --repair
	like "one in which something runs stays" "$out" "problem +leftover +1 processes run in the cgroup /vzrun/$id"
	check "and so does that" kill $!
	wait $! 2>/dev/null
	until_true rmdir "$CGROUP2/vzrun/$id"
	mkdir "$ROOT/$id"
	echo '{"version": 1' >"$ROOT/$id/state.json"
	mends "a damaged state" "the state of \"$id\" can't be read.*" test -e "$ROOT/$id"
	try ct start "$id"
	is "it starts" "$status" 0
	end
}

is_mounted() # FOLDER
{
	awk -v dir="$1" '$5 == dir { found = 1 } END { exit !found }' /proc/self/mountinfo
}

t_mounts()
{
	make_ct
	ct mount "$id" >/dev/null
	doctor --repair
	is "what is mounted for the host stays" "$status $(is_mounted "$CT_DIR/root/$id"; echo $?)" "0 0"
	ct umount "$id" >/dev/null
	mkdir -p "$CT_DIR/root/$id"
	mount -t tmpfs -o "uid=$(grep LOCAL_UID= "$CT_DIR/conf/$id.conf" | tr -dc 0-9)" left "$CT_DIR/root/$id"
	mends "what a start left" "\"$CT_DIR/root/$id\" is mounted for CT $id.*" is_mounted "$CT_DIR/root/$id"
	ct destroy "$id" >/dev/null
}

t_locks()
{
	echo $$ >"$CT_DIR/lock/8.lck"
	doctor --repair
	is "one whose holder lives stays" "$status $(<"$CT_DIR/lock/8.lck")" "0 $$"
	printf '999999\nvzrun\n' >"$CT_DIR/lock/8.lck"
	mends "one of a dead process" "the lock file $CT_DIR/lock/8.lck is of no process" test -e "$CT_DIR/lock/8.lck"
}

t_loop_devices()
{
	local loop
	mkdir -p "$CT_DIR/private/9"
	truncate -s 1M "$CT_DIR/private/9/disk"
	loop=$(losetup --find --show "$CT_DIR/private/9/disk") || { skip "a loop device" "there is none free"; return; }
	doctor --repair
	check "one that is in use stays" losetup "$loop"
	rm -r "$CT_DIR/private/9"
	mends "one whose file is gone" "$loop is on a file of a CT that is gone.*" losetup "$loop"
}

t_a_damaged_record_of_a_network()
{
	make_ct --ipadd 10.9.0.101
	ct start "$id" >/dev/null
	echo '{"version": 1, "stage"' >"/run/vznet/$id.json"
	doctor --repair
	like "not while it runs" "$out" "problem +network +the record of the network of \"$id\" is damaged.*not mended: container \"$id\" runs"
	try ct stop "$id" --fast
	try ct start "$id"
	like "the error says what to do" "$err" 'damaged.*vzrun doctor --repair'
	# Its address is known by no record any more, so the elements for it are told of too.
	until_true only_own_links
	mends "once it is gone" "the record of the network of \"$id\" is damaged.*" test -e "/run/vznet/$id.json"
	is "no element of nftables is left" "$(elements)" ""
	try ct start "$id"
	is "it starts" "$status $(pings client 10.9.0.101 && echo answers)" "0 answers"
	doctor
	is "of a network that is up nothing is told" "$status" 0
	end
}

elements()
{
	on node nft list ruleset | grep 'elements = ' | grep -v 0x00000000
}

only_own_links()
{
	! ip -n node -o link | grep -v ' lo:\| up0@\| vzup'
}

t_links_and_records_of_networks_that_are_gone()
{
	make_ct --ipadd 10.9.0.102
	ct start "$id" >/dev/null
	cp "/run/vznet/$id.json" "$SCRATCH/record"
	ct stop "$id" --fast >/dev/null
	until_true only_own_links
	cp "$SCRATCH/record" "/run/vznet/$id.json"
	mends "a record" "the network of \"$id\" is gone.*" test -e "/run/vznet/$id.json"
	ip -n node link add vzleft type veth peer name vzleft2
	ip -n node link set vzleft alias "vzrun:$id"
	mends "a link" "the link vzleft is of \"$id\".*" ip -n node link show vzleft
	ip -n node link add foreign type veth peer name foreign2
	on node nft add element inet vzrun masq4 '{ 10.9.0.102 }'
	mends "elements" "1 elements of nftables' tables \"vzrun\".*" has_elements
	check "a link of another's stays" ip -n node link show foreign
	ip -n node link delete foreign
	ct destroy "$id" >/dev/null
}

has_elements()
{
	[ -n "$(elements)" ]
}

t_packets_that_do_not_pass()
{
	make_ct --ipadd 10.9.0.103
	ct start "$id" >/dev/null
	on node sh -c 'echo 0 >/proc/sys/net/ipv4/conf/up0/forwarding'
	doctor
	like "no forwarding" "$out" "problem +forward +.*by up0 for \"$id\""$'\n'" +mend it: sysctl -w net/ipv4/conf/up0/forwarding=1"
	on node sysctl -qw net/ipv4/conf/up0/forwarding=1
	on node nft 'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }'
	doctor
	like "a foreign firewall" "$out" $'problem +firewall +.*FORWARD is DROP.*\n +mend it: iptables -P FORWARD ACCEPT'
	on node nft delete table ip filter
	doctor
	is "mended so" "$status $(grep ^problem <<<"$out")" "0 "
	end
}

t_ids_that_two_have()
{
	local first other
	make_ct
	other=$id
	first=$(grep LOCAL_UID= "$CT_DIR/conf/$id.conf" | tr -dc 0-9)
	make_ct
	sed -i "s/^\(LOCAL_[UG]ID\)=.*/\1=\"$first\"/" "$CT_DIR/conf/$id.conf"
	doctor
	like "each is named" "$out" "problem +ids +the ids of CT $other .*problem +ids +the ids of CT $id "
	rm -r "$CT_DIR/conf/$id.conf" "$CT_DIR/private/$id"
	ct destroy "$other" >/dev/null
}

t_what_the_host_lacks()
{
	chmod 755 "$CT_DIR/private"
	doctor
	like "others may enter" "$out" $'problem +storage +.*is not root.s alone.*\n +mend it: chown 0:0 .* && chmod 700'
	chmod 700 "$CT_DIR/private"
	mkdir "$SCRATCH/o" "$SCRATCH/o/u" "$SCRATCH/o/w" "$SCRATCH/o/m"
	mount -t overlay o "$SCRATCH/o/m" -o "lowerdir=/usr,upperdir=$SCRATCH/o/u,workdir=$SCRATCH/o/w"
	sed "s|^VE_PRIVATE=.*|VE_PRIVATE=\"$SCRATCH/o/m/\$VEID\"|" "$CT_DIR/vz.conf" >"$CT_DIR/over.conf"
	try vzrun --config "$CT_DIR/over.conf" doctor
	is "data on an overlay: status" "$status" 1
	like "data on an overlay" "$out" 'problem +storage +.*can.t map ids'
	umount "$SCRATCH/o/m"
	try without_controllers "$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" doctor
	like "no controller" "$out" 'ok +cgroup +cgroup v2 at .*, with no controller'
	like "who has it" "$out" 'warning +cgroup +no controller cpu: '
	try unshare --user --map-root-user sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"' sh \
		"$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" doctor
	like "no user namespaces" "$out" $'problem +userns .*\n +mend it: sysctl -w user.max_user_namespaces'
}

run_tests "$@"
