#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Making, changing and removing a container's network: each creating call fails once, or the verb is killed
# before it. Then links, addresses, routes, neighbours, qdiscs, rules and sysctls are as before.
# VZ_FAULTS_EVERY=N takes only every N-th call.
#
# vm: long
. "${0%/*}/../integration/lib.sh"
. "${0%/*}/../integration/net.sh"
. "${0%/*}/../integration/netcore.sh"

INJECT=$abs_top_builddir/tests/faults/inject
every=${VZ_FAULTS_EVERY:-${VZRUN_TEST_VM:+60}}
RATE='"rate":{"upKbit":10000,"downKbit":20000}'
ALL='"nat":"on","isolated":true,"guarded":true,"open":[{"protocol":"tcp","port":22}],
	"publish":[{"protocol":"tcp","hostPort":8080,"port":80}]'
ALL=${ALL//[$'\n\t']/}
BRIDGED='{"kind":"bridged","name":"eth0","parent":"vzbr1","addresses":["192.168.7.11/24"]}'

routed_only()
{
	venet 101 10.9.0.101 2001:db8:9::101 -- "$RATE"
}

# A second NIC, other addresses, no rate.
more()
{
	venet 101 10.9.0.101 10.9.0.102 2001:db8:9::102 | sed "s|}\]}\$|},$BRIDGED]}|"
}

# One that has all that one can have.
full()
{
	venet 101 10.77.0.101 2001:db8:9::101 -- "$RATE" | sed "s|}\$|,$ALL}|"
}

only() # NIC
{
	printf '{"id":"101","nics":[%s]}' "$1"
}

# What `up` makes, by the verb's name here.
wanted() # VERB
{
	case $1 in
	up) routed_only ;;
	up_full) full ;;
	up_bridge) only "${BRIDGED/vzbr1/vzbr0}" ;;
	up_macvlan) only '{"kind":"macvlan","name":"up0","parent":"eth0","addresses":["10.9.0.77/24"],"gateway4":"10.9.0.254"}' ;;
	up_physical) only '{"kind":"physical","name":"eth0","parent":"ph0","addresses":["192.168.8.2/24"]}' ;;
	esac
}

verb_run() # MODE [WHERE] -- VERB ARG... with JSON on stdin: sets $status, $err
{
	local mode=()
	while [ "$1" != -- ]; do
		mode+=("$1")
		shift
	done
	shift
	: >"$SCRATCH/found"
	try on node timeout 60 "$INJECT" -o "$SCRATCH/found" "${mode[@]}" "$NETTOOL" "$@"
}

# The node as it always is: what is shared has been made, the bridge is the admin's and has a carrier.
faults_begin()
{
	core_begin
	ip -n node link add vzbr1 address 02:00:00:00:00:99 type bridge
	ip -n node -batch - <<-'END'
		link add port0 type veth peer name port1
		link set port0 addrgenmode none master vzbr1 up
		link set port1 addrgenmode none up
		link set vzbr1 addrgenmode none up
	END
	until_true eval 'ip -n node link show vzbr1 | grep -q LOWER_UP'
	ip -n node link add ph0 type veth peer name ph0peer
	ip -n node link set ph0 addrgenmode none
	ip -n node link set ph0peer addrgenmode none
	for verb in up up_full up_bridge up_macvlan up_physical; do
		net up /run/netns/ct1 <<<"$(wanted "$verb")"
		remove_all
	done
	core_state node ct1 >"$SCRATCH/clean"
}

# What is left of a bridge that was made on demand is the next one's.
remove_all()
{
	net remove 101 /run/netns/ct1 || fault+=" remove failed"
	! ip -n node link show vzbr0 >/dev/null 2>&1 || ip -n node link del vzbr0
}

# Old kernels (6.1) give a link that comes back another number.
unnumbered() # FILE
{
	sed -E '/^[0-9]+: ph[0-9]@/s/^[0-9]+//' "$1"
}

compare() # FILE: adds to $fault what is different from it
{
	local now
	core_state node ct1 >"$SCRATCH/now"
	now=$(diff <(unnumbered "$1") <(unnumbered "$SCRATCH/now"))
	[ -z "$now" ] || fault+=" other than before: $now"
}

# Brings about what the verb starts from, of which $SCRATCH/from tells.
prepare() # VERB
{
	if [[ $1 != up* ]]; then
		net up /run/netns/ct1 <<<"$(routed_only)"
		until_true eval 'ip -n node link show venet101 | grep -q LOWER_UP'
		core_state node ct1 >"$SCRATCH/from"
	else
		cp "$SCRATCH/clean" "$SCRATCH/from"
	fi
}

the_verb() # MODE [WHERE] VERB
{
	case ${*: -1} in
	up*) verb_run "${@:1:$#-1}" -- up /run/netns/ct1 <<<"$(wanted "${*: -1}")" ;;
	change) verb_run "${@:1:$#-1}" -- change /run/netns/ct1 <<<"$(more)" ;;
	remove) verb_run "${@:1:$#-1}" -- remove 101 /run/netns/ct1 ;;
	esac
}

points() # VERB: "P.N call"
{
	prepare "$1"
	the_verb --list "$1"
	remove_all
	choose_points
}

choose_points()
{
	awk -v every="${every:-1}" '$2 ~ /^1\./ && n++ % every == 0 {
		point = $2
		sub(/^[0-9]+ [0-9.]+ /, "")
		print point " " $0
	}' "$SCRATCH/found" >"$SCRATCH/points"
}

fail_one() # VERB POINT CALL
{
	local fault=
	prepare "$1"
	the_verb --nth "$2" "$1"
	if [ "$status" != 0 ]; then
		[ "$(grep -c '^[0-9]*: ' <<<"$err")" = 1 ] || fault+=" status $status, stderr: $err"
		[ "$1" = remove ] || compare "$SCRATCH/from"
	fi
	remove_all
	compare "$SCRATCH/clean"
	is "$1, $2 $3$([ "$status" != 0 ] || echo ' (goes on)')" "$fault" ""
}

kill_one() # VERB POINT CALL
{
	local fault=
	prepare "$1"
	the_verb --kill-at "$2" "$1"
	[ "$status" = 137 ] || fault+=" it ended with $status before it was killed: $err"
	remove_all
	compare "$SCRATCH/clean"
	is "$1, killed at $2 $3" "$fault" ""
}

# What a change begins from that takes a NIC away which leaves nothing on the host.
lent() # NIC
{
	routed_only | sed "s|}\]}\$|},$1]}|"
}

# A link that was made anew has another number, and its routes another place.
back_state()
{
	# The kernel sees a carrier a moment after the link is up.
	until_true eval '! ip -n node -o link | grep -q NO-CARRIER'
	core_state node ct1 | sed -E '/^[0-9]+: (mv9|ph9)/s/^[0-9]+//' | sort
}

# The next change finds half of a killed one, and all is as if that had never been.
back_one() # NIC POINT CALL
{
	local fault=
	net up /run/netns/ct1 <<<"$(lent "$1")"
	until_true eval 'ip -n ct1 addr show venet0 | grep -q fe80:'
	back_state >"$SCRATCH/from"
	verb_run --kill-at "$2" -- change /run/netns/ct1 <<<"$(more)"
	[ "$status" = 137 ] || fault+=" it ended with $status before it was killed: $err"
	try net change /run/netns/ct1 <<<"$(lent "$1")"
	[ "$status$err" = 0 ] || fault+=" back: status $status, stderr: $err"
	back_state >"$SCRATCH/back"
	fault+=$(diff "$SCRATCH/from" "$SCRATCH/back")
	remove_all
	compare "$SCRATCH/clean"
	is "back, killed at $2 $3" "$fault" ""
}

spoil_back() # NIC
{
	local point call fault=
	faults_begin
	net up /run/netns/ct1 <<<"$(lent "$1")"
	verb_run --list -- change /run/netns/ct1 <<<"$(more)"
	remove_all
	choose_points
	check "change has calls to spoil" test -s "$SCRATCH/points"
	while read -r point call <&3; do
		back_one "$1" "$point" "$call"
	done 3<"$SCRATCH/points"
	net_end
}

# Who tries again, as the container's next start does, need not know that there was a first time.
again_one() # VERB POINT CALL
{
	local fault=
	the_verb --kill-at "$2" "$1"
	[ "$status" = 137 ] || fault+=" it ended with $status before it was killed: $err"
	try net up /run/netns/ct1 <<<"$(wanted "$1")"
	[ "$status" = 0 ] || fault+=" again: status $status, stderr: $err"
	remove_all
	compare "$SCRATCH/clean"
	is "$1 again, killed at $2 $3" "$fault" ""
}

spoil_all() # fail_one|kill_one|again_one VERB
{
	local point call verb fault=
	faults_begin
	points "$2"
	check "$2 has calls to spoil" test -s "$SCRATCH/points"
	while read -r point call <&3; do
		"$1" "$2" "$point" "$call"
	done 3<"$SCRATCH/points"
	net_end
}

# What they have in common with the first is tried there.
t_up_full_fails() { every=${every:-3} spoil_all fail_one up_full; }
t_up_bridge_fails() { every=${every:-3} spoil_all fail_one up_bridge; }
t_up_macvlan_fails() { every=${every:-3} spoil_all fail_one up_macvlan; }
t_up_physical_fails() { every=${every:-3} spoil_all fail_one up_physical; }
t_up_full_is_killed() { every=${every:-3} spoil_all kill_one up_full; }
t_up_bridge_is_killed() { every=${every:-3} spoil_all kill_one up_bridge; }
t_up_macvlan_is_killed() { every=${every:-3} spoil_all kill_one up_macvlan; }
t_up_physical_is_killed() { every=${every:-3} spoil_all kill_one up_physical; }
t_up_full_comes_again() { every=${every:-6} spoil_all again_one up_full; }
t_up_macvlan_comes_again() { every=${every:-6} spoil_all again_one up_macvlan; }
t_up_physical_comes_again() { every=${every:-6} spoil_all again_one up_physical; }
t_macvlan_comes_back() { every=${every:-2} spoil_back '{"kind":"macvlan","name":"mv9","parent":"eth0","addresses":["10.9.1.77/24"]}'; }
t_physical_comes_back() { every=${every:-2} spoil_back '{"kind":"physical","name":"ph9","parent":"ph0","addresses":["192.168.8.2/24"]}'; }
t_up_fails() { spoil_all fail_one up; }
t_change_fails() { spoil_all fail_one change; }
t_remove_fails() { spoil_all fail_one remove; }
t_up_is_killed() { spoil_all kill_one up; }
t_change_is_killed() { spoil_all kill_one change; }
t_remove_is_killed() { spoil_all kill_one remove; }

[ -x "$INJECT" ] || tap_skip_all "$INJECT is not built (x86-64 only)"
run_tests "$@"
