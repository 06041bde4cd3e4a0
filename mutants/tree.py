"""A copy of the checkout in which code is changed and tests run; the checkout itself is never touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from pathlib import Path

import psutil

CHECKOUT = Path(__file__).resolve().parent.parent
HOME = CHECKOUT / ".mutants"
TREE = HOME / "tree"

_MARK = "LC_MUTANTS"  # of a kind that supervisors and tasks keep in their environment


def copy_checkout() -> None:
    """Make ``TREE`` what the checkout is now: every file that git knows or would add."""
    words = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = subprocess.run(words, cwd=CHECKOUT, capture_output=True, check=True, text=True).stdout
    names = {name for name in listed.split("\0") if name and (CHECKOUT / name).is_file()}
    for old in [path for path in TREE.rglob("*") if path.is_file() or path.is_symlink()]:
        if old.relative_to(TREE).as_posix() not in names:
            old.unlink()
    for name in names:
        target = TREE / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, target)


def mark_processes() -> None:
    """Mark this process, and so whatever it starts, for :func:`sweep`."""
    os.environ[_MARK] = uuid.uuid4().hex


def sweep() -> None:
    """Kill what a run left behind: a broken supervisor does not end by itself."""
    mark, own = os.environ[_MARK], os.getpid()
    for process in psutil.process_iter():
        if process.pid == own:
            continue
        try:
            ours = process.environ().get(_MARK) == mark
        except (psutil.Error, OSError):
            continue
        if ours:
            try:
                process.kill()
            except psutil.Error:
                continue
