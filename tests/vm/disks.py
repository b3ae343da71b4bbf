# SPDX-License-Identifier: GPL-2.0-or-later
"""The VM's disks: sparse images, formatted once. A run writes to a copy of its own.

vminit/system.c knows where each is mounted.
"""

from host import command

SIZE_BYTES = 4 << 30

# The command that formats each file system's image, with all three kinds of quota.
FORMAT = {
    "ext4": ("mkfs.ext4", "-q", "-F", "-m", "0", "-O", "quota,project",
             "-E", "quotatype=usrquota:grpquota:prjquota,assume_storage_prezeroed=1"),
    "xfs": ("mkfs.xfs", "-q", "-f"),
}


def get(cache, file_system):
    """The path of the image with this file system."""
    inputs = [str(SIZE_BYTES), *FORMAT[file_system]]
    return cache.get(file_system, inputs, lambda new: _format(new, file_system))


def _format(path, file_system):
    with open(path, "wb") as image:
        image.truncate(SIZE_BYTES)
    command(*FORMAT[file_system], path)
