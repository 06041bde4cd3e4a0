"""Which file a command's name means."""

from __future__ import annotations

import errno
import os


def find_program(name: str, path: str) -> str:
    """Return the file that *name* means, looking through *path* as a shell does.

    Raises FileNotFoundError, or PermissionError if there is one that may not be executed.
    """
    if "/" in name:
        return name
    folders = path.split(":")
    for folder in folders:
        candidate = f"{folder or '.'}/{name}"
        if os.access(candidate, os.X_OK) and not os.path.isdir(candidate):
            return candidate
    if any(os.path.isfile(f"{folder or '.'}/{name}") for folder in folders):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    raise FileNotFoundError(errno.ENOENT, f"not found in PATH ({path})")
