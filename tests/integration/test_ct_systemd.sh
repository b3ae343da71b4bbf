#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A Debian tree boots its own systemd as PID 1, and is shut down cleanly from outside.
#
# The tree is made once (debian-tree).
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"
. "${0%/*}/debian.sh"

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
	like "its machine id" "$(ct exec "$id" hostnamectl)" "Machine ID: $(<"$(ct_private etc/machine-id)")"
	like "cgroups of its own" "$(ct exec "$id" cat /proc/1/cgroup)" "0::/init.scope"
	check "systemd-run works" ct exec "$id" systemd-run --wait --quiet true
	limits_of_its_own
	try ct stop "$id"
	is "stop" "$status" 0
	is "its messages" "$out" "Stopping container ...
Container was stopped
Container is unmounted"
	is "services were stopped" "$(<"$(ct_private root/witness)")" "stopped by systemd"
	try ct start "$id" --wait
	is "start --wait" "$status" 0
	is "returns when it is up" "$(ct exec "$id" systemctl is-system-running)" running
	ct exec "$id" poweroff
	check "poweroff inside ends it" until_true is_down
	ct destroy "$id" >/dev/null
	is "what is left" "$(ct_traces "$id")" ""
}

# Its systemd enables controllers below itself and sets limits there.
limits_of_its_own()
{
	has_controller pids || { skip "its own limits" "no pids controller in cgroup v2 here"; return; }
	# shellcheck disable=SC2016 # for the shell inside
	ct exec "$id" systemd-run --pipe --wait --quiet -p TasksMax=4 -p MemoryMax=64M sh -c '
		own=/sys/fs/cgroup$(sed s/0::// /proc/self/cgroup)
		cat "$own/pids.max" "$own/memory.max"
		(for i in 1 2 3 4 5; do sleep 100 & done) 2>/dev/null
		cat "$own/pids.events"' >"$SCRATCH/own"
	like "its own limits" "$(tr '\n' ' ' <"$SCRATCH/own")" '4 67108864 (.* )?max [1-9]'
}

have_archive
run_tests "$@"
