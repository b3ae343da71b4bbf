#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vznet as a CNI plugin: what the kernel has afterwards, and the specification's results and errors.
. "${0%/*}/lib.sh"
. "${0%/*}/net.sh"

VZNET=${VZRUN%/*}/vznet

# The config's keys behind "name"; NAME=VALUE of the environment.
config() # [JSON [ARGUMENT]...]
{
	jq -cn "{cniVersion: \"1.0.0\", name: \"net1\", type: \"vznet\"} + ${1:-{\}}" --args "${@:2}"
}

cni() # VERB CONTAINER CONFIG [NAME=VALUE]...: with $status and $out; no answer may be on stderr only
{
	local verb=$1 name=$2 text=$3
	shift 3
	try on node env CNI_COMMAND="$verb" CNI_CONTAINERID="$name" CNI_NETNS="/run/netns/$name" \
		CNI_IFNAME=eth0 CNI_PATH=/usr/lib/cni "$@" "$VZNET" <<<"$text"
}

get() # JQ
{
	jq -cr "$1" <<<"$out"
}

fails() # CODE PATTERN VERB CONTAINER CONFIG [NAME=VALUE]...
{
	local code=$1 pattern=$2 what
	shift 2
	what="$*"
	what=${what:0:120}
	cni "$@"
	is "$what: status" "$status" 1
	is "$what: code" "$(get .code)" "$code"
	like "$what: text" "$(get .msg)" "$pattern"
	is "$what: keys" "$(get 'keys | join(" ")')" "cniVersion code msg"
}

pings() # NAME ADDRESS
{
	on "$1" busybox ping -c 1 -W 2 "$2" >/dev/null
}

t_versions()
{
	net_world
	cni VERSION x '{"cniVersion":"0.4.0"}' CNI_CONTAINERID= CNI_NETNS= CNI_IFNAME=
	is "VERSION" "$status$(get .)" \
		'0{"cniVersion":"0.4.0","supportedVersions":["0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]}'
	cni VERSION x '{"cniVersion":"9.0.0"}'
	is "asked by one who knows others" "$status$(get .cniVersion)" 01.1.0
	net_end
}

t_routed_comes_and_goes()
{
	local conf prev
	net_world
	conf=$(config '{addresses: ["10.9.0.101/24", "2001:db8::5"], mtu: 1400, dns: {nameservers: ["10.9.0.254"]}}')
	cni ADD ct1 "$conf"
	is "ADD" "$status$err" 0
	is "version" "$(get .cniVersion)" 1.0.0
	is "addresses" "$(get .ips)" '[{"address":"10.9.0.101/32","gateway":"169.254.1.1","interface":1},{"address":"2001:db8::5/128","gateway":"fe80::1","interface":1}]'
	is "routes" "$(get .routes)" '[{"dst":"0.0.0.0/0","gw":"169.254.1.1"},{"dst":"::/0","gw":"fe80::1"}]'
	is "DNS" "$(get .dns.nameservers[0])" 10.9.0.254
	is "inside" "$(get '.interfaces[1] | [.name, .sandbox, .mac] | join(" ")')" \
		"eth0 /run/netns/ct1 $(ip -n ct1 -j link show eth0 | jq -r '.[0].address')"
	is "host end" "$(get .interfaces[0].mac)" \
		"$(ip -n node -j link show "$(get .interfaces[0].name)" | jq -r '.[0].address')"
	like "MTU" "$(ip -n ct1 link show eth0)" 'mtu 1400 '
	check "it is reached" pings router 10.9.0.101
	check "it reaches" pings ct1 10.9.0.254
	prev=$(jq -c --argjson prev "$out" '. + {prevResult: $prev}' <<<"$conf")
	cni CHECK ct1 "$prev"
	is "CHECK" "$status$out$err" 0
	fails 102 'has a network' ADD ct1 "$conf"
	fails 101 '10.9.0.101' ADD ct2 "$conf"
	fails 104 'never had' CHECK ct1 "${prev//10.9.0.101\/32/10.9.0.102/32}"
	ip -n ct1 addr del 10.9.0.101/32 dev eth0
	fails 104 'no address 10.9.0.101' CHECK ct1 "$prev"
	cni DEL ct1 "$prev"
	is "DEL" "$status$out$err" 0
	is "no link" "$(ip -n ct1 -o link show | grep -c eth0)" 0
	is "no record" "$(on node "$VZNET" list)" ""
	fails 3 'no network' CHECK ct1 "$prev"
	net_end
}

t_check_looks_at_routes()
{
	local conf prev
	net_world
	conf=$(config '{addresses: ["10.9.0.101", "2001:db8::5"]}')
	cni ADD ct1 "$conf"
	prev=$(jq -c --argjson prev "$out" '. + {prevResult: $prev}' <<<"$conf")
	ip -n ct1 route del default
	fails 104 'no route to 0.0.0.0/0 by 169.254.1.1' CHECK ct1 "$prev"
	ip -n ct1 route add default dev eth0
	fails 104 'no route to 0.0.0.0/0 by 169.254.1.1' CHECK ct1 "$prev"
	ip -n ct1 route replace default via 169.254.1.1 dev eth0 onlink
	cni CHECK ct1 "$prev"
	is "it is back" "$status$out$err" 0
	ip -n ct1 -6 route del default
	fails 104 'no route to ::/0 by fe80::1' CHECK ct1 "$prev"
	ip -n ct1 -6 route add default via fe80::1 dev eth0
	prev=$(jq -c '.prevResult.routes += [{dst: "192.0.2.9/25"}]' <<<"$prev")
	fails 104 'no route to 192.0.2.9/25' CHECK ct1 "$prev"
	ip -n ct1 route add 192.0.2.0/24 dev eth0
	fails 104 'no route to 192.0.2.9/25' CHECK ct1 "$prev"
	ip -n ct1 route add 192.0.2.0/25 dev eth0 table 9
	cni CHECK ct1 "$prev"
	is "that of another plugin" "$status$out$err" 0
	fails 7 'prevResult.routes' CHECK ct1 "$(jq -c '.prevResult.routes = [{dst: "x"}]' <<<"$prev")"
	cni DEL ct1 "$conf"
	net_end
}

# An attachment is named by its network, its container and its interface.
t_networks_of_one_container()
{
	local one two
	net_world
	one=$(config '{addresses: ["10.9.0.101"]}')
	two=$(config '{name: "net2", addresses: ["10.9.0.102"]}')
	cni ADD ct1 "$one"
	is "one" "$status$err" 0
	fails 102 '"eth0"' ADD ct1 "$two"
	cni DEL ct1 "$two"
	is "what the runtime does then" "$status$out$err" 0
	check "the first one is still reached" pings router 10.9.0.101
	fails 3 'no network' CHECK ct1 "$(jq -c '. + {prevResult: {}}' <<<"$two")"
	# A routed interface takes the default route, so the second one is a port of a bridge.
	ip -n node link add br0 type bridge
	ip -n node link set br0 up
	two=$(config '{name: "net2", mode: "bridge", bridge: "br0", addresses: ["10.8.0.2/24"]}')
	cni ADD ct1 "$two" CNI_IFNAME=eth1
	is "the other one" "$status$err" 0
	cni DEL ct1 "$one"
	is "one goes" "$status$out$err" 0
	is "the other one stays" "$(on node "$VZNET" list)$(ip -n ct1 -o link show type veth | wc -l)" "cni:net2:ct1:eth11"
	cni DEL ct1 "$two" CNI_IFNAME=eth1
	is "nothing is left" "$(on node "$VZNET" list)$(find /run/vznet/cni /run/vznet/traffic -mindepth 1)" ""
	net_end
}

t_bandwidth()
{
	local link
	net_world
	cni ADD ct1 "$(config '{addresses: ["10.9.0.101"], runtimeConfig: {bandwidth:
		{ingressRate: 30000000, ingressBurst: 1600000, egressRate: 20000000, egressBurst: 800000}}}')"
	is "ADD" "$status$err" 0
	link=$(get .interfaces[0].name)
	like "into the container" "$(on node tc class show dev "$link")" 'ceil 30Mbit.* cburst 199998b'
	like "out of it" "$(on node tc class show dev vzup)" 'ceil 20Mbit'
	check "it is reached" pings router 10.9.0.101
	cni ADD ct2 "$(config '{addresses: ["10.9.0.102"], runtimeConfig: {bandwidth: {egressRate: 1, egressBurst: 4294967295}}}')"
	is "a burst for ever" "$status$err" 0
	is "less than a kbit is one" "$(on node "$VZNET" show --json cni:net1:ct2:eth0 | jq -c '.nics[0].rate')" \
		'{"upKbit":1,"burstBytes":536870912}'
	cni DEL ct1 "$(config)"
	cni DEL ct2 "$(config)"
	is "no class is left" "$(on node tc class show dev vzup | grep -c 'parent 1:ffff')" 0
	fails 7 'egressBurst needs egressRate' ADD ct1 "$(config '{runtimeConfig: {bandwidth: {egressBurst: 9}}}')"
	fails 7 'bandwidth.ingressRate: must be a number' ADD ct1 "$(config '{runtimeConfig: {bandwidth: {ingressRate: -1}}}')"
	fails 7 'bandwidth: must be an object' ADD ct1 "$(config '{runtimeConfig: {bandwidth: 1}}')"
	fails 2 'bandwidth.rate" is unknown' ADD ct1 "$(config '{runtimeConfig: {bandwidth: {rate: 1}}}')"
	net_end
}

t_gone_is_gone()
{
	net_world
	cni DEL ct1 "$(config)"
	is "never made" "$status$out$err" 0
	cni ADD ct1 "$(config '{addresses: ["10.9.0.101"]}')"
	is "ADD" "$status" 0
	cni DEL ct1 "$(config)" CNI_NETNS=/run/netns/none
	is "namespace gone" "$status$out$err" 0
	check "the host end goes" until_true eval '! ip -n node -o link show | grep vz'
	cni DEL ct1 "$(config)" CNI_NETNS=
	is "and again" "$status$out$err" 0
	net_end
}

t_bridge()
{
	net_world
	ip -n node link add br0 type bridge
	ip -n node addr add 10.8.0.1/24 dev br0
	ip -n node link set br0 up
	cni ADD ct1 "$(config '{cniVersion: "0.3.1", mode: "bridge", bridge: "br0", gateway: "10.8.0.1", runtimeConfig: {ips: ["10.8.0.2/24"], mac: "00:18:51:01:02:03"}}')"
	is "ADD" "$status$err" 0
	is "an old result" "$(get .ips)" '[{"version":"4","address":"10.8.0.2/24","gateway":"10.8.0.1","interface":1}]'
	is "MAC" "$(get .interfaces[1].mac)" 00:18:51:01:02:03
	like "route" "$(ip -n ct1 route)" '^default via 10.8.0.1 dev eth0'
	cni ADD ct2 "$(config '{mode: "bridge", bridge: "br0"}')" "CNI_ARGS=IgnoreUnknown=1;IP=10.8.0.3/24;K8S_POD_NAME=x"
	is "without a gateway" "$status$err$(get .routes)" '0[]'
	check "to the bridge" pings ct1 10.8.0.1
	check "to each other" pings ct1 10.8.0.3
	cni DEL ct1 "$(config)"
	is "DEL" "$status$out$err" 0
	net_end
}

t_masquerading()
{
	net_world
	net_serve router 80
	cni ADD ct1 "$(config '{addresses: ["10.1.1.1"], ipMasq: true}')"
	is "ADD" "$status$err" 0
	is "seen as the node" "$(net_ask ct1 10.9.0.254 80)" 10.9.0.1
	net_end
}

t_published_ports()
{
	net_world
	net_serve ct1 80
	cni ADD ct1 "$(config '{addresses: ["10.1.1.1"], runtimeConfig: {portMappings: [
		{hostPort: 8080, containerPort: 80, protocol: "tcp"}, {hostPort: 53, containerPort: 53, protocol: "udp", hostIP: "10.9.0.1"}]}}')"
	is "ADD" "$status$err" 0
	is "it answers at the node's port" "$(net_ask router 10.9.0.1 8080)" 10.9.0.254
	like "both" "$(on node "$VZNET" show cni:net1:ct1:eth0 | paste -sd ' ')" 'publish 8080:80/tcp +publish 10.9.0.1:53:53/udp'
	fails 7 'hostPort must be a port' ADD ct2 "$(config '{runtimeConfig: {portMappings: [{hostPort: 0, containerPort: 1}]}}')"
	fails 7 'none of tcp, udp, sctp' ADD ct2 "$(config '{runtimeConfig: {portMappings: [{hostPort: 1, containerPort: 1, protocol: "x"}]}}')"
	net_end
}

t_long_ids()
{
	local a
	net_world
	printf -v a '%0200d' 1
	cni ADD "$a" "$(config '{addresses: ["10.9.0.101"]}')" CNI_NETNS=/run/netns/ct1
	is "ADD" "$status$err" 0
	cni ADD "${a%1}2" "$(config '{addresses: ["10.9.0.102"]}')" CNI_NETNS=/run/netns/ct2
	is "another" "$status$err" 0
	is "two" "$(on node "$VZNET" list | wc -l)" 2
	cni DEL "$a" "$(config)" CNI_NETNS=/run/netns/ct1
	is "one goes" "$status$(on node "$VZNET" list | wc -l)" 01
	check "the other one is reached" pings router 10.9.0.102
	net_end
}

t_addresses_from_host_local()
{
	local ipam conf prev
	net_world
	ipam=$(jq -cn '{type: "host-local", dataDir: "/run/ipam", routes: [{dst: "0.0.0.0/0"}],
		ranges: [[{subnet: "10.8.0.0/24", gateway: "10.8.0.1", rangeStart: "10.8.0.7", rangeEnd: "10.8.0.8"}]]}')
	ip -n node link add br0 type bridge
	ip -n node addr add 10.8.0.1/24 dev br0
	ip -n node link set br0 up
	conf=$(config "{mode: \"bridge\", bridge: \"br0\", ipam: $ipam}")
	cni ADD ct1 "$conf"
	is "ADD" "$status$err" 0
	is "addresses" "$(get .ips)" '[{"address":"10.8.0.7/24","gateway":"10.8.0.1","interface":1}]'
	is "routes" "$(get .routes)" '[{"dst":"0.0.0.0/0","gw":"10.8.0.1"}]'
	check "it reaches" pings ct1 10.8.0.1
	like "route" "$(ip -n ct1 route)" '^default via 10.8.0.1 dev eth0'
	prev=$(jq -c --argjson prev "$out" '. + {prevResult: $prev}' <<<"$conf")
	cni CHECK ct1 "$prev"
	is "CHECK" "$status$out$err" 0
	cni ADD ct2 "$(config "{ipam: $ipam}")" CNI_ARGS=IP=10.8.0.8
	is "routed, asked for" "$status$err$(get .ips[0].address)" 010.8.0.8/32
	check "routed, reached" pings node 10.8.0.8
	fails 999 'host-local: .*no IP addresses' ADD node "$conf" CNI_NETNS=/run/netns/router
	cni DEL ct2 "$conf"
	is "DEL" "$status$out$err" 0
	is "its address is free" "$(ls /run/ipam/net1/10.*)" /run/ipam/net1/10.8.0.7
	fails 7 'MTU 1' ADD ct2 "$(config "{mtu: 1, ipam: $ipam}")"
	fails 102 'interface "eth0" already' ADD x "$(config "{ipam: $ipam}")" CNI_NETNS=/run/netns/router
	is "failures give it back" "$(ls /run/ipam/net1/10.*)" /run/ipam/net1/10.8.0.7
	cni DEL ct1 "$conf"
	is "all is free" "$status$(find /run/ipam -name '10.*')" 0
	cni DEL ct1 "$conf"
	is "DEL again" "$status$out$err" 0
	fails 105 'no plugin "none"' ADD ct1 "$(config '{ipam: {type: "none"}}')"
	fails 7 'plugin.s name' ADD ct1 "$(config '{ipam: {type: "../x"}}')"
	net_end
}

# A plugin that misbehaves, as this file's own program.
plugin() # TEXT
{
	mkdir -p /run/cni
	printf '#!/bin/sh\n%s\n' "$1" >/run/cni/bad
	chmod 755 /run/cni/bad
}

t_bad_ipam_plugins()
{
	local conf
	net_world
	conf=$(config '{ipam: {type: "bad"}}')
	plugin 'echo no'
	fails 105 "plugin's answer" ADD ct1 "$conf" CNI_PATH=/nowhere:/run/cni
	plugin 'echo "[]"'
	fails 105 "no object" ADD ct1 "$conf" CNI_PATH=/run/cni
	plugin 'echo "{}"; exit 3'
	fails 105 "without a word" ADD ct1 "$conf" CNI_PATH=/run/cni
	plugin 'echo "{\"code\": 11, \"msg\": \"later\"}"; exit 1'
	fails 11 "bad: later" ADD ct1 "$conf" CNI_PATH=/run/cni
	plugin 'busybox yes'
	fails 105 "plugin's answer" ADD ct1 "$conf" CNI_PATH=/run/cni
	plugin 'echo "{\"ips\": [1]}"'
	fails 105 "must be an object" ADD ct1 "$conf" CNI_PATH=/run/cni
	plugin 'echo "{\"ips\": [{\"address\": \"10.8.0\"}]}"'
	fails 7 "ipam's answer" ADD ct1 "$conf" CNI_PATH=/run/cni
	net_end
}

# "GC" of the network, with these containers' eth0 as the valid ones.
gc() # NETWORK [CONTAINER]...
{
	local network=$1
	shift
	cni GC "" "$(config "{cniVersion: \"1.1.0\", name: \"$network\", \"cni.dev/valid-attachments\":
		[\$ARGS.positional[] | {containerID: ., ifname: \"eth0\"}]}" "$@")"
}

t_lost_attachments_are_collected()
{
	net_world
	cni ADD ct1 "$(config '{addresses: ["10.9.0.101"]}')"
	is "ADD" "$status$err" 0
	cni ADD ct2 "$(config '{addresses: ["10.9.0.102"]}')"
	is "another" "$status$err" 0
	touch /run/netns/ct3
	unshare --net=/run/netns/ct3 true
	cni ADD ct3 "$(config '{name: "net2", addresses: ["10.9.0.103"]}')"
	is "of another network" "$status$err" 0
	# What fails leaves no note by which another network's GC would take it away.
	fails 102 'interface "eth0" already' ADD ct3 "$(config '{name: "net3", addresses: ["10.9.0.103"]}')"
	gc net3
	is "none of its own" "$status$out$err" 0
	gc net1 ct1 ct2
	is "all valid" "$status$out$err" 0
	is "all are there" "$(on node "$VZNET" list | paste -sd ' ')" "cni:net1:ct1:eth0 cni:net1:ct2:eth0 cni:net2:ct3:eth0"
	gc net1 ct2
	is "one is lost" "$status$out$err" 0
	is "it goes" "$(on node "$VZNET" list | paste -sd ' ')" "cni:net1:ct2:eth0 cni:net2:ct3:eth0"
	check "its link too" until_true eval '! ip -n ct1 -o link show | grep eth0'
	check "the other one is reached" pings router 10.9.0.102
	cni DEL ct2 "$(config)"
	cni DEL ct3 "$(config '{name: "net2"}')"
	is "no notes are left" "$(find /run/vznet/cni -mindepth 1)" ""
	fails 1 'GC needs cniVersion 1.1.0' GC "" "$(config)"
	fails 7 'needs the list' GC "" "$(config '{cniVersion: "1.1.0"}')"
	fails 7 'needs containerID' GC "" "$(config '{cniVersion: "1.1.0", "cni.dev/valid-attachments": [{}]}')"
	net_end
}

t_status()
{
	net_world
	cni STATUS "" "$(config '{cniVersion: "1.1.0"}')"
	is "ready" "$status$out$err" 0
	fails 50 'no bridge "br0"' STATUS "" "$(config '{cniVersion: "1.1.0", mode: "bridge", bridge: "br0"}')"
	ip -n node link add br0 type bridge
	cni ADD ct1 "$(config '{mode: "bridge", bridge: "br0"}')"
	ip -n node link del br0
	fails 51 'no bridge "br0"' STATUS "" "$(config '{cniVersion: "1.1.0", mode: "bridge", bridge: "br0"}')"
	cni DEL ct1 "$(config)"
	fails 2 'adresses' STATUS "" "$(config '{cniVersion: "1.1.0", adresses: []}')"
	fails 1 'STATUS needs cniVersion 1.1.0' STATUS "" "$(config)"
	net_end
}

t_the_ipam_plugin_is_asked_too()
{
	local conf
	net_world
	conf=$(config '{cniVersion: "1.1.0", ipam: {type: "bad"}, "cni.dev/valid-attachments": []}')
	# shellcheck disable=SC2016 # for the inner shell
	plugin 'echo $CNI_COMMAND $(jq -r .ipam.type) >>/run/asked; [ $CNI_COMMAND != STATUS ] || { echo "{\"code\":51,\"msg\":\"few\"}"; exit 1; }'
	cni GC "" "$conf" CNI_PATH=/run/cni
	is "GC" "$status$out$err" 0
	fails 51 'bad: few' STATUS "" "$conf" CNI_PATH=/run/cni
	fails 7 'no addresses' ADD ct1 "$conf" CNI_PATH=/run/cni
	is "asked" "$(paste -sd ' ' /run/asked)" "GC bad STATUS bad ADD bad DEL bad"
	net_end
}

t_errors()
{
	local good
	net_world
	good=$(config '{addresses: ["10.9.0.101"]}')
	fails 1 'cniVersion "0.2.0"' ADD ct1 "$(config '{cniVersion: "0.2.0"}')"
	fails 1 'cniVersion "0.1.0"' ADD ct1 '{"name":"net1","type":"vznet"}'
	fails 1 'CHECK needs cniVersion 0.4.0' CHECK ct1 "$(config '{cniVersion: "0.3.1"}')"
	fails 2 '"adresses" is unknown.*10.9.0.101' ADD ct1 "$(config '{adresses: ["10.9.0.101"]}')"
	fails 2 '"runtimeConfig.dusk" is unknown' ADD ct1 "$(config '{runtimeConfig: {dusk: 1}}')"
	fails 4 'CNI_COMMAND "FETCH"' FETCH ct1 "$good"
	fails 4 'CNI_CONTAINERID is missing' ADD "" "$good"
	fails 4 'CNI_CONTAINERID "../x"' DEL ../x "$good"
	fails 4 'CNI_NETNS is missing' ADD ct1 "$good" CNI_NETNS=
	fails 4 'No such file' ADD ct1 "$good" CNI_NETNS=/run/netns/none
	fails 4 "host's own" ADD ct1 "$good" CNI_NETNS=/run/netns/node
	fails 4 'no network namespace' ADD ct1 "$good" CNI_NETNS=/dev/null
	fails 4 'CNI_IFNAME is missing' ADD ct1 "$good" CNI_IFNAME=
	fails 4 'CNI_IFNAME "a/b"' ADD ct1 "$good" CNI_IFNAME=a/b
	fails 4 'CNI_ARGS' ADD ct1 "$good" CNI_ARGS=IP
	fails 6 'config on stdin' ADD ct1 '{"cniVersion":'
	fails 6 'no object' ADD ct1 '[]'
	fails 6 'config on stdin' ADD ct1 "{\"x\":\"$(printf '%01100000d' 0)\"}"
	fails 7 "can't be a network's name" ADD ct1 "$(config '{name: "a/b"}')"
	fails 7 'no addresses' ADD ct1 "$(config)"
	fails 7 'addresses\[0\]' ADD ct1 "$(config '{addresses: ["10.9.0"]}')"
	fails 7 'mtu' ADD ct1 "$(config '{mtu: "big"}')"
	fails 7 'ipMasq' ADD ct1 "$(config '{ipMasq: 1}')"
	fails 7 'neither routed nor bridge' ADD ct1 "$(config '{mode: "x"}')"
	fails 7 'go together' ADD ct1 "$(config '{mode: "bridge"}')"
	fails 7 'first in its list' ADD ct1 "$(config '{prevResult: {}}')"
	is "nothing was made" "$(on node "$VZNET" list)$(ip -n ct1 -o link show | grep -c eth0)" 0
	net_end
}

# One call that fails: which, by a pattern of tests/faults/inject's list.
spoiled() # ERRNO CALL VERB CONTAINER CONFIG
{
	local errno=$1 call=$2 inject=${VZRUN%/*}/tests/faults/inject real=$VZNET where
	local VZNET=$SCRATCH/spoiled
	shift 2
	printf '#!/bin/sh\nexec "%s" -o "%s" --list "%s"\n' "$inject" "$SCRATCH/calls" "$real" >"$VZNET"
	chmod 755 "$VZNET"
	cni "$@"
	VZNET=$real cni DEL "$2" "$3"
	where=$(awk -v call="$call" '$0 ~ call { print $2; exit }' "$SCRATCH/calls")
	check "there is $call" test -n "$where"
	printf '#!/bin/sh\nexec "%s" -o /dev/null --nth %s --errno %s "%s"\n' "$inject" "$where" "$errno" "$real" >"$VZNET"
	cni "$@"
}

# "I/O failure" and "try again", which only a host in trouble has.
t_errors_of_the_host()
{
	local good
	net_world
	good=$(config '{addresses: ["10.9.0.101"]}')
	cni ADD ct1 "$good" # the tables are made once
	cni DEL ct1 "$good"
	try on node env CNI_COMMAND=ADD CNI_CONTAINERID=ct1 CNI_NETNS=/run/netns/ct1 CNI_IFNAME=eth0 "$VZNET" </
	is "stdin can't be read" "$status$(get .code)" 15
	# shellcheck disable=SC2016 # for the inner shell
	try on node env CNI_COMMAND=ADD CNI_CONTAINERID=ct1 CNI_NETNS=/run/netns/ct1 CNI_IFNAME=eth0 \
		sh -c '"$0" >/dev/full' "$VZNET" <<<"$good"
	is "the result can't be told" "$status$(on node "$VZNET" list)" 1
	like "and why" "$err" '^vznet: write the result to stdout: No space left'
	spoiled ENOSPC 'openat.*cni:net1:ct1:eth0' ADD ct1 "$good"
	is "no room on /run" "$status$(get .code)" 15
	spoiled ENOBUFS 'sendto' ADD ct1 "$good"
	is "netlink has no room" "$status$(get .code)" 111
	spoiled ENOBUFS 'sendmsg' ADD ct1 "$good"
	is "nor by libnl" "$status$(get .code)" 111
	is "nothing was made" "$(on node "$VZNET" list)$(find /run/vznet/cni -mindepth 1)$(ip -n ct1 -o link show | grep -c eth0)" 0
	net_end
}

run_tests "$@"
