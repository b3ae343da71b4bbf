#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vznet's command line and its hook: what it makes is read back from the kernel.
. "${0%/*}/lib.sh"
. "${0%/*}/net.sh"

VZNET=${VZRUN%/*}/vznet

vznet()
{
	on node "$VZNET" "$@"
}

addresses() # NAME LINK
{
	ip -n "$1" -o addr show dev "$2" scope global | awk '{ print $4 }' | sort | paste -sd ' '
}

refuses() # PATTERN ARG...: in one line, and no network is there afterwards
{
	local pattern=$1
	shift
	try vznet "$@"
	is "$*: status" "$status" 1
	like "$*: message" "$err" "^vznet: .*$pattern"
	is "$*: one line" "$(wc -l <<<"$err")" 1
}

t_routed_network_comes_changes_and_goes()
{
	net_world
	try vznet up 101 --netns /run/netns/ct1 --ipadd 10.9.0.101,2001:db8::5 \
		--rate 20mbit:5mbit,30mbit --mtu 1400 --publish 8080:80 --allow 22,53/udp --isolate on --nat off
	is "up" "$err$status" 0
	check "it is reached" pings router 10.9.0.101
	check "it reaches" pings ct1 10.9.0.254
	is "inside" "$(addresses ct1 venet0)" "10.9.0.101/32 2001:db8::5/128"
	like "MTU" "$(ip -n ct1 link show venet0)" 'mtu 1400 '
	like "rate down" "$(on node tc class show dev venet101)" 'ceil 30Mbit'
	like "rate up" "$(on node tc class show dev vzup)" 'rate 5Mbit ceil 20Mbit'
	is "list" "$(vznet list)" 101
	is "what was asked is shown" "$(vznet show 101 | sed 1,2d)" "    address 10.9.0.101
    address 2001:db8::5
    rate 20mbit:5mbit,30mbit
  nat off
  publish 8080:80/tcp
  allow 22/tcp
  allow 53/udp
  isolated"
	is "also as JSON" "$(vznet show --json | jq -c '.[0].nics[0].rate')" \
		'{"upKbit":20000,"upShareKbit":5000,"downKbit":30000}'
	try vznet change 101 --netns /run/netns/ct1 --ipadd=10.9.0.111 --ipdel=10.9.0.101 --rate 10mbit --allow any
	is "change" "$err$status" 0
	check "the new address" pings router 10.9.0.111
	is "inside then" "$(addresses ct1 venet0)" "10.9.0.111/32 2001:db8::5/128"
	like "rate up then" "$(on node tc class show dev vzup)" 'ceil 10Mbit'
	is "any port is let in" "$(vznet show 101 | grep -c allow)" 0
	like "traffic" "$(vznet traffic 101 --json | jq -c '.[0].ipv4')" '"inBytes":[1-9]'
	like "traffic for people" "$(vznet traffic)" '^101 ipv4 in [1-9]'
	refuses 'vznet down 101' forget 101
	try vznet down 101 --netns /run/netns/ct1
	is "down" "$err$status" 0
	is "no link is left" "$(ip -n node -o link show type veth | grep -c venet)$(ip -n ct1 -o link show type veth | wc -l)" 00
	is "no id is left" "$(vznet list)" ""
	try vznet down 101
	is "down again" "$err$status" 0
	try vznet forget 101
	is "forget" "$err$status" 0
	is "all is forgotten" "$(vznet traffic 101 --json | jq -c '.[0].ipv4.inBytes')" 0
	net_end
}

# Nobody says which namespace it was, and it lives on.
t_links_of_a_namespace_that_is_not_named_go_too()
{
	net_world
	vznet up 101 --netns /run/netns/ct1 --ipadd 10.9.0.101
	try vznet down 101
	is "down" "$err$status" 0
	check "its link goes" until_true eval '! ip -n node link show venet101 2>/dev/null'
	vznet up 101 --netns /run/netns/ct1 --ipadd 10.9.0.101
	try on node setsid -w busybox sh -c "$VZNET down 101; kill -TERM 0"
	check "also where all that its caller began is ended" until_true eval '! ip -n node link show venet101 2>/dev/null'
	vznet up 101 --netns /run/netns/ct1 --ipadd 10.9.0.101
	vznet down 101
	unlike "a link without rules is not up" "$(ip -n node -o link show type veth | grep venet)" '[<,]UP[,>]'
	vznet up 101 --netns /run/netns/ct1 --ipadd 10.9.0.101
	try eval 'vznet down 101 && vznet up 101 --netns /run/netns/ct2 --ipadd 10.9.0.101'
	is "up again at once, elsewhere" "$err$status" 0
	check "it is reached" pings router 10.9.0.101
	sleep 0.2 # longer than what is left of the first one takes
	check "and stays" pings router 10.9.0.101
	vznet down 101 --netns /run/netns/ct2
	net_end
}

t_bridged_nics_are_ports()
{
	net_world
	ip -n node link add br9 type bridge
	ip -n node link set br9 up
	try vznet up 101 --netns /run/netns/ct1 --netif_add eth0,,,,br9 --ip 192.0.2.11/24 \
		--netif_add eth1,00:18:51:01:02:03,h1,fe:18:51:01:02:03,br9 --mac_filter off
	is "up" "$err$status" 0
	ip -n node addr add 192.0.2.1/24 dev br9
	check "it reaches the bridge" pings ct1 192.0.2.1
	like "the MAC" "$(ip -n ct1 link show eth1)" '00:18:51:01:02:03'
	like "the host's end" "$(ip -n node link show h1)" 'master br9.*fe:18:51:01:02:03'
	try vznet change 101 --netns /run/netns/ct1 --netif_del eth1 --ifname eth0 --ip '' --ip 192.0.2.12/24
	is "change" "$err$status" 0
	is "another address" "$(addresses ct1 eth0)" 192.0.2.12/24
	is "one NIC" "$(vznet show --json | jq -c '[.[0].nics[].name]')" '["eth0"]'
	vznet down 101
	net_end
}

# Each adds an address of its own to what it finds: none may be lost.
t_changes_at_once_all_count()
{
	local i changes=() wanted=10.9.0.101/32
	net_world
	vznet up 101 --netns /run/netns/ct1 --ipadd 10.9.0.101 --skip_arpdetect
	for i in 1 2 3 4 5 6 7 8; do
		vznet change 101 --netns /run/netns/ct1 --ipadd "10.9.0.11$i" 2>"$SCRATCH/change.$i" &
		changes+=($!)
		wanted+=" 10.9.0.11$i/32"
	done
	wait "${changes[@]}"
	is "no error" "$(cat "$SCRATCH"/change.*)" ""
	is "all are inside" "$(addresses ct1 venet0)" "$wanted"
	is "and in the record" "$(vznet show --json 101 | jq '.nics[0].addresses | length')" 9
	vznet down 101
	net_end
}

t_more_links_than_can_be_used_are_an_error()
{
	local i
	net_world
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		ip -n node link add "br$i" type bridge
		ip -n node link set "br$i" up
	done
	refuses 'the host has 17, at most 16 can be used \(name them: list:' \
		up 101 --netns /run/netns/ct1 --ipadd 10.9.0.101 --neighbour_devs all
	is "nothing is there" "$(vznet list)$(ip -n ct1 -o link show type veth)" ""
	ip -n node link set br16 down
	try vznet up 101 --netns /run/netns/ct1 --ipadd 10.9.0.101 --neighbour_devs all --skip_arpdetect
	is "as many as can be" "$err$status" 0
	is "on each" "$(ip -n node neigh show proxy | grep -c '^10.9.0.101 ')" 16
	vznet down 101
	net_end
}

t_network_of_a_process_and_of_json()
{
	net_world
	nsenter --net=/run/netns/ct1 sleep 60 &
	local pid=$!
	_net_servers+=("$pid")
	until_true test "/proc/$pid/ns/net" -ef /run/netns/ct1
	vznet up 101 --netns /run/netns/ct2 --ipadd 10.9.0.101
	vznet show --json 101 >"$SCRATCH/101.json"
	vznet down 101 --netns /run/netns/ct2
	try vznet up 101 --pid "$pid" --json - <"$SCRATCH/101.json"
	is "up" "$err$status" 0
	is "inside" "$(addresses ct1 venet0)" 10.9.0.101/32
	is "it is the same" "$(vznet show --json 101)" "$(cat "$SCRATCH/101.json")"
	refuses 'its id is "101"' up 102 --pid "$pid" --json "$SCRATCH/101.json"
	vznet down 101 --pid "$pid"
	net_end
}

t_bad_input_is_one_line_and_changes_nothing()
{
	net_world
	local here="--netns /run/netns/ct1"
	# shellcheck disable=SC2086 # two words
	{
		refuses 'which network namespace' up 101 --ipadd 10.9.0.101
		refuses 'give one' up 101 $here --pid 1 --ipadd 10.9.0.101
		refuses 'No such file' up 101 --netns /run/netns/none --ipadd 10.9.0.101
		refuses 'is no network namespace' up 101 --netns /dev/null --ipadd 10.9.0.101
		refuses "host's own" up 101 --netns /run/netns/node --ipadd 10.9.0.101
		refuses 'No such process' up 101 --pid 2147483647 --ipadd 10.9.0.101
		refuses 'no IP address' up 101 $here --ipadd 10.9.0.256
		refuses 'nothing to make' up 101 $here
		refuses 'of which NIC' up 101 $here --rate 1mbit
		refuses 'needs one of the units' up 101 $here --ipadd 10.9.0.101 --rate 100
		refuses 'unknown option "--ipdel"' up 101 $here --ipdel 10.9.0.101
		refuses 'needs a value' up 101 --ipadd
		refuses 'takes no value' up 101 --skip_arpdetect=yes
		refuses 'too few arguments' up
		refuses 'too many arguments' down 1 2
		refuses 'unknown command' upp
		refuses 'file' up ../x $here --ipadd 10.9.0.101
		refuses 'has no network here' change 101 $here --ipadd 10.9.0.101
		refuses 'has no network here' show 101
		refuses 'no bridge' up 101 $here --netif_add eth0,,,,nobridge
	}
	is "nothing is there" "$(vznet list)$(ip -n ct1 -o link show type veth)" ""
	net_end
}

t_what_keeps_packets_from_passing_is_told()
{
	net_world
	vznet up 101 --netns /run/netns/ct1 --ipadd 10.9.0.101
	try vznet check
	is "nothing does" "$out$err$status" 0
	on node busybox sh -c 'echo 0 >/proc/sys/net/ipv4/conf/eth0/forwarding'
	try vznet check
	is "status" "$status" 1
	like "no forwarding" "$out" 'eth0 does not forward IPv4 .*conf/eth0/forwarding'
	on node busybox sh -c 'echo 1 >/proc/sys/net/ipv4/conf/eth0/forwarding'
	on node nft 'table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }'
	try vznet check
	is "status with a firewall" "$status" 1
	is "one line tells" "$(wc -l <<<"$out")" 1
	vznet down 101
	net_end
}

t_all_together_have_a_limit()
{
	net_world
	vznet up 101 --netns /run/netns/ct1 --ipadd 10.9.0.101 --rate 20mbit
	try vznet rate --total 50mbit
	is "rate" "$err$status" 0
	like "the shared link" "$(on node tc class show dev vzup)" 'ceil 50Mbit'
	try vznet rate
	like "no rate" "$err" 'which rate'
	vznet down 101
	net_end
}

# ---- the hook ----

state() # ID STATUS PID ANNOTATIONS
{
	jq -n --arg id "$1" --arg status "$2" --argjson pid "$3" --argjson annotations "$4" \
		'{ociVersion: "1.0.2", id: $id, status: $status, pid: $pid, bundle: "/", annotations: $annotations}'
}

t_hook_follows_the_state()
{
	net_world
	nsenter --net=/run/netns/ct1 sleep 60 &
	local pid=$!
	_net_servers+=("$pid")
	until_true test "/proc/$pid/ns/net" -ef /run/netns/ct1
	state c1 creating "$pid" '{"org.vzrun.net.rate": "20mbit", "org.vzrun.net.ip": "10.9.0.101", "other": "x",
		"org.vzrun.net.allow": "22", "org.vzrun.net.nic": "ifname=eth1"}' >"$SCRATCH/state"
	try vznet hook <"$SCRATCH/state"
	is "createRuntime" "$err$status" 0
	is "inside" "$(addresses ct1 venet0)" 10.9.0.101/32
	check "the other NIC" ip -n ct1 link show eth1
	is "the first one has the rate" "$(vznet show --json c1 | jq -c '.nics | map(.rate.upKbit)')" '[20000,null]'
	state c1 stopped 0 '{}' >"$SCRATCH/state"
	try vznet hook <"$SCRATCH/state"
	is "poststop" "$err$status" 0
	is "nothing is left" "$(vznet list)" ""
	state c1 created "$pid" '{}' >"$SCRATCH/state"
	try vznet hook <"$SCRATCH/state"
	is "no annotation, nothing to do" "$err$status$(vznet list)" 0
	state c1 creating "$pid" '{"org.vzrun.net.ip": "10.9.0.101", "org.vzrun.net.alow": "22"}' >"$SCRATCH/state"
	refuses 'org.vzrun.net.alow" is unknown' hook <"$SCRATCH/state"
	state c1 running "$pid" '{"org.vzrun.net.ip": "10.9.0.101"}' >"$SCRATCH/state"
	refuses 'createRuntime' hook <"$SCRATCH/state"
	try vznet hook up <"$SCRATCH/state"
	is "the argument tells as well" "$err$status$(vznet list)" 0c1
	try vznet hook down <"$SCRATCH/state"
	is "and that it is over" "$err$status$(vznet list)" 0
	refuses 'stdin' hook <<<'{"id":'
	refuses 'has no id' hook <<<'{"status":"creating"}'
	net_end
}

# shellcheck disable=SC2016 # a jq filter
HOOKED='.process.capabilities |= map_values(. + ["CAP_NET_RAW"]) | .annotations = {"org.vzrun.net.ip": "10.9.0.101"}
	| .hooks = {createRuntime: [{path: $vznet, args: ["vznet", "hook"]}], poststop: [{path: $vznet, args: ["vznet", "hook"]}]}'

t_hook_of_vzrun_gives_a_network()
{
	net_world
	new_id
	make_bundle "$SCRATCH/$id" "${HOOKED//\$vznet/\"$VZNET\"}" sh -c \
		'busybox ip -o addr show dev venet0; busybox ping -c 1 -W 2 10.9.0.254'
	try on node "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/$id" "$id"
	is "status" "$err$status" 0
	like "address" "$out" '10\.9\.0\.101/32'
	like "packets" "$out" '1 packets received'
	is "nothing is left" "$(vznet list)" ""
	net_end
}

run_tests "$@"
