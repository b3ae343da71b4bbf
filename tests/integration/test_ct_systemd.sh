#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A Debian tree boots its own systemd as PID 1, and is shut down cleanly from outside.
#
# The tree is made by debootstrap once and kept in /var/cache/vzrun-test.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

SUITE=bookworm
CACHE=${VZ_TEST_CACHE:-/var/cache/vzrun-test}
ARCHIVE=$CACHE/debian-$SUITE.tar.zst

mirror()
{
	# shellcheck disable=SC2016 # apt's variable
	apt-get indextargets --format '$(SITE) $(RELEASE)' 2>/dev/null |
		awk -v suite="$SUITE" '$2 == suite { print $1; exit }'
}

# In the network namespace of the host, which lib.sh left and its parent is in.
make_archive()
{
	local tree=$SCRATCH/debian site
	site=$(mirror)
	nsenter --net="/proc/$PPID/ns/net" debootstrap --variant=minbase --include=systemd-sysv,dbus \
		"$SUITE" "$tree" "${site:-http://deb.debian.org/debian}" || return
	rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/*
	mkdir -p "$CACHE" &&
		tar -C "$tree" --numeric-owner --xattrs --acls --zstd -cf "$ARCHIVE.$$" . &&
		mv "$ARCHIVE.$$" "$ARCHIVE"
}

have_archive()
{
	[ ! -e "$ARCHIVE" ] || return 0
	command -v debootstrap >/dev/null || tap_skip_all "debootstrap is missing (./bootstrap deps installs it)"
	make_archive >"$SCRATCH/debootstrap.log" 2>&1 || {
		tap_note "$(tail -n 3 "$SCRATCH/debootstrap.log")"
		tap_skip_all "debootstrap can't make a Debian tree here, and there is none in $CACHE"
	}
}

is_up()
{
	[[ $(ct exec "$id" systemctl is-system-running) =~ ^(running|degraded)$ ]]
}

boot()
{
	ct start "$id" >/dev/null || return
	until_true is_up
}

t_debian_boots_and_stops_cleanly()
{
	new_ct
	try ct create "$id" --ostemplate "$ARCHIVE" --hostname debian.example
	is "create" "$status$err" 0
	# A service that tells how it was stopped.
	mkdir -p "$(ct_private etc/systemd/system/multi-user.target.wants)"
	cat >"$(ct_private etc/systemd/system/witness.service)" <<'END'
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecStop=/bin/sh -c 'echo stopped by systemd >/root/witness'
[Install]
WantedBy=multi-user.target
END
	ln -s ../witness.service "$(ct_private etc/systemd/system/multi-user.target.wants/)"
	check "it boots" boot
	is "as PID 1" "$(ct exec "$id" cat /proc/1/comm)" systemd
	is "to a running system" "$(ct exec "$id" systemctl is-system-running)" running
	is "with no failed unit" "$(ct exec "$id" systemctl --failed --no-legend --plain)" ""
	is "services run" "$(ct exec "$id" systemctl is-active systemd-journald dbus systemd-logind | sort -u)" active
	is "it knows where it is" "$(ct exec "$id" systemd-detect-virt --container)" container-other
	is "its host name" "$(ct exec "$id" hostname)" debian.example
	like "cgroups of its own" "$(ct exec "$id" cat /proc/1/cgroup)" "0::/init.scope"
	check "systemd-run works" ct exec "$id" systemd-run --wait --quiet true
	try ct stop "$id"
	is "stop" "$status" 0
	is "its messages" "$out" "Stopping container ...
Container was stopped
Container is unmounted"
	is "services were stopped" "$(<"$(ct_private root/witness)")" "stopped by systemd"
	check "it boots again" boot
	ct exec "$id" poweroff
	check "poweroff inside ends it" until_true is_down
	ct destroy "$id" >/dev/null
	is "what is left" "$(ct_traces "$id")" ""
}

is_down()
{
	[[ $(ct status "$id") == *down ]]
}

have_archive
run_tests "$@"
