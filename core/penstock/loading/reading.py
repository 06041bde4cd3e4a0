"""Reading the bytes of a DAG file: from nothing but a file, never for ever, never more than it may have.

Between a look at a name and its reading another thing may have taken the name: a pipe that nobody
writes to, a device without an end.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import unicodedata
from pathlib import Path

MAX_SOURCE_BYTES = 8 << 20
"""A larger file is refused: nobody wrote it by hand."""


def read_source(path: Path, most: int = MAX_SOURCE_BYTES) -> bytes:
    """Return the bytes of the file at *path*; raise OSError for what is no file, or has more than *most*."""
    # Not blocking: to open a pipe would wait for somebody to write.
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
    """Return why no file called *path* can be loaded, or None: its name goes into data, logs and screens."""
    for character in path:
        if "\ud800" <= character <= "\udfff":
            return "has a name that is not UTF-8: rename it"
        if unicodedata.category(character) in ("Cc", "Zl", "Zp"):
            return f"has U+{ord(character):04X}, a control character, in its name: rename it"
    return None


def shown_path(path: str) -> str:
    """Return *path* as text that can be written anywhere; what cannot be shown becomes an escape."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(
        character.encode("unicode_escape").decode() if name_problem(character) else character
        for character in text
    )
