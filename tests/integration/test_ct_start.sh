#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The options of start, stop and restart.
# shellcheck disable=SC2016,SC2119,SC2154 # for shells inside; make_ct's options; out, err and status
# are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

CONF=$CT_DIR/conf

# A CT whose init does what $1 says, with the names that real ones have.
make_own() # COMMANDS [SETUP]
{
	local init=$1 tree
	new_ct
	tree=$SCRATCH/t$id
	ct_tree "$tree"
	(cd "$tree" && eval "${2:-}")
	tar -C "$tree" -cf "$tree.tar" .
	ct create "$id" --ostemplate "$tree.tar" >/dev/null || tap_bail "can't create CT $id"
}

t_force_starts_a_disabled_one()
{
	make_ct
	ct set "$id" --disabled yes --save >/dev/null
	try ct start "$id"
	is "start" "$status" 105
	try ct start "$id" --force --skip-fsck
	is "start --force" "$status$err" 0
	try ct restart "$id" --fast
	is "restart" "$status" 105
	like "it still runs" "$(ct status "$id")" running
	try ct restart "$id" --fast --force
	is "restart --force" "$status" 0
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

t_skip_remount_takes_what_is_mounted()
{
	make_ct
	for s in mount umount; do
		printf '#!/bin/sh\necho %s >>%s\n' "$s" "$SCRATCH/ran" >"$CONF/$id.$s"
		chmod 755 "$CONF/$id.$s"
	done
	ct mount "$id" >/dev/null
	mkdir -p "$SCRATCH/data"
	echo data >"$SCRATCH/data/file"
	mount --bind "$SCRATCH/data" "$CT_DIR/root/$id/mnt"
	try ct start "$id" --skip-remount
	is "start" "$status$err" 0
	is "scripts ran once" "$(<"$SCRATCH/ran")" mount
	is "what is mounted below it is there" "$(ct exec "$id" cat /mnt/file)" data
	is "with its ids" "$(ct exec "$id" stat -c %u:%g /etc/passwd /mnt/file)" "0:0
0:0"
	try ct stop "$id" --fast --skip-umount
	is "stop --skip-umount" "$status/${out##*$'\n'}" "0/Container was stopped"
	is "it stays mounted" "$(ct status "$id")" "CTID $id exist mounted down"
	check "for the host" touch "$CT_DIR/root/$id/root/by-host"
	is "with what is below it" "$(<"$CT_DIR/root/$id/mnt/file")" data
	ct umount "$id" >/dev/null
	is "umount's scripts at last" "$(<"$SCRATCH/ran")" "mount
umount"
	rm -f "$CONF/$id".{mount,umount}
	ct destroy "$id" >/dev/null
}

# As busybox and sysvinit do: pid 1 waits for its rc.
t_wait_for_rc_scripts()
{
	make_own 'mkdir -p /run/lock; /etc/rc; while :; do sleep 1000; done' \
		'printf "#!/bin/sh\nuntil [ -e /root/go ]; do sleep 0.1; done; echo done >/root/rc\n" >etc/rc; chmod 755 etc/rc'
	ct start "$id" --wait >"$SCRATCH/wait.out" 2>&1 &
	local pid=$!
	until_true grep -q progress "$SCRATCH/wait.out"
	check "it waits" kill -0 "$pid"
	# Which keeps no other verb out.
	until_true ct set "$id" --onboot yes --save
	touch "$(ct_private root/go)" 2>/dev/null || ct exec "$id" touch /root/go
	wait "$pid"
	is "start --wait" "$?" 0
	is "rc is done" "$(ct exec "$id" cat /root/rc)" "done"
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

t_wait_for_one_that_ends()
{
	make_own '/etc/rc' 'printf "#!/bin/sh\nuntil [ -e /root/go ]; do sleep 0.1; done\n" >etc/rc; chmod 755 etc/rc'
	ct start "$id" --wait >"$SCRATCH/wait.out" 2>"$SCRATCH/wait.err" &
	local pid=$!
	until_true grep -q progress "$SCRATCH/wait.out"
	until_true ct exec "$id" touch /root/go
	wait "$pid"
	is "start --wait" "$?" 133
	like "says why" "$(<"$SCRATCH/wait.err")" "did not come up"
	until_true ct destroy "$id"
}

# What asks systemd, with a systemd that has only the answers.
t_wait_for_systemd()
{
	local word
	for word in running degraded maintenance; do
		make_own 'mkdir -p /run/lock; exec /bin/systemd' \
			"printf '#!/bin/sh\nwhile :; do sleep 1000; done\n' >bin/systemd
			printf '#!/bin/sh\n[ -e /run/asked ] || { touch /run/asked; echo starting; exit 1; }\n[ \"\$*\" = \"is-system-running --wait\" ] && echo $word\n' >bin/systemctl
			chmod 755 bin/systemd bin/systemctl"
		try ct start "$id" --wait
		is "$word" "$status" "$([ "$word" = maintenance ] && echo 133 || echo 0)"
		ct stop "$id" --fast >/dev/null
		ct destroy "$id" >/dev/null
	done
}

t_options_of_a_ct_for_none()
{
	make_bundle "$SCRATCH/b" . true
	new_id
	vzrun create --bundle "$SCRATCH/b" "$id"
	try vzrun start "$id" --wait
	is "start --wait of an OCI container" "$status" 1
	like "says so" "$err" "for a CT"
	vzrun delete --force "$id"
}

run_tests "$@"
