#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A container as a service: sd_notify(3) reaches the manager, sd_listen_fds(3) finds its sockets.
# shellcheck disable=SC2016,SC2154 # single quotes are for the shell inside; status, out and err: try
. "${0%/*}/lib.sh"
. "${0%/*}/probe.sh"

PEER=${VZRUN%/*}/tests/integration/peer
[ -x "$PEER" ] || tap_bail "$PEER is missing (make check builds it)"
cp "$PEER" "$ROOTFS/bin"

MANAGER=$SCRATCH/manager.sock
HEARD=$SCRATCH/heard
mkdir -p "$SCRATCH/shared"

# A service manager at ADDRESS, which writes down what it hears.
open_manager() # [ADDRESS]
{
	rm -f "$MANAGER"
	"$PEER" notify "${1:-$MANAGER}" >"$HEARD" 2>&1 &
	manager=$!
	until_true grep -qF "${1:-$MANAGER}" /proc/net/unix
}

close_manager()
{
	kill "$manager"
	wait "$manager" 2>/dev/null
}

heard() # all of it in one line
{
	paste -sd ' ' "$HEARD"
}

# A container $id that does CMD; /mnt is a folder that it shares with the test.
service() # FILTER CMD
{
	new_id
	rm -f "$SCRATCH/shared"/*
	make_bundle "$SCRATCH/$id" ".mounts += [{destination: \"/mnt\", type: \"bind\",
		source: \"$SCRATCH/shared\", options: [\"bind\"]}] | $1" sh -c "$2"
}

notified() # VZRUN-ARG...: as a program that the manager started
{
	NOTIFY_SOCKET=$MANAGER timeout 100 "$VZRUN" --root "$ROOT" "$@"
}

status_of() # ID
{
	vzrun state "$1" | jq -r .status
}

# Is ready when the test says so.
WHEN_ASKED='peer say "$NOTIFY_SOCKET" STATUS=coming; echo up >/mnt/up
	until [ -e /mnt/go ]; do sleep 0.05; done
	peer say "$NOTIFY_SOCKET" "STATUS=here
READY=1
MAINPID=1"; exec sleep 1000'

t_run_detach_returns_when_it_is_ready()
{
	local run
	open_manager
	service . "$WHEN_ASKED"
	notified run --detach --bundle "$SCRATCH/$id" "$id" >"$SCRATCH/out" 2>&1 &
	run=$!
	check "the program runs" until_true test -e "$SCRATCH/shared/up"
	check "run waits" [ -d "/proc/$run" ]
	is "the state" "$(status_of "$id")" running
	is "nothing is heard" "$(heard)" ""
	touch "$SCRATCH/shared/go"
	wait "$run"
	is "run" "$?/$(<"$SCRATCH/out")" 0/
	is "what is heard" "$(heard)" "READY=1 MAINPID=$(vzrun state "$id" | jq .pid) . BARRIER=1 . with an fd"
	vzrun delete --force "$id"
	close_manager
}

t_start_returns_when_it_is_ready()
{
	local start
	open_manager
	service . "$WHEN_ASKED"
	notified create --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
	is "create waits for nothing" "$(status_of "$id")" created
	notified start "$id" &
	start=$!
	check "the program runs" until_true test -e "$SCRATCH/shared/up"
	check "start waits" [ -d "/proc/$start" ]
	is "other verbs do not" "$(vzrun exec "$id" echo inside)" inside
	touch "$SCRATCH/shared/go"
	wait "$start"
	is "start" $? 0
	is "what is heard" "$(heard)" "READY=1 MAINPID=$(vzrun state "$id" | jq .pid) . BARRIER=1 . with an fd"
	vzrun delete --force "$id"
	close_manager
}

t_run_in_the_foreground_stays_the_main_process()
{
	open_manager
	service . 'peer say "$NOTIFY_SOCKET" READY=1; until [ -e /mnt/go ]; do sleep 0.05; done; exit 3'
	notified run --bundle "$SCRATCH/$id" "$id" &
	check "it is heard while it runs" until_true grep -q '^\.' "$HEARD"
	is "what is heard" "$(heard)" "READY=1 ."
	touch "$SCRATCH/shared/go"
	wait $!
	is "its status" $? 3
	close_manager
}

t_an_end_is_waited_for_as_well()
{
	open_manager
	service . 'exit 5'
	try notified run --detach --bundle "$SCRATCH/$id" "$id"
	is "run --detach" "$status/$err" 0/
	is "nothing is heard" "$(heard)" ""
	vzrun delete --force "$id"
	notified create --bundle "$SCRATCH/$id" "$id"
	try notified start "$id"
	is "start" "$status/$err" 0/
	vzrun delete --force "$id"
	service . 'touch /mnt/up; exec sleep 1000'
	notified create --bundle "$SCRATCH/$id" "$id"
	notified start "$id" &
	until_true test -e "$SCRATCH/shared/up"
	vzrun delete --force "$id"
	wait $!
	is "start of what is deleted" $? 0
	close_manager
}

t_what_the_container_sees()
{
	local filter
	open_manager
	for filter in '.process.env += ["NOTIFY_SOCKET=/of/the/spec"]' '.linux.namespaces += [{type: "user"}]
		| ([{containerID: 0, hostID: 100000, size: 65536}] as $ids
			| .linux.uidMappings = $ids | .linux.gidMappings = $ids)'; do
		service "$filter | .process.user = {uid: 1000, gid: 1000}" '
			env | grep NOTIFY; awk "\$5 == \"/run/notify\" { print \$6 }" /proc/self/mountinfo
			touch /run/notify/x 2>&1; rm /run/notify/notify.sock 2>&1; ls /run/notify
			peer say "$NOTIFY_SOCKET" READY=1; exec sleep 1000'
		notified run --detach --bundle "$SCRATCH/$id" "$id" >"$SCRATCH/out" 2>&1
		is "its variable, once" "$(grep -c . < <(grep NOTIFY_ "$SCRATCH/out"))/$(head -n 1 "$SCRATCH/out")" \
			"1/NOTIFY_SOCKET=/run/notify/notify.sock"
		like "the mount" "$(<"$SCRATCH/out")" $'\nro,nosuid,nodev,noexec'
		like "it can't change it" "$(<"$SCRATCH/out")" 'Read-only file system.*Read-only file system'
		like "any user may speak" "$(heard)" 'READY=1'
		vzrun delete --force "$id"
	done
	close_manager
}

t_nothing_without_the_variable()
{
	service . 'env | grep NOTIFY_; ls -d /run/notify'
	rmdir "$ROOTFS/run/notify" 2>/dev/null
	try vzrun run --bundle "$SCRATCH/$id" "$id"
	like "not there" "$out$err" '^ls: /run/notify: No such file'
	NOTIFY_SOCKET='' try vzrun run --bundle "$SCRATCH/$id" "$id"
	like "an empty one" "$out$err" '^ls: /run/notify: No such file'
}

t_with_it_at_create_or_at_start_only()
{
	open_manager
	service . 'peer say "$NOTIFY_SOCKET" READY=1 2>/mnt/err; touch /mnt/up; exec sleep 1000'
	notified create --bundle "$SCRATCH/$id" "$id"
	try vzrun start "$id"
	is "at create" "$status/$err" 0/
	until_true test -e "$SCRATCH/shared/up"
	like "nobody listens" "$(<"$SCRATCH/shared/err")" 'No such file'
	vzrun delete --force "$id"
	service . 'exec sleep 1000'
	vzrun create --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
	try notified start "$id"
	is "at start: it waits for nothing" "$status/$err" 0/
	is "nothing is heard" "$(heard)" ""
	vzrun delete --force "$id"
	close_manager
}

t_an_abstract_address()
{
	open_manager "@vztest-$$"
	service . 'peer say "$NOTIFY_SOCKET" READY=1; exec sleep 1000'
	NOTIFY_SOCKET="@vztest-$$" vzrun run --detach --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
	like "what is heard" "$(heard)" '^READY=1 MAINPID='
	vzrun delete --force "$id"
	close_manager
}

t_a_manager_that_is_gone()
{
	rm -f "$MANAGER"
	service . 'peer say "$NOTIFY_SOCKET" READY=1; exec sleep 1000'
	try notified --log "$SCRATCH/log" run --detach --bundle "$SCRATCH/$id" "$id"
	is "the container runs" "$status/$err/$(status_of "$id")" 0//running
	like "it is logged" "$(<"$SCRATCH/log")" 'level=warning.*NOTIFY_SOCKET.*No such file'
	vzrun delete --force "$id"
	service . 'peer say "$NOTIFY_SOCKET" READY=1; exec sleep 1000'
	NOTIFY_SOCKET=vsock:2:1234 try vzrun --log "$SCRATCH/log" run --detach --bundle "$SCRATCH/$id" "$id"
	is "an address of another kind" "$status/$err" 0/
	like "it is logged" "$(<"$SCRATCH/log")" 'is no address of a unix socket'
	vzrun delete --force "$id"
}

t_a_flood_is_borne()
{
	open_manager
	service . 'i=0; while [ $i -lt 300 ]; do peer say "$NOTIFY_SOCKET" "STATUS=$i"; i=$((i + 1)); done
		peer say "$NOTIFY_SOCKET" "XREADY=1"; peer say "$NOTIFY_SOCKET" "READY=0"; peer say "$NOTIFY_SOCKET" "READY=1"
		exec sleep 1000'
	try notified run --detach --bundle "$SCRATCH/$id" "$id"
	is "run" "$status/$err" 0/
	is "what is heard" "$(heard)" "READY=1 MAINPID=$(vzrun state "$id" | jq .pid) . BARRIER=1 . with an fd"
	vzrun delete --force "$id"
	close_manager
}

# ---- sd_listen_fds ----

# Runs CMD with LISTEN_PID its own pid.
activated() # CMD...
{
	sh -c 'LISTEN_PID=$$ exec "$@"' sh "$@"
}

t_listen_fds_are_the_containers()
{
	service . 'env | grep LISTEN | sort; cat <&3; cat <&4; probe fds'
	exec 3<<<three 4<<<four 5<<<five
	is "run" "$(LISTEN_FDS=2 activated "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/$id" "$id")" \
		$'LISTEN_FDS=2\nLISTEN_PID=1\nthree\nfour\n0 1 2 3 4'
	exec 3<<<three 4<<<four 5<<<five
	is "and those of --preserve-fds" \
		"$(LISTEN_FDS=2 activated "$VZRUN" --root "$ROOT" run --preserve-fds 1 --bundle "$SCRATCH/$id" "$id")" \
		$'LISTEN_FDS=2\nLISTEN_PID=1\nthree\nfour\n0 1 2 3 4 5'
	exec 3<<<three 4<<<four
	LISTEN_FDS=2 activated "$VZRUN" --root "$ROOT" create --bundle "$SCRATCH/$id" "$id" >"$SCRATCH/out" 2>&1
	exec 3<&- 4<&- 5<&-
	vzrun start "$id"
	until_true grep -q '^0 1' "$SCRATCH/out"
	is "create and start" "$(<"$SCRATCH/out")" $'LISTEN_FDS=2\nLISTEN_PID=1\nthree\nfour\n0 1 2 3 4'
	vzrun delete --force "$id"
}

t_listen_fds_of_another_process()
{
	service . 'env | grep LISTEN; probe fds'
	exec 3</dev/null
	is "another pid" "$(LISTEN_FDS=1 LISTEN_PID=1 vzrun run --bundle "$SCRATCH/$id" "$id")" "0 1 2"
	is "no pid" "$(LISTEN_FDS=1 vzrun run --bundle "$SCRATCH/$id" "$id")" "0 1 2"
	exec 3<&-
}

t_listen_fds_that_are_not_there()
{
	service . true
	exec 3<&- 4<&-
	LISTEN_FDS=2 try activated "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/$id" "$id"
	is "none" "$status/$err" "1/vzrun: run $id: LISTEN_FDS: file descriptor 3 is not open"
	LISTEN_FDS=x try activated "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/$id" "$id"
	like "no number" "$status/$err" "^1/vzrun: run $id: LISTEN_FDS: "
}

t_exec_passes_no_listen_fds()
{
	service . 'exec sleep 1000'
	vzrun run --detach --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
	exec 3</dev/null
	is "as with runc" "$(LISTEN_FDS=1 activated "$VZRUN" --root "$ROOT" exec "$id" sh -c 'env | grep LISTEN; probe fds')" "0 1 2"
	exec 3<&-
	vzrun delete --force "$id"
}

run_tests "$@"
