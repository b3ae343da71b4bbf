#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: long
# shellcheck disable=SC2016 # What is in single quotes is for the shell inside
# Mounts, what is masked or read-only, devices, and the root: read back from mountinfo inside.
. "${0%/*}/lib.sh"

USER_NS='.linux.namespaces += [{type: "user"}]
	| .linux.uidMappings = [{containerID: 0, hostID: 200000, size: 65536}]
	| .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]'

# The per-mount options of a mount point, from inside; a mount is given as jq.
options_of() # MOUNT-POINT FILTER
{
	in_container "$2" awk -v at="$1" '$5 == at { print $6 }' /proc/self/mountinfo
}

t_bind_mount_options()
{
	local case option want
	mkdir -p "$SCRATCH/src"
	for case in ro:ro nosuid:nosuid nodev:nodev noexec:noexec noatime:noatime nodiratime:nodiratime; do
		option=${case%%:*} want=${case#*:}
		like "$option" ",$(options_of /mnt ".mounts += [{destination: \"/mnt\", type: \"bind\",
			source: \"$SCRATCH/src\", options: [\"bind\", \"$option\"]}]")," ",$want,"
	done
	local got
	got=$(options_of /mnt ".mounts += [{destination: \"/mnt\", type: \"bind\",
		source: \"$SCRATCH/src\", options: [\"bind\", \"strictatime\"]}]")
	like "strictatime" "$got" '^rw'
	unlike "it clears relatime" "$got" 'atime'
}

t_nosymfollow()
{
	mkdir -p "$SCRATCH/links"
	ln -sf /etc/passwd "$SCRATCH/links/l"
	try in_container ".mounts += [{destination: \"/mnt\", type: \"bind\", source: \"$SCRATCH/links\",
		options: [\"bind\", \"nosymfollow\"]}]" cat /mnt/l
	like "following a link" "$err" 'symbolic links'
}

# A tree with another mount in it, to tell an option of the top from one of all.
tree_with_submount()
{
	mkdir -p "$SCRATCH/tree/sub"
	mountpoint -q "$SCRATCH/tree/sub" || mount -t tmpfs none "$SCRATCH/tree/sub"
}

t_recursive_attributes()
{
	local filter
	tree_with_submount
	filter=".mounts += [{destination: \"/mnt\", type: \"bind\", source: \"$SCRATCH/tree\", options: [\"rbind\", \"OPT\"]}]"
	like "ro leaves what is below" "$(options_of /mnt/sub "${filter/OPT/ro}")" '^rw,'
	like "rro does not" "$(options_of /mnt/sub "${filter/OPT/rro}")" '^ro,'
	like "rnosuid" "$(options_of /mnt/sub "${filter/OPT/rnosuid}")" 'nosuid'
	is "bind alone leaves it out" "$(options_of /mnt/sub "${filter/\"rbind\", \"OPT\"/\"bind\"}")" ""
	umount "$SCRATCH/tree/sub"
}

t_a_file_is_bound_on_a_file_that_is_made()
{
	local dir=$SCRATCH/file
	mkdir -p "$dir"
	make_rootfs "$dir/rootfs"
	echo content >"$SCRATCH/one"
	make_bundle "$dir" ".mounts += [{destination: \"/new/dir/one\", type: \"bind\", source: \"$SCRATCH/one\",
		options: [\"bind\"]}] | .root.readonly = false" cat /new/dir/one
	new_id
	is "content" "$(vzrun run --bundle "$dir" "$id")" content
	check "an empty file is what was made" [ ! -s "$dir/rootfs/new/dir/one" -a -f "$dir/rootfs/new/dir/one" ]
}

t_a_relative_source_counts_from_the_bundle()
{
	local dir=$SCRATCH/rel
	mkdir -p "$dir/data"
	echo here >"$dir/data/f"
	make_bundle "$dir" '.mounts += [{destination: "/mnt", type: "bind", source: "data", options: ["bind"]}]' cat /mnt/f
	new_id
	is "content" "$(vzrun run --bundle "$dir" "$id")" here
}

t_propagation()
{
	local case
	mkdir -p "$SCRATCH/src"
	mount --bind "$SCRATCH/src" "$SCRATCH/src"
	mount --make-shared "$SCRATCH/src"
	for case in rshared:shared: rslave:master: rprivate:^$ runbindable:unbindable; do
		like "${case%%:*}" "$(in_container ".mounts += [{destination: \"/mnt\", type: \"bind\",
			source: \"$SCRATCH/src\", options: [\"rbind\", \"${case%%:*}\"]}]" \
			awk '$5 == "/mnt" { for (i = 7; $i != "-"; i++) print $i }' /proc/self/mountinfo)" "${case#*:}"
	done
	umount "$SCRATCH/src"
}

t_a_mount_inside_does_not_reach_the_host()
{
	mkdir -p "$SCRATCH/src/x"
	mount --bind "$SCRATCH/src" "$SCRATCH/src"
	mount --make-shared "$SCRATCH/src"
	try in_container ".mounts += [{destination: \"/mnt\", type: \"bind\", source: \"$SCRATCH/src\",
		options: [\"rbind\"]}] | .process.capabilities |= map_values(. + [\"CAP_SYS_ADMIN\"])" \
		sh -c 'mount -t tmpfs inside /mnt/x && echo mounted'
	is "mounted inside" "$out" mounted
	unlike "on the host" "$(</proc/self/mountinfo)" "tmpfs inside"
	umount "$SCRATCH/src"
}

t_rootfs_propagation()
{
	like "shared" "$(in_container '.linux.rootfsPropagation = "shared"' \
		awk '$5 == "/" { print $7 }' /proc/self/mountinfo)" 'shared:'
	unlike "private" "$(in_container '.linux.rootfsPropagation = "private"' \
		awk '$5 == "/" { print $7 }' /proc/self/mountinfo)" 'shared:|master:'
	like "unbindable" "$(in_container '.linux.rootfsPropagation = "unbindable"' \
		awk '$5 == "/" { print $7 }' /proc/self/mountinfo)" 'unbindable'
}

t_file_system_options()
{
	local line
	line=$(in_container '.mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs",
		options: ["size=123k", "mode=710", "nr_inodes=50", "noexec"]}]' grep ' /mnt ' /proc/self/mounts)
	like "size" "$line" 'size=124k'
	like "mode" "$line" 'mode=710'
	like "inodes" "$line" 'nr_inodes=50'
	like "noexec" "$line" 'noexec'
	try in_container '.mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["sise=1k"]}]' true
	is "status of a bad option" "$status" 1
	like "its message" "$err" '/mnt.*sise'
}

t_an_option_longer_than_fsconfig_takes()
{
	local long lower
	long=$(printf 'l%.0s' {1..200})
	lower=$SCRATCH/$long
	mkdir -p "$lower/a" "$lower/b/deep"
	echo low >"$lower/a/f"
	is "overlay with long layers" "$(in_container ".mounts += [{destination: \"/mnt\", type: \"overlay\", source: \"overlay\",
		options: [\"lowerdir=$lower/a:$lower/b\"]}]" cat /mnt/f)" low
}

t_it_gets_all_options()
{
	local long fields
	long=$(printf 'size=0x%0300x' 262144)
	fields=$(in_container ".mounts += [{destination: \"/mnt\", type: \"tmpfs\", source: \"tmpfs\",
		options: [\"$long\", \"noatime\", \"nosymfollow\", \"rnodev\", \"rro\", \"lazytime\", \"dirsync\", \"shared\"]}]" \
		awk '$5 == "/mnt" { print $6, $7, $NF }' /proc/self/mountinfo)
	like "its size" "$fields" 'size=256k'
	like "of the mount" "$fields" '^ro,nodev,noatime,nosymfollow '
	like "of the file system" "$fields" '[ ,]dirsync,lazytime,|[ ,]lazytime,.*dirsync'
	like "propagation" "$fields" ' shared:'
	try in_container ".mounts += [{destination: \"/etc\", type: \"tmpfs\", source: \"tmpfs\",
		options: [\"$long\", \"tmpcopyup\"]}]" true
	like "with tmpcopyup" "$status/$err" '^1/.*mount "/etc": tmpcopyup: '
	long=$(printf 'size=0x%0*x' "$(getconf PAGESIZE)" 262144)
	try in_container ".mounts += [{destination: \"/mnt\", type: \"tmpfs\", source: \"tmpfs\",
		options: [\"$long\"]}]" true
	like "longer than a page" "$status/$err" '^1/.*mount "/mnt": .*options are longer than [0-9]+ bytes'
}

t_tmpcopyup()
{
	is "what the image has there is copied" "$(in_container '.mounts += [{destination: "/etc", type: "tmpfs",
		source: "tmpfs", options: ["tmpcopyup"]}]' sh -c 'head -c 4 /etc/passwd; echo x >/etc/new && ls /etc')" \
		$'root'"$(printf 'group\nnew\npasswd')"
}

t_idmapped_bind_mount()
{
	mkdir -p "$SCRATCH/idm"
	touch "$SCRATCH/idm/f"
	chown 0:0 "$SCRATCH/idm/f"
	is "with the container's maps" "$(in_container "$USER_NS"" | .mounts += [{destination: \"/mnt\", type: \"bind\",
		source: \"$SCRATCH/idm\", options: [\"bind\", \"idmap\"]}]" \
		sh -c 'stat -c %u:%g /mnt/f; touch /mnt/new')" 0:0
	is "a file made inside, on the host" "$(stat -c %u:%g "$SCRATCH/idm/new")" 0:0
	is "with maps of its own" "$(in_container ".mounts += [{destination: \"/mnt\", type: \"bind\",
		source: \"$SCRATCH/idm\", options: [\"bind\"],
		uidMappings: [{containerID: 0, hostID: 5, size: 10}],
		gidMappings: [{containerID: 0, hostID: 6, size: 10}]}]" stat -c %u:%g /mnt/f)" 5:6
}

t_masked_and_read_only_paths()
{
	local out
	out=$(in_container '.linux.maskedPaths = ["/proc/keys", "/sys/firmware", "/sys/kernel", "/nowhere"]
		| .linux.readonlyPaths = ["/proc/sys", "/etc", "/nowhere"] | .root.readonly = false' \
		sh -c 'wc -c </proc/keys; ls -A /sys/firmware /sys/kernel | grep -v : | wc -w;
			touch /etc/x 2>&1; echo 1 2>&1 >/proc/sys/kernel/domainname')
	is "size of a masked file" "$(sed -n 1p <<<"$out")" 0
	is "entries of masked folders" "$(sed -n 2p <<<"$out" | tr -d ' ')" 0
	like "a read-only folder" "$out" '/etc/x: Read-only'
	like "a read-only part of /proc" "$out" 'domainname: Read-only'
}

t_masked_folders_share_one_file_system()
{
	is "devices" "$(in_container '.linux.maskedPaths = ["/sys/firmware", "/sys/kernel", "/sys/class"]' \
		stat -c %d /sys/firmware /sys/kernel /sys/class | sort -u | wc -l)" 1
}

t_read_only_root()
{
	try in_container '.root.readonly = true' touch /x
	like "writing" "$err" 'Read-only'
	local dir=$SCRATCH/rw
	mkdir -p "$dir"
	make_rootfs "$dir/rootfs"
	make_bundle "$dir" '.root.readonly = false' touch /x
	new_id
	vzrun run --bundle "$dir" "$id"
	check "a file made inside is there" [ -f "$dir/rootfs/x" ]
}

t_no_pivot()
{
	local dir=$SCRATCH/nopivot
	make_bundle "$dir" . sh -c 'ls -d /bin; ls /host 2>/dev/null || echo none'
	new_id
	is "its own root" "$(vzrun run --no-pivot --bundle "$dir" "$id")" $'/bin\nnone'
}

# ---- devices ----

t_default_devices()
{
	is "nodes" "$(in_container . sh -c 'cd /dev; stat -c "%n %t:%T %a" null zero full random urandom tty' | tr '\n' ';')" \
		"null 1:3 666;zero 1:5 666;full 1:7 666;random 1:8 666;urandom 1:9 666;tty 5:0 666;"
	is "links" "$(in_container . sh -c 'cd /dev; for l in fd stdin stdout stderr ptmx; do readlink $l; done' | tr '\n' ' ')" \
		"/proc/self/fd /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 pts/ptmx "
}

t_default_devices_in_a_user_namespace()
{
	is "nodes" "$(in_container "$USER_NS" sh -c 'cd /dev; stat -c "%n %t:%T" null zero full random urandom tty;
		echo gone >/dev/null' | tr '\n' ';')" "null 1:3;zero 1:5;full 1:7;random 1:8;urandom 1:9;tty 5:0;"
}

t_devices_of_the_spec()
{
	is "node, mode, owner" "$(in_container '.linux.devices = [
			{type: "c", path: "/dev/fuse9", major: 10, minor: 229, fileMode: 416, uid: 3, gid: 4},
			{type: "b", path: "/dev/sub/blk", major: 7, minor: 5},
			{type: "p", path: "/dev/pipe", fileMode: 384}]' \
		sh -c 'cd /dev; stat -c "%n %F %t:%T %a %u:%g" fuse9 sub/blk pipe' | tr '\n' ';')" \
		"fuse9 character special file a:e5 640 3:4;sub/blk block special file 7:5 666 0:0;pipe fifo 0:0 600 0:0;"
}

t_a_bound_dev_is_left_alone()
{
	mkdir -p "$SCRATCH/dev"
	is "its content" "$(in_container "(.mounts[] | select(.destination == \"/dev\")) |=
			{destination: \"/dev\", type: \"bind\", source: \"$SCRATCH/dev\", options: [\"bind\"]}
		| del(.mounts[] | select(.destination | startswith(\"/dev/\")))" ls -A /dev)" ""
}

# ---- what is refused ----

t_a_missing_source_is_one_line()
{
	try in_container '.mounts += [{destination: "/mnt", type: "bind", source: "/nowhere/at/all", options: ["bind"]}]' true
	is "status" "$status" 1
	like "message" "$err" 'mount "/mnt": open the source "/nowhere/at/all": No such file or directory'
	is "lines" "$(wc -l <<<"$err")" 1
}

t_a_folder_on_a_file_is_one_line()
{
	mkdir -p "$SCRATCH/folder"
	try in_container ".mounts += [{destination: \"/etc/passwd\", type: \"bind\", source: \"$SCRATCH/folder\",
		options: [\"bind\"]}]" true
	like "message" "$err" 'mount "/etc/passwd": .*\(the source is a folder and the destination a file\)'
}

t_an_unknown_file_system_is_one_line()
{
	try in_container '.mounts += [{destination: "/mnt", type: "nosuchfs", source: "x"}]' true
	is "status" "$status" 1
	like "message" "$err" 'mount "/mnt": make file system "nosuchfs"'
}

t_mounts_over_proc_are_refused()
{
	mkdir -p "$SCRATCH/src"
	touch "$SCRATCH/uptime"
	try in_container ".mounts += [{destination: \"/proc\", type: \"bind\", source: \"$SCRATCH/src\", options: [\"bind\"]}]" true
	like "a folder on /proc" "$err" 'must be a proc file system'
	try in_container ".mounts += [{destination: \"/proc/self/attr\", type: \"bind\", source: \"$SCRATCH/src\",
		options: [\"bind\"]}]" true
	like "a folder in it" "$err" 'inside /proc'
	try in_container '.mounts += [{destination: "/proc/sys", type: "tmpfs", source: "tmpfs"}]' true
	like "a tmpfs in it" "$err" 'inside /proc'
	try in_container ".mounts += [{destination: \"/proc/uptime\", type: \"bind\", source: \"$SCRATCH/uptime\",
		options: [\"bind\"]}]" wc -c /proc/uptime
	is "but what lxcfs gives is fine" "$out$err" "0 /proc/uptime"
}

t_proc_and_sys_of_the_image_are_folders()
{
	local dir=$SCRATCH/links-for-kernel name
	mkdir -p "$dir"
	make_rootfs "$dir/rootfs"
	for name in proc sys; do
		rmdir "$dir/rootfs/$name"
		ln -s /tmp "$dir/rootfs/$name"
		make_bundle "$dir" . true
		new_id
		try vzrun run --bundle "$dir" "$id"
		is "$name: status" "$status" 1
		like "$name: message" "$err" "mount \"/$name.*no folder in the image"
		rm "$dir/rootfs/$name"
		mkdir "$dir/rootfs/$name"
	done
}

t_home_is_not_read_from_the_host()
{
	local dir=$SCRATCH/magic fd
	mkdir -p "$dir"
	make_rootfs "$dir/rootfs"
	echo "root:x:0:0::/stolen:/bin/sh" >"$SCRATCH/pw"
	exec {fd}<"$SCRATCH"
	for ((fd = 3; fd < 12; fd++)); do
		ln -sf "/proc/self/fd/$fd/pw" "$dir/rootfs/etc/passwd"
		make_bundle "$dir" '.process.env |= map(select(startswith("HOME=") | not))' sh -c 'echo $HOME'
		new_id
		is "through fd $fd" "$(vzrun run --bundle "$dir" "$id")" /
	done
}

t_dangling_links_as_mount_targets_are_made()
{
	local dir=$SCRATCH/dangling
	mkdir -p "$dir"
	make_rootfs "$dir/rootfs"
	echo name >"$SCRATCH/resolv"
	ln -s ../run/systemd/resolve/stub-resolv.conf "$dir/rootfs/etc/resolv.conf"
	ln -s /run/lock "$dir/rootfs/var/lock"
	make_bundle "$dir" ".mounts += [
		{destination: \"/etc/resolv.conf\", type: \"bind\", source: \"$SCRATCH/resolv\", options: [\"bind\"]},
		{destination: \"/var/lock/x\", type: \"bind\", source: \"$SCRATCH/resolv\", options: [\"bind\"]}]" \
		cat /run/systemd/resolve/stub-resolv.conf /run/lock/x
	new_id
	is "content" "$(vzrun run --bundle "$dir" "$id")" $'name\nname'
}

USERNS='.linux.namespaces += [{type: "user"}]
	| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
	| .linux.gidMappings = .linux.uidMappings'

# There sources are opened in the container's copy of the host's mounts.
t_sources_with_a_user_namespace()
{
	local dir=$SCRATCH/late at name
	mkdir -p "$dir/src" "$dir/cwd"
	echo content >"$dir/src/file"
	echo mine >"$dir/cwd/file"
	at="{destination: \"/mnt\", type: \"bind\", source"
	is "the caller's working directory" "$(cd "$dir/cwd" && in_container \
		"$USERNS | .mounts += [$at: \"/proc/self/cwd\", options: [\"rbind\"]}]" cat /mnt/file)" mine
	exec 8<"$dir/src"
	is "an fd of the caller's" "$(in_container \
		"$USERNS | .mounts += [$at: \"/proc/self/fd/8\", options: [\"rbind\"]}]" cat /mnt/file)" content
	exec 8<&-
	mount -t tmpfs -o noatime,nodev late "$dir/src"
	for name in relatime strictatime atime diratime; do
		like "$name where the host says noatime" "$(options_of /mnt \
			"$USERNS | .mounts += [$at: \"$dir/src\", options: [\"rbind\", \"$name\", \"ro\"]}]")" '^ro,nodev,noatime'
	done
	try in_container "$USERNS | .mounts += [$at: \"$dir/src\", options: [\"rbind\", \"dev\"]}]" true
	like "dev where the host says nodev" "$status/$err" \
		'^1/.*mount "/mnt": set mount attributes: .*\(the host.s own mount is more restricted, and stays so\)$'
	umount "$dir/src"
}

t_a_missing_source_leaves_no_trace()
{
	local dir=$SCRATCH/no-trace
	mkdir -p "$dir"
	make_bundle "$dir" "$USERNS | .mounts += [{destination: \"/mnt\", type: \"bind\", source: \"/nowhere\"}]
		| .hooks.poststop = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"touch $dir/ran\"]}]" true
	new_id
	try vzrun create --bundle "$dir" "$id"
	like "message" "$status/$err" '^1/.*mount "/mnt": open the source "/nowhere": No such file'
	check "no hook ran" test ! -e "$dir/ran"
}

run_tests "$@"
