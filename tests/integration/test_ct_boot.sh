#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vzrun boot and shutdown: which CTs, in which order, one that fails or hangs, a power cut, what is stale.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

# One CT a letter, made once: $a, $b, …
# shellcheck disable=SC2034 # by name
make_cts() # LETTER...
{
	local letter
	for letter; do
		new_ct
		ct create "$id" --ostemplate "$SCRATCH/quick.tar" >/dev/null || tap_bail "can't create CT $id"
		declare -g "$letter=$id"
	done
}

conf() # ID LINE...
{
	local id=$1 line
	shift
	for line; do
		sed -i "/^${line%%=*}=/d" "$CT_DIR/conf/$id.conf"
		echo "$line" >>"$CT_DIR/conf/$id.conf"
	done
}

# Those with processes, as the kernel has it; sorted by id.
running()
{
	local dir
	for dir in "$CGROUP2"/vzrun/"$$"*/; do
		! grep -qx 'populated 1' "$dir/cgroup.events" 2>/dev/null || basename "$dir"
	done | sort -n | xargs
}

# The machine goes without a word: of /run nothing is left, of memory nothing, of the disk all.
power_cut()
{
	local dir
	end_monitors
	for dir in "$CGROUP2"/vzrun/"$$"*/; do
		[ ! -d "$dir" ] || echo 1 >"$dir/cgroup.kill"
	done
	until_true no_process
	for dir in "$CT_DIR"/root/*/; do
		! mountpoint -q "$dir" || umount "$dir"
	done
	for dir in "$CGROUP2"/vzrun/"$$"*/; do
		[ ! -d "$dir" ] || find "$dir" -depth -type d -exec rmdir {} \;
	done
	find "$ROOT" /run/vznet -mindepth 1 -delete 2>/dev/null
	new_boot
}

# Before their CTs: what is cut off tidies nothing up.
end_monitors()
{
	local state
	for state in "$ROOT"/*/state.json; do
		[ ! -e "$state" ] || end_monitor "$(jq .pid "$state")"
	done
}

no_process()
{
	[ -z "$(running)" ]
}

# What is on disk is of another boot than the kernel's.
new_boot()
{
	[ ! -e "$CT_DIR/lock/booted" ] || cat /proc/sys/kernel/random/uuid >"$CT_DIR/lock/booted"
}

lines() # of $out that tell of a CT: "101 was started"
{
	sed -n 's/^Container //p' <<<"$out" | paste -sd ,
}

all_off()
{
	local id
	for id in $(running); do
		ct stop "$id" --fast >/dev/null 2>&1
	done
	sed -i '/^ONBOOT=/d; /^BOOTORDER=/d; /^DISABLED=/d' "$CT_DIR"/conf/*.conf
	rm -f "$CT_DIR"/lock/*.running
}

t_who_and_in_which_order()
{
	conf "$a" ONBOOT=yes BOOTORDER=5
	conf "$b" ONBOOT=yes BOOTORDER=10
	conf "$c" ONBOOT=yes
	conf "$d" ONBOOT=no BOOTORDER=20
	conf "$f" ONBOOT=yes DISABLED=yes
	try ct boot --parallel 1
	is "status" "$status$err" 0
	is "started, the highest order first" "$(lines)" "$b was started,$a was started,$c was started"
	is "these run" "$(running)" "$a $b $c"
	try ct boot
	is "again: there is nothing to do" "$status$out$err" 0
	ct stop "$a" --fast >/dev/null
	try ct boot
	is "what was stopped meanwhile" "$status$(lines)" "0$a was started"
	try ct shutdown --parallel 1
	is "shutdown" "$status$err" 0
	is "the other way round" "$(lines)" "$c was stopped,$a was stopped,$b was stopped"
	is "none runs" "$(running)" ""
	is "none is mounted" "$(ct_traces "$a" | grep ^mount)" ""
	try ct shutdown
	is "again: there is nothing to do" "$status$out$err" 0
	conf "$f" DISABLED=no
	try ct boot --parallel 3
	is "at once" "$status$(lines | tr , '\n' | sort | xargs)" \
		"0$(printf '%s was started\n' "$a" "$b" "$c" "$f" | sort | xargs)"
	is "all run" "$(running)" "$(printf '%s\n' "$a" "$b" "$c" "$f" | sort -n | xargs)"
	like "the log tells whose" "$(<"$CT_DIR/vzctl.log")" "vzctl : CT $f : Starting container..."
	all_off
}

t_what_ran_runs_again()
{
	conf "$b" ONBOOT=no
	conf "$c" ONBOOT=auto
	for id in "$a" "$b" "$c" "$d" "$e"; do
		ct start "$id" >/dev/null
	done
	ct stop "$d" --fast >/dev/null
	ct mount "$f" >/dev/null
	# What ended by itself is not to come back.
	kill -9 "$(vzrun state "$e" | jq .pid)"
	until_true is_stopped "$e"
	try ct shutdown
	is "shutdown" "$status$err" 0
	is "none runs" "$(running)" ""
	is "nor is one mounted" "$(ct_traces "$f" | grep ^mount)" ""
	try ct boot
	is "they come back, but for ONBOOT=no" "$status$err$(running)" "0$a $c"
	ct stop "$a" --fast >/dev/null
	ct restart "$c" --fast >/dev/null
	power_cut
	try ct boot
	is "through a power cut too" "$status$err$(running)" "0$c"
	echo 'ONBOOT="no"' >>"$CT_DIR/vz.conf"
	sed -i /^ONBOOT=/d "$CT_DIR/conf/$c.conf"
	power_cut
	try ct boot
	is "vz.conf says that none is to" "$status$err$(running)" 0
	sed -i '/^ONBOOT/d' "$CT_DIR/vz.conf"
	ct destroy "$c" >/dev/null
	is "nothing is kept of a CT that is no more" "$(ct_traces "$c")" ""
	make_cts c
	all_off
}

is_stopped()
{
	[ "$(vzrun state "$1" | jq -r .status)" = stopped ]
}

t_one_that_fails_holds_no_other()
{
	for id in "$a" "$b" "$c" "$d" "$e"; do
		conf "$id" ONBOOT=yes
	done
	conf "$a" BOOTORDER=9
	mv "$CT_DIR/private/$a" "$CT_DIR/private/away"
	echo 'IP_ADDRESS="no address"' >>"$CT_DIR/conf/$b.conf"
	echo 'this is no conf' >>"$CT_DIR/conf/$c.conf"
	# A script that waits for ever.
	mkfifo "$SCRATCH/never"
	printf '#!/bin/sh\nread line <%s\nexit 1\n' "$SCRATCH/never" >"$CT_DIR/conf/$d.mount"
	chmod 755 "$CT_DIR/conf/$d.mount"
	try ct boot --timeout 4
	is "status" "$status" 3
	is "the other one runs" "$(running)" "$e"
	like "no data" "$err" "Container $a was not started: container private area .* does not exist"
	like "bad values" "$err" "Container $b was not started: .*IP_ADDRESS"
	like "no conf" "$err" "Container $c was not started: .*$c\.conf:[0-9]+: "
	like "one that hangs" "$err" "Container $d was not started: not done in time, it goes on"
	like "the sum" "$err" "vzrun: boot: of 5 containers 4 could not be started"
	echo >"$SCRATCH/never"
	until_true not_locked "$d"
	rm "$CT_DIR/conf/$d.mount"
	sed -i '/^this is/d' "$CT_DIR/conf/$c.conf"
	sed -i '/^IP_ADDRESS/d' "$CT_DIR/conf/$b.conf"
	mv "$CT_DIR/private/away" "$CT_DIR/private/$a"
	try ct boot
	is "mended, all run" "$status$err$(running)" "0$a $b $c $d $e"
	echo 'this is no conf' >>"$CT_DIR/conf/$c.conf"
	try ct shutdown
	is "without its conf it stops too" "$status$(running)" 0
	sed -i '/^this is/d' "$CT_DIR/conf/$c.conf"
	all_off
}

not_locked()
{
	[ ! -e "$CT_DIR/lock/$1.lck" ]
}

# Nothing moves the first, the second's stop script never ends, the third's lock is another's.
t_shutdown_has_a_deadline()
{
	local deaf
	new_ct
	deaf=$id
	ct create "$deaf" --ostemplate "$SCRATCH/deaf.tar" >/dev/null
	for id in "$deaf" "$a" "$b" "$c"; do
		ct start "$id" >/dev/null
	done
	echo 'sleep 1000' >"$CT_DIR/conf/$a.stop"
	echo $$ >"$CT_DIR/lock/$b.lck"
	ct pause "$c"
	try ct shutdown --timeout 3
	is "status" "$status" 0
	is "none runs" "$(running)" ""
	is "the paused one shut down" "$(grep -c "$c was stopped" <<<"$out")$(grep -c "$c did not" <<<"$err")" 10
	like "by force" "$err" "Container $b did not shut down: "
	is "all are told of" "$(lines | tr , '\n' | sort | xargs)" \
		"$(printf '%s was stopped\n' "$deaf" "$a" "$b" "$c" | sort | xargs)"
	rm "$CT_DIR/conf/$a.stop" "$CT_DIR/lock/$b.lck"
	try ct boot
	is "they come back" "$status$(running)" "0$(printf '%s\n' "$deaf" "$a" "$b" "$c" | sort -n | xargs)"
	ct stop "$deaf" --fast >/dev/null
	ct destroy "$deaf" >/dev/null
	all_off
}

t_killed_half_way()
{
	local first verb
	for id in "$a" "$b" "$c" "$d"; do
		conf "$id" ONBOOT=yes
	done
	for verb in boot shutdown; do
		coproc ct "$verb" --parallel 1
		# shellcheck disable=SC2153 # coproc's
		read -r first <&"${COPROC[0]}"
		kill -9 "$COPROC_PID"
		wait "$COPROC_PID" 2>/dev/null
		like "$verb is killed behind the first" "$first" "Container [0-9]+ was "
		try ct "$verb"
		is "the next goes on" "$status$err" 0
		[ "$verb" = shutdown ] || is "all run" "$(running)" "$a $b $c $d"
		[ "$verb" = boot ] || is "none runs" "$(running)" ""
	done
	power_cut
	try ct boot
	is "and the boot behind that" "$status$err$(running)" "0$a $b $c $d"
	all_off
}

# A boot that is still at work begins no more.
t_shutdown_ends_a_boot()
{
	for id in "$a" "$b" "$c"; do
		conf "$id" ONBOOT=yes
	done
	[ -p "$SCRATCH/never" ] || mkfifo "$SCRATCH/never"
	conf "$a" BOOTORDER=9
	printf '#!/bin/sh\n: >%s\nread line <%s\n' "$SCRATCH/begun" "$SCRATCH/never" >"$CT_DIR/conf/$a.mount"
	chmod 755 "$CT_DIR/conf/$a.mount"
	ct boot --parallel 1 >"$SCRATCH/boot.out" 2>&1 &
	until_true test -e "$SCRATCH/begun"
	ct shutdown >"$SCRATCH/shutdown.out" 2>&1 &
	until_true test -e "$CT_DIR/lock/shutdown.lck"
	echo >"$SCRATCH/never"
	wait
	is "what had begun was started, and stopped" "$(grep -c "^Container $a was" "$SCRATCH"/{boot,shutdown}.out | sed 's/.*://' | xargs)" "1 1"
	like "the rest was not" "$(<"$SCRATCH/boot.out")" "Container $b was not started: the host goes down"
	is "none runs" "$(running)" ""
	rm "$CT_DIR/conf/$a.mount" "$SCRATCH/begun"
	all_off
}

# A lock counts as long as its holder is there: the process that wrote it, not one that has its pid now.
t_stale_things_are_cleared()
{
	local gone=$((a + 50)) dir
	conf "$a" ONBOOT=yes
	bash -c 'echo $$' >"$CT_DIR/lock/$a.lck" # has ended
	echo $$ >"$CT_DIR/lock/$b.lck"
	touch -d '3 days ago' "$CT_DIR/lock/$b.lck" # older than the process
	echo $$ >"$CT_DIR/lock/$c.lck"              # holds it
	printf '%s\nvzrun\n' $$ >"$CT_DIR/lock/$d.lck" # a killed verb of ours
	printf '1\nvzrun\n' >"$CT_DIR/lock/template-x.lck"
	for id in $b $c; do
		cp "$CT_DIR/conf/$id.conf" "$CT_DIR/conf/$id.conf.new"
	done
	mkdir -p "$CT_DIR/private/$b.tmp/upper/x" "$CT_DIR/private/$gone.destroyed/y" "$CT_DIR/private/$c.tmp" \
		"$CT_DIR/root/$gone" "$CT_DIR/root/keep" "$CT_DIR/names"
	ln -s "$CT_DIR/conf/$gone.conf" "$CT_DIR/names/ghost"
	ln -s "$CT_DIR/conf/$b.conf" "$CT_DIR/names/alive"
	try ct boot
	is "status" "$status$err" 0
	is "it is started" "$(running)" "$a"
	for id in "$a" "$b" "$d"; do
		check "the lock of $id goes" test ! -e "$CT_DIR/lock/$id.lck"
		like "and is told of" "$out" "Removing stale lock $CT_DIR/lock/$id.lck"
	done
	is "that of a holder stays" "$(<"$CT_DIR/lock/$c.lck")" $$
	for dir in "conf/$b.conf.new" "private/$b.tmp" "private/$gone.destroyed" "root/$gone" names/ghost; do
		check "$dir goes" test ! -e "$CT_DIR/$dir" -a ! -L "$CT_DIR/$dir"
		like "and is told of" "$out" "Removing [a-z -]+ $CT_DIR/$dir"
	done
	for dir in "conf/$b.conf" "conf/$c.conf.new" "private/$b" "private/$c.tmp" root/keep names/alive lock/template-x.lck; do
		check "$dir stays" test -e "$CT_DIR/$dir"
	done
	is "each once" "$(grep -c Removing <<<"$out")" 8
	rm -r "$CT_DIR/lock/$c.lck" "$CT_DIR/conf/$c.conf.new" "$CT_DIR/private/$c.tmp" "$CT_DIR/root/keep" \
		"$CT_DIR/names/alive"
	all_off
}

t_status()
{
	ct shutdown
	try ct boot --status
	is "before" "$status $out" "3 OpenVZ is stopped."
	ct boot >/dev/null
	try ct boot --status
	is "behind" "$status $out" "0 OpenVZ is running..."
	new_boot
	try ct boot --status
	is "after a power cut" "$status $out" "3 OpenVZ is stopped."
	ct boot >/dev/null
	ct shutdown
	try ct boot --status
	is "after a shutdown" "$status $out" "3 OpenVZ is stopped."
	all_off
}

# What /etc/init.d/vz does where there is no systemd.
t_init_script()
{
	local script=$SCRATCH/vz.init
	printf '#!/bin/sh\nexec %s --root %s --config %s "$@"\n' "$VZRUN" "$ROOT" "$CT_DIR/vz.conf" >"$SCRATCH/vzrun"
	chmod 755 "$SCRATCH/vzrun"
	sed "s|^VZRUN=.*|VZRUN=$SCRATCH/vzrun|; s|/run/systemd/system|/nowhere|" "${VZRUN%/*}/vz.init" >"$script"
	conf "$a" ONBOOT=yes
	try sh "$script" status
	is "status" "$status $out$err" "3 OpenVZ is stopped."
	try sh "$script" start
	is "start" "$status $(lines)$err $(running)" "0 $a was started $a"
	try sh "$script" status
	is "status" "$status $out$err" "0 OpenVZ is running..."
	try sh "$script" start
	is "start again" "$status $out$err" "0 OpenVZ already running"
	try sh "$script" restart
	is "restart" "$status $(lines)$err" "0 $a was stopped,$a was started"
	try sh "$script" stop
	is "stop" "$status $(lines)$err $(running)" "0 $a was stopped "
	try sh "$script" dance
	is "what it does not know" "$status" 3
	like "usage" "$err" '^Usage: .* \{start\|stop\|status'
	all_off
}

t_bad_values()
{
	local args
	for args in "boot --parallel 0" "boot --parallel 401" "shutdown --timeout 0" "shutdown --timeout 99999" "boot x"; do
		# shellcheck disable=SC2086 # words
		try ct $args
		is "$args" "$status$out" "$([ "$args" = "boot x" ] && echo 1 || echo 20)"
	done
	try vzrun boot
	is "a set of containers without CTs" "$status" 20
	like "says so" "$err" '--config'
	for args in VE_PARALLEL=many VE_PARALLEL=-1; do
		echo "$args" >>"$CT_DIR/vz.conf"
		try ct boot
		like "$args" "$status$err" '85.*VE_PARALLEL'
		sed -i '/^VE_PARALLEL/d' "$CT_DIR/vz.conf"
	done
	echo VZ_STOP_TIMEOUT=soon >>"$CT_DIR/vz.conf"
	try ct shutdown
	like "VZ_STOP_TIMEOUT" "$status$err" '85.*VZ_STOP_TIMEOUT'
	sed -i '/^VZ_STOP_TIMEOUT/d' "$CT_DIR/vz.conf"
	all_off
}

tree() # NAME: a template whose init does what $init says
{
	ct_tree "$SCRATCH/$1"
	tar -C "$SCRATCH/$1" -cf "$SCRATCH/$1.tar" .
}

# shellcheck disable=SC2034 # ct_tree's
init='trap "exit 0" TERM USR1 USR2; while :; do sleep 1000 & wait; done'
tree quick
# shellcheck disable=SC2034
init='trap "" TERM INT USR1 USR2 PWR; while :; do sleep 1000; done'
tree deaf
make_cts a b c d e f
run_tests "$@"
