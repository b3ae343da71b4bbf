#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The life of container 101, in a folder of its own that is removed at the end, and in a network
# namespace that plays the node: nothing on the host is changed. Needs root; VZRUN names the
# program.
set -eu

VZRUN=${VZRUN:-vzrun}
CTID=101
base=
started=
client=

say()
{
	printf '\n== %s\n' "$*"
}

# Shows the command as one would type it, and runs it in the demo's own world.
run()
{
	printf '# vzrun %s\n' "$*"
	vzrun "$@"
}

vzrun()
{
	"$VZRUN" --root "$base/run" --config "$base/vz.conf" "$@"
}

# The namespace's network is 192.0.2.0/24: this node is .1, and .2 another machine.
make_network()
{
	mount -t tmpfs tmpfs /run
	unshare --net sleep 1000 &
	client=$!
	until [ "$(readlink /proc/$client/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
	ip link set lo up
	ip link add eth0 type veth peer name eth0 netns $client
	ip address add 192.0.2.1/24 dev eth0
	ip link set eth0 up
	nsenter --target $client --net ip address add 192.0.2.2/24 dev eth0
	nsenter --target $client --net ip link set eth0 up
}

clean_up()
{
	[ -z "$client" ] || kill $client 2>/dev/null || true
	[ -z "$started" ] || vzrun stop $CTID --fast >/dev/null 2>&1 || true
	[ -z "$started" ] || vzrun destroy $CTID >/dev/null 2>&1 || true
	[ -z "$base" ] || rm -rf --one-file-system "$base"
	# The parent of all cgroups of ours; what is not empty stays.
	rmdir /sys/fs/cgroup/vzrun /sys/fs/cgroup/unified/vzrun 2>/dev/null || true
}

[ "$(id -u)" = 0 ] || {
	echo "demo.sh: needs root" >&2
	exit 1
}
if [ "${VZ_DEMO_NODE:-}" != yes ]; then
	VZ_DEMO_NODE=yes exec unshare --net --mount "$0"
fi
trap clean_up EXIT
trap 'exit 1' INT TERM HUP
base=$(mktemp -d "${TMPDIR:-/var/tmp}/vzrun-demo.XXXXXX")
mkdir "$base/conf"
sed "s|/var/lib/vz|$base|" >"$base/vz.conf" <<'VZ_CONF'
TEMPLATE="/var/lib/vz/template"
VE_PRIVATE="/var/lib/vz/private/$VEID"
VE_ROOT="/var/lib/vz/root/$VEID"
DUMPDIR="/var/lib/vz/dump"
LOCKDIR="/var/lib/vz/lock"
VZ_CONF

make_network

say "Everything below lies in $base; an installed vzrun uses /etc/vz and /var/lib/vz."
say "Create container $CTID from the built-in template, which is made of this host's busybox."
started=1
run create $CTID --ostemplate minimal --hostname demo.example

say "Start it: its init runs in namespaces of its own, as a user that is nobody on the host."
run start $CTID

say "Run commands inside."
run exec $CTID uname -n
run exec $CTID id
# shellcheck disable=SC2016 # for the shell inside
run exec $CTID sh -c 'echo "its user 0 is user $(awk "{ print \$2 }" /proc/self/uid_map) of the host"'
run exec $CTID ps

say "Give it an address. (This demo runs in a network namespace; the host's network stays as it is.)"
run set $CTID --ipadd 192.0.2.101 --save
run exec $CTID ping -c 1 192.0.2.1
echo "# ping -c 1 192.0.2.101          on another machine of the network"
nsenter --target $client --net busybox ping -c 1 192.0.2.101

say "List the containers."
run list -a
run status $CTID

say "Stop it: its init is asked to shut down."
run stop $CTID
run status $CTID

say "Remove it with all its data."
run destroy $CTID
started=

say "Done; $base is removed."
