#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: long
# Debian with each network service that may be in it, and files of the kind that took addresses away:
# after a boot, after a restart of the service and after a restart of the CT the addresses, routes and name
# servers are those that were set.
#
# The tree is made once (debian-tree).
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"
. "${0%/*}/net.sh"
. "${0%/*}/ctnet.sh"
. "${0%/*}/debian.sh"

# A routed address, a bridged NIC with one, and an address of the node's on that bridge.
make_debian()
{
	world
	ip -n node link add vzbr0 type bridge
	ip -n node addr add 10.7.0.1/24 dev vzbr0
	ip -n node link set vzbr0 up
	new_ct
	ct create "$id" --ostemplate "$ARCHIVE" --hostname debian.example --ipadd 10.9.0.101 \
		--netif_add "${1:-eth0,bridge=vzbr0,ip=10.7.0.5/24}" --nameserver 10.9.0.53 >"$SCRATCH/create" 2>&1 ||
		tap_bail "can't create CT $id: $(<"$SCRATCH/create")"
	etc=$(ct_private etc)
	mkdir -p "$etc/systemd/system"/{multi-user,network-online}.target.wants "$etc"/{systemd/network,network/interfaces.d,netplan}
	# What makes the boot wait for a network.
	printf '%s\n' '[Unit]' 'Wants=network-online.target' 'After=network-online.target' \
		'[Service]' 'ExecStart=/bin/sleep infinity' >"$etc/systemd/system/waits.service"
	enable waits.service "$etc/systemd/system"
}

enable() # UNIT [FOLDER [TARGET]]
{
	ln -sf "${2:-/lib/systemd/system}/$1" "$etc/systemd/system/${3:-multi-user.target}.wants/"
}

enable_networkd()
{
	enable systemd-networkd.service
	enable systemd-networkd-wait-online.service /lib/systemd/system network-online.target
}

# Addresses, routes and name servers, as they are inside.
seen()
{
	ct exec "$id" sh -c "ip -o -4 addr show scope global | awk '{ print \$2, \$4 }'; ip route; cat /etc/resolv.conf"
}

as_set() # WHEN [LINE]: what else is to be seen
{
	is "$1: as it was set" "$(seen | sed 's/ *$//')" "venet0 10.9.0.101/32
eth0 10.7.0.5/24
default via 169.254.1.1 dev venet0 proto static onlink
10.7.0.0/24 dev eth0 proto kernel scope link src 10.7.0.5
nameserver 10.9.0.53"
	check "$1: the client reaches it" pings client 10.9.0.101
	check "$1: the node reaches its bridged NIC" pings node 10.7.0.5
	check "$1: it reaches the client" ct exec "$id" ping -c 1 -W 5 10.9.0.2
}

# Over all that makes a service look at its files again.
stays_as_set() # RESTART...: a command inside that restarts the service
{
	check "it boots" boot
	is "with no failed unit" "$(ct exec "$id" systemctl --failed --no-legend --plain)" ""
	is "and waits for nothing" "$(ct exec "$id" systemctl is-active waits)" active
	as_set "after the boot"
	try ct exec "$id" "$@"
	is "$*" "$status" 0
	as_set "after a restart of the service"
	ct set "$id" --ipadd 10.9.0.102 --save >/dev/null
	ct exec "$id" "$@" >/dev/null 2>&1
	check "an address that came later stays" pings client 10.9.0.102
	ct set "$id" --ipdel 10.9.0.102 --save >/dev/null
	ct stop "$id" >/dev/null
	check "it boots again" boot
	as_set "after a restart of the CT"
}

finish()
{
	end
	ip -n node link del vzbr0
	net_end
}

t_networkd()
{
	make_debian
	enable_networkd
	printf '%s\n' '[Match]' 'Name=*' '[Network]' 'DHCP=yes' >"$etc/systemd/network/10-all.network"
	stays_as_set systemctl restart systemd-networkd
	finish
}

t_ifupdown()
{
	make_debian
	enable networking.service
	printf '%s\n' 'source /etc/network/interfaces.d/*' 'auto lo venet0' 'iface lo inet loopback' \
		'iface venet0 inet static' '	address 127.0.0.2' '	netmask 255.255.255.255' >"$etc/network/interfaces"
	printf '%s\n' 'auto eth0' 'iface eth0 inet static' '	address 10.7.0.99/24' >"$etc/network/interfaces.d/50-cloud-init"
	stays_as_set systemctl restart networking
	finish
}

t_netplan()
{
	make_debian
	printf '%s\n' 'network:' '  version: 2' '  ethernets:' '    eth0:' '      dhcp4: true' \
		'      addresses: [10.7.0.99/24]' '    venet0:' '      dhcp4: true' >"$etc/netplan/50-cloud-init.yaml"
	chmod 600 "$etc/netplan/50-cloud-init.yaml"
	stays_as_set sh -c 'netplan generate && systemctl daemon-reload && systemctl restart systemd-networkd'
	like "netplan has read ours" "$(ct exec "$id" netplan get)" 'dhcp4: false'
	finish
}

serve_dhcp()
{
	printf '%s\n' 'start 10.7.0.50' 'end 10.7.0.50' 'interface vzbr0' 'max_leases 1' 'option subnet 255.255.255.0' \
		"lease_file $SCRATCH/leases" "pidfile $SCRATCH/udhcpd.pid" >"$SCRATCH/udhcpd"
	: >"$SCRATCH/leases"
	nsenter --net=/run/netns/node busybox udhcpd -f "$SCRATCH/udhcpd" >"$SCRATCH/udhcpd.log" 2>&1 &
	server=$!
}

has_lease()
{
	seen | grep -qx 'eth0 10.7.0.50/24'
}

asks() # RESTART...
{
	serve_dhcp
	check "it boots" boot
	check "and has its lease" until_true has_lease
	is "alone" "$(seen | grep -c ^eth0)" 1
	check "the node reaches it" pings node 10.7.0.50
	check "the routed address is there" pings client 10.9.0.101
	ct exec "$id" "$@"
	check "has it after a restart of the service" until_true has_lease
	check "and the other one still" pings client 10.9.0.101
	kill "$server"
	wait "$server" 2>/dev/null
}

t_networkd_asks_where_dhcp_is_set()
{
	make_debian eth0,bridge=vzbr0,dhcp=yes
	enable_networkd
	asks systemctl restart systemd-networkd
	is "networkd did" "$(ct exec "$id" sh -c 'ls /run/systemd/netif/leases | wc -l')" 1
	finish
}

t_ifupdown_asks_where_dhcp_is_set()
{
	make_debian eth0,bridge=vzbr0,dhcp=yes
	enable networking.service
	printf '%s\n' 'auto lo eth0' 'iface lo inet loopback' 'iface eth0 inet static' '	address 10.7.0.99/24' >"$etc/network/interfaces"
	asks systemctl restart networking
	finish
}

have_archive
run_tests "$@"
