#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: long
# What a CT has besides: bind mounts, capabilities, nesting.
# shellcheck disable=SC2154,SC2016,SC2119 # out, err and status are lib.sh's, id is ct.sh's; awk's $5; make_ct alone
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

inside() # CMD...
{
	ct exec "$id" "$@" 2>&1
}

# A folder of the host's with a file of root's, a file of user 1000's, and a setuid file.
make_source()
{
	source=$SCRATCH/source$id
	mkdir "$source"
	echo data >"$source/file"
	echo user >"$source/user"
	chown 1000:1000 "$source/user"
	cp "$ROOTFS/bin/busybox" "$source/prog"
	chmod 755 "$source/prog"
}

mount_options() # TARGET: of the CT's mount there
{
	inside awk -v at="$1" '$5 == at { print $6 }' /proc/self/mountinfo
}

# Scratch may be a tmpfs, which an old kernel can't map.
ids_can_be_mapped()
{
	[ "$(stat -f -c %T "$SCRATCH")" != tmpfs ] || kernel_is 6.3
}

t_bindmount_at_start()
{
	make_ct
	make_source
	try ct set "$id" --bindmount_add "$source:/mnt/data,nosuid,nodev" --save
	is "set" "$status" 0
	start_ct
	is "a file" "$(inside cat /mnt/data/file)" data
	like "options" "$(mount_options /mnt/data)" "^rw,nosuid,nodev"
	if ids_can_be_mapped; then
		is "owners" "$(inside stat -c %u /mnt/data/file /mnt/data/user | xargs)" "0 1000"
		inside sh -c 'echo new >/mnt/data/new && chown 7:8 /mnt/data/new'
		is "what is made inside" "$(stat -c '%u %g' "$source/new")" "7 8"
	else
		skip "owners" "this kernel can't map the ids of $(stat -f -c %T "$SCRATCH")"
	fi
	ct stop "$id" --fast >/dev/null
	check "it is the host's still" test -e "$source/file"
}

# Sets: --bindmount_add --bindmount_del
t_bindmount_of_a_running_ct()
{
	make_ct
	make_source
	start_ct
	try ct set "$id" --bindmount_add "$source:/srv/a,ro" --bindmount_add "$source/file:/srv/f" --save
	is "set" "$status" 0
	is "a folder" "$(inside cat /srv/a/file)" data
	is "a file" "$(inside cat /srv/f)" data
	like "read-only" "$(inside sh -c 'echo x >/srv/a/x')" "Read-only file system"
	like "for good" "$(inside mount -o remount,bind,rw /srv/a)" "ermission denied|not permitted"
	like "still" "$(mount_options /srv/a)" "^ro"
	try ct set "$id" --bindmount_del /srv/a --save
	is "del" "$status" 0
	is "it is gone" "$(inside ls /srv/a)" ""
	is "the other stays" "$(inside cat /srv/f)" data
	like "the conf" "$(<"$CT_DIR/conf/$id.conf")" "BINDMOUNT=\"$source/file:/srv/f\""
	try ct set "$id" --bindmount_del all --save
	is "all" "$(mount_options /srv/f)" ""
	try ct set "$id" --bindmount_del /srv/f --save
	is "what is not there" "$status" 21
	ct stop "$id" --fast >/dev/null
}

t_flags_that_the_administrator_gave_are_locked()
{
	local flag
	make_ct
	make_source
	start_ct
	ct set "$id" --bindmount_add "$source:/srv/a,ro,nosuid,noexec,nodev" >/dev/null
	for flag in rw suid exec dev; do
		check "$flag" test "$(inside mount -o "remount,bind,$flag" /srv/a)"
	done
	like "all are there" "$(mount_options /srv/a)" "^ro,nosuid,nodev,noexec"
	like "nothing is executed" "$(inside /srv/a/prog true)" "denied"
	like "nor by a bind mount of it" "$(inside sh -c 'mkdir /b && mount --bind /srv/a /b && \
		mount -o remount,bind,rw /b; echo x >/b/x')" "Read-only file system"
	ct stop "$id" --fast >/dev/null
}

# A link at the target, or on the way to it, leads to what is the CT's.
t_bindmount_on_a_link()
{
	make_ct
	make_source
	mkdir -p "$(ct_private srv)"
	ln -s /etc "$(ct_private srv/link)"
	ln -s ../../../../../../etc "$(ct_private srv/up)"
	ln -s "$SCRATCH" "$(ct_private srv/host)"
	start_ct
	try ct set "$id" --bindmount_add "$source:/srv/link" --bindmount_add "$source:/srv/up/sub" \
		--bindmount_add "$source:/srv/host/x"
	is "set" "$status" 0
	is "it is mounted on the CT's /etc" "$(inside cat /etc/file)" data
	is "and in it" "$(mount_options /etc/sub | wc -l)" 1
	is "a host's path is the CT's own" "$(inside cat "$SCRATCH/x/file")" data
	check "the host's /etc is as it was" test ! -e /etc/file -a ! -e /etc/sub -a ! -e "$SCRATCH/x"
	ct stop "$id" --fast >/dev/null
}

t_a_mount_that_fails_leaves_the_others()
{
	make_ct
	make_source
	start_ct
	ct set "$id" --bindmount_add "$source:/srv/a" --save >/dev/null
	inside sh -c 'echo >/file'
	try ct set "$id" --bindmount_del /srv/a --bindmount_add "$source:/srv/b" \
		--bindmount_add "$source:/file" --save
	is "a folder on a file" "$status" 3
	like "message" "$err" "one is a folder, the other a file"
	is "what was there is there" "$(inside cat /srv/a/file)" data
	is "what came is gone" "$(mount_options /srv/b)" ""
	like "the conf is as it was" "$(<"$CT_DIR/conf/$id.conf")" "BINDMOUNT=\"$source:/srv/a\""
	try ct set "$id" --bindmount_add "$source/none:/srv/c" --save
	is "no such source" "$status" 3
	like "message" "$err" "$source/none\": No such file or directory"
	ct stop "$id" --fast >/dev/null
}

t_bad_mounts_are_refused()
{
	local bad
	make_ct
	for bad in x /a:b a:/b /a:/ /a:/proc/1 /a:/sys /a:/dev/.vzrun/nodes/x /a:/b,rw "/a:/b c"; do
		try ct set "$id" --bindmount_add "$bad" --save
		is "$bad" "$status" 21
		is "$bad: one line" "$(wc -l <<<"$err")" 1
	done
	is "nothing is kept" "$(grep BINDMOUNT= "$CT_DIR/conf/$id.conf")" ""
}

t_a_folder_of_the_cts_own()
{
	make_ct
	ct set "$id" --bindmount_add /data --save >/dev/null
	start_ct
	inside sh -c 'echo kept >/data/file'
	is "on the host" "$(stat -c '%u %g' "$CT_DIR/private/$id/mnt/data/file")" "0 0"
	is "no overlay" "$(inside awk '$5 == "/data" { for (i = 7; $i != "-"; i++); print $(i + 1) }' \
		/proc/self/mountinfo | grep -c overlay)" 0
	ct stop "$id" --fast >/dev/null
	start_ct
	is "after a restart" "$(inside cat /data/file)" kept
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
	is "it goes with the CT" "$(ct_traces "$id")" ""
}

# The CT writes in the outer one as it likes: nothing of the way to the inner one may lie there.
t_a_folder_of_its_own_in_another()
{
	local secret=$SCRATCH/secret
	mkdir -m 700 "$secret"
	echo secret >"$secret/file"
	make_ct
	ct set "$id" --bindmount_add /vol --save >/dev/null
	start_ct
	inside sh -c "ln -s '$secret' /vol/in; mkdir -p '$secret'"
	ct set "$id" --bindmount_add /vol/in --save >/dev/null
	is "no link leads out" "$(inside cat /vol/in/file | grep -c secret$)" 0
	ct stop "$id" --fast >/dev/null
	start_ct
	is "at start neither" "$(inside cat /vol/in/file | grep -c secret$)" 0
	inside sh -c 'echo in >/vol/in/file; echo out >/vol/file'
	is "each has its own" "$(cd "$CT_DIR/private/$id/mnt" && cat vol%2fin/file vol/file | xargs)" "in out"
	ct stop "$id" --fast >/dev/null
	rm -rf "$CT_DIR/private/$id/mnt"
	ln -s "$secret" "$CT_DIR/private/$id/mnt"
	try ct start "$id"
	check "a link in place of their folder" test "$status" -ne 0
	like "says so" "$err" "Not a directory"
}

capabilities() # PID: the bounding set of a process of the CT
{
	inside awk '$1 == "CapBnd:" { print $2 }' "/proc/$1/status"
}

# The bit of NET_ADMIN is 12, of SYS_TIME 25.
# Sets: --capability
t_capabilities_are_those_of_all_processes()
{
	local set
	make_ct
	try ct set "$id" --capability net_admin:off,sys_time:on --save
	is "set" "$status" 0
	like "the conf" "$(<"$CT_DIR/conf/$id.conf")" 'CAPABILITY="NET_ADMIN:off SYS_TIME:on"'
	start_ct
	set=$(capabilities 1)
	is "net_admin of the init" $((16#$set >> 12 & 1)) 0
	is "sys_time of the init" $((16#$set >> 25 & 1)) 1
	is "a command's are the same" "$(capabilities self)" "$set"
	like "without it no link is made" "$(inside ip link add dummy7 type dummy)" "not permitted"
	like "the clock is the host's" "$(inside date -s 2001-01-01)" "not permitted"
	try ct set "$id" --capability net_admin:on --save
	is "of a running CT" "$status" 0
	like "a warning" "$err" "Unable to set capability on a running container"
	try ct set "$id" --capability nothing:on --save
	is "no such capability" "$status" 21
	ct stop "$id" --fast >/dev/null
}

t_nesting_gives_volumes_that_are_no_overlay()
{
	local volume
	make_ct --features nesting:on
	start_ct
	for volume in docker containers; do
		like "$volume" "$(inside awk -v at="/var/lib/$volume" \
			'$5 == at { for (i = 7; $i != "-"; i++); print $(i + 1) }' /proc/self/mountinfo)" \
			"^(ext[34]|xfs|btrfs|tmpfs)$"
		is "an overlay on it" "$(inside sh -c "cd /var/lib/$volume && mkdir l u w m && echo low >l/f &&
			mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m && echo new >m/f &&
			rm -f m/none && cat u/f")" new
	done
	is "with owners as on the host" "$(stat -c '%u %g' "$CT_DIR/private/$id/mnt/var%2flib%2fdocker/u/f")" \
		"0 0"
	ct stop "$id" --fast >/dev/null
	start_ct
	is "they last" "$(inside cat /var/lib/docker/u/f)" new
	ct stop "$id" --fast >/dev/null
}

# BUNDLE: an overlay of busybox, and config.json as the runtime itself makes it.
nested_bundle='set -e
	cd /var/lib/docker
	mkdir -p low/bin low/proc up work bundle/rootfs
	cp /bin/busybox low/bin/busybox
	for name in sh echo id; do ln -sf busybox low/bin/$name; done
	printf "#!/bin/sh\\necho \$\$ \$(id -u)\\necho x >/made\\n" >low/bin/run
	chmod 755 low/bin/run
	mount -t overlay overlay -o lowerdir=low,upperdir=up,workdir=work bundle/rootfs
	cd bundle
	"$1" spec
	sed -i "s,\"terminal\": true,\"terminal\": false,; s,\"sh\",\"/bin/run\",
		s,\"readonly\": true,\"readonly\": false," config.json
	"$1" run nested
	test -e ../up/made
	umount rootfs
	cd .. && rm -r low up work bundle'

t_a_nested_container()
{
	local runtime
	make_nest
	start_ct
	for runtime in runc crun; do
		if [ -z "$(command -v "$runtime")" ]; then
			skip "$runtime" "$runtime is not installed (Debian: apt-get install $runtime)"
			continue
		fi
		is "$runtime" "$(inside sh -c "$nested_bundle" sh "$(command -v "$runtime")")" "1 0"
	done
	ct stop "$id" --fast >/dev/null
}

# podman as Debian has it: an image, a container on an overlay, what it wrote kept in a second image.
t_podman_in_a_ct()
{
	if [ -z "$(command -v podman)" ] || [ -z "$(command -v crun)" ]; then
		skip "podman" "podman or crun is not installed (Debian: apt-get install podman crun)"
		return
	fi
	make_nest
	cp -r "$ROOTFS" "$(ct_private image)"
	start_ct
	inside sh -c 'tar -c -C /image . >/root/image.tar' >/dev/null
	podman=(podman --runtime crun --cgroup-manager cgroupfs --events-backend file)
	try inside "${podman[@]}" import -q /root/image.tar localhost/busybox:1
	is "import" "$status" 0
	is "run" "$(inside "${podman[@]}" run --rm --network none --pids-limit 0 localhost/busybox:1 \
		sh -c 'echo made >/made && cat /made' | tail -n 1)" made
	is "on an overlay" "$(inside "${podman[@]}" info --format '{{.Store.GraphDriverName}}')" overlay
	ct stop "$id" --fast >/dev/null
}

# Modules are the host's to load: opening a device or making a link asks the kernel for them.
t_wireguard_in_a_ct()
{
	make_ct
	if ! unshare --net busybox ip link add wg0 type wireguard 2>/dev/null; then
		skip "a WireGuard link" "this kernel has no WireGuard"
		return
	fi
	start_ct
	is "a WireGuard link" "$(inside ip link add wg0 type wireguard && inside cat /sys/class/net/wg0/uevent)" \
		"DEVTYPE=wireguard
INTERFACE=wg0
IFINDEX=$(inside cat /sys/class/net/wg0/ifindex)"
	ct stop "$id" --fast >/dev/null
}

t_all_at_once()
{
	make_ct --features nesting:on,tun:on,fuse:on
	start_ct
	is "nodes and volumes" "$(inside stat -c %F /dev/net/tun /dev/fuse /var/lib/docker | xargs)" \
		"character special file character special file directory"
	try ct set "$id" --features sysinfo:on --save
	is "two listeners" "$status" 21
	ct stop "$id" --fast >/dev/null
}

run_tests "$@"
