#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# reinstall: a new private area under the same CT, with what it is known by and opened with.
# shellcheck disable=SC2016,SC2119,SC2154 # hashes have dollars; make_ct has options; out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

INJECT=${INJECT:-${VZRUN%/*}/tests/faults/inject}
[ -x "$INJECT" ] || tap_bail "$INJECT is missing (make check builds it)"

# shellcheck disable=SC2034 # ct_tree's
init='mkdir -p /run/lock; while :; do sleep 1000; done'
private=

# $SCRATCH/NAME.tar: a system of two users and an sshd, which says NAME in /etc/release.
make_template() # NAME
{
	local tree=$SCRATCH/$1
	ct_tree "$tree"
	mkdir -p "$tree/etc/ssh" "$tree/root"
	echo "$1" >"$tree/etc/release"
	printf 'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n' >"$tree/etc/passwd"
	printf 'root:$6$known$template:19000:0:99999:7:::\nalice:*:19000::::::\n' >"$tree/etc/shadow"
	chmod 640 "$tree/etc/shadow"
	tar -C "$tree" -cf "$SCRATCH/$1.tar" .
	rm -rf "$tree"
}

make_one()
{
	new_ct
	private=$CT_DIR/private/$id
	try ct create "$id" --ostemplate "$SCRATCH/first.tar" --hostname web --name "n$id" --ipadd 192.0.2.7
	is "create" "$status$err" 0
	echo mine >"$private/upper/data"
	use_it
}

# What a CT's own programs leave there.
use_it()
{
	ct set "$id" --userpasswd root:secret --sshkey "ssh-ed25519 AAAA me" >/dev/null 2>&1
	mkdir -p "$(ct_private etc/ssh)"
	echo private >"$(ct_private etc/ssh/ssh_host_rsa_key)"
	echo public >"$(ct_private etc/ssh/ssh_host_rsa_key.pub)"
	chmod 600 "$(ct_private etc/ssh/ssh_host_rsa_key)"
	sed -i 's/^alice:[^:]*/alice:$6$of$alice/' "$(ct_private etc/shadow)"
	echo 'mallory:$6$x$y:::::::' >>"$(ct_private etc/shadow)"
}

# A file of the CT as it is now.
shows() # PATH
{
	ct mount "$id" >/dev/null
	cat "$CT_DIR/root/$id/$1" 2>/dev/null
	ct umount "$id" >/dev/null
}

hash_of() # USER
{
	shows etc/shadow | awk -F: -v user="$1" '$1 == user { print $2 }'
}

gone()
{
	ct destroy "$id" >/dev/null
	is "what is left" "$(ct_traces "$id")" ""
}

t_it_keeps_what_it_is_known_by()
{
	local machine hash
	make_one
	machine=$(shows etc/machine-id)
	hash=$(hash_of root)
	grep -v OSTEMPLATE "$CT_DIR/conf/$id.conf" >"$_tmp/conf"
	try ct reinstall "$id" --ostemplate "$SCRATCH/second.tar"
	is "reinstall" "$status$err" 0
	like "tells where the old one is" "$out" "kept in $private\.old"
	is "it is the other system" "$(shows etc/release)" second
	check "its own files are gone" test ! -e "$private/upper/data"
	is "but kept" "$(<"$private.old/upper/data")" mine
	is "machine id" "$(shows etc/machine-id)" "$machine"
	is "root's password" "$(hash_of root)" "$hash"
	is "a user's" "$(hash_of alice)" '$6$of$alice'
	is "no user comes along" "$(hash_of mallory)" ""
	is "owner and mode" "$(stat -c '%u:%g %a' "$(ct_private etc/shadow)")" "0:0 640"
	is "SSH keys" "$(shows root/.ssh/authorized_keys)" "ssh-ed25519 AAAA me"
	is "host key" "$(shows etc/ssh/ssh_host_rsa_key) $(stat -c %a "$(ct_private etc/ssh/ssh_host_rsa_key)")" "private 600"
	is "its public one" "$(shows etc/ssh/ssh_host_rsa_key.pub)" public
	is "the conf is as it was" "$(grep -v OSTEMPLATE "$CT_DIR/conf/$id.conf")" "$(<"$_tmp/conf")"
	check "but for its template" grep -qx 'OSTEMPLATE="second"' "$CT_DIR/conf/$id.conf"
	check "no mark is left" test ! -e "$private/unused" -a ! -e "$private.old/unused"
	ct start "$id" >/dev/null
	is "it runs" "$(ct exec "$id" cat /etc/release)" second
	ct stop "$id" --fast >/dev/null
	gone
}

t_without_a_word_from_its_own_template()
{
	make_one
	try ct reinstall "n$id" --skipbackup
	is "reinstall by name" "$status$err" 0
	is "the same system" "$(shows etc/release)" first
	check "nothing is kept" test ! -e "$private.old"
	check "its files are gone" test ! -e "$private/upper/data"
	gone
}

t_resetpwdb_takes_nothing_along()
{
	local machine
	make_one
	machine=$(shows etc/machine-id)
	try ct reinstall "$id" --resetpwdb
	is "reinstall" "$status$err" 0
	check "another machine id" test "$(shows etc/machine-id)" != "$machine"
	is "root's password is the template's" "$(hash_of root)" '$6$known$template'
	is "no keys" "$(shows root/.ssh/authorized_keys)$(shows etc/ssh/ssh_host_rsa_key)" ""
	gone
}

# A template's well-known password must not open what its owner closed.
t_a_locked_root_stays_locked()
{
	make_one
	sed -i 's/^root:[^:]*/root:!*/' "$(ct_private etc/shadow)"
	ct reinstall "$id" >/dev/null
	is "root" "$(hash_of root)" '!*'
	gone
}

t_an_old_area_is_never_lost()
{
	local other
	new_ct
	other=$id
	make_one
	ct reinstall "$id" >/dev/null
	echo second >"$private/upper/data"
	try ct reinstall "$id"
	is "the next one is refused" "$status $(<"$private/upper/data") $(<"$private.old/upper/data")" "44 second mine"
	is "in one line" "$(grep -c '^vzrun: ' <<<"$err")" 1
	like "that says which" "$err" "$private\.old"
	try ct reinstall "$id" --skipbackup
	is "not with --skipbackup" "$status$err" 0
	is "which leaves it" "$(<"$private.old/upper/data")" mine
	mv "$private.old" "$CT_DIR/private/rescue"
	try ct register "$CT_DIR/private/rescue" "$other" --force
	is "it can be a CT" "$status$err" 0
	ct destroy "$other" >/dev/null
	ct reinstall "$id" >/dev/null
	try ct register "$private.old" "$other" --force
	is "not under that name, which goes with the first" "$status" 140
	check "it is left alone" test -d "$private.old/upper"
	gone
}

t_refusals()
{
	make_one
	ct mount "$id" >/dev/null
	try ct reinstall "$id"
	is "mounted" "$status" 41
	ct umount "$id" >/dev/null
	ct start "$id" >/dev/null
	try ct reinstall "$id"
	is "running" "$status" 32
	ct stop "$id" --fast >/dev/null
	try ct reinstall "$id" --ostemplate none
	is "no such template" "$status" 91
	is "it is as it was" "$(shows data)" mine
	is "nothing is beside it" "$(ls -d "$private"*)" "$private"
	sed -i /OSTEMPLATE/d "$CT_DIR/conf/$id.conf"
	try ct reinstall "$id"
	is "none is known" "$status" 29
	gone
	try ct reinstall "$id"
	is "no such CT" "$status" 14
}

t_script()
{
	make_one
	printf '#!/bin/sh\necho "$VEID $VE_ROOT" >"%s"\n' "$SCRATCH/script.out" >"$CT_DIR/conf/vps.reinstall"
	chmod 755 "$CT_DIR/conf/vps.reinstall"
	ct reinstall "$id" --skipbackup --skipscripts >/dev/null
	check "--skipscripts" test ! -e "$SCRATCH/script.out"
	ct reinstall "$id" --skipbackup >/dev/null
	is "it is run" "$(<"$SCRATCH/script.out")" "$id $CT_DIR/root/$id"
	printf '#!/bin/sh\nexit 3\n' >"$CT_DIR/conf/vps.reinstall"
	try ct reinstall "$id" --skipbackup
	is "its failure is told" "$status" 79
	rm "$CT_DIR/conf/vps.reinstall"
	gone
}

t_vzctl_has_it()
{
	make_one
	ln -sf "$VZRUN" "$SCRATCH/vzctl"
	try "$SCRATCH/vzctl" --root "$ROOT" --config "$CT_DIR/vz.conf" reinstall "$id" --skipbackup
	is "vzctl reinstall" "$status$err" 0
	check "its files are gone" test ! -e "$private/upper/data"
	gone
}

# What a CT can have in the way of what is read. Nothing of the host comes in.
t_links_lead_nowhere()
{
	local path
	mkdir -p "$SCRATCH/out/ssh"
	echo 'root:host-secret:::::::' >"$SCRATCH/out/secret"
	cp "$SCRATCH/out/secret" "$SCRATCH/out/authorized_keys"
	cp "$SCRATCH/out/secret" "$SCRATCH/out/ssh_host_rsa_key"
	for path in etc/shadow root/.ssh etc/ssh root/.ssh/authorized_keys etc/ssh/ssh_host_rsa_key etc/machine-id; do
		make_one
		rm -rf "$(ct_private "$path")"
		case $path in
		root/.ssh | etc/ssh) ln -s "$SCRATCH/out" "$(ct_private "$path")" ;;
		*) ln -s "$SCRATCH/out/secret" "$(ct_private "$path")" ;;
		esac
		try ct reinstall "$id"
		is "$path: a link out of it" "$status$err" 0
		check "$path: nothing of the host is in it" not_in grep -rq host-secret "$private/upper"
		gone
	done
	is "nothing was written there" "$(ls "$SCRATCH/out")" "authorized_keys
secret
ssh
ssh_host_rsa_key"
}

not_in()
{
	! "$@"
}

t_files_that_are_none()
{
	make_one
	rm "$(ct_private etc/shadow)" "$(ct_private root/.ssh/authorized_keys)" "$(ct_private etc/ssh/ssh_host_rsa_key)"
	mkfifo "$(ct_private etc/shadow)" "$(ct_private etc/ssh/ssh_host_rsa_key)"
	mkdir "$(ct_private root/.ssh/authorized_keys)"
	try timeout 60 "$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" reinstall "$id" --skipbackup
	is "fifos and a folder hold nothing up" "$status$err" 0
	printf 'root:\0' >"$(ct_private etc/shadow)"
	try ct reinstall "$id"
	check "what is no text is refused" test "$status" != 0
	like "with a way out" "$err" "--resetpwdb"
	is "nothing is beside it" "$(ls -d "$private"*)" "$private"
	try ct reinstall "$id" --resetpwdb
	is "which works" "$status$err" 0
	gone
}

# ---- killed ----

inject() # MODE [POINT]
{
	status=0
	: >"$_tmp/found"
	timeout -k 5 120 "$INJECT" -o "$_tmp/found" "$@" "$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" \
		reinstall "$id" "${options[@]}" >"$_tmp/verb.out" 2>"$_tmp/verb.err" || status=$?
}

unlocked()
{
	ct reinstall "$id" "$@" >"$_tmp/again.out" 2>"$_tmp/again.err"
	again=$?
	[ "$again" != 9 ]
}

# With a backup the CT's own file is always somewhere. Whatever was left, the CT starts, and a next
# reinstall works or, where the first was done, tells of what it kept.
killed_at() # POINT CALL
{
	local fault='' again
	make_one
	inject --kill-at "$1"
	[ "$status" = 137 ] || [ "$status" = 0 ] || fault+="status $status; "
	grep -qx mine "$private/upper/data" "$private.old/upper/data" 2>/dev/null ||
		[ ${#options[@]} -gt 0 ] || fault+="its data is lost; "
	[[ $(ct status "$id") == "CTID $id exist "* ]] || fault+="it is no CT; "
	[ -d "$private/upper" ] || fault+="it has no area; "
	ct umount "$id" >/dev/null 2>&1
	until_true unlocked "${options[@]}"
	case $again in
	0) ;;
	44) [ -e "$private.old/upper/data" ] || fault+="refused: $(<"$_tmp/again.err"); " ;;
	*) fault+="again: $again $(<"$_tmp/again.err"); " ;;
	esac
	grep -qx mine "$private/upper/data" "$private.old/upper/data" 2>/dev/null ||
		[ ${#options[@]} -gt 0 ] || fault+="its data is lost by the next; "
	ct start "$id" >/dev/null 2>"$_tmp/start.err" || fault+="it can't be started: $(<"$_tmp/start.err")"
	ct stop "$id" --fast >/dev/null 2>&1
	ct destroy "$id" >/dev/null 2>&1
	fault+=$(ct_traces "$id")
	is "killed at $1 $2" "$fault" ""
}

# Of the calls of its own process all that rename, exchange and mark, and of the others some.
kill_each()
{
	local point call
	make_one
	inject --list
	is "it works under inject" "$status$(<"$_tmp/verb.err")" 0
	ct destroy "$id" >/dev/null
	awk -v every="${VZ_FAULTS_EVERY:-${VZRUN_TEST_VM:+40}}" '
		$2 ~ /^1\./ && (/rename/ || /unused/ || ++n % (every ? every : 12) == 0) {
			point = $2
			sub(/^[0-9]+ [0-9.]+ /, "")
			print point, $0
		}' "$_tmp/found" >"$_tmp/points"
	check "there are calls to be killed at" test -s "$_tmp/points"
	while read -r point call <&3; do
		killed_at "$point" "$call"
	done 3< <(cat "$_tmp/points")
}

t_killed()
{
	options=()
	kill_each
}

t_killed_without_backup()
{
	options=(--skipbackup)
	kill_each
}

make_template first
make_template second

run_tests "$@"
