"""Waits for a Python task's child processes when the task is stopped.

All processes of an attempt get SIGTERM at the same time. Python's own ``subprocess.run`` kills its child at
once when an exception passes through it, so the exception that ends the task waits until its children ended.
"""

from __future__ import annotations

import os
import time

from penstock import process
from penstock.process_stat import Stat

_LOOK = 0.02
_SIGTERM = 15


def let_children_end(seconds: float) -> None:
    """Wait at most *seconds* until the children of this process that SIGTERM ends are gone (Linux).

    Not for one that ignores SIGTERM, as the resource tracker of multiprocessing does, and not for one that
    was started after the signal, as a pool does: it did not get it.
    """
    heard = {pid: record.start_ticks for pid, record in _living(process.children(os.getpid())).items()}
    for pid in [each for each in heard if _ignores_sigterm(each)]:
        del heard[pid]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        living = _living(list(heard))
        if all(pid not in living or living[pid].start_ticks != ticks for pid, ticks in heard.items()):
            return
        time.sleep(_LOOK)


def _living(pids: list[int]) -> dict[int, Stat]:
    records = {pid: process.stat(pid) for pid in pids}
    return {pid: record for pid, record in records.items() if record is not None and not record.ended}


def _ignores_sigterm(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/status", "rb") as status:  # noqa: PTH123 - no pathlib in a task's process
            for line in status:
                if line.startswith(b"SigIgn:"):
                    return bool(int(line.split()[1], 16) >> (_SIGTERM - 1) & 1)
    except OSError:
        pass
    return False
