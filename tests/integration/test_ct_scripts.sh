#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# OpenVZ's action scripts beside the confs: their order and environment, what a failing one undoes,
# and what they mount below VE_ROOT.
# shellcheck disable=SC2016,SC2119,SC2154 # the scripts' variables; make_ct's options; out, err and
# status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

CONF=$CT_DIR/conf
LOG=$SCRATCH/order

# Makes an action script that notes its name, and then does what stdin says.
script() # NAME
{
	{
		echo "#!/bin/sh"
		echo "echo \"$1 \$VEID\" >>$LOG"
		cat
	} >"$CONF/$1"
	chmod 755 "$CONF/$1"
}

all_scripts()
{
	local suffix
	rm -f "$LOG"
	for suffix in premount mount umount postumount; do
		script "vps.$suffix" </dev/null
		script "$id.$suffix" </dev/null
	done
}

no_scripts()
{
	rm -f "$CONF"/vps.* "$CONF/$id".{premount,mount,start,stop,umount,postumount}
}

t_order()
{
	make_ct
	all_scripts
	ct start "$id" >/dev/null
	is "on the way up, global ones first" "$(<"$LOG")" "vps.premount $id
$id.premount $id
vps.mount $id
$id.mount $id"
	: >"$LOG"
	ct stop "$id" --fast >/dev/null
	is "on the way down, its own first" "$(<"$LOG")" "$id.umount $id
vps.umount $id
$id.postumount $id
vps.postumount $id"
	: >"$LOG"
	ct mount "$id" >/dev/null
	ct umount "$id" >/dev/null
	is "mount and umount run them too" "$(wc -l <"$LOG")" 8
	no_scripts
	ct destroy "$id" >/dev/null
}

t_environment_and_the_mount_around_them()
{
	make_ct
	rm -f "$LOG"
	script "$id.premount" <<<'[ ! -e "$VE_ROOT/etc/passwd" ] || echo early >>'"$LOG"
	script "$id.mount" <<END
. "\$VE_CONFFILE"
echo "\$VE_CONFFILE|\$VE_ROOT|\$VE_PRIVATE|\$OSTEMPLATE|\$FROM_CALLER" >>$LOG
[ -e "\$VE_ROOT/etc/passwd" ] && echo mounted >>$LOG
read line || echo "no input" >>$LOG
ls /proc/self/fd | wc -l >>$LOG
END
	script "$id.umount" <<<'[ -e "$VE_ROOT/etc/passwd" ] && echo "still mounted" >>'"$LOG"
	script "$id.postumount" <<<'[ -e "$VE_ROOT/etc/passwd" ] || echo gone >>'"$LOG"
	VEID=wrong FROM_CALLER=yes ct mount "$id" >/dev/null
	ct umount "$id" >/dev/null
	is "what they see" "$(<"$LOG")" "$id.premount $id
$id.mount $id
$CONF/$id.conf|$CT_DIR/root/$id|$CT_DIR/private/$id|minimal|yes
mounted
no input
4
$id.umount $id
still mounted
$id.postumount $id
gone"
	no_scripts
	ct destroy "$id" >/dev/null
}

t_a_failing_one_undoes_the_verb()
{
	local suffix
	make_ct
	for suffix in premount mount; do
		script "$id.$suffix" <<<'exit 3'
		try ct start "$id"
		is "$suffix: start" "$status" 79
		like "$suffix: says which" "$err" "action script \"$CONF/$id.$suffix\": exit status 3$"
		is "$suffix: undone" "$(ct status "$id")" "CTID $id exist unmounted down"
		rm "$CONF/$id.$suffix"
	done
	start_ct
	script "$id.umount" <<<'exit 4'
	try ct stop "$id" --fast
	is "umount: stop" "$status" 79
	is "umount: it stays mounted" "$(ct status "$id")" "CTID $id exist mounted down"
	rm "$CONF/$id.umount"
	try ct umount "$id"
	is "umount later" "$status" 0
	script "$id.mount" <<<true
	chmod 644 "$CONF/$id.mount"
	try ct start "$id"
	is "not executable" "$status" 79
	like "says what to do" "$err" "Permission denied \\(chmod 755 it\\)$"
	rm "$CONF/$id.mount"
	script "$id.mount" <<<'kill -9 $$'
	try ct mount "$id"
	is "one that dies" "$status" 79
	like "says so" "$err" "killed by signal 9"
	no_scripts
	ct destroy "$id" >/dev/null
	is "what is left" "$(ct_traces "$id")" ""
}

# Not the shell's own child group: a signal goes to vzrun alone.
t_a_hanging_one_can_be_interrupted()
{
	local pid
	make_ct
	script "$id.mount" <<<"echo \$\$ >$SCRATCH/hangs; exec sleep 1000"
	"$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" start "$id" >/dev/null 2>"$SCRATCH/hang.err" &
	pid=$!
	until_true test -s "$SCRATCH/hangs"
	kill -TERM "$pid"
	wait "$pid"
	is "start" "$?" 79
	like "says why" "$(<"$SCRATCH/hang.err")" "$id.mount\": interrupted$"
	check "the script is gone" test ! -e "/proc/$(<"$SCRATCH/hangs")"
	is "undone" "$(ct status "$id")" "CTID $id exist unmounted down"
	rm "$SCRATCH/hangs"
	"$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" start "$id" >/dev/null 2>&1 &
	pid=$!
	until_true test -s "$SCRATCH/hangs"
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	check "it ends with a killed verb" until_true test ! -e "/proc/$(<"$SCRATCH/hangs")"
	no_scripts
	start_ct
	is "and the next start works" "$(ct exec "$id" echo yes)" yes
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

t_start_and_stop_run_inside()
{
	make_ct
	cat >"$CONF/$id.start" <<'END'
echo "$$ $(id -u) $PWD $HOME $TERM $PATH|$FROM_CALLER" >/root/started
echo said
END
	echo 'echo stopped >/root/stopped' >"$CONF/$id.stop"
	try env FROM_CALLER=yes "$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" start "$id"
	is "start" "$status" 0
	like "what it says is shown" "$out" "^said$|said"
	like "as its root, with OpenVZ's variables" "$(ct exec "$id" cat /root/started)" \
		"^[0-9]+ 0 / / linux /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\\|$"
	try ct stop "$id"
	is "stop" "$status" 0
	is "before it" "$(<"$(ct_private root/stopped)")" stopped
	echo 'exit 7' >"$CONF/$id.start"
	try ct start "$id"
	is "a failing start script" "$status" 79
	like "says which" "$err" "action script \"$CONF/$id.start\": exit status 7$"
	is "undoes the start" "$(ct status "$id")" "CTID $id exist unmounted down"
	rm "$CONF/$id.start"
	start_ct
	echo 'exit 8' >"$CONF/$id.stop"
	try ct stop "$id"
	is "a failing stop script" "$status" 79
	is "leaves it running" "$(ct status "$id")" "CTID $id exist mounted running"
	try ct stop "$id" --fast
	is "but not with --fast" "$status" 0
	no_scripts
	ct destroy "$id" >/dev/null
}

t_stop_script_of_a_paused_ct()
{
	make_ct
	start_ct
	echo 'echo stopped >/root/stopped' >"$CONF/$id.stop"
	ct pause "$id"
	try ct stop "$id"
	is "stop" "$status" 0
	is "it ran" "$(<"$(ct_private root/stopped)")" stopped
	no_scripts
	ct destroy "$id" >/dev/null
}

# What a mount script binds is in the CT, and belongs there to whom it belongs on disk.
t_bind_mounts_of_a_mount_script()
{
	make_ct
	mkdir -p "$SCRATCH/data/sub" "$SCRATCH/inner" "$SCRATCH/ro"
	echo data >"$SCRATCH/data/file"
	chown 1000:100 "$SCRATCH/data/file"
	echo inner >"$SCRATCH/inner/file"
	script "$id.mount" <<END
mkdir -p "\$VE_ROOT/mnt/with blank" "\$VE_ROOT/srv/ro"
mount --bind $SCRATCH/data "\$VE_ROOT/mnt/with blank"
mount --bind $SCRATCH/inner "\$VE_ROOT/mnt/with blank/sub"
mount --bind -o ro $SCRATCH/ro \$VE_ROOT/srv/ro
END
	try ct start "$id"
	is "start" "$status$err" 0
	is "its files" "$(ct exec "$id" stat -c '%u:%g' "/mnt/with blank/file" "/mnt/with blank")" "1000:100
0:0"
	is "a mount within it" "$(ct exec "$id" cat "/mnt/with blank/sub/file")" inner
	try ct exec "$id" sh -c 'echo new >"/mnt/with blank/new"'
	is "its root may write" "$status" 0
	is "as root" "$(stat -c %u:%g "$SCRATCH/data/new")" 0:0
	try ct exec "$id" touch /srv/ro/x
	check "but not to a read-only one" test "$status" != 0
	try ct exec "$id" umount "/mnt/with blank"
	check "nor look below it" test "$status" != 0
	local mounts
	mounts=$(grep -c "$CT_DIR/root/$id" /proc/self/mountinfo)
	try ct stop "$id" --fast
	is "stop, with no umount script" "$status" 0
	is "each is mounted once" "$mounts" 4
	is "nothing stays mounted" "$(grep -c "$CT_DIR/root/$id" /proc/self/mountinfo)" 0
	is "the data is there" "$(ls "$SCRATCH/data")" "file
new
sub"
	start_ct
	try ct restart "$id" --fast
	is "restart" "$status" 0
	ct stop "$id" --fast >/dev/null
	ct mount "$id" >/dev/null
	try ct destroy "$id"
	is "destroy of a mounted one" "$status" 0
	is "what is left" "$(ct_traces "$id")" ""
	is "of the data" "$(cat "$SCRATCH/data/file" "$SCRATCH/inner/file")" "data
inner"
	no_scripts
}

# A link inside leads no unmount and no mapping to the host's places.
t_mount_point_replaced_by_a_link()
{
	make_ct
	mkdir -p "$SCRATCH/hostdir" "$SCRATCH/data2"
	mount -t tmpfs tmpfs "$SCRATCH/hostdir"
	script "$id.mount" <<END
mkdir -p \$VE_ROOT/mnt/a
mount --bind $SCRATCH/data2 \$VE_ROOT/mnt/a
END
	ct mount "$id" >/dev/null
	mv "$CT_DIR/root/$id/mnt" "$CT_DIR/root/$id/mnt2"
	ln -s "$SCRATCH" "$CT_DIR/root/$id/mnt"
	ln -s hostdir "$SCRATCH/a"
	try ct umount "$id"
	is "umount" "$status" 0
	check "the host's mount is there" mountpoint -q "$SCRATCH/hostdir"
	umount "$SCRATCH/hostdir"
	rm "$SCRATCH/a"
	no_scripts
	ct destroy "$id" >/dev/null
}

t_host_may_write_into_a_mounted_ct()
{
	make_ct
	script "$id.mount" <<END
mkdir \$VE_ROOT/srv/made
echo by-script >\$VE_ROOT/srv/made/file
mount --bind \$VE_ROOT/srv/made \$VE_ROOT/mnt
END
	start_ct
	is "a script's file is its root's" "$(ct exec "$id" stat -c '%u:%g %n' /srv/made /srv/made/file)" \
		"0:0 /srv/made
0:0 /srv/made/file"
	is "a folder of its own bound to another place" "$(ct exec "$id" cat /mnt/file)" by-script
	try ct exec "$id" sh -c 'echo more >>/mnt/file; rm /srv/made/file'
	is "it may change it" "$status" 0
	ct stop "$id" --fast >/dev/null
	no_scripts
	ct mount "$id" >/dev/null
	echo by-admin >"$CT_DIR/root/$id/root/file"
	start_ct # from mounted
	is "an administrator's too" "$(ct exec "$id" stat -c '%u:%g' /root/file)" 0:0
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

t_vps_create()
{
	new_ct
	rm -f "$LOG"
	script vps.create <<<'[ -d "$VE_PRIVATE" ] && [ -e "$VE_CONFFILE" ]'
	try ct create "$id" --ostemplate minimal
	is "create" "$status" 0
	is "it ran" "$(<"$LOG")" "vps.create $id"
	ct destroy "$id" >/dev/null
	new_ct
	script vps.create <<<'exit 1'
	try ct create "$id" --ostemplate minimal --name "n$id"
	is "a failing one" "$status" 79
	is "what is left" "$(ct_traces "$id")" ""
	no_scripts
}

t_destroy_keeps_the_scripts()
{
	make_ct
	all_scripts
	echo true >"$CONF/$id.start"
	ct destroy "$id" >/dev/null
	is "renamed" "$(cd "$CONF" && ls "$id".*)" "$id.conf.destroyed
$id.mount.destroyed
$id.postumount.destroyed
$id.premount.destroyed
$id.start.destroyed
$id.umount.destroyed"
	no_scripts
}

run_tests "$@"
