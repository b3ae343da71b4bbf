#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: long
# What `set` changes of a CT's network: on the running CT at once, as the kernel tells or as packets show,
# and the same after a restart, from the conf.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"
. "${0%/*}/net.sh"
. "${0%/*}/ctnet.sh"

set_saved() # OPTION...
{
	try ct set "$id" "$@" --save
	is "set $*" "$status/$err" 0/
}

# CHECK is a function that looks: now, and after a restart. Its arguments come behind it.
holds() # CHECK ARG...
{
	"$@"
	ct restart "$id" --fast >/dev/null
	tap_note "after a restart"
	"$@"
}

# ---- rates ----

rates_are() # NIC PATTERN-UP PATTERN-DOWN
{
	local link class
	link=$(nic_of "$1")
	class=1:$(printf %x "$(ip -n node -j link show "$link" | jq '.[].ifindex')")
	like "$1 sends" "$(on node tc class show dev vzup classid "$class")" "$2"
	like "$1 receives" "$(on node tc class show dev "$link")" "$3"
}

no_rate() # NIC
{
	local link
	link=$(nic_of "$1")
	unlike "$1 has no class" "$(on node tc class show dev "$link")" htb
	is "$1 is not sent to the shared link" "$(on node tc filter show dev "$link" ingress)" ""
}

# Sets: --rate
t_rates()
{
	world
	make_ct --ipadd 10.9.0.101 --netif_add eth0,,,,vzbr0
	ct start "$id" >/dev/null
	set_saved --rate 20mbit:5mbit,30mbit
	is "RATE" "$(key RATE)" 'RATE="20mbit:5mbit,30mbit"'
	no_rate eth0
	set_saved --ifname eth0 --rate 9mbit,8mbit
	like "NETIF" "$(key NETIF)" 'ifname=eth0,.*rate_up=9000kbit.*rate_down=8000kbit'
	holds rates_are venet0 'rate 5Mbit ceil 20Mbit' 'ceil 30Mbit'
	rates_are eth0 'ceil 9Mbit' 'ceil 8Mbit'
	set_saved --rate unlimited
	set_saved --ifname eth0 --rate unlimited
	holds no_rate venet0
	no_rate eth0
	end
	net_end
}

# ---- who reaches whom ----

# The client knows the way to 10.77.0.0/24, which is in no network of the node's.
nat_world()
{
	world
	ip -n client route add 10.77.0.0/24 via 10.9.0.1
	net_serve client 80
}

# Sets: --nat
t_nat()
{
	nat_world
	make_ct --ipadd 10.77.0.101
	ct start "$id" >/dev/null
	is "auto: a private address is hidden" "$(ask_from 10.9.0.2 80)" 10.9.0.1
	set_saved --nat off
	holds seen_as 10.77.0.101
	set_saved --nat on --ipadd 10.9.0.101
	holds seen_as 10.9.0.1
	set_saved --nat auto --ipdel 10.77.0.101
	holds seen_as 10.9.0.101
	end
	net_end
}

seen_as() # ADDRESS
{
	is "$(key NAT)" "$(ask_from 10.9.0.2 80)" "$1"
}

published() # ANSWER OTHER
{
	serve 80
	is "the port" "$(net_ask client 10.9.0.1 8080)" "$1"
	is "the port, IPv6" "$(net_ask client 2001:db8:9::1 8080)" "${1/#10.9.0.2/2001:db8:9::2}"
	is "of one address of the host" "$(net_ask client 10.9.0.1 8081)" "$2"
	is "not of the other" "$(net_ask client 2001:db8:9::1 8081)" refused
}

# Sets: --publish --publish_del
t_published_ports()
{
	world
	make_ct --ipadd 10.9.0.101 --ipadd 2001:db8:9::101
	ct start "$id" >/dev/null
	set_saved --publish 8080:80 --publish 10.9.0.1:8081:80/tcp
	is "PUBLISH" "$(key PUBLISH)" 'PUBLISH="8080:80/tcp 10.9.0.1:8081:80/tcp"'
	holds published 10.9.0.2 10.9.0.2
	set_saved --publish_del 8080:80
	holds published refused 10.9.0.2
	set_saved --publish_del all
	is "PUBLISH" "$(key PUBLISH)" 'PUBLISH=""'
	holds published refused refused
	end
	net_end
}

guarded() # ANSWER80 ANSWER81
{
	serve 80
	serve 81
	is "port 80" "$(net_ask client 10.9.0.101 80)" "$1"
	is "port 81" "$(net_ask client 10.9.0.101 81)" "$2"
	check "ping" pings client 10.9.0.101
}

# Sets: --allow
t_allowed_ports()
{
	world
	make_ct --ipadd 10.9.0.101
	ct start "$id" >/dev/null
	set_saved --allow 80,22/tcp
	holds guarded 10.9.0.2 nothing
	set_saved --allow none
	holds guarded nothing nothing
	set_saved --allow all
	holds guarded 10.9.0.2 10.9.0.2
	end
	net_end
}

isolation() # ANSWER
{
	is "another CT" "$(ask_from 10.9.0.102 80)" "$1"
	is "the world" "$(ask_from 10.9.0.2 80)" 10.9.0.101
}

# Sets: --isolate
t_isolation()
{
	local other
	world
	net_serve client 80
	make_ct --ipadd 10.9.0.102
	ct start "$id" >/dev/null
	serve 80
	other=$id
	make_ct --ipadd 10.9.0.101
	ct start "$id" >/dev/null
	isolation 10.9.0.101
	set_saved --isolate yes
	holds isolation nothing
	set_saved --isolate no
	holds isolation 10.9.0.101
	end
	id=$other
	end
	net_end
}

# ---- a NIC ----

link_is() # MAC HOST_NAME HOST_MAC MTU
{
	is "its MAC" "$(ct exec "$id" cat /sys/class/net/eth0/address)" "$1"
	is "its MTU" "$(ct exec "$id" cat /sys/class/net/eth0/mtu)" "$4"
	is "its host end" "$(ip -n node -j link show "$2" | jq -r '.[] | .address + " " + .master')" "$3 br1"
}

# Sets: --mac --host_ifname --host_mac --bridge --mtu
t_links()
{
	local old
	world
	ip -n node link add br1 up type bridge
	make_ct --netif_add eth0,,,,vzbr0
	ct start "$id" >/dev/null
	old=$(nic_of eth0)
	set_saved --ifname eth0 --mac 02:00:00:00:77:01 --host_ifname vztest0 \
		--host_mac 02:00:00:00:77:02 --bridge br1 --mtu 1300
	holds link_is 02:00:00:00:77:01 vztest0 02:00:00:00:77:02 1300
	check "the old name is gone" test "$(ip -n node -o link | grep -c " ${old}[@:]")" = 0
	set_saved --ifname eth0 --mtu 1400
	holds link_is 02:00:00:00:77:01 vztest0 02:00:00:00:77:02 1400
	end
	net_end
}

routes_are() # IPV4 IPV6
{
	is "IPv4" "$(ct exec "$id" ip route | sed -n 's/^\(default via [^ ]*\).*/\1/p')" "$1"
	is "IPv6" "$(ct exec "$id" ip -6 route show default | cut -d' ' -f1-5)" "$2"
}

# Sets: --gw --gw6
t_gateways()
{
	world
	make_ct --netif_add eth0,,,,vzbr0
	ct start "$id" >/dev/null
	set_saved --ifname eth0 --ipadd 192.168.7.11/24 --ipadd 2001:db8:7::11/64 --gw 192.168.7.1 \
		--gw6 2001:db8:7::1
	holds routes_are "default via 192.168.7.1" "default via 2001:db8:7::1 dev eth0"
	set_saved --ifname eth0 --gw 192.168.7.2 --gw6 ''
	holds routes_are "default via 192.168.7.2" ""
	set_saved --ifname eth0 --gw ''
	holds routes_are "" ""
	end
	net_end
}

# From another MAC address than its own.
disguised() # check|check-not
{
	ct exec "$id" ip link set eth0 address 02:00:00:00:77:09
	"$1" "from another's MAC" ct exec "$id" ping -c 1 -W 1 192.168.7.1
	ct exec "$id" ip link set eth0 address 02:00:00:00:77:01
	check "from its own" ct exec "$id" ping -c 3 -W 2 192.168.7.1
}

fails() # CMD...
{
	! "$@"
}

check_not() # NAME CMD...
{
	local name=$1
	shift
	check "not $name" fails "$@"
}

# Sets: --mac_filter
t_mac_filter()
{
	world
	ip -n node link add vzbr0 up type bridge
	ip -n node addr add 192.168.7.1/24 dev vzbr0
	make_ct --netif_add eth0,02:00:00:00:77:01,,,vzbr0
	ct set "$id" --ifname eth0 --ipadd 192.168.7.11/24 --save >/dev/null
	ct start "$id" >/dev/null
	disguised check_not
	set_saved --ifname eth0 --mac_filter off
	holds disguised check
	set_saved --ifname eth0 --mac_filter on
	holds disguised check_not
	end
	net_end
}

# PVID and tagged VLANs of the port of $id, as the bridge has them.
vlans_are() # WORDS
{
	is "VLANs" "$(on node bridge -j vlan show dev "$(nic_of eth0)" |
		jq -r '[.[].vlans[] | "\(.vlan)" + (if .flags then ":" + (.flags | join(",")) else "" end)] | join(" ")')" "$1"
}

# Sets: --vlan --trunk
t_vlans()
{
	world
	ip -n node link add vzbr0 up type bridge
	make_ct --netif_add eth0,,,,vzbr0
	ct start "$id" >/dev/null
	if ! ip -n node link set vzbr0 type bridge vlan_filtering 1 2>/dev/null; then
		try ct set "$id" --ifname eth0 --vlan 7 --save
		like "the kernel can't" "$err" 'CONFIG_BRIDGE_VLAN_FILTERING.*not saving the configuration'
		unlike "it is not saved" "$(key NETIF)" vlan
		end
		net_end
		return
	fi
	ip -n node link set vzbr0 type bridge vlan_filtering 0
	set_saved --ifname eth0 --vlan 7
	like "NETIF" "$(key NETIF)" ',vlan=7'
	holds vlans_are "7:PVID,Egress Untagged"
	set_saved --ifname eth0 --trunk 10+20
	holds vlans_are "7:PVID,Egress Untagged 10 20"
	set_saved --ifname eth0 --vlan 0
	holds vlans_are "10 20"
	set_saved --ifname eth0 --trunk none
	unlike "NETIF" "$(key NETIF)" 'vlan|trunk'
	holds vlans_are "1:PVID,Egress Untagged"
	end
	net_end
}

# ---- links of the host's ----

is_back() # LINK
{
	ip -n node link show "$1" >/dev/null 2>&1
}

# Sets: --netdev_add --netdev_del
t_interfaces_of_the_host()
{
	world
	ip -n node -batch - <<-'END'
		link add ph0 address 02:00:00:00:77:10 type veth peer name ph0peer
		link add ph1 type veth peer name ph1peer
		addr add 192.168.8.1/24 dev ph1peer
		link set ph1peer up
	END
	make_ct
	ct start "$id" >/dev/null
	set_saved --netdev_add ph0
	is "NETDEV" "$(key NETDEV)" 'NETDEV="ph0"'
	is "is inside" "$(ct exec "$id" cat /sys/class/net/ph0/address)" 02:00:00:00:77:10
	check "and not here" fails is_back ph0
	set_saved --netdev_add ph1
	is "NETDEV" "$(key NETDEV)" 'NETDEV="ph0 ph1"'
	ct restart "$id" --fast >/dev/null
	is "both are inside after a restart" "$(ct exec "$id" ls /sys/class/net | paste -sd ' ')" "lo ph0 ph1"
	set_saved --netdev_del ph0
	check "it is back" is_back ph0
	is "the other one is inside" "$(ct exec "$id" ls /sys/class/net | paste -sd ' ')" "lo ph1"
	ct exec "$id" ip addr add 192.168.8.2/24 dev ph1
	ct exec "$id" ip link set ph1 up
	check "and works" pings node 192.168.8.2
	try ct set "$id" --netdev_add nothing0 --save
	like "one that is not there" "$status $err" '^104 .*"nothing0".*not saving'
	is "NETDEV" "$(key NETDEV)" 'NETDEV="ph1"'
	ct stop "$id" --fast >/dev/null
	until_true is_back ph1
	check "it is back after the stop" is_back ph1
	ct destroy "$id" >/dev/null
	net_end
}

# ---- names ----

t_name_servers_of_the_host()
{
	local servers
	world
	printf 'nameserver 127.0.0.53\nnameserver 10.9.0.53\nnameserver ::1\nnameserver 2001:db8:9::53\n' \
		>"$SCRATCH/resolv.conf"
	mount --bind "$SCRATCH/resolv.conf" "$(realpath /etc/resolv.conf)"
	servers=$'nameserver 10.9.0.53\nnameserver 2001:db8:9::53'
	make_ct
	ct start "$id" >/dev/null
	set_saved --nameserver inherit
	is "NAMESERVER" "$(key NAMESERVER)" 'NAMESERVER="inherit"'
	is "at once" "$(ct exec "$id" cat /etc/resolv.conf)" "$servers"
	echo nameserver 10.9.0.54 >"$SCRATCH/resolv.conf"
	ct restart "$id" --fast >/dev/null
	is "the host's of the next start" "$(ct exec "$id" cat /etc/resolv.conf)" "nameserver 10.9.0.54"
	end
	umount "$(realpath /etc/resolv.conf)"
	net_end
}

# ---- what can't be done ----

# The kernel's and the CT's own view.
view()
{
	ip -n node -o addr
	ip -n node route
	ip -n node neigh show proxy
	on node nft list table inet vzrun
	on node tc class show dev "$(nic_of venet0)"
	ct exec "$id" ip -o addr
	ct exec "$id" cat /etc/resolv.conf /etc/hosts
}

same_view()
{
	view | sed '/ fe80::/d; s/counter packets [0-9]* bytes [0-9]*//; s/ valid_lft.*//' >"$SCRATCH/now"
	diff "$SCRATCH/before" "$SCRATCH/now"
}

t_what_cannot_be_kept_is_taken_back()
{
	world
	make_ct --ipadd 10.9.0.101 --nameserver 10.9.0.53
	ct start "$id" >/dev/null
	: >"$SCRATCH/before"
	same_view >/dev/null
	cp "$SCRATCH/now" "$SCRATCH/before"
	mount --bind "$CT_DIR/conf" "$CT_DIR/conf"
	mount -o remount,bind,ro "$CT_DIR/conf"
	try ct set "$id" --ipadd 10.9.0.102 --ipdel 10.9.0.101 --rate 5mbit,5mbit --publish 8080:80 \
		--isolate yes --nameserver 10.9.0.54 --save
	check "it fails" [ "$status" != 0 ]
	like "says why" "$err" "$id.conf.*Read-only file system"
	is "in one line" "$(wc -l <<<"$err")" 1
	is "all is as before" "$(same_view)" ""
	check "the old address answers" pings client 10.9.0.101
	check "the new one does not" pings_not client 10.9.0.102
	umount "$CT_DIR/conf"
	set_saved --ipadd 10.9.0.102 --nameserver 10.9.0.54
	check "later it goes" pings client 10.9.0.102
	end
	net_end
}

t_nothing_to_set_is_said()
{
	world
	make_ct
	try ct set "$id" --save
	is "status" "$status" 20
	like "message" "$err" "^vzrun: set( $id)?: nothing to set"
	is "in one line" "$(wc -l <<<"$err")" 1
	ct destroy "$id" >/dev/null
	net_end
}

restart_refused() # STATUS LINE PATTERN
{
	cp "$CT_DIR/conf/$id.conf" "$SCRATCH/good"
	sed -i "/^${2%%=*}=/d" "$CT_DIR/conf/$id.conf"
	echo "$2" >>"$CT_DIR/conf/$id.conf"
	try ct restart "$id" --fast
	is "$2" "$status" "$1"
	like "says why" "$err" "$3"
	is "nothing is begun" "$out" ""
	cp "$SCRATCH/good" "$CT_DIR/conf/$id.conf"
	is "it runs on" "$(ct state "$id" | jq .pid)" "$pid"
}

t_restart_with_a_bad_conf_is_refused_before_the_stop()
{
	local pid
	world
	make_ct --ipadd 10.9.0.101
	ct start "$id" >/dev/null
	pid=$(ct state "$id" | jq .pid)
	restart_refused 85 'NETIF="ifname=eth0,nonsense=1"' 'nonsense'
	restart_refused 85 'IP_ADDRESS="10.9.0"' '10.9.0'
	restart_refused 72 'NAMESERVER="nonsense"' 'NAMESERVER: "nonsense"'
	restart_refused 70 'HOSTNAME="-x"' 'host name'
	restart_refused 85 'FEATURES="sysinfo"' 'FEATURES'
	restart_refused 105 'DISABLED="yes"' 'disabled'
	check "it answers" pings client 10.9.0.101
	end
	net_end
}

run_tests "$@"
