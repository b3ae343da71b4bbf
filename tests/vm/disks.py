# SPDX-License-Identifier: GPL-2.0-or-later
"""The VM's disks: sparse images, formatted once. A run writes to a copy of its own.

vminit/system.c knows what each is for.
"""

from host import command

# Each image's size and the command that formats it. The file systems have all three kinds of
# quota. Swap is small, so that a test that fills it does not take long.
IMAGES = {
    "ext4": (4 << 30, ("mkfs.ext4", "-q", "-F", "-m", "0", "-O", "quota,project", "-E",
                       "quotatype=usrquota:grpquota:prjquota,assume_storage_prezeroed=1")),
    "xfs": (4 << 30, ("mkfs.xfs", "-q", "-f")),
    "swap": (256 << 20, ("mkswap",)),
}


def get(cache, name):
    """The path of the image with this name."""
    size_bytes, formatter = IMAGES[name]
    return cache.get(name, [str(size_bytes), *formatter],
                     lambda new: _format(new, size_bytes, formatter))


def _format(path, size_bytes, formatter):
    with open(path, "wb") as image:
        image.truncate(size_bytes)
    command(*formatter, path)
