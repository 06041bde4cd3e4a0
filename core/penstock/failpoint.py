"""Named points at which a process kills itself, so that crash tests can choose the moment.

And a disk that takes nothing: with ``PENSTOCK_FAILDISK=/path`` writes into attempt directories fail with the
error that stands in the file /path (``ENOSPC``), for as long as there is such a file.

Does nothing unless ``PENSTOCK_FAILPOINT`` names the point: ``after_mkdir`` dies when it is first
reached, ``after_mkdir:3`` when it is reached for the third time.
"""

from __future__ import annotations

import errno
import os

_ARMED, _, _COUNT = os.environ.get("PENSTOCK_FAILPOINT", "").partition(":")
_left = int(_COUNT or 1)
_BROKEN = os.environ.get("PENSTOCK_FAILDISK")


def reach(name: str) -> None:
    """Kill this process with SIGKILL if it was asked to die at *name*; otherwise do nothing."""
    global _left  # noqa: PLW0603 - one counter per process is the point
    if name != _ARMED:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), 9)


def disk() -> None:
    """Raise what a disk that takes nothing raises, if there is to be one."""
    if _BROKEN is None:
        return
    try:
        handle = os.open(_BROKEN, os.O_RDONLY)
    except OSError:
        return
    name = os.read(handle, 20).decode().strip()
    os.close(handle)
    number = getattr(errno, name)
    raise OSError(number, os.strerror(number))
