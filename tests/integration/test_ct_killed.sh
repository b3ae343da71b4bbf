#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: long
# Each verb of a CT is killed before, and once more spoiled at, each call with which it creates,
# changes or removes something (tests/faults/calls.c). What is left can be started, if there is
# still a CT, and is always destroyed without a trace.
#
# Of calls that look alike two are taken, and every N-th of these: VZ_FAULTS_EVERY=N, or 3, or 20
# in the test VM, where each costs seconds.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

INJECT=${INJECT:-${VZRUN%/*}/tests/faults/inject}
every=${VZ_FAULTS_EVERY:-${VZRUN_TEST_VM:+20}}
every=${every:-3}
[ -x "$INJECT" ] || tap_bail "$INJECT is missing (make check builds it)"

# Sets $verb for a new $id.
prepare() # SCENARIO
{
	case $1 in
	create)
		new_ct
		verb=(create "$id" --ostemplate minimal --name "n$id")
		;;
	unpack)
		new_ct
		rm -rf "$CT_DIR/template/tiny"
		verb=(create "$id" --ostemplate "$SCRATCH/tiny.tar")
		;;
	start)
		make_ct --hostname a.b
		verb=(start "$id")
		;;
	scripts)
		make_ct
		mkdir -p "$SCRATCH/scripted"
		# shellcheck disable=SC2016 # the script's variable
		printf '#!/bin/sh\nmkdir -p "$VE_ROOT/mnt/a" && mount --bind %s "$VE_ROOT/mnt/a"\n' \
			"$SCRATCH/scripted" >"$CT_DIR/conf/$id.mount"
		chmod 755 "$CT_DIR/conf/$id.mount"
		verb=(start "$id")
		;;
	access)
		make_ct
		verb=(set "$id" --userpasswd alice:secret --sshkey "ssh-rsa AAAA me")
		;;
	unregister)
		make_ct --name "n$id"
		verb=(unregister "$id")
		;;
	reinstall)
		make_ct
		verb=(reinstall "$id")
		;;
	register)
		make_ct --name "n$id"
		ct unregister "$id" >/dev/null
		verb=(register "$CT_DIR/private/$id" "$id")
		;;
	stop)
		make_ct
		ct start "$id" >/dev/null
		verb=(stop "$id" --fast)
		;;
	destroy)
		make_ct --name "n$id"
		ct mount "$id" >/dev/null
		verb=(destroy "$id")
		;;
	esac
}

inject() # MODE [POINT]
{
	status=0
	: >"$_tmp/found"
	timeout -k 5 120 "$INJECT" -o "$_tmp/found" "$@" "$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" \
		"${verb[@]}" >"$_tmp/verb.out" 2>"$_tmp/verb.err" || status=$?
}

points_list() # SCENARIO
{
	prepare "$1"
	inject --list
	clear_away
	awk -v every="$every" -v id="$id" '
		{
			process = $2
			sub(/\..*/, "", process)
			point = $2
			sub(/^[0-9]+ [0-9.]+ /, "")
			alike = $0
			gsub(id, "ID", alike)
			gsub(/[0-9]+/, "N", alike)
			if (alike ~ /symlinkat\(|mkdirat\(|fchmodat\(/)
				gsub(/".*"/, "PATH", alike)
			if (++seen[process, alike] <= 2)
				points[n++] = point " " $0
		}
		END {
			for (i = int((n < every ? n : every) / 2); i < n; i += every)
				print points[i]
		}' "$_tmp/found" >"$_tmp/points"
}

# Sets $left. A killed verb's own helpers may still be on their way out.
clear_away()
{
	ct stop "$id" --fast >/dev/null 2>&1
	until_true destroyed
	left=$(ct_traces "$id")
}

destroyed()
{
	ct destroy "$id" 2>"$_tmp/destroy.err"
	case $? in
	0 | 14) return 0 ;;
	esac
	return 1
}

# Some of OpenVZ's look like a signal's: a bad name, register, unregister.
is_exit_code()
{
	case $status in
	131 | 140 | 142) grep -q '^vzrun: ' "$_tmp/verb.err" ;;
	*) return 1 ;;
	esac
}

verdict() # MODE
{
	if [ "$status" = 124 ]; then
		fault+="it hung; "
	elif [ "$status" = 125 ]; then
		fault+="inject failed: $(<"$_tmp/verb.err"); "
	elif [ "$1" = --kill-at ] && [ -s "$_tmp/found" ]; then
		[ "$status" = 137 ] || fault+="it ended with $status before it was killed; "
	elif [ "$status" -gt 128 ] && ! is_exit_code; then
		fault+="it died with status $status; "
	elif [ "$status" != 0 ] && ! grep -q '^vzrun: ' "$_tmp/verb.err"; then
		fault+="status $status without an error: $(<"$_tmp/verb.err"); "
	fi
}

# If it is still a CT it can be started, and what was running can go on. A killed verb's lock
# lasts as long as its last helper, which is on its way out.
start_check()
{
	[[ $(ct status "$id") == "CTID $id exist "* ]] || return 0
	until_true not_locked
	case $started in
	0 | 32) return 0 ;;
	esac
	fault+="it can't be started: $(tail -n 1 "$_tmp/retry"); "
}

not_locked()
{
	started=0
	ct start "$id" || started=$?
	[ "$started" != 9 ]
}

spoil() # MODE SCENARIO POINT CALL
{
	local fault='' left
	prepare "$2"
	inject "$1" "$3"
	verdict "$1"
	start_check
	clear_away
	[ -z "$left" ] || fault+="left behind: $left $(<"$_tmp/destroy.err")"
	is "$2, ${1#--} $3 $4" "$fault" ""
}

spoil_each() # MODE SCENARIO
{
	local point call left
	points_list "$2"
	is "$2: it works when nothing fails" "$status$(<"$_tmp/verb.err")$left" 0
	check "$2: it has calls to spoil" test -s "$_tmp/points"
	while read -r point call <&3; do
		spoil "$1" "$2" "$point" "$call"
	done 3< <(cat "$_tmp/points")
}

# shellcheck disable=SC2034 # ct_tree's
init='while :; do sleep 1000; done'
ct_tree "$SCRATCH/tiny"
tar -C "$SCRATCH/tiny" -cf "$SCRATCH/tiny.tar" ./sbin ./bin/busybox ./bin/init ./bin/sh ./etc ./dev ./proc ./sys ./run
make_ct # unpacks the template
ct destroy "$id" >/dev/null

for scenario in create unpack start scripts access reinstall unregister register stop destroy; do
	eval "t_${scenario}_killed() { spoil_each --kill-at $scenario; }"
	eval "t_${scenario}_failing() { spoil_each --nth $scenario; }"
done

run_tests "$@"
