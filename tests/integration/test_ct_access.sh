#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may log in to a CT: --userpasswd, --sshkey; and cloud-init's seed.
# shellcheck disable=SC2016,SC2119,SC2154 # for shells inside; make_ct's options; out, err and status
# are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

KEY1='ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKeyOne admin@one'
KEY2='ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAKeyTwo'

# The hash of a user in the CT's shadow fits the password: by the host's crypt(3).
fits() # USER PASSWORD
{
	local hash
	hash=$(ct_file etc/shadow | sed -n "s/^$1:\([^:]*\):.*/\1/p")
	[ -n "$hash" ] && [ "$(openssl passwd -6 -salt "$(cut -d'$' -f3 <<<"$hash")" "$2")" = "$hash" ]
}

ct_file() # PATH
{
	cat "$(ct_private "$1")"
}

passwords() # WHICH: "running" or "stopped"
{
	try ct set "$id" --userpasswd 'root:pa:ss wörd$1'
	is "$1: set" "$status/$out/$err" "0//"
	check "$1: it fits" fits root 'pa:ss wörd$1'
	is "$1: shadow's owner and mode" "$(stat -c '%u:%g %a' "$(ct_private etc/shadow)")" "0:0 600"
	like "$1: the day of the change" "$(ct_file etc/shadow)" "^root:[^:]+:$(($(date +%s) / 86400)):0:99999:7:::"
	try ct set "$id" --userpasswd "alice:first" --userpasswd "root:second"
	is "$1: two at once, one of a new user" "$status" 0
	check "$1: hers fits" fits alice first
	check "$1: his fits" fits root second
	is "$1: her account" "$(ct_file etc/passwd | grep alice)" "alice:x:1000:1000::/home/alice:/bin/sh"
	is "$1: her group" "$(ct_file etc/group | grep alice)" "alice:x:1000:"
	is "$1: her home" "$(stat -c '%u:%g %a' "$(ct_private home/alice)")" "1000:1000 755"
	ct set "$id" --userpasswd alice:again
	is "$1: she is one" "$(ct_file etc/passwd | grep -c alice)/$(ct_file etc/shadow | grep -c alice)" 1/1
	try ct set "$id" --userpasswd 'root:$6$salt$0123456789abcdef' --crypted
	is "$1: a hash" "$status" 0
	like "$1: as it is" "$(ct_file etc/shadow)" '^root:\$6\$salt\$0123456789abcdef:'
	unlike "$1: not in the conf" "$(<"$CT_DIR/conf/$id.conf")" 'second|alice|USERPASSWD'
}

t_passwords()
{
	command -v openssl >/dev/null || { skip "passwords" "openssl is missing"; return; }
	make_ct
	start_ct
	passwords running
	is "inside it shows" "$(ct exec "$id" sh -c 'id alice; cat /etc/shadow | wc -l')" \
		"uid=1000(alice) gid=1000(alice) groups=1000(alice)
3"
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
	make_ct
	passwords stopped
	is "it is as it was" "$(ct status "$id")" "CTID $id exist unmounted down"
	ct mount "$id" >/dev/null
	try ct set "$id" --userpasswd bob:x
	is "mounted" "$status" 0
	is "stays mounted" "$(ct status "$id")" "CTID $id exist mounted down"
	is "for the host" "$(stat -c %u "$(ct_private home/bob)")" 1001
	ct umount "$id" >/dev/null
	ct destroy "$id" >/dev/null
}

hidden() # PID
{
	! grep -qE 'topsecret|hers' "/proc/$1/cmdline"
}

# One password is waited for, so there is time to look.
t_no_password_stands_in_a_list_of_processes()
{
	local pid
	command -v openssl >/dev/null || { skip "passwords" "openssl is missing"; return; }
	make_ct
	mkfifo "$SCRATCH/fifo"
	"$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" set "$id" --userpasswd root:topsecret \
		--userpasswd=alice:hers --userpasswd bob:- <"$SCRATCH/fifo" &
	pid=$!
	exec 7>"$SCRATCH/fifo"
	until_true grep -q root: "/proc/$pid/cmdline"
	until_true hidden "$pid"
	check "passwords are wiped" hidden "$pid"
	check "users are shown, passwords are not" grep -qE 'root:.*alice:.*bob:-' <(tr '\0' ' ' <"/proc/$pid/cmdline")
	echo 'from stdin: 1' >&7
	exec 7>&-
	wait "$pid"
	is "set" "$?" 0
	check "the first fits" fits root topsecret
	check "the second fits" fits alice hers
	check "what came on stdin fits" fits bob 'from stdin: 1'
	is "none is logged" "$(grep -rlE 'topsecret|hers|from stdin' "$CT_DIR/conf" "$CT_DIR/vzctl.log")" ""
	try ct set "$id" --userpasswd root:- </dev/null
	is "nothing on stdin" "$status/$err" "21/vzrun: set $id: --userpasswd: stdin has no password"
	is "the rest is left" "$(printf 'two\nlines\n' | { ct set "$id" --userpasswd root:- && cat; })" lines
	check "its first line fits" fits root two
	rm "$SCRATCH/fifo"
	ct destroy "$id" >/dev/null
}

t_with_save_and_others()
{
	make_ct
	try ct set "$id" --userpasswd root:pw --hostname a.b --save
	is "with another" "$status/$out" "0/CT configuration saved to $CT_DIR/conf/$id.conf"
	try ct set "$id" --userpasswd root:pw2 --hostname 'bad name' --save
	is "with one that is bad" "$status" 70
	ct set "$id" --userpasswd root:pw3
	try ct set "$id" --userpasswd root:pw --save
	is "alone" "$status/$out" "0/No changes in CT configuration, not saving"
	ct destroy "$id" >/dev/null
	new_ct
	try ct create "$id" --ostemplate minimal --userpasswd root:atcreate --sshkey "$KEY1"
	is "create" "$status" 0
	like "has it" "$(ct_file etc/shadow)" '^root:\$6\$'
	is "and the key" "$(ct_file root/.ssh/authorized_keys)" "$KEY1"
	unlike "and tells nobody" "$out$err$(cat "$CT_DIR/conf/$id.conf")" atcreate
	ct destroy "$id" >/dev/null
}

t_bad_passwords()
{
	local bad before
	make_ct
	before=$(ct_file etc/shadow 2>/dev/null; ct mount "$id" >/dev/null; cat "$CT_DIR/root/$id/etc/shadow" "$CT_DIR/root/$id/etc/passwd"; ct umount "$id" >/dev/null)
	for bad in '' root root: :pw 'a b:pw' '../x:pw' $'root:a\nb:c' $'ro\not:pw' '-x:pw' "$(printf 'a%.0s' {1..40}):pw" \
		"root:$(printf 'a%.0s' {1..600})"; do
		try ct set "$id" --userpasswd="$bad"
		[ "$status" != 0 ] || is "--userpasswd=$(printf %q "$bad")" "$status" "not 0"
		unlike "no password is told" "$err" 'pw|aaaa'
	done
	for bad in 'root:a:b' 'root:a b' $'root:a\n'; do
		try ct set "$id" --userpasswd="$bad" --crypted
		is "--crypted $(printf %q "$bad")" "$status" 21
	done
	is "nothing changed" "$(ct mount "$id" >/dev/null; cat "$CT_DIR/root/$id/etc/shadow" "$CT_DIR/root/$id/etc/passwd"; ct umount "$id" >/dev/null)" "$before"
	try ct set "$id" --userpasswd root:x
	rm -r "$CT_DIR/private/$id"
	try ct set "$id" --userpasswd root:x
	is "without a private area" "$status" 43
	ct destroy "$id" >/dev/null
}

# What a CT plants at these places leads nowhere and holds nobody.
t_planted_files()
{
	local kind
	echo keep >"$SCRATCH/outside"
	for kind in link fifo folder; do
		make_ct
		start_ct
		case $kind in
		link) ct exec "$id" sh -c "rm /etc/shadow /etc/group; ln -s $SCRATCH/outside /etc/shadow; ln -s $SCRATCH/outside /etc/group; ln -s $SCRATCH /root/.ssh" ;;
		fifo) ct exec "$id" sh -c 'rm /etc/shadow; mkfifo /etc/shadow; mkdir /root/.ssh; mkfifo /root/.ssh/authorized_keys' ;;
		folder) ct exec "$id" sh -c 'rm /etc/shadow; mkdir /etc/shadow; touch /root/.ssh' ;;
		esac
		try timeout 60 "$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" set "$id" \
			--userpasswd root:secret --userpasswd eve:secret --sshkey "$KEY1"
		check "$kind: it ends" test "$status" != 124
		is "$kind: what is outside" "$(<"$SCRATCH/outside")" keep
		check "$kind: nothing is made outside" test ! -e "$SCRATCH/authorized_keys"
		ct stop "$id" --fast >/dev/null
		ct destroy "$id" >/dev/null
	done
}

t_ssh_keys()
{
	make_ct
	printf '# my keys\n\n%s\r\nrestrict,command="x" %s\n' "$KEY2" "$KEY1" >"$SCRATCH/keys"
	try ct set "$id" --sshkey "$KEY1" --sshkey "$SCRATCH/keys"
	is "set" "$status$err" 0
	is "they are there" "$(ct_file root/.ssh/authorized_keys)" "$KEY1
$KEY2
restrict,command=\"x\" $KEY1"
	is "modes and owners" "$(stat -c '%a %u:%g' "$(ct_private root/.ssh)" "$(ct_private root/.ssh/authorized_keys)")" \
		"700 0:0
600 0:0"
	start_ct
	try ct set "$id" --sshkey "$KEY1"
	is "one that is there, running" "$status" 0
	is "is not there twice" "$(ct exec "$id" grep -c KeyOne /root/.ssh/authorized_keys)" 2
	ct set "$id" --sshkey "ssh-rsa AAAAnew me"
	is "another" "$(ct exec "$id" tail -n 1 /root/.ssh/authorized_keys)" "ssh-rsa AAAAnew me"
	is "it is its root's" "$(ct exec "$id" stat -c '%u:%g %a' /root/.ssh/authorized_keys)" "0:0 600"
	echo "no key" >"$SCRATCH/nokey"
	: >"$SCRATCH/empty"
	local bad
	for bad in nothere "$SCRATCH/none" "$SCRATCH/nokey" "$SCRATCH/empty" $'ssh-rsa AAAA\nno key' /etc; do
		try ct set "$id" --sshkey "$bad"
		is "--sshkey $(printf %q "$bad")" "$status" 21
	done
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

# What would be written lies beneath the mount: no one would be let in, and "done" a lie.
t_what_is_mounted_over_is_not_changed()
{
	mkdir -p "$SCRATCH/home" "$SCRATCH/etc"
	make_ct
	ct set "$id" --bindmount_add "$SCRATCH/home:/root" --save >/dev/null
	try ct set "$id" --sshkey "$KEY1"
	is "a key" "$status" 74
	like "says why" "$err" "\"/root\" is mounted by BINDMOUNT .change the file"
	check "nothing was written" test ! -e "$(ct_private root/.ssh)"
	try ct set "$id" --userpasswd root:secret
	is "a password all the same" "$status" 0
	ct set "$id" --bindmount_del all --bindmount_add "$SCRATCH/etc:/etc" --save >/dev/null
	try ct set "$id" --userpasswd root:secret
	is "a password" "$status" 74
	try ct set "$id" --sshkey "$KEY1"
	is "a key all the same" "$status" 0
	ct destroy "$id" >/dev/null
}

# For a system without shadow, and one whose passwd has the hashes.
t_small_systems()
{
	local init='while :; do sleep 1000; done'
	ct_tree "$SCRATCH/small"
	rm -f "$SCRATCH/small/etc/shadow"
	tar -C "$SCRATCH/small" -cf "$SCRATCH/small.tar" .
	new_ct
	ct create "$id" --ostemplate "$SCRATCH/small.tar" >/dev/null
	ct set "$id" --userpasswd root:pw
	like "in passwd" "$(ct_file etc/passwd)" '^root:\$6\$[^:]*:0:0:root:/root:/bin/sh
user:x'
	check "no shadow is made" test ! -e "$(ct_private etc/shadow)"
	ct destroy "$id" >/dev/null
}

t_cloud_init()
{
	local init='mkdir -p /run/lock; while :; do sleep 1000; done' seed
	ct_tree "$SCRATCH/cloud"
	mkdir -p "$SCRATCH/cloud/etc/cloud/cloud.cfg.d"
	cp -P "$SCRATCH/cloud/bin/busybox" "$SCRATCH/cloud/bin/cloud-init"
	tar -C "$SCRATCH/cloud" -cf "$SCRATCH/cloud.tar" .
	new_ct
	ct create "$id" --ostemplate "$SCRATCH/cloud.tar" --hostname web.example >/dev/null
	ct start "$id" >/dev/null
	seed=var/lib/cloud/seed/nocloud
	is "meta-data" "$(ct_file "$seed"/meta-data)" "instance-id: vzrun-$(ct_file etc/machine-id)
local-hostname: web.example"
	is "user-data" "$(ct_file "$seed"/user-data)" "#cloud-config
{}"
	like "it leaves the network alone" "$(ct_file etc/cloud/cloud.cfg.d/99-vzrun.cfg)" "network: \{ config: disabled \}"
	is "all its root's" "$(stat -c %u "$(ct_private "$seed"/meta-data)")" 0
	ct exec "$id" sh -c 'echo "#cloud-config" >/var/lib/cloud/seed/nocloud/user-data'
	ct restart "$id" --fast >/dev/null
	is "an administrator's stays" "$(ct_file "$seed"/user-data)" "#cloud-config"
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
	make_ct
	start_ct
	check "none without cloud-init" test ! -e "$(ct_private var/lib/cloud)"
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

run_tests "$@"
