"""What a supervisor writes in one attempt directory: lock, claim, records, and last the result."""

from __future__ import annotations

import errno
import fcntl
import os

from penstock.attempts import files
from penstock.failpoint import disk, reach

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from typing import Any

_ROOM = 2048
"""Bytes set aside for the result, so that it can be written even if the disk fills up later."""


class AttemptFiles:
    """The files of the attempt in *folder*. The process with the lock is responsible for the attempt."""

    __slots__ = ("_below", "_spec", "folder")

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._spec = -1
        self._below = 0

    def take(self, claim: str) -> None:
        """Lock the attempt and link the complete file *claim* as its claim.

        Raises BlockingIOError while someone probes the lock, FileExistsError if the attempt was revoked
        or another supervisor has it, and other OSErrors if the directory is gone or cannot be written.
        """
        spec = os.open(f"{self.folder}/{files.SPEC}", os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(spec, fcntl.LOCK_EX | fcntl.LOCK_NB)
            reach("before_claim_link")
            os.link(claim, f"{self.folder}/{files.CLAIM}")
            reach("after_claim_link")
        except OSError:
            os.close(spec)
            raise
        self._spec = spec

    def read_order(self) -> dict[str, Any]:
        """Return the order. From then on the report is written below it.

        Raises OSError, or ValueError if the order is invalid.
        """
        self._below = os.fstat(self._spec).st_size
        data = os.pread(self._spec, self._below, 0)
        if not data.endswith(b"\n"):
            self._below += os.pwrite(self._spec, b"\n", self._below)
        return files.load(data)

    def reserve_result(self) -> None:
        """Reserve space for the report. Raises OSError when there is none."""
        disk()
        if os.pwrite(self._spec, b" " * _ROOM, self._below) < _ROOM:
            raise OSError(errno.ENOSPC, "no room for the result")

    def read(self, name: str) -> dict[str, Any]:
        """Return the record *name*; raise FileNotFoundError, or ValueError if it is invalid."""
        return files.read(f"{self.folder}/{name}")

    def mark_started(self) -> None:
        """Record that the command may have run, before it is started. Doing it twice is harmless."""
        try:
            os.link(f"{self.folder}/{files.SPEC}", f"{self.folder}/{files.PHASE}")
        except FileExistsError:
            pass

    def record_child(self, data: bytes) -> None:
        """Write down the attempt's process, where the result will be."""
        disk()
        os.pwrite(self._spec, data.rstrip().ljust(_ROOM), self._below)

    def size(self, name: str) -> int | None:
        """Return the size of *name* in bytes, or None if there is no such file."""
        try:
            return os.stat(f"{self.folder}/{name}").st_size
        except OSError:
            return None

    def leave(self, name: str, data: bytes) -> None:
        """Write file *name* so that a reader sees all of it or nothing. Raises OSError."""
        disk()
        files.write_whole(self.folder, name, data)

    def publish(self, result: dict[str, Any], *, durable: bool) -> None:
        """Write all of *result*, make it visible, then release the lock.

        *durable* also forces it to the disk, for when no engine is there to commit it soon. Raises
        OSError if there is no space; then try a result that fits the reserved space.
        """
        # Padded with spaces to the reserved size: valid JSON, and no block is freed or allocated.
        disk()
        data = files.dump_fields(result).rstrip().ljust(_ROOM - 1) + b"\n"
        if os.pwrite(self._spec, data, self._below) < len(data):
            os.ftruncate(self._spec, self._below + _ROOM)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if durable:
            _sync(self._spec)
        reach("before_result_rename")
        os.rename(f"{self.folder}/{files.SPEC}", f"{self.folder}/{files.RESULT}")
        reach("after_result_rename")
        if durable:
            self._sync_folder()
        self.close()

    def _sync_folder(self) -> None:
        try:
            folder = os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return  # the result exists, and must not be written twice
        try:
            _sync(folder)
        except OSError:
            pass
        finally:
            os.close(folder)

    def close(self) -> None:
        """Close the spec; the lock is free from here on."""
        if self._spec >= 0:
            os.close(self._spec)
            self._spec = -1


def _sync(handle: int) -> None:
    full = getattr(fcntl, "F_FULLFSYNC", None)  # macOS: fsync alone stops at the drive's cache
    if full is None:
        os.fsync(handle)
    else:
        fcntl.fcntl(handle, full)
