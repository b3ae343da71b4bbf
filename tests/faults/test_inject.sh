#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The injector itself, on programs that everybody knows: were it broken, the fault tests would
# pass without having tried anything.
# shellcheck disable=SC2016 # what is quoted is for the shell that inject starts
. "${0%/*}/../tap.sh"

export LC_ALL=C
INJECT=${INJECT:-./tests/faults/inject}
[ -x "$INJECT" ] || tap_skip_all "$INJECT is not built (x86-64 only)"
dir=$(mktemp -d -t inject.XXXXXX) || tap_bail "no scratch folder"
trap 'rm -rf "$dir"' EXIT

# Sets $status, $err and what inject found, $found.
inject()
{
	status=0
	: >"$dir/found"
	"$INJECT" -o "$dir/found" "$@" >"$dir/out" 2>"$dir/err" || status=$?
	err=$(<"$dir/err")
	found=$(<"$dir/found")
}

inject --list mkdir "$dir/a"
is "list: the command's own status" "$status" 0
is "list: one creating call" "$found" "1 1.1 mkdir(\"$dir/a\")"
check "list: the command did its work" rmdir "$dir/a"

inject --list mkdir "$dir/no/a"
is "list: a failing command's status" "$status" 1

inject --nth 1 mkdir "$dir/a"
is "nth: the command notices" "$status" 1
like "nth: ENOMEM unless told otherwise" "$err" 'Cannot allocate memory'
is "nth: tells which" "$found" "1 1.1 mkdir(\"$dir/a\")"
check "nth: the kernel did not do it" test ! -e "$dir/a"

inject --nth 1 --errno EDQUOT mkdir "$dir/a"
like "nth: any error" "$err" 'Disk quota exceeded'

inject --nth 2 mkdir "$dir/a" "$dir/b" "$dir/c"
is "nth: the others go through" "$(cd "$dir" && echo ?)" "a c"
rmdir "$dir"/[ac]

inject --nth 9 mkdir "$dir/a"
is "nth: a call that is never made" "$status:$found" "0:"
rmdir "$dir/a"

inject --list sh -c 'mkdir "$0/a"; mkdir "$0/b"; :' "$dir"
is "children: followed through vfork and exec" "$(cut -d' ' -f2- <<<"$found")" \
	"1.1 vfork()
2.1 execve(\"$(command -v mkdir)\")
2.2 mkdir(\"$dir/a\")
1.2 vfork()
3.1 execve(\"$(command -v mkdir)\")
3.2 mkdir(\"$dir/b\")"
rmdir "$dir"/[ab]

inject --nth 3.2 sh -c 'mkdir "$0/a"; mkdir "$0/b"; :' "$dir"
is "children: a call named by its process" "$(cd "$dir" && echo ?)" a
is "children: the parent's status" "$status" 0
rmdir "$dir/a"

inject --nth 1.1 sh -c 'mkdir "$0/a"' "$dir"
is "children: vfork itself can fail" "$status:$found" "2:1 1.1 vfork()"

inject --nth 2.1 sh -c '"$1" "$0/a"; exit $?' "$dir" "$(command -v mkdir)"
is "children: exec can fail" "$status:$found" "126:2 2.1 execve(\"$(command -v mkdir)\")"

inject --kill-at 1 mkdir "$dir/a"
is "kill: the command" "$status" 137
check "kill: before the call" test ! -e "$dir/a"

inject --kill-at 2.2 sh -c 'mkdir "$0/child"; echo survived' "$dir"
is "kill: the command, when the call is its child's" "$status:$(<"$dir/out")" "137:"

inject --list sh -c 'sleep 1000 >/dev/null 2>&1 & echo $!'
pid=$(<"$dir/out")
is "a child that survives is let go" "$status:$(sed -n 's/^TracerPid:\t//p' "/proc/$pid/status")" "0:0"
until [ "$(<"/proc/$pid/comm")" = sleep ]; do :; done
is "and lives" "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "sleep 1000 "
kill "$pid"

# Signals that nobody handles: the kernel goes back into the call each time.
waits_for_lock() # PID
{
	local tries
	for ((tries = 0; tries < 200; tries++)); do
		! grep -q '^73 ' "/proc/$1/syscall" 2>/dev/null || return 0 # flock(2)
		sleep 0.05
	done
	return 1
}

exec {lock}>"$dir/lock"
flock "$lock"
"$INJECT" -o "$dir/found" --list flock "$dir/lock" true {lock}>&- &
pid=
until [ -n "$pid" ]; do pid=$(pgrep -P $!); done
for _ in 1 2 3; do
	check "it waits" waits_for_lock "$pid"
	kill -WINCH "$pid"
done
exec {lock}>&-
wait $!
is "a call that the kernel restarts is one" "$(grep -c ' flock(' "$dir/found")" 1
rm "$dir/lock"

inject --list tee "$dir/a" <<<x
is "a write to a file counts, to stdout it doesn't" "$(cut -d' ' -f2- <<<"$found")" \
	"1.1 openat(., \"$dir/a\")
1.2 write(<$dir/a>)"
inject --nth 2 --errno ENOSPC tee "$dir/a" <<<x
is "a write can fail" "$status:$err" "1:tee: $dir/a: No space left on device"
rm "$dir/a"

inject --count true
check "count: a plausible number" test "$found" -gt 5 -a "$found" -lt 200

inject --list /nonexistent
is "a command that isn't there" "$status" 127
inject --nth 0 true
is "K is from 1" "$status" 125
inject --nth 1 --errno ENOSUCH true
is "an error that doesn't exist" "$status" 125

# New pid namespaces: the child is another process to itself than to the tracer.
if [ "$(id -u)" = 0 ]; then
	inject --list unshare --pid --fork --mount-proc mkdir "$dir/a"
	like "namespaces: followed into them" "$found" "2\.[0-9]+ mkdir\(\"$dir/a\"\)"
	rmdir "$dir/a"
	inject --nth "$(sed -n 's/.* \(2\.[0-9]*\) mkdir.*/\1/p' <<<"$found")" \
		unshare --pid --fork --mount-proc mkdir "$dir/a"
	is "namespaces: a call fails there" "$status:$err" "1:mkdir: cannot create directory '$dir/a': Cannot allocate memory"
	mkdir -p "$dir/root/bin" && cp "$(command -v busybox)" "$dir/root/bin/"
	inject --list sh -c 'mkdir "$0/a"; chroot "$0/root" /bin/busybox mkdir /b; :' "$dir"
	is "another root: done" "$status:$(cd "$dir" && echo a root/b)" "0:a root/b"
	is "another root: what is executed there is let go" "$(cut -d' ' -f2- <<<"$found" | grep -v fork)" \
		"2.1 execve(\"$(command -v mkdir)\")
2.2 mkdir(\"$dir/a\")
3.1 execve(\"$(command -v chroot)\")
3.2 chroot(\"$dir/root\")
3.3 chdir(\"/\")
3.4 execve(\"/bin/busybox\")"
	rmdir "$dir/a"
else
	skip "namespaces: followed into them" "needs root"
fi
tap_exit
