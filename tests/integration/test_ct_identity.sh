#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a new CT must not have in common with its template and other CTs.
# shellcheck disable=SC2119,SC2154 # make_ct's options; out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

init='mkdir -p /run/lock; while :; do sleep 1000; done'

# A template with what a used system has; $1: more to be done in it, in a shell.
used_template() # NAME [COMMANDS]
{
	local tree=$SCRATCH/$1
	ct_tree "$tree"
	(
		cd "$tree" || exit
		mkdir -p etc/ssh var/lib/dbus var/lib/systemd
		echo 0123456789abcdef0123456789abcdef >etc/machine-id
		cp etc/machine-id var/lib/dbus/machine-id
		for key in rsa ed25519; do
			echo secret >etc/ssh/"ssh_host_${key}_key"
			echo public >etc/ssh/"ssh_host_${key}_key.pub"
		done
		echo moduli >etc/ssh/moduli
		echo seed >var/lib/systemd/random-seed
		printf 'root::19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\nuser::19000::::::\n' >etc/shadow
		chmod 640 etc/shadow
		chown 0:42 etc/shadow
		eval "${2:-}"
	)
	tar -C "$tree" -cf "$SCRATCH/$1.tar" .
	template=$SCRATCH/$1.tar
}

create()
{
	new_ct
	try ct create "$id" --ostemplate "$template"
	is "create" "$status$err" 0
}

t_machine_id()
{
	local first
	used_template ids
	create
	like "an id" "$(<"$(ct_private etc/machine-id)")" '^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$'
	is "a line, as systemd wants it" "$(stat -c '%s %a %u:%g' "$(ct_private etc/machine-id)")" "33 644 0:0"
	is "D-Bus's leads to it" "$(readlink "$(ct_private var/lib/dbus/machine-id)")" /etc/machine-id
	first=$(<"$(ct_private etc/machine-id)")
	ct start "$id" >/dev/null
	is "it sees it" "$(ct exec "$id" cat /etc/machine-id)" "$first"
	is "by D-Bus's file too" "$(ct exec "$id" cat /var/lib/dbus/machine-id)" "$first"
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
	create
	check "another CT has another" test "$(<"$(ct_private etc/machine-id)")" != "$first"
	is "the template keeps its own" "$(<"$CT_DIR/template/ids/etc/machine-id")" \
		0123456789abcdef0123456789abcdef
	ct destroy "$id" >/dev/null
}

t_secrets_of_the_template_are_gone()
{
	used_template secrets
	create
	ct mount "$id" >/dev/null
	is "its host keys" "$(ls "$CT_DIR/root/$id/etc/ssh")" moduli
	is "its seed" "$(ls "$CT_DIR/root/$id/var/lib/systemd")" ""
	ct umount "$id" >/dev/null
	ct destroy "$id" >/dev/null
}

t_root_without_a_password_is_locked()
{
	used_template shadow
	create
	is "shadow" "$(<"$(ct_private etc/shadow)")" 'root:*:19000:0:99999:7:::
daemon:*:19000:0:99999:7:::
user::19000::::::'
	is "its owner and mode" "$(stat -c '%u:%g %a' "$(ct_private etc/shadow)")" "0:42 640"
	ct destroy "$id" >/dev/null
	used_template locked "sed -i 's/^root::/root:\$6\$salt\$hash:/' etc/shadow"
	create
	check "one with a password is left alone" test ! -e "$(ct_private etc/shadow)"
	ct destroy "$id" >/dev/null
}

t_cron_minutes_differ()
{
	local line
	line='17 *	* * *	root	cd / && run-parts --report /etc/cron.hourly'
	used_template cron "printf '# m h\n%s\n25 6 * * * root echo run\n' '$line' >etc/crontab"
	create
	ct mount "$id" >/dev/null
	like "crontab" "$(<"$CT_DIR/root/$id/etc/crontab")" "^# m h
[0-5]?[0-9] \*	\* \* \*	root	cd / && run-parts --report /etc/cron.hourly
25 6 \* \* \* root echo run$"
	ct umount "$id" >/dev/null
	ct destroy "$id" >/dev/null
}

# Whatever an archive has there: nothing outside is touched, and nothing hangs.
t_planted_files()
{
	local path
	echo keep >"$SCRATCH/outside"
	mkdir -p "$SCRATCH/outdir"
	echo keep >"$SCRATCH/outdir/ssh_host_rsa_key"
	for path in etc/machine-id etc/shadow etc/crontab; do
		used_template "link" "rm -f $path; ln -s $SCRATCH/outside $path"
		create
		is "$path: a link out of it" "$(<"$SCRATCH/outside")" keep
		ct destroy "$id" >/dev/null
		used_template "fifo" "rm -f $path; mkfifo $path"
		create
		ct destroy "$id" >/dev/null
		used_template "dir" "rm -f $path; mkdir -p $path/x"
		new_ct
		try ct create "$id" --ostemplate "$template"
		[ "$status" = 0 ] || is "$path: refused, with nothing left" "$(ct_traces "$id")" ""
		[ "$status" != 0 ] || ct destroy "$id" >/dev/null
		rm -rf "$SCRATCH"/{link,fifo,dir}
	done
	used_template "linkdir" "rm -r etc/ssh; ln -s $SCRATCH/outdir etc/ssh; mkdir -p x; rm -r var/lib/dbus; ln -s $SCRATCH/outdir var/lib/dbus"
	create
	is "a folder that is a link" "$(ls "$SCRATCH/outdir")" ssh_host_rsa_key
	ct destroy "$id" >/dev/null
}

run_tests "$@"
