"""A wall clock that tests step under a whole tree of processes, by libfaketime.

The monotonic clock is left alone, as on a machine whose clock somebody sets.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path


class SteppedClock:
    """How far the wall clock of processes started with `environment` is off, in seconds."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.offset = 0
        self._write()

    def step(self, seconds: int) -> None:
        """Set the clock forward, or back when *seconds* is negative."""
        self.offset += seconds
        self._write()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to have this clock; empty where libfaketime is not installed."""
        library = library_path()
        if library is None:
            return {}
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def _write(self) -> None:
        fresh = self._file.with_suffix(".fresh")
        fresh.write_text(f"{self.offset:+d}s\n")
        fresh.rename(self._file)  # whole at any moment


def library_path() -> Path | None:
    """Return the library that is loaded into the processes, None where it is not installed."""
    found = importlib.util.find_spec("libfaketime")
    if found is None or not found.submodule_search_locations:
        return None
    places = Path(found.submodule_search_locations[0]).rglob("libfaketime.so.1")
    return next(places, None)
