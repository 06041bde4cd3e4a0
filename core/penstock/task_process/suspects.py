"""Finds the trigger that kills the process of all triggers, so that the others can go on.

Each trigger that begins leaves a mark in its attempt's directory, taken away once it has lived for a while.
After a death those with a mark are suspects: they begin in a few groups, one after the other, and after a
second death one by one. One that was there at too many deaths is not begun again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress

from penstock.attempts import files

CALM_SECONDS = 2.0
"""Seconds after which a trigger that began is no suspect any more; also between two groups of suspects."""
MOST_DEATHS = 3
"""Deaths of the process soon after its start for which a trigger is held responsible."""
_GROUPS = 8


def deaths(folder: str) -> int:
    """Return how often the process died soon after the trigger of the attempt in *folder* began."""
    try:
        with open(f"{folder}/{files.TRYING}", "rb") as file:  # noqa: PTH123 - as everywhere in task processes
            return int(file.read() or b"0")
    except (OSError, ValueError):
        return 0


def mark(folder: str) -> None:
    """Say that the trigger of the attempt in *folder* begins."""
    with suppress(OSError):  # the disk is full: then it is found later
        files.write_file(f"{folder}/{files.TRYING}", str(deaths(folder) + 1).encode())


def acquit(folder: str) -> None:
    """Take the mark away."""
    with suppress(OSError):
        os.unlink(f"{folder}/{files.TRYING}")  # noqa: PTH108


def groups(suspects: Iterable[tuple[int, str]]) -> Iterator[list[str]]:
    """Yield the attempts to begin together, from (deaths, attempt id) of each suspect; the likeliest last."""
    ranked = sorted(suspects)
    once = [attempt_id for count, attempt_id in ranked if count <= 1]
    size = max(1, -(-len(once) // _GROUPS))
    for start in range(0, len(once), size):
        yield once[start : start + size]
    for count, attempt_id in ranked:
        if count > 1:
            yield [attempt_id]
