"""Forces copies to the disk: the originals may be deleted then."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Collection
from contextlib import suppress

from penstock import process
from penstock.attempts import files
from penstock.execution.remote.copies import WANTED

FEW = 8
"""Up to so many directories are forced file by file; for more, all of the disk: that costs less."""
_COUNT = frozenset({*WANTED, files.RESULT})


def make_safe(folders: Collection[str]) -> None:
    """Force what was fetched into these directories to the disk.

    A directory that is gone is passed over. Raises OSError if the disk fails.
    """
    if len(folders) > FEW and process.LINUX:
        for folder in folders:
            with suppress(FileNotFoundError):
                _sync_file_system(folder)  # they are all on one
                return
    for folder in folders:
        with suppress(FileNotFoundError):
            for name in os.listdir(folder):  # noqa: PTH208
                if name in _COUNT:
                    _sync(f"{folder}/{name}")
            _sync(folder)


def _sync(path: str) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_file_system(path: str) -> None:
    """Do what syncfs(2) does, which Python has no word for."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(handle):
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error), path)
    finally:
        os.close(handle)
