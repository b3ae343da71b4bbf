# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced behind lib.sh: persistent containers in a world of their own below $SCRATCH.
#
#   $CT_DIR           where vz.conf, conf/, names/, template/, private/, root/, dump/, lock/ are
#   ct ARG...         $VZRUN with that vz.conf and this file's --root
#   new_ct            sets $id to a CT id that no other test file uses
#   make_ct [OPT...]  new_ct, created from `minimal`; bails out if that fails
#   make_nest         make_ct for one that nests, with the host's /usr in it: its runc, crun, podman
#   start_ct          starts $id and waits until its rc script is done
#   ct_tree DIR       a root file system in DIR whose /sbin/init does what $init says (a script)
#   end_monitor PID   kills the monitor of the CT whose init PID is: nobody tidies up behind that
#   ct_traces ID      what there is of a CT, a line each; nothing for one that is gone
#   ct_private PATH   where the file of $id lies on disk

# shellcheck disable=SC2034,SC2154 # id, and what begins with _, is lib.sh's

CT_DIR=$SCRATCH/vz
mkdir -p "$CT_DIR/conf" "$CT_DIR/lock"
: >"$CT_DIR/lock/lxcfs.missing" # or the first start would say that lxcfs is not there
cat >"$CT_DIR/vz.conf" <<END
TEMPLATE="$CT_DIR/template"
VE_PRIVATE="$CT_DIR/private/\$VEID"
VE_ROOT="$CT_DIR/root/\$VEID"
DUMPDIR="$CT_DIR/dump"
LOCKDIR="$CT_DIR/lock"
LOGFILE="$CT_DIR/vzctl.log"
END

# What a failing test left running: a CT's cgroup is not below the file's own.
eval "_clean_up_lib() $(declare -f _clean_up | tail -n +2)"
_clean_up()
{
	local state
	for state in "$ROOT"/*/; do
		[ ! -d "$state" ] || ct stop "$(basename "$state")" --fast >/dev/null 2>&1
	done
	_clean_up_lib
}

ct()
{
	"$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" "$@"
}

# Cgroups are named after the id, and files run side by side.
new_ct()
{
	_cts=$((_cts + 1))
	id=$(($$ * 100 + _cts))
}
_cts=0

make_ct()
{
	new_ct
	ct create "$id" --ostemplate minimal "$@" >"$_tmp/create" 2>&1 ||
		tap_bail "can't create CT $id: $(<"$_tmp/create")"
}

end_monitor()
{
	local parent
	parent=$(awk '$1 == "PPid:" { print $2 }' "/proc/$1/status" 2>/dev/null)
	grep -q '/vzrun/\.monitors$' "/proc/${parent:-none}/cgroup" 2>/dev/null || return
	kill -KILL "$parent"
	until_true eval "! [ -e /proc/$parent/ns/mnt ]"
}

start_ct()
{
	ct start "$id" >"$_tmp/start" 2>&1 || tap_bail "can't start CT $id: $(<"$_tmp/start")"
	until_true ct exec "$id" test -d /run/lock || tap_bail "CT $id does not come up"
}

ct_private()
{
	echo "$CT_DIR/private/$id/upper/$1"
}

# shellcheck disable=SC2154 # init is the caller's
ct_tree()
{
	make_rootfs "$1"
	rm -f "$1/bin/init"
	printf '#!/bin/sh\n%s\n' "$init" >"$1/bin/init"
	chmod 755 "$1/bin/init"
}

ct_traces()
{
	local path
	awk -v dir="$CT_DIR/root/$1" '$5 == dir { print "mount " $5 }' /proc/self/mountinfo
	for path in "$CT_DIR/private/$1"* "$CT_DIR/root/$1" "$CT_DIR/conf/$1".* "$CT_DIR/lock/$1.lck" \
		"$CT_DIR/lock/$1.running" "$ROOT/$1" "$CGROUP2/vzrun/$1"; do
		[[ ! -e $path || $path = *.destroyed ]] || echo "$path"
	done
	find "$CT_DIR/names" -lname "*/$1.conf" 2>/dev/null
}

make_nest()
{
	make_ct --features nesting:on --bindmount_add /usr:/usr,ro
	mkdir -p "$(ct_private etc)" "$(ct_private lib64)"
	ln -s usr/lib "$(ct_private lib)"
	ln -s /usr/lib64/ld-linux-x86-64.so.2 "$(ct_private lib64/ld-linux-x86-64.so.2)"
	[ ! -d /etc/containers ] || cp -r /etc/containers "$(ct_private etc/)"
}
