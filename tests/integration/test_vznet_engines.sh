#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vznet called by real engines: as a hook by runc, crun and podman, as a CNI plugin by podman and
# containerd (ctr). What is given to them are the examples of vznet(8).
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/net.sh"
. "${0%/*}/engines.sh"

VZNET=${VZRUN%/*}/vznet
ENGINE_ENTER=(nsenter --net=/run/netns/node)

# The example that has this text, with this build's program in it.
man_example() # TEXT
{
	awk -v text="$1" '
		/^\.EX/ { block = ""; inside = 1; next }
		/^\.EE/ { inside = 0; if (index(block, text)) { printf "%s", block; exit } }
		inside { gsub(/\\-/, "-"); block = block $0 "\n" }' "$LIB_DIR/../../man/vznet.8" |
		sed "s,/usr/sbin/vznet,$VZNET,"
}

world()
{
	net_world
	pod_begin
	[ -d "$SCRATCH/podroot" ] || cp -a "$ROOTFS" "$SCRATCH/podroot"
	cp "$NETPEER" "$SCRATCH/podroot/bin"
}

world_end()
{
	pod_end
	net_end
}

# Of all networks: what vznet, the kernel and a plugin for addresses have.
left()
{
	on node "$VZNET" list
	ip -n node -o link show type veth | grep -v ' eth0@'
	on node nft list map inet vzrun publish4 2>/dev/null | grep elements
	find /run/vznet/cni /run/vznet/traffic /run/ipam -name '*[0-9]*' -type f ! -name 'last_reserved*' 2>/dev/null
}

one_line() # TEXT
{
	[ -n "$1" ] && [ "$(wc -l <<<"$1")" = 1 ]
}

# ---- the hook ----

# shellcheck disable=SC2016 # jq's
# crun 1.8 knows no later version.
hooked_bundle() # DIR ADDRESS [ANNOTATIONS]
{
	local example
	example=$(man_example '"createRuntime": [')
	make_bundle "$1" ".ociVersion = \"1.0.2\" | . + {$example} | .annotations = {\"org.vzrun.net.ip\": \"$2\"} + ${3:-{\}}" sleep 1000
}

oci() # ENGINE ARG...
{
	local engine=$1
	shift
	on node timeout 60 "$engine" --root "$SCRATCH/$engine" "$@" >"$SCRATCH/oci.out" 2>"$SCRATCH/oci.err"
}

hook_of() # ENGINE
{
	local engine=$1 said
	net_world
	new_id
	hooked_bundle "$SCRATCH/$id" 10.9.0.101
	try oci "$engine" create --bundle "$SCRATCH/$id" "$id"
	is "create" "$status/$(<"$SCRATCH/oci.err")" 0/
	check "the node reaches it before it starts" pings node 10.9.0.101
	oci "$engine" start "$id"
	check "the router reaches it" pings router 10.9.0.101
	is "its id" "$(on node "$VZNET" list)" "$id"
	try oci "$engine" delete --force "$id"
	is "delete" "$status" 0
	check "it is gone" pings_not router 10.9.0.101
	is "nothing is left" "$(left)" ""
	new_id
	hooked_bundle "$SCRATCH/$id" 10.9.0.1 '{"run.oci.hooks.stderr": "'"$SCRATCH/hook.err"'"}'
	try oci "$engine" create --bundle "$SCRATCH/$id" "$id"
	check "a hook that fails fails create" test "$status" != 0
	said=$(<"$SCRATCH/oci.err")
	[ "$engine" != crun ] || said=$(<"$SCRATCH/hook.err")
	like "with our reason" "$said" 'vznet: hook: .*the address 10.9.0.1 belongs to this host itself'
	check "in one line" one_line "$said"
	oci "$engine" state "$id"
	is "there is no container" "$?" 1
	is "and no network" "$(left)" ""
	net_end
}

t_hook_of_runc()
{
	hook_of runc
}

t_hook_of_crun()
{
	hook_of crun
}

hook_of_podman() # RUNTIME
{
	local POD_RUNTIME=$1 name=vz$$ run
	world
	mkdir -p "$SCRATCH/hooks.d"
	man_example '"hook":' >"$SCRATCH/hooks.d/vznet.json"
	run=(--hooks-dir "$SCRATCH/hooks.d" run -d --name "$name" --network none)
	try pod "${run[@]}" --annotation org.vzrun.net.ip=10.9.0.101 --rootfs "$SCRATCH/podroot" sleep 1000
	is "run" "$status/$err" 0/
	check "the router reaches it" pings router 10.9.0.101
	pod --hooks-dir "$SCRATCH/hooks.d" stop -t 0 "$name" >/dev/null 2>&1
	until_true pings_not node 10.9.0.101
	is "nothing is left when it has stopped" "$(left)" ""
	try pod --hooks-dir "$SCRATCH/hooks.d" start "$name"
	is "start again" "$status" 0
	check "the router reaches it again" pings router 10.9.0.101
	try pod --hooks-dir "$SCRATCH/hooks.d" rm -f -t 0 "$name"
	is "rm" "$status" 0
	is "nothing is left" "$(left)" ""
	try pod "${run[@]}" --annotation org.vzrun.net.ip=10.9.0.1 --rootfs "$SCRATCH/podroot" sleep 1000
	check "a hook that fails fails run" test "$status" != 0
	# crun keeps it to itself; vzrun says in a line of its own which hook it was.
	[ "$1" = crun ] || is "with our reason, in one line" \
		"$(grep -c 'vznet: hook: .*10.9.0.1 belongs to this host itself$' <<<"$err")" 1
	is "nothing is left of it" "$(left)" ""
	pod rm -f -t 0 "$name" >/dev/null 2>&1
	# A network namespace that lives on.
	try pod "${run[@]:0:6}" --network ns:/run/netns/ct1 --annotation org.vzrun.net.ip=10.9.0.102 \
		--rootfs "$SCRATCH/podroot" sleep 1000
	is "in a namespace of somebody else's" "$status/$err" 0/
	check "the router reaches it there" pings router 10.9.0.102
	pod --hooks-dir "$SCRATCH/hooks.d" rm -f -t 0 "$name" >/dev/null
	is "no link is left there" "$(ip -n ct1 -o link show type veth)$(left)" ""
	world_end
}

t_hook_of_podman_and_runc()
{
	hook_of_podman runc
}

t_hook_of_podman_and_crun()
{
	hook_of_podman crun
}

t_hook_of_podman_and_vzrun()
{
	hook_of_podman "$VZRUN"
}

# ---- the plugin ----

# ctr knows no other folders than these.
cni_begin()
{
	mkdir -p /etc/cni /var/lib/cni
	mount -t tmpfs vztest /etc/cni
	mount -t tmpfs vztest /opt
	mount -t tmpfs vztest /var/lib/cni
	mkdir -p /etc/cni/net.d /opt/cni/bin
	ln -s "$VZNET" /usr/lib/cni/* /opt/cni/bin
	man_example '"ranges"' | jq '.plugins[0].ipam.dataDir = "/run/ipam"' >/etc/cni/net.d/50-vznet.conflist
	export CONTAINERS_CONF=$SCRATCH/containers.conf
	cat >"$CONTAINERS_CONF" <<-END
		[network]
		network_backend = "cni"
		network_config_dir = "/etc/cni/net.d"
		cni_plugin_dirs = ["/opt/cni/bin"]
	END
}

cni_end()
{
	unset CONTAINERS_CONF
	umount /var/lib/cni /opt /etc/cni
}

# Whom a server in a container sees.
sees() # NAME ADDRESS PORT
{
	local answer n
	for n in 1 2 3 4 5 6 7 8; do
		answer=$(net_ask "$@")
		[[ $answer != [0-9]* ]] || break
		sleep 0.1
	done
	echo "$answer"
}

address_of_first()
{
	on node "$VZNET" show --json | jq -r '.[0].nics[0].addresses[0] // "" | sub("/.*"; "")'
}

has_first()
{
	[ -n "$(address_of_first)" ]
}

t_podman_by_cni()
{
	local POD_RUNTIME=runc name=vz$$ address
	world
	cni_begin
	is "podman knows the network" "$(pod network ls --format '{{.Name}}' --filter name=vznet)" vznet
	try pod run -d --name "$name" --network vznet -p 8080:80 --rootfs "$SCRATCH/podroot" netpeer serve 80
	is "run" "$status/$err" 0/
	address=$(address_of_first)
	is "its address" "$(pod inspect --format '{{.NetworkSettings.Networks.vznet.IPAddress}}' "$name")" "$address"
	is "the node reaches it" "$(sees node "$address" 80)" 10.9.0.1
	is "the router by the published port" "$(sees router 10.9.0.1 8080)" 10.9.0.254
	# shellcheck disable=SC2016 # for the shell inside
	try pod run --rm --network vznet --ip 10.77.0.50 --rootfs "$SCRATCH/podroot" \
		sh -c 'netpeer ask "$0" 80; netpeer ask 10.9.0.1 8080' "$address"
	is "another one has the address that was asked for, and reaches the first, also by its port" \
		"$status/$err/$(paste -sd ' ' <<<"$out")" "0//10.77.0.50 10.9.0.1"
	is "it leaves nothing" "$(on node "$VZNET" list | wc -l)" 1
	pod stop -t 0 "$name" >/dev/null 2>&1
	is "stopped: nothing is left" "$(left)" ""
	try pod start "$name"
	is "start again" "$status" 0
	is "the router reaches it again" "$(sees router 10.9.0.1 8080)" 10.9.0.254
	try pod run --name "x$name" --network vznet -p 8080:80 --rootfs "$SCRATCH/podroot" true
	check "a port that is taken fails run" test "$status" != 0
	like "and why" "$err" '8080'
	pod rm -f -t 0 "x$name" "$name" >/dev/null
	is "nothing is left" "$(left)" ""
	cni_end
	world_end
}

t_containerd_by_cni()
{
	local ctr id=vz$$ client
	world
	cni_begin
	containerd_start
	ctr=(on node timeout 60 ctr -a "$CTD/sock")
	net_serve router 80
	# The router sees the node, as the address is private.
	try "${ctr[@]}" run --rm --cni --runc-binary runc --rootfs "$SCRATCH/podroot" "$id" \
		/bin/sh -c 'ip -o addr show dev eth0; /bin/netpeer ask 10.9.0.254 80'
	is "run" "$status/$err" 0/
	like "an address" "$out" ' 10\.77\.0\.[0-9]+/'
	is "it reaches the router" "$(tail -n 1 <<<"$out")" 10.9.0.1
	is "nothing is left" "$(left)" ""
	"${ctr[@]}" run --rm --cni --runc-binary runc --rootfs "$SCRATCH/podroot" "$id" /bin/netpeer serve 80 >/dev/null 2>&1 &
	client=$!
	_retry 60 has_first
	is "another one is reached" "$(sees node "$(address_of_first)" 80)" 10.9.0.1
	"${ctr[@]}" task kill -s KILL "$id"
	wait "$client"
	is "killed: nothing is left" "$(left)" ""
	containerd_stop
	cni_end
	world_end
}

engines_need containerd crun ctr nft podman runc
run_tests "$@"
