#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The command lines that podman 4.3 (through conmon) and containerd 1.6 were seen to send, word by
# word but for the paths, and what they read back.
. "${0%/*}/lib.sh"

BUNDLE=$SCRATCH/bundle
RUN=$SCRATCH/engine
CID=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef

# Each step of an engine, with its own global options, must do without a word.
podman()
{
	"$VZRUN" --root "$ROOT" --log-format=json --log="$RUN/oci-log" "$@"
}

containerd()
{
	"$VZRUN" --root "$ROOT" --log "$RUN/log.json" --log-format json "$@"
}

silent() # NAME CMD...
{
	local name=$1
	shift
	try "$@" </dev/null
	is "$name" "$status/$out/$err" 0//
}

# What go-runc takes for the error: msg of the last object of level error.
last_error() # LOG
{
	jq -rs 'map(select(.level == "error"))[-1].msg' "$1"
}

process_file() # CMD...: in $RUN/process
{
	jq -n '{terminal: false, cwd: "/", args: $ARGS.positional, env: ["PATH=/bin"],
		user: {uid: 0, gid: 0}, noNewPrivileges: true}' --args -- "$@" >"$RUN/process"
}

has_status() # ID STATUS
{
	[ "$(vzrun state "$1" | jq -r .status)" = "$2" ]
}

is_gone() # PID: ended, if perhaps nobody has reaped it yet
{
	[ ! -e "/proc/$1" ] || grep -q '^State:.*Z' "/proc/$1/status"
}

# Takes a terminal's master at the socket $1 as conmon does, and prints what comes out of it.
conmon()
{
	python3 -c '
import array, os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
conn, _ = listener.accept()
data, extra, flags, _ = conn.recvmsg(4096, socket.CMSG_SPACE(4))
assert data, "no name beside the fd"
master = array.array("i", extra[0][2])[0]
try:
    while chunk := os.read(master, 4096):
        sys.stdout.buffer.write(chunk)
except OSError: # EIO: the last slave is closed
    pass
' "$1"
}

t_podman_run_exec_pause_stop()
{
	make_bundle "$BUNDLE" '.process.rlimits += [{type: "RLIMIT_NPROC", soft: 1000, hard: 1000}]' \
		sh -c 'trap "echo usr1 >>/tmp/got" USR1; trap "exit 3" TERM; : >/tmp/got; while :; do sleep 0.1; done'
	mkdir -p "$BUNDLE/tmp"
	jq --arg dir "$BUNDLE/tmp" '.mounts += [{destination: "/tmp", source: $dir, type: "bind",
		options: ["rbind", "rw"]}]' "$BUNDLE/config.json" >"$BUNDLE/c"
	mv "$BUNDLE/c" "$BUNDLE/config.json"
	silent "create" podman create --bundle "$BUNDLE" --pid-file "$RUN/pidfile" "$CID"
	local pid
	pid=$(<"$RUN/pidfile")
	silent "start" podman start "$CID"
	check "it runs" until_true test -e "$BUNDLE/tmp/got"

	process_file sleep 998
	silent "exec" podman exec --pid-file "$RUN/exec_pid" --process "$RUN/process" --detach "$CID"
	is "exec's pid" "$(tr '\0' ' ' <"/proc/$(<"$RUN/exec_pid")/cmdline")" "sleep 998 "

	if [ -n "$CGROUP_DIR" ]; then
		silent "pause" podman pause "$CID"
		check "paused" has_status "$CID" paused
		silent "resume" podman resume "$CID"
	else
		skip "pause" "no cgroup v2 here"
	fi
	silent "kill 10" podman kill "$CID" 10
	check "USR1 came" until_true grep -q usr1 "$BUNDLE/tmp/got"
	silent "kill 15" podman kill "$CID" 15
	check "TERM ended it" until_true has_status "$CID" stopped
	try podman kill "$CID" 9
	is "kill 9 afterwards" "$status" 1
	like "and why" "$(last_error "$RUN/oci-log")" 'container not running'
	silent "delete --force" podman delete --force "$CID"
	check "its init is gone" until_true is_gone "$pid"
	check "so is what exec began" until_true is_gone "$(<"$RUN/exec_pid")"
	silent "delete --force again" podman delete --force "$CID"
}

t_podman_without_cgroups()
{
	make_bundle "$BUNDLE" . sleep 997
	silent "create" podman --cgroup-manager disabled create --bundle "$BUNDLE" --pid-file "$RUN/pidfile" "$CID"
	is "no cgroup was made" "$([ -z "$CGROUP_DIR" ] || ls -d "$CGROUP_DIR/bundle" 2>/dev/null)" ""
	silent "start" podman --cgroup-manager disabled start "$CID"
	silent "kill --all" podman --cgroup-manager disabled kill --all "$CID" 9
	silent "delete --force" podman --cgroup-manager disabled delete --force "$CID"
}

t_podman_terminal()
{
	if ! command -v python3 >/dev/null; then
		skip "a terminal" "python3 is missing"
		return
	fi
	make_bundle "$BUNDLE" '.process.terminal = true' sh -c 'test -t 0 && tty'
	conmon "$RUN/attach" >"$RUN/output" &
	check "a console socket" until_true test -S "$RUN/attach"
	silent "create" podman create --bundle "$BUNDLE" --pid-file "$RUN/pidfile" --console-socket "$RUN/attach" "$CID"
	silent "start" podman start "$CID"
	wait $!
	like "from the terminal" "$(<"$RUN/output")" '^/dev/(pts/0|console).$'
	check "it ended" until_true has_status "$CID" stopped
	silent "delete" podman delete --force "$CID"

	make_bundle "$BUNDLE" . sleep 997
	silent "create without" podman create --bundle "$BUNDLE" --pid-file "$RUN/pidfile" "$CID"
	silent "start without" podman start "$CID"
	process_file sh -c 'test -t 1 && stty size'
	jq '.terminal = true | .consoleSize = {height: 33, width: 101}' "$RUN/process" >"$RUN/process-tty"
	conmon "$RUN/term" >"$RUN/output" &
	check "a socket for exec" until_true test -S "$RUN/term"
	silent "exec --tty" podman exec --pid-file "$RUN/exec_pid" --process "$RUN/process-tty" --detach \
		--tty --console-socket "$RUN/term" "$CID"
	wait $!
	like "its size" "$(<"$RUN/output")" '^33 101.$'
	silent "delete without" podman delete --force "$CID"
}

t_podman_no_such_program()
{
	rm -f "$RUN/oci-log"
	make_bundle "$BUNDLE" . /bin/nonexist
	try podman create --bundle "$BUNDLE" --pid-file "$RUN/pidfile" "$CID"
	is "create" "$status" 1
	# libpod, oci_util.go: this makes podman's status 127.
	like "the log" "$(last_error "$RUN/oci-log" | tr '[:upper:]' '[:lower:]')" 'no such file or directory'
	silent "delete --force" podman delete --force "$CID"
	make_bundle "$BUNDLE" . /etc/passwd
	try podman create --bundle "$BUNDLE" --pid-file "$RUN/pidfile" "$CID"
	# And this 126.
	like "not executable" "$(last_error "$RUN/oci-log" | tr '[:upper:]' '[:lower:]')" 'permission denied'
	silent "delete --force" podman delete --force "$CID"
}

t_containerd_run_exec_stop()
{
	local pid
	make_bundle "$BUNDLE" . sleep 996
	silent "create" containerd create --bundle "$BUNDLE" --pid-file "$BUNDLE/init.pid" cz
	pid=$(<"$BUNDLE/init.pid")
	silent "start" containerd start cz
	process_file sleep 995
	silent "exec" containerd exec --process "$RUN/process" --detach --pid-file "$RUN/e1.pid" cz
	is "ps" "$(containerd ps --format json cz | jq -c sort)" \
		"$(jq -nc '$ARGS.positional | map(tonumber) | sort' --args "$pid" "$(<"$RUN/e1.pid")")"
	is "state" "$(containerd state cz | jq -r .status)" running
	is "list" "$(containerd list --format=json | jq -r '.[].id')" cz
	is "events" "$(containerd events --stats cz | jq -r .type)" stats
	if [ -n "$CGROUP_DIR" ]; then
		silent "pause" containerd pause cz
		silent "resume" containerd resume cz
	else
		skip "pause" "no cgroup v2 here"
	fi
	if has_controller pids; then
		try containerd update --resources=- cz <<<'{"pids": {"limit": 500}}'
		is "update" "$status/$err/$(<"$CGROUP_DIR/bundle/pids.max")" 0//500
	else
		try containerd update --resources=- cz <<<'{"pids": {"limit": 500}}'
		is "update without the controller" "$status" 1
	fi
	silent "kill --all" containerd kill --all cz 9
	check "it ended" until_true has_status cz stopped
	try containerd kill cz 9
	# containerd, process/utils.go: this means that it is gone already, which is fine.
	like "kill again" "$(last_error "$RUN/log.json")" 'container not running'
	silent "delete" containerd delete cz
	silent "delete --force" containerd delete --force cz
	try containerd delete cz
	like "delete again" "$(last_error "$RUN/log.json")" 'does not exist'
	check "features" jq -e .ociVersionMax <(containerd features)
}

# The shim is a subreaper and waits for the container's init itself.
t_containerd_shim_reaps_the_init()
{
	if ! command -v python3 >/dev/null; then
		skip "a subreaper" "python3 is missing"
		return
	fi
	make_bundle "$BUNDLE" . sh -c 'exit 5'
	python3 -c '
import ctypes, os, subprocess, sys
PR_SET_CHILD_SUBREAPER = 36
assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
vzrun, root, bundle = sys.argv[1:]
def step(*args):
    subprocess.run([vzrun, "--root", root, *args], check=True)
step("create", "--bundle", bundle, "--pid-file", bundle + "/init.pid", "shim")
pid = int(open(bundle + "/init.pid").read())
step("start", "shim")
_, status = os.waitpid(pid, 0)
step("delete", "shim")
print(os.waitstatus_to_exitcode(status))
' "$VZRUN" "$ROOT" "$BUNDLE" >"$RUN/status" 2>"$RUN/err"
	is "its exit status" "$(<"$RUN/status")$(<"$RUN/err")" 5
}

mkdir -p "$ROOT" "$RUN"
run_tests "$@"
