#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The test VM is what tests/vm/run --help says.
here=$(dirname "$(realpath "$0")")
. "$here/../tap.sh"

command -v qemu-system-x86_64 >/dev/null || tap_skip_all "qemu-system-x86_64 is missing"
tmp=$(mktemp -d -t vztest-vm.XXXXXX) || tap_bail "mktemp failed"
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
mkdir shared temporary
export TMPDIR=$tmp/temporary

run() # NAME ARG...: runs the VM; its output and errors are in NAME.out and NAME.err
{
	local name=$1
	shift
	"$here/run" "$@" >"$name.out" 2>"$name.err"
	status=$?
}

# What the VM is like inside, as NAME=VALUE lines.
cat >fact.sh <<'END'
fact() # NAME CMD...
{
	local name=$1
	shift
	printf '%s=%s\n' "$name" "$("$@" 2>&1)"
}
END

# A guest whose memory is the page with the first instruction that a processor executes: hlt.
cat >guest.py <<'END'
import ctypes, fcntl, mmap, os, struct
kvm = os.open("/dev/kvm", os.O_RDWR)
vm = fcntl.ioctl(kvm, 0xAE01, 0)  # KVM_CREATE_VM
page = mmap.mmap(-1, 4096)
page[0xFF0] = 0xF4
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
region = struct.pack("IIQQQ", 0, 0, 0xFFFFF000, 4096, address)
fcntl.ioctl(vm, 0x4020AE46, region)  # KVM_SET_USER_MEMORY_REGION
vcpu = fcntl.ioctl(vm, 0xAE41, 0)  # KVM_CREATE_VCPU
run = mmap.mmap(vcpu, fcntl.ioctl(kvm, 0xAE04, 0))  # KVM_GET_VCPU_MMAP_SIZE
fcntl.ioctl(vcpu, 0xAE80, 0)  # KVM_RUN
print("exit", *struct.unpack_from("I", run, 8))
END

cat >facts.sh <<'END'
. ./fact.sh

rdma_limit()
{
	rdma link add rxe0 type rxe netdev lo && echo +rdma >/sys/fs/cgroup/cgroup.subtree_control &&
		echo "rxe0 hca_handle=2" >/sys/fs/cgroup/selftest/rdma.max &&
		cat /sys/fs/cgroup/selftest/rdma.max
}

enforces_limit()
{
	echo "+cpu +memory +io +pids" >/sys/fs/cgroup/cgroup.subtree_control &&
		mkdir /sys/fs/cgroup/selftest && cd /sys/fs/cgroup/selftest &&
		echo 1 >pids.max && echo 64M >memory.max && echo 1000 >cpu.max && cat memory.max
}

project_quota() # FOLDER
{
	findmnt -n -o FSTYPE,SOURCE "$1" && grep -c "^[^ ]* $1 .*prjquota" /proc/mounts &&
		touch "$1/file" && ls "$1"
}

fact kernel uname -r
fact user id -u
fact folder pwd
fact input readlink /proc/self/fd/0
fact environment printenv VZRUN_TEST_VM PASSED SET ABSENT
fact cgroup stat -f -c %T /sys/fs/cgroup
fact v1 awk '$9 == "cgroup"' /proc/self/mountinfo
fact controllers cat /sys/fs/cgroup/cgroup.controllers
fact limit enforces_limit
fact rdma rdma_limit
fact nodes cat /sys/devices/system/node/has_memory /sys/devices/system/node/has_cpu
fact swap awk 'NR > 1 { print $2, $3 }' /proc/swaps
fact pages cat /sys/devices/system/node/node{0,1}/hugepages/hugepages-2048kB/nr_hugepages
fact guest python3 guest.py
fact apparmor cat /sys/module/apparmor/parameters/enabled
fact ext4 project_quota /var/lib/vz
fact xfs project_quota /var/lib/vz-xfs
fact root findmnt -n -o FSTYPE /
fact tmp findmnt -n -o FSTYPE /tmp
fact run findmnt -n -o FSTYPE /run
fact checkout ls "$1/run"
echo changed >changed
rm removed
echo made >made
echo to the host >shared/made
echo error >/dev/stderr
exit 7
END
echo kept | tee changed >removed
export PASSED=passed
unset ABSENT
run facts --env PASSED --env SET=set --env ABSENT --work shared -- bash facts.sh "$here"

fact() # NAME: its value, lines joined by blanks
{
	awk -v name="$1" '/^[a-z0-9]+=/ { on = index($0, name "=") == 1; sub(/^[^=]*=/, "") } on' \
		facts.out | paste -s -d ' '
}

is "the exit status is the command's" "$status" 7
like "the kernel is Debian's 6.1" "$(fact kernel)" '^6\.1\.0-[0-9]+-amd64$'
is "the command is root" "$(fact user)" 0
is "in the present folder" "$(fact folder)" "$tmp"
is "with no input" "$(fact input)" /dev/null
is "and the variables it was given" "$(fact environment)" "1 passed set"
is "cgroup v2 is on /sys/fs/cgroup" "$(fact cgroup)" cgroup2fs
is "and no cgroup v1 anywhere" "$(fact v1)" ""
is "all controllers are there" "$(fact controllers)" "cpuset cpu io memory hugetlb pids rdma misc"
is "limits can be set" "$(fact limit)" 67108864
is "for an RDMA device too" "$(fact rdma)" "rxe0 hca_handle=2 hca_object=max "
is "there are two nodes with memory and processors" "$(fact nodes)" "0-1 0-1"
is "there is swap" "$(fact swap)" "partition 262140"
is "there are huge pages on both nodes" "$(fact pages)" "8 8"
is "there is a KVM that runs a guest until it halts" "$(fact guest)" "exit 5"
is "AppArmor is on" "$(fact apparmor)" Y
like "/var/lib/vz is ext4 with project quotas, writable" "$(fact ext4)" '^ext4 +/dev/vd. 1 file'
like "/var/lib/vz-xfs is xfs with project quotas, writable" "$(fact xfs)" '^xfs +/dev/vd. 1 file'
is "the root is an overlay" "$(fact root)" overlay
is "/tmp is empty memory" "$(fact tmp)" tmpfs
is "/run too" "$(fact run)" tmpfs
is "the checkout is there" "$(fact checkout)" "$here/run"
is "errors stay apart from output" "$(<facts.err)" error
is "a shared folder takes what is written" "$(<shared/made)" "to the host"
check "nothing else is written on the host" test ! -e made
is "nor changed" "$(<changed)" kept
check "nor removed" test -e removed

# The same with systemd as the first process.
cat >facts.sh <<'END'
. ./fact.sh

limited_service()
{
	systemd-run --quiet --wait --pipe --collect -p MemoryMax=64M \
		bash -c 'read -r cgroup </proc/self/cgroup && cat "/sys/fs/cgroup${cgroup#0::}/memory.max"'
}

fact first cat /proc/1/comm
fact state systemctl is-system-running --wait
fact failed systemctl list-units --failed --quiet
fact service cat /proc/self/cgroup
fact controllers cat /sys/fs/cgroup/system.slice/vminit-job.service/cgroup.controllers
fact bus busctl get-property org.freedesktop.systemd1 /org/freedesktop/systemd1 \
	org.freedesktop.systemd1.Manager SystemState
fact limit limited_service
fact user systemctl start user@65534.service
fact manager systemctl is-active user@65534.service
fact v1 awk '$9 == "cgroup"' /proc/self/mountinfo
fact folder pwd
fact input readlink /proc/self/fd/0
fact environment printenv VZRUN_TEST_VM PASSED SET ABSENT
fact ext4 findmnt -n -o FSTYPE /var/lib/vz
fact name hostname
fact pipe bash -c 'trap'
echo with systemd >shared/made
echo error >/dev/stderr
exit 8
END
run facts --systemd --env PASSED --env SET=set --env ABSENT --work shared -- bash facts.sh
is "with systemd, the exit status is the command's" "$status" 8
is "systemd is the first process" "$(fact first)" systemd
is "it is up" "$(fact state)" running
is "no unit failed" "$(fact failed)" ""
is "the command is a service" "$(fact service)" 0::/system.slice/vminit-job.service
is "with all controllers that systemd knows" "$(fact controllers)" "cpuset cpu io memory pids"
like "systemd answers on the system's bus" "$(fact bus)" '^s "running"$'
is "systemd sets limits" "$(fact limit)" 67108864
is "a user's systemd can be started" "$(fact user) $(fact manager)" " active"
is "there is no cgroup v1 with systemd either" "$(fact v1)" ""
is "with systemd, the folder is the same" "$(fact folder)" "$tmp"
is "no input is" "$(fact input)" /dev/null
is "the variables are" "$(fact environment)" "1 passed set"
is "the disks are" "$(fact ext4)" ext4
is "the host's name is" "$(fact name)" testvm
is "no signal is ignored" "$(fact pipe)" ""
is "with systemd, errors stay apart from output" "$(<facts.err)" error
is "with systemd, a shared folder takes what is written" "$(<shared/made)" "with systemd"

run signal -- sh -c 'kill -TERM $$'
is "a signal's exit status" "$status" 143
run absent -- no-such-command
is "the exit status of a missing command" "$status" 127

run hung --timeout 5 -- sleep infinity
is "a hung VM is a failure" "$status" 125
like "and says so" "$(tail -n 1 hung.err)" '^tests/vm/run: no[a-z ]* within 5 s, VM killed$'

run hung --timeout 1 --systemd -- true
is "a VM that does not boot is a failure" "$status" 125
is "and says that" "$(tail -n 1 hung.err)" "tests/vm/run: not booted within 1 s, VM killed"

run crash -- sh -c 'echo before; echo c >/proc/sysrq-trigger; sleep infinity'
is "a crashed VM is a failure" "$status" 125
is "what came before is there" "$(<crash.out)" before
like "the console's end is shown" "$(<crash.err)" 'sysrq: Trigger a crash'
like "and what happened" "$(tail -n 1 crash.err)" '^tests/vm/run: the VM ended before the command'

run wrong --no-such-option true
is "a wrong option is not the command's failure" "$status" 125

# ---- tests/vm/check ----

mkdir tests
cat >tests/plain.sh <<'END'
read -r first </proc/1/comm
echo "ok 1 - first process $first, SET=$SET"
echo "ok 2 - t_of_a_list: with # SKIP a reason"
echo 1..2
END
cat >tests/all.sh <<'END'
# vm: long
echo "1..0 # SKIP nothing here"
END
cat >tests/systemd.sh <<'END'
# vm: systemd
read -r first </proc/1/comm
echo "ok 1 - first process $first"
echo 1..1
END
cat >tests/bad.sh <<'END'
echo "not ok 1 - fails"
echo "# why"
echo "ok 2 - t_new # SKIP no reason"
echo "ok 3 - t_old: mended"
echo 1..3
END
cat >tests/crash.sh <<'END'
# vm: long systemd
echo "ok 1 - before"
echo c >/proc/sysrq-trigger
END
cat >skips <<'END'
# a comment

plain.sh: t_of_a_list: with  # no machine has it
all.sh: *  # the same
bad.sh: t_old: mended  # not any more
absent.sh: t_one  # is not among those that are run
END

vm_check() # NAME FILE...
{
	local name=$1
	shift
	"$here/check" -s skips "$here/../../build-aux/tap-driver.sh" SET=set "${@/#/$tmp/tests/}" \
		>"$name.out" 2>"$name.err"
	status=$?
}

vm_check good plain.sh systemd.sh all.sh
is "a check that passes" "$status" 0
for line in "PASS: plain.sh 1 - first process init, SET=set" \
	"PASS: systemd.sh 1 - first process systemd" \
	"SKIP: plain.sh 2 - t_of_a_list: with # SKIP a reason" "SKIP: all.sh - nothing here"; do
	check "has the line $line" grep -qxF "$line" good.out
done
is "and the totals of both boots" "$(tail -n 4 good.out | paste -s -d ' ')" \
	"# TOTAL:  4 # PASS:  2 # SKIP:  2 # FAIL:  0"

vm_check bad bad.sh crash.sh
is "a check that fails" "$status" 1
for line in "FAIL: bad.sh 1 - fails" "# why" "FAIL: vm/skips - not to be skipped: bad.sh: t_new" \
	"FAIL: vm/skips - not skipped: bad.sh: t_old: mended" \
	"ERROR: vm/systemd - status 125" "ERROR: crash.sh - it did not end"; do
	check "has the line $line" grep -qxF "$line" bad.out
done
like "and its totals" "$(tail -n 4 bad.out | paste -s -d ' ')" \
	'PASS:  1 # SKIP:  1 # FAIL:  5$'

has_ended() # PID
{
	[ ! -e "/proc/$1" ] || grep -qs '^State:.Z' "/proc/$1/status"
}

# The line can be read only if output comes while the command is still running.
mkfifo lines
"$here/run" -- sh -c 'echo ready; sleep infinity' >lines 2>killed.err &
vm=$!
read -r line <lines
is "output comes as it is written" "$line" ready
qemu=$(pgrep -P "$vm" -f qemu)
check "there is a qemu" test -n "$qemu"
kill -KILL "$vm"
{ wait "$vm"; } 2>/dev/null
for _ in {1..300}; do
	has_ended "$qemu" && break
	sleep 0.1
done
check "a killed run leaves no qemu" has_ended "$qemu"
is "and no file" "$(ls -A "$TMPDIR")" ""
tap_exit
