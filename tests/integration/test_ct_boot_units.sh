#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vz.service and vz@.service: installed on the (throwaway) host itself, as systemd sees it.
# vm: systemd
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

[ -n "${VZRUN_TEST_VM:-}" ] || tap_skip_all "it installs units, which only the test VM forgets again"

etc=${VZ_SYSCONFDIR:-/usr/local/etc}/vz
var=${VZ_LOCALSTATEDIR:-/usr/local/var}/lib/vz
units=/run/systemd/system
build=${VZRUN%/*}

# In the host's mounts: its own /etc/vz, /var/lib/vz and /run/vzrun.
host()
{
	nsenter --target 1 --mount --net -- "$@"
}

hct()
{
	host "$VZRUN" "$@"
}

install_units()
{
	local unit
	host mkdir -p "$etc/conf" "$units"
	host tee "$etc/vz.conf" <"$build/vz.conf" >/dev/null
	for unit in vz.service vz@.service; do
		sed -E "s|^(Exec[A-Za-z]+=-?)[^ ]+|\1$VZRUN|" "$build/$unit" | host tee "$units/$unit" >/dev/null
	done
	systemctl daemon-reload
}

uninstall_units()
{
	host rm -f "$units/vz.service" "$units/vz@.service"
	systemctl daemon-reload
}

make_hct() # sets $id
{
	new_ct
	hct create "$id" --ostemplate "$archive" "$@" >/dev/null ||
		tap_bail "can't create CT $id on the host"
}

init_of() # ID
{
	hct state "$1" 2>/dev/null | jq .pid
}

cgroup_of() # PID
{
	sed -n 's/^0:://p' "/proc/$1/cgroup"
}

running()
{
	local dir
	for dir in "$CGROUP2"/vzrun/"$$"*/; do
		! grep -qx 'populated 1' "$dir/cgroup.events" 2>/dev/null || basename "$dir"
	done | sort -n | xargs
}

state() # UNIT
{
	systemctl show --property=ActiveState,SubState,Result --value "$1" | xargs
}

is_state() # UNIT STATE
{
	[ "$(state "$1")" = "$2" ]
}

t_all_with_the_host()
{
	local a b c broken pid_a pid_c script
	make_hct --onboot yes --bootorder 9 --ram 64M
	a=$id
	make_hct --onboot yes
	b=$id
	make_hct --onboot auto
	c=$id
	make_hct --onboot yes
	broken=$id
	echo 'no conf' | host tee -a "$etc/conf/$broken.conf" >/dev/null
	try systemctl start vz
	is "start" "$status$err" 0
	is "the unit is up, though one CT can't be started" "$(state vz)" "success active exited"
	is "these run" "$(running)" "$a $b"
	is "it says so" "$(hct boot --status)" "OpenVZ is running..."
	pid_a=$(init_of "$a")
	is "in cgroups of their own" "$(cgroup_of "$pid_a")" "/vzrun/$a"
	is "of the unit nothing is left to end" "$(cat "$CGROUP2/system.slice/vz.service/cgroup.procs" 2>/dev/null)" ""
	systemctl daemon-reexec
	systemctl daemon-reload
	is "daemon-reexec leaves them alone" "$(init_of "$a")" "$pid_a"
	is "and their limits" "$(<"$CGROUP2/vzrun/$a/memory.max")" 67108864
	systemd-run --quiet --wait "$VZRUN" start "$c"
	is "one by hand, in a unit that has ended" "$(running)" "$a $b $c"
	pid_c=$(init_of "$c")
	try systemctl restart vz
	is "restart" "$status$err" 0
	is "starts all that ran" "$(running)" "$a $b $c"
	check "anew" test "$(init_of "$a") $(init_of "$c")" != "$pid_a $pid_c"
	try systemctl stop vz
	is "stop" "$status$err$(running)" 0
	is "is no failure" "$(state vz)" "success inactive dead"
	is "it says so" "$(hct boot --status)" "OpenVZ is stopped."
	hct stop "$c" 2>/dev/null

	# The host goes down while it comes up: the one that begins is stopped, the others are not begun.
	host mkfifo "$etc/gate"
	printf '#!/bin/sh\n: >%s/begun\nread line <%s/gate\n' "$etc" "$etc" | host tee "$etc/conf/$a.mount" >/dev/null
	host chmod 755 "$etc/conf/$a.mount"
	echo 'VE_PARALLEL=1' | host tee -a "$etc/vz.conf" >/dev/null
	host sed -i '/^VE_PARALLEL="0"/d' "$etc/vz.conf"
	systemctl start --no-block vz
	check "it begins" until_true host test -e "$etc/begun"
	systemctl stop --no-block vz
	check "and is stopped" until_true host test -e "$var/lock/shutdown.lck"
	host sh -c "echo >$etc/gate"
	check "to its end" until_true is_state vz "success inactive dead"
	is "nothing runs" "$(running)" ""
	host rm "$etc/conf/$a.mount" "$etc/gate" "$etc/begun"
	is "the first is to come back" "$(host ls "$var/lock" | grep running)" "$a.running
$b.running"

	# One alone.
	try systemctl start "vz@$c"
	is "vz@: start" "$status$err$(running)" "0$c"
	try systemctl stop "vz@$c"
	is "stop" "$status$err$(running)" 0
	hct start "$c" >/dev/null
	try systemctl start "vz@$c"
	is "one that runs" "$status$err$(state "vz@$c")" "0success active exited"
	try systemctl stop "vz@$c"
	is "stop" "$status$err$(running)" 0
	try systemctl start vz@nobody
	is "one that is none" "$status$(state vz@nobody)" "1exit-code failed failed"
	systemctl reset-failed

	# /etc/init.d/vz has systemd do it.
	script=$SCRATCH/vz.init
	sed "s|^VZRUN=.*|VZRUN=$VZRUN|" "$build/vz.init" >"$script"
	try sh "$script" start
	is "/etc/init.d/vz start" "$status$err$(state vz)" "0success active exited"
	try sh "$script" stop
	is "stop" "$status$err$(state vz)$(running)" "0success inactive dead"
	host sed -i '/^no conf/d' "$etc/conf/$broken.conf"
	for id in "$a" "$b" "$c" "$broken"; do
		hct destroy "$id" >/dev/null
	done
	uninstall_units
}

# shellcheck disable=SC2034 # ct_tree's
init='trap "exit 0" TERM USR1 USR2; while :; do sleep 1000 & wait; done'
ct_tree "$SCRATCH/quick"
archive=/run/vztest-quick-$$.tar # there for the host too
tar -C "$SCRATCH/quick" -cf "$archive" .
install_units
run_tests "$@"
