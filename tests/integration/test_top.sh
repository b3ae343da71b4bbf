#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# top: what it prints in pages and as JSON while containers work, and how it treats a terminal.
# shellcheck disable=SC2016 # what stands in single quotes is for the shell in the container
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

# Starts container $id, which does CMD.
start_one() # FILTER CMD
{
	new_id
	make_bundle "$SCRATCH/$id" "$1 | .mounts += [{destination: \"/mnt\", type: \"bind\",
		source: \"$SCRATCH/$id\", options: [\"bind\"]}]" sh -c "$2"
	try vzrun run --detach --bundle "$SCRATCH/$id" "$id"
	[ "$status" = 0 ] || tap_bail "can't start a container: $err"
}

end_one()
{
	vzrun delete --force "$id"
}

# Whether a page as JSON says so of $id.
says() # FILTER
{
	vzrun top --batch --json --iterations 1 --interval 200ms |
		jq -e --arg id "$id" ".containers[] | select(.id == \$id) | $1"
}

# ---- pages in a row ----

t_cpu()
{
	start_one . 'while :; do :; done'
	check "it works" until_true says '.cpuPercent > 0'
	check "its state" says '.status == "running" and .name == null'
	vzrun pause "$id"
	check "it stands still" until_true says '.cpuPercent == 0 and .status == "paused"'
	end_one
}

t_network()
{
	local pid sender
	start_one . 'sleep 1000'
	pid=$(vzrun state "$id" | jq .pid)
	nsenter --net="/proc/$pid/ns/net" bash -c 'ip link add v0 type veth peer v1
		ip addr add 10.9.9.1/24 dev v0
		ip link set v0 up
		ip link set v1 up
		ip neigh add 10.9.9.2 lladdr 02:00:00:00:00:01 dev v0
		while :; do echo hello >/dev/udp/10.9.9.2/9; sleep 0.01; done' &
	sender=$!
	check "what one end sends the other receives" until_true \
		says '.network | .rxBytesPerSec > 0 and .txBytesPerSec > 0'
	kill "$sender"
	wait "$sender" 2>/dev/null
	end_one
	start_one '.linux.namespaces |= map(select(.type != "network"))' 'sleep 1000'
	check "the host's is not its own" says '.network == null'
	end_one
}

t_memory_io_and_pids()
{
	if ! has_controller memory; then
		start_one . 'sleep 1000'
		check "unknown ones are null" says '.memory == null and .io == null and .pids == null'
		like "a page says why" "$(vzrun top -b -n 1 --interval 100ms)" \
			'not counted here: memory, io, pids \(in use by cgroup v1\)'
		end_one
		return
	fi
	start_one '.linux.resources = {memory: {limit: 33554432}, pids: {limit: 9}}' \
		'sleep 1000 & while :; do dd if=/dev/zero of=/mnt/file bs=64k count=16 conv=fsync; done'
	check "limits" says '.memory.limit == 33554432 and .pids.limit == 9'
	check "use" says '.memory.usage > 0 and .pids.current >= 2'
	check "writes to a disk" until_true says '.io.writeBytesPerSec > 0'
	like "a page with a bar" "$(vzrun top -b -n 1 --interval 100ms)" "$id .* \\[[| ]*\\] [0-9.]+[KM]/32M "
	end_one
}

t_pressure()
{
	start_one . 'while :; do :; done'
	if [ -e "$CGROUP_DIR/$id/cpu.pressure" ]; then
		check "all three" says '.pressure | has("cpu") and has("memory") and has("io")'
	else
		check "not counted by the kernel" says '.pressure == null'
	fi
	end_one
}

t_as_many_pages_as_asked()
{
	start_one . 'sleep 1000'
	is "pages" "$(vzrun top -b -n 3 --interval 100ms | grep -c '^CONTAINER')" 3
	is "objects" "$(vzrun top -b --json -n 2 --interval 100ms | jq -c 'keys')" $'["containers","time"]\n["containers","time"]'
	is "for ever, and the reader goes" "$(vzrun top -b --interval 100ms | grep -m 2 -c "^$id ")" 2
	end_one
	is "without containers" "$(vzrun top -b --json -n 1 --interval 100ms | jq -c .containers)" '[]'
}

t_order()
{
	local first
	start_one . 'sleep 1000'
	first=$id
	start_one . 'sleep 1000'
	is "by id" "$(vzrun top -b --json -n 1 --interval 100ms --sort id | jq -c '[.containers[].id]')" "[\"$first\",\"$id\"]"
	is "reversed" "$(vzrun top -b --json -n 1 --interval 100ms --sort id --reverse | jq -c '[.containers[].id]')" "[\"$id\",\"$first\"]"
	end_one
	id=$first
	end_one
}

t_cts_have_names()
{
	make_ct --name "web$$"
	start_ct
	is "name" "$(ct top --batch --json -n 1 --interval 100ms | jq -r '.containers[0].name')" "web$$"
	is "in a page" "$(ct top --batch -n 1 --interval 100ms | grep -c "^$id web$$ ")" 1
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

t_what_is_refused()
{
	try vzrun top --json
	is "json without --batch" "$status/$err" "1/vzrun: top: --json needs --batch"
	try vzrun top -n 2
	is "iterations without --batch" "$status/$err" "1/vzrun: top: --iterations needs --batch"
	try vzrun top
	is "no terminal" "$status/$err" "1/vzrun: top: stdin and stdout must be a terminal (use --batch elsewhere)"
	try vzrun top --batch --interval 5
	is "no unit" "$status/$err" '1/vzrun: top: --interval: "5" is no duration of 100ms to 24h (5s, 1m30s)'
	try vzrun top --batch --sort size
	is "no such order" "$status" 1
}

# ---- a terminal ----

# Runs top on a terminal of its own in the background, which prints to $SCRATCH/screen; keys are
# typed by `type KEYS`. Its settings before and after are in $SCRATCH/before and after.
start_top() # [VARIABLE=VALUE...]
{
	rm -f "$SCRATCH"/{keys,screen,before,after,status,pid}
	mkfifo "$SCRATCH/keys"
	cat >"$SCRATCH/top.sh" <<-END
		stty cols 80 rows 24
		stty -g >"$SCRATCH/before"
		bash -c 'echo \$\$ >"$SCRATCH/pid"; exec "$VZRUN" --root "$ROOT" top --interval 100ms'
		echo \$? >"$SCRATCH/status"
		stty -g >"$SCRATCH/after"
	END
	exec 5<>"$SCRATCH/keys"
	env TERM=xterm "$@" script -qfec "bash $SCRATCH/top.sh" "$SCRATCH/screen" <"$SCRATCH/keys" >/dev/null &
	top=$!
	check "it draws" until_true shows "$id"
}

shows() # TEXT
{
	grep -qaF -e "$1" "$SCRATCH/screen"
}

end_top() # STATUS
{
	wait "$top"
	exec 5>&-
	is "status" "$(<"$SCRATCH/status")" "$1"
	is "the terminal's settings" "$(<"$SCRATCH/after")" "$(<"$SCRATCH/before")"
	check "the screen that was there comes back" shows $'\e[?1049l'
	check "and the cursor" shows $'\e[?25h'
}

t_keys()
{
	has_script || return 0
	start_one . 'sleep 1000'
	start_top
	printf m >&5
	check "m sorts by memory" until_true shows "by mem"
	printf r >&5
	check "r turns it round" until_true shows "by mem, least first"
	printf + >&5
	check "+ doubles the interval" until_true shows "every 0.2 s"
	printf '\e[B' >&5
	stty cols 120 <"/proc/$(<"$SCRATCH/pid")/fd/0"
	check "a wider window shows more" until_true shows "P-IO"
	printf q >&5
	end_top 0
	end_one
}

t_signals_and_colours()
{
	has_script || return 0
	start_one . 'sleep 1000'
	start_top
	kill -TERM "$(<"$SCRATCH/pid")"
	end_top 143
	start_top
	kill -INT "$(<"$SCRATCH/pid")"
	end_top 0
	if has_controller memory; then
		vzrun update --memory 64M "$id"
		start_top
		check "the bar has a colour" until_true shows $'\e[32m'
		printf '\003' >&5 # Ctrl-C
		end_top 0
		start_top NO_COLOR=1
		check "a bar" until_true shows "/64M"
		check "without one" not shows $'\e[32m'
		printf q >&5
		end_top 0
	fi
	end_one
}

not()
{
	! "$@"
}

has_script()
{
	command -v script >/dev/null || { skip "a terminal" "script is missing (Debian: bsdutils)"; return 1; }
}

run_tests "$@"
