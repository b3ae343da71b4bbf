# SPDX-License-Identifier: GPL-2.0-or-later
"""The VM's kernel: Debian's package, fetched and unpacked, never installed."""

import glob
import lzma
import os
import re
import struct
import sys

from host import VMError, command, contents, remove

META_PACKAGE = "linux-image-amd64"
APT_LISTS = "/var/lib/apt/lists"
LINK = "kernel"  # the cache's link to the newest kernel


class Kernel:
    """An unpacked kernel package."""

    def __init__(self, folder):
        self.folder = os.path.realpath(folder)
        self.name = os.path.basename(self.folder)
        self.vmlinux = os.path.join(self.folder, "vmlinux")
        self.modules = os.path.join(self.folder, "modules")

    def module_files(self):
        """Where each loadable module is, by its name (with _ for -)."""
        files = glob.glob(os.path.join(self.modules, "**", "*.ko"), recursive=True)
        return {module_name(file): file for file in files}

    def builtin_modules(self):
        """The names of the modules that are part of the kernel itself."""
        with open(os.path.join(self.modules, "modules.builtin"), encoding="ascii") as file:
            return {module_name(line.strip()) for line in file}


def module_name(path):
    return os.path.basename(path).removesuffix(".ko").replace("-", "_")


def find(cache):
    """The newest kernel that apt knows of.

    Asking apt takes a second, so the answer is kept (as a link) until apt's lists change. If
    apt has no answer, the kernel that is there will do.
    """
    link = cache.path(LINK)
    if not _is_newer(link, APT_LISTS):
        try:
            cache.link(LINK, os.path.basename(_newest(cache)))
        except VMError as error:
            if not os.path.exists(link):
                raise
            print(f"tests/vm/run: {error}; using {Kernel(link).name}", file=sys.stderr)
    return Kernel(link)


def _is_newer(link, folder):
    try:
        return os.path.exists(link) and os.lstat(link).st_mtime > os.stat(folder).st_mtime
    except FileNotFoundError:
        return False


def _newest(cache):
    shown = command("apt-cache", "show", "--no-all-versions", META_PACKAGE)
    depends = re.search(r"^Depends: (linux-image-\S+) \(= (\S+)\)", shown, re.MULTILINE)
    if not depends:
        raise VMError(f"apt knows no {META_PACKAGE} (apt-get update)")
    package, version = depends.groups()
    return cache.get(f"{package}_{version}", [contents(__file__)],
                     lambda new: _fetch(new, f"{package}={version}"))


def _fetch(folder, package):
    """Makes FOLDER with vmlinux, which qemu starts without unpacking it first, and modules/."""
    print(f"tests/vm/run: fetching {package}", file=sys.stderr)
    os.mkdir(folder)
    command("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package, cwd=folder)
    [archive] = glob.glob(os.path.join(folder, "*.deb"))
    root = os.path.join(folder, "root")
    command("dpkg", "-x", archive, root)
    [vmlinuz] = glob.glob(os.path.join(root, "boot", "vmlinuz-*"))
    [modules] = glob.glob(os.path.join(root, "lib", "modules", "*"))
    _unpack(vmlinuz, os.path.join(folder, "vmlinux"))
    os.rename(modules, os.path.join(folder, "modules"))
    remove(archive)
    remove(root)


def _unpack(vmlinuz, vmlinux):
    """Takes the ELF file out of a bzImage (Documentation/x86/boot.rst, "payload_offset")."""
    image = contents(vmlinuz)
    setup_sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    try:
        # Behind the xz stream stands its unpacked size, which the decompressor leaves over.
        kernel = lzma.LZMADecompressor().decompress(image[start:start + length])
    except lzma.LZMAError as error:
        raise VMError(f"{vmlinuz}: {error} (is it packed with something but xz?)") from None
    with open(vmlinux, "wb") as file:
        file.write(kernel)
