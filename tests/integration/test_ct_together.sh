#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: long
# CTs of three kinds run at once: a Debian with systemd, one of the built-in template with limits, and one
# in which a container runs.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"
. "${0%/*}/net.sh"
. "${0%/*}/ctnet.sh"
. "${0%/*}/debian.sh"

# A container that sleeps, on an overlay.
# shellcheck disable=SC2016 # for the shell inside
nested='set -e
	cd /var/lib/docker
	mkdir -p low/bin low/proc up work bundle/rootfs
	cp /bin/busybox low/bin/busybox
	ln -sf busybox low/bin/sleep
	mount -t overlay overlay -o lowerdir=low,upperdir=up,workdir=work bundle/rootfs
	cd bundle
	"$1" spec
	sed -i "s,\"terminal\": true,\"terminal\": false,; s,\"sh\",\"/bin/sleep\"\, \"1000\"," config.json
	"$1" run -d nested </dev/null >/dev/null 2>&1'

status_of() # CT
{
	ct list -H -o status "$1"
}

t_three_kinds_at_once()
{
	local debian small nest all
	command -v runc >/dev/null || { skip "three kinds" "runc is not installed"; return; }
	world
	new_ct
	debian=$id
	ct create "$debian" --ostemplate "$ARCHIVE" --hostname debian --ipadd 10.9.0.101 >/dev/null
	make_ct --hostname small --ipadd 10.9.0.102
	small=$id
	! has_controller memory || ct set "$small" --ram 64M --save >/dev/null
	make_nest
	nest=$id
	ct set "$nest" --hostname nest --ipadd 10.9.0.103 --save >/dev/null
	all=("$debian" "$small" "$nest")
	for id in "${all[@]}"; do
		ct start "$id" >/dev/null &
	done
	wait
	id=$debian
	check "Debian comes up" until_true _is_up
	is "without a failed unit" "$(ct exec "$debian" systemctl --failed --no-legend --plain)" ""
	# shellcheck disable=SC2016 # for the shell inside
	try ct exec "$nest" sh -c "$nested" sh "$(command -v runc)"
	is "a container in a CT" "$status$err" 0
	is "all run" "$(for id in "${all[@]}"; do status_of "$id"; done | sort -u)" running
	is "and it too" "$(ct exec "$nest" runc list -q)" nested
	is "each by its name" "$(for id in "${all[@]}"; do ct exec "$id" uname -n; done | xargs)" "debian small nest"
	for id in "${all[@]}"; do
		check "the client reaches $id" pings client "$(ct list -H -o ip "$id")"
		check "it reaches Debian" ct exec "$id" ping -c 1 -w 5 10.9.0.101
	done
	for id in "${all[@]}"; do
		ct stop "$id" --fast >/dev/null
		ct destroy "$id" >/dev/null
		is "$id leaves nothing" "$(ct_traces "$id")" ""
	done
	check "nor does its network" until_true nothing_left
	net_end
}

have_archive
run_tests "$@"
