#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# events --all: what it tells of CTs and OCI containers.
# shellcheck disable=SC2016 # what stands in single quotes is for the shell in the container, or jq
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

# Begins to watch into $OUT; ends with end_watch.
watch() # [OPTION...]
{
	OUT=$SCRATCH/events-$((++watches))
	"$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" events --all --json "$@" >"$OUT" 2>"$OUT.err" &
	watcher=$!
	until_true grep -q '"type":"ready"' "$OUT" || tap_bail "it does not watch: $(<"$OUT.err")"
}
watches=0

end_watch()
{
	kill "$watcher"
	wait "$watcher" 2>/dev/null
	is "it says nothing else" "$(<"$OUT.err")" ""
}

has_told() # ID N
{
	[ "$(grep -c "\"id\":\"$1\"" "$OUT")" -ge "$2" ]
}

# What is told of ID, a word each, once N things are: FILTER makes words of objects.
told() # ID N [FILTER]
{
	until_true has_told "$1" "$2"
	jq -r --arg id "$1" "select(.id == \$id) | ${3:-.type}" "$OUT" | xargs
}

why='if .type == "stopped" then [.reason, .exitCode // .signal // empty] | map(tostring) | join(":") else .type end'

t_wrong_command_lines()
{
	try ct events
	is "nobody" "$status" 1
	like "which, or all" "$err" '^vzrun: events: one container, or --all '
	try ct events --all --type foo
	is "no such type" "$status" 1
	like "it is named" "$err" '^vzrun: .*foo'
	try ct events --json
	is "one, as JSON" "$(wc -l <<<"$err")" 1
	try ct events nobody
	like "one that is not there" "$err" '^vzrun: events nobody: container does not exist'
}

# Before 6.15 the kernel tells nothing of a process that was reaped before the watcher looked, which
# vzrun(8) says: then it is unknown how it ended, and nothing else.
ended() # REASON TEXT
{
	if kernel_is 6.15; then echo "$2"; else echo "${2/ unknown / $1 }"; fi
}

t_a_bundle()
{
	watch
	new_id
	make_bundle "$SCRATCH/$id" . sh -c 'exit 7'
	vzrun create --bundle "$SCRATCH/$id" "$id" </dev/null >/dev/null 2>&1
	told "$id" 1 >/dev/null
	vzrun start "$id"
	told "$id" 3 >/dev/null
	vzrun delete "$id"
	is "from create to delete" "$(ended exit:7 "$(told "$id" 4 "$why")")" "created started exit:7 removed"
	is "every object's fields" "$(jq -r "select(.id == \"$id\" and .type == \"removed\") | [.time, .name, .ct] | @json" "$OUT" |
		sed -E 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{9}Z/when/')" '["when",null,false]'
	new_id
	make_bundle "$SCRATCH/$id" . sleep 1000
	vzrun run --detach --bundle "$SCRATCH/$id" "$id" </dev/null >/dev/null 2>&1
	is "the pid" "$(told "$id" 2 '.pid // empty')" "$(vzrun state "$id" | jq .pid)"
	vzrun pause "$id"
	told "$id" 3 >/dev/null
	vzrun resume "$id"
	told "$id" 4 >/dev/null
	vzrun delete --force "$id"
	is "paused, resumed, killed" "$(ended signal:9 "$(told "$id" 6 "$why")")" \
		"created started paused resumed signal:9 removed"
	new_id
	make_bundle "$SCRATCH/$id" '.linux.namespaces |= map(select(.type != "pid"))' \
		sh -c 'trap - HUP; kill -HUP $$; sleep 1000'
	vzrun run --bundle "$SCRATCH/$id" "$id" </dev/null >/dev/null 2>&1
	is "without a pid namespace of its own SIGHUP is no reboot" "$(ended signal:1 "$(told "$id" 4 "$why")")" \
		"created started signal:1 removed"
	end_watch
}

t_a_ct()
{
	watch
	make_ct --name "web $$"
	told "$id" 1 >/dev/null
	ct set "$id" --hostname h1 --description d --save >/dev/null
	is "which keys" "$(told "$id" 2 '.keys // empty | sort | join(",")' | tr ' ' '\n' | tail -n 1)" DESCRIPTION,HOSTNAME
	start_ct
	is "its name" "$(jq -r "select(.id == \"$id\" and .type == \"started\") | .name, .ct" "$OUT" | xargs)" "web $$ true"
	ct stop "$id" >/dev/null
	ct start "$id" >/dev/null
	ct exec "$id" busybox reboot -f
	until_true grep -q '"reason":"reboot"' "$OUT"
	ct stop "$id" --fast >/dev/null 2>&1
	ct destroy "$id" >/dev/null
	until_true grep -q '"removed"' "$OUT"
	is "all of its life" "$(jq -r "select(.id == \"$id\" and .type != \"config\") | $why" "$OUT" | xargs | sed 's/ reboot .*removed/ reboot removed/')" \
		"created started stopped started reboot removed"
	end_watch
}

# Editors and panels write confs in many ways.
t_a_conf_by_hand()
{
	local conf
	make_ct
	conf=$CT_DIR/conf/$id.conf
	watch
	echo 'ONBOOT="yes"' >>"$conf"
	is "appended" "$(told "$id" 1 '.keys[0]')" ONBOOT
	mv "$conf" "$conf~"
	sed 's/^ONBOOT=.*/ONBOOT="no"/' "$conf~" >"$conf"
	is "moved away and written anew" "$(told "$id" 2 '.type + .keys[0]')" "configONBOOT configONBOOT"
	echo 'ONBOOT' >"$conf"
	like "one that is none" "$(told "$id" 3 '.error // empty')" "$id.conf:1: "
	mv "$conf~" "$conf"
	is "and back" "$(told "$id" 4 '.type + (.keys[0] // "")')" \
		"configONBOOT configONBOOT config configONBOOT"
	mv "$conf" "$CT_DIR/kept"
	is "moved away for good" "$(told "$id" 5 | tr ' ' '\n' | tail -n 1)" removed
	mv "$CT_DIR/kept" "$conf"
	ct destroy "$id" >/dev/null
	is "and back" "$(told "$id" 7 | tr ' ' '\n' | tail -n 2 | xargs)" "created removed"
	end_watch
}

# Whom netsetup finds it notes like this (test_net_core.sh).
t_a_conflict()
{
	mkdir -p /run/vznet
	mount -t tmpfs -o mode=700 vznet /run/vznet
	make_ct
	watch
	ct start "$id" >/dev/null
	told "$id" 1 >/dev/null
	echo '{"address":"10.9.0.66","mac":"02:00:00:00:00:01","link":"eth0"}' >>"/run/vznet/conflicts/$id"
	echo '{"address":"2001:db8::1","mac":"02:00:00:00:00:01","link":"eth0"}' >>"/run/vznet/conflicts/$id"
	is "each once" "$(told "$id" 3 'select(.type == "conflict") | [.address, .mac, .link] | join(",")')" \
		"10.9.0.66,02:00:00:00:00:01,eth0 2001:db8::1,02:00:00:00:00:01,eth0"
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
	end_watch
	umount /run/vznet
}

t_filters()
{
	local other
	make_ct
	other=$id
	make_ct --name only
	watch --type started,stopped only
	ct start "$other" >/dev/null
	ct start "$id" >/dev/null
	ct stop "$id" --fast >/dev/null
	ct stop "$other" --fast >/dev/null
	told "$id" 2 >/dev/null
	is "by type and name" "$(jq -r .type "$OUT" | xargs)" "ready started stopped"
	end_watch
	ct destroy "$id" >/dev/null
	ct destroy "$other" >/dev/null
	try vzrun events --all --type stoped
	like "no such type" "$err" 'there is no event "stoped" \(did you mean stopped\?\)'
	try vzrun events
	like "neither" "$err" 'one container, or --all'
	try vzrun events --json "$id"
	like "only with --all" "$err" 'are for --all'
}

# The kernel's queue is made to overflow by a reader that does not read. How long it is belongs to the
# machine, so this is for the test VM, where it is made short.
t_a_reader_that_lags()
{
	local i fifo=$SCRATCH/lag fd one two queue max=/proc/sys/fs/inotify/max_queued_events
	[ -n "${VZRUN_TEST_VM:-}" ] || { skip "a gap" "the kernel's queue is the machine's"; return; }
	new_ct
	one=$CT_DIR/conf/$id.conf
	new_ct
	two=$CT_DIR/conf/$id.conf
	make_ct
	mkfifo "$fifo"
	OUT=$SCRATCH/lagged
	queue=$(<"$max")
	echo 512 >"$max"
	"$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" events --all --json >"$fifo" 2>"$OUT.err" &
	watcher=$!
	exec {fd}<"$fifo"
	read -r i <&"$fd"
	echo "$queue" >"$max"
	# Each change is told by more than 100 bytes: a pipe takes 64 KiB of them, and then it waits.
	for ((i = 0; i < 1500; i++)); do
		echo "A$i=1" >"$one"
		echo "B$i=1" >"$two"
	done
	rm -f "$one" "$two"
	cat <&"$fd" >"$OUT" &
	i=$!
	exec {fd}<&-
	check "it says that events were lost" until_true grep -q '"type":"gap"' "$OUT"
	ct start "$id" >/dev/null
	is "and goes on" "$(told "$id" 1 'select(.type == "started") | .type')" started
	check "what was removed meanwhile" until_true grep -q "\"removed\",\"id\":\"$(basename "$two" .conf)\"" "$OUT"
	ct stop "$id" --fast >/dev/null
	kill "$watcher"
	wait "$watcher" "$i" 2>/dev/null
	ct destroy "$id" >/dev/null
}

t_the_reader_may_go()
{
	local fifo=$SCRATCH/fifo fd
	mkfifo "$fifo"
	vzrun events --all >"$fifo" 2>"$SCRATCH/err" &
	exec {fd}<"$fifo"
	like "text" "$(head -n 1 <&"$fd")" '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{3}  ready     -  '
	exec {fd}<&-
	wait $!
	is "status" $? 0
	is "message" "$(<"$SCRATCH/err")" ""
}

t_limits()
{
	has_controller memory || { skip "limits" "no memory controller in cgroup v2 here"; return; }
	watch --interval 200ms
	new_id
	make_bundle "$SCRATCH/$id" '.linux.resources = {memory: {limit: 16777216, swap: 16777216}, pids: {limit: 6},
		cpu: {quota: 5000, period: 100000}}' sh -c '
		(for i in 1 2 3 4 5 6 7 8; do sleep 1000 & done); killall sleep
		tail /dev/zero; while :; do :; done'
	vzrun run --detach --bundle "$SCRATCH/$id" "$id" </dev/null >/dev/null 2>&1
	until_true grep -q '"oom"' "$OUT"
	is "processes" "$(jq -c 'select(.resource == "processes") | [.type, .hits > 0, .limit]' "$OUT" | head -n 1)" '["limit",true,6]'
	is "memory" "$(jq -c 'select(.resource == "memory") | [.type, .hits > 0, .limit]' "$OUT" | head -n 1)" '["limit",true,16777216]'
	is "a kill" "$(jq -c 'select(.type == "oom") | [.killed, .total]' "$OUT" | head -n 1)" '[1,1]'
	check "cpu" until_true grep -q '"resource":"cpu"' "$OUT"
	vzrun delete --force "$id"
	new_id
	make_bundle "$SCRATCH/$id" '.linux.resources.memory = {limit: 16777216, swap: 16777216}
		| .process.oomScoreAdj = 1000' tail /dev/zero
	vzrun run --bundle "$SCRATCH/$id" "$id" </dev/null >/dev/null 2>&1
	until_true grep -q "\"removed\",\"id\":\"$id\"" "$OUT"
	is "an init that is killed for lack of memory" \
		"$(ended oom " $(jq -r "select(.id == \"$id\" and .type == \"stopped\") | .reason" "$OUT") ")" " oom "
	end_watch
}

run_tests "$@"
