"""Checks whether the disk has space for launches. Results are written as long as they fit."""

from __future__ import annotations

import os

from penstock.settings import least_free

_ROOM_OF_ATTEMPTS = 64 << 10
"""Bytes that must be free on a disk that holds the attempts alone, however small it is."""


def storage_problem(home: str) -> str | None:
    """Return why there is too little space in *home* or its attempts folder to launch, or None."""
    attempts = f"{home}/attempts"
    found = _problem(home, None)
    if found is None and _device(attempts) not in (None, _device(home)):
        found = _problem(attempts, _ROOM_OF_ATTEMPTS)
    return found


def _problem(folder: str, least: int | None) -> str | None:
    try:
        disk = os.statvfs(folder)
    except OSError as error:
        return f"{folder} cannot be checked ({error.strerror}): nothing is launched"
    if disk.f_flag & os.ST_RDONLY:
        return f"the disk of {folder} is read-only: nothing is launched, results wait"
    total, free = disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize
    floor = least_free(total)
    if least is not None:
        floor = min(floor, max(total // 50, least))
    if free >= floor:
        return None
    return (
        f"only {_size(free)} are free on the disk of {folder}, less than {_size(floor)}: "
        "nothing is launched, results are still kept"
    )


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 or count == 0 else f"{count >> 10} KiB"


def _device(folder: str) -> int | None:
    try:
        return os.stat(folder).st_dev  # noqa: PTH116 - asked every two seconds
    except OSError:
        return None
