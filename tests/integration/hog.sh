# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # id, err and status are lib.sh's
# Sourced behind lib.sh by the tests of limits: puts hog (see hog.c) into $ROOTFS/bin.
#
#   start_one FILTER [CMD...]   starts a container, $id, that sleeps or does CMD
#   end_one [ID]                removes it
#   file NAME                   a file of its cgroup, on one line
#   event FILE KEY              a number in one of "key value" lines
#   update_to JSON              vzrun update --resources, as try does
#   disk                        MAJOR:MINOR of the block device under $SCRATCH
#   need_controllers            skips the file where cgroup v1 has them

HOG=${HOG:-${VZRUN%/*}/tests/integration/hog}
[ -x "$HOG" ] || tap_bail "$HOG is missing (make check builds it)"
cp "$HOG" "$ROOTFS/bin/hog"

need_controllers()
{
	has_controller memory || tap_skip_all "no memory controller in cgroup v2 here (make check-vm has it)"
}

start_one()
{
	local filter=$1
	shift
	[ $# -gt 0 ] || set -- sleep 1000
	new_id
	make_bundle "$SCRATCH/$id" "$filter" "$@"
	try vzrun run --detach --bundle "$SCRATCH/$id" "$id"
	[ "$status" = 0 ] || tap_note "$err"
}

# shellcheck disable=SC2120 # without an id: the last one
end_one()
{
	vzrun delete --force "${1:-$id}"
}

file()
{
	local text
	text=$(<"$CGROUP_DIR/$id/$1") || return
	echo "${text//$'\n'/ }"
}

event()
{
	awk -v key="$2" '$1 == key { print $2 }' "$CGROUP_DIR/$id/$1"
}

update_to()
{
	printf '%s' "$1" >"$SCRATCH/update.json"
	try vzrun update --resources "$SCRATCH/update.json" "$id"
}

disk()
{
	local number
	number=$(stat -c %d "$SCRATCH")
	echo $((number >> 8 & 0xfff)):$((number & 0xff | number >> 12 & 0xfff00))
}
