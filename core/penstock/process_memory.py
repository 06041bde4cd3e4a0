"""How much memory a process has. For the engine; supervisors do not need it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from penstock.process import LINUX


class Memory(NamedTuple):
    """Bytes of memory; None where that cannot be told."""

    pss: int | None
    """What is shared with other processes is divided among them. Linux alone knows it."""
    rss: int | None
    """What is shared is counted whole."""


def memory_of(pid: int) -> Memory:
    """Return the memory of a process of ours. For a large one the kernel takes some milliseconds."""
    if not LINUX:
        from penstock import process_darwin

        return Memory(None, process_darwin.rss(pid))
    folder = Path("/proc", str(pid))
    try:
        lines = (folder / "smaps_rollup").read_text().splitlines()
        sizes = {line.partition(":")[0]: int(line.split()[1]) << 10 for line in lines if line.endswith(" kB")}
        return Memory(sizes.get("Pss"), sizes.get("Rss"))
    except (OSError, ValueError):  # a process that hides its memory shows how much it is
        return Memory(None, _resident(folder))


def _resident(folder: Path) -> int | None:
    try:
        return int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
