"""Finds the process that holds a home, by its locks and the kernel; the engine need not answer."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from penstock import process

NAME = "engine.lock"
"""The file in ``run/`` that the engine keeps locked, with its process id in it."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a home: ``pid`` is None if unknown. ``stopped`` by a signal or a debugger."""

    pid: int | None
    stopped: bool = False


def holder_of(run_folder: Path) -> Holder | None:
    """Return the process that holds the home of *run_folder*, by its locks alone; None if it is free.

    Tries the locks for a moment: an engine that starts just then may believe that another one runs.
    """
    held = [found for place in (run_folder.parent, run_folder / NAME) if (found := _held(place)) is not None]
    if not held:
        return None
    pid = next((each for each in map(pid_by_kernel, held) if each), None) or pid_of(run_folder / NAME)
    record = None if pid is None else process.stat(pid)
    if pid is not None and record is None:
        return Holder(None)  # it belongs to another machine or container, as seen from here
    return Holder(pid, stopped=record is not None and record.state in "Tt")


def _held(place: Path) -> os.stat_result | None:
    """Return the facts of *place* if another process has locked it."""
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.fstat(descriptor)
    finally:
        os.close(descriptor)
    return None


def pid_of(file: Path) -> int | None:
    """Return the process id in the lock file."""
    try:
        words = file.read_bytes()[:32].split()
    except OSError:
        return None
    return int(words[0]) if words and words[0].isdigit() else None


def pid_by_kernel(facts: os.stat_result) -> int | None:
    """Return the process that holds a lock on the file with these *facts*, as the kernel lists it (Linux)."""
    try:
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        words = line.split()
        if "FLOCK" in words and "->" not in words and words[-3].rsplit(":", 1)[-1] == str(facts.st_ino):
            pid = int(words[-4])
            if pid > 0 and _has_open(pid, facts):  # another disk may have a file with that number
                return pid
    return None


def _has_open(pid: int, facts: os.stat_result) -> bool:
    """Whether *pid* has exactly this file open; False if that is unknown."""
    try:
        places = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False
    for place in places:
        try:
            found = place.stat()
        except OSError:
            continue
        if (found.st_dev, found.st_ino) == (facts.st_dev, facts.st_ino):
            return True
    return False
