# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the tests of real engines share: containerd and podman as Debian has them, with all of
# their data in places of this file's own. To be read after lib.sh.
#
#   engines_need PROGRAM...   skips all but in the test VM; bails out where one is missing
#   ENGINE_ENTER=(CMD...)     what each is started by
#   containerd_start          without CRI; its socket is $CTD/sock
#   containerd_stop           and removes its state
#   pod_begin                 sets $POD, where podman keeps what does not last
#   pod ARG...                podman with the runtime $POD_RUNTIME (this program)
#   pod_end

ENGINE_ENTER=()

# They want a host with cgroup v2 alone.
engines_need()
{
	local program
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] ||
		tap_skip_all "this host has more than cgroup v2, which the engines don't want (the test VM has not)"
	for program; do
		command -v "$program" >/dev/null || tap_bail "$program is missing (./bootstrap deps installs it)"
	done
}

# Its state is in /run, which is not too long for the names of sockets.
containerd_start()
{
	CTD=$(mktemp -d /run/vzctd.XXXXXX)
	cat >"$SCRATCH/containerd.toml" <<-END
		version = 2
		root = "$SCRATCH/containerd"
		state = "$CTD/state"
		disabled_plugins = ["io.containerd.grpc.v1.cri"]
		[grpc]
		address = "$CTD/sock"
	END
	"${ENGINE_ENTER[@]}" containerd -c "$SCRATCH/containerd.toml" >"$SCRATCH/containerd.log" 2>&1 &
	containerd=$!
	until_true test -S "$CTD/sock" || tap_bail "containerd does not start: $(tail -n 3 "$SCRATCH/containerd.log")"
}

containerd_stop()
{
	kill "$containerd"
	wait "$containerd" 2>/dev/null
	until_true rm -r "$CTD"
}

pod_begin()
{
	POD=$(mktemp -d /run/vzpod.XXXXXX)
}

pod()
{
	"${ENGINE_ENTER[@]}" timeout 120 podman --root "$SCRATCH/podman" --runroot "$POD" --tmpdir "$POD/tmp" \
		--cgroup-manager cgroupfs --events-backend file --runtime "${POD_RUNTIME:-$VZRUN}" "$@"
}

pod_end()
{
	umount "$SCRATCH/podman/overlay" 2>/dev/null
	until_true rm -rf --one-file-system "$POD" "$SCRATCH/podman"
}
