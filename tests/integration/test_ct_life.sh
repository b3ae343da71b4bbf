#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: long
# The verbs of persistent containers, with OpenVZ's texts and exit codes.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

t_life_of_a_ct()
{
	new_ct
	try ct create "$id" --ostemplate minimal --hostname web1.example
	is "create" "$status" 0
	is "its messages" "$out" \
		"Creating container private area (minimal)
Performing postcreate actions
CT configuration saved to $CT_DIR/conf/$id.conf
Container private area was created"
	is "status" "$(ct status "$id")" "CTID $id exist unmounted down"
	try ct start "$id"
	is "start" "$status" 0
	is "its messages" "$out" "Starting container...
Container is mounted
Container start in progress..."
	is "status" "$(ct status "$id")" "CTID $id exist mounted running"
	is "exec" "$(ct exec "$id" echo hello)" hello
	is "pid 1" "$(ct exec "$id" cat /proc/1/comm)" init
	like "list" "$(ct list -H)" "^ +$id +[0-9]+ running +- +web1.example$"
	try ct stop "$id"
	is "stop" "$status" 0
	is "its messages" "$out" "Stopping container ...
Container was stopped
Container is unmounted"
	is "status" "$(ct status "$id")" "CTID $id exist unmounted down"
	try ct destroy "$id"
	is "destroy" "$status" 0
	is "its messages" "$out" "Destroying container private area: $CT_DIR/private/$id
Container private area was destroyed"
	is "status" "$(ct status "$id")" "CTID $id deleted unmounted down"
	is "what is left" "$(ct_traces "$id")" ""
	check "the conf is kept" test -e "$CT_DIR/conf/$id.conf.destroyed"
}

t_conf_can_be_sourced()
{
	make_ct --hostname a.b --name "my ct"
	is "a shell reads it" "$(
		# shellcheck disable=SC2034,SC2153 # the names in the conf
		VEID=$id
		# shellcheck source=/dev/null
		. "$CT_DIR/conf/$id.conf"
		# shellcheck disable=SC2153
		echo "$HOSTNAME|$NAME|$OSTEMPLATE|$VE_LAYOUT|$VE_PRIVATE|$VE_ROOT"
	)" "a.b|my ct|minimal|overlay|$CT_DIR/private/$id|$CT_DIR/root/$id"
	is "each line is KEY=\"value\"" "$(grep -vE '^[A-Z_]+="[^"]*"$' "$CT_DIR/conf/$id.conf")" ""
	is "by name" "$(ct status "my ct")" "CTID $id exist unmounted down"
	ct destroy "my ct" >/dev/null
	is "the name is gone" "$(ls "$CT_DIR/names")" ""
}

t_what_was_written_is_there_after_a_restart()
{
	make_ct
	start_ct
	ct exec "$id" sh -c 'echo data >/root/file; rm /etc/os-release; mv /etc/init.d /etc/init.e; mv /etc/init.e /etc/init.d'
	try ct restart "$id"
	is "restart" "$status" 0
	like "its messages" "$out" "^Restarting container
Stopping container .*Container start in progress...$"
	is "the file" "$(ct exec "$id" cat /root/file)" data
	try ct exec "$id" ls /etc/os-release
	is "what was removed" "$status" 1
	is "and is still in the template" "$(ls "$CT_DIR/template/minimal/etc/os-release")" \
		"$CT_DIR/template/minimal/etc/os-release"
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

t_states_refuse_what_makes_no_sense()
{
	make_ct
	try ct stop "$id"
	is "stop of a stopped one" "$status" 0
	like "says so" "$err" "Unable to stop: container is not running"
	try ct umount "$id"
	is "umount of an unmounted one" "$status" 40
	try ct enter "$id"
	is "enter into a stopped one" "$status" 31
	start_ct
	try ct start "$id"
	is "start of a running one" "$status" 32
	like "says so" "$err" "Container is already running$"
	try ct destroy "$id"
	is "destroy of a running one" "$status" 32
	like "says so" "$err" "Container is currently running. Stop it first.$"
	try ct umount "$id"
	is "umount of a running one" "$status" 32
	is "it still runs" "$(ct exec "$id" echo yes)" yes
	try ct create "$id" --ostemplate minimal
	is "create of an existing one" "$status" 32
	ct stop "$id" --fast >/dev/null
	try ct create "$id" --ostemplate minimal
	is "create over its private area" "$status" 44
	rm -r "$CT_DIR/private/$id"
	try ct start "$id"
	is "start without a private area" "$status" 43
	ct destroy "$id" >/dev/null
	try ct start "$id"
	is "start of none" "$status" 1
	try ct stop "$id"
	is "stop of none" "$status" 14
	try ct destroy "$id"
	is "destroy of none" "$status" 14
	is "what is left" "$(ct_traces "$id")" ""
}

t_mount_and_umount()
{
	make_ct
	try ct mount "$id"
	is "mount" "$status $out" "0 Container is mounted"
	is "status" "$(ct status "$id")" "CTID $id exist mounted down"
	check "the files are there" test -e "$CT_DIR/root/$id/etc/passwd"
	try ct mount "$id"
	is "again" "$status $out$err" "0 vzrun: warning: Container is already mounted"
	start_ct # from mounted
	ct stop "$id" --fast >/dev/null
	is "stop unmounts" "$(ct status "$id")" "CTID $id exist unmounted down"
	ct mount "$id" >/dev/null
	try ct umount "$id"
	is "umount" "$status $out" "0 Container is unmounted"
	ct mount "$id" >/dev/null
	try ct destroy "$id"
	is "destroy of a mounted one" "$status" 0
	is "what is left" "$(ct_traces "$id")" ""
}

t_bad_ids_names_and_options()
{
	local bad
	for bad in 0 -1 2147483645 99999999999 ../x 01 1x '' $'1\n2'; do
		try ct create "$bad" --ostemplate minimal
		check "create $(printf %q "$bad")" test "$status" -ne 0
	done
	new_ct
	for bad in 101 -x ../x $'a\nb' 'a"b' ''; do
		[ -n "$bad" ] || continue
		try ct create "$id" --ostemplate minimal --name="$bad"
		is "--name=$(printf %q "$bad")" "$status" 131
	done
	for bad in -a a..b a_b "$(printf 'a%.0s' {1..65})" $'a\nb' 'a b'; do
		try ct create "$id" --ostemplate minimal --hostname="$bad"
		is "--hostname=$(printf %q "$bad")" "$status" 70
	done
	try ct create "$id" --ostemplate nothere
	is "unknown template" "$status" 91
	try ct create "$id" --ostemplate "$SCRATCH/nothere.tar.gz"
	is "missing archive" "$status" 91
	try ct create "$id" --ostemplate minimal --layout image
	is "--layout image" "$status" 53
	like "says so" "$err" "the layout \"image\" is not built yet$"
	try ct create "$id" --ostemplate minimal --layout floppy
	is "unknown layout" "$status" 53
	try ct create "$id" --hostname a
	is "no template" "$status" 29
	is "what is left" "$(ct_traces "$id")$(find "$CT_DIR/conf" -name "$id*")" ""
}

t_name_of_another_ct_is_refused()
{
	make_ct --name first
	local first=$id
	new_ct
	try ct create "$id" --ostemplate minimal --name first
	is "create" "$status" 131
	is "the name still means" "$(ct status first)" "CTID $first exist unmounted down"
	is "what is left" "$(ct_traces "$id")" ""
	ct destroy "$first" >/dev/null
}

t_id_of_a_ct_is_no_oci_containers()
{
	make_ct --name taken
	make_bundle "$SCRATCH/b" . true
	try ct run --bundle "$SCRATCH/b" "$id"
	is "by its number" "$status" 1
	like "says so" "$err" "registered CT $id"
	try ct create --bundle "$SCRATCH/b" taken
	is "by its name" "$status" 1
	ct destroy taken >/dev/null
}

t_host_name_is_set_inside()
{
	make_ct --hostname web2.example
	start_ct
	is "uname" "$(ct exec "$id" hostname)" web2.example
	is "/etc/hostname" "$(ct exec "$id" cat /etc/hostname)" web2.example
	is "belongs to its root" "$(stat -c %u:%g:%a "$(ct_private etc/hostname)")" 0:0:644
	ct stop "$id" --fast >/dev/null
	# A link planted there leads nowhere.
	ct mount "$id" >/dev/null
	ln -sf "$SCRATCH/planted" "$(ct_private etc/hostname)"
	ct umount "$id" >/dev/null
	start_ct
	check "a planted link is not followed" test ! -e "$SCRATCH/planted"
	is "and is replaced" "$(ct exec "$id" cat /etc/hostname)" web2.example
	# Nor does anything beside it hold the next start.
	ct exec "$id" sh -c 'rm /etc/hostname; mkfifo /etc/hostname /etc/hostname.new'
	ct stop "$id" --fast >/dev/null
	try timeout 60 "$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" start "$id"
	is "start with fifos planted" "$status" 0
	is "the file" "$(ct exec "$id" cat /etc/hostname)" web2.example
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

t_halt_inside_ends_it()
{
	make_ct
	start_ct
	ct exec "$id" halt
	until_true is_down
	like "status" "$(ct status "$id")" "^CTID $id exist (un)?mounted down$"
	try ct start "$id"
	is "start" "$status" 0
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

is_down()
{
	[[ $(ct status "$id") == *down ]]
}

t_killed_init_is_cleared_away()
{
	make_ct
	start_ct
	kill -9 "$(ct state "$id" | jq .pid)"
	until_true is_down
	start_ct
	is "runs again" "$(ct exec "$id" echo yes)" yes
	kill -9 "$(ct state "$id" | jq .pid)"
	until_true is_down
	try ct destroy "$id"
	is "destroy" "$status" 0
	is "what is left" "$(ct_traces "$id")" ""
}

t_stop_by_halt_where_the_init_is_unknown()
{
	local init='echo $$ >/run/pid; while [ ! -e /run/halted ]; do sleep 0.1; done; echo clean >/root/how'
	ct_tree "$SCRATCH/t1"
	printf '#!/bin/sh\ntouch /run/halted\n' >"$SCRATCH/t1/bin/halt.new"
	chmod 755 "$SCRATCH/t1/bin/halt.new"
	mv "$SCRATCH/t1/bin/halt.new" "$SCRATCH/t1/bin/halt"
	tar -C "$SCRATCH/t1" -cf "$SCRATCH/halts.tar" .
	new_ct
	ct create "$id" --ostemplate "$SCRATCH/halts.tar" >/dev/null
	ct start "$id" >/dev/null
	until_true ct exec "$id" test -e /run/pid
	try ct stop "$id"
	is "stop" "$status" 0
	unlike "killed it" "$out" Killing
	is "it ended by itself" "$(<"$(ct_private root/how)")" clean
	ct destroy "$id" >/dev/null
}

# Two verbs at once, too: the first waits for the container, the second is told that.
t_stop_kills_after_its_time()
{
	local init='trap "" TERM; touch /run/up; while :; do sleep 1; done' pid
	ct_tree "$SCRATCH/t2"
	rm "$SCRATCH/t2/bin/halt"
	tar -C "$SCRATCH/t2" -cf "$SCRATCH/stubborn.tar" .
	new_ct
	ct create "$id" --ostemplate "$SCRATCH/stubborn.tar" >/dev/null
	echo 'STOP_TIMEOUT=2' >>"$CT_DIR/conf/$id.conf"
	ct start "$id" >/dev/null
	until_true ct exec "$id" test -e /run/up
	ct stop "$id" >"$SCRATCH/stop.out" &
	pid=$!
	until_true grep -q Stopping "$SCRATCH/stop.out"
	try ct destroy "$id"
	is "another verb meanwhile" "$status" 9
	like "says by whom" "$err" "container already locked \(locked by: pid [0-9]+, cmdline .*/vzrun .* stop $id\)$"
	wait "$pid"
	is "stop" "$?" 0
	is "its messages" "$(<"$SCRATCH/stop.out")" "Stopping container ...
Killing container ...
Container was stopped
Container is unmounted"
	ct destroy "$id" >/dev/null
}

t_paused_ct_is_stopped()
{
	make_ct
	start_ct
	ct pause "$id"
	is "state" "$(ct state "$id" | jq -r .status)" paused
	like "status" "$(ct status "$id")" "running$"
	try ct stop "$id"
	is "stop" "$status" 0
	unlike "killed it" "$out" Killing
	ct destroy "$id" >/dev/null
}

t_disabled_ct_does_not_start()
{
	make_ct
	echo 'DISABLED="yes"' >>"$CT_DIR/conf/$id.conf"
	try ct start "$id"
	is "start" "$status" 105
	ct destroy "$id" >/dev/null
}

t_damaged_conf_is_told_by_line()
{
	make_ct
	cp "$CT_DIR/conf/$id.conf" "$SCRATCH/good.conf"
	echo 'HOSTNAME="x' >>"$CT_DIR/conf/$id.conf"
	try ct start "$id"
	check "start fails" test "$status" -ne 0
	like "says where" "$err" "conf/$id.conf:7: the quote is not closed"
	make_one_more
	cp "$SCRATCH/good.conf" "$CT_DIR/conf/$id.conf"
	ct destroy "$id" >/dev/null
}

t_truncated_conf_is_refused()
{
	local verb
	make_ct
	cp "$CT_DIR/conf/$id.conf" "$SCRATCH/good.conf"
	: >"$CT_DIR/conf/$id.conf"
	for verb in start mount "set --userpasswd root:x" "runscript /dev/null"; do
		# shellcheck disable=SC2086 # a verb and its arguments
		try ct ${verb%% *} "$id" ${verb#"${verb%% *}"}
		check "${verb%% *} fails" test "$status" -ne 0
		is "${verb%% *}: one line" "$(grep -c '^vzrun: ' <<<"$err")" 1
		is "${verb%% *}: nothing is mounted" "$(ct status "$id")" "CTID $id exist unmounted down"
	done
	is "it was left alone" "$(stat -c %s "$CT_DIR/conf/$id.conf")" 0
	cp "$SCRATCH/good.conf" "$CT_DIR/conf/$id.conf"
	start_ct
	ct stop "$id" --fast >/dev/null
	: >"$CT_DIR/conf/$id.conf"
	try ct destroy "$id"
	is "destroy" "$status" 0
	is "what is left" "$(ct_traces "$id")" ""
}

# What the conf says in front of its error holds: its range is not given away meanwhile.
make_one_more()
{
	local damaged=$id first
	first=$(sed -n 's/^LOCAL_UID="\(.*\)"$/\1/p' "$CT_DIR/conf/$id.conf")
	new_ct
	try ct create "$id" --ostemplate minimal
	is "another is made" "$status" 0
	check "it has other ids" not_grep "^LOCAL_[UG]ID=\"$first\"$" "$CT_DIR/conf/$id.conf"
	ct destroy "$id" >/dev/null 2>&1
	is "what is left" "$(ct_traces "$id")" ""
	id=$damaged
}

not_grep()
{
	! grep -q "$@"
}

t_sample_gives_the_first_values()
{
	printf '# my sample\nSTOP_TIMEOUT="7"\nVE_LAYOUT="overlay"\n' >"$CT_DIR/conf/ve-basic.conf-sample"
	make_ct
	rm "$CT_DIR/conf/ve-basic.conf-sample"
	is "its lines come first" "$(head -n 3 "$CT_DIR/conf/$id.conf")" '# my sample
STOP_TIMEOUT="7"
VE_LAYOUT="overlay"'
	check "and are named" grep -qx 'ORIGIN_SAMPLE="basic"' "$CT_DIR/conf/$id.conf"
	ct destroy "$id" >/dev/null
}

t_list_shows_all_or_running_ones()
{
	local one two
	make_ct --hostname one
	one=$id
	make_ct
	two=$id
	start_ct
	is "running ones" "$(ct list -H | awk '{ print $1, $3 }')" "$two running"
	is "all" "$(ct list -aH | awk '{ print $1, $3, $4, $5 }')" "$one stopped - one
$two running - -"
	is "headings" "$(ct list -a | head -n 1)" "      CTID      NPROC STATUS    IP_ADDR         HOSTNAME"
	like "as a live container" "$(ct list -q)" "$two"
	ct stop "$two" --fast >/dev/null
	ct destroy "$one" >/dev/null
	ct destroy "$two" >/dev/null
}

t_enter_runs_a_shell()
{
	make_ct
	start_ct
	# shellcheck disable=SC2016 # for the shell inside
	try ct enter "$id" <<<'echo "I am $(id -u) in $HOME"; exit 3'
	is "its status" "$status" 3
	like "its output" "$out" "I am 0 in /root"
	like "said before" "$out" "^entered into CT $id"
	if script --version >/dev/null 2>&1; then
		# On a terminal, which inside is another one.
		out=$(script -qec "$(printf '%q ' "$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" enter "$id")" /dev/null <<'END'
tty; stty size
exit
END
		)
		like "a terminal inside" "$out" "/dev/pts/1"
	else
		skip "a terminal inside" "script(1) is missing"
	fi
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

run_tests "$@"
