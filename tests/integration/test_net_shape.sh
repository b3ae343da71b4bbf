#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rates of NICs, with real packets: this file's network namespace is the node, two more are the
# containers; their host ends are out1 and out2. Bytes are counted and compared with what a token
# bucket can have passed in the time that went by; how near to the rate it was is only a note.
. "${0%/*}/lib.sh"

SHAPER=${VZRUN%/*}/tests/integration/shaper
PORT=5001
SLACK=70000 # one segment of the largest offload may overdraw the bucket

# Two containers; each address 10.N.0.2, the node's is 10.N.0.1.
node()
{
	local n
	for n in 1 2; do
		touch "$SCRATCH/ns$n"
		unshare --net="$SCRATCH/ns$n" true
		ip link add "out$n" type veth peer name eth0 netns "$SCRATCH/ns$n"
		ip addr add "10.$n.0.1/24" dev "out$n"
		ip link set "out$n" up
		inside "$n" ip link set lo up
		inside "$n" ip addr add "10.$n.0.2/24" dev eth0
		inside "$n" ip link set eth0 up
		inside "$n" ip route add default via "10.$n.0.1"
	done
}

node_end()
{
	local n
	for n in 1 2; do
		ip link del "out$n"
		umount "$SCRATCH/ns$n"
	done
	! ip link show vzup >/dev/null 2>&1 || ip link del vzup
}

inside() # N CMD...
{
	local n=$1
	shift
	nsenter --net="$SCRATCH/ns$n" "$@"
}

now_msec()
{
	local up
	read -r up _ </proc/uptime
	echo "${up/./}0"
}

# Of the class of out$N on the shared link: bytes, packets, drops, and packets in the queue. (This
# tc has no JSON for classes.)
up_class() # N bytes|packets|dropped|waiting
{
	tc -s class show dev vzup classid "1:$(printf %x "$(ifindex "out$1")")" | awk -v what="$2" '
		/Sent/ { v["bytes"] = $2; v["packets"] = $4; v["dropped"] = $7 + 0 }
		/backlog/ { v["waiting"] = $3 + 0 }
		END { print v[what] }'
}

ifindex() # LINK
{
	ip -j link show "$1" | jq '.[].ifindex'
}

at_least() # NUMBER CMD...
{
	local number=$1
	shift
	[ "$("$@")" -ge "$number" ]
}

down_bytes()
{
	inside 1 ip -s -j link show eth0 | jq '.[].stats64.rx.bytes'
}

# What passed since START_MSEC is within the bucket's bounds.
within() # NAME BYTES KBIT BURST START_MSEC
{
	local msec most
	msec=$(($(now_msec) - $5 + 10))
	most=$(($4 + $3 * msec / 8))
	tap_note "$1: $2 bytes in $msec ms, $((100 * $2 / most)) % of what the rate allows"
	check "$1: $2 bytes are at most $most" test "$2" -le $((most + SLACK))
}

t_up_rate_holds()
{
	node
	check "set" "$SHAPER" set out1 8000 0 0 20000
	local start flood
	start=$(now_msec)
	nsenter --net="$SCRATCH/ns1" timeout 120 "$SHAPER" flood 10.1.0.1 "$PORT" &
	flood=$!
	check "a megabyte passes" until_true at_least 1000000 up_class 1 bytes
	within up "$(up_class 1 bytes)" 8000 20000 "$start"
	kill "$flood"
	wait "$flood"
	node_end
}

t_down_rate_holds()
{
	node
	check "set" "$SHAPER" set out1 0 0 8000 20000
	local start flood
	start=$(now_msec)
	timeout 120 "$SHAPER" flood 10.1.0.2 "$PORT" &
	flood=$!
	check "a megabyte passes" until_true at_least 1000000 down_bytes
	within down "$(down_bytes)" 8000 20000 "$start"
	kill "$flood"
	wait "$flood"
	node_end
}

# Three to one is what is guaranteed of a total that both want for themselves.
# What passed of either, in $one and $two, until the weaker one has sent 200,000 bytes more.
window()
{
	local one_before two_before
	one_before=$(up_class 1 bytes) two_before=$(up_class 2 bytes)
	until_true at_least $((two_before + 200000)) up_class 2 bytes || return
	one=$(($(up_class 1 bytes) - one_before)) two=$(($(up_class 2 bytes) - two_before))
}

# A share is guaranteed to who sends all the time, which on a busy machine neither does: of some
# windows one is looked for in which both did.
t_shares_are_guaranteed()
{
	node
	"$SHAPER" total 8000
	"$SHAPER" set out1 8000 6000 0
	"$SHAPER" set out2 8000 2000 0
	local start floods=() one=0 two=0 total tries
	start=$(now_msec)
	nsenter --net="$SCRATCH/ns1" timeout 120 "$SHAPER" flood 10.1.0.1 "$PORT" &
	floods+=($!)
	nsenter --net="$SCRATCH/ns2" timeout 120 "$SHAPER" flood 10.2.0.1 "$PORT" &
	floods+=($!)
	check "the weaker one's half megabyte passes" until_true at_least 500000 up_class 2 bytes
	total=$(($(up_class 1 bytes) + $(up_class 2 bytes)))
	within total "$total" 8000 70000 "$start"
	for ((tries = 0; tries < 12; tries++)); do
		window || break
		[ "$one" -le $((two * 2)) ] || [ "$one" -ge $((two * 5)) ] || break
	done
	kill "${floods[@]}"
	wait "${floods[@]}"
	check "$one is more than twice $two" test "$one" -gt $((two * 2))
	check "$one is less than five times $two" test "$one" -lt $((two * 5))
	node_end
}

# What the other one leaves is there for who wants it.
t_unused_share_is_lent()
{
	node
	"$SHAPER" total 8000
	"$SHAPER" set out1 8000 6000 0
	"$SHAPER" set out2 8000 500 0
	local start flood
	nsenter --net="$SCRATCH/ns2" timeout 120 "$SHAPER" flood 10.2.0.1 "$PORT" &
	flood=$!
	start=$(now_msec)
	check "half a megabyte passes" until_true at_least 500000 up_class 2 bytes
	tap_note "at 500 kbit that takes 8000 ms; it took $(($(now_msec) - start))"
	check "it borrows" at_least 1 borrowed
	kill "$flood"
	wait "$flood"
	node_end
}

borrowed()
{
	tc -s class show dev vzup | awk '/borrowed:/ { n += $4 } END { print n }'
}

# Twenty packets that wait behind a slow rate when it changes: each arrives.
t_change_loses_no_packet()
{
	node
	"$SHAPER" set out1 8 0 0
	inside 1 "$SHAPER" flood 10.1.0.1 "$PORT" 20
	check "they wait" until_true at_least 10 up_class 1 waiting
	check "a change" "$SHAPER" set out1 16 8 0
	check "and another one" "$SHAPER" set out1 1000000 0 0
	check "all come" until_true at_least 20 up_class 1 packets
	check "nothing waits" until_true waits_nothing
	is "dropped" "$(up_class 1 dropped)" 0
	node_end
}

waits_nothing()
{
	[ "$(up_class 1 waiting)" = 0 ]
}

t_connection_survives_changes()
{
	node
	"$SHAPER" set out1 20000 0 20000
	local server rate
	mkfifo "$SCRATCH/open" # busybox's nc ends with what the other side reads
	exec 9<>"$SCRATCH/open"
	busybox nc -l -p "$PORT" <&9 >"$SCRATCH/got" &
	server=$!
	until_true listens
	head -c 20000000 /dev/zero >"$SCRATCH/sent"
	inside 1 timeout 300 busybox nc 10.1.0.1 "$PORT" <"$SCRATCH/sent" &
	until_true test -s "$SCRATCH/got"
	for rate in 40000 10000 0 80000 400000; do
		check "$rate" "$SHAPER" set out1 "$rate" 0 "$rate"
		sleep 0.2
	done
	wait "$server"
	exec 9>&-
	check "all came" cmp "$SCRATCH/sent" "$SCRATCH/got"
	node_end
}

listens()
{
	ss -ltn | grep -q ":$PORT "
}

# The kernel's own words.
t_tc_shows_what_was_set()
{
	node
	"$SHAPER" set out1 64 0 10000000
	is "root" "$(tc -j qdisc show dev out1 | jq -r '.[] | select(.root).kind')" htb
	is "ingress" "$(tc -j qdisc show dev out1 ingress | jq -r '.[].kind' | sort -u | paste -sd ' ')" ingress
	like "redirection" "$(tc filter show dev out1 ingress)" 'mirred \(Egress Redirect to device vzup\) stolen'
	like "down" "$(tc class show dev out1)" 'rate 10Gbit ceil 10Gbit'
	like "up" "$(tc class show dev vzup)" 'parent 1:fffe .*ceil 64Kbit'
	like "classifier" "$(tc filter show dev vzup)" 'bpf.*vzup'
	is "read" "$("$SHAPER" get out1)" "64 0 10000000 2160"
	node_end
}

t_nothing_is_left_without_limits()
{
	node
	local before
	before=$(tc qdisc show dev out1)
	"$SHAPER" set out1 1000 100 1000
	"$SHAPER" set out1 0 0 0
	is "qdiscs" "$(tc qdisc show dev out1)" "$before"
	is "classes" "$(tc class show dev vzup | grep -c 'parent 1:fffe')" 0
	node_end
}

# A link that went left its class; the next one with the same number takes it over.
t_leftover_class_is_replaced()
{
	node
	"$SHAPER" set out1 1000 0 0
	local ifindex
	ifindex=$(ifindex out1)
	ip link del out1
	ip link add out1 index "$ifindex" type veth peer name eth0 netns "$SCRATCH/ns1"
	is "a new link" "$("$SHAPER" get out1)" "0 0 0 0"
	check "set" "$SHAPER" set out1 3000 0 0
	is "read" "$("$SHAPER" get out1)" "3000 0 0 9500"
	check "removed" "$SHAPER" remove "$ifindex"
	is "classes" "$(tc class show dev vzup | grep -c 'parent 1:fffe')" 0
	node_end
}

run_tests "$@"
