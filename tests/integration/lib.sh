# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The vocabulary of the integration tests. A test file looks like this:
#
#	#!/bin/bash
#	. "${0%/*}/lib.sh"
#
#	t_hostname_is_set()
#	{
#		is "uname -n" "$(in_container '.hostname = "ct7"' uname -n)" ct7
#	}
#
#	t_unknown_id_is_refused()
#	{
#		try vzrun state nobody
#		is "status" "$status" 1
#		like "message" "$err" 'nobody.*does not exist'
#	}
#
#	run_tests "$@"
#
# Every function named t_* is a test; `test_x.sh t_one t_two` runs only these. Each statement of
# a test (check, is, like, unlike, skip) is one TAP line. A test may leave nothing behind: a last
# line checks that, for the whole file.
#
# A file runs by itself as root in new mount, network (lo is up), uts and ipc namespaces, and in
# a cgroup of its own, so files may run side by side, and nothing it does reaches the machine.
#
#   $VZRUN             the program under test
#   $SCRATCH           an empty folder on a real file system (VZ_TEST_DIR=DIR or =tmpfs chooses)
#   $ROOT              the --root of this file, below $SCRATCH
#   $ROOTFS            a shared root file system made of busybox, for read-only use
#   $CGROUP            this file's cgroup as in cgroupsPath; $CGROUP_DIR is its folder. A bundle
#                      made by make_bundle runs in $CGROUP/<name of the bundle's folder>.
#   vzrun ARG...       $VZRUN --root $ROOT ARG...
#   new_id             sets $id to an id that no other test uses
#   make_rootfs DIR    a root file system of busybox in DIR
#   make_bundle DIR [FILTER [CMD...]]
#                      DIR/config.json: config.json beside this file (runc's default, with a
#                      cgroup namespace, no terminal), CMD as its args, changed by the jq FILTER.
#                      Its root is DIR/rootfs if that exists, otherwise $ROOTFS. It is read-only.
#   in_container FILTER CMD...
#                      runs CMD in a new container, passes its output and exit status on
#   try CMD...         runs CMD and sets $status, $out and $err
#   until_true CMD...  waits until CMD succeeds; gives up with 1 when it never does
#   has_controller C   whether the cgroup v2 controller C can be used here
#   kernel_is X.Y      whether the kernel is at least X.Y
#
# check, is, like, unlike and skip (follow it with `return`) are told of in tests/tap.sh.
#
# No test asserts a time. VZ_TEST_KEEP=1 keeps $SCRATCH for a look.

set -u

LIB_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TEST_NAME=${0##*/}
TEST_NAME=${TEST_NAME%.sh}
TEST_LIMIT_SEC=${VZ_TEST_LIMIT_SEC:-900} # a test that hangs ends here; nothing else is timed

# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$LIB_DIR/../tap.sh"

vzrun()
{
	"$VZRUN" --root "$ROOT" "$@"
}

new_id()
{
	_ids=$((_ids + 1))
	id=t$$-$BASHPID-$_ids
}

make_rootfs()
{
	mkdir -p "$1"/{bin,dev,etc,home,mnt,proc,root,run,sys,tmp,usr,var/tmp}
	chmod 1777 "$1/tmp" "$1/var/tmp"
	ln -sfn bin "$1/sbin"
	ln -sfn ../bin "$1/usr/bin"
	ln -sfn ../bin "$1/usr/sbin"
	cp "$(command -v busybox)" "$1/bin/busybox"
	"$1/bin/busybox" --install "$1/bin"
	printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'user:x:1000:1000:user:/home:/bin/sh' >"$1/etc/passwd"
	printf '%s\n' 'root:x:0:' 'tty:x:5:' 'user:x:1000:' >"$1/etc/group"
}

make_bundle()
{
	local dir=$1 filter=${2:-.} rootfs=$ROOTFS
	shift
	[ $# = 0 ] || shift
	mkdir -p "$dir"
	[ ! -d "$dir/rootfs" ] || rootfs=rootfs
	jq --arg rootfs "$rootfs" --arg cgroup "$CGROUP/${dir##*/}" \
		".root.path = \$rootfs | .linux.cgroupsPath = \$cgroup
		 | if \$ARGS.positional != [] then .process.args = \$ARGS.positional else . end
		 | ($filter)" "$LIB_DIR/config.json" --args "$@" >"$dir/config.json" </dev/null
}

in_container()
{
	local filter=$1 id dir
	shift
	new_id
	dir=$SCRATCH/$id
	make_bundle "$dir" "$filter" "$@" || return
	vzrun run --bundle "$dir" "$id"
}

# shellcheck disable=SC2034 # out, err and status are for the tests
try()
{
	status=0
	"$@" >"$_tmp/out" 2>"$_tmp/err" || status=$?
	out=$(<"$_tmp/out")
	err=$(<"$_tmp/err")
}

until_true()
{
	_retry 1000 "$@"
}

_retry() # TIMES CMD...
{
	local n=$1
	shift
	for (( ; n > 0; n--)); do
		! "$@" >"$_tmp/retry" 2>&1 || return 0
		sleep 0.05
	done
	return 1
}

has_controller()
{
	[ -n "$CGROUP_DIR" ] && [[ " $(<"$CGROUP2/cgroup.controllers") " == *" $1 "* ]]
}

kernel_is()
{
	printf '%s\n%s\n' "$1" "$(uname -r)" | sort -V -C
}

# ---- the surroundings of one file ----

# Processes of this file, in $_pids. Reads without forking, so that no helper is in the list.
_list_processes()
{
	_pids=()
	[ -n "$CGROUP_DIR" ] || return 0
	mapfile -t _pids <"$CGROUP_DIR/self/cgroup.procs"
	local i
	for i in "${!_pids[@]}"; do
		[ "${_pids[i]}" != $$ ] || unset "_pids[i]"
	done
}

# What could be left behind, one line each, as it is now.
_list_things()
{
	local pid path
	for pid in "${_pids[@]}"; do
		echo "process $pid $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)"
	done
	awk '{ print "mount " $5 }' /proc/self/mountinfo
	awk -F: 'NR > 2 { gsub(/ /, "", $1); print "link " $1 }' /proc/self/net/dev
	losetup -ln -O NAME,BACK-FILE | awk -v dir="$SCRATCH/" 'index($2, dir) == 1 { print "loop device " $0 }'
	for path in "$ROOT"/*; do
		[ ! -e "$path" ] || echo "state folder $path"
	done
	[ -z "$CGROUP_DIR" ] ||
		find "$CGROUP_DIR" -mindepth 1 -type d ! -path "$CGROUP_DIR/self" -printf 'cgroup %p\n'
}

_nothing_is_left()
{
	_list_processes
	_list_things | sort >"$_tmp/after"
	comm -13 "$_tmp/before" "$_tmp/after" >"$_tmp/left"
	[ ! -s "$_tmp/left" ]
}

_scratch_parent()
{
	local dir
	for dir in ${VZ_TEST_DIR:-/var/lib/vz /var/tmp /tmp}; do
		if [ -d "$dir" ] && [[ $(stat -f -c %T "$dir") != overlayfs ]]; then
			echo "$dir"
			return
		fi
	done
}

_set_up()
{
	exec </dev/null
	umask 022
	busybox ip link set lo up || tap_bail "can't set lo up"
	local parent
	parent=$(_scratch_parent)
	SCRATCH=$(mktemp -d -p "${parent:-/tmp}" vztest.XXXXXX) || tap_bail "no scratch folder"
	trap _clean_up EXIT
	trap 'exit 1' INT TERM HUP
	[ -n "$parent" ] || mount -t tmpfs -o mode=755 vztest "$SCRATCH" || tap_bail "no scratch file system"
	chmod 755 "$SCRATCH"
	_tmp=$SCRATCH/.lib
	ROOT=$SCRATCH/run
	ROOTFS=$SCRATCH/rootfs
	mkdir "$_tmp"
	make_rootfs "$ROOTFS"
	chroot "$ROOTFS" /bin/true || tap_bail "busybox is not static (Debian: apt-get install busybox-static)"
	_set_up_cgroup
	_list_processes
	_list_things | sort >"$_tmp/before"
}

_set_up_cgroup()
{
	CGROUP=/vztest-$$
	CGROUP2=$(awk '$4 == "/" && / - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
	CGROUP_DIR=$CGROUP2$CGROUP
	if [ -z "$CGROUP2" ] || ! mkdir "$CGROUP_DIR" "$CGROUP_DIR/self"; then
		tap_note "no cgroup v2 here: leftover processes and cgroups are not looked for"
		CGROUP_DIR=
		return
	fi
	_home_cgroup=$CGROUP2$(awk -F: '$1 == 0 { print $3 }' /proc/self/cgroup)
	echo $$ >"$CGROUP_DIR/self/cgroup.procs"
}

_remove_cgroup()
{
	echo $$ >"$_home_cgroup/cgroup.procs"
	echo 1 >"$CGROUP_DIR/cgroup.kill"
	_retry 40 find "$CGROUP_DIR" -depth -type d -exec rmdir {} + ||
		tap_note "can't remove $CGROUP_DIR"
}

_clean_up()
{
	local dev mnt
	[ -n "$_done" ] || echo "Bail out! $TEST_NAME ended before its last test"
	[ -z "${CGROUP_DIR:-}" ] || _remove_cgroup
	awk -v dir="$SCRATCH" 'index($5, dir "/") == 1 || $5 == dir { print $5 }' /proc/self/mountinfo |
		tac | while read -r mnt; do umount -l "$mnt"; done
	losetup -ln -O NAME,BACK-FILE | awk -v dir="$SCRATCH/" 'index($2, dir) == 1 { print $1 }' |
		while read -r dev; do losetup -d "$dev"; done
	if [ -n "${VZ_TEST_KEEP:-}" ]; then
		tap_note "kept $SCRATCH"
	else
		rm -rf --one-file-system "$SCRATCH"
	fi
}

run_tests() # [TEST...]
{
	local tests before
	mapfile -t tests < <(declare -F | sed -n 's/^declare -f \(t_\)/\1/p')
	[ $# = 0 ] || tests=("$@")
	for tap_prefix in "${tests[@]}"; do
		before=$tap_count
		"$tap_prefix"
		[ "$tap_count" -gt "$before" ] || tap_line not-ok "checks nothing"
	done
	tap_prefix=
	if _retry 40 _nothing_is_left; then
		tap_line ok "nothing is left behind"
	else
		tap_line not-ok "nothing is left behind"
		tap_note "$(<"$_tmp/left")"
	fi
	_done=1
	tap_exit
}

if [ -z "${_VZ_TEST_INSIDE:-}" ]; then
	[ "$(id -u)" = 0 ] || tap_skip_all "needs root"
	for _tool in busybox jq losetup unshare; do
		command -v $_tool >/dev/null || tap_skip_all "$_tool is missing (./bootstrap deps installs it)"
	done
	VZRUN=${VZRUN:-$(command -v "$LIB_DIR/../../vzrun" || command -v vzrun)} ||
		tap_bail "no vzrun to test: build it, or set VZRUN"
	export VZRUN _VZ_TEST_INSIDE=1
	exec timeout -k 10 "$TEST_LIMIT_SEC" unshare --mount --net --uts --ipc "$BASH" "$0" "$@"
fi
unset _VZ_TEST_INSIDE
_ids=0
_done=
_set_up
