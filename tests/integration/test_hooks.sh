#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: long
# The six kinds of hooks: when they run, where, what they are told, and what their failure does.
# shellcheck disable=SC2016,SC2154 # single quotes are for jq or a hook's shell; status, out and err: try
. "${0%/*}/lib.sh"

KINDS='prestart createRuntime createContainer startContainer poststart poststop'
LOG=$SCRATCH/log

# The hook of all kinds but startContainer, which is looked for in the container: /hook there is
# the same script, by busybox. It writes down what it sees, runs what EXTRA has for its kind, and
# ends with that status.
make_hook()
{
	rm -rf "$LOG"
	mkdir -p "$LOG"
	chmod 777 "$LOG"
	cat >"$SCRATCH/hook" <<'END'
#!/bin/sh
log=$LOG kind=$1
cat >"$log/$kind.state"
for ns in mnt pid net uts ipc user; do
	echo "$ns $(readlink "/proc/self/ns/$ns")"
done >"$log/$kind.ns"
env >"$log/$kind.env"
echo "$0 $*" >"$log/$kind.args"
echo "$kind" >>"$log/order"
[ ! -e "$log/$kind.do" ] || . "$log/$kind.do"
END
	chmod +x "$SCRATCH/hook"
}

# A filter that gives the hook to these kinds; inside it finds the log in /mnt.
hooked() # KIND...
{
	jq -nr --arg hook "$SCRATCH/hook" --arg log "$LOG" --args '
		($ARGS.positional | map({key: ., value: [if . == "startContainer"
			then {path: "/bin/sh", args: ["sh", "/mnt/hook", ., "x y"], env: ["LOG=/mnt", "PATH=/bin", "COLOUR=red"]}
			else {path: $hook, args: ["hook", ., "x y"], env: ["LOG=\($log)", "PATH=/usr/bin:/bin", "COLOUR=red"]}
			end]}) | from_entries) as $hooks
		| ".hooks = \($hooks) | .annotations = {colour: \"blue\"} | .mounts += [{destination: \"/mnt\",
			type: \"bind\", source: \"\($log)\", options: [\"bind\"]}]"' "$@"
	cp "$SCRATCH/hook" "$LOG/hook"
}

# A container $id whose hooks are of these kinds, with FILTER besides.
hooked_bundle() # FILTER KIND...
{
	local filter
	filter=$(hooked "${@:2}")
	new_id
	make_bundle "$SCRATCH/$id" "$filter | $1" sh -c 'echo program >>/mnt/order; exec sleep 1000'
}

order()
{
	[ ! -e "$LOG/order" ] || paste -sd ' ' "$LOG/order"
}

has_ended() # ID
{
	[ "$(vzrun state "$1" | jq -r .status)" = stopped ]
}

cgroup_of() # ID: its folder, as make_bundle chose it
{
	echo "$CGROUP_DIR/$1"
}

t_order()
{
	make_hook
	# shellcheck disable=SC2086 # a list
	hooked_bundle . $KINDS
	try vzrun create --bundle "$SCRATCH/$id" "$id"
	is "create" "$status/$err" 0/
	is "after create" "$(order)" "prestart createRuntime createContainer"
	try vzrun start "$id"
	is "start" "$status/$err" 0/
	# poststart comes when the program runs; which of the two writes first is nobody's promise.
	check "the program runs" until_true grep -q program "$LOG/order"
	is "after start" "$(order | sed 's/poststart program/program poststart/')" \
		"prestart createRuntime createContainer startContainer program poststart"
	vzrun kill "$id" KILL
	until_true has_ended "$id"
	unlike "after its end" "$(order)" poststop
	try vzrun delete "$id"
	is "delete" "$status/$err" 0/
	like "after delete" "$(order)" ' poststop$'
}

t_order_of_run()
{
	make_hook
	# shellcheck disable=SC2086 # a list
	hooked_bundle '.process.args = ["sh", "-c", "echo program >>/mnt/order"]' $KINDS
	try vzrun run --bundle "$SCRATCH/$id" "$id"
	is "run" "$status/$err" 0/
	is "order" "$(order | sed 's/poststart program/program poststart/')" \
		"prestart createRuntime createContainer startContainer program poststart poststop"
}

t_hooks_of_a_kind_run_in_their_order()
{
	make_hook
	hooked_bundle '.hooks.createRuntime |= [.[0], (.[0] | .args[1] = "second"), (.[0] | .args[1] = "third")]' \
		createRuntime
	vzrun create --bundle "$SCRATCH/$id" "$id"
	is "order" "$(order)" "createRuntime second third"
	vzrun delete --force "$id"
}

t_state_on_stdin()
{
	local kind pid want
	make_hook
	# shellcheck disable=SC2086 # a list
	hooked_bundle . $KINDS
	vzrun create --bundle "$SCRATCH/$id" "$id"
	pid=$(vzrun state "$id" | jq .pid)
	vzrun start "$id"
	vzrun delete --force "$id"
	for kind in $KINDS; do
		want=$(jq -nc --arg id "$id" --arg kind "$kind" --argjson pid "$pid" --arg bundle "$SCRATCH/$id" '
			{prestart: "creating", createRuntime: "creating", createContainer: "creating",
				startContainer: "created", poststart: "running", poststop: "stopped"}[$kind] as $status
			| [$id, $status, (if $status == "stopped" then 0 else $pid end), $bundle, {colour: "blue"}]')
		is "$kind" "$(jq -c '[.id, .status, .pid, .bundle, .annotations]' "$LOG/$kind.state")" "$want"
		like "$kind: version" "$(jq -r .ociVersion "$LOG/$kind.state")" '^1\.'
	done
}

t_arguments_and_environment()
{
	local kind
	make_hook
	# shellcheck disable=SC2086 # a list
	hooked_bundle . $KINDS
	FOREIGN=1 vzrun run --detach --bundle "$SCRATCH/$id" "$id" >/dev/null
	vzrun delete --force "$id"
	for kind in $KINDS; do
		# A script's own name takes the place of argv[0].
		like "$kind: arguments" "$(<"$LOG/$kind.args")" "hook $kind x y\$"
		is "$kind: environment" "$(grep -vE '^(PWD|SHLVL|OLDPWD|_)=' "$LOG/$kind.env" | sort | cut -d= -f1 | paste -sd ' ')" \
			"COLOUR LOG PATH"
	done
	make_bundle "$SCRATCH/noenv" '.hooks.createRuntime = [{path: "/usr/bin/env"}]'
	FOREIGN=1 try vzrun create --bundle "$SCRATCH/noenv" "$id-noenv"
	unlike "no env means none" "$out" FOREIGN
	vzrun delete --force "$id-noenv"
}

ns_of() # KIND NS
{
	sed -n "s/^$2 //p" "$LOG/$1.ns"
}

t_namespaces()
{
	local kind ns pid
	make_hook
	# shellcheck disable=SC2086 # a list
	hooked_bundle . $KINDS
	vzrun run --detach --pid-file "$SCRATCH/pid" --bundle "$SCRATCH/$id" "$id" >/dev/null
	pid=$(<"$SCRATCH/pid")
	for ns in mnt pid net uts ipc user; do
		for kind in prestart createRuntime poststart; do
			is "$kind: $ns is the caller's" "$(ns_of "$kind" "$ns")" "$(readlink "/proc/self/ns/$ns")"
		done
		for kind in createContainer startContainer; do
			is "$kind: $ns is the container's" "$(ns_of "$kind" "$ns")" "$(readlink "/proc/$pid/ns/$ns")"
		done
	done
	vzrun delete --force "$id"
	is "poststop: mnt is the caller's" "$(ns_of poststop mnt)" "$(readlink /proc/self/ns/mnt)"
}

# What runs before pivot_root sees the host's files, and the container's mounts below its root.
t_roots()
{
	local kind
	make_hook
	for kind in createRuntime createContainer startContainer; do
		cat >"$LOG/$kind.do" <<-END
			ls -d "$ROOTFS/bin" /bin/vztest-only-here >"\$log/$kind.root" 2>/dev/null
			stat -fc %T "$ROOTFS/proc" >>"\$log/$kind.root" 2>/dev/null
			stat -fc %T /proc >>"\$log/$kind.root"
			true
		END
	done
	cp -al "$ROOTFS" "$SCRATCH/marked"
	touch "$SCRATCH/marked/bin/vztest-only-here"
	hooked_bundle ".root.path = \"$SCRATCH/marked\"" createRuntime createContainer startContainer
	sed -i "s|$ROOTFS/|$SCRATCH/marked/|" "$LOG"/*.do
	vzrun create --bundle "$SCRATCH/$id" "$id"
	vzrun start "$id"
	is "createRuntime: the host's, without the container's mounts" "$(sed 's/ext.*\|tmpfs\|xfs\|overlay.*/disk/' "$LOG/createRuntime.root")" \
		"$SCRATCH/marked/bin"$'\ndisk\nproc'
	is "createContainer: the host's, with them" "$(<"$LOG/createContainer.root")" \
		"$SCRATCH/marked/bin"$'\nproc\nproc'
	is "startContainer: its own" "$(<"$LOG/startContainer.root")" $'/bin/vztest-only-here\nproc'
	vzrun delete --force "$id"
}

# createContainer may still change the container's tree.
t_a_mount_of_createContainer_is_there()
{
	make_hook
	echo "mount -t tmpfs -o size=123k hooked $ROOTFS/srv && touch $ROOTFS/srv/made" >"$LOG/createContainer.do"
	mkdir -p "$ROOTFS/srv"
	hooked_bundle '.process.args = ["sh", "-c", "ls /srv; grep /srv /proc/self/mounts"]' createContainer
	try vzrun run --bundle "$SCRATCH/$id" "$id"
	like "inside" "$out" $'^made\nhooked /srv tmpfs'
	check "not outside" [ ! -e "$ROOTFS/srv/made" ]
}

# What netavark and CNI do: the network namespace is there, and by its pid reachable.
t_createRuntime_reaches_the_namespaces()
{
	make_hook
	cat >"$LOG/createRuntime.do" <<-'END'
		pid=$(sed 's/.*"pid": *\([0-9]*\).*/\1/' "$log/createRuntime.state")
		nsenter --net="/proc/$pid/ns/net" ip link set lo mtu 1234
	END
	hooked_bundle '.process.args = ["cat", "/sys/class/net/lo/mtu"]' createRuntime
	is "the MTU inside" "$(vzrun run --bundle "$SCRATCH/$id" "$id")" 1234
}

# Other verbs meet it while it is made.
t_while_it_is_created()
{
	local kind
	make_hook
	hooked_bundle . createRuntime createContainer
	for kind in createRuntime createContainer; do
		cat >"$LOG/$kind.do" <<-END
			"$VZRUN" --root "$ROOT" state "$id" >"\$log/$kind.seen" 2>&1
			"$VZRUN" --root "$ROOT" kill "$id" TERM >"\$log/$kind.kill" 2>&1
			"$VZRUN" --root "$ROOT" exec "$id" true >"\$log/$kind.exec" 2>&1
			true
		END
	done
	try vzrun create --bundle "$SCRATCH/$id" "$id"
	is "create" "$status/$err" 0/
	for kind in createRuntime createContainer; do
		is "$kind: status" "$(jq -r .status "$LOG/$kind.seen")" creating
		is "$kind: pid" "$(jq .pid "$LOG/$kind.seen")" "$(vzrun state "$id" | jq .pid)"
		is "$kind: kill" "$(<"$LOG/$kind.kill")" "vzrun: kill $id: cannot kill a creating container"
		is "$kind: exec" "$(<"$LOG/$kind.exec")" "vzrun: exec $id: cannot exec in a creating container"
	done
	is "afterwards" "$(vzrun state "$id" | jq -r .status)" created
	vzrun delete --force "$id"
}

# ---- failures ----

fails_in_create() # KIND WHAT REGEX
{
	is "$1, $2: status" "$status" 1
	like "$1, $2: message" "$err" "^vzrun: create $id: $1 hook 0 \"[^\"]*\": $3\$"
	is "$1, $2: lines" "$(wc -l <<<"$err")" 1
	try vzrun state "$id"
	is "$1, $2: nothing is left" "$status" 1
	[ -z "$CGROUP_DIR" ] || check "$1, $2: no cgroup is left" [ ! -e "$(cgroup_of "$id")" ]
	like "$1, $2: poststop ran" "$(order)" 'poststop$'
}

t_a_failure_before_the_end_of_create()
{
	local kind
	for kind in prestart createRuntime createContainer; do
		make_hook
		echo 'exit 3' >"$LOG/$kind.do"
		hooked_bundle . "$kind" poststop
		try vzrun create --bundle "$SCRATCH/$id" "$id"
		fails_in_create "$kind" "exit 3" "exit status 3"
		make_hook
		echo 'kill -9 $$' >"$LOG/$kind.do"
		hooked_bundle . "$kind" poststop
		try vzrun create --bundle "$SCRATCH/$id" "$id"
		fails_in_create "$kind" "killed" 'killed by signal 9 \(Killed\)'
		hooked_bundle ".hooks.${kind}[0].path = \"/nowhere/at/all\"" "$kind" poststop
		try vzrun create --bundle "$SCRATCH/$id" "$id"
		fails_in_create "$kind" "missing" 'exec: No such file or directory'
	done
}

t_later_hooks_do_not_run_after_a_failure()
{
	make_hook
	echo 'exit 1' >"$LOG/createRuntime.do"
	hooked_bundle '.hooks.createRuntime |= [.[0], (.[0] | .args[1] = "second")]' \
		prestart createRuntime createContainer
	try vzrun create --bundle "$SCRATCH/$id" "$id"
	is "what ran" "$status/$(order)" "1/prestart createRuntime"
}

t_startContainer_fails()
{
	make_hook
	echo 'exit 4' >"$LOG/startContainer.do"
	hooked_bundle . startContainer poststart poststop
	try vzrun create --bundle "$SCRATCH/$id" "$id"
	is "create" "$status" 0
	try vzrun start "$id"
	is "start: status" "$status" 1
	is "start: message" "$err" "vzrun: start $id: startContainer hook 0 \"/bin/sh\": exit status 4"
	is "neither program nor poststart ran" "$(order)" startContainer
	check "it is stopped" until_true has_ended "$id"
	try vzrun delete "$id"
	is "delete" "$status/$err" 0/
	is "poststop ran" "$(order)" "startContainer poststop"
}

t_startContainer_hangs_until_delete()
{
	local start
	make_hook
	echo 'exec sleep 1000' >"$LOG/startContainer.do"
	hooked_bundle . startContainer
	vzrun create --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
	"$VZRUN" --root "$ROOT" start "$id" 2>"$SCRATCH/err" &
	start=$!
	until_true grep -q startContainer "$LOG/order"
	try timeout 60 "$VZRUN" --root "$ROOT" delete --force "$id"
	is "delete --force" "$status/$err" 0/
	wait "$start"
	try vzrun state "$id"
	like "it is gone" "$err" 'does not exist'
}

t_init_killed_in_startContainer()
{
	local start status=0
	make_hook
	echo 'exec sleep 1000' >"$LOG/startContainer.do"
	hooked_bundle . startContainer
	vzrun create --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
	"$VZRUN" --root "$ROOT" start "$id" 2>"$SCRATCH/err" &
	start=$!
	until_true grep -q startContainer "$LOG/order"
	vzrun kill "$id" KILL
	wait "$start" || status=$?
	is "start: status" "$status" 1
	like "start: message" "$(<"$SCRATCH/err")" 'ended too early \(killed\?\)'
	vzrun delete --force "$id"
}

# On the host, where nothing of the container's can end it.
t_poststart_hangs_until_its_verb_is_killed()
{
	local verb how
	for how in start run; do
		make_hook
		echo 'echo $$ >"$log/pid"; exec sleep 1000' >"$LOG/poststart.do"
		hooked_bundle . poststart
		if [ "$how" = start ]; then
			vzrun create --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
			"$VZRUN" --root "$ROOT" start "$id" 2>/dev/null &
		else
			"$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1 &
		fi
		verb=$!
		until_true test -s "$LOG/pid"
		is "$how: it runs meanwhile" "$(vzrun state "$id" | jq -r .status)" running
		try timeout 60 "$VZRUN" --root "$ROOT" delete --force "$id"
		is "$how: delete --force" "$status/$err" 0/
		try vzrun state "$id"
		like "$how: it is gone" "$err" 'does not exist'
		kill "$(<"$LOG/pid")"
		wait "$verb"
		is "$how: a hook that was killed is a failure" $? 1
		is "$how: and nothing is back" "$(ls "$ROOT/$id" 2>/dev/null)" ""
	done
}

t_startContainer_is_missing()
{
	make_hook
	hooked_bundle '.hooks.startContainer[0].path = "/nowhere"' startContainer
	vzrun create --bundle "$SCRATCH/$id" "$id"
	try vzrun start "$id"
	is "start" "$status/$err" "1/vzrun: start $id: startContainer hook 0 \"/nowhere\": exec: No such file or directory"
	vzrun delete --force "$id"
}

t_poststart_fails()
{
	make_hook
	echo 'exit 5' >"$LOG/poststart.do"
	hooked_bundle . poststart poststop
	vzrun create --bundle "$SCRATCH/$id" "$id"
	try vzrun start "$id"
	is "start: status" "$status" 1
	is "start: message" "$err" "vzrun: start $id: poststart hook 0 \"$SCRATCH/hook\": exit status 5"
	check "it is stopped" until_true has_ended "$id"
	vzrun delete "$id"
	like "poststop ran" "$(order)" 'poststop$'
}

t_poststart_fails_in_run()
{
	make_hook
	echo 'exit 5' >"$LOG/poststart.do"
	hooked_bundle . poststart poststop
	try vzrun run --bundle "$SCRATCH/$id" "$id"
	is "run" "$status/$err" "1/vzrun: run $id: poststart hook 0 \"$SCRATCH/hook\": exit status 5"
	try vzrun state "$id"
	is "nothing is left" "$status" 1
	like "poststop ran" "$(order)" 'poststop$'
}

t_poststop_fails()
{
	make_hook
	echo '[ $kind = second ] || exit 6' >"$LOG/poststop.do"
	hooked_bundle '.hooks.poststop |= [.[0], (.[0] | .args[1] = "second")]' poststop
	vzrun create --bundle "$SCRATCH/$id" "$id"
	try vzrun --log "$SCRATCH/$id.log" delete --force "$id"
	is "delete" "$status/$err" 0/
	like "it is logged" "$(<"$SCRATCH/$id.log")" 'level=warning.*poststop hook 0 .*exit status 6, ignoring'
	is "the next one runs" "$(order)" "poststop second"
	try vzrun state "$id"
	is "nothing is left" "$status" 1
}

t_timeout()
{
	make_hook
	# shellcheck disable=SC2016
	echo 'echo $$ >"$log/pid"; exec sleep 1000' >"$LOG/createRuntime.do"
	hooked_bundle '.hooks.createRuntime[0].timeout = 1' createRuntime poststop
	try vzrun create --bundle "$SCRATCH/$id" "$id"
	fails_in_create createRuntime timeout 'not done within its timeout of 1 s, killed'
	check "it is gone" [ ! -e "/proc/$(<"$LOG/pid")" ]
}

t_timeout_inside()
{
	make_hook
	echo 'exec sleep 1000' >"$LOG/startContainer.do"
	hooked_bundle '.hooks.startContainer[0].timeout = 1' startContainer
	vzrun create --bundle "$SCRATCH/$id" "$id"
	try vzrun start "$id"
	is "start" "$status/$err" \
		"1/vzrun: start $id: startContainer hook 0 \"/bin/sh\": not done within its timeout of 1 s, killed"
	check "it is stopped" until_true has_ended "$id"
	vzrun delete --force "$id"
}

t_a_long_timeout_is_none_too_short()
{
	make_hook
	# In milliseconds it does not fit into an int.
	hooked_bundle '.hooks.createRuntime[0].timeout = 2147484' createRuntime
	try vzrun create --bundle "$SCRATCH/$id" "$id"
	is "create" "$status/$err" 0/
	vzrun delete --force "$id"
}

# A hook that reads nothing, and output that goes where ours goes.
t_streams()
{
	make_hook
	make_bundle "$SCRATCH/streams" '.hooks.createRuntime = [{path: "/bin/sh",
		args: ["sh", "-c", "echo to-stdout; echo to-stderr >&2"]}]' sleep 1000
	new_id
	try vzrun create --bundle "$SCRATCH/streams" "$id"
	is "stdout and stderr" "$status/$out/$err" 0/to-stdout/to-stderr
	vzrun delete --force "$id"
}

t_no_fds_but_stdio()
{
	make_hook
	echo 'ls /proc/self/fd | wc -l >"$log/fds"' >"$LOG/createRuntime.do"
	cp "$LOG/createRuntime.do" "$LOG/createContainer.do"
	exec 7</dev/null 12</dev/null
	hooked_bundle . createRuntime
	vzrun create --bundle "$SCRATCH/$id" "$id"
	exec 7<&- 12<&-
	# stdio, and ls's own folder
	is "how many" "$(<"$LOG/fds")" 4
	vzrun delete --force "$id"
}

run_tests "$@"
