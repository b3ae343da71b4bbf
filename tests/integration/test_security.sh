#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The published attacks on container runtimes, each one tried.
# shellcheck disable=SC2016 # what stands in single quotes is for jq, or the shell in the container
. "${0%/*}/lib.sh"

TOOLS=${VZRUN%/*}/tests/integration
[ -x "$TOOLS/attack" ] || tap_bail "$TOOLS/attack is missing (make check builds it)"

USERNS='.linux.namespaces += [{type: "user"}]
	| ([{containerID: 0, hostID: 100000, size: 65536}] as $ids
		| .linux.uidMappings = $ids | .linux.gidMappings = $ids)'
# A user namespace in which the host's root keeps its id.
ROOT_USERNS='.linux.namespaces += [{type: "user"}]
	| ([{containerID: 0, hostID: 0, size: 65536}] as $ids
		| .linux.uidMappings = $ids | .linux.gidMappings = $ids)'
# What engines give by default.
DEFAULT_CAPS='(["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID",
	"SETFCAP", "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"] | map("CAP_" + .)) as $caps
	| .process.capabilities = {bounding: $caps, effective: $caps, permitted: $caps}
	| .process.noNewPrivileges = false'

# ---- the runtime's own program (CVE-2019-5736) ----

# A copy of the program to attack, and an image whose files lead back to it.
hostile_image()
{
	cp "$VZRUN" "$SCRATCH/target"
	[ ! -d "$SCRATCH/hostile" ] || return 0
	make_rootfs "$SCRATCH/hostile"
	cd "$SCRATCH/hostile" || return
	cp "$TOOLS/attack" "$TOOLS/attack_interp" bin
	mkdir lib lib64
	cp "$TOOLS/attack_start" lib64/ld-linux-x86-64.so.2
	cp "$TOOLS/attack_start" lib/ld-linux-aarch64.so.1
	echo '#!/proc/self/exe' >bin/script
	chmod +x bin/script
	cd "$OLDPWD" || return
}

# Whoever got hold of the program's file has its last try when no vzrun runs any more.
let_attackers_try() # OUTPUT-FILE PID...
{
	local pid
	for pid in "${@:2}"; do
		! grep -qs ^trying "$1" || kill -USR1 "$pid"
	done
	until_true attack_is_over "$@"
}

attack_is_over() # OUTPUT-FILE PID...
{
	local pid
	for pid in "${@:2}"; do
		[ ! -e "/proc/$pid" ] || grep -q '^State:.*Z' "/proc/$pid/status" || return
	done
}

attack_as_entrypoint() # NAME FILTER
{
	local program
	hostile_image
	for program in /proc/self/exe /bin/script /bin/attack_interp; do
		new_id
		make_bundle "$SCRATCH/$id" ".root.path = \"$SCRATCH/hostile\" | $2" "$program" sleep 1
		status=0
		timeout 60 "$SCRATCH/target" --root "$ROOT" run --detach --pid-file "$SCRATCH/pid" \
			--bundle "$SCRATCH/$id" "$id" >"$SCRATCH/attack.out" 2>&1 || status=$?
		let_attackers_try "$SCRATCH/attack.out" "$(<"$SCRATCH/pid")"
		check "$1, run $program: the program is as it was" cmp "$SCRATCH/target" "$VZRUN"
		unlike "$1, run $program: status $status" "$status" '^124$'
		vzrun delete --force "$id"
	done
}

attack_by_exec() # NAME FILTER
{
	local program
	hostile_image
	new_id
	make_bundle "$SCRATCH/$id" ".root.path = \"$SCRATCH/hostile\" | $2" sleep 1000
	vzrun run --detach --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
	for program in /proc/self/exe /bin/script /bin/attack_interp; do
		status=0
		timeout 60 "$SCRATCH/target" --root "$ROOT" exec --detach --pid-file "$SCRATCH/pid" "$id" \
			"$program" sleep 1 >"$SCRATCH/attack.out" 2>&1 || status=$?
		let_attackers_try "$SCRATCH/attack.out" "$(<"$SCRATCH/pid")"
		check "$1, exec $program: the program is as it was" cmp "$SCRATCH/target" "$VZRUN"
		unlike "$1, exec $program: status $status" "$status" '^124$'
	done
	vzrun delete --force "$id"
}

t_the_program_can_not_be_overwritten_from_a_new_container()
{
	attack_as_entrypoint "without a user namespace" "$DEFAULT_CAPS"
	attack_as_entrypoint "with one" "$USERNS | $DEFAULT_CAPS"
	attack_as_entrypoint "with one that maps the host's root" "$ROOT_USERNS | $DEFAULT_CAPS"
}

t_the_program_can_not_be_overwritten_by_exec()
{
	attack_by_exec "without a user namespace" "$DEFAULT_CAPS"
	attack_by_exec "with one" "$USERNS | $DEFAULT_CAPS"
	attack_by_exec "with one that maps the host's root" "$ROOT_USERNS | $DEFAULT_CAPS"
}

# CVE-2016-9962, CVE-2019-5736: a process inside looks at each process that comes in.
watch_exec() # NAME FILTER
{
	local n
	hostile_image
	new_id
	make_bundle "$SCRATCH/$id" ".root.path = \"$SCRATCH/hostile\" | $2" attack watch
	vzrun run --detach --bundle "$SCRATCH/$id" "$id" >"$SCRATCH/watch.out" 2>&1
	until_true grep -q watching "$SCRATCH/watch.out"
	# Each time there is a moment in which it might be let in.
	for ((n = 0; n < 200; n++)); do
		timeout 60 "$SCRATCH/target" --root "$ROOT" exec "$id" true
		[ $n -lt 10 ] || ! grep -q denied "$SCRATCH/watch.out" || break
	done
	like "$1: it tried" "$(<"$SCRATCH/watch.out")" 'denied'
	unlike "$1: what it reached" "$(<"$SCRATCH/watch.out")" 'reached|overwritten'
	check "$1: the program is as it was" cmp "$SCRATCH/target" "$VZRUN"
	vzrun delete --force "$id"
}

t_a_process_that_enters_is_closed_to_those_inside()
{
	watch_exec "without a user namespace" "$DEFAULT_CAPS"
	watch_exec "with one" "$USERNS | $DEFAULT_CAPS"
}

run_tests "$@"
