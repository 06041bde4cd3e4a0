"""Print an interpreter of each Python from 3.11 on that is installed; run as a file.

They are looked for on PATH and among pyenv's, and asked for their version: a shim may lead nowhere.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

OLDEST = (3, 11)
_NAME = re.compile(r"python3(\.\d+)?")
_ASK = "import ssl, sqlite3, sys, venv; print(*sys.version_info[:3])"


def candidates() -> Iterator[Path]:
    """Yield what may be an interpreter."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if Path(folder).is_dir():
            yield from sorted(each for each in Path(folder).iterdir() if _NAME.fullmatch(each.name))
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(root.glob("versions/*/bin/python3"))


def version(python: Path) -> tuple[int, ...] | None:
    """Return the version of *python*, None when it does not work."""
    try:
        answer = subprocess.run([python, "-c", _ASK], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return tuple(map(int, answer.stdout.split())) if answer.returncode == 0 else None


def newest_of_each(pythons: Iterator[Path]) -> dict[tuple[int, ...], Path]:
    """Return an interpreter by minor version, the newest patch of each."""
    found: dict[tuple[int, ...], tuple[tuple[int, ...], Path]] = {}
    for python in pythons:
        known = version(python)
        if known is not None and known[:2] >= OLDEST:
            found[known[:2]] = max(
                found.get(known[:2], (known, python)), (known, python), key=lambda each: each[0]
            )
    return {minor: python for minor, (_, python) in sorted(found.items())}


if __name__ == "__main__":
    for python in newest_of_each(candidates()).values():
        sys.stdout.write(f"{python}\n")
