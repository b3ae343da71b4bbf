# SPDX-License-Identifier: GPL-2.0-or-later
"""The VM's initramfs: vminit and the kernel's modules; and the job as an archive of its own.

The kernel unpacks archives that stand one behind the other (buffer-format.rst), so the big one
is made once and the job's small one is appended for each run.
"""

import glob
import os
import re
import stat

from host import HERE, VMError, command, compile_static, contents

# Some modules ask for an algorithm where others ask for a module.
ALGORITHMS = {"crc32c": "crc32c_generic", "crypto_crc32c": "crc32c_generic"}

# What takes half of the emulated boot and no test looks at: trace events and function tracing,
# type information, and lists of calls to patch for mitigations that are off or for speed.
# Rewriting also drops the signature, which takes long to check.
NEEDLESS_SECTIONS = (".BTF", "_ftrace_events", "_ftrace_eval_map", "__mcount_loc",
                     ".return_sites", ".retpoline_sites", ".static_call_sites")


def get(cache, kernel, modules):
    """The path of the initramfs that loads these modules and then runs vminit."""
    sources = map(contents, [__file__, *vminit_files("*.[ch]"), *vminit_files("*.service")])
    inputs = [kernel.name, *modules, *sources]
    return cache.get("initramfs", inputs, lambda new: _build(new, kernel, modules))


def vminit_files(pattern):
    return sorted(glob.glob(os.path.join(HERE, "vminit", pattern)))


def job_archive(lists):
    """An archive of /job: for each name a file of strings that end in NUL."""
    archive = Archive()
    archive.folder("job")
    for name, strings in lists.items():
        archive.file(f"job/{name}", _string_list(strings))
    return archive.end()


def load_order(kernel, modules):
    """The files of these modules and of all that they depend on, in the order to load them."""
    files, builtin, order = kernel.module_files(), kernel.builtin_modules(), {}

    def visit(name):
        name = name.replace("-", "_")
        name = ALGORITHMS.get(name, name)
        if name in builtin or name in order:
            return
        if name not in files:
            raise VMError(f"{kernel.name} has no module {name}")
        for other in _depends(files[name]):
            visit(other)
        order[name] = files[name]

    for module in modules:
        visit(module)
    return list(order.values())


def _depends(file):
    """What a module's own notes say must be there before it."""
    notes = contents(file)
    depends = re.search(rb"\0depends=([^\0]*)\0", notes)
    names = depends.group(1).decode().split(",") if depends else []
    for soft in re.findall(rb"\0softdep=pre: ([^\0]*)\0", notes):
        names += soft.decode().partition("post:")[0].split()
    return [name for name in names if name]


def _string_list(strings):
    return b"".join(os.fsencode(string) + b"\0" for string in strings)


def _build(path, kernel, modules):
    """Makes the initramfs. Until it is written, its path serves for what goes into it."""
    archive = Archive()
    archive.folder("dev")
    archive.console("dev/console")
    compile_static(path, *vminit_files("*.c"))
    archive.program("init", contents(path))
    for file in vminit_files("*.service"):
        archive.file(os.path.basename(file), contents(file))
    archive.folder("modules")
    order = load_order(kernel, modules)
    archive.file("modules/order", _string_list(map(os.path.basename, order)))
    drop = [f"--remove-section={section}" for section in NEEDLESS_SECTIONS]
    for file in order:
        command("objcopy", "--strip-debug", *drop, file, path)
        archive.file(f"modules/{os.path.basename(file)}", contents(path))
    with open(path, "wb") as out:
        out.write(archive.end())


class Archive:
    """A cpio archive in the kernel's format, "newc" (buffer-format.rst)."""

    def __init__(self):
        self.parts = []

    def folder(self, name):
        self._add(name, stat.S_IFDIR | 0o755)

    def file(self, name, data):
        self._add(name, stat.S_IFREG | 0o644, data)

    def program(self, name, data):
        self._add(name, stat.S_IFREG | 0o755, data)

    def console(self, name):
        self._add(name, stat.S_IFCHR | 0o600, device=(5, 1))

    def end(self):
        """The archive's bytes."""
        self._add("TRAILER!!!", 0)
        return b"".join(self.parts)

    def _add(self, name, mode, data=b"", device=(0, 0)):
        inode = len(self.parts) + 1
        name = name.encode() + b"\0"
        #         inode, mode, uid, gid, links, mtime, size, dev, rdev, length of name, checksum
        fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name
        self.parts += [_padded(head), _padded(data)]


def _padded(data):
    return data + b"\0" * (-len(data) % 4)
