#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: long
# `start` of a CT with a network is killed before many of its calls: the next start works, and then all is
# there, once; the stop leaves nothing.
#
# Of the calls every N-th is taken: VZ_FAULTS_EVERY=N, or 12, or 150 in the test VM, where each costs seconds.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"
. "${0%/*}/net.sh"
. "${0%/*}/ctnet.sh"

INJECT=${INJECT:-${VZRUN%/*}/tests/faults/inject}
every=${VZ_FAULTS_EVERY:-${VZRUN_TEST_VM:+150}}
every=${every:-12}
[ -x "$INJECT" ] || tap_bail "$INJECT is missing (make check builds it)"

inject_start() # MODE [POINT]
{
	: >"$_tmp/found"
	try on node timeout -k 5 120 "$INJECT" -o "$_tmp/found" "$@" \
		"$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" start "$id"
}

# Of the running CT, as far as it is the same at each start: no numbers of links.
things()
{
	left
	ip -n node -o addr | sed 's/^[0-9]*: //; / fe80::/d; s/ valid_lft.*//'
	ip -n node -6 route | grep -v 'fe80::/64'
	on node nft list ruleset | sed 's/counter packets [0-9]* bytes [0-9]*//; s/ expires [0-9a-z]*//'
	echo "classes: $(on node tc class show dev vzup | grep -c 'parent 1:fffe')"
	ct exec "$id" ip -o addr | sed '/ fe80::/d; s/@if[0-9]*//; s/ valid_lft.*//'
	ct exec "$id" ip route
	jq 'del(.ifindex) | del(.uplinks[].ifindex)' "/run/vznet/$id.json"
}

# A killed verb's lock lasts as long as its last helper.
not_locked()
{
	try ct start "$id"
	[ "$status" != 9 ]
}

clean_node()
{
	left
	on node nft list ruleset | sed 's/counter packets [0-9]* bytes [0-9]*//'
	echo "classes: $(on node tc class show dev vzup 2>/dev/null | grep -c 'parent 1:fffe')"
}

is_clean()
{
	clean_node >"$SCRATCH/now"
	cmp -s "$SCRATCH/clean" "$SCRATCH/now"
}

points()
{
	inject_start --list
	is "it starts when nothing is killed" "$status" 0
	things >"$SCRATCH/good"
	ct stop "$id" --fast >/dev/null
	awk -v every="$every" 'n++ % every == 0 {
		point = $2
		sub(/^[0-9]+ [0-9.]+ /, "")
		print point " " $0
	}' "$_tmp/found" >"$SCRATCH/points"
}

kill_one() # POINT CALL
{
	local fault=
	inject_start --kill-at "$1"
	[ "$status" = 137 ] || [ ! -s "$_tmp/found" ] || fault+="it ended with $status before it was killed: $err; "
	until_true not_locked
	# Where nothing but its end was missing it runs already.
	[[ $status = 0 || $status = 32 ]] || fault+="the next start: $status $err; "
	things >"$SCRATCH/now"
	fault+=$(diff "$SCRATCH/good" "$SCRATCH/now")
	pings client 10.9.0.101 || fault+="it does not answer; "
	ct stop "$id" --fast >/dev/null 2>&1
	until_true is_clean || fault+="left behind: $(diff "$SCRATCH/clean" "$SCRATCH/now")"
	is "killed at $1 $2" "$fault" ""
}

t_what_a_killed_start_left_is_cleared_away()
{
	local point call
	world
	make_ct --ipadd 10.9.0.101 --ipadd 2001:db8:9::101 --netif_add eth0,,,,vzbr0 --rate 20mbit,30mbit \
		--publish 8080:80 --isolate yes
	ct start "$id" >/dev/null # what is made once for all is there
	ct stop "$id" --fast >/dev/null
	until_true nothing_but_the_bridge
	clean_node >"$SCRATCH/clean"
	points
	check "there are calls to kill it at" test -s "$SCRATCH/points"
	while read -r point call <&3; do
		kill_one "$point" "$call"
	done 3<"$SCRATCH/points"
	ct destroy "$id" >/dev/null
	net_end
}

nothing_but_the_bridge()
{
	! left | grep -qv vzbr0
}

run_tests "$@"
