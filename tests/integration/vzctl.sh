# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced behind lib.sh: vzctl and vzlist as a panel finds them, with OpenVZ's own places.
#
#   vzctl, vzlist, …   the program by these names; vzrun is the program with no --root
#   $VZ                /var/lib/vz, $CONF the confs, $LOG the log
#   new_ct, make_ct [OPT...], start_ct
#                      as in ct.sh, with vzctl
#   said TEXT [ERR [STATUS]]
#                      checks what `try` saw: the whole of stdout, of stderr, and the status

# shellcheck disable=SC2034,SC2154 # id, out, err and status; what begins with _ is lib.sh's

VZ=$VAR_VZ
CONF=$ETC_VZ/conf
LOG=${VAR_VZ%/lib/vz}/log/vzctl.log
mkdir -p "$CONF" "$VZ/lock" "$SCRATCH/sbin"
for _face in vzctl vzlist vzpid vzcfgvalidate; do
	ln -s "$VZRUN" "$SCRATCH/sbin/$_face"
done
PATH=$SCRATCH/sbin:$PATH
# A program with other places than these would change the host's.
echo nonsense >"$ETC_VZ/vz.conf"
[[ $(vzctl status 1 2>&1) == *"$ETC_VZ/vz.conf:1:"* ]] || tap_bail "$VZRUN reads another vz.conf than $ETC_VZ's"
: >"$VZ/lock/lxcfs.missing" # or the first start would say that lxcfs is not there
cat >"$ETC_VZ/vz.conf" <<END
## Global parameters
VIRTUOZZO=yes
LOCKDIR=$VZ/lock
DUMPDIR=$VZ/dump
LOGGING=yes
LOGFILE=$LOG
LOG_LEVEL=0
VERBOSE=0
TEMPLATE=$VZ/template
VE_ROOT=$VZ/root/\$VEID
VE_PRIVATE=$VZ/private/\$VEID
CONFIGFILE="basic"
NAMESERVER=inherit # Copy from host system's /etc/resolv.conf
END
mount -t tmpfs vztest /run
ROOT=/run/vzrun
mkdir "$ROOT"

vzrun()
{
	"$VZRUN" "$@"
}

# What a failing test left running.
eval "_clean_up_lib() $(declare -f _clean_up | tail -n +2)"
_clean_up()
{
	local state
	for state in "$ROOT"/*/; do
		[ ! -d "$state" ] || vzctl stop "$(basename "$state")" --fast >/dev/null 2>&1
	done
	_clean_up_lib
}

# Cgroups are named after the id, and files run side by side.
_cts=0
new_ct()
{
	_cts=$((_cts + 1))
	id=$(($$ * 100 + _cts))
}

make_ct()
{
	new_ct
	vzctl create "$id" --ostemplate minimal "$@" >"$_tmp/create" 2>&1 ||
		tap_bail "can't create CT $id: $(<"$_tmp/create")"
}

start_ct()
{
	vzctl start "$id" >"$_tmp/start" 2>&1 || tap_bail "can't start CT $id: $(<"$_tmp/start")"
	until_true vzrun exec "$id" test -d /run/lock || tap_bail "CT $id does not come up"
}

gone_ct()
{
	vzctl --quiet stop "$id" --fast
	vzctl --quiet destroy "$id"
}

said()
{
	is "$1: status" "$status" "${4:-0}"
	is "$1: stdout" "$out" "$2"
	is "$1: stderr" "$err" "${3:-}"
}
