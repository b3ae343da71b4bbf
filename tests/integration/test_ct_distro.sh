#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The files of a CT's own network services: what they are told of its NICs, what becomes of those
# that name them, and what may lie in the way. (test_ct_distro_boot.sh has services that read them.)
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"
. "${0%/*}/net.sh"
. "${0%/*}/ctnet.sh"

# A routed NIC and two bridged ones, of which only the first has an address.
make_distro_ct()
{
	make_ct --ipadd 10.9.0.101 --netif_add eth0,bridge=vzbr0,ip=10.7.0.5/24 --netif_add eth1,bridge=vzbr0
	etc=$(ct_private etc)
}

no_addresses()
{
	ct set "$id" --ipdel all --netif_del eth0 --save >/dev/null
	once
}

body() # FILE: without what says that it is ours
{
	sed '1{/^# Written by vzrun/d}' "$1"
}

ours() # the files of ours in $etc
{
	find "$etc" \( -name '*vzrun*' -o -name 'ifcfg-*' \) -type f -printf '%P\n' | sort
}

t_services_that_are_not_there_get_nothing()
{
	world
	make_distro_ct
	once
	is "none of our files" "$(ours)" ""
	mkdir -p "$(ct_private usr/lib/systemd)"
	: >"$(ct_private usr/lib/systemd/systemd-networkd)"
	once
	like "networkd is known by its program" "$(ours)" "^systemd/network/05-vzrun.network"
	ct destroy "$id" >/dev/null
	net_end
}

t_services_hear_of_the_nics_with_addresses()
{
	local list
	world
	make_distro_ct
	mkdir -p "$etc"/{systemd/network,NetworkManager/system-connections,netplan,cloud/cloud.cfg.d}
	echo 'network: {version: 2}' >"$etc/netplan/50-cloud-init.yaml"
	echo duid >"$etc/dhcpcd.conf"
	once
	unlike "nothing to warn of" "$err" warning
	is "networkd" "$(body "$etc/systemd/network/05-vzrun.network")" $'[Match]\nName=venet0 eth0\n\n[Link]\nUnmanaged=yes'
	is "NetworkManager" "$(body "$etc/NetworkManager/conf.d/99-vzrun.conf")" \
		"[keyfile]
unmanaged-devices+=interface-name:venet0,interface-name:eth0
[device-vzrun]
match-device=interface-name:venet0,interface-name:eth0
managed=0"
	is "netplan" "$(body "$etc/netplan/90-vzrun.yaml" | head -n 5)" \
		$'network:\n  version: 2\n  ethernets:\n    "venet0":\n      dhcp4: false'
	is "which others may not read" "$(stat -c %u:%g:%a "$etc/netplan/90-vzrun.yaml")" 0:0:600
	is "cloud-init" "$(body "$etc/cloud/cloud.cfg.d/99-vzrun.cfg")" $'network:\n  config: disabled'
	is "dhcpcd" "$(<"$etc/dhcpcd.conf")" $'duid\n# vzrun: begin\ndenyinterfaces venet0 eth0\n# vzrun: end'
	is "there is a NIC to wait for, so the boot waits" "$(ours)" "NetworkManager/conf.d/99-vzrun.conf
cloud/cloud.cfg.d/99-vzrun.cfg
netplan/90-vzrun.yaml
systemd/network/05-vzrun.network"
	list=$(stat -c %i "$etc"/{systemd/network,NetworkManager/conf.d,netplan,cloud/cloud.cfg.d}/*vzrun*)
	once
	is "once is enough" "$(stat -c %i "$etc"/{systemd/network,NetworkManager/conf.d,netplan,cloud/cloud.cfg.d}/*vzrun*)" "$list"
	ct set "$id" --netif_del eth1 --nameserver 10.9.0.53 --save >/dev/null
	once
	is "now there is none" "$(body "$etc/systemd/system/systemd-networkd-wait-online.service.d/vzrun.conf")" \
		$'[Unit]\nConditionPathExists=!/etc/systemd/network/05-vzrun.network'
	like "NetworkManager keeps off resolv.conf" "$(body "$etc/NetworkManager/conf.d/99-vzrun.conf")" $'^\\[main\\]\ndns=none'
	rm "$etc/netplan/50-cloud-init.yaml"
	once
	check "netplan would be nothing but ours" test ! -e "$etc/netplan/90-vzrun.yaml"
	: >"$etc/netplan/1.yaml"
	once
	echo '# theirs' >"$etc/cloud/cloud.cfg.d/99-vzrun.cfg"
	no_addresses
	is "ours go with the addresses, another's stays" "$(ours)" "cloud/cloud.cfg.d/99-vzrun.cfg"
	is "dhcpcd has its file back" "$(<"$etc/dhcpcd.conf")" duid
	ct destroy "$id" >/dev/null
	net_end
}

t_ifupdown_files_lose_our_nics_and_get_them_back()
{
	local dir before after
	world
	make_distro_ct
	dir=$etc/network
	mkdir -p "$dir/interfaces.d" "$dir/more" "$(ct_private opt)"
	printf '%s\n' 'source interfaces.d/*.cfg' 'source-directory more' 'source /opt/net' \
		'auto lo venet0' 'iface lo inet loopback' 'iface venet0 inet static' '	address 127.0.0.2' \
		'iface eth1 inet dhcp' '	wpa-psk secret' >"$dir/interfaces"
	chmod 600 "$dir/interfaces"
	printf '%s\n' 'allow-hotplug eth0' 'iface eth0 inet dhcp' |
		tee "$dir/interfaces.d/50.cfg" "$dir/interfaces.d/not" "$dir/more/yes" "$dir/more/no.dpkg-old" >"$(ct_private opt/net)"
	echo 'source /etc/network/interfaces' >>"$dir/more/yes" # round and round
	before=$(cat "$dir"/interfaces{,.d/*} "$dir"/more/* "$(ct_private opt/net)")
	once
	unlike "nothing to warn of" "$err" warning
	is "the main file" "$(<"$dir/interfaces")" "source interfaces.d/*.cfg
source-directory more
source /opt/net
#vzrun was: auto lo venet0
auto lo
iface lo inet loopback
#vzrun off: iface venet0 inet static
#vzrun off: 	address 127.0.0.2
iface eth1 inet dhcp
	wpa-psk secret"
	is "its mode" "$(stat -c %a "$dir/interfaces")" 600
	is "what it sources" "$(cat "$dir/interfaces.d/50.cfg" "$(ct_private opt/net)")" "#vzrun off: allow-hotplug eth0
#vzrun off: iface eth0 inet dhcp
#vzrun off: allow-hotplug eth0
#vzrun off: iface eth0 inet dhcp"
	like "also from a folder" "$(<"$dir/more/yes")" "^#vzrun off: allow-hotplug eth0"
	is "what it does not" "$(cat "$dir/interfaces.d/not" "$dir/more/no.dpkg-old" | sort -u)" \
		$'allow-hotplug eth0\niface eth0 inet dhcp'
	after=$(stat -c %i "$dir/interfaces")
	once
	is "once is enough" "$(stat -c %i "$dir/interfaces")" "$after"
	no_addresses
	is "all is as it was" "$(cat "$dir"/interfaces{,.d/*} "$dir"/more/* "$(ct_private opt/net)")" "$before"
	rm "$dir/interfaces"
	once
	check "no file, no service: none is made" test ! -e "$dir/interfaces"
	ct set "$id" --ipadd 10.9.0.101 --save >/dev/null
	mkdir -p "$etc/init.d"
	: >"$etc/init.d/networking"
	once
	is "a service that fails without one" "$(<"$dir/interfaces")" "# vzrun: begin
auto lo
iface lo inet loopback
# vzrun: end"
	ct destroy "$id" >/dev/null
	net_end
}

t_ifcfg_files_are_put_aside_and_come_back()
{
	local dir suse list before
	world
	make_distro_ct
	dir=$etc/sysconfig/network-scripts
	mkdir -p "$dir"
	printf 'DEVICE="eth0"\nBOOTPROTO=dhcp\n' >"$dir/ifcfg-Wired"
	echo DEVICE=eth1 >"$dir/ifcfg-eth1"
	echo DEVICE=venet0 | tee "$dir/ifcfg-venet0" "$dir/ifcfg-venet0:0" >"$dir/ifcfg-venet0.bak"
	before=$(cd "$dir" && md5sum -- *)
	once
	list="ifcfg-Wired.vzrun.orig
ifcfg-eth1
ifcfg-venet0.bak
ifcfg-venet0.vzrun.orig
ifcfg-venet0:0.vzrun.orig"
	is "RHEL's" "$(cd "$dir" && LC_ALL=C ls)" "$list"
	once
	is "once is enough" "$(cd "$dir" && LC_ALL=C ls)" "$list"
	no_addresses
	is "all is as it was" "$(cd "$dir" && md5sum -- *)" "$before"
	rm -r "${dir%/*}"
	suse=$etc/sysconfig/network
	mkdir -p "$suse"
	echo "BOOTPROTO='dhcp'" >"$suse/ifcfg-venet0"
	ct set "$id" --ifname eth1 --dhcp yes --save >/dev/null
	ct set "$id" --ipadd 10.9.0.101 --save >/dev/null
	once
	is "SUSE's" "$(cd "$suse" && LC_ALL=C ls; body "$suse/ifcfg-eth1")" "ifcfg-eth1
ifcfg-venet0.vzrun.orig
STARTMODE='auto'
BOOTPROTO='dhcp4'"
	ct destroy "$id" >/dev/null
	net_end
}

# Sets: --dhcp --dhcp6
t_dhcp_is_what_the_files_say()
{
	world
	make_distro_ct
	mkdir -p "$etc"/{systemd/network,NetworkManager/system-connections,netplan,sysconfig/network-scripts,network}
	: >"$etc/netplan/1.yaml"
	echo 'DEVICE=eth1' >"$etc/sysconfig/network-scripts/ifcfg-eth1"
	printf '%s\n' 'auto lo eth1' 'iface eth1 inet manual' >"$etc/network/interfaces"
	try ct set "$id" --ifname eth0 --dhcp yes --save
	is "set" "$status$err" 0
	like "it is kept and the address is not" "$(key NETIF)" 'ifname=eth0,bridge=vzbr0,dhcp=yes;ifname=eth1'
	ct set "$id" --ifname eth1 --dhcp yes --dhcp6 yes --save >/dev/null
	once
	unlike "nothing to warn of" "$err" warning
	is "networkd: IPv4" "$(body "$etc/systemd/network/05-vzrun-dhcp4.network")" $'[Match]\nName=eth0\n\n[Network]\nDHCP=ipv4'
	is "networkd: both" "$(body "$etc/systemd/network/05-vzrun-dhcp.network")" $'[Match]\nName=eth1\n\n[Network]\nDHCP=yes'
	like "NetworkManager" "$(<"$etc/NetworkManager/system-connections/vzrun-eth1.nmconnection")" 'interface-name=eth1'
	is "which reads no other mode" "$(stat -c %a "$etc/NetworkManager/system-connections/vzrun-eth1.nmconnection")" 600
	like "netplan" "$(tr -d '\n' <"$etc/netplan/90-vzrun.yaml")" '"eth1": +dhcp4: true +dhcp6: true'
	is "RHEL's scripts" "$(body "$etc/sysconfig/network-scripts/ifcfg-eth1")" \
		$'DEVICE=eth1\nTYPE=Ethernet\nONBOOT=yes\nBOOTPROTO=dhcp\nIPV6INIT=yes\nDHCPV6C=yes'
	is "what they said" "$(<"$etc/sysconfig/network-scripts/ifcfg-eth1.vzrun.orig")" DEVICE=eth1
	is "ifupdown" "$(<"$etc/network/interfaces")" "#vzrun was: auto lo eth1
auto lo
#vzrun off: iface eth1 inet manual
# vzrun: begin
auto eth0
iface eth0 inet dhcp
auto eth1
iface eth1 inet dhcp
# vzrun: end"
	mkdir -p "$(ct_private usr/lib/ifupdown)"
	once
	like "Debian's knows DHCPv6, too" "$(<"$etc/network/interfaces")" $'\niface eth1 inet6 dhcp\n'
	mkdir -p "$etc/systemd/system/multi-user.target.wants"
	ln -s /lib/systemd/system/systemd-networkd.service "$etc/systemd/system/multi-user.target.wants/"
	once
	unlike "one asks, not two" "$(<"$etc/network/interfaces")" 'inet dhcp'
	ct set "$id" --ifname eth1 --dhcp no --dhcp6 no --save >/dev/null
	ct set "$id" --ifname eth0 --dhcp no --ipadd 10.7.0.5/24 --save >/dev/null
	once
	is "without: what is left of ours" "$(ours)" "NetworkManager/conf.d/99-vzrun.conf
netplan/90-vzrun.yaml
sysconfig/network-scripts/ifcfg-eth1
systemd/network/05-vzrun.network"
	is "ifupdown has its file back" "$(<"$etc/network/interfaces")" $'auto lo eth1\niface eth1 inet manual'
	is "and RHEL its" "$(<"$etc/sysconfig/network-scripts/ifcfg-eth1")" DEVICE=eth1
	ct destroy "$id" >/dev/null
	net_end
}

t_dhcp_and_addresses_exclude_each_other()
{
	world
	make_distro_ct
	try ct set "$id" --ifname eth0 --dhcp maybe --save
	is "no value" "$status" 21
	like "is named" "$err" '--dhcp: "maybe" is neither yes nor no'
	try ct set "$id" --dhcp yes --save
	like "of which NIC?" "$err" "--dhcp needs --ifname"
	try ct set "$id" --ifname eth0 --dhcp yes --ipadd 10.7.0.6/24 --save
	like "not both" "$err" 'NIC "eth0": it has DHCP, so it can.t be given 10.7.0.6'
	ct set "$id" --ifname eth0 --dhcp6 yes --save >/dev/null
	try ct set "$id" --ifname eth0 --ipadd 10.7.0.6/24 --save
	check "nor later" test "$status" -ne 0
	like "the conf" "$(key NETIF)" 'ifname=eth0,bridge=vzbr0,dhcp6=yes;'
	ct destroy "$id" >/dev/null
	net_end
}

has_address() # PREFIX: eth1 of $id
{
	ct exec "$id" ip addr show eth1 | grep -q "inet $1"
}

t_a_client_inside_gets_its_lease()
{
	local pid
	world
	ip -n node link add vzbr0 type bridge
	ip -n node addr add 10.7.0.1/24 dev vzbr0
	ip -n node link set vzbr0 up
	make_ct --netif_add eth1,bridge=vzbr0,dhcp=yes
	printf '%s\n' 'start 10.7.0.50' 'end 10.7.0.50' 'interface vzbr0' 'max_leases 1' \
		"lease_file $SCRATCH/leases" "pidfile $SCRATCH/udhcpd.pid" 'option subnet 255.255.255.0' >"$SCRATCH/udhcpd"
	: >"$SCRATCH/leases"
	nsenter --net=/run/netns/node busybox udhcpd -f "$SCRATCH/udhcpd" >"$SCRATCH/udhcpd.log" 2>&1 &
	pid=$!
	start_ct
	# shellcheck disable=SC2016 # udhcpc's variables
	printf '%s\n' '#!/bin/sh' '[ "$1" != bound ] || ip addr add "$ip/24" dev "$interface"' |
		ct exec "$id" sh -c 'cat >/root/lease; chmod 755 /root/lease'
	check "it is answered through the filter" ct exec "$id" udhcpc -i eth1 -n -q -s /root/lease
	check "and has its address" has_address 10.7.0.50/24
	check "which answers" pings node 10.7.0.50
	kill "$pid"
	wait "$pid" 2>/dev/null
	end
	net_end
}

t_what_lies_in_the_way_harms_nothing()
{
	local file files
	world
	make_distro_ct
	ct set "$id" --ifname eth1 --dhcp yes --save >/dev/null
	mkdir -p "$etc"/systemd/network/05-vzrun.network \
		"$etc"/{NetworkManager/{conf.d,system-connections},netplan,cloud/cloud.cfg.d,sysconfig/network-scripts,network}
	echo secret >"$SCRATCH/outside"
	chmod 604 "$SCRATCH/outside"
	ln -s "$SCRATCH/outside" "$etc/netplan/1.yaml"
	files=(systemd/network/05-vzrun-dhcp4.network NetworkManager/conf.d/99-vzrun.conf
		NetworkManager/system-connections/vzrun-eth1.nmconnection netplan/90-vzrun.yaml
		cloud/cloud.cfg.d/99-vzrun.cfg sysconfig/network-scripts/ifcfg-eth1 network/interfaces)
	for file in "${files[@]}"; do
		ln -s "$SCRATCH/outside" "$etc/$file"
	done
	once
	like "a folder is told of" "$err" "warning.*CT $id: .*05-vzrun.network.*, ignoring"
	check "and left" test -d "$etc/systemd/network/05-vzrun.network"
	is "a host's file is not written through a link" "$(stat -c %a "$SCRATCH/outside")$(<"$SCRATCH/outside")" 604secret
	for file in "${files[@]}"; do
		check "$file: the link is replaced" test ! -L "$etc/$file" -a -s "$etc/$file"
		rm "$etc/$file"
		mkfifo "$etc/$file"
	done
	try timeout 60 nsenter --net=/run/netns/node \
		"$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" start "$id"
	is "a fifo does not hold the start" "$status" 0
	ct stop "$id" --fast >/dev/null
	for file in "${files[@]}"; do
		check "$file: the fifo is replaced" test -f "$etc/$file"
		cp "$etc/$file" "$SCRATCH/outside"
		ln -sf "$SCRATCH/outside" "$etc/$file"
		ct set "$id" --ipdel all --netif_del all --save >/dev/null
		once
		check "$file: nothing is removed through a link" test -s "$SCRATCH/outside"
		ct set "$id" --ipadd 10.9.0.101 --netif_add eth0,ip=10.7.0.5/24 --netif_add eth1,dhcp=yes --save >/dev/null
		once
	done
	ct destroy "$id" >/dev/null
	net_end
}

t_folders_that_are_links_lead_nowhere()
{
	local dirs=(systemd/network systemd/system NetworkManager netplan cloud/cloud.cfg.d sysconfig/network-scripts network)
	local dir
	world
	make_distro_ct
	ct set "$id" --ifname eth1 --dhcp yes --save >/dev/null
	mkdir -p "$SCRATCH/host"/{conf.d,system-connections,systemd-networkd-wait-online.service.d} "$etc"/{systemd,cloud,sysconfig}
	printf 'auto eth0\niface eth0 inet dhcp\n' | tee "$SCRATCH/host/interfaces" >"$SCRATCH/host/1.yaml"
	echo DEVICE=eth0 >"$SCRATCH/host/ifcfg-eth0"
	find "$SCRATCH/host" -type f -exec md5sum {} + | sort >"$SCRATCH/before"
	for dir in "${dirs[@]}"; do
		ln -s "$SCRATCH/host" "$etc/$dir"
	done
	once
	is "nothing is made, moved or written there" \
		"$(find "$SCRATCH/host" -type f -exec md5sum {} + | sort)" "$(<"$SCRATCH/before")"
	rm "$etc/network"
	mkdir "$etc/network"
	printf 'source %s/interfaces ../../../../../..%s/interfaces up/interfaces\n' "$SCRATCH/host" "$SCRATCH/host" \
		>"$etc/network/interfaces"
	ln -s "$SCRATCH/host" "$etc/network/up"
	once
	is "nor is what they source" \
		"$(find "$SCRATCH/host" -type f -exec md5sum {} + | sort)" "$(<"$SCRATCH/before")"
	for dir in $(seq 100); do
		echo "source /etc/network/$dir" >>"$etc/network/interfaces"
		: >"$etc/network/$dir"
	done
	once
	like "more files than anyone has" "$err" "sources more than 64 files"
	ct destroy "$id" >/dev/null
	net_end
}

run_tests "$@"
