#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# checkpoint and restore of OCI containers: memory, files, ids, namespaces and stdio go on.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"
. "${0%/*}/criu.sh"

# shellcheck disable=SC2016 # for the shell inside
COUNTER='n=0; while :; do n=$((n + 1)); echo $n >/tmp/n; sleep 0.05; done'

# A writable root of its own, and a counter in it that lives in memory only.
make_counter() # [FILTER [STDERR]]
{
	new_id
	dir=$SCRATCH/$id
	make_rootfs "$dir/rootfs"
	make_bundle "$dir" ".root.readonly = false | ${1:-.}" sh -c "$COUNTER"
	echo 0 >"$dir/rootfs/tmp/n"
	chmod a+rw "$dir/rootfs/tmp/n"
	vzrun run --detach --bundle "$dir" "$id" >/dev/null 2>"${2:-$dir/err}" </dev/null ||
		tap_bail "can't start"
	counts "$dir/rootfs/tmp/n" || tap_bail "it does not count"
}

init_of()
{
	vzrun state "$1" | jq .pid
}

t_memory_goes_on()
{
	local before
	need_criu || return
	make_counter
	try vzrun checkpoint --image-path "$dir/img" "$id"
	is "checkpoint" "$status/$err" 0/
	try vzrun state "$id"
	is "it is gone" "$status" 1
	check "and its cgroup" test ! -d "$CGROUP_DIR/$id"
	is "who may read it" "$(stat -c %a:%u "$dir/img")" 700:0
	before=$(<"$dir/rootfs/tmp/n")
	try vzrun restore --detach --bundle "$dir" --image-path "$dir/img" \
		--pid-file "$dir/pid" "$id" </dev/null
	is "restore" "$status/$err" 0/
	check "it counts on" counts "$dir/rootfs/tmp/n"
	check "from where it was" test "$(<"$dir/rootfs/tmp/n")" -ge "$before"
	is "state" "$(vzrun state "$id" | jq -r .status)" running
	is "pid file" "$(<"$dir/pid")" "$(init_of "$id")"
	like "cgroup" "$(<"/proc/$(<"$dir/pid")/cgroup")" "$CGROUP/$id\$"
	is "its own view of it" "$(vzrun exec "$id" cat /proc/self/cgroup)" 0::/
	is "its name" "$(vzrun exec "$id" hostname)" vztest
	is "its root" "$(vzrun exec "$id" ls /)" "$(ls "$dir/rootfs")"
	is "what is masked" "$(vzrun exec "$id" sh -c 'cat /proc/kcore /proc/keys')" ""
	is "privileges" "$(grep -E 'NoNewPrivs|CapEff' "/proc/$(<"$dir/pid")/status" | tr -s '\t\n' '  ')" \
		"CapEff: 0000000020000420 NoNewPrivs: 1 "
	vzrun kill "$id" KILL
	until_true sh -c "\"$VZRUN\" --root \"$ROOT\" state $id | grep -q stopped"
	try vzrun delete "$id"
	is "delete" "$status/$err" 0/
}

t_ids_and_binds()
{
	need_criu || return
	mkdir -p "$SCRATCH/bound"
	echo here >"$SCRATCH/bound/file"
	make_counter '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.cgroupsPath += "u"
		| .mounts += [{destination: "/mnt", type: "bind", source: "'"$SCRATCH/bound"'",
			options: ["rbind", "ro"]}]' /dev/null
	try vzrun checkpoint --image-path "$dir/img" --leave-running "$id"
	is "checkpoint --leave-running" "$status/$err" 0/
	check "it counts on" counts "$dir/rootfs/tmp/n"
	vzrun pause "$id"
	try vzrun checkpoint --image-path "$dir/img2" "$id"
	is "checkpoint of a paused one" "$status/$err" 0/
	try vzrun restore -d -b "$dir" --image-path "$dir/img2" "$id" </dev/null
	is "restore" "$status/$err" 0/
	check "it counts on" counts "$dir/rootfs/tmp/n"
	is "ids" "$(stat -c %u "/proc/$(init_of "$id")")" 100000
	is "a bind mount" "$(vzrun exec "$id" cat /mnt/file)" here
	try vzrun exec "$id" touch /mnt/new
	like "is read-only" "$err" "Read-only file system"
	is "a device" "$(vzrun exec "$id" sh -c 'echo x >/dev/null; head -c 3 /dev/zero | wc -c')" 3
	try vzrun exec "$id" mount -o remount,rw,bind /mnt
	unlike "it stays so" "$status" '^0$'
	vzrun delete --force "$id"
}

t_a_mount_below_a_volume()
{
	local vol=$SCRATCH/vol
	need_criu || return
	mkdir -p "$vol/sub" "$vol/real"
	echo inside >"$vol/real/file"
	mount --bind "$vol/real" "$vol/sub"
	make_counter '.mounts += [{destination: "/vol", type: "bind", source: "'"$vol"'", options: ["rbind"]}]' /dev/null
	try vzrun checkpoint --image-path "$dir/img" "$id"
	is "checkpoint" "$status/$err" 0/
	try vzrun restore -d -b "$dir" --image-path "$dir/img" "$id" </dev/null
	is "restore" "$status/$err" 0/
	is "it is there" "$(vzrun exec "$id" cat /vol/sub/file)" inside
	vzrun delete --force "$id"
	umount "$vol/sub"
}

t_refusals()
{
	new_id
	try vzrun checkpoint "$id"
	like "nobody" "$status/$err" "^1/.*does not exist"
	make_bundle "$SCRATCH/$id" . sleep 100
	mkdir -m 755 "$SCRATCH/$id/open" "$SCRATCH/$id/empty"
	chmod 777 "$SCRATCH/$id/open"
	try vzrun restore --bundle "$SCRATCH/$id" --image-path "$SCRATCH/$id/none" "$id"
	like "no images" "$status/$err" "^1/.*open the folder.*No such file"
	try vzrun restore --bundle "$SCRATCH/$id" --image-path "$SCRATCH/$id/open" "$id"
	like "images that others may write" "$status/$err" "^1/.*not ours alone to write"
	try vzrun restore --bundle "$SCRATCH/$id" --image-path "$SCRATCH/$id/empty" "$id"
	like "none of ours" "$status/$err" "^1/.*no checkpoint of vzrun's"
	vzrun run --detach --bundle "$SCRATCH/$id" "$id" </dev/null >/dev/null 2>&1
	try vzrun checkpoint --image-path "$SCRATCH/$id/open" "$id"
	like "nor go there" "$status/$err" "^1/.*not ours alone to write"
	try vzrun checkpoint --image-path "$SCRATCH/$id/img" --work-path "$SCRATCH/$id/open" "$id"
	like "nor does a log" "$status/$err" "^1/.*not ours alone to write"
	is "nothing is there" "$(ls "$SCRATCH/$id/open")" ""
	is "it runs on" "$(vzrun state "$id" | jq -r .status)" running
	vzrun delete --force "$id"
	try vzrun checkpoint --empty-ns pid "$id"
	like "--empty-ns" "$status/$err" "^1/.*only \"network\""
	is "nothing is left" "$(ls "$ROOT" 2>/dev/null)" ""
}

t_a_ct_is_refused()
{
	make_ct
	start_ct
	try ct checkpoint --image-path "$SCRATCH/ct.img" "$id"
	like "checkpoint" "$status/$err" "^1/.*it is a CT"
	is "it runs" "$(ct exec "$id" echo here)" here
	check "no images" test ! -e "$SCRATCH/ct.img"
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

run_tests "$@"
