"""Looks for files by a pattern."""

from __future__ import annotations

import os


def found(pattern: str, *, recursive: bool) -> str | None:
    """Return a path that fits *pattern*, or None; a folder must contain a file.

    *recursive* lets ``**`` in the pattern match folders too.
    """
    import glob

    names = glob.iglob(pattern, recursive=recursive)  # noqa: PTH207 - patterns may be absolute
    return next((name for name in names if _holds_a_file(name)), None)


def _holds_a_file(name: str) -> bool:
    if not os.path.isdir(name):  # noqa: PTH112 - in every look of a sensor
        return True
    return any(files for _, _, files in os.walk(name))
