# SPDX-License-Identifier: GPL-2.0-or-later
"""One run of the VM: qemu's command line, its streams, its end."""

import ctypes
import os
import select
import signal
import subprocess
import time

from host import VMError

QEMU = "qemu-system-x86_64"
CONSOLE_TAIL_BYTES = 4096
PR_SET_PDEATHSIG = 1  # linux/prctl.h

KERNEL_ARGUMENTS = (
    "console=ttyS0 panic=-1 oops=panic reboot=t"  # a crash ends the VM
    " tsc=reliable no_timer_check"  # no measuring of clocks while the host is busy
    " nowatchdog rcupdate.rcu_cpu_stall_suppress=1"  # slow is not stuck
    " mitigations=off cryptomgr.notests rcupdate.rcu_expedited=1"  # faster
    " audit=0 cgroup_no_v1=all hugepages=16"
)


class Pipe:
    """What qemu writes to a port or to the console, and who gets it."""

    def __init__(self, receive):
        self.receive = receive
        self.reader, self.writer = os.pipe()
        self.bytes = 0

    def chardev(self, name):
        return f"file,id={name},path=/dev/fd/{self.writer}"

    def read(self):
        """Passes on what is there; False at the end."""
        data = os.read(self.reader, 65536)
        self.bytes += len(data)
        self.receive(data)
        return bool(data)


class Result:
    """How a run ended: the command's status, or None and why there is none."""

    def __init__(self, status, reason="", console=""):
        self.status = status
        self.reason = reason
        self.console = console


class Machine:
    """A VM that runs one job and is gone.

    It leaves nothing behind because it has nothing with a name: the streams are pipes, the job
    is an unlinked file, qemu keeps what is written to the disks in unlinked files, and the
    kernel kills qemu when this process ends, however that happens.
    """

    def __init__(self, options):
        self.options = options
        self.status_lines = b""  # "started", then the end
        self.console_tail = b""
        self.streams = {"out": Pipe(lambda data: write_all(1, data))}
        if not is_same_file(1, 2):
            self.streams["err"] = Pipe(lambda data: write_all(2, data))
        self.status = Pipe(self._receive_status)
        self.console = Pipe(self._receive_console)

    def run(self, kernel, initramfs, images, tsc_khz):
        """Starts qemu and waits for the job's end."""
        pipes = [*self.streams.values(), self.status, self.console]
        argv = self._command(kernel, initramfs, images, tsc_khz)
        if self.options.verbose:
            write_all(2, (" ".join(argv) + "\n").encode())
        qemu = spawn(argv, [initramfs, *(pipe.writer for pipe in pipes)])
        for pipe in pipes:
            os.close(pipe.writer)
        in_time = self._pump({pipe.reader: pipe for pipe in pipes})
        qemu.kill()
        return self._result(in_time, qemu.wait())

    def _pump(self, pipes):
        """Passes the streams on until the job's or the VM's end; False if the time is over."""
        deadline = time.monotonic() + self.options.timeout
        poll = select.poll()
        for reader in pipes:
            poll.register(reader, select.POLLIN)
        while pipes and not self._is_complete():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            for reader, _ in poll.poll(left * 1000):
                if not pipes[reader].read():
                    poll.unregister(reader)
                    del pipes[reader]
        return True

    def _is_complete(self):
        """Whether vminit has reported the end and all the output has come."""
        if self.status_lines.count(b"\n") < 2:
            return False
        sent = [int(word) for word in self.status_lines.split()[2:]]
        return all(pipe.bytes >= n for pipe, n in zip(self.streams.values(), sent))

    def _result(self, in_time, qemu_status):
        if self._is_complete():
            return Result(int(self.status_lines.split()[1]))
        reason = f"the VM ended before the command did (qemu: {qemu_status})"
        if not in_time:
            what = "no answer" if self.status_lines else "not booted"
            reason = f"{what} within {self.options.timeout} s, VM killed"
        return Result(None, reason, self.console_tail.decode(errors="replace"))

    def _receive_status(self, data):
        self.status_lines += data

    def _receive_console(self, data):
        self.console_tail = (self.console_tail + data)[-CONSOLE_TAIL_BYTES:]
        if self.options.verbose:
            write_all(2, data)

    def _command(self, kernel, initramfs, images, tsc_khz):
        options = self.options
        # The small machine has no PCI, which saves time. Only the big one knows NUMA.
        machine, bus = ("q35", "pci") if options.numa > 1 else ("microvm", "device")
        arguments = f"{KERNEL_ARGUMENTS} tsc_early_khz={tsc_khz} {options.append}"
        if not options.verbose:
            arguments += " quiet"
        argv = [
            QEMU, "-M", machine, "-accel", "tcg,thread=multi", "-cpu", "max,-la57",
            "-m", str(options.memory), "-smp", str(options.cpus),
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-kernel", kernel.vmlinux, "-initrd", f"/dev/fd/{initramfs}", "-append", arguments,
            "-chardev", self.console.chardev("console"), "-serial", "chardev:console",
            "-device", f"virtio-rng-{bus}",
            *self._ports(bus), *disks(bus, images), *shares(bus, options.work),
        ]
        return argv + (numa(options) if options.numa > 1 else [])

    def _ports(self, bus):
        argv = ["-device", f"virtio-serial-{bus},max_ports=4"]
        for name, pipe in [*self.streams.items(), ("status", self.status)]:
            argv += ["-chardev", pipe.chardev(name),
                     "-device", f"virtserialport,chardev={name},name={name}"]
        return argv


def disks(bus, images):
    """The images; what is written to them goes to a temporary file."""
    argv = []
    for name, path in images.items():
        argv += ["-drive", f"if=none,id={name},file={path},format=raw,snapshot=on",
                 "-device", f"virtio-blk-{bus},drive={name},serial={name}"]
    return argv


def shares(bus, work):
    """The host's root, and the folders that the job may write to."""
    argv = []
    exports = [("root", "/,readonly=on,multidevs=remap")]
    exports += [(f"work{i}", f"{folder},multidevs=remap") for i, folder in enumerate(work)]
    for tag, path in exports:
        argv += ["-fsdev", f"local,id={tag},security_model=none,path={path}",
                 "-device", f"virtio-9p-{bus},fsdev={tag},mount_tag={tag}"]
    return argv


def numa(options):
    """Memory and processors in equal parts to each node."""
    argv = []
    memory, cpus = options.memory // options.numa, options.cpus // options.numa
    for node in range(options.numa):
        first = node * cpus
        argv += ["-object", f"memory-backend-ram,id=memory{node},size={memory}M", "-numa",
                 f"node,nodeid={node},memdev=memory{node},cpus={first}-{first + cpus - 1}"]
    return argv


def spawn(argv, fds):
    """Starts a process that is killed when this one ends."""
    parent = os.getpid()
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def die_with_parent():
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    try:
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, pass_fds=fds,
                                preexec_fn=die_with_parent)
    except FileNotFoundError:
        raise VMError(f"{argv[0]} is not installed (sudo ./bootstrap deps)") from None


def write_all(fd, data):
    while data:
        data = data[os.write(fd, data):]


def is_same_file(one, other):
    """Whether two fds are one file, so that the order of what is written to them matters."""
    return os.path.samestat(os.fstat(one), os.fstat(other))
