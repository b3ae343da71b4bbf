#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Templates: archives of all kinds, hostile ones, and many creates at once.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

# shellcheck disable=SC2034 # ct_tree's
init='while :; do sleep 1000; done'
ct_tree "$SCRATCH/tree"

refused() # NAME ARCHIVE PATTERN
{
	local before
	before=$(ls "$CT_DIR/template" 2>/dev/null)
	new_ct
	try ct create "$id" --ostemplate "$2"
	check "$1 is refused" test "$status" -ne 0
	is "$1: in one line" "$(wc -l <<<"$err")" 1
	like "$1: which says why" "$err" "$3"
	is "$1: leaves nothing" "$(ls "$CT_DIR/template")$(ct_traces "$id")" "$before"
}

# An archive in which the member NAME, made as a file "x" of the tree, gets another name.
renamed() # ARCHIVE NAME
{
	tar -C "$SCRATCH/tree" -P --transform "s|^etc/passwd\$|$2|" -cf "$1" sbin bin/init etc/passwd
}

t_members_that_would_leave_the_tree()
{
	touch "$SCRATCH/secret"
	renamed "$SCRATCH/up.tar" "../../../secret"
	refused "a path with .." "$SCRATCH/up.tar" 'member "../../../secret": has ".." in its path$'
	renamed "$SCRATCH/abs.tar" "$SCRATCH/secret"
	refused "an absolute path" "$SCRATCH/abs.tar" "member \"$SCRATCH/secret\": is an absolute path$"
	mkdir -p "$SCRATCH/t1" "$SCRATCH/t2/link"
	ln -s "$SCRATCH" "$SCRATCH/t1/link"
	echo evil >"$SCRATCH/t2/link/secret"
	tar -C "$SCRATCH/t1" -cf "$SCRATCH/link.tar" link
	tar -C "$SCRATCH/t2" -rf "$SCRATCH/link.tar" link/secret
	refused "a path through a link" "$SCRATCH/link.tar" 'member "link/secret": passes through a symbolic link$'
	rm "$SCRATCH/link.tar"
	tar -C "$SCRATCH/t2" -cf "$SCRATCH/link.tar" link
	tar -C "$SCRATCH/t1" -rf "$SCRATCH/link.tar" link
	refused "a folder replaced by a link" "$SCRATCH/link.tar" 'member "link": would replace a folder of the same name$'
	is "the file outside" "$(<"$SCRATCH/secret")" ""
}

t_what_is_no_template()
{
	head -c 5000 /dev/urandom >"$SCRATCH/junk.tar.gz"
	refused "junk" "$SCRATCH/junk.tar.gz" 'unpack the template "junk": Unrecognized archive format$'
	tar -C "$SCRATCH/tree" -czf "$SCRATCH/cut.tar.gz" .
	truncate -s -1000 "$SCRATCH/cut.tar.gz"
	refused "a truncated archive" "$SCRATCH/cut.tar.gz" '[Tt]runcated'
	: >"$SCRATCH/empty.tar"
	refused "an empty file" "$SCRATCH/empty.tar" 'the archive is empty|Unrecognized archive format'
	tar -C "$SCRATCH/tree" -cf "$SCRATCH/noinit.tar" ./etc
	refused "a tree without init" "$SCRATCH/noinit.tar" 'look for /sbin/init in the template: No such file'
	refused "a folder" "$SCRATCH/tree" 'no regular file'
	refused "a device" /dev/zero 'no regular file'
	tar -C "$SCRATCH/tree" --owner=70000 -cf "$SCRATCH/owner.tar" .
	refused "owners beyond the range" "$SCRATCH/owner.tar" 'belongs to id 70000 \(a container.s end at 65535\)'
	touch "$SCRATCH/a b.tar"
	refused "an odd name" "$SCRATCH/a b.tar" "can't be a template's name"
}

t_compressions()
{
	local suffix
	for suffix in tar tar.gz tar.bz2 tar.xz tar.zst; do
		tar -C "$SCRATCH/tree" -caf "$SCRATCH/all-${suffix#tar}.$suffix" . || {
			skip "$suffix" "tar can't make it here"
			continue
		}
		new_ct
		try ct create "$id" --ostemplate "$SCRATCH/all-${suffix#tar}.$suffix"
		is "$suffix" "$status$err" 0
		check "$suffix: its files" test -x "$CT_DIR/template/all-${suffix#tar}/sbin/init"
		ct destroy "$id" >/dev/null
	done
}

t_everything_a_file_has_is_kept()
{
	local tree=$SCRATCH/full
	ct_tree "$tree"
	echo hello >"$tree/a"
	chown 1000:65535 "$tree/a"
	chmod 6751 "$tree/a"
	touch -d '2001-02-03 04:05:06.789 UTC' "$tree/a"
	ln "$tree/a" "$tree/hard"
	ln -s ../../nowhere "$tree/soft"
	mknod "$tree/null" c 1 3
	mkfifo "$tree/fifo"
	truncate -s 10M "$tree/sparse"
	setfattr -n user.color -v red "$tree/a"
	touch -d '2001-02-03' "$tree/etc"
	touch "$tree/$(printf 'l\303\266\377')"
	tar -C "$tree" --xattrs -S -czf "$SCRATCH/full.tar.gz" .
	new_ct
	ct create "$id" --ostemplate "$SCRATCH/full.tar.gz" >/dev/null
	is "kind, mode, owner, size, time, links and name of every file" \
		"$(cd "$CT_DIR/template/full" && all_of_it)" "$(cd "$tree" && all_of_it)"
	is "an attribute" "$(getfattr --absolute-names --only-values -n user.color "$CT_DIR/template/full/a")" red
	check "a hole is a hole" test "$(du -k "$CT_DIR/template/full/sparse" | cut -f 1)" -lt 100
	is "content" "$(<"$CT_DIR/template/full/hard")" hello
	ct destroy "$id" >/dev/null
}

all_of_it()
{
	find . -printf '%p %y %m %U:%G %n %T@ %l\n' | sort
	find . -type f -printf '%p %s\n' | sort
	stat -c '%n %t %T' null
}

t_many_creates_of_a_new_template_at_once()
{
	local i ids=()
	tar -C "$SCRATCH/tree" -czf "$SCRATCH/once.tar.gz" .
	for i in 1 2 3 4; do
		new_ct
		ids+=("$id")
		ct --log-level info create "$id" --ostemplate "$SCRATCH/once.tar.gz" >"$SCRATCH/once.$i" 2>&1 &
	done
	wait
	is "it is unpacked once" "$(cat "$SCRATCH"/once.[1-4] | grep -c 'Unpacking')" 1
	for id in "${ids[@]}"; do
		is "CT $id" "$(ct status "$id")" "CTID $id exist unmounted down"
		ct destroy "$id" >/dev/null
	done
}

t_new_archive_of_the_same_name()
{
	local old
	mkdir -p "$CT_DIR/template/cache"
	tar -C "$SCRATCH/tree" -cf "$CT_DIR/template/cache/os.tar" .
	new_ct
	old=$id
	ct create "$old" --ostemplate os >/dev/null
	touch "$SCRATCH/tree/news"
	tar -C "$SCRATCH/tree" -cf "$CT_DIR/template/cache/os.tar" .
	rm "$SCRATCH/tree/news"
	new_ct
	ct create "$id" --ostemplate os >/dev/null
	ct mount "$id" >/dev/null
	check "a new CT has its files" test -e "$CT_DIR/root/$id/news"
	ct mount "$old" >/dev/null
	check "the old one has not" test ! -e "$CT_DIR/root/$old/news"
	ct destroy "$id" >/dev/null
	ct destroy "$old" >/dev/null
	rm "$CT_DIR/template/cache/os.tar"
	new_ct
	try ct create "$id" --ostemplate os
	is "without its archive the newest is taken" "$status" 0
	is "which its data name" "$(readlink "$CT_DIR/private/$id/template")" os@2
	ct destroy "$id" >/dev/null
}

# Its fds as runtime/base/helper.h says; an archive that never comes keeps it where it reads it.
# As systemd has the host's mounts.
t_where_mounts_are_shared()
{
	make_rootfs "$SCRATCH/shared"
	printf '#!/bin/sh\ntrap "exit 0" USR1 TERM\nwhile :; do sleep 1000 & wait; done\n' >"$SCRATCH/shared/sbin/init.sh"
	chmod 755 "$SCRATCH/shared/sbin/init.sh"
	ln -sf init.sh "$SCRATCH/shared/sbin/init"
	tar -C "$SCRATCH/shared" -cf "$SCRATCH/shared.tar" .
	new_ct
	# shellcheck disable=SC2016 # for the inner shell
	try unshare --mount --propagation shared sh -ec '
		vzrun="$1 --root $2 --config $3" id=$4
		$vzrun create $id --ostemplate "$5"
		$vzrun start $id
		$vzrun exec $id readlink /sbin/init
		$vzrun stop $id
		$vzrun destroy $id' sh "$VZRUN" "$ROOT" "$CT_DIR/vz.conf" "$id" "$SCRATCH/shared.tar"
	is "a CT of an archive comes, runs and goes" "$status$err" 0
	like "its own program ran" "$out" "init.sh"
	is "nothing is left" "$(ct_traces "$id")" ""
	rm -r "$SCRATCH/shared" "$SCRATCH/shared.tar"
}

t_what_reads_archives_is_confined()
{
	local dir=$SCRATCH/jail pid status_file
	mkdir "$dir"
	touch "$dir/inside"
	mkfifo "$SCRATCH/never"
	env -i "${VZRUN%/*}/vzunpack" 3>"$SCRATCH/report" 4<>"$SCRATCH/never" 5<"$dir" &
	pid=$!
	status_file=/proc/$pid/status
	check "it gets to the archive" until_true grep -q 'Seccomp:.2' "$status_file"
	is "it can gain nothing" "$(awk '$1 == "NoNewPrivs:" { print $2 }' "$status_file")" 1
	# CHOWN, DAC_OVERRIDE, FOWNER, FSETID, MKNOD, SETFCAP
	is "its capabilities" "$(awk '$1 == "CapPrm:" { print $2 }' "$status_file")" 000000008800001b
	is "its root is the folder" "$(ls "/proc/$pid/root/")" inside
	is "where no device opens, no program runs" \
		"$(awk '$5 == "/" { print $6 }' "/proc/$pid/mountinfo" | grep -oE 'nosuid|nodev|noexec' | xargs)" \
		"nosuid nodev noexec"
	is "it has one mount" "$(wc -l <"/proc/$pid/mountinfo")" 1
	for ns in mnt net ipc uts; do
		like "it has a $ns namespace" "$(readlink "/proc/$pid/ns/$ns")" "^$ns:"
		check "of its own" test ! "/proc/$pid/ns/$ns" -ef "/proc/$$/ns/$ns"
	done
	kill "$pid"
	wait "$pid" 2>/dev/null
	is "it had nothing to report" "$(wc -c <"$SCRATCH/report")" 0
	rm -r "$dir" "$SCRATCH/never" "$SCRATCH/report"
}

# An archive's ACLs, by number and by a name of the tree's own; and what would lead astray who sets
# them by way of /proc.
t_acls_of_an_archive()
{
	tar -C "$SCRATCH/tree" -cf "$SCRATCH/acl.tar" .
	python3 - "$SCRATCH/acl.tar" <<-'END'
		import io, sys, tarfile

		def add(tar, name, acl=None, text=b"", link=None):
		    info = tarfile.TarInfo(name)
		    info.mode = 0o640
		    info.size = len(text)
		    if link:
		        info.type, info.linkname = tarfile.SYMTYPE, link
		    if acl:
		        info.pax_headers = {"SCHILY.acl.access": "user::rw-,%s,group::r--,mask::rw-,other::---" % acl}
		    tar.addfile(info, io.BytesIO(text))

		with tarfile.open(sys.argv[1], "a", format=tarfile.PAX_FORMAT) as tar:
		    for fd in range(3, 16):
		        add(tar, "proc/self/fd/%d" % fd, link="/etc/victim")
		    add(tar, "etc/victim", text=b"v")
		    add(tar, "etc/passwd", text=b"root:x:0:0::/:/bin/sh\nbob:x:1234:1::/:/bin/sh\n")
		    add(tar, "by-number", "user:nobody:rw-:4321")
		    add(tar, "by-name", "user:bob:rw-")
	END
	new_ct
	try ct create "$id" --ostemplate "$SCRATCH/acl.tar"
	is "it is unpacked" "$status/$err" 0/
	is "by number" "$(acl_users "$CT_DIR/template/acl/by-number")" 4321
	is "by name" "$(acl_users "$CT_DIR/template/acl/by-name")" 1234
	is "nobody else's" "$(acl_users "$CT_DIR/template/acl/etc/victim")" ""
	ct destroy "$id" >/dev/null
	rm "$SCRATCH/acl.tar"
}

# The ids of the ACL's entries for users (tag 2): 8 bytes each behind a head of 4.
acl_users() # FILE
{
	python3 - "$1" <<-'END'
		import os, struct, sys

		try:
		    value = os.getxattr(sys.argv[1], "system.posix_acl_access")
		except OSError:
		    sys.exit()
		for tag, _, number in struct.iter_unpack("<HHI", value[4:]):
		    if tag == 2:
		        print(number)
	END
}

unpackers()
{
	pgrep -x vzunpack -P "$1"
}

t_the_unpacker_ends_with_its_verb()
{
	local verb unpacker
	mkdir "$SCRATCH/big"
	truncate -s 8G "$SCRATCH/big/zeros"
	# Cut off: it is never read to its end.
	tar -C "$SCRATCH/big" -cf - zeros 2>/dev/null | head -c 1G | gzip -1 >"$SCRATCH/big.tar.gz"
	new_ct
	"$VZRUN" --root "$ROOT" --config "$CT_DIR/vz.conf" create "$id" --ostemplate "$SCRATCH/big.tar.gz" \
		>/dev/null 2>&1 &
	verb=$!
	check "it is at work" until_true unpackers "$verb"
	unpacker=$(unpackers "$verb")
	check "in a pid namespace of its own" test ! "/proc/$unpacker/ns/pid" -ef "/proc/$$/ns/pid"
	check "which is there" test -e "/proc/$unpacker/ns/pid"
	is "with no terminal of the caller's" "$(readlink "/proc/$unpacker/fd/"{0,1,2} | sort -u)" /dev/null
	kill -KILL "$verb"
	wait "$verb" 2>/dev/null
	check "it is gone" until_true test ! -e "/proc/$unpacker"
	rm -r "$SCRATCH/big" "$SCRATCH/big.tar.gz"
	new_ct
	tar -C "$SCRATCH/tree" -cf "$SCRATCH/next.tar" .
	try ct create "$id" --ostemplate "$SCRATCH/next.tar"
	is "the next create works" "$status" 0
	check "and what was half made can be removed" rm -rf "$CT_DIR/template/big.tmp"
	ct destroy "$id" >/dev/null
}

run_tests "$@"
