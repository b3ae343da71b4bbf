#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: long
# The network of persistent containers: a node in which vzrun runs, a client on its uplink.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"
. "${0%/*}/net.sh"
. "${0%/*}/ctnet.sh"

# Sets: --ipadd --ip --ipdel
t_an_address_over_the_life_of_a_ct()
{
	world
	make_ct --ipadd 10.9.0.101 --ipadd 2001:db8:9::101
	is "the conf" "$(key IP_ADDRESS)" 'IP_ADDRESS="10.9.0.101 2001:db8:9::101"'
	try ct start "$id"
	is "start" "$status" 0
	like "says so" "$out" "Adding IP address\(es\): 10.9.0.101 2001:db8:9::101"
	check "from the node" pings node 10.9.0.101
	check "from the client" pings client 10.9.0.101
	check "v6 from the client" pings client 2001:db8:9::101
	check "to the client" ct exec "$id" ping -c 1 -W 2 10.9.0.2
	check "its sysctls are its own" ct exec "$id" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	like "list" "$(ct list -H)" "running +10.9.0.101 "
	try ct set "$id" --ipadd 10.9.0.102 --ipdel 2001:db8:9::101 --save
	is "set" "$status" 0
	is "says what it does" "$(head -2 <<<"$out")" "Deleting IP address(es): 2001:db8:9::101
Adding IP address(es): 10.9.0.102"
	like "is saved" "$out" "CT configuration saved to $CT_DIR/conf/$id.conf$"
	is "the conf" "$(key IP_ADDRESS)" 'IP_ADDRESS="10.9.0.101 10.9.0.102"'
	check "the new one" pings client 10.9.0.102
	check "the old one" pings client 10.9.0.101
	check "the removed one does not answer" pings_not client 2001:db8:9::101
	ct restart "$id" --fast >/dev/null
	check "after a restart" pings client 10.9.0.102
	try ct set "$id" --ipadd 10.9.0.101/24 --save
	is "one that it has goes and comes" "$status/$out" "0/Deleting IP address(es): 10.9.0.101
Adding IP address(es): 10.9.0.101
CT configuration saved to $CT_DIR/conf/$id.conf"
	is "with its new mask, in its place" "$(key IP_ADDRESS)" 'IP_ADDRESS="10.9.0.101/24 10.9.0.102"'
	ip -n node route del 10.9.0.101
	check "a route that somebody removed" pings_not client 10.9.0.101
	ct set "$id" --ipadd 10.9.0.101 >/dev/null
	check "is repaired by that" pings client 10.9.0.101
	check "and the other answers still" pings client 10.9.0.102
	try ct set "$id" --ipdel all --save
	is "all are taken away" "$status/${out%%$'\n'*}" "0/Deleting all IP address(es): 10.9.0.101 10.9.0.102"
	check "none answers" pings_not client 10.9.0.101
	is "its own interface is gone" "$(ct exec "$id" ls /sys/class/net)" lo
	is "nothing is left" "$(left)" ""
	ct set "$id" --ip 10.9.0.103 --save >/dev/null
	check "one that had none gets one" pings client 10.9.0.103
	ct stop "$id" --fast >/dev/null
	until_true nothing_left
	is "nothing is left behind a stop" "$(left)" ""
	ct destroy "$id" >/dev/null
	net_end
}

t_without_save_it_is_for_now()
{
	world
	make_ct
	ct start "$id" >/dev/null
	try ct set "$id" --ipadd 10.9.0.101
	is "set" "$status" 0
	is "says so" "$(tail -1 <<<"$out")" \
		"WARNING: Settings were not saved to config and will be lost after CT restart (use --save flag)"
	check "it answers" pings client 10.9.0.101
	is "the conf has nothing" "$(key IP_ADDRESS)" ""
	ct restart "$id" --fast >/dev/null
	check "after a restart it is gone" pings_not client 10.9.0.101
	end
	net_end
}

t_nothing_to_save_is_said()
{
	world
	make_ct --ipadd 10.9.0.101
	try ct set "$id" --ipadd 10.9.0.101 --save
	is "status" "$status" 0
	is "message" "$out" "No changes in CT configuration, not saving"
	end
	net_end
}

refused() # STATUS PATTERN OPTION...
{
	local before want=$1 pattern=$2
	shift 2
	before=$(<"$CT_DIR/conf/$id.conf")
	try ct set "$id" "$@" --save
	is "$* is refused" "$status" "$want"
	like "and says why" "$err" "$pattern"
	is "and changes nothing" "$(<"$CT_DIR/conf/$id.conf")" "$before"
}

t_bad_values_are_refused()
{
	world
	make_ct --ipadd 10.9.0.101
	refused 21 '--ipadd: "10.9.0"' --ipadd 10.9.0
	refused 21 '--ipadd: "127.0.0.1"' --ipadd 127.0.0.1
	refused 21 '--ipdel' --ipdel 10.9.0.7
	refused 70 'host name' --hostname -x
	refused 21 '--rate: "30" needs one of the units' --rate 30
	refused 21 '--nat' --nat maybe
	refused 21 '--isolate: "maybe" is neither yes nor no' --isolate maybe
	refused 21 '--allow' --allow 70000
	refused 21 '--publish' --publish 80
	refused 21 '--publish_del: .* is not published' --publish_del 80:80
	refused 21 'NETIF has no "eth0"' --ifname eth0 --mtu 1400
	refused 20 '--mtu needs --ifname' --mtu 1400
	refused 21 '--netif_add' --netif_add eth0123456789abcdef
	refused 21 '--netif_del' --netif_del eth0
	refused 104 '--netdev_del' --netdev_del eth0
	new_ct
	try ct create "$id" --ostemplate minimal --ipadd nonsense
	is "create" "$status" 21
	is "leaves nothing" "$(ct_traces "$id")" ""
	net_end
}

t_an_address_belongs_to_one_ct()
{
	local first
	world
	make_ct --ipadd 10.9.0.101
	ct start "$id" >/dev/null
	first=$id
	make_ct --ipadd 10.9.0.101
	try ct start "$id"
	is "start of another one" "$status" 78
	like "names the address" "$err" "10.9.0.101"
	is "it is down" "$(ct status "$id")" "CTID $id exist unmounted down"
	check "the first one answers" pings client 10.9.0.101
	ct set "$id" --ipdel all --ipadd 10.9.0.102 --save >/dev/null
	ct start "$id" >/dev/null
	refused 78 "10.9.0.101.*not saving the configuration" --ipadd 10.9.0.101
	refused 78 "10.9.0.1\b" --ipadd 10.9.0.1
	check "it still has its own" pings client 10.9.0.102
	end
	id=$first
	end
	net_end
}

# Sets: --netif_add --netif_del
t_nics_and_options_are_kept()
{
	world
	make_ct --netif_add eth0,,,,vzbr0 --netif_add eth1,bridge=vzbr0
	ct set "$id" --ifname eth0 --mtu 1400 --ipadd 10.7.0.1/24 --save >/dev/null
	ct set "$id" --ifname eth1 --ipadd 10.7.0.2/24 --rate 9mbit --save >/dev/null
	ct set "$id" --ipadd 10.9.0.101 --publish 8080:80 --allow 22,80 --nat off --isolate yes \
		--rate 20mbit,30mbit --save >/dev/null
	like "NETIF" "$(key NETIF)" 'ifname=eth0,.*bridge=vzbr0.*;ifname=eth1,.*bridge=vzbr0'
	is "PUBLISH" "$(key PUBLISH)" 'PUBLISH="8080:80/tcp"'
	is "ALLOW" "$(key ALLOW)" 'ALLOW="22,80"'
	# Not every kernel can guard a port of a bridge.
	ct set "$id" --allow all --save >/dev/null
	try ct start "$id"
	is "start" "$status" 0
	is "its NICs" "$(ct exec "$id" ls /sys/class/net | tr '\n' ' ')" "eth0 eth1 lo venet0 "
	is "an MTU" "$(ct exec "$id" cat /sys/class/net/eth0/mtu)" 1400
	ct set "$id" --netif_del eth0 --publish_del 8080:80 --save >/dev/null
	is "one is taken away" "$(ct exec "$id" ls /sys/class/net | tr '\n' ' ')" "eth1 lo venet0 "
	is "PUBLISH" "$(key PUBLISH)" 'PUBLISH=""'
	end
	net_end
}

t_what_a_killed_init_left_is_cleared_away()
{
	local init
	world
	make_ct --ipadd 10.9.0.101
	ct start "$id" >/dev/null
	init=$(ct state "$id" | jq .pid)
	end_monitor "$init"
	kill -9 "$init"
	until_true is_down
	check "the record is there" test -e "/run/vznet/$id.json"
	try ct start "$id"
	is "start" "$status" 0
	check "it answers" pings client 10.9.0.101
	init=$(ct state "$id" | jq .pid)
	end_monitor "$init"
	kill -9 "$init"
	until_true is_down
	ct destroy "$id" >/dev/null
	until_true nothing_left
	is "destroy leaves nothing" "$(left)" ""
	net_end
}

# Sets: --nameserver --searchdomain
t_name_servers_are_written_inside()
{
	world
	make_ct
	echo 'NAMESERVER="10.9.0.53 2001:db8:9::53"' >>"$CT_DIR/conf/$id.conf"
	echo 'SEARCHDOMAIN="example.org"' >>"$CT_DIR/conf/$id.conf"
	ct start "$id" >/dev/null
	is "the file" "$(ct exec "$id" cat /etc/resolv.conf)" "search example.org
nameserver 10.9.0.53
nameserver 2001:db8:9::53"
	echo secret >"$SCRATCH/outside"
	ct exec "$id" ln -sf "$SCRATCH/outside" /etc/resolv.conf
	ct restart "$id" --fast >/dev/null
	is "a link to the host's file is not followed" "$(<"$SCRATCH/outside")" secret
	is "but replaced" "$(ct exec "$id" sh -c 'test -L /etc/resolv.conf || head -1 /etc/resolv.conf')" \
		"search example.org"
	try ct set "$id" --nameserver 10.9.0.54 --nameserver 10.9.0.53 --searchdomain "a.example b.example" --save
	is "set" "$status/$err" 0/
	is "at once" "$(ct exec "$id" cat /etc/resolv.conf)" "search a.example b.example
nameserver 10.9.0.54
nameserver 10.9.0.53"
	is "and kept" "$(grep -E '^(NAMESERVER|SEARCH)' "$CT_DIR/conf/$id.conf")" 'NAMESERVER="10.9.0.54 10.9.0.53"
SEARCHDOMAIN="a.example b.example"'
	try ct set "$id" --nameserver 10.9.0.53/24 --save
	is "a network is none" "$status/$err" \
		"72/vzrun: set $id: NAMESERVER: \"10.9.0.53/24\" is no IP address"
	try ct set "$id" --searchdomain 'a..b' --save
	is "a bad domain" "$status/$err" "73/vzrun: set $id: SEARCHDOMAIN: \"a..b\" is no domain"
	is "nothing was changed" "$(ct exec "$id" head -1 /etc/resolv.conf)" "search a.example b.example"
	ct stop "$id" --fast >/dev/null
	sed -i '/^NAMESERVER/s/10.9.0.53/nonsense/;/^NAMESERVER/s/2001:db8:9::53/nonsense/' "$CT_DIR/conf/$id.conf"
	try ct start "$id"
	is "a bad one" "$status" 72
	like "is named" "$err" 'NAMESERVER: "nonsense"'
	end
	net_end
}

hosts_of_its_own() # the lines between our marks
{
	sed -n '/^# vzrun: begin$/,/^# vzrun: end$/p' "$(ct_private etc/hosts)" | grep -v '^# vzrun'
}

t_its_name_is_in_etc_hosts()
{
	local theirs=$'127.0.0.1 localhost\n10.1.1.1 friend' file before
	world
	make_ct --hostname web1.example
	file=$(ct_private etc/hosts)
	mkdir -p "${file%/*}"
	printf %s "$theirs" >"$file"
	once
	is "no address" "$(<"$file")" "$theirs
# vzrun: begin
127.0.1.1 web1.example web1
# vzrun: end"
	is "the owner and mode" "$(stat -c %u:%g:%a "$file")" 0:0:644
	before=$(stat -c %i "$file")
	echo '10.1.1.2 later' >>"$file"
	once
	is "what is so already is not written again" "$(stat -c %i "$file")" "$before"
	ct set "$id" --ipadd 10.9.0.101 --ipadd 2001:db8:9::101 --ipadd 10.9.0.102 --save >/dev/null
	ct start "$id" >/dev/null
	is "two families, in place, as seen inside" "$(ct exec "$id" cat /etc/hosts)" "$theirs
# vzrun: begin
10.9.0.101 web1.example web1
2001:db8:9::101 web1.example web1
# vzrun: end
10.1.1.2 later"
	check "it finds itself by its short name" ct exec "$id" ping -c 1 -W 2 web1
	ct stop "$id" --fast >/dev/null
	ct set "$id" --ipdel 10.9.0.101 --ipdel 2001:db8:9::101 --save >/dev/null
	once
	is "the address changed" "$(hosts_of_its_own)" "10.9.0.102 web1.example web1"
	sed -i /^HOSTNAME=/d "$CT_DIR/conf/$id.conf"
	once
	is "no name but an address" "$(hosts_of_its_own)" "10.9.0.102 ct$id"
	ct set "$id" --ipdel all --save >/dev/null
	once
	is "neither" "$(<"$file")" "$theirs"$'\n10.1.1.2 later'
	ct destroy "$id" >/dev/null
	net_end
}

# Sets: --hostname
t_a_change_while_it_runs_is_in_its_files()
{
	local ours="/^# vzrun: /d; /localhost$/d" file host
	world
	make_ct
	host=$(uname -n)
	file=$(ct_private etc/NetworkManager)
	mkdir -p "$file"
	file=$file/conf.d/99-vzrun.conf
	ct start "$id" >/dev/null
	ct set "$id" --ipadd 10.9.0.101 --hostname later --save >/dev/null
	is "its new name is the kernel's" "$(ct exec "$id" uname -n)" later
	is "the host's is not touched" "$(uname -n)" "$host"
	is "and in its file" "$(ct exec "$id" cat /etc/hostname)" later
	is "an address, at its new name" "$(ct exec "$id" sed "$ours" /etc/hosts)" "10.9.0.101 later"
	check "NetworkManager is told of venet0" ct exec "$id" test -f /etc/NetworkManager/conf.d/99-vzrun.conf
	try ct set "$id" --ipadd 10.9.0.1 --save
	is "a change that fails" "$status" 78
	is "changes nothing" "$(ct exec "$id" sed "$ours" /etc/hosts)" "10.9.0.101 later"
	ct exec "$id" sh -c 'rm /etc/hosts; mkfifo /etc/hosts'
	try timeout 60 nsenter --net=/run/netns/node \
		"$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" set "$id" --ipdel all --save
	is "a fifo does not hold it" "$status$err" 0
	check "NetworkManager may have it again" test ! -e "$file"
	is "no address" "$(ct exec "$id" sed "$ours" /etc/hosts)" "127.0.1.1 later"
	ct restart "$id" --fast >/dev/null
	is "after a restart" "$(ct exec "$id" sed "$ours" /etc/hosts)" "127.0.1.1 later"
	end
	net_end
}

t_what_lies_at_etc_hosts_harms_nothing()
{
	local file
	world
	make_ct --hostname web1
	file=$(ct_private etc/hosts)
	mkdir -p "${file%/*}"
	echo secret >"$SCRATCH/outside"
	ln -sf "$SCRATCH/outside" "$file"
	once
	is "a host's file is not written through a link" "$(<"$SCRATCH/outside")" secret
	is "nor read" "$(<"$file")" $'# vzrun: begin\n127.0.1.1 web1\n# vzrun: end'
	check "the link is replaced" test ! -L "$file"
	rm "$file"
	mkfifo "$file"
	try timeout 60 nsenter --net=/run/netns/node \
		"$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" start "$id"
	is "a fifo does not hold the start" "$status" 0
	ct stop "$id" --fast >/dev/null
	is "and is replaced" "$(hosts_of_its_own)" "127.0.1.1 web1"
	rm "$file"
	mkdir "$file"
	once
	like "a folder is told of" "$err" 'warning.*CT '"$id"'.*/etc/hosts.*directory, ignoring'
	check "and left" test -d "$file"
	rmdir "$file"
	printf 'x\0y' >"$file"
	once
	like "what is no text is told of" "$err" '/etc/hosts.* is not a text, ignoring'
	is "and left" "$(od -An -c "$file" | tr -d ' ')" 'x\0y'
	printf '# vzrun: begin\n1.1.1.1 theirs\n# vzrun: begin\nours\n# vzrun: end\n# vzrun: end\n' >"$file"
	once
	is "a mark without its end" "$(<"$file")" $'1.1.1.1 theirs\n# vzrun: begin\n127.0.1.1 web1\n# vzrun: end'
	rm -r "${file%/*}"
	ln -s "$SCRATCH/planted" "${file%/*}"
	once
	check "etc is a link: nothing outside is made" test ! -e "$SCRATCH/planted"
	ct destroy "$id" >/dev/null
	net_end
}

t_many_at_once()
{
	local ids=() pid pids=() i failed=0
	world
	for i in {1..20}; do
		make_ct --ipadd "10.9.0.$((100 + i))" --ipadd "2001:db8:9::$((100 + i))"
		ids+=("$id")
	done
	for id in "${ids[@]}"; do
		ct start "$id" >/dev/null &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || failed=$((failed + 1))
	done
	is "starts that failed" "$failed" 0
	for i in {1..20}; do
		pings client "10.9.0.$((100 + i))" || failed=$((failed + 1))
	done
	is "addresses that do not answer" "$failed" 0
	for id in "${ids[@]}"; do
		end &
	done
	wait
	until_true nothing_left
	is "nothing is left" "$(left)" ""
	net_end
}

run_tests "$@"
