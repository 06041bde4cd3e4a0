"""A file system of a known size that tests fill up, where the kernel lets them mount one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class SmallDisk:
    """A folder on a disk of its own, or an ordinary folder where nothing may be mounted."""

    def __init__(self, folder: Path, mebibytes: int) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700)
        self._ballast = folder / "ballast"
        words = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0700", "tmpfs", str(folder)]
        self.mounted = (
            os.geteuid() == 0 and subprocess.run(words, capture_output=True, check=False).returncode == 0
        )

    @contextmanager
    def full(self) -> Iterator[None]:
        """Leave no byte free within."""
        if not self.mounted:
            yield
            return
        descriptor = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with suppress(OSError):
                while True:
                    os.write(descriptor, bytes(1 << 16))
            with suppress(OSError):
                while True:
                    os.write(descriptor, b"x")
            yield
        finally:
            os.close(descriptor)
            self._ballast.unlink()

    def close(self) -> None:
        """Take the disk away again."""
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], capture_output=True, check=False)
