#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kvmshim: a kernel in a virtual machine of its own. A tiny 32-bit kernel runs on every KVM; Debian's
# runs where KVM is real: in the test VM.
# shellcheck disable=SC2154 # out, err and status are lib.sh's
. "${0%/*}/lib.sh"

KVMSHIM=${VZRUN%/*}/kvmshim/kvmshim
TINY=${VZRUN%/*}/tests/integration/tinykernel
[ -x "$KVMSHIM" ] || tap_skip_all "kvmshim is not built (x86-64 only)"

no_kvm()
{
	[ ! -r /dev/kvm ] || return 1
	skip "$1" "there is no /dev/kvm"
}

t_options()
{
	try "$KVMSHIM" --help
	like "help" "$status$out" '^0Usage: kvmshim '
	try "$KVMSHIM" --version
	like "version" "$status$out" '^0kvmshim [0-9]'
	try "$KVMSHIM"
	is "nothing" "$status$err" "125kvmshim: --kernel is missing (see kvmshim --help)"
	try "$KVMSHIM" --kernel x --bogus
	is "an unknown option" "$status$err" \
		"125kvmshim: an unknown option, or one without its value: \"--bogus\" (see kvmshim --help)"
	try "$KVMSHIM" --kernel
	is "one without its value" "$status$err" \
		"125kvmshim: an unknown option, or one without its value: \"--kernel\" (see kvmshim --help)"
	try "$KVMSHIM" --kernel x y
	is "an argument" "$status$err" "125kvmshim: it takes no arguments (see kvmshim --help)"
	try "$KVMSHIM" --kernel x --memory 1X
	like "a size that is none" "$status$err" '^125kvmshim: --memory'
	try "$KVMSHIM" --kernel x --cpus 0
	like "no processor" "$status$err" '^125kvmshim: --cpus'
	try "$KVMSHIM" --kernel x --cpus 256
	like "too many" "$status$err" '^125kvmshim: --cpus'
}

t_what_is_no_kernel()
{
	no_kvm "no kernel" && return
	try "$KVMSHIM" --kernel "$SCRATCH/none"
	is "missing" "$status$err" "125kvmshim: open \"$SCRATCH/none\": No such file or directory"
	try "$KVMSHIM" --kernel "$SCRATCH"
	is "a folder" "$status$err" "125kvmshim: kernel \"$SCRATCH\": it is no file"
	mkfifo "$SCRATCH/fifo"
	try "$KVMSHIM" --kernel "$SCRATCH/fifo"
	is "a fifo" "$status$err" "125kvmshim: kernel \"$SCRATCH/fifo\": it is no file"
	try "$KVMSHIM" --kernel "$0"
	like "a script" "$status$err" '^125kvmshim: kernel .*it is no ELF file'
	try "$KVMSHIM" --kernel "$VZRUN"
	like "a program" "$status$err" '^125kvmshim: kernel .*it has no PVH entry'
	head -c 300 "$TINY" >"$SCRATCH/short"
	try "$KVMSHIM" --kernel "$SCRATCH/short"
	like "cut off" "$status$err" '^125kvmshim: kernel .*it is cut off'
	try "$KVMSHIM" --kernel "$TINY" --memory 64K
	like "too little memory" "$status$err" '^125kvmshim: guest memory of 65536 bytes'
	try "$KVMSHIM" --kernel "$TINY" --initrd /dev/null
	like "no initramfs" "$status$err" '^125kvmshim: initramfs .*it is no file, or empty'
	try "$KVMSHIM" --kernel "$TINY" --memory 4M --initrd "$VZRUN"
	like "no room for it" "$status$err" 'the guest.s memory is too small for it'
	try "$KVMSHIM" --kernel "$TINY" --append "$(printf '%2048s' x)"
	like "a command line" "$status$err" '^125kvmshim: the kernel.s command line'
}

t_a_tiny_kernel()
{
	no_kvm "a tiny kernel" && return
	try timeout 60 "$KVMSHIM" --kernel "$TINY" --serial --append "x sv"
	is "it ends" "$status" 0
	is "it ran, and saw a device" "$err" $'hello\nvirtio'
	touch "$SCRATCH/there"
	try "$KVMSHIM" --kernel "$TINY" --vsock "$SCRATCH/there"
	is "a socket that is there" "$status$err" "125kvmshim: listen at \"$SCRATCH/there\": Address already in use"
	check "stays" [ -e "$SCRATCH/there" ]
	try "$KVMSHIM" --kernel "$TINY" --vsock "/$(printf '%0120d' 0)"
	like "a path that is too long" "$status$err" '^125kvmshim: --vsock .*the path is too long'
	try timeout 60 "$KVMSHIM" --kernel "$TINY" --cpus 4 --memory 5G --append "x s"
	is "without a serial line nothing is said" "$status$out$err" 0
	"$KVMSHIM" --kernel "$TINY" --append "x h" &
	until_true eval "[ \$(ls /proc/$!/task | wc -l) -ge 2 ]"
	kill "$!"
	wait "$!"
	is "one that halts can be killed" $? 143
}

# An initramfs with busybox and the modules of some devices, which Debian's kernels keep outside.
make_initramfs() # FILE MODULE...
{
	local file=$1 dir=$SCRATCH/initramfs module order=''
	shift
	mkdir -p "$dir"/{bin,dev,proc,sys}
	cp "$(type -P busybox)" "$dir/bin/busybox"
	cp "${VZRUN%/*}/tests/integration/vsockpeer" "$dir/bin/"
	for module; do
		cp "$(find "$VZRUN_TEST_KERNEL/modules" -name "$module.ko")" "$dir/"
		order+=" /$module.ko"
	done
	cat >"$dir/init" <<-END
		#!/bin/busybox sh
		export PATH=/bin
		/bin/busybox --install /bin
		mount -t proc proc /proc
		mount -t sysfs sys /sys
		mount -t devtmpfs dev /dev
		for module in$order; do insmod \$module; done
		exec >/dev/kmsg
		echo "guest: processors \$(grep -c ^processor /proc/cpuinfo)"
		echo "guest: memory \$(awk '/MemTotal/ { print int(\$2 / 100000) }' /proc/meminfo)"
		echo "guest: devices \$(ls /sys/bus/virtio/devices)"
		echo "guest: random \$(dd if=/dev/hwrng bs=16 count=1 2>/dev/null | wc -c)"
		echo "guest: virtualization \$(grep -cE 'vmx|svm' /proc/cpuinfo)"
		echo "guest: vsock \$(vsockpeer 7 8 && echo closed)"
		echo c >/proc/sysrq-trigger
	END
	chmod 755 "$dir/init"
	(cd "$dir" && find . | busybox cpio -o -H newc 2>/dev/null) >"$file"
}

t_debian_s_kernel()
{
	[ -n "${VZRUN_TEST_KERNEL:-}" ] || {
		skip "Debian's kernel" "KVM here may be a software back end that hangs on it (the test VM has a real one)"
		return
	}
	make_initramfs "$SCRATCH/initrd" virtio_ring virtio virtio_mmio rng-core virtio-rng \
		vsock vmw_vsock_virtio_transport_common vmw_vsock_virtio_transport
	# The host's ends: who is told that the guest is ready, and then calls it.
	python3 - "$SCRATCH/vsock" >"$SCRATCH/host" 2>&1 <<-'END' &
		import socket, sys
		host = socket.socket(socket.AF_UNIX)
		host.bind(sys.argv[1] + "_7")
		host.listen()
		print(host.accept()[0].makefile().read(), end="", flush=True)
		guest = socket.socket(socket.AF_UNIX)
		guest.connect(sys.argv[1])
		guest.sendall((8).to_bytes(4, "little"))
		guest.sendall(b"are you there?\n")
		print(guest.makefile().read(), end="", flush=True)
	END
	try timeout 300 "$KVMSHIM" --kernel "$VZRUN_TEST_KERNEL/vmlinux" --initrd "$SCRATCH/initrd" \
		--memory 512M --cpus 2 --serial --vsock "$SCRATCH/vsock"
	wait $!
	is "a panic ends it" "$status" 0
	like "processors" "$err" 'guest: processors 2'
	like "memory" "$err" 'guest: memory [45]'
	like "a virtio device, found by ACPI" "$err" 'guest: devices virtio0'
	like "entropy" "$err" 'guest: random 16'
	like "no virtualization of its own" "$err" 'guest: virtualization 0'
	is "the guest calls the host, and the host it" "$(<"$SCRATCH/host")" $'ready\nare you there?'
	like "and each hears that the other has closed" "$err" 'guest: vsock closed'
	check "its socket is gone" [ ! -e "$SCRATCH/vsock" ]
	like "and says why" "$err" 'Kernel panic'
}

run_tests "$@"
