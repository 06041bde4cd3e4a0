"""Named points at which a process kills itself, so that crash tests can choose the moment.

Does nothing unless ``PENSTOCK_FAILPOINT`` names the point: ``after_mkdir`` dies when it is first
reached, ``after_mkdir:3`` when it is reached for the third time.
"""

from __future__ import annotations

import os

_ARMED, _, _COUNT = os.environ.get("PENSTOCK_FAILPOINT", "").partition(":")
_left = int(_COUNT or 1)


def reach(name: str) -> None:
    """Kill this process with SIGKILL if it was asked to die at *name*; otherwise do nothing."""
    global _left  # noqa: PLW0603 - one counter per process is the point
    if name != _ARMED:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), 9)
