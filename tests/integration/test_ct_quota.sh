#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A CT's disk quota: writing past it fails inside, and nothing else does. "# Keys:" names the keys
# of CTID.conf that a test is about (tests/meta/limits).
# shellcheck disable=SC2119,SC2154,SC2016 # out, err and status are lib.sh's, id is ct.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/ct.sh"

need_quota()
{
	[ -n "${VZRUN_TEST_VM:-}" ] && return
	skip "quota" "no file system with project quotas here"
	return 1
}

conf_line() # KEY
{
	grep "^$1=" "$CT_DIR/conf/$id.conf"
}

end_ct()
{
	ct stop "$id" --fast >/dev/null
	ct destroy "$id" >/dev/null
}

# Writes so many KiB inside; "written", or why not.
fill() # FILE KIB
{
	ct exec "$id" sh -c 'dd if=/dev/zero of='"$1"' bs=1k count='"$2"' 2>/run/dd && echo written || grep -oE "Disk quota exceeded|No space left on device" /run/dd' 2>&1 | head -n 1
}

df_kib()
{
	ct exec "$id" df -k / | awk 'END { print $2 }'
}

list_shows() # FROM TO SOFT HARD: what it uses lies between the first two
{
	local used soft hard
	read -r used soft hard < <(ct list -H -a -o diskspace,diskspace.s,diskspace.h "$id")
	[ "$used" -ge "$1" ] && [ "$used" -le "$2" ] && [ "$soft $hard" = "$3 $4" ]
}

check_space() # WORDS-OF-THE-KERNEL OPTION...
{
	local free full=$1
	shift
	new_ct
	try ct create "$id" --ostemplate minimal --diskspace 10M:12M --quotatime 0 "$@"
	is "create" "$status" 0
	is "the conf" "$(conf_line DISKSPACE) $(conf_line QUOTATIME)" 'DISKSPACE="10240:12288" QUOTATIME="0"'
	start_ct
	is "df inside shows the limit" "$(df_kib)" 10240
	is "below it" "$(fill /root/a 4096)" written
	is "beyond it" "$(fill /root/b 9000)" "$full"
	free=$(ct exec "$id" df -k / | awk 'END { print $4 }')
	check "nothing is free ($free KiB)" test "$free" -lt 512
	check "list shows the same" list_shows 9000 10240 10240 12288
	ct exec "$id" rm /root/a /root/b
	is "after a removal" "$(fill /root/c 4096)" written
	try ct set "$id" --diskspace 30M
	is "more, while it runs" "$status $(fill /root/d 20000)" "0 written"
	is "in df too" "$(df_kib)" 30720
	ct exec "$id" rm /root/d
	ct restart "$id" >/dev/null
	is "after a restart, what was saved" "$(df_kib)" 10240
	try ct set "$id" --diskspace unlimited
	is "no limit" "$status $(fill /root/e 20000)" "0 written"
	check "df shows the disk" test "$(df_kib)" -gt 1000000
	ct stop "$id" --fast >/dev/null
	check "list of one that is stopped" list_shows 20000 30000 10240 12288
	try ct start "$id"
	is "start above the limit" "$status" 0
	until_true ct exec "$id" test -d /run/lock
	is "and nothing can be written" "$(fill /root/f 100)" "$full"
	end_ct
}

# Keys: DISKSPACE QUOTATIME
# Sets: --diskspace --quotatime
t_space_on_ext4()
{
	need_quota && check_space "Disk quota exceeded"
}

t_space_on_xfs()
{
	need_quota || return
	local dir=/var/lib/vz-xfs/vztest-$$
	mkdir -m 700 "$dir"
	check_space "No space left on device" --private "$dir/\$VEID"
	is "nothing is left" "$(ls "$dir")" ""
	rmdir "$dir"
}

# Keys: DISKINODES
# Sets: --diskinodes
t_inodes()
{
	need_quota || return
	make_ct --diskinodes 300:300
	start_ct
	try ct exec "$id" sh -c 'cd /root; i=0; while [ $i -lt 500 ]; do : >f$i || exit 1; i=$((i + 1)); done'
	is "too many files" "$status" 1
	like "says why" "$err" "Disk quota exceeded"
	is "df inside" "$(ct exec "$id" df -i / | awk 'END { print $2 }')" 300
	end_ct
}

t_soft_limit_may_be_exceeded_for_a_time()
{
	need_quota || return
	make_ct --diskspace 5M:20M
	start_ct
	is "above the soft limit" "$(fill /root/a 8000)" written
	is "above the hard limit" "$(fill /root/b 20000)" "Disk quota exceeded"
	end_ct
}

# Two CTs are two projects, and a CT that goes takes its project along.
t_each_ct_is_a_project_of_its_own()
{
	need_quota || return
	local first
	make_ct --diskspace 10M
	first=$id
	start_ct
	is "the first is full" "$(fill /root/a 20000)" "Disk quota exceeded"
	make_ct --diskspace 10M
	start_ct
	is "the second is not" "$(fill /root/a 5000)" written
	end_ct
	id=$first
	end_ct
	new_ct
	id=$first
	ct create "$id" --ostemplate minimal >/dev/null
	start_ct
	is "a new one of that number" "$(fill /root/a 20000)" written
	end_ct
}

# An area that was there before, with deep folders and links, as one that a panel has copied.
t_area_that_was_not_counted_before()
{
	need_quota || return
	make_ct
	start_ct
	is "without a quota" "$(fill /root/big 8000)" written
	ct exec "$id" sh -c 'mkdir -p /root/a/b/c; cp /root/big /root/a/b/c/; ln -s /etc/passwd /root/link; mkfifo /root/pipe'
	try ct set "$id" --diskspace 18M --quotatime 0 --save
	is "set while it runs" "$status" 0
	is "what is there counts" "$(fill /root/more 4000)" "Disk quota exceeded"
	ct stop "$id" --fast >/dev/null
	cp -a "$CT_DIR/private/$id" "$CT_DIR/private/copy"
	rm -r "$CT_DIR/private/$id"
	mv "$CT_DIR/private/copy" "$CT_DIR/private/$id"
	start_ct
	ct exec "$id" rm /root/more
	is "in a copy, too" "$(fill /root/more 4000)" "Disk quota exceeded"
	is "in new folders" "$(ct exec "$id" sh -c 'rm /root/more; mkdir /root/new'; fill /root/new/more 4000)" "Disk quota exceeded"
	end_ct
}

# Keys: DISK_QUOTA
# Sets: --diskquota
t_file_system_without_quotas()
{
	local dir=$SCRATCH/plain
	truncate -s 64M "$SCRATCH/plain.img"
	mkfs.ext4 -q -F -O ^quota,^project "$SCRATCH/plain.img"
	mkdir "$dir"
	mount -o loop "$SCRATCH/plain.img" "$dir" || { skip "quota" "no loop devices here"; return; }
	mkdir -m 700 "$dir/private"
	new_ct
	try ct create "$id" --ostemplate minimal --private "$dir/private/\$VEID" --diskspace 10M
	is "create" "$status" 62
	is "in one line" "$(grep -c . <<<"$err")" 1
	like "says what to do" "$err" "no project quotas .*prjquota.*DISK_QUOTA"
	is "nothing is left" "$(ct_traces "$id")$(ls "$dir/private")" ""
	ct create "$id" --ostemplate minimal --private "$dir/private/\$VEID" >/dev/null
	try ct set "$id" --diskspace 10M --save
	is "set of one that is stopped" "$status" 0
	try ct start "$id"
	is "start" "$status" 62
	is "it is down" "$(ct status "$id")" "CTID $id exist unmounted down"
	is "the conf is kept" "$(conf_line DISKSPACE)" 'DISKSPACE="10240:10240"'
	cp "$CT_DIR/vz.conf" "$SCRATCH/vz.conf.kept"
	echo 'DISK_QUOTA="no"' >>"$CT_DIR/vz.conf"
	try ct start "$id"
	is "start without quotas" "$status" 0
	try ct set "$id" --diskquota yes --save
	is "set of one that runs" "$status" 62
	is "the conf" "$(conf_line DISK_QUOTA)" ""
	end_ct
	mv "$SCRATCH/vz.conf.kept" "$CT_DIR/vz.conf"
	umount "$dir"
	rm -r "$SCRATCH/plain.img" "$dir"
}

t_bad_values_change_nothing()
{
	local bad before
	make_ct
	before=$(<"$CT_DIR/conf/$id.conf")
	for bad in "--diskspace x" "--diskspace 1Z" "--diskspace 5:" "--diskspace 20M:10M" "--diskspace -1" \
		"--diskinodes 1K" "--diskinodes 5:4" "--quotatime -1" "--quotatime x" "--quotaugidlimit -1" \
		"--diskquota maybe"; do
		# shellcheck disable=SC2086 # two words
		try ct set "$id" $bad --save
		is "$bad" "$status" 21
	done
	is "the conf" "$(<"$CT_DIR/conf/$id.conf")" "$before"
	try ct set "$id" --diskspace 2G:2.2G --diskinodes 100:120 --quotatime 600 --quotaugidlimit 0 --save
	is "good ones" "$status" 0
	is "are kept as vzctl writes them" "$(grep -E '^(DISK|QUOTA)' "$CT_DIR/conf/$id.conf" | paste -sd ' ')" \
		'DISKSPACE="2097152:2306867" DISKINODES="100:120" QUOTATIME="600" QUOTAUGIDLIMIT="0"'
	ct destroy "$id" >/dev/null
}

run_tests "$@"
