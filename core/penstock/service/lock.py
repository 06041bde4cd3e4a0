"""One engine per home: a kernel lock on a file of its own, which cannot go stale."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

from penstock.errors import EngineAlreadyRunningError

NAME = "engine.lock"


class HomeLock:
    """Holds the home while it is entered. The file tells the holder's process id to people."""

    def __init__(self, run_folder: Path) -> None:
        self._path = run_folder / NAME
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip()
            os.close(descriptor)
            raise EngineAlreadyRunningError(
                f"an engine already runs for {self._path.parent.parent}"
                + (f" (pid {holder})" if holder else "")
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
