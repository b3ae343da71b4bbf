#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: long
# The program by OpenVZ's name vzlist: what panels run, and each byte that it answers; and what
# `vzrun list` makes of the same.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"
. "${0%/*}/vzctl.sh"

conf() # ID LINE...
{
	local file=$CONF/$1.conf
	shift
	printf '%s\n' "$@" >>"$file"
}

# Three CTs: $run runs, $mnt is mounted, $off is neither.
make_three()
{
	make_ct --hostname web.example --name web
	run=$id
	conf "$run" 'BOOTORDER="5"' 'ONBOOT="yes"'
	# Without its controller a CT with a limit does not start.
	! has_controller memory || limit_it
	start_ct
	has_controller memory || limit_it
	conf "$run" 'IP_ADDRESS="10.9.0.101/24 10.9.0.102"'
	make_ct --hostname db.example
	mnt=$id
	vzctl mount "$mnt" >/dev/null
	make_ct
	off=$id
	conf "$off" 'DISKSPACE="2G:2.2G"' 'DISKINODES="131072:144179"' 'ONBOOT="no"' 'BOOTORDER="9"'
}

limit_it()
{
	conf "$run" 'CPUUNITS="1500"' 'CPULIMIT="50"' 'CPUS="2"' 'PHYSPAGES="0:512M"' 'SWAPPAGES="0:1G"'
}

drop_three()
{
	vzctl stop "$run" --fast >/dev/null
	vzctl umount "$mnt" >/dev/null
	for id in "$run" "$mnt" "$off"; do
		vzctl destroy "$id" >/dev/null
	done
}

# How many processes the kernel has in its cgroup.
processes() # ID
{
	find "$CGROUP2/vzrun/$1" -name cgroup.procs -exec cat {} + | wc -l
}

t_default_list()
{
	local n
	make_three
	n=$(processes "$run")
	try vzlist
	said "running ones" "\
      CTID      NPROC STATUS    IP_ADDR         HOSTNAME
$(printf '%10d %10d running   10.9.0.101      web.example' "$run" "$n")"
	try vzlist -a
	said "all" "\
      CTID      NPROC STATUS    IP_ADDR         HOSTNAME
$(printf '%10d %10d running   10.9.0.101      web.example' "$run" "$n")
$(printf '%10d          - mounted   -               db.example' "$mnt")
$(printf '%10d          - stopped   -               -' "$off")"
	try vzlist -S
	said "those that do not run" "\
      CTID      NPROC STATUS    IP_ADDR         HOSTNAME
$(printf '%10d          - mounted   -               db.example' "$mnt")
$(printf '%10d          - stopped   -               -' "$off")"
	try vzlist -an
	said "by name" "\
 SMARTNAME      NPROC STATUS    IP_ADDR         HOSTNAME
$(printf '       web %10d running   10.9.0.101      web.example' "$n")
$(printf '%10d          - mounted   -               db.example' "$mnt")
$(printf '%10d          - stopped   -               -' "$off")"
	drop_three
	try vzlist
	said "none is left" "" "Container(s) not found"
	try vzlist -a
	said "none at all" "" "Container(s) not found"
	try vzlist -aj
	said "none in JSON" "[]"
}

t_what_panels_run()
{
	local ids=()
	make_three

	# OpenVZ Web Panel: lines that begin with a number, of four words
	try vzlist -a -H -o veid,hostname,ip,status
	said "owp" "\
$(printf '%10d %-32s 10.9.0.101      running' "$run" web.example)
$(printf '%10d %-32s -               mounted' "$mnt" db.example)
$(printf '%10d %-32s -               stopped' "$off" -)"
	is "as owp splits it" "$(grep -E '^\s*[0-9]+' <<<"$out" | awk 'NF != 4' | wc -l)" 0
	try vzlist -a -H -o veid,status
	said "owp's states" "$(printf '%10d running\n%10d mounted\n%10d stopped' "$run" "$mnt" "$off")"

	# libvirt: fscanf "%d %s\n", and "%d\n"
	try vzlist -a -ovpsid,status -H
	said "libvirt" "$(printf '%10d running\n%10d mounted\n%10d stopped' "$run" "$mnt" "$off")"
	try vzlist -ovpsid -H
	said "libvirt's running ones" "$(printf '%10d' "$run")"
	try vzlist -ovpsid -H -S
	said "libvirt's others" "$(printf '%10d\n%10d' "$mnt" "$off")"

	# Feathur, HyperVM
	try vzlist -H -o ctid,hostname,ip,diskspace,cpuunits,cpulimit,oomguarpages.b
	said "Feathur" "$(printf '%10d %-32s 10.9.0.101               -    1500      50     131072' "$run" web.example)"
	try vzlist -H -o vpsid,ip
	said "HyperVM" "$(printf '%10d 10.9.0.101 10.9.0.102' "$run")"

	# Rex
	try vzlist -a -H -o ctid -h db.example
	said "Rex" "$(printf '%10d' "$mnt")"
	try vzlist -a -H -o ctid -h nobody.example
	said "Rex, of none" ""

	# Puppet and the like
	check "puppet" grep -E "$off\\s+stopped" <(vzlist -a -H -o ctid,status)
	try vzlist -Ho laverage "$run"
	like "its load" "$status/$out/$err" '^0/[0-9]+\.[0-9]{2}/[0-9]+\.[0-9]{2}/[0-9]+\.[0-9]{2}/$'
	try vzlist "$run" -Ho ip
	said "its addresses" "10.9.0.101 10.9.0.102"
	check "one that is there" vzlist "$off" -a
	try vzlist 1999999999 -a
	said "one that is not" "" "Container(s) not found" 1

	# ruby-openvz, myadmin
	ids=("$run" "$mnt" "$off")
	is "ruby" "$(vzlist -a1)" "$(printf '%10d\n' "${ids[@]}")"
	is "myadmin" "$(vzlist -1 | sed "s#' '#''#g; s# ##g")" "$run"
	is "myadmin, all" "$(vzlist -a -1)" "$(printf '%10d\n' "${ids[@]}")"
	is "its JSON" "$(vzlist -j -a | jq -c 'map([.ctid, .status])')" \
		"[[$run,\"running\"],[$mnt,\"mounted\"],[$off,\"stopped\"]]"
	is "addresses are an array" "$(vzlist -j "$run" | jq -c '.[0].ip')" '["10.9.0.101","10.9.0.102"]'
	is "and where there are none" "$(vzlist -j "$off" | jq -c '.[0].ip')" '[]'
	is "Ansible" "$(vzlist -j | jq -c 'map([.ctid, .hostname, .physpages.limit])')" "[[$run,\"web.example\",131072]]"

	# what a start of the host asks for
	is "boot order" "$(vzlist -aH -octid -s-bootorder)" "$(printf '%10d\n%10d\n%10d' "$off" "$run" "$mnt")"
	# node scripts
	is "node" "$(vzlist -jo ctid,laverage,cpus,layout,cpulimit,iolimit,iopslimit,cpuunits -s laverage |
		jq -c '.[0] | .laverage |= map(type)')" \
		"{\"ctid\":$run,\"laverage\":[\"number\",\"number\",\"number\"],\"cpus\":2,\"layout\":\"overlay\",\"cpulimit\":50,\"iolimit\":0,\"iopslimit\":0,\"cpuunits\":1500}"
	drop_three
}

t_json_has_openvz_s_shape()
{
	make_three
	try vzlist -jo ctid,name,ip,numproc,diskspace,laverage,uptime,onboot,bootorder,features,vswap,disabled "$off" -a
	said "line by line" "[
  {
    \"ctid\": $off,
    \"name\": null,
    \"ip\": [],
    \"numproc\": {
      \"held\": 0,
      \"maxheld\": 0,
      \"barrier\": 32768,
      \"limit\": 32768,
      \"failcnt\": 0
    },
    \"diskspace\": {
      \"usage\": 0,
      \"softlimit\": 2097152,
      \"hardlimit\": 2306867
    },
    \"laverage\": null,
    \"uptime\": 0.000,
    \"onboot\": false,
    \"bootorder\": 9,
    \"features\": null,
    \"vswap\": false,
    \"disabled\": false
  }
]"
	is "all that have no suffix" "$(vzlist -j "$off" | jq -r '.[0] | keys_unsorted | join(" ")')" \
		"$(vzlist -L | awk '$1 !~ /[.]/ { print $1 }' | paste -sd' ')"
	is "a running one's numbers" "$(vzlist -j "$run" | jq -c '.[0] |
		[.onboot, .vswap, .numproc.held > 0, (.uptime | type), .swappages.limit]')" \
		'[true,true,true,"number",262144]'
	check "no limit" grep -qx '      "limit": 9223372036854775807,' <(vzlist -jo kmemsize "$run")
	try vzlist -jo ctid,numproc.l
	said "no parts in it" "" "Field \`numproc.l' is not available in JSON output" 1
	try vzlist -j 1999999999
	said "one that is not" "[]" "" 1
	try vzlist -aj -h nobody
	is "no match" "$status/$(jq -c . <<<"$out")" '0/[]'
	drop_three
}

t_texts_of_any_kind()
{
	local text
	make_ct
	text=$'say "hi" \\ back\tslash\x01 and\nanother $line `end`'
	conf "$id" $'DESCRIPTION="say \\"hi\\" \\\\ back\tslash\x01 and\nanother \\$line \\`end\\`"'
	conf "$id" 'SEARCHDOMAIN="a.example \"b\""' 'FEATURES="nfs:on tun:off nonsense nfs:off"' \
		'CAPABILITY="NET_ADMIN:on SYS_TIME:off "' 'HOSTNAME="h\\é"'
	is "JSON gives them back" "$(vzlist -aj | jq -r '.[0].description')" "$text"
	is "words, too" "$(vzlist -aj | jq -c '.[0] | [.searchdomain, .hostname]')" '[["a.example","\"b\""],"h\\é"]'
	is "features, the last word counts" "$(vzlist -aj | jq -c '.[0] | [.features, .capability]')" \
		'[{"tun":false,"nfs":false},{"net_admin":true,"sys_time":false}]'
	# shellcheck disable=SC2016 # as it is
	is "one line in a table" "$(vzlist -aHo description)" 'say "hi" \ back?slash? and?another $line `end`'
	is "cut in the middle" "$(vzlist -aHo description,ctid)" \
		"say \"hi\" \\ back?slash? and?anoth $(printf '%10d' "$id")"
	is "not cut" "$(vzlist -aHto description,ctid)" \
		"say \"hi\" \\ back?slash? and?another \$line \`end\` $(printf '%10d' "$id")"
	is "aligned by characters" "$(vzlist -aHo hostname,ctid)" "$(printf 'h\\é%29s %10d' '' "$id")"
	is "switches" "$(vzlist -aHo features)/$(vzlist -aHo capability)" \
		"tun:off,nfs:off/net_admin:on,sys_time:off"
	is "a pattern sees the text itself" "$(vzlist -aHoctid -d $'*\t*')" "$(printf '%10d' "$id")"
	vzctl destroy "$id" >/dev/null
}

t_columns_have_openvz_s_widths()
{
	make_three
	conf "$off" 'ORIGIN_SAMPLE="vswap-512m"' 'IP_ADDRESS="10.0.0.1 10.0.0.2"' 'NETFILTER="full"' \
		'VM_OVERCOMMIT="1.5"' 'IOPRIO="4"' 'IOLIMIT="10485760"'
	sed -i 's/^VE_LAYOUT=.*/VE_LAYOUT="ploop:expanded"/' "$CONF/$off.conf"
	is "header on the right" "$(vzlist -ao origin_sample,ip "$off")" "\
                   ORIGIN_SAMPLE IP_ADDR
vswap-512m                       10.0.0.1 10.0.0.2"
	is "the first address" "$(vzlist -Ho ip,ctid "$off")" "$(printf '10.0.0.1        %10d' "$off")"
	is "all of them" "$(vzlist -Hto ip,ctid "$off")" "$(printf '10.0.0.1 10.0.0.2 %10d' "$off")"
	is "numbers" "$(vzlist -Ho numproc,numproc.l,diskspace.s,diskspace.h,diskinodes.h,cpus,ioprio,iolimit,iopslimit "$off")" \
		"         -      32768    2097152    2306867     144179     -   4   10485760    -"
	is "words" "$(vzlist -Ho onboot,bootorder,layout,vswap,disabled,vm_overcommit,netfilter "$off")" \
		"    no          9 ploop     no     no    1.5 full"
	is "nothing" "$(vzlist -Ho laverage,uptime,cpulimit,cpuunits,onboot,bootorder,vm_overcommit,netfilter,features "$mnt")" \
		"             -               -       -       -      -          -      - -         -"
	like "uptime" "$(vzlist -Ho uptime "$run")" '^000d[0-9]{2}h:[0-9]{2}m:[0-9]{2}s$'
	is "all of them" "$(vzlist -L | wc -l)" 144
	is "each can be shown" "$(vzlist -aHo "$(vzlist -L | awk '{ print $1 }' | paste -sd,)" | wc -l)" 3
	sed -i 's/^VE_LAYOUT=.*/VE_LAYOUT="overlay"/' "$CONF/$off.conf"
	drop_three
}

t_bad_command_lines()
{
	try vzlist -o foo
	said "a field" "" "Unknown field: foo" 1
	try vzlist -o ctid,,name
	said "an empty one" "" "Unknown field: " 1
	try vzlist -s foo
	said "a field to sort by" "" "Invalid sort field name: foo" 1
	try vzlist nobody
	said "a name" "" "CT ID nobody is invalid." 1
	try vzlist -- -5
	said "a number" "" "CT ID -5 is invalid." 1
	try vzlist 2147483645
	said "too large a number" "" "CT ID 2147483645 is invalid." 1
	try vzlist ../x
	said "a path" "" "CT ID ../x is invalid." 1
	try vzlist -y
	is "an option" "$status" 1
	like "says so" "$err" "invalid option -- 'y'"
	like "and what there is" "$out" "^Usage:"
	try vzlist -o
	is "without its value" "$status" 1
	try setpriv --reuid 1000 --regid 1000 --clear-groups vzlist
	said "not root" "" "This program can only be run under root." 1
}

t_names_and_confs()
{
	local other
	make_ct --name web
	is "by name" "$(vzlist -Hoctid web)" "$(printf '%10d' "$id")"
	is "by pattern" "$(vzlist -aHoctid -N 'w*')" "$(printf '%10d' "$id")"
	other=$id
	make_ct
	conf "$id" 'NAME="web"'
	is "a name that is another's" "$(vzlist -Hosmart_name "$id" "$other" "$id")" \
		"$(printf '       web\n%10d' "$id")"
	# Where a conf is broken the CT is there all the same, and the others are.
	conf "$id" 'HOSTNAME=a b'
	try vzlist -aHoctid,status
	said "a broken conf" "$(printf '%10d stopped\n%10d stopped' "$other" "$id")" \
		"vzrun: CT $id: $CONF/$id.conf:$(wc -l <"$CONF/$id.conf"): more than one word behind the \"=\""
	sed -i '$d' "$CONF/$id.conf"
	# No private area: OpenVZ does not show it.
	mv "$VZ/private/$id" "$VZ/private/away"
	is "without a private area" "$(vzlist -a1)" "$(printf '%10d' "$other")"
	try vzlist -H "$id"
	said "it is no error" ""
	mv "$VZ/private/away" "$VZ/private/$id"
	# An engine's container of that number is no CT.
	mkdir "$ROOT/12345"
	is "what is no CT" "$(vzlist -a1)" "$(printf '%10d\n%10d' "$other" "$id")"
	rmdir "$ROOT/12345"
	mkdir -p "$VZ/dump"
	: >"$VZ/dump/Dump.$id"
	is "one that sleeps" "$(vzlist -Hostatus "$id")" suspended
	rm "$VZ/dump/Dump.$id"
	vzctl destroy "$id" >/dev/null
	vzctl destroy "$other" >/dev/null
}

t_beancounters_are_the_kernel_s()
{
	make_ct
	conf "$id" 'KMEMSIZE="1M:2M"' 'PRIVVMPAGES="unlimited"'
	! has_controller pids || conf "$id" 'NUMPROC="400:500"'
	start_ct
	is "what a conf has" "$(vzlist -Ho kmemsize.b,kmemsize.l,privvmpages.l "$id")" \
		"   1048576    2097152 9223372036854775807"
	is "what vz.conf has" "$(vzlist -Ho numfile.b,numfile.l,numflock.l "$id")" \
		"      1024     524288 9223372036854775807"
	if has_controller pids; then
		is "the kernel's limit" "$(vzlist -Ho numproc.b,numproc.l "$id")" "       500        500"
	else
		is "no limit" "$(vzlist -Ho numproc.l "$id")" 9223372036854775807
	fi
	is "held is what there is" "$(vzlist -Ho numproc "$id")" "$(printf '%10d' "$(processes "$id")")"
	if has_controller memory; then
		like "memory in pages" "$(vzlist -j "$id" | jq -c '.[0].physpages | [.held > 0, .maxheld >= .held]')" \
			'\[true,true\]'
	else
		skip "memory in pages" "no memory controller"
	fi
	vzctl stop "$id" --fast >/dev/null
	is "nothing when it does not run" "$(vzlist -Ho numproc,numproc.m,kmemsize.b,numproc.f "$id")" \
		"         -          -    1048576          -"
	vzctl destroy "$id" >/dev/null
}

has_load()
{
	vzlist -jo laverage "$id" | jq -e '.[0].laverage[0] > 0.04'
}

# A load is kept by samples: the second is made of the first and of what happened since.
t_load_of_a_busy_ct()
{
	make_ct
	start_ct
	vzrun exec "$id" sh -c 'while :; do :; done' >/dev/null 2>&1 &
	until_true has_load
	like "it has a load" "$(vzlist -jo laverage "$id" | jq -c '.[0].laverage[0] > 0.04')" true
	check "a sample is kept" test -s "$ROOT/.load"
	is "for root alone" "$(stat -c %a "$ROOT/.load")" 600
	echo nonsense >"$ROOT/.load"
	like "a broken file is as none" "$(vzlist -Ho laverage "$id")" '^[0-9.]+/[0-9.]+/[0-9.]+$'
	vzctl stop "$id" --fast >/dev/null
	wait
	is "nothing when it does not run" "$(vzlist -Ho laverage "$id")" "             -"
	vzctl destroy "$id" >/dev/null
}

t_vzrun_list_has_the_same_columns()
{
	make_three
	conf "$mnt" 'DESCRIPTION="more than thirty-two characters, in whole"'
	is "a table as wide as need be" "$(vzrun list -ao ctid,description,ip)" "\
      CTID DESCRIPTION                               IP_ADDR
$(printf '%10d -                                         10.9.0.101 10.9.0.102' "$run")
$(printf '%10d more than thirty-two characters, in whole -' "$mnt")
$(printf '%10d -                                         -' "$off")"
	is "JSON has null for nothing" "$(vzrun list --json "$off" | jq -c '.[0] | [.cpus, .uptime, .laverage, .numproc, .diskspace.usage, .veid]')" \
		'[null,null,null,{"held":null,"maxheld":null,"barrier":32768,"limit":32768,"failcnt":null},null,null]'
	is "and for no limit" "$(vzrun list -j "$run" | jq -c '.[0] | [.kmemsize.limit, .physpages.limit]')" '[null,131072]'
	is "a part by itself" "$(vzrun list -j -o physpages.l "$run" | jq -c '.[0]')" '{"physpages.l":131072}'
	is "sorted" "$(vzrun list -aH -o ctid -s -bootorder | xargs)" "$off $run $mnt"
	is "by state" "$(vzrun list -aH -o ctid --filter status=mounted)" "$(printf '%10d' "$mnt")"
	is "by host name and id" "$(vzrun list -aH -o ctid --filter 'hostname=*.example' --filter "ctid=$run")" "$(printf '%10d' "$run")"
	is "by address" "$(vzrun list -H -o ctid --filter ip=10.9.0.102)" "$(printf '%10d' "$run")"
	is "what is not set" "$(vzrun list -aH -o ctid --filter hostname=-)" "$(printf '%10d' "$off")"
	is "stopped ones" "$(vzrun list -SHq)" "$(printf '%10d\n%10d' "$mnt" "$off")"
	is "by name" "$(vzrun list -H -o name web)" web
	is "the fields" "$(vzrun list -L)" "$(vzlist -L)"
	try vzrun list nobody
	is "one that is not" "$status/$err" '14/vzrun: list: there is no CT "nobody"'
	try vzrun list -o foo
	is "a field" "$status/$err" '20/vzrun: list: there is no field "foo" (see vzrun list --fields)'
	try vzrun list --filter status
	is "a filter" "$status/$err" '20/vzrun: list: --filter status: not of the form FIELD=PATTERN'
	try vzrun list -a --iterations 2
	is "iterations" "$status/$err" '20/vzrun: list: --iterations needs --watch'
	is "again and again" "$(vzrun list -aH -o ctid --watch --interval 100ms --iterations 2)" \
		"$(printf '%10d\n' "$run" "$mnt" "$off" && echo && printf '%10d\n' "$run" "$mnt" "$off")"
	is "an engine's list is as it was" "$(vzrun list -q | sort)" "$(printf '%s\n' "$run" "$mnt" "$off" | sort)"
	drop_three
}

shows() # TEXT
{
	grep -qaF -e "$1" "$SCRATCH/screen"
}

t_watch_on_a_terminal()
{
	local watch
	command -v script >/dev/null || { skip "a terminal" "script is missing (Debian: bsdutils)"; return; }
	make_ct
	rm -f "$SCRATCH"/{keys,screen,status}
	mkfifo "$SCRATCH/keys"
	cat >"$SCRATCH/watch.sh" <<-END
		stty cols 80 rows 3
		$VZRUN list -a -o ctid,description --watch --interval 100ms
		echo \$? >"$SCRATCH/status"
	END
	exec 5<>"$SCRATCH/keys"
	env TERM=xterm script -qfec "bash $SCRATCH/watch.sh" "$SCRATCH/screen" <"$SCRATCH/keys" >/dev/null &
	watch=$!
	check "it draws" until_true shows "$id"
	conf "$id" 'DESCRIPTION="now there is one"'
	check "and draws again" until_true shows "now there is one"
	make_ct
	sleep 0.3 # it has drawn with two
	printf q >&5
	wait "$watch"
	exec 5>&-
	is "q ends it" "$(<"$SCRATCH/status")" 0
	check "the screen that was there comes back" shows $'\e[?1049l'
	is "of more lines what fits" "$(grep -aF "$id" "$SCRATCH/screen")" ""
	vzctl destroy "$id" >/dev/null
	vzctl destroy "$((id - 1))" >/dev/null
}

run_tests "$@"
