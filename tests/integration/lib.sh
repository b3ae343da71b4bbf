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
#   $ETC_VZ, $VAR_VZ   /etc/vz and /var/lib/vz as the program was configured: empty folders of this
#                      file's own on $SCRATCH's file system (so are the cache of seccomp filters and
#                      /var/log)
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
#   without_controllers CMD...
#                      runs CMD where cgroup v2 has no controller to give
#   kernel_is X.Y      whether the kernel is at least X.Y
#
# check, is, like, unlike and skip (follow it with `return`) are told of in tests/tap.sh.
#
# No test asserts a time. VZ_TEST_KEEP=1 keeps $SCRATCH for a look.

set -u

LIB_DIR=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
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

# busybox's shell starts no programs for mkdir, cp and the like.
make_rootfs()
{
	busybox sh -euc '
		mkdir -p "$1"
		cd "$1"
		mkdir bin dev etc home mnt proc root run sys tmp usr var var/tmp
		chmod 1777 tmp var/tmp
		ln -s bin sbin
		ln -s ../bin ../sbin usr
		cp "$2" bin/busybox
		# Within the new root, so this shows as well that busybox needs no libraries.
		chroot . /bin/busybox --install /bin
		printf "%s\n" root:x:0:0:root:/root:/bin/sh user:x:1000:1000:user:/home:/bin/sh >etc/passwd
		printf "%s\n" root:x:0: tty:x:5: user:x:1000: >etc/group
	' sh "$1" "$(type -P busybox)"
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
		 | ($filter)" "$LIB_DIR/config.json" --args -- "$@" >"$dir/config.json" </dev/null
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

# A cgroup whose parent passes nothing on, as the root of what is mounted. It goes with the last
# cgroup that CMD made below it. $VZRUN is a program, vzrun is not.
without_controllers()
{
	local bare=$CGROUP_DIR/bare status=0
	mkdir -p "$bare/root"
	# shellcheck disable=SC2016 # for the inner shells
	sh -c 'echo $$ >"$1/cgroup.procs" && exec unshare --cgroup --mount \
		sh -c "mount --bind \"\$1\" \"\$2\" && shift 2 && exec \"\$@\"" sh "$@"' \
		sh "$bare/root" "$CGROUP2" "$@" || status=$?
	rmdir "$bare/root/vztest-$$" "$bare/root" "$bare" 2>/dev/null
	return $status
}

kernel_is()
{
	printf '%s\n%s\n' "$1" "$(uname -r)" | sort -V -C
}

# ---- the surroundings of one file ----
# Mostly without other programs: starting one takes 0.2 s in the test VM.

# Reads mountinfo into $_mount_points and, in the same order, $_mount_types.
_read_mounts()
{
	local point line
	_mount_points=()
	_mount_types=()
	while read -r _ _ _ _ point line; do
		line=${line#*- }
		_mount_points+=("$point")
		_mount_types+=("${line%% *}")
	done </proc/self/mountinfo
}

_file_system_of() # FOLDER: sets $_type
{
	local i longest=
	for i in "${!_mount_points[@]}"; do
		if [[ $1/ == "${_mount_points[i]%/}/"* && ${_mount_points[i]} == "$longest"* ]]; then
			longest=${_mount_points[i]}
			_type=${_mount_types[i]}
		fi
	done
}

# The loop devices of files in $SCRATCH, in $_loops.
_list_loops()
{
	local device file
	_loops=()
	for device in /sys/block/loop*; do
		file=
		[ ! -r "$device/loop/backing_file" ] || read -r file <"$device/loop/backing_file"
		[[ $file != "$SCRATCH/"* ]] || _loops+=("/dev/${device##*/}")
	done
}

# What could be left behind, one line each, in $_things.
_list_things()
{
	local point file pid line
	_things=()
	_read_mounts
	for point in "${_mount_points[@]}"; do
		_things+=("mount $point")
	done
	while read -r line; do
		[[ $line != *:* ]] || _things+=("link ${line%%:*}")
	done </proc/self/net/dev
	_list_loops
	_things+=("${_loops[@]/#/loop device }")
	for file in "$ROOT"/*; do
		[ ! -e "$file" ] || _things+=("state folder $file")
	done
	[ -n "$CGROUP_DIR" ] || return 0
	_list_cgroups "$CGROUP_DIR"
	while read -r pid; do
		[ "$pid" = $$ ] || ! [ -e "/proc/$pid" ] || _things+=("process $pid ($(tr '\0' ' ' <"/proc/$pid/cmdline"))")
	done <"$CGROUP_DIR/self/cgroup.procs"
}

_list_cgroups() # FOLDER
{
	local dir
	for dir in "$1"/*/; do
		if [ -d "$dir" ] && [ "$dir" != "$CGROUP_DIR/self/" ]; then
			_list_cgroups "${dir%/}"
			_things+=("cgroup ${dir%/}")
		fi
	done
}

# Compares with $_things_before; what is new is in $_left.
_nothing_is_left()
{
	local -A before=()
	local thing
	for thing in "${_things_before[@]}"; do
		before[$thing]=$((${before[$thing]:-0} + 1))
	done
	_list_things
	_left=()
	for thing in "${_things[@]}"; do
		if [ "${before[$thing]:-0}" -gt 0 ]; then
			before[$thing]=$((before[$thing] - 1))
		else
			_left+=("$thing")
		fi
	done
	[ ${#_left[@]} = 0 ]
}

_set_up()
{
	exec </dev/null
	umask 022
	_read_mounts
	_host_mounts=${#_mount_points[@]}
	_make_scratch
	_tmp=$SCRATCH/.lib
	ROOT=$SCRATCH/run
	ROOTFS=$SCRATCH/rootfs
	make_rootfs "$ROOTFS" || tap_bail "busybox is not static (Debian: apt-get install busybox-static)"
	_set_up_cgroup
}

# Makes $SCRATCH and puts folders in it in the place of the host's that the program writes to.
_make_scratch()
{
	local dir parent=''
	ETC_VZ=${VZ_SYSCONFDIR:-/usr/local/etc}/vz
	VAR_VZ=${VZ_LOCALSTATEDIR:-/usr/local/var}/lib/vz
	for dir in ${VZ_TEST_DIR:-/var/tmp /var/lib/vz /tmp}; do
		[ -d "$dir" ] || continue
		_file_system_of "$dir"
		[ "$_type" = overlay ] || { parent=$dir; break; }
	done
	SCRATCH=$(mktemp -d -t vztest.XXXXXX) || tap_bail "no scratch folder"
	_storage=${parent:+$(mktemp -d -p "$parent" vztest.XXXXXX)}
	trap _clean_up EXIT
	trap 'exit 1' INT TERM HUP
	busybox sh -euc '
		nearest_folder() # PATH: itself, or what there is above it
		{
			dir=$1
			while [ ! -d "$dir/" ]; do dir=${dir%/*}; done
			echo "${dir:-/}"
		}

		is_private() # FOLDER: whether a layer is over it
		{
			for dir in $layers; do
				case $1/ in "$dir"/*) return 0 ;; esac
			done
			return 1
		}

		ip link set lo up
		scratch=$1 storage=$2
		shift 2
		if [ -n "$storage" ]; then
			mount --bind "$storage" "$scratch"
		else
			mount -t tmpfs vztest "$scratch"
		fi
		chmod 755 "$scratch"
		mkdir "$scratch/.lib"
		layers= n=0
		for path; do
			echo "$(nearest_folder "$path") $path"
		done | sort | while read -r parent path; do
			n=$((n + 1))
			private=$scratch/.lib/private$n
			mkdir "$private" "$private/upper" "$private/work" "$private/data"
			# A mount point that the host lacks is made in a layer over what is above it.
			if [ ! -d "$path" ] && ! is_private "$parent"; then
				[ "$parent" != / ] # there is no layer over that
				mount -t overlay vztest "$parent" \
					-o "lowerdir=$parent,upperdir=$private/upper,workdir=$private/work"
				layers="$layers $parent"
			fi
			mkdir -p "$path"
			mount --bind "$private/data" "$path"
		done
	' sh "$SCRATCH" "$_storage" "$ETC_VZ" "$VAR_VZ" "${VAR_VZ%/lib/vz}/cache/vzrun" \
		"${VAR_VZ%/lib/vz}/log" ||
		tap_bail "can't make a private place for the tests"
}

_set_up_cgroup()
{
	local i line
	CGROUP=/vztest-$$
	CGROUP2=
	for i in "${!_mount_points[@]}"; do
		[ "${_mount_types[i]}" != cgroup2 ] || CGROUP2=${_mount_points[i]}
	done
	CGROUP_DIR=$CGROUP2$CGROUP
	if [ -z "$CGROUP2" ] || ! mkdir "$CGROUP_DIR" "$CGROUP_DIR/self"; then
		tap_note "no cgroup v2 here: leftover processes and cgroups are not looked for"
		CGROUP_DIR=
		return
	fi
	while read -r line; do
		[[ $line != 0::* ]] || _home_cgroup=$CGROUP2${line#0::}
	done </proc/self/cgroup
	echo $$ >"$CGROUP_DIR/self/cgroup.procs"
}

_remove_cgroup()
{
	echo $$ >"$_home_cgroup/cgroup.procs"
	echo 1 >"$CGROUP_DIR/cgroup.kill"
	_retry 40 _remove_cgroups_below "$CGROUP_DIR" || tap_note "can't remove $CGROUP_DIR"
}

_remove_cgroups_below() # FOLDER
{
	local dir dirs=()
	_things=()
	CGROUP_DIR=$1 _list_cgroups "$1"
	for dir in "${_things[@]}"; do
		dirs+=("${dir#cgroup }")
	done
	rmdir "${dirs[@]}" "$1/self" "$1" 2>/dev/null || [ ! -e "$1" ]
}

_clean_up()
{
	# A child that a signal hits before it has left the shell's traps ends here too.
	[ $BASHPID = $$ ] || return 0
	local i
	[ -n "$tap_over" ] || echo "Bail out! $TEST_NAME ended before its last test"
	[ -z "${CGROUP_DIR:-}" ] || _remove_cgroup
	_list_loops
	[ ${#_loops[@]} = 0 ] || losetup -d "${_loops[@]}"
	if [ -n "${VZ_TEST_KEEP:-}" ]; then
		tap_note "kept ${_storage:-nothing of it: it is a tmpfs}"
		_storage=
	fi
	# Only what was there before this file's namespaces stays mounted.
	_read_mounts
	cd /
	for ((i = ${#_mount_points[@]} - 1; i >= _host_mounts; i--)); do
		umount -l "${_mount_points[i]}"
	done
	rmdir "$SCRATCH"
	[ -z "$_storage" ] || rm -rf --one-file-system "$_storage"
}

run_tests() # [TEST...]
{
	local tests before
	_list_things
	_things_before=("${_things[@]}")
	mapfile -t tests < <(compgen -A function t_)
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
		tap_note "${_left[@]}"
	fi
	tap_exit
}

if [ -z "${_VZ_TEST_INSIDE:-}" ]; then
	[ $EUID = 0 ] || tap_skip_all "needs root"
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
_set_up
