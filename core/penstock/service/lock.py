"""One engine per home and per database: kernel locks, which cannot become stale.

The home folder itself is locked, so that a second engine cannot start when files inside are removed, and the
database file, so that an engine of another home cannot use it. ``run/engine.lock`` shows people the process
id, and keeps out engines that know no other lock.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import Self

from penstock import process
from penstock.errors import EngineAlreadyRunningError
from penstock.holder import NAME, pid_by_kernel, pid_of

_TRIES, _PAUSE = 5, 0.02


class HomeLock:
    """Holds the home while it is entered."""

    def __init__(self, run_folder: Path) -> None:
        self._home = run_folder.parent
        self._path = run_folder / NAME
        self._descriptors: list[int] = []
        self._named: int | None = None

    def __enter__(self) -> Self:
        try:
            self._take(os.open(self._home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
            self._named = self._take_named()
        except BaseException:
            self.__exit__()
            raise
        return self

    def hold_database(self, database: Path) -> None:
        """Lock the database file too, making it if needed; raise `EngineAlreadyRunningError`.

        Enter it before SQLite opens the file, and leave it after SQLite has closed it: closing any
        descriptor of the file would drop SQLite's own locks.
        """
        if process.LINUX:  # elsewhere the two kinds of locks conflict
            descriptor = os.open(database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._take(descriptor, f"an engine of another home has the database {database} open")

    def lost_name(self) -> bool:
        """Whether ``run/engine.lock`` is no longer the file that is locked here."""
        if self._named is None:
            return False
        try:
            there, ours = self._path.lstat(), os.fstat(self._named)
        except OSError:
            return True
        return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)

    def renew_name(self) -> None:
        """Make ``run/engine.lock`` again after it was removed or replaced.

        Raises OSError, and `EngineAlreadyRunningError` if another process holds the one that is there now.
        """
        before, self._named = self._named, None
        self._named = self._take_named()
        if before is not None:
            self._descriptors.remove(before)
            os.close(before)

    def _take_named(self) -> int:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        self._take(descriptor)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        return descriptor

    def _take(self, descriptor: int, told: str | None = None) -> None:
        for _ in range(_TRIES):
            if _lock(descriptor):
                break
            time.sleep(_PAUSE)  # another process may just be checking whether it is free
        else:
            pid = pid_by_kernel(os.fstat(descriptor)) or pid_of(self._path)
            os.close(descriptor)
            named = f" (pid {pid})" if pid else ""
            raise EngineAlreadyRunningError((told or f"an engine already runs for {self._home}") + named)
        self._descriptors.append(descriptor)

    def __exit__(self, *_: object) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()
        self._named = None


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
