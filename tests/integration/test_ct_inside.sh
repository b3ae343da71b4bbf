#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Commands and scripts of a user's in a CT, in OpenVZ's ways, in one that does not run too.
# shellcheck disable=SC2016,SC2119,SC2154 # for shells inside; make_ct's options; out, err and status
# are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

INJECT=${INJECT:-${VZRUN%/*}/tests/faults/inject}
[ -x "$INJECT" ] || tap_bail "$INJECT is missing (make check builds it)"

vzctl()
{
	(exec -a vzctl "$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" "$@")
}

t_exec_by_a_shell()
{
	make_ct
	start_ct
	try env FOO=bar bash -c "$(declare -f vzctl); VZRUN=$VZRUN ROOT=$ROOT CT_DIR=$CT_DIR; vzctl exec $id 'env | sort; id -u'"
	is "as root, with few variables" "$(grep -v '^\(PWD\|SHLVL\|OLDPWD\|_\)=' <<<"$out")" "HOME=/
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
TERM=linux
0"
	is "words are joined" "$(vzctl exec "$id" echo 'a  b' '$((1+1))' ';' echo -n c)" "a b 2
c"
	is "options behind the CT are the command's" "$(vzctl exec "$id" echo --fast -x)" "--fast -x"
	is "its input" "$(echo in | vzctl exec "$id" cat)" in
	is "a script that comes in" "$(echo 'echo from $0; exit 0' | vzctl exec "$id" -)" "from /bin/sh"
	try vzctl exec "$id" exit 3
	is "exec: any failure is 8" "$status" 8
	try vzctl exec2 "$id" exit 3
	is "exec2: its own status" "$status" 3
	try vzctl exec2 "$id" 'kill -9 $$'
	is "exec2: of a signal" "$status" 137
	is "exec3: no shell" "$(vzctl exec3 "$id" echo '$((1+1)); x')" '$((1+1)); x'
	try vzctl exec3 "$id" sh -c 'exit 5'
	is "exec3: its status" "$status" 5
	try vzctl exec2 "$id" nosuchcommand
	is "exec2: no such command" "$status" 127
	try vzctl exec "$id"
	is "none" "$status" 20
	ct stop "$id" --fast >/dev/null
	try vzctl exec "$id" true
	is "exec in a stopped one" "$status/$err" "8/Container is not running"
	try vzctl exec2 "$id" true
	is "exec2 in a stopped one" "$status/$err" "31/Container is not running"
	ct destroy "$id" >/dev/null
	try vzctl exec2 "$id" true
	is "of no CT" "$status/$err" "14/Container config file does not exist"
}

t_enter_with_a_command()
{
	make_ct
	start_ct
	try ct enter "$id" --exec echo '$HOME' '&&' exit 4
	is "its status" "$status" 4
	is "by a login shell" "$out" "entered into CT $id
/root
exited from CT $id"
	try ct enter "$id" --exec
	is "without a command" "$status" 20
	try ct enter "$id" ls
	is "not behind --exec" "$status" 20
	ct stop "$id" --fast >/dev/null
	try ct enter "$id" --exec true
	is "in a stopped one" "$status" 31
	ct destroy "$id" >/dev/null
}

script_file()
{
	cat >"$SCRATCH/script"
}

t_runscript_in_a_running_ct()
{
	make_ct
	start_ct
	script_file <<<'echo "pid1 $(cat /proc/1/comm) $(id -u) $HOME"; cat; exit 6'
	try ct runscript "$id" "$SCRATCH/script"
	is "its output" "$out" "pid1 init 0 /"
	is "its status" "$status" 6
	try ct runscript "$id" "$SCRATCH/none"
	is "no script" "$status" 11
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

t_runscript_in_a_stopped_ct()
{
	make_ct --hostname web.example
	script_file <<'END'
echo "$(id -u) $HOME $(hostname) $(ls /sys/class/net | tr '\n' ' ')"
echo made >/root/made
(trap '' HUP TERM; exec sleep 1000) &
exit 7
END
	ct mount "$id" >/dev/null
	ct umount "$id" >/dev/null
	try ct runscript "$id" "$SCRATCH/script"
	is "its output" "$out" "0 / web.example lo "
	is "its status" "$status" 7
	is "its file" "$(stat -c '%u:%g' "$(ct_private root/made)")" 0:0
	is "it is as it was" "$(ct status "$id")" "CTID $id exist unmounted down"
	is "nothing goes on" "$(ct_traces "$id" | grep -v "/$id\$\|conf$")" ""
	# Mounted for the host before and after it.
	ct mount "$id" >/dev/null
	try ct runscript "$id" "$SCRATCH/script"
	is "a mounted one" "$status" 7
	is "stays mounted" "$(ct status "$id")" "CTID $id exist mounted down"
	check "for the host" touch "$CT_DIR/root/$id/root/by-host"
	ct umount "$id" >/dev/null
	rm -r "$CT_DIR/private/$id"
	try ct runscript "$id" "$SCRATCH/script"
	is "without a private area" "$status" 43
	ct destroy "$id" >/dev/null
	try ct runscript "$id" "$SCRATCH/script"
	is "of none" "$status" 14
	is "what is left" "$(ct_traces "$id")" ""
}

t_runscript_can_be_interrupted()
{
	local pid
	make_ct
	script_file <<<'touch /root/up; sleep 1000'
	"$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" runscript "$id" "$SCRATCH/script" >/dev/null 2>&1 &
	pid=$!
	until_true test -e "$(ct_private root/up)"
	try ct start "$id"
	is "another verb meanwhile" "$status" 9
	kill -TERM "$pid"
	wait "$pid" 2>/dev/null
	rm "$(ct_private root/up)"
	until_true start_again
	is "the next start works" "$(ct status "$id")" "CTID $id exist mounted running"
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
	is "what is left" "$(ct_traces "$id")" ""
}

no_mount()
{
	! grep -q "$CT_DIR/root/$id " /proc/self/mountinfo
}

# Neither a script nor a password leaves the host a mount, whenever it is killed.
t_a_stopped_ct_is_mounted_for_nobody_else()
{
	local pid
	make_ct
	script_file <<<'touch /root/up; exec sleep 1000'
	"$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" runscript "$id" "$SCRATCH/script" >/dev/null 2>&1 &
	pid=$!
	until_true test -e "$(ct_private root/up)"
	check "no mount while the script runs" no_mount
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	check "nor when the verb was killed" no_mount
	until_true set_password
	is "the next verb works" "$(grep -c '^root:[$]' "$(ct_private etc/shadow)")" 1
	until_true start_again
	is "and it starts" "$(ct status "$id")" "CTID $id exist mounted running"
	ct stop "$id" --fast >/dev/null
	killed_with_a_password
	ct destroy "$id" >/dev/null
	is "what is left" "$(ct_traces "$id")" ""
}

set_password()
{
	ct set "$id" --userpasswd root:secret >/dev/null 2>&1
}

# At each call by which it makes or mounts something.
killed_with_a_password()
{
	local point left='' verb=("$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" set "$id" --userpasswd root:other)
	"$INJECT" -o "$_tmp/found" --list "${verb[@]}" >/dev/null 2>&1
	awk '/mount|fsopen|fsconfig|openat/ { print $2 }' "$_tmp/found" >"$_tmp/points"
	check "there are calls to be killed at" test -s "$_tmp/points"
	while read -r point <&3; do
		"$INJECT" -o "$_tmp/found" --kill-at "$point" "${verb[@]}" >/dev/null 2>&1
		no_mount || left+="$point "
	done 3<"$_tmp/points"
	is "calls after which a mount was left" "$left" ""
	is "the verb works again" "$(until_true set_password && no_mount && echo yes)" yes
}

start_again()
{
	ct start "$id" >/dev/null 2>&1
}

# An sshd that has no keys gets them by its own ssh-keygen, before anything starts, and once.
t_host_keys_are_made_before_the_first_start()
{
	local init='[ -e /etc/ssh/ssh_host_rsa_key ] && echo yes >/root/had_keys; mkdir -p /run/lock; while :; do sleep 1000; done'
	ct_tree "$SCRATCH/sshd"
	mkdir -p "$SCRATCH/sshd/etc/ssh" "$SCRATCH/sshd/usr/real"
	rm "$SCRATCH/sshd/usr/bin" "$SCRATCH/sshd/usr/sbin"
	mkdir "$SCRATCH/sshd/usr/bin" "$SCRATCH/sshd/usr/sbin"
	cat >"$SCRATCH/sshd/usr/bin/ssh-keygen" <<'END'
#!/bin/sh
[ "$*" = -A ] && [ "$(id -u)" = 0 ] || exit 1
cat /proc/sys/kernel/random/uuid >/etc/ssh/ssh_host_rsa_key
chmod 600 /etc/ssh/ssh_host_rsa_key
END
	touch "$SCRATCH/sshd/usr/sbin/sshd"
	echo template >"$SCRATCH/sshd/etc/ssh/ssh_host_rsa_key"
	chmod 755 "$SCRATCH/sshd/usr/bin/ssh-keygen"
	tar -C "$SCRATCH/sshd" -cf "$SCRATCH/sshd.tar" .
	new_ct
	ct create "$id" --ostemplate "$SCRATCH/sshd.tar" >/dev/null
	try ct start "$id"
	is "start" "$status$err" 0
	until_true ct exec "$id" test -d /run/lock
	is "they are there before its init" "$(<"$(ct_private root/had_keys)")" yes
	local key
	key=$(<"$(ct_private etc/ssh/ssh_host_rsa_key)")
	is "they are its root's" "$(stat -c '%u:%g %a' "$(ct_private etc/ssh/ssh_host_rsa_key)")" "0:0 600"
	ct restart "$id" --fast >/dev/null
	is "and stay" "$(<"$(ct_private etc/ssh/ssh_host_rsa_key)")" "$key"
	# One that fails, or a shell that is missing, keeps no CT from starting.
	ct exec "$id" sh -c 'rm /etc/ssh/ssh_host*; echo "exit 3" >/usr/bin/ssh-keygen'
	try ct restart "$id" --fast
	is "one that fails" "$status" 0
	like "is told of" "$err" "ssh-keygen -A: exit status"
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

run_tests "$@"
