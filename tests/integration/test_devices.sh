#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Device rules: each node is made, opened for reading and opened for writing, and only what the
# rules say works, from the first moment to the last.
# shellcheck disable=SC2016 # what stands in single quotes is for the shell in the container
# shellcheck disable=SC2119,SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/hog.sh"

[ -n "$CGROUP_DIR" ] || tap_bail "no cgroup v2 hierarchy is mounted"

# Nodes that the driver lets everyone open, or has not at all (which is not EPERM).
MKNOD='.process.capabilities |= map_values(. + ["CAP_MKNOD"])'
DENY='{"allow": false, "access": "rwm"}'

rule() # allow|deny TYPE:MAJOR:MINOR ACCESS
{
	local type major minor
	IFS=: read -r type major minor <<<"$2"
	printf '{"allow": %s, "type": "%s", "access": "%s"' "$([ "$1" = allow ] && echo true || echo false)" "$type" "$3"
	[ "${major:-*}" = '*' ] || printf ', "major": %s' "$major"
	[ "${minor:-*}" = '*' ] || printf ', "minor": %s' "$minor"
	echo '}'
}

rules() # RULE...: replaces those that there are
{
	local IFS=,
	update_to "{\"devices\": [$*]}"
	is "new rules" "$status$err" 0
}

nodes() # NODE...: NODE and what works, on one line
{
	vzrun exec "$id" hog nodes "$@" | tr '\n' ' '
}

# Proves: devices
t_each_node_by_each_access()
{
	local usual='c:1:3 c:1:5 c:1:7 c:1:8 c:1:9 c:5:0 c:5:1 c:5:2 c:136:0 c:136:77 c:10:200'
	start_one "$MKNOD"
	# shellcheck disable=SC2086 # words
	is "the usual ones" "$(nodes $usual)" "$(printf '%s rwm ' $usual)"
	is "others may be made, not opened" "$(nodes c:21:0 c:1:2 c:10:229 c:10:232 b:1:3 b:7:0 b:8:0)" \
		"c:21:0 --m c:1:2 --m c:10:229 --m c:10:232 --m b:1:3 --m b:7:0 --m b:8:0 --m "
	rules "$DENY" "$(rule allow c:10:229 r)" "$(rule allow b:7 rw)" "$(rule deny b:7:1 w)"
	is "reading one, a whole major but for one" "$(nodes c:10:229 b:7:0 b:7:1 b:7:2 c:7:0 c:21:0)" \
		"c:10:229 r-m b:7:0 rwm b:7:1 r-m b:7:2 rwm c:7:0 --m c:21:0 --m "
	rules "$DENY" "$(rule deny c:10:229 rw)" "$(rule allow c:10:229 rw)"
	is "the last word is to allow" "$(nodes c:10:229)" "c:10:229 rwm "
	rules "$DENY" "$(rule allow c:10:229 rw)" "$(rule deny c:10:229 rw)"
	is "the last word is to deny" "$(nodes c:10:229)" "c:10:229 --m "
	rules "$(rule allow a rwm)" "$(rule deny c:21:0 rw)" "$(rule deny 'b:*:1' w)"
	is "all but some" "$(nodes c:21:0 c:10:229 b:7:0 b:7:1 b:8:1)" \
		"c:21:0 --m c:10:229 rwm b:7:0 rwm b:7:1 r-m b:8:1 r-m "
	rules "$(rule allow a rwm)"
	is "all" "$(nodes c:21:0 b:8:0)" "c:21:0 rwm b:8:0 rwm "
	update_to '{"unified": {"cgroup.max.depth": "9"}}'
	is "an update without rules leaves them" "$status $(nodes c:21:0)" "0 c:21:0 rwm "
	update_to "{\"unified\": {\"cgroup.max.depth\": \"deep\"}, \"devices\": [$DENY]}"
	is "a refused update too" "$status $(nodes c:21:0)" "1 c:21:0 rwm "
	rules "$DENY"
	is "none again" "$(nodes c:21:0 b:8:0)" "c:21:0 --m b:8:0 --m "
	end_one
}

t_rules_are_replaced_in_one_step()
{
	local i more=()
	start_one "$MKNOD" sh -c 'mknod /dev/forbidden c 21 0
		hog watch /dev/null /dev/forbidden /dev/shm/stop >/dev/shm/seen; sleep 1000'
	until_true vzrun exec "$id" grep -q watching /dev/shm/seen
	for i in {1..20}; do
		[ $((i % 2)) = 0 ] && more=("$(rule allow c:10:229 rw)") || more=()
		update_to "{\"devices\": [$DENY${more:+,${more[0]}}]}"
		[ "$status" = 0 ] || tap_note "$err"
	done
	is "the last rules hold" "$(nodes c:10:229)" "c:10:229 rwm "
	vzrun exec "$id" touch /dev/shm/stop
	until_true vzrun exec "$id" grep -q '[0-9]' /dev/shm/seen
	is "not once open to all, or shut to all" "$(vzrun exec "$id" tail -n 1 /dev/shm/seen)" "0 0"
	end_one
}

run_tests "$@"
