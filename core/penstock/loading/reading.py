"""Reads the bytes of a DAG file: only from a regular file, without waiting, up to a limit.

Between the look at a name and the reading, something else may have taken the name: a pipe without a
writer, or an endless device.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path

MAX_SOURCE_BYTES = 8 << 20
"""A larger file is refused: nobody writes such a file by hand."""


def read_source(path: Path, most: int = MAX_SOURCE_BYTES) -> bytes:
    """Return the bytes of the file at *path*; raise OSError if it is not a file or has more than *most*."""
    # Not blocking: opening a pipe would wait for a writer.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "is not a regular file", str(path))
        data = stream.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"has more than {most} bytes", str(path))
    return data


def source_hash(data: bytes) -> str:
    """Return the name of a version of a DAG file: the SHA-256 of its bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def name_problem(path: str) -> str | None:
    """Return why a file called *path* cannot be loaded, or None: data, logs and screens show its name."""
    if path.isprintable():
        return None
    for character in path:
        if "\ud800" <= character <= "\udfff":
            return "has a name that is not UTF-8: rename it"
        if not character.isprintable() and _ends_lines(character):
            return f"has U+{ord(character):04X}, a control character, in its name: rename it"
    return None


def _ends_lines(character: str) -> bool:
    import unicodedata  # few paths need it

    return unicodedata.category(character) in ("Cc", "Zl", "Zp")


def shown_path(path: str) -> str:
    """Return *path* as text that can be written anywhere; unprintable characters become escapes."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(
        character.encode("unicode_escape").decode() if name_problem(character) else character
        for character in text
    )
