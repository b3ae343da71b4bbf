# SPDX-License-Identifier: GPL-2.0-or-later
"""What the test VM needs of the host: its commands, and a cache of what is slow to make."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.realpath(__file__))
CHECKOUT = os.path.dirname(os.path.dirname(HERE))


class VMError(Exception):
    """The VM can't be had; the text is one line for the user."""


def command(*argv, cwd=None):
    """Runs a command and returns what it printed."""
    try:
        done = subprocess.run(argv, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False)
    except FileNotFoundError:
        raise VMError(f"{argv[0]} is not installed (sudo ./bootstrap deps)") from None
    if done.returncode != 0:
        lines = done.stderr.split("\n")
        errors = [line for line in lines if line.startswith("E: ")] or [s for s in lines if s]
        raise VMError(f"{' '.join(argv)}: {errors[0] if errors else 'failed'}")
    return done.stdout


def compile_static(program, *sources):
    command("cc", "-std=gnu11", "-D_GNU_SOURCE", f"-I{CHECKOUT}", "-O2", "-Wall", "-Wextra",
            "-static", "-o", program, *sources)


def contents(path):
    with open(path, "rb") as file:
        return file.read()


def remove(path):
    """Removes a file or a folder, or nothing."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


class Cache:
    """A folder of files and folders that are made once, under the name of what they depend on.

    What is made gets its name when it is complete, by rename, and one process at a time makes
    something. So an entry is whole or absent, whoever is killed when, and two runs that need
    the same thing make it once.
    """

    def __init__(self, folder):
        self.folder = folder
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise VMError(f"cache {folder}: {error.strerror} (set VZRUN_VM_CACHE)") from None

    def path(self, name):
        return os.path.join(self.folder, name)

    def get(self, name, inputs, make):
        """The path of entry NAME for these inputs; if there is none, make(path) makes it."""
        path = self.path(f"{name}-{_digest(inputs)}")
        if not os.path.exists(path):
            with self._locked():
                if not os.path.exists(path):
                    self._make(path, make)
        return path

    def link(self, name, target):
        """Makes symbolic link NAME to entry TARGET, or makes it anew."""
        with self._locked():
            new = self._new()
            os.symlink(target, new)
            os.rename(new, self.path(name))

    def _make(self, path, make):
        new = self._new()
        try:
            make(new)
            os.rename(new, path)
        except OSError as error:
            raise VMError(f"making {path}: {error}") from None
        finally:
            remove(new)

    def _new(self):
        """A name for what is being made. What a killed run left under such a name goes."""
        for entry in os.listdir(self.folder):
            if entry.startswith("new."):
                remove(self.path(entry))
        return self.path(f"new.{os.getpid()}")

    @contextlib.contextmanager
    def _locked(self):
        try:
            file = open(self.path("lock"), "w", encoding="ascii")
        except OSError as error:
            raise VMError(f"cache {self.folder}: {error.strerror} (set VZRUN_VM_CACHE)") from None
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _digest(inputs):
    """A short name for strings and bytes."""
    digest = hashlib.sha256()
    for part in inputs:
        digest.update(part.encode() if isinstance(part, str) else part)
        digest.update(b"\0")
    return digest.hexdigest()[:16]
