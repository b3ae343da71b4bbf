#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: long
# The published attacks on container runtimes, each one tried.
# shellcheck disable=SC2016 # what stands in single quotes is for jq, or the shell in the container
. "${0%/*}/lib.sh"

TOOLS=${VZRUN%/*}/tests/integration
[ -x "$TOOLS/attack" ] || tap_bail "$TOOLS/attack is missing (make check builds it)"

USERNS='.linux.namespaces += [{type: "user"}]
	| ([{containerID: 0, hostID: 100000, size: 65536}] as $ids
		| .linux.uidMappings = $ids | .linux.gidMappings = $ids)'
# A user namespace in which the host's root keeps its id.
ROOT_USERNS='.linux.namespaces += [{type: "user"}]
	| ([{containerID: 0, hostID: 0, size: 65536}] as $ids
		| .linux.uidMappings = $ids | .linux.gidMappings = $ids)'
# What engines give by default.
DEFAULT_CAPS='(["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID",
	"SETFCAP", "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"] | map("CAP_" + .)) as $caps
	| .process.capabilities = {bounding: $caps, effective: $caps, permitted: $caps}
	| .process.noNewPrivileges = false'

# Where each container takes seconds, fewer are made: the numbers of fds that ours most often have
# and that of the test's, and how often a race is run.
if [ -n "${VZRUN_TEST_VM:-}" ]; then
	FDS=(3 4 5 7 8) RACES=15 ENTRIES=3
else
	FDS=({3..14}) RACES=200 ENTRIES=10
fi

# ---- the runtime's own program (CVE-2019-5736) ----

# A copy of the program to attack, and an image whose files lead back to it.
hostile_image()
{
	cp "$VZRUN" "$SCRATCH/target"
	[ ! -d "$SCRATCH/hostile" ] || return 0
	make_rootfs "$SCRATCH/hostile"
	cd "$SCRATCH/hostile" || return
	cp "$TOOLS/attack" "$TOOLS/attack_interp" bin
	mkdir lib lib64
	cp "$TOOLS/attack_start" lib64/ld-linux-x86-64.so.2
	cp "$TOOLS/attack_start" lib/ld-linux-aarch64.so.1
	echo '#!/proc/self/exe' >bin/script
	chmod +x bin/script
	cd "$OLDPWD" || return
}

# Whoever got hold of the program's file has its last try when no vzrun runs any more.
let_attackers_try() # OUTPUT-FILE PID...
{
	local pid
	for pid in "${@:2}"; do
		! grep -qs ^trying "$1" || kill -USR1 "$pid"
	done
	until_true attack_is_over "$@"
}

attack_is_over() # OUTPUT-FILE PID...
{
	local pid
	for pid in "${@:2}"; do
		[ ! -e "/proc/$pid" ] || grep -q '^State:.*Z' "/proc/$pid/status" || return
	done
}

attack_as_entrypoint() # NAME FILTER
{
	local program
	hostile_image
	for program in /proc/self/exe /bin/script /bin/attack_interp; do
		new_id
		make_bundle "$SCRATCH/$id" ".root.path = \"$SCRATCH/hostile\" | $2" "$program" sleep 1
		status=0
		timeout 60 "$SCRATCH/target" --root "$ROOT" run --detach --pid-file "$SCRATCH/pid" \
			--bundle "$SCRATCH/$id" "$id" >"$SCRATCH/attack.out" 2>&1 || status=$?
		let_attackers_try "$SCRATCH/attack.out" "$(<"$SCRATCH/pid")"
		check "$1, run $program: the program is as it was" cmp "$SCRATCH/target" "$VZRUN"
		unlike "$1, run $program: status $status" "$status" '^124$'
		vzrun delete --force "$id"
	done
}

attack_by_exec() # NAME FILTER
{
	local program
	hostile_image
	new_id
	make_bundle "$SCRATCH/$id" ".root.path = \"$SCRATCH/hostile\" | $2" sleep 1000
	vzrun run --detach --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
	for program in /proc/self/exe /bin/script /bin/attack_interp; do
		status=0
		timeout 60 "$SCRATCH/target" --root "$ROOT" exec --detach --pid-file "$SCRATCH/pid" "$id" \
			"$program" sleep 1 >"$SCRATCH/attack.out" 2>&1 || status=$?
		let_attackers_try "$SCRATCH/attack.out" "$(<"$SCRATCH/pid")"
		check "$1, exec $program: the program is as it was" cmp "$SCRATCH/target" "$VZRUN"
		unlike "$1, exec $program: status $status" "$status" '^124$'
	done
	vzrun delete --force "$id"
}

t_the_program_can_not_be_overwritten_from_a_new_container()
{
	attack_as_entrypoint "without a user namespace" "$DEFAULT_CAPS"
	attack_as_entrypoint "with one" "$USERNS | $DEFAULT_CAPS"
	attack_as_entrypoint "with one that maps the host's root" "$ROOT_USERNS | $DEFAULT_CAPS"
}

t_the_program_can_not_be_overwritten_by_exec()
{
	attack_by_exec "without a user namespace" "$DEFAULT_CAPS"
	attack_by_exec "with one" "$USERNS | $DEFAULT_CAPS"
	attack_by_exec "with one that maps the host's root" "$ROOT_USERNS | $DEFAULT_CAPS"
}

# CVE-2016-9962, CVE-2019-5736: a process inside looks at each process that comes in.
watch_exec() # NAME FILTER
{
	local n
	hostile_image
	new_id
	make_bundle "$SCRATCH/$id" ".root.path = \"$SCRATCH/hostile\" | $2" attack watch
	vzrun run --detach --bundle "$SCRATCH/$id" "$id" >"$SCRATCH/watch.out" 2>&1
	until_true grep -q watching "$SCRATCH/watch.out"
	# Each time there is a moment in which it might be let in.
	for ((n = 0; n < 200; n++)); do
		timeout 60 "$SCRATCH/target" --root "$ROOT" exec "$id" true
		[ "$n" -lt "$ENTRIES" ] || ! grep -q denied "$SCRATCH/watch.out" || break
	done
	like "$1: it tried" "$(<"$SCRATCH/watch.out")" 'denied'
	unlike "$1: what it reached" "$(<"$SCRATCH/watch.out")" 'reached|overwritten'
	check "$1: the program is as it was" cmp "$SCRATCH/target" "$VZRUN"
	vzrun delete --force "$id"
}

t_a_process_that_enters_is_closed_to_those_inside()
{
	watch_exec "without a user namespace" "$DEFAULT_CAPS"
	watch_exec "with one" "$USERNS | $DEFAULT_CAPS"
}

# A container whose pid namespace another one joins, which has a user namespace of its own: while it
# is made its first process is still root on the host. The watcher is root without any capability
# that helps; all that it may reach is the other's program, once that runs.
t_a_process_that_is_made_is_closed_to_its_neighbours()
{
	local n watcher pid
	hostile_image
	new_id
	watcher=$id
	make_bundle "$SCRATCH/$id" ".root.path = \"$SCRATCH/hostile\"" attack watch
	vzrun run --detach --bundle "$SCRATCH/$id" "$id" >"$SCRATCH/watch.out" 2>&1
	until_true grep -q watching "$SCRATCH/watch.out"
	pid=$(vzrun state "$watcher" | jq .pid)
	make_bundle "$SCRATCH/neighbour" "$USERNS | .root.path = \"$SCRATCH/hostile\"
		| .linux.namespaces |= map(if .type == \"pid\" then .path = \"/proc/$pid/ns/pid\" else . end)
		| .mounts |= map(select(.destination != \"/proc\"))
		| .linux.maskedPaths = [] | .linux.readonlyPaths = []" attack
	for ((n = 0; n < 100; n++)); do
		new_id
		try timeout 60 "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/neighbour" "$id"
		[ "$n" -lt "$ENTRIES" ] || ! grep -q denied "$SCRATCH/watch.out" || break
	done
	like "the neighbours run" "$err" 'attack: see the head'
	like "it tried" "$(<"$SCRATCH/watch.out")" denied
	unlike "what it reached" "$(<"$SCRATCH/watch.out")" reached
	vzrun delete --force "$watcher"
}

# A pod: both namespaces are joined, and a process in the pid namespace counts by its numbers.
t_a_pod_with_user_and_pid_namespace()
{
	local pod pid join
	new_id
	pod=$id
	make_bundle "$SCRATCH/$id" "$USERNS" sleep 1000
	vzrun create --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
	vzrun start "$id"
	pid=$(vzrun state "$pod" | jq .pid)
	join=".linux.namespaces |= (map(if .type == \"pid\" then .path = \"/proc/$pid/ns/pid\" else . end)
		+ [{type: \"user\", path: \"/proc/$pid/ns/user\"}])"
	new_id
	make_bundle "$SCRATCH/$id" "$join" sleep 1001
	try vzrun create --bundle "$SCRATCH/$id" "$id" </dev/null
	is "create" "$status/$err" 0/
	vzrun start "$id"
	until_true grep -q 1001 "/proc/$(vzrun state "$id" | jq .pid)/cmdline"
	is "its process" "$(tr '\0' ' ' <"/proc/$(vzrun state "$id" | jq .pid)/cmdline")" "sleep 1001 "
	is "is in the pod's pid namespace" "$(readlink "/proc/$(vzrun state "$id" | jq .pid)/ns/pid")" \
		"$(readlink "/proc/$pid/ns/pid")"
	try vzrun delete --force "$id"
	is "delete" "$status/$err" 0/
	is "the pod lives" "$(vzrun state "$pod" | jq -r .status)" running
	new_id
	make_bundle "$SCRATCH/$id" "$join" echo hello
	is "run" "$(timeout 60 "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/$id" "$id")" hello
	vzrun delete --force "$pod"
}

# ---- fds of the runtime and of its caller (CVE-2016-9962, CVE-2024-21626) ----

# A place on the host that no container is given. What is made there by way of a container's
# root was made outside of it.
outside()
{
	rm -rf "$SCRATCH/outside"
	mkdir -p "$SCRATCH/outside/dir"
	cp "$ROOTFS/bin/busybox" "$SCRATCH/outside/hostprogram"
	echo secret >"$SCRATCH/outside/file"
	outside_before=$(list_outside)
}

list_outside()
{
	find "$SCRATCH/outside" -printf '%P %y %m %u %s\n' | sort
	cat "$SCRATCH/outside/file"
}

outside_is_untouched() # NAME
{
	is "$1: nothing was made outside" "$(list_outside)" "$outside_before"
	check "$1: nothing was mounted outside" lacks_mounts "$SCRATCH/outside"
}

lacks_mounts() # PREFIX
{
	! grep -qF " $1" /proc/self/mountinfo
}

t_no_fd_is_left_open()
{
	local kind filter
	outside
	hostile_image
	cp "$TOOLS/probe" "$SCRATCH/hostile/bin"
	exec 7<"$SCRATCH/outside" 12<"$SCRATCH/outside/file"
	for kind in plain userns; do
		filter=".root.path = \"$SCRATCH/hostile\" | $DEFAULT_CAPS"
		[ "$kind" = plain ] || filter+=" | $USERNS"
		is "$kind, run" "$(in_container "$filter" probe fds)" "0 1 2"
		new_id
		make_bundle "$SCRATCH/$id" "$filter" sleep 1000
		vzrun create --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
		vzrun start "$id"
		is "$kind, exec" "$(vzrun exec "$id" probe fds)" "0 1 2"
		vzrun delete --force "$id"
	done
	exec 7<&- 12<&-
}

# Each number that an fd of ours may have, and 7 which is the caller's.
leads_outside() # VZRUN-ARG...: does a program get there?
{
	try timeout 60 "$VZRUN" --root "$ROOT" "$@"
	if [[ $out == *secret* ]]; then
		leaks+="$n "
	fi
}

try_working_directories() # NAME FILTER
{
	local n leaks=
	new_id
	make_bundle "$SCRATCH/$id" "$2" sleep 1000
	vzrun run --detach --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
	for n in "${FDS[@]}"; do
		ln -sfn "/proc/self/fd/$n" "$SCRATCH/hostile/link"
		make_bundle "$SCRATCH/cwd" "$2 | .process.cwd = \"/link\"" cat file ../file
		leads_outside run --bundle "$SCRATCH/cwd" "$id-$n"
		leads_outside exec --cwd "/proc/self/fd/$n" "$id" cat file ../file
	done
	vzrun delete --force "$id"
	is "$1: fds that lead outside" "$leaks" ""
}

t_no_working_directory_leads_outside()
{
	outside
	hostile_image
	exec 7<"$SCRATCH/outside"
	try_working_directories "without a user namespace" ".root.path = \"$SCRATCH/hostile\" | $DEFAULT_CAPS"
	try_working_directories "with one" ".root.path = \"$SCRATCH/hostile\" | $DEFAULT_CAPS | $USERNS"
	# Closed to the root of the user namespace, open to the user: entered as the user.
	chown -R 0:101000 "$SCRATCH/outside"
	chmod 750 "$SCRATCH/outside"
	try_working_directories "as the user" ".root.path = \"$SCRATCH/hostile\" | $USERNS
		| .process.user = {uid: 1000, gid: 1000} | .process.capabilities = {}"
	exec 7<&-
	try in_container '.process.cwd = "/proc/self/cwd/.."' pwd
	is "an honest one" "$out" /
}

t_no_program_path_leads_outside()
{
	local n filter leaks=
	outside
	hostile_image
	exec 7<"$SCRATCH/outside"
	for filter in "$DEFAULT_CAPS" "$DEFAULT_CAPS | $USERNS"; do
		filter=".root.path = \"$SCRATCH/hostile\" | .process.env = [] | $filter"
		for n in "${FDS[@]}"; do
			try in_container "$filter" "/proc/self/fd/$n/hostprogram" echo secret
			[[ $out != *secret* ]] || leaks+="$n "
		done
		try in_container "$filter" /bin/busybox echo secret
		is "a program of its own" "$out" secret
	done
	exec 7<&-
	is "fds that lead outside" "$leaks" ""
}

t_what_is_kept_open_is_what_was_asked_for()
{
	outside
	hostile_image
	cp "$TOOLS/probe" "$SCRATCH/hostile/bin"
	new_id
	make_bundle "$SCRATCH/$id" ".root.path = \"$SCRATCH/hostile\"" probe fds
	exec 3<"$SCRATCH/outside/file" 4<"$SCRATCH/outside"
	is "one of two" "$(vzrun run --preserve-fds 1 --bundle "$SCRATCH/$id" "$id")" "0 1 2 3"
	exec 3<&- 4<&-
	# The number would be that of an fd of our own.
	try vzrun run --preserve-fds 1 --bundle "$SCRATCH/$id" "$id"
	is "one that is not there" "$status/$err" \
		"1/vzrun: run $id: --preserve-fds: file descriptor 3 is not open"
}

# ---- links in the image (CVE-2019-18837, CVE-2021-30465, CVE-2024-45310, CVE-2026-41579, …) ----

image() # NAME: a fresh image that may be spoiled
{
	rm -rf --one-file-system "${SCRATCH:?}/$1"
	cp -al "$ROOTFS" "$SCRATCH/$1"
}

# Runs a container in the image; whether it works matters less than where.
run_image() # NAME FILTER CMD...
{
	try in_container ".root.path = \"$SCRATCH/image\" | .root.readonly = false | $2" "${@:3}"
	outside_is_untouched "$1 (status $status)"
}

# Everything that is made in a root, below the folder NAME.
makes_all_below() # NAME
{
	echo "$DEFAULT_CAPS
		| .mounts += [{destination: \"/$1/new/dir\", type: \"tmpfs\", source: \"tmpfs\"},
			{destination: \"/$1/new/file\", type: \"bind\", source: \"/etc/passwd\", options: [\"bind\"]}]
		| .linux.devices = [{type: \"c\", path: \"/$1/a/null\", major: 1, minor: 3, uid: 1},
			{type: \"p\", path: \"/$1/pipe\", fileMode: 438}]
		| .linux.maskedPaths += [\"/$1/file\", \"/$1/dir\"] | .linux.readonlyPaths += [\"/$1/new\"]
		| .process.cwd = \"/$1/home/of/nobody\""
}

t_links_in_the_place_of_folders()
{
	local link name below=$SCRATCH/image$SCRATCH/outside/dir
	outside
	# One that climbs higher than any root, and one that is absolute.
	for link in ../../../../../../../../.."$SCRATCH/outside/dir" "$SCRATCH/outside/dir"; do
		for name in dev proc sys run etc; do
			image image
			rm -rf "${SCRATCH:?}/image/$name"
			ln -s "$link" "$SCRATCH/image/$name"
			run_image "$name -> $link, which is not in the image" "$(makes_all_below "$name")" true
			mkdir -p "$below"
			echo masked >"$below/file"
			[[ $name != proc && $name != sys ]] || continue # there is nothing to be made in it
			run_image "$name -> $link, which is in the image" "$(makes_all_below "$name")" true
			is "$name -> $link: it works" "$status/$err" 0/
		done
		check "$link: the folder was made in the image" [ -d "$below/home/of/nobody" ]
		[ -z "${VZRUN_TEST_VM:-}" ] || break
	done
}

t_links_in_the_place_of_files()
{
	local file
	outside
	for file in dev/null dev/console dev/ptmx dev/fd dev/listed dev/bound; do
		image image
		mkdir -p "$SCRATCH/image/${file%/*}"
		ln -s "$SCRATCH/outside/file" "$SCRATCH/image/$file"
		# Without a tmpfs on it, /dev is the image's.
		run_image "$file" "$DEFAULT_CAPS | del(.mounts[] | select(.destination == \"/dev\"))
			| .linux.devices = [{type: \"c\", path: \"/dev/listed\", major: 1, minor: 5, uid: 1, gid: 1}]
			| .mounts += [{destination: \"/dev/bound\", type: \"bind\", source: \"/dev/null\", options: [\"bind\"]}]" \
			sh -c 'echo written >/dev/null; cat /dev/console /dev/bound 2>/dev/null; echo runs'
		unlike "$file: what is read" "$out" secret
		case $file in
		dev/null | dev/listed) like "$file: refused" "$err" "${file#dev/}.*in its place" ;;
		*) is "$file: it works" "$status/$err" 0/ ;;
		esac
	done
}

# Two names that change places all the time: a folder, and a link to the outside.
t_exchanged_while_it_is_created()
{
	local n exchanger dir=$SCRATCH/image/mnt
	outside
	image image
	mkdir "$dir/a" "$dir/a/sub"
	ln -s "$SCRATCH/outside/dir" "$dir/b"
	make_bundle "$SCRATCH/race" ".root.path = \"$SCRATCH/image\" | .root.readonly = false
		| .mounts += [{destination: \"/mnt/a/sub\", type: \"tmpfs\", source: \"tmpfs\"},
			{destination: \"/mnt/a/new/dir\", type: \"tmpfs\", source: \"tmpfs\"},
			{destination: \"/mnt/a/newfile\", type: \"bind\", source: \"/etc/passwd\", options: [\"bind\"]}]
		| .linux.devices = [{type: \"c\", path: \"/mnt/a/null\", major: 1, minor: 3}]
		| .linux.maskedPaths += [\"/mnt/a/sub\"] | .process.cwd = \"/mnt/a/cwd\"" true
	"$TOOLS/peer" exchange "$dir/a" "$dir/b" &
	exchanger=$!
	for ((n = 0; n < RACES; n++)); do
		timeout 60 "$VZRUN" --root "$ROOT" run --bundle "$SCRATCH/race" race >/dev/null 2>&1
	done
	kill "$exchanger"
	wait "$exchanger" 2>/dev/null
	outside_is_untouched "after $RACES times"
	try vzrun delete --force race
}

# CVE-2025-31133: what masks is the host's null device, whatever the image calls so.
t_masked_by_a_real_null_device()
{
	outside
	image image
	mkdir -p "$SCRATCH/image/dev"
	ln "$SCRATCH/image/etc/group" "$SCRATCH/image/dev/null"
	echo masked >"$SCRATCH/image/etc/masked"
	try in_container ".root.path = \"$SCRATCH/image\" | del(.mounts[] | select(.destination == \"/dev\"))
		| .linux.maskedPaths = [\"/etc/masked\"]" cat /etc/masked
	is "what is read" "$out" ""
	image image
	echo masked >"$SCRATCH/image/etc/masked"
	is "what it is" "$(in_container ".root.path = \"$SCRATCH/image\" | .linux.maskedPaths = [\"/etc/masked\"]" \
		stat -c '%F %t:%T' /etc/masked)" "character special file 1:3"
}

# CVE-2019-19921, CVE-2023-27561, CVE-2025-52881: what is written to /proc goes to the kernel.
t_a_false_proc_gets_no_writes()
{
	local sysctl=net/ipv4/ip_unprivileged_port_start filter file
	filter=".root.path = \"$SCRATCH/image\" | .linux.maskedPaths = [\"/proc/version\"]
		| .linux.sysctl = {\"net.ipv4.ip_unprivileged_port_start\": \"77\"} | .process.oomScoreAdj = 123"
	outside
	image image
	mkdir -p "$SCRATCH/image/false/sys/${sysctl%/*}" "$SCRATCH/image/false/self/attr" "$SCRATCH/image/real"
	for file in sys/$sysctl self/oom_score_adj self/attr/exec version; do
		echo false >"$SCRATCH/image/false/$file"
	done
	# A volume that comes over /proc by way of a link in the image.
	ln -s proc "$SCRATCH/image/link"
	try in_container "$filter | .mounts += [
		{destination: \"/link\", type: \"bind\", source: \"$SCRATCH/image/false\", options: [\"bind\"]}]" \
		cat "/proc/sys/$sysctl" /proc/self/oom_score_adj /proc/self/attr/exec /proc/version
	is "what the volume has" "$out" $'false\nfalse\nfalse\nfalse'
	try in_container "$filter | .mounts |= [.[] | select(.destination != \"/proc\")] + [
		{destination: \"/link\", type: \"bind\", source: \"$SCRATCH/image/false\", options: [\"bind\"]},
		{destination: \"/real\", type: \"proc\", source: \"proc\"}]" \
		cat "/real/sys/$sysctl" /real/self/oom_score_adj
	is "what the kernel has" "$out" $'77\n123'
	# A link in the place of /proc itself.
	rmdir "$SCRATCH/image/proc"
	ln -s false "$SCRATCH/image/proc"
	try in_container "$filter" true
	like "a link for /proc" "$status/$err" '^1/.*mount "/proc": it is no folder in the image'
	is "what the image has" "$(cat "$SCRATCH/image/false"/{sys/"$sysctl",self/oom_score_adj,self/attr/exec})" \
		$'false\nfalse\nfalse'
}

t_a_root_that_is_a_link()
{
	# The bundle is its owner's word: where root.path leads is no secret of the image's.
	ln -s "$ROOTFS" "$SCRATCH/rootlink"
	is "is followed" "$(in_container ".root.path = \"$SCRATCH/rootlink\"" echo runs)" runs
}

# ---- rights ----

# CVE-2022-27650, CVE-2022-29162
t_nothing_is_inheritable()
{
	local filter
	for filter in . "$DEFAULT_CAPS" "$DEFAULT_CAPS | $USERNS"; do
		new_id
		make_bundle "$SCRATCH/$id" "$filter" sleep 1000
		vzrun run --detach --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
		is "run" "$(grep CapInh "/proc/$(vzrun state "$id" | jq .pid)/status")" $'CapInh:\t0000000000000000'
		is "exec" "$(vzrun exec --cap CAP_NET_ADMIN "$id" grep CapInh /proc/self/status)" \
			$'CapInh:\t0000000000000000'
		vzrun delete --force "$id"
	done
}

# CVE-2023-25809
t_other_cgroups_are_out_of_reach()
{
	local filter='del(.linux.namespaces[] | select(.type == "cgroup"))
		| (.mounts[] | select(.type == "cgroup") | .options) = ["rw"]'
	if [ -z "$CGROUP_DIR" ]; then
		skip "cgroups" "no cgroup v2 here"
		return
	fi
	is "without a cgroup namespace there is its own, and none below" "$(in_container "$filter | $DEFAULT_CAPS" \
		sh -c 'read -r pid </sys/fs/cgroup/cgroup.procs; echo $pid; ls -d /sys/fs/cgroup/*/ 2>/dev/null')" 1
	new_id
	make_bundle "$SCRATCH/$id" "$filter | $DEFAULT_CAPS" \
		sh -c 'mkdir /sys/fs/cgroup/made; find /sys/fs/cgroup -name cgroup.procs -writable | wc -l'
	try vzrun --cgroup-manager disabled run --bundle "$SCRATCH/$id" "$id"
	unlike "with cgroups disabled nothing is made" "$err$out" '^$'
	check "with cgroups disabled nothing is made" [ ! -e "$CGROUP2/made" ]
}

t_exec_stays_below_the_containers_cgroup()
{
	local path
	if [ -z "$CGROUP_DIR" ]; then
		skip "cgroups" "no cgroup v2 here"
		return
	fi
	new_id
	make_bundle "$SCRATCH/$id" "$DEFAULT_CAPS | del(.linux.namespaces[] | select(.type == \"cgroup\"))" sleep 1000
	vzrun run --detach --bundle "$SCRATCH/$id" "$id" >/dev/null 2>&1
	mkdir "$CGROUP_DIR/beside"
	for path in .. ../beside /../beside ./.././../beside; do
		try vzrun exec --cgroup "$path" "$id" grep ^0:: /proc/self/cgroup
		unlike "$path: not beside it" "$out" 'beside'
		[ "$status" != 0 ] || like "$path: below it" "$out" "^0::$CGROUP/$id(/|\$)"
	done
	rmdir "$CGROUP_DIR/beside"
	vzrun delete --force "$id"
}

t_cgroups_path_stays_below_the_mount()
{
	local path
	for path in .. /../../escaped ../../../escaped; do
		try in_container ".linux.cgroupsPath = \"$path\"" true
		check "$path (status $status)" [ ! -e "$CGROUP2/../escaped" -a ! -e "/sys/escaped" ]
		[ ! -d "$CGROUP2/escaped" ] || rmdir "$CGROUP2/escaped"
	done
}

t_an_id_is_no_path()
{
	make_bundle "$SCRATCH/id" . true
	for id in .. . ../x x/y .hidden '' "a b" "a;b"; do
		try vzrun run --bundle "$SCRATCH/id" "$id"
		is "run ${id@Q}" "$status" 1
		try vzrun delete --force "$id"
		is "delete ${id@Q}" "$status" 1
	done
	check "nothing beside the root" [ ! -e "$SCRATCH/x" ]
}

# Other runtimes obey to what an image's author may put there.
t_annotations_change_nothing()
{
	local out
	out=$(in_container "del(.linux.namespaces[] | select(.type == \"cgroup\")) | .annotations = {
		\"run.oci.systemd.subgroup\": \"../escaped\", \"run.oci.delegate-cgroup\": \"../escaped\",
		\"run.oci.hooks.stdout\": \"$SCRATCH/annotated\", \"run.oci.handler\": \"krun\",
		\"run.oci.keep_original_groups\": \"1\", \"run.oci.seccomp_bpf_data\": \"AAAA\",
		\"org.systemd.property.Slice\": \"'escaped.slice'\", \"org.criu.config\": \"$SCRATCH/annotated\"}" \
		grep ^0:: /proc/self/cgroup)
	like "its cgroup" "$out" "^0::$CGROUP/t[0-9-]*\$"
	check "no file" [ ! -e "$SCRATCH/annotated" ]
}

# Root in a user namespace of the container's own, with all capabilities there, may change the
# attributes of its mounts, but not take away what the host's own mount has.
t_flags_of_the_hosts_mounts_stay()
{
	local kind
	mkdir -p "$SCRATCH/shared"
	mount --bind "$SCRATCH/shared" "$SCRATCH/shared" # a tmpfs can't map ids before 6.3
	mount -o remount,bind,ro,nodev,nosuid,noexec "$SCRATCH/shared"
	for kind in plain idmap; do
		make_bundle "$SCRATCH/flags" "$USERNS | .mounts += [
			{destination: \"/mnt\", type: \"bind\", source: \"$SCRATCH/shared\",
				options: [\"rbind\", \"$kind\" | select(. != \"plain\")]}]
			| .process.capabilities |= map_values([\"CAP_SYS_ADMIN\", \"CAP_DAC_OVERRIDE\"])
			| .process.noNewPrivileges = false" \
			sh -c 'for flag in rw dev suid exec; do
				mount -o "remount,bind,$flag" /mnt 2>/dev/null && echo "$flag is taken"
			done
			awk "\$5 == \"/mnt\" { print \$6 }" /proc/self/mountinfo'
		new_id
		try vzrun run --bundle "$SCRATCH/flags" "$id"
		is "$kind: nothing is taken, and all is there" "${out%,idmapped}" "ro,nosuid,nodev,noexec,relatime"
	done
	umount "$SCRATCH/shared"
}

# What is uncovered by leaving a mount out was covered for a reason.
t_what_the_host_covered_stays_covered()
{
	mkdir -p "$SCRATCH/covered/secret"
	echo hidden >"$SCRATCH/covered/secret/file"
	mount -t tmpfs cover "$SCRATCH/covered/secret"
	make_bundle "$SCRATCH/cover" "$USERNS | .mounts += [{destination: \"/mnt\", type: \"bind\",
		source: \"$SCRATCH/covered\", options: [\"bind\"]}]" cat /mnt/secret/file
	new_id
	try vzrun run --bundle "$SCRATCH/cover" "$id"
	is "a bind without what is mounted in it fails" "$status" 1
	like "in one line that says what helps" "$err" 'open the source .*Invalid argument.*"rbind" is needed'
	make_bundle "$SCRATCH/cover" "$USERNS | .mounts += [{destination: \"/mnt\", type: \"bind\",
		source: \"$SCRATCH/covered\", options: [\"rbind\"]}]
		| .process.capabilities |= map_values([\"CAP_SYS_ADMIN\"])" \
		sh -c 'umount /mnt/secret; cat /mnt/secret/file'
	new_id
	try vzrun run --bundle "$SCRATCH/cover" "$id"
	unlike "nor can it be uncovered inside" "$out" hidden
	like "the kernel says why" "$err" 'Invalid argument|not permitted'
	umount "$SCRATCH/covered/secret"
}

t_sources_of_others_can_be_bound()
{
	local i mounts=''
	mkdir -p "$SCRATCH/others/deep"
	chown 12345:12345 "$SCRATCH/others"
	chmod 700 "$SCRATCH/others"
	for ((i = 0; i < 70; i++)); do
		echo "$i" >"$SCRATCH/others/deep/$i"
		mounts+="{destination: \"/mnt/$i\", type: \"bind\", source: \"$SCRATCH/others/deep/$i\", options: [\"bind\", \"ro\"]},"
	done
	make_bundle "$SCRATCH/many" "$USERNS | .mounts += [{destination: \"/mnt\", type: \"tmpfs\", source: \"t\"},
		${mounts%,}]" sh -c 'cat /mnt/*' # more than one message holds
	new_id
	is "each is the right one" "$(vzrun run --bundle "$SCRATCH/many" "$id" | sort -n | xargs)" \
		"$(seq 0 69 | xargs)"
}

run_tests "$@"
