"""What a worker says of its machine: its own memory, the load, and whether the disk is full."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from penstock.process_memory import memory_of
from penstock.settings import least_free

LOOK_SECONDS = 1.0
"""Seconds between looks at load and disk: facts are told at each start and end."""
WEIGH_SECONDS = 10.0
"""Seconds between looks at memory, which take milliseconds."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What was seen. ``rss`` is bytes, ``full`` is why nothing new is taken."""

    rss: int | None
    load: float
    full: str | None


class Machine:
    """The machine of this process, with the attempts' disk at *root*."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen = Condition(None, 0.0, None)
        self._looked_at = -LOOK_SECONDS
        self._rss: int | None = None
        self._weighed_at = -WEIGH_SECONDS

    def look(self) -> Condition:
        """Return what is so, or was a moment ago. Raises OSError if the disk is gone."""
        now = time.monotonic()
        if now - self._weighed_at >= WEIGH_SECONDS:
            self._weighed_at, self._rss = now, memory_of(os.getpid()).rss
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self._seen = Condition(self._rss, os.getloadavg()[0], full_disk(self._root))
        return self._seen


def full_disk(root: Path) -> str | None:
    """Return why the disk at *root* is too full for anything new; None if it is not."""
    usage = shutil.disk_usage(root)
    if usage.free >= least_free(usage.total):
        return None
    return (
        f"has {usage.free >> 20} MiB left on its disk, and takes nothing new below "
        f"{least_free(usage.total) >> 20} MiB"
    )
