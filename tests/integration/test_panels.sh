#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: long
# What panels and scripts for OpenVZ run, word for word, and what they make of the answers.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/vzctl.sh"

saved()
{
	echo "CT configuration saved to $CONF/$id.conf"
}

# A key of the conf as who sources it sees it.
key()
{
	# shellcheck disable=SC1090,SC2034
	(
		VEID=$id
		unset -v "$1"
		. "$CONF/$id.conf"
		eval "echo \"\${$1-unset}\""
	)
}

# sets OPTIONS KEY VALUE: runs `vzctl set ID OPTIONS`, which a panel takes to be kept.
sets()
{
	local line=$1
	eval "try vzctl set $id $line"
	said "set $line" "$(saved)"
	is "set $line: $2" "$(key "$2")" "$3"
}

create_text()
{
	echo "Creating container private area ($1)
Performing postcreate actions
$(saved)
Container private area was created"
}

# ---- the universal set ----

t_create_as_all_do()
{
	new_ct
	try vzctl create "$id" --ostemplate minimal --layout simfs --hostname h.example --ipadd 10.1.2.3
	said "create --layout simfs" "$(create_text minimal)"
	is "its address" "$(key IP_ADDRESS)" 10.1.2.3
	is "its name" "$(key HOSTNAME)" h.example
	is "its layout" "$(key VE_LAYOUT)" overlay
	gone_ct
	new_ct
	try vzctl create "$id" --ostemplate minimal --layout ploop --private "$VZ/private/x$id"
	is "create --layout ploop" "$status/$out" "0/$(create_text minimal)"
	like "which there is none of" "$err" "layout overlay in place of ploop"
	check "its private area" test -d "$VZ/private/x$id"
	gone_ct
	check "is gone" test ! -e "$VZ/private/x$id"
	new_ct
	printf '%s\n' 'ONBOOT="yes"' 'HOSTNAME="sample"' >"$CONF/ve-myconf.conf-sample"
	try vzctl create "$id" --ostemplate minimal --config myconf
	said "create --config" "$(create_text minimal)"
	is "the sample's value" "$(key ONBOOT)" yes
	is "whose sample" "$(key ORIGIN_SAMPLE)" myconf
	gone_ct
	new_ct
	try vzctl create "$id" --ostemplate minimal --config none
	is "no such sample" "$status/$out" 82/
	is "nothing is made" "$(find "$CONF" "$VZ" -name "*$id*")" ""
	rm "$CONF/ve-myconf.conf-sample"
}

t_set_as_all_do()
{
	make_ct --onboot no
	sets '--onboot yes --save' ONBOOT yes
	sets '--disabled yes --save' DISABLED yes
	try vzctl start "$id"
	said "start of a disabled one" "" "Container start disabled" 105
	sets '--disabled no --save' DISABLED no
	sets '--hostname h.example --save' HOSTNAME h.example
	sets '--ipadd 10.1.2.3 --save' IP_ADDRESS 10.1.2.3
	sets '--ipadd 10.1.2.4 --ipadd fd00::2 --save' IP_ADDRESS "10.1.2.3 10.1.2.4 fd00::2"
	sets '--ipdel all --save' IP_ADDRESS ""
	sets '--nameserver 10.0.0.1 --nameserver 10.0.0.2 --save' NAMESERVER "10.0.0.1 10.0.0.2"
	sets "--nameserver '8.8.8.8 64.20.34.50' --save" NAMESERVER "8.8.8.8 64.20.34.50"
	sets '--searchdomain example.org --save' SEARCHDOMAIN example.org
	sets '--netfilter full --save' NETFILTER full
	sets '--description "my first CT" --save' DESCRIPTION "my first CT"
	try vzctl set "$id" --onboot yes --save
	said "the same again" "No changes in CT configuration, not saving"
	try vzctl set "$id" --onboot no
	said "without --save" "WARNING: Settings were not saved to config (use --save flag)"
	is "is not kept" "$(key ONBOOT)" yes
	gone_ct
}

t_devices_as_all_do()
{
	local node='character special file a:c8'
	make_ct
	sets '--devnodes net/tun:rw --save' DEVNODES net/tun:rw
	sets '--devices c:10:200:rw --save' DEVICES c:10:200:rw
	sets '--capability net_admin:on --save' CAPABILITY NET_ADMIN:on
	sets '--features ppp:on --save' FEATURES ppp:on
	sets '--devices c:108:0:rw --save' DEVICES "c:10:200:rw c:108:0:rw"
	start_ct
	try vzctl exec "$id" mkdir -p /dev/net
	said "exec mkdir" ""
	try vzctl exec "$id" chmod 600 /dev/net/tun
	said "exec chmod" ""
	is "tun" "$(vzctl exec "$id" stat -c "'%F %t:%T %a'" /dev/net/tun)" "$node 600"
	is "ppp" "$(vzctl exec "$id" stat -c "'%F %t:%T'" /dev/ppp)" "character special file 6c:0"
	gone_ct
}

# Of a CT that runs, by those who make the node themselves.
t_mknod_as_all_do()
{
	make_ct
	start_ct
	sets '--devices c:10:200:rw --save' DEVICES c:10:200:rw
	try vzctl exec "$id" mkdir -p /dev/net
	said "exec mkdir" ""
	try vzctl exec "$id" mknod /dev/net/tun c 10 200
	said "exec mknod" ""
	try vzctl exec "$id" chmod 600 /dev/net/tun
	said "exec chmod" ""
	is "tun" "$(vzctl exec "$id" stat -c "'%F %t:%T %a'" /dev/net/tun)" \
		"character special file a:c8 600"
	gone_ct
}

t_absurd_values()
{
	local code bad
	make_ct
	cp "$CONF/$id.conf" "$SCRATCH/before"
	while read -r code bad; do
		eval "try vzctl set $id $bad --save"
		is "set $bad" "$status/$out" "$code/"
		check "set $bad: tells why" test -n "$err"
		check "set $bad: nothing is changed" cmp "$CONF/$id.conf" "$SCRATCH/before"
	done <<-'END'
		21 --onboot maybe
		21 --onboot ''
		21 --disabled 1
		70 --hostname -x
		70 --hostname 'a b'
		70 --hostname a..b
		21 --ipadd 1.2.3
		21 --ipadd 1.2.3.256
		21 --ipadd 1.2.3.4/33
		21 --ipadd fd00::/129
		21 --ipadd ''
		21 --ipdel nonsense
		72 --nameserver example
		72 --nameserver 1.2.3
		21 --netfilter some
		21 --bootorder x
		21 --bootorder -1
		21 --bootorder 99999999999999999999
		21 --stop-timeout never
		21 --stop-timeout -1
		21 --netif_add ''
		21 --netif_add 'eth0,nomac'
		21 --netif_add 'a-name-that-is-too-long'
		21 --features nonsense:on
		21 --features sysinfo
		21 --devnodes ../x:rw
		21 --devices c:10:rw
		86 --devnodes no/such:rw
		21 --capability nothing:on
		21 --bindmount_add x
		21 --bindmount_del /none
		21 --description $'two\nlines'
		21 --setmode sometimes
	END
	try vzctl set "$id" --name foo
	is "--name without --save" "$status" 131
	try vzctl set "$id" --name '../x' --save
	is "--name ../x" "$status" 131
	try vzctl set "$id" --name $'a\nb' --save
	is "--name with a line break" "$status" 131
	check "nothing is changed" cmp "$CONF/$id.conf" "$SCRATCH/before"
	gone_ct
}

# What needs controllers that cgroup v2 may not have on the build machine.
can_limit()
{
	has_controller cpu && has_controller memory && has_controller pids
}

# A stopped CT's limits are its conf's, so these run anywhere.
t_set_limits_as_all_do()
{
	make_ct
	sets '--ram 512M --swap 512M --save' PHYSPAGES 0:131072
	is "its swap" "$(key SWAPPAGES)" 0:131072
	sets '--cpuunits 1000 --save' CPUUNITS 1000
	sets '--cpulimit 50 --save' CPULIMIT 50
	sets '--cpus 2 --save' CPUS 2
	sets '--diskspace 20G:22G --save' DISKSPACE 20971520:23068672
	sets '--diskspace 10485760:11534336 --save' DISKSPACE 10485760:11534336
	sets '--diskinodes 200000:220000 --save' DISKINODES 200000:220000
	sets '--quotatime 0 --save' QUOTATIME 0
	sets '--quotaugidlimit 0 --save' QUOTAUGIDLIMIT 0
	sets '--devnodes net/tun:rw --save' DEVNODES net/tun:rw
	sets '--devices c:10:200:rw --save' DEVICES c:10:200:rw
	sets '--capability net_admin:on --save' CAPABILITY NET_ADMIN:on
	sets '--iptables ipt_REJECT --iptables ipt_tos --save' IPTABLES "ipt_REJECT ipt_tos"
	try vzctl set "$id" --userpasswd root:secret
	is "set --userpasswd" "$status/$err" 0/
	try vzctl set "$id" --userpasswd=root:secret --save
	is "set --userpasswd=" "$status/$err" 0/
	check "there is a password" grep -q '^root:\$' "$(find "$VZ/private/$id" -name shadow)"
	is "that is nowhere else" "$(grep -rls secret "$LOG" "$CONF" "$VZ/private/$id")" ""
	check "but that it was set" grep -q -- '--userpasswd "root:\*\*\*"' "$LOG"
	gone_ct
}

# ---- OpenVZ Web Panel ----

# Sets: --applyconfig
t_openvz_web_panel()
{
	is "the version" "$(vzctl --version | awk '{ print $3 }' | grep -cE '^[0-9]+\.[0-9]+\.[0-9]+$')" 1
	is "not older than 3.0.23" "$(printf '3.0.23\n%s\n' "$(vzctl --version | cut -d' ' -f3)" | sort -V | head -n 1)" 3.0.23
	printf '%s\n' 'ONBOOT="no"' >"$CONF/ve-basic.conf-sample"
	new_ct
	try vzctl create "$id" --ostemplate minimal --config basic
	said create "$(create_text minimal)"
	is "the conf is read by lines" "$(grep -cvE '^[A-Z_]+="[^"]*"$' "$CONF/$id.conf")" 0
	try vzctl start "$id"
	is start "$status" 0
	try vzctl chkpnt "$id" --suspend
	is "chkpnt --suspend" "$status" 0
	try vzctl chkpnt "$id" --resume
	is "chkpnt --resume" "$status" 0
	printf '%s\n' 'ONBOOT="yes"' 'HOSTNAME="sample"' 'IP_ADDRESS="10.9.9.9"' 'VE_LAYOUT="ploop"' \
		'BOOTORDER="7"' >"$CONF/ve-other.conf-sample"
	try vzctl set "$id" --applyconfig other --save
	said "set --applyconfig" "$(saved)"
	is "the sample's values" "$(key ONBOOT) $(key BOOTORDER) $(key ORIGIN_SAMPLE)" "yes 7 other"
	is "what is the CT's own" "$(key HOSTNAME) $(key IP_ADDRESS) $(key VE_LAYOUT)" "unset unset overlay"
	try vzctl set "$id" --bootorder 3 --applyconfig other --save
	is "with another option" "$status/$(key BOOTORDER)" 0/3
	cp "$CONF/$id.conf" "$SCRATCH/before"
	try vzctl set "$id" --applyconfig none --save
	said "no such sample" "" "Sample config file not found: $CONF/ve-none.conf-sample" 109
	try vzctl set "$id" --applyconfig ../vz --save
	is "none at all" "$status" 21
	echo 'ONBOOT="perhaps"' >"$CONF/ve-other.conf-sample"
	try vzctl set "$id" --applyconfig other --save
	is "one with a fault" "$status" 109
	like "tells where" "$err" "^$CONF/ve-other.conf-sample:1: "
	check "the conf is as it was" cmp "$SCRATCH/before" "$CONF/$id.conf"
	rm "$CONF"/ve-*.conf-sample
	gone_ct
}

# Its list of CTs: lines that begin with a number, four words.
t_openvz_web_panel_lists()
{
	make_ct --hostname h.example --ipadd 10.1.2.3
	is "stopped" "$(vzlist -a -H -o veid,hostname,ip,status | grep -E '^ *[0-9]' | tr -s ' ')" \
		" $id h.example 10.1.2.3 stopped"
	is "its watchdog's" "$(vzlist -a -H -o veid,status | awk '{ print $1, $2 }')" "$id stopped"
	start_ct
	is "running" "$(vzlist -a -H -o veid,status | awk '{ print $1, $2 }')" "$id running"
	like "inside: memory" "$(vzctl exec "$id" 'free | sed "1d;3d"')" '^Mem: +[0-9]+ +[0-9]+'
	like "inside: disk" "$(vzctl exec "$id" 'stat -c "%s %b %a" -f /')" '^[0-9]+ [0-9]+ [0-9]+$'
	like "inside: processors" "$(vzctl exec "$id" 'cat /proc/stat | head -1')" '^cpu +[0-9]+'
	printf 'echo done\n' >"$SCRATCH/script"
	is "a script" "$(vzctl runscript "$id" "$SCRATCH/script")" "done"
	vzctl --quiet set "$id" --ipdel all --save
	is "without an address" "$(vzlist -a -H -o veid,hostname,ip,status | tr -s ' ')" " $id h.example - running"
	gone_ct
}

# ---- libvirt ----

t_libvirt()
{
	local word
	like "three numbers" "$(vzctl --help | head -n 1)" '^vzctl version [0-9]+\.[0-9]+\.[0-9]+$'
	new_ct
	try vzctl --quiet create "$id" --name "$id" --ostemplate minimal
	said create ""
	is "by its name" "$(vzctl status "$id")" "CTID $id exist unmounted down"
	try vzctl --quiet set "$id" --onboot yes --save
	said "set --onboot" ""
	is "is kept" "$(key ONBOOT)" yes
	try vzctl --quiet set "$id" --netif_add eth0,02:00:00:00:00:01,veth$$.0,02:00:00:00:00:02 --save
	said "set --netif_add" ""
	like "is kept" "$(key NETIF)" '^ifname=eth0,(.*,)?mac=02:00:00:00:00:01'
	echo "#UUID: 01234567-89ab-cdef-0123-456789abcdef" >>"$CONF/$id.conf"
	try vzctl --quiet set "$id" --ipadd 10.1.2.3 --save
	said "set --ipadd" ""
	check "its comment stays" grep -qx '#UUID: 01234567-89ab-cdef-0123-456789abcdef' "$CONF/$id.conf"
	for word in start restart stop; do
		try vzctl --quiet "$word" "$id"
		said "$word" ""
	done
	try vzctl --quiet start "$id"
	said start ""
	try vzctl --quiet chkpnt "$id" --suspend
	said suspend ""
	try vzctl --quiet chkpnt "$id" --resume
	said resume ""
	is "its list" "$(vzlist -a -ovpsid,status -H | awk '{ print $1, $2 }')" "$id running"
	is "of those that run" "$(vzlist -ovpsid -H | tr -d ' ')" "$id"
	is "of those that do not" "$(vzlist -ovpsid -H -S 2>/dev/null)" ""
	gone_ct
}

# ---- Proxmox ----

# Sets: --applyconfig_map
t_proxmox()
{
	local lock
	new_ct
	lock=$VZ/lock/$id.lck
	mkdir -p "$SCRATCH/cache"
	tar -C "$ROOTFS" -czf "$SCRATCH/cache/debian-7.0-standard_7.0-2_i386.tar.gz" .
	printf '%s\n' 'ONBOOT="no"' "VE_PRIVATE=\"$VZ/private/$id\"" 'HOSTNAME="p1.example"' >"$CONF/$id.conf"
	echo $$ >"$lock"
	try vzctl --skiplock create "$id" --ostemplate "$SCRATCH/cache/debian-7.0-standard_7.0-2_i386.tar.gz" \
		--private "$VZ/private/$id"
	is "create" "$status/$out" "0/$(create_text debian-7.0-standard_7.0-2_i386)"
	is "the template's name" "$(key OSTEMPLATE)" debian-7.0-standard_7.0-2_i386
	is "what was in the conf" "$(key HOSTNAME)" p1.example
	try vzctl --skiplock set "$id" --onboot yes --hostname p2.example --searchdomain example.org \
		--description 'a%20b' --nameserver 10.0.0.1 --ipadd 10.1.2.3 --save
	said "set" "$(saved)"
	try vzctl --skiplock quotainit "$id"
	is "quotainit" "$status" 0
	is "its lock stays" "$(<"$lock")" $$
	rm "$lock"
	echo 'NAME="p-ct"' >>"$CONF/$id.conf"
	try vzctl --skiplock --quiet set "$id" --applyconfig_map name --save
	said "--applyconfig_map" ""
	is "a name that it wrote itself" "$(vzctl status p-ct)" "CTID $id exist unmounted down"
	try vzctl --skiplock --quiet set "$id" --applyconfig_map other --save
	is "--applyconfig_map other" "$status" 21
	try vzctl mount "$id"
	said mount "Container is mounted"
	try vzctl umount "$id"
	said umount "Container is unmounted"
	like "its test for running" "$(vzctl status "$id")" '^CTID [0-9]+ exist unmounted down$'
	is "scripts of its own" "$(
		printf '#!/bin/sh\necho "mount %sVEID"\n' \$ >"$CONF/$id.mount"
		chmod +x "$CONF/$id.mount"
		vzctl mount "$id"
		vzctl --quiet umount "$id"
	)" "mount $id
Container is mounted"
	gone_ct
	check "are kept" test -e "$CONF/$id.mount.destroyed"
}

# ---- WHMCS ----

# What openvz6.php makes of an answer: "success" if it is like one of the texts for more than 95 %.
whmcs() # TEXT...
{
	local text best=0 percent
	text=$(tr '\n' ' ' <<<"$out" | sed -E \
		-e 's/(.+ IP address\(es\):) [^S]*(Setting .+)/\1 (IPS) \2/' \
		-e 's/(.+ CPU limit:) [^ ]+ (Setting .+)/\1 (CPULIMIT) \2/' \
		-e 's/(.+ CPU units:) [^ ]+ (Setting .+)/\1 (CPUUNITS) \2/' \
		-e 's/(.+ CPUs:) [^ ]+ (Container .+)/\1 (CPUS) \2/')
	for expected; do
		percent=$(awk -f "$LIB_DIR/similar.awk" "$expected" "$text")
		best=$(printf '%s\n%s\n' "$best" "$percent" | sort -n | tail -n 1)
	done
	awk -v p="$best" 'BEGIN { print (p > 95 ? "success" : "failure: " p " %") }'
}

t_similar_text_is_phps()
{
	is "of the manual" "$(awk -f "$LIB_DIR/similar.awk" bafoobar barfoo)" 71.43
	is "the other way round" "$(awk -f "$LIB_DIR/similar.awk" barfoo bafoobar)" 42.86
	is "two words" "$(awk -f "$LIB_DIR/similar.awk" World Word)" 88.89
	out="Container is already running"
	like "another text is no success" "$(whmcs "Stopping container ... Container was stopped Container is unmounted")" failure
}

WHMCS_PASSWORD="Starting container... Container is mounted Container start in progress... Changing password for user root. passwd: all authentication tokens updated successfully. Killing container ... Container was stopped Container is unmounted"

t_whmcs()
{
	local confs=/etc/vz/conf areas=/vz/private
	new_ct
	try vzctl create "$id" --ostemplate minimal --layout simfs
	is create "$(whmcs "Creating container private area (minimal) Performing postcreate actions CT configuration saved to $confs/$id.conf Container private area was created")" success
	try vzctl set "$id" --ipadd 10.1.2.3 --save
	is "set --ipadd" "$(whmcs "CT configuration saved to $confs/$id.conf")" success
	start_ct
	try vzctl status "$id"
	is "status by its last word" "${out##* }" running
	try vzctl restart "$id"
	like "restart" "$status/${out%%$'\n'*}/${out##*$'\n'}" "^0/Restarting container/Container start in progress...$"
	try vzctl stop "$id"
	is stop "$(whmcs "Stopping container ... Container was stopped Container is unmounted")" success
	try vzctl status "$id"
	is "status by its last word" "${out##* }" down
	try vzctl set "$id" --userpasswd root:secret
	is "set --userpasswd of a stopped one" "$(whmcs "$WHMCS_PASSWORD")" success
	is "all of it" "$err/$out" "/Starting container...
Container is mounted
Container start in progress...
Changing password for user root.
passwd: all authentication tokens updated successfully.
Killing container ...
Container was stopped
Container is unmounted"
	echo 'cat /etc/shadow' >"$SCRATCH/script"
	like "it has the password" "$(vzctl runscript "$id" "$SCRATCH/script")" '^root:[$]6'
	is "status behind it" "$(vzctl status "$id")" "CTID $id exist unmounted down"
	try vzctl set "$id" --hostname w.example --userpasswd root:other --onboot yes --save
	is "with others" "$(whmcs "$WHMCS_PASSWORD CT configuration saved to $confs/$id.conf")" success
	try vzctl destroy "$id"
	is destroy "$(whmcs "Destroying container private area: $areas/$id Container private area was destroyed")" success
}

t_whmcs_with_limits()
{
	local start="Container is mounted Adding IP address(es): (IPS) Setting CPU limit: (CPULIMIT) Setting CPU units: (CPUUNITS) Setting CPUs: (CPUS) Container start in progress..."
	can_limit || { skip "WHMCS with limits" "cgroup v2 has no controllers here"; return; }
	make_ct --ipadd 10.1.2.3
	try vzctl set "$id" --hostname w.example --onboot yes --cpuunits 1000 --cpus 1 --cpulimit 100 \
		--ram 256M --swap 256M --save
	is set "$(whmcs "CT configuration saved to /etc/vz/conf/$id.conf")" success
	try vzctl start "$id"
	is start "$(whmcs "Starting container... ${start/address(es)/addresses}")" success
	try vzctl restart "$id"
	is restart "$(whmcs "Restarting container Stopping container ... Container was stopped Container is unmounted Starting container... $start")" success
	try vzctl set "$id" --userpasswd root:secret
	is "set --userpasswd" "$(whmcs "Changing password for user root. passwd: all authentication tokens updated successfully. UB limits were set successfully")" success
	vzctl --quiet stop "$id" --fast
	try vzctl restart "$id"
	is "restart of a stopped one" "$(whmcs "Restarting container Starting container... $start")" success
	is "the limit" "$(<"$CGROUP2/vzrun/$id/memory.max")" $((256 << 20))
	gone_ct
}

# ---- Feathur ----

t_feathur()
{
	can_limit || { skip "Feathur" "cgroup v2 has no controllers here"; return; }
	new_ct
	try vzctl create "$id" --ostemplate minimal
	said create "$(create_text minimal)"
	sets '--onboot yes --save' ONBOOT yes
	sets '--ram 256M --swap 256M --save' PHYSPAGES 0:65536
	sets '--cpuunits 1000 --save' CPUUNITS 1000
	sets '--cpulimit 100 --save' CPULIMIT 100
	sets '--cpus 1 --save' CPUS 1
	try vzctl start "$id"
	is start "$status" 0
	sets '--nameserver 8.8.8.8 --save' NAMESERVER 8.8.8.8
	sets '--hostname f.example --save' HOSTNAME f.example
	is "at once" "$(vzctl exec "$id" hostname)" f.example
	sets '--netfilter full --save' NETFILTER full
	for words in '--devnodes net/tun:rw' '--devices c:10:200:rw' '--capability net_admin:on'; do
		eval "try vzctl set $id $words --save"
		is "set $words" "$status/${out##*$'\n'}" "0/$(saved)"
	done
	try vzctl exec "$id" mkdir -p /dev/net
	said "exec mkdir" ""
	vzctl exec "$id" mknod /dev/net/tun c 10 200 2>/dev/null # is there already
	is "the node" "$(vzctl exec "$id" stat -c %t:%T /dev/net/tun)" a:c8
	try vzctl exec "$id" chmod 600 /dev/net/tun
	said "exec chmod" ""
	try vzctl set "$id" --userpasswd root:secret --save
	is "set --userpasswd" "$status/$err" 0/
	try vzctl set "$id" --ipadd 10.1.2.3 --save
	said "set --ipadd" "Adding IP address(es): 10.1.2.3
$(saved)"
	try vzctl set "$id" --ram 512M --swap 256M --save
	is "more memory" "$status/${out##*$'\n'}" "0/$(saved)"
	is "at once" "$(<"$CGROUP2/vzrun/$id/memory.max")" $((512 << 20))
	is "its list" "$(vzlist -H -o ctid,hostname,ip,cpuunits,cpulimit | tr -s ' ')" " $id f.example 10.1.2.3 1000 100"
	like "its uptime" "$(vzctl exec "$id" cat /proc/uptime)" '^[0-9.]+ [0-9.]+$'
	like "its memory" "$(vzctl exec "$id" cat /proc/meminfo)" 'MemTotal: +[0-9]+ kB'
	like "its disk" "$(vzctl exec "$id" df)" '% /'
	like "its load" "$(vzctl exec "$id" cat /proc/loadavg)" '^[0-9.]+ [0-9.]+ [0-9.]+ '
	try vzctl stop "$id" --fast
	is "stop --fast" "$status" 0
	sets '--disabled yes --save' DISABLED yes
	sets '--disabled no --save' DISABLED no
	gone_ct
}

# ---- HyperVM ----

t_hypervm()
{
	local word
	new_ct
	try nice -n 19 vzctl --verbose create "$id" --private "$VZ/private/$id" --ostemplate minimal
	is "create" "$status/$out" "0/$(create_text minimal)"
	like "its test for running" "$(vzctl status "$id")" " down$"
	for word in kmemsize lockedpages privvmpages shmpages numproc physpages numtcpsock numflock numpty \
		numsiginfo tcpsndbuf tcprcvbuf othersockbuf dgramrcvbuf numothersock numfile dcachesize numiptent; do
		sets "--$word 2147483647:2147483647 --save" "${word^^}" 2147483647
	done
	sets '--meminfo pages:65536 --save' MEMINFO pages:65536
	sets '--swappages 0:65536 --save' SWAPPAGES 0:65536
	try vzctl start "$id"
	is "its list" "$(vzlist -a -H -o vpsid,ip | awk '{ print $1, $2 }')" "$id -"
	like "inside" "$(vzctl exec "$id" cat /proc/cpuinfo 2>&1)" 'processor|not running'
	gone_ct
}

# ---- Rex, Puppet, shell scripts ----

t_rex()
{
	make_ct --hostname r.example
	like "start" "$(vzctl start "$id" 2>&1)" "start in progress"
	like "start of a running one" "$(vzctl start "$id" 2>&1)" "already running"
	is "by its host name" "$(vzlist -a -H -o ctid -h r.example | tr -d ' ')" "$id"
	like "stop" "$(vzctl stop "$id" 2>&1)" "Container was stopped"
	gone_ct
}

t_puppet_and_shell()
{
	make_ct
	is "the fifth word" "$(vzctl status "$id" | awk '{print $5}')" down
	is "the whole line" "$(vzctl status "$id")" "CTID $id exist unmounted down"
	check "Puppet's test" grep -qE "$id\s+stopped" <(vzlist -a -H -o ctid,status)
	try vzlist "$id" -a
	is "does it exist?" "$status" 0
	start_ct
	is "the fifth word" "$(vzctl status "$id" | awk '{print $5}')" running
	gone_ct
	try vzlist "$id" -a
	is "does it exist?" "$status" 1
	is "words 3 to 5" "$(vzctl status "$id" | cut -d' ' -f3-5)" "deleted unmounted down"
}

# ---- ruby-openvz ----

t_ruby_openvz()
{
	local words
	new_ct
	try vzctl create "$id" --ostemplate minimal
	is create "$status" 0
	try vzctl set "$id" --save --onboot yes
	said "set with --save first" "$(saved)"
	read -r -a words < <(vzctl status "$id")
	is "status but for two words" "${words[*]:2}" "exist unmounted down"
	try vzctl mount "$id"
	is mount "$status" 0
	try vzctl umount "$id"
	is umount "$status" 0
	is "its list" "$(vzlist -a1 | tr -d ' ')" "$id"
	start_ct
	is "a command" "$(vzctl exec2 "$id" hostname)" "ct$id"
	gone_ct
}

# ---- myadmin ----

t_myadmin()
{
	is "it has --force" "$(vzctl 2>&1 | grep -c 'vzctl set.*--force')" 1
	is "it has --reset_ub" "$(vzctl 2>&1 | grep -c -- '--reset_ub')" 1
	make_ct
	sets "--nameserver '8.8.8.8 64.20.34.50' --save" NAMESERVER "8.8.8.8 64.20.34.50"
	is "all of them" "$(vzlist -a -1 | sed s#' '#''#g)" "$id"
	vzctl --quiet set "$id" --ipadd 10.1.2.3 --save
	is "JSON: an array of addresses" "$(vzlist -j "$id" | jq -c '.[0].ip')" '["10.1.2.3"]'
	is "JSON: all of them" "$(vzlist -j -a | jq -c '[.[].ctid]')" "[$id]"
	try vzctl set "$id" --save --setmode restart --hostname my.example
	said "--setmode restart" "$(saved)"
	try vzctl set "$id" --reset_ub
	said "--reset_ub of a stopped one" "" "Container is not running" 31
	try vzctl set "$id" --reset_ub --onboot yes
	said "--reset_ub beside others" "" "Error: option --reset_ub is exclusive" 20
	try vzcfgvalidate -r "$CONF/$id.conf"
	said "vzcfgvalidate -r" "" "Validation completed: success"
	gone_ct
}

run_tests "$@"
