#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What separates a CT from the host and from other CTs: its range of ids, its layer of the file
# system, and where these lie on disk.
# shellcheck disable=SC2119,SC2154 # make_ct's options; out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

in_conf() # KEY
{
	sed -n "s/^$1=\"\(.*\)\"$/\1/p" "$CT_DIR/conf/$id.conf"
}

t_user_namespace_is_its_own()
{
	local pid first map
	make_ct
	start_ct
	first=$(in_conf LOCAL_UID)
	is "one range for users and groups" "$(in_conf LOCAL_GID)" "$first"
	pid=$(ct state "$id" | jq .pid)
	for map in uid_map gid_map; do
		is "$map" "$(tr -s ' ' <"/proc/$pid/$map")" " 0 $first 65536"
	done
	check "another namespace than the host's" \
		test "$(readlink "/proc/$pid/ns/user")" != "$(readlink /proc/self/ns/user)"
	is "its root on the host" "$(stat -c %u "/proc/$pid")" "$first"
	is "what it sees" "$(ct exec "$id" id -u)" 0
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

# An error in one conf is that CT's alone, as long as its range is known.
t_a_conf_with_an_error_keeps_its_range()
{
	local first other
	make_ct
	other=$id first=$(in_conf LOCAL_UID)
	echo 'DESCRIPTION="not closed' >>"$CT_DIR/conf/$id.conf"
	new_ct
	try ct create "$id" --ostemplate minimal
	is "another is created" "$status" 0
	like "the error is told" "$err" "conf/$other.conf:[0-9]*: the quote is not closed"
	check "it has another range" test "$(in_conf LOCAL_UID)" != "$first"
	sed -i '/^LOCAL_/d' "$CT_DIR/conf/$other.conf"
	new_ct
	try ct create "$id" --ostemplate minimal
	check "not where its range is unknown" test "$status" -ne 0
	is "what is left" "$(ct_traces "$id")" ""
	rm "$CT_DIR/conf/$other.conf"
}

t_files_are_unshifted_on_disk()
{
	make_ct
	start_ct
	ct exec "$id" sh -c 'echo x >/root/new; mkdir /srv/dir; touch /srv/user; chown 1000:100 /srv/user
		chmod 4755 /srv/user; chown 7:7 /etc/passwd; ln -s x /srv/link; mkfifo /srv/fifo'
	is "a new file" "$(stat -c '%u:%g %a' "$(ct_private root/new)")" "0:0 644"
	is "a new folder" "$(stat -c '%u:%g %a' "$(ct_private srv/dir)")" "0:0 755"
	is "a user's file" "$(stat -c '%u:%g %a' "$(ct_private srv/user)")" "1000:100 4755"
	is "a link" "$(stat -c '%u:%g %F' "$(ct_private srv/link)")" "0:0 symbolic link"
	is "a file of the template" "$(stat -c '%u:%g' "$(ct_private etc/passwd)")" 7:7
	is "which itself stays" "$(stat -c '%u:%g' "$CT_DIR/template/minimal/etc/passwd")" 0:0
	is "inside" "$(ct exec "$id" stat -c '%u:%g %a' /srv/user)" "1000:100 4755"
	is "nothing belongs to anyone else" "$(find "$CT_DIR/private/$id" "$CT_DIR/template" \
		! -uid 0 ! -uid 1000 ! -uid 7)" ""
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

t_folder_of_the_template_is_renamed()
{
	make_ct
	start_ct
	try ct exec "$id" sh -c 'mv /etc /etc2 && cat /etc2/passwd && mv /etc2 /etc'
	is "rename" "$status" 0
	like "its files came along" "$out" "^root:"
	try ct exec "$id" sh -c 'mv /var/lib /var/lib2 && touch /var/lib2/x && ls -d /var/lib'
	is "the old name is gone" "$status" 1
	check "in the template it is not" test -d "$CT_DIR/template/minimal/var/lib"
	check "no copy was made" test "$(du -s "$CT_DIR/private/$id" | cut -f 1)" -lt 200
	ct restart "$id" --fast >/dev/null
	is "after a restart" "$(ct exec "$id" sh -c 'ls /var/lib2; ls /etc/passwd')" "x
/etc/passwd"
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

# CAP_NET_RAW is bit 13.
t_file_capability_works_inside()
{
	local init='while :; do sleep 1000; done'
	ct_tree "$SCRATCH/caps"
	cp "$SCRATCH/caps/bin/busybox" "$SCRATCH/caps/bin/busybox.raw"
	setcap cap_net_raw+ep "$SCRATCH/caps/bin/busybox.raw" || {
		skip "file capability" "setcap fails on $SCRATCH"
		return
	}
	tar -C "$SCRATCH/caps" --xattrs --xattrs-include='security.*' -cf "$SCRATCH/caps.tar" .
	new_ct
	ct create "$id" --ostemplate "$SCRATCH/caps.tar" >/dev/null
	ct start "$id" >/dev/null
	is "a user has none" "$(ct exec --user 1000:1000 "$id" /bin/busybox grep CapEff /proc/self/status)" \
		$'CapEff:\t0000000000000000'
	is "with the file he has" \
		"$(ct exec --user 1000:1000 "$id" /bin/busybox.raw grep CapEff /proc/self/status)" \
		$'CapEff:\t0000000000002000'
	is "after a copy up, too" "$(ct exec "$id" touch /bin/busybox.raw
		ct exec --user 1000:1000 "$id" /bin/busybox.raw grep CapEff /proc/self/status)" \
		$'CapEff:\t0000000000002000'
	is "on disk it is the plain attribute" \
		"$(getcap "$CT_DIR/template/caps/bin/busybox.raw" | sed 's/.* //')" cap_net_raw=ep
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

t_setuid_file_is_out_of_the_hosts_reach()
{
	local file
	make_ct
	start_ct
	ct exec "$id" sh -c 'cp /bin/busybox /srv/root-shell; chmod 4755 /srv/root-shell'
	for file in "$(ct_private srv/root-shell)" "$CT_DIR/root/$id/srv/root-shell" \
		"$CT_DIR/template/minimal/bin/busybox"; do
		check "root sees $file" test -e "$file"
		check "others do not" as_nobody test ! -e "$file"
	done
	is "folders" "$(cd "$CT_DIR" && stat -c '%n %u %a' private root template)" "private 0 700
root 0 700
template 0 700"
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

as_nobody()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

t_ids_that_were_asked_for()
{
	local option
	for option in "--local_uid 300000000" "--local_gid 300000000" "--local_uid 300000000 --local_gid 300000000"; do
		# shellcheck disable=SC2086 # two words, or four
		make_ct $option
		is "$option" "$(in_conf LOCAL_UID) $(in_conf LOCAL_GID)" "300000000 300000000"
		ct start "$id" >/dev/null
		is "it has them" "$(tr -s ' ' <"/proc/$(ct state "$id" | jq .pid)/uid_map")" " 0 300000000 65536"
		ct stop "$id" --fast >/dev/null
		ct destroy "$id" >/dev/null
	done
}

refused_ids() # WHAT PATTERN OPTION...
{
	new_ct
	try ct create "$id" --ostemplate minimal "${@:3}"
	is "$1" "$status" 21
	is "$1: one line" "$(grep -c '^vzrun: ' <<<"$err")$(wc -l <<<"$err")" 11
	like "$1: says why" "$err" "$2"
	is "$1: what is left" "$(ct_traces "$id")" ""
}

t_ids_that_are_refused()
{
	local first
	make_ct --local_uid 300000000
	first=$id
	refused_ids "another's" "300000000 to 300065535" --local_uid 300000000
	refused_ids "its last one" "300065535 to 300131070" --local_uid 300065535
	refused_ids "its first one" "299934465 to 300000000" --local_gid 299934465
	refused_ids "the host's root" "no container is privileged" --local_uid 0
	refused_ids "its group" "no container is privileged" --local_gid 0
	refused_ids "two ranges" "must be as --local_uid" --local_uid 400000000 --local_gid 500000000
	refused_ids "the host's users" "local_uid" --local_uid 1000
	refused_ids "no room" "local_uid" --local_uid 4294901761
	refused_ids "no number" "local_uid" --local_uid 1x
	refused_ids "less than none" "local_gid" --local_gid -1
	new_ct
	try ct create "$id" --ostemplate minimal --local_uid 300065536
	is "the one behind it is free" "$status$err" 0
	ct destroy "$id" >/dev/null
	printf 'LOCAL_UID="310000000"\nLOCAL_GID="310000000"\n' >"$CT_DIR/conf/$id.conf"
	try ct create "$id" --ostemplate minimal --local_uid 310000000
	is "its own conf's, of a create that was killed" "$status $(in_conf LOCAL_UID)" "0 310000000"
	ct destroy "$id" >/dev/null
	ct destroy "$first" >/dev/null
}

# The verb alone sees these files.
t_ids_of_a_users_are_refused()
{
	local file
	for file in subuid subgid; do
		if [ ! -e "/etc/$file" ] && [ -n "${VZRUN_TEST_VM:-}" ]; then
			: >"/etc/$file"
		elif [ ! -e "/etc/$file" ]; then
			skip "$file" "there is no /etc/$file on this machine"
			continue
		fi
		echo user:320000000:10 >"$SCRATCH/$file"
		new_ct
		try unshare --mount sh -c "mount --bind '$SCRATCH/$file' /etc/$file && exec \"\$@\"" sh \
			"$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" create "$id" --ostemplate minimal --local_uid 320000000
		is "$file" "$status" 21
		like "says why" "$err" "$file"
		is "what is left" "$(ct_traces "$id")" ""
	done
}

t_two_cts_share_the_template_and_nothing_else()
{
	local one two pid1 pid2
	make_ct
	start_ct
	one=$id
	make_ct
	start_ct
	two=$id
	check "ranges are disjoint" disjoint "$one" "$two"
	ct exec "$one" sh -c 'echo one >/root/file; rm /etc/hosts'
	is "files are not shared" "$(ct exec "$two" sh -c 'ls /root; ls /etc/hosts')" /etc/hosts
	pid1=$(ct state "$one" | jq .pid) pid2=$(ct state "$two" | jq .pid)
	is "the template's are one file in memory" \
		"$(stat -Lc %i "/proc/$pid1/root/bin/busybox")" "$(stat -Lc %i "/proc/$pid2/root/bin/busybox")"
	ct exec --detach "$one" sleep 4242
	is "a process is seen where it runs" "$(ct exec "$one" sh -c 'ps | grep -c "[s]leep 4242"')" 1
	is "nor processes" "$(ct exec "$two" sh -c 'ps | grep -c "[s]leep 4242"')" 0
	is "one unpacked template" "$(cd "$CT_DIR/template" && echo minimal*)" minimal
	for id in $one $two; do
		ct stop "$id" --fast >/dev/null
		ct destroy "$id" >/dev/null
	done
}

disjoint() # ID ID
{
	local a b
	id=$1 a=$(in_conf LOCAL_UID)
	id=$2 b=$(in_conf LOCAL_UID)
	[ "$a" -ge 65536 ] && [ "$b" -ge 65536 ] && { [ $((a + 65536)) -le "$b" ] || [ $((b + 65536)) -le "$a" ]; }
}

t_ranges_at_once_are_disjoint()
{
	local ids=() i
	for i in 1 2 3 4 5 6; do
		new_ct
		ids+=("$id")
		ct create "$id" --ostemplate minimal >/dev/null &
	done
	wait
	is "six creates at once" "$(for id in "${ids[@]}"; do in_conf LOCAL_UID; done | sort -u | wc -l)" 6
	for id in "${ids[@]}"; do
		ct destroy "$id" >/dev/null
	done
}

t_range_is_not_given_twice_while_its_conf_exists()
{
	local first
	make_ct
	first=$(in_conf LOCAL_UID)
	local old=$id
	make_ct
	check "another range" test "$(in_conf LOCAL_UID)" != "$first"
	ct destroy "$id" >/dev/null
	ct destroy "$old" >/dev/null
	make_ct
	is "free again after destroy" "$(in_conf LOCAL_UID)" "$first"
	ct destroy "$id" >/dev/null
}

# A block device of the template, and one that root of the CT makes.
t_device_nodes_are_dead()
{
	local init='while :; do sleep 1000; done'
	ct_tree "$SCRATCH/nodes"
	mknod -m 666 "$SCRATCH/nodes/zero" c 1 5
	tar -C "$SCRATCH/nodes" -cf "$SCRATCH/nodes.tar" .
	new_ct
	ct create "$id" --ostemplate "$SCRATCH/nodes.tar" >/dev/null
	ct start "$id" >/dev/null
	try ct exec "$id" head -c 1 /zero
	is "one of the template" "$status" 1
	like "says so" "$err" "Permission denied"
	try ct exec "$id" mknod /mine c 1 5
	check "one of its own" test "$status" -ne 0
	is "those in /dev work" "$(ct exec "$id" sh -c 'head -c 3 /dev/zero | wc -c')" 3
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

# Never a copy with shifted owners, never without a user namespace.
t_file_system_without_id_maps_is_refused()
{
	mkdir -p "$SCRATCH/o"/{lower1,lower2}
	mount -t overlay overlay -o "lowerdir=$SCRATCH/o/lower1:$SCRATCH/o/lower2" "$SCRATCH/o/lower1" || {
		skip "an overlay below" "this host can't mount one"
		return
	}
	umount "$SCRATCH/o/lower1"
	mkdir -p "$SCRATCH/o"/{upper,work,merged}
	if ! mount -t overlay overlay -o "lowerdir=$SCRATCH/o/lower1,upperdir=$SCRATCH/o/upper,workdir=$SCRATCH/o/work" \
		"$SCRATCH/o/merged"; then
		skip "an overlay below" "this host can't mount one"
		return
	fi
	mkdir "$SCRATCH/o/merged/conf"
	sed "s|$CT_DIR|$SCRATCH/o/merged|" "$CT_DIR/vz.conf" >"$SCRATCH/o/merged/vz.conf"
	new_ct
	try "$VZRUN" --root "$ROOT" --config "$SCRATCH/o/merged/vz.conf" create "$id" --ostemplate minimal
	check "create fails" test "$status" -ne 0
	like "and says what to do" "$err" "can't map ids \(keep it on ext4, xfs or btrfs, or use --layout image\)"
	is "nothing was made" "$(find "$SCRATCH/o/merged" -type f ! -name vz.conf ! -name '*.lck' ! -name vzctl.log)" ""
	umount "$SCRATCH/o/merged"
}

t_open_folder_is_refused()
{
	make_ct
	chmod 755 "$CT_DIR/private"
	local old=$id
	new_ct
	try ct create "$id" --ostemplate minimal
	check "create fails" test "$status" -ne 0
	like "and says why" "$err" "\"$CT_DIR/private\" must be root's alone"
	chmod 700 "$CT_DIR/private"
	ct destroy "$old" >/dev/null
}

t_namespaces_are_all_its_own()
{
	local pid ns
	make_ct
	start_ct
	pid=$(ct state "$id" | jq .pid)
	for ns in user mnt pid net ipc uts cgroup; do
		check "$ns" test "$(readlink "/proc/$pid/ns/$ns")" != "$(readlink "/proc/self/ns/$ns")"
	done
	is "network" "$(ct exec "$id" sh -c 'ls /sys/class/net; cat /sys/class/net/lo/operstate')" "lo
unknown"
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

# What acts on the host is refused even to root in the CT.
t_host_is_out_of_its_roots_reach()
{
	make_ct
	start_ct
	try ct exec "$id" sh -c 'echo 1 >/proc/sys/kernel/panic'
	check "a sysctl of the host" test "$status" -ne 0
	try ct exec "$id" sh -c 'echo c >/proc/sysrq-trigger'
	check "sysrq" test "$status" -ne 0
	try ct exec "$id" swapon /etc/passwd
	check "swapon" test "$status" -ne 0
	try ct exec "$id" sh -c 'mount -o remount,rw /sys'
	check "/sys for writing" test "$status" -ne 0
	try ct exec "$id" date -s 2000-01-01
	like "the clock" "$err" "can't set date: Operation not permitted"
	try ct exec "$id" sh -c 'mount -t tmpfs t /mnt && umount /mnt && ip link add d0 type dummy 2>/dev/null || ip addr add 10.9.8.7/32 dev lo'
	is "what is its own it can" "$status" 0
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

run_tests "$@"
