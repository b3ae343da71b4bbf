#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Real engines with vzrun as their runtime: containerd (by ctr) and podman, as Debian has them. They
# want a host with cgroup v2 alone, so this is for the test VM.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/engines.sh"

# ---- containerd ----

# An image of one layer, the busybox tree, as a folder of the OCI layout in a tar archive.
make_image() # FILE
{
	tar -C "$ROOTFS" -cf "$SCRATCH/layer.tar" .
	python3 - "$SCRATCH/layer.tar" "$1" <<-'END'
		import hashlib, io, json, sys, tarfile

		blobs = {}

		def blob(data, kind):
		    digest = hashlib.sha256(data).hexdigest()
		    blobs["blobs/sha256/" + digest] = data
		    return {"mediaType": "application/vnd.oci.image." + kind, "digest": "sha256:" + digest,
		            "size": len(data)}

		layer = blob(open(sys.argv[1], "rb").read(), "layer.v1.tar")
		config = {"architecture": "amd64", "os": "linux", "history": [{}],
		          "config": {"Cmd": ["/bin/sh"], "Env": ["PATH=/bin:/sbin:/usr/bin"]},
		          "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}}
		manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
		            "config": blob(json.dumps(config).encode(), "config.v1+json"), "layers": [layer]}
		index = {"schemaVersion": 2, "manifests": [blob(json.dumps(manifest).encode(), "manifest.v1+json")]}
		index["manifests"][0]["annotations"] = {"io.containerd.image.name": "localhost/busybox:1"}
		blobs["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
		blobs["index.json"] = json.dumps(index).encode()
		with tarfile.open(sys.argv[2], "w") as tar:
		    for name, data in blobs.items():
		        info = tarfile.TarInfo(name)
		        info.size = len(data)
		        tar.addfile(info, io.BytesIO(data))
	END
}

task_status() # ID
{
	ctr -a "$CTD/sock" task ls | awk -v id="$1" '$1 == id { print $3 }'
}

t_containerd()
{
	local ctr=(timeout 120 ctr) id=vz$$
	containerd_start
	make_image "$SCRATCH/image.tar"
	ctr+=(-a "$CTD/sock")
	"${ctr[@]}" image import "$SCRATCH/image.tar" >/dev/null || tap_bail "ctr can't import the image"
	# shellcheck disable=SC2016 # expanded inside
	try "${ctr[@]}" run --rm --runc-binary "$VZRUN" localhost/busybox:1 "$id" \
		sh -c 'echo "uid $(id -u)"; cat /proc/self/cgroup; exit 7'
	is "run: exit status" "$status" 7
	is "run: what it sees" "$out" $'uid 0\n'"0::/default/$id"
	try "${ctr[@]}" run -d --runc-binary "$VZRUN" localhost/busybox:1 "$id" sleep 1000
	is "run -d" "$status/$(task_status "$id")" 0/RUNNING
	try "${ctr[@]}" task exec --exec-id e1 "$id" sh -c 'echo inside; exit 3'
	is "task exec" "$status/$out" 3/inside
	like "task metrics" "$("${ctr[@]}" task metrics "$id")" 'pids.current +1'
	"${ctr[@]}" task pause "$id"
	is "task pause" "$(task_status "$id")" PAUSED
	"${ctr[@]}" task resume "$id"
	is "task resume" "$(task_status "$id")" RUNNING
	like "task ps" "$("${ctr[@]}" task ps "$id")" $'\n[0-9]+ '
	"${ctr[@]}" task kill -s KILL "$id"
	until_true test "$(task_status "$id")" = STOPPED
	"${ctr[@]}" task rm "$id" >/dev/null 2>&1
	is "task kill, task rm" "$(task_status "$id")" ""
	"${ctr[@]}" container rm "$id"
	containerd_stop
}

# ---- podman ----

t_podman()
{
	local id=vz$$
	pod_begin
	cp -a "$ROOTFS" "$SCRATCH/podroot"
	# shellcheck disable=SC2016 # expanded inside
	try pod run --rm --network none --rootfs "$SCRATCH/podroot" \
		sh -c 'echo "uid $(id -u), $(cat /sys/fs/cgroup/pids.max) processes"; exit 7'
	is "run: exit status" "$status" 7
	is "run: what it sees" "$out" "uid 0, 2048 processes"
	try pod run -d --name "$id" --network none --memory 64m --rootfs "$SCRATCH/podroot" sleep 1000
	is "run -d" "$status" 0
	try pod exec "$id" cat /sys/fs/cgroup/memory.max
	is "exec: its memory limit" "$status/$out" 0/67108864
	try pod exec "$id" sh -c 'exit 3'
	is "exec: exit status" "$status" 3
	try pod exec "$id" /nowhere
	is "exec: no such program" "$status" 127
	pod pause "$id" >/dev/null
	is "pause" "$(pod inspect --format '{{.State.Status}}' "$id")" paused
	pod unpause "$id" >/dev/null
	is "unpause" "$(pod inspect --format '{{.State.Status}}' "$id")" running
	like "top" "$(pod top "$id" args)" 'sleep 1000'
	try pod stop -t 1 "$id"
	is "stop" "$status/$(pod inspect --format '{{.State.Status}}' "$id")" 0/exited
	pod start "$id" >/dev/null
	is "start again" "$(pod inspect --format '{{.State.Status}}' "$id")" running
	try pod rm -f -t 0 "$id"
	is "rm -f" "$status/$(pod ps -aq)" 0/
	pod_end
}

engines_need containerd ctr podman python3
run_tests "$@"
